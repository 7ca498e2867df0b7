//! Seeds for the fuzz targets (`tests/fuzz`), taken out of the recorded sessions.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use starttap::model::Peer;

use crate::invariance::recorded::{self, Event};

/// Writes below the folder `STARTTAP_SEEDS`, else where nothing is kept. Every target that has
/// more than random bytes to start from must get some.
#[test]
fn seeds() {
    let scratch = Path::new(env!("CARGO_TARGET_TMPDIR")).join("seeds");
    let root = std::env::var_os("STARTTAP_SEEDS").map_or(scratch, PathBuf::from);
    let mut seeds: BTreeSet<(&str, Vec<u8>)> = BTreeSet::new();
    let captures = Path::new(env!("CARGO_MANIFEST_DIR")).join("captures");
    for entry in fs::read_dir(captures).unwrap() {
        let path = entry.unwrap().path();
        if path
            .extension()
            .is_some_and(|it| it == "pcap" || it == "pcapng")
        {
            let bytes = fs::read(&path).unwrap();
            frames(&bytes, &mut seeds);
            seeds.insert(("capture", bytes.clone()));
            seeds.insert(("engine", bytes));
        }
    }
    for session in recorded::all() {
        seeds.insert(("dialogue", pieces(&session.events, &session.streams)));
        for stream in &session.streams {
            messages(stream, &mut seeds);
        }
        let tls = session.streams.each_ref().map(|stream| {
            let at = stream.windows(3).position(|it| it[..2] == [0x16, 3]);
            &stream[at.unwrap_or(stream.len())..]
        });
        let mut both = vec![0];
        for (side, stream) in (0_u8..).zip(tls) {
            for part in stream.chunks(127) {
                both.push(side << 7 | part.len() as u8);
                both.extend(part);
            }
        }
        seeds.insert(("handshake", both));
    }
    for target in [
        "capture",
        "certs",
        "decode",
        "dialogue",
        "engine",
        "handshake",
        "keyex",
        "parse",
        "sslv2",
    ] {
        let found = seeds.iter().filter(|(of, _)| *of == target).count();
        assert!(found > 0, "no seeds for {target}");
    }
    for ((target, seed), number) in seeds.iter().zip(0..) {
        let folder = root.join(target);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(format!("seed-{number}")), seed).unwrap();
    }
}

/// Both streams as the targets take them: peer and length in a byte, then the bytes.
fn pieces(events: &[Event], streams: &[Vec<u8>; 2]) -> Vec<u8> {
    let mut all = vec![0];
    for event in events {
        let Event::Data(from, range) = event else {
            continue;
        };
        let peer = if *from == Peer::Server { 0x80 } else { 0 };
        for part in streams[from.index()][range.clone()].chunks(127) {
            all.push(peer | part.len() as u8);
            all.extend(part);
        }
    }
    all
}

/// Frames of a little-endian pcap file, several in one seed.
fn frames(bytes: &[u8], seeds: &mut BTreeSet<(&str, Vec<u8>)>) {
    if bytes.get(..4) != Some(&[0xD4, 0xC3, 0xB2, 0xA1]) {
        return;
    }
    let mut seed = Vec::new();
    let mut rest = &bytes[24..];
    while let Some((header, tail)) = rest.split_at_checked(16) {
        let len = usize::from(u16::from_le_bytes([header[8], header[9]]));
        seed.extend(&bytes[20..22]);
        seed.extend(&header[8..10]);
        seed.extend(&tail[..len]);
        rest = &tail[len..];
    }
    seeds.insert(("decode", seed));
}

/// Bodies of handshake messages that stand whole in a record.
fn messages(stream: &[u8], seeds: &mut BTreeSet<(&str, Vec<u8>)>) {
    for at in 0..stream.len() {
        let [0x16, 3, _, _, _, kind, 0, high, low, ref rest @ ..] = stream[at..] else {
            continue;
        };
        let len = usize::from(u16::from_be_bytes([high, low]));
        let Some(body) = rest.get(..len) else {
            continue;
        };
        let with = |front: &[u8]| [front, body].concat();
        match kind {
            1 | 2 => seeds.insert(("parse", with(&[0]))),
            11 => {
                seeds.insert(("certs", with(&[])));
                seeds.insert(("certs", body.get(6..).unwrap_or_default().to_vec()))
            }
            // The suite is not at hand here: one with ECDHE and one with DHE.
            12 | 13 => {
                seeds.insert(("keyex", with(&[0xC0, 0x2F, 3, 3])));
                seeds.insert(("keyex", with(&[0x00, 0x9E, 3, 3])))
            }
            _ => false,
        };
    }
    let text = b"STARTTLS\r\n";
    if let Some(at) = stream.windows(text.len()).position(|it| it == text)
        && let [0x80, _, ref body @ ..] = stream[at + text.len()..]
    {
        seeds.insert(("sslv2", [&[0], body].concat()));
    }
}
