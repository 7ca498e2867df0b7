//! Seeds for the fuzz targets (`tests/fuzz`): new ones are taken out of the recorded sessions, the
//! chosen ones in `tests/fuzz/seeds` are run through their targets.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use starttap::model::Peer;

use crate::fuzz;
use crate::invariance::recorded::{self, Event};
use crate::support::root;

/// What fuzzing has found, and the smallest seeds that reach what the recorded sessions reach.
#[test]
fn chosen_seeds_do_no_harm() {
    let mut all = 0;
    for (target, _) in fuzz::TARGETS {
        let folder = root().join("tests/fuzz/seeds").join(target);
        let mut found = 0;
        for entry in fs::read_dir(&folder).unwrap_or_else(|_| panic!("no seeds for {target}")) {
            let path = entry.unwrap().path();
            let bytes = fs::read(&path).unwrap();
            let ran = std::panic::catch_unwind(|| fuzz::run(target, &bytes));
            assert!(ran.is_ok(), "{}", path.display());
            found += 1;
        }
        assert!(found > 0, "no seeds for {target}");
        all += found;
        let binary = format!("tests/fuzz/fuzz_targets/{target}.rs");
        assert!(root().join(&binary).exists(), "no {binary}");
    }
    assert!(all < 400, "{all} seeds are too many to keep");
}

/// Writes below the folder `STARTTAP_SEEDS`, else where nothing is kept. Every target that has
/// more than random bytes to start from must get some.
#[test]
fn seeds() {
    let scratch = Path::new(env!("CARGO_TARGET_TMPDIR")).join("seeds");
    let out = std::env::var_os("STARTTAP_SEEDS").map_or(scratch, PathBuf::from);
    let mut seeds: BTreeSet<(&str, Vec<u8>)> = BTreeSet::new();
    made_up(&mut seeds);
    for entry in fs::read_dir(root().join("captures")).unwrap() {
        let path = entry.unwrap().path();
        if path
            .extension()
            .is_some_and(|it| it == "pcap" || it == "pcapng")
        {
            let bytes = fs::read(&path).unwrap();
            frames(&bytes, &mut seeds);
            seeds.insert(("capture", bytes.clone()));
            seeds.insert(("engine", bytes.clone()));
            seeds.insert(("evidence", bytes));
        }
    }
    for session in recorded::all() {
        let both = pieces(&session.events, &session.streams);
        seeds.insert(("dialogue", both.clone()));
        seeds.insert(("session", both));
        for stream in &session.streams {
            messages(stream, &mut seeds);
            let text = stream
                .split(|&byte| byte == 0x16)
                .next()
                .unwrap_or_default();
            seeds.insert(("lines", [&[7], text].concat()));
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
    for (target, _) in fuzz::TARGETS {
        let found = seeds.iter().filter(|(of, _)| *of == target).count();
        assert!(found > 0, "no seeds for {target}");
    }
    for ((target, seed), number) in seeds.iter().zip(0..) {
        let folder = out.join(target);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(format!("seed-{number}")), seed).unwrap();
    }
}

/// What no recorded session holds: policies, headers of proxies, steps with secrets.
fn made_up(seeds: &mut BTreeSet<(&str, Vec<u8>)>) {
    for entry in fs::read_dir(root().join("src/rules/policy/data")).unwrap() {
        seeds.insert(("policy", fs::read(entry.unwrap().path()).unwrap()));
    }
    for header in [
        &b"PROXY TCP4 192.0.2.1 192.0.2.2 4000 25\r\n"[..],
        b"PROXY UNKNOWN\r\n",
        b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0C\xC0\0\x02\x01\xC0\0\x02\x02\x0F\xA0\0\x19",
    ] {
        seeds.insert(("lines", [&[7], header].concat()));
    }
    let line = |step: u8, text: &str| [&[step, text.len() as u8], text.as_bytes()].concat();
    let start = [
        line(4, "220 mx.example.org ESMTP"),
        line(0, "EHLO hub.example.net"),
        line(4, "250-mx.example.org"),
        line(4, "250 AUTH LOGIN PLAIN NTLM"),
    ]
    .concat();
    for steps in [
        &[7, 14, 13][..],
        &[8, 14, 13],
        &[9, 12, 2, 12, 0x83, 13],
        &[10, 12, 0, 15],
        &[0x28, 12, 7, 0x11, 12, 2],
    ] {
        for first in 0..8 {
            let seed = [&[first], &start[..], steps].concat();
            seeds.insert(("secrets", seed));
        }
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
