//! Every frame of the recorded corpus against what tshark 4.0.17 says of it.
//!
//! The corpus is other people's property and not part of this project: the test says so and passes
//! where it is absent.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use starttap::capture::open::open;
use starttap::decode::{Decoded, Decoder};
use starttap::error::Error;
use starttap::limits::Limits;

/// Frames on which starttap and tshark differ on purpose: capture, first and last frame, reason.
const DIFFERENCES: &[(&str, u64, u64, &str)] =
    &[("fmt_fuzz_absurd_caplen.pcap", 1, 1, OTHER_LAYOUT)];

const OTHER_LAYOUT: &str = "a damaged file: tshark tries the longer record headers of a patched \
    libpcap of 1999 and so sees the frame begin six bytes later";

#[test]
fn agrees_with_tshark_on_every_frame() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    let expected = corpus.join("oracle/expected");
    if !expected.is_dir() {
        say!("SKIPPED: no corpus at {}", corpus.display());
        return;
    }
    let mut frames = 0;
    let mut captures = 0;
    let mut wrong = String::new();
    for path in captures_in(&corpus) {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let oracle = expected.join(format!("{name}.tsv"));
        let Ok(oracle) = fs::read(&oracle) else {
            continue;
        };
        let oracle = rows(&String::from_utf8_lossy(&oracle));
        captures += 1;
        frames += compare(&name, &path, &oracle, &mut wrong);
    }
    assert!(wrong.is_empty(), "{wrong}");
    say!("{frames} frames of {captures} captures agree with tshark");
}

/// What one layer of a frame says, in tshark's words.
#[derive(Debug, Default, PartialEq)]
struct Row {
    source: Vec<IpAddr>,
    destination: Vec<IpAddr>,
    source_port: Option<u16>,
    destination_port: Option<u16>,
    len: Option<u32>,
    flags: Option<u8>,
}

/// The innermost layer of every row of an oracle file, by frame number.
fn rows(text: &str) -> BTreeMap<u64, Row> {
    let mut lines = text.lines();
    let header: Vec<_> = lines.next().unwrap().split('\t').collect();
    let column = |name: &str| header.iter().position(|field| *field == name).unwrap();
    let columns = [
        "ip.src",
        "ipv6.src",
        "ip.dst",
        "ipv6.dst",
        "tcp.srcport",
        "tcp.dstport",
        "tcp.len",
        "tcp.flags",
    ]
    .map(column);
    let number = column("frame.number");
    let is_packet = ["frame.time_epoch", "frame.interface_id"].map(column);
    lines
        .map(|line| line.split('\t').collect::<Vec<_>>())
        // Custom blocks of pcapng have a number, but neither time nor interface.
        .filter(|fields| is_packet.iter().any(|at| !fields[*at].is_empty()))
        .map(|fields| {
            let last = columns.map(|at| {
                let field = fields.get(at).copied().unwrap_or_default();
                field.rsplit(',').next().unwrap_or_default()
            });
            let [v4_source, v6_source, v4_destination, v6_destination, ..] = last;
            let address = |fields: [&str; 2]| {
                fields
                    .iter()
                    .filter_map(|field| field.parse().ok())
                    .collect()
            };
            let row = Row {
                source: address([v4_source, v6_source]),
                destination: address([v4_destination, v6_destination]),
                source_port: last[4].parse().ok(),
                destination_port: last[5].parse().ok(),
                len: last[6].parse().ok(),
                flags: last[7]
                    .strip_prefix("0x")
                    .and_then(|hex| u16::from_str_radix(hex, 16).ok())
                    .map(|flags| flags.to_be_bytes()[1]),
            };
            (fields[number].parse().unwrap(), row)
        })
        .collect()
}

/// Adds every disagreement about a capture to `wrong`; how many frames were compared.
fn compare(name: &str, path: &Path, oracle: &BTreeMap<u64, Row>, wrong: &mut String) -> usize {
    let limits = Limits::default();
    let mut source = match open(path, &limits, 0) {
        Ok(source) => source,
        // Formats of others, which tshark reads, and what this build leaves out.
        Err(Error::NotACapture { .. } | Error::Feature { .. }) => return 0,
        Err(error) => panic!("{name}: {error}"),
    };
    let mut decoder = Decoder::new(&limits);
    let mut seen: u64 = 0;
    let mut compared = 0;
    loop {
        let frame = match source.next() {
            Ok(Some(frame)) => frame,
            Ok(None) => break,
            // What was read before damage counts; the damage is the reader's to test.
            Err(error) => {
                say!("{name}: {error}");
                return compared;
            }
        };
        seen = frame.id.number;
        let decoded = decoder.decode(&frame);
        let Some(row) = oracle.get(&seen) else {
            writeln!(wrong, "{name} {seen}: tshark has no such frame").unwrap();
            continue;
        };
        compared += 1;
        let is_known = DIFFERENCES
            .iter()
            .any(|(file, first, last, _)| *file == name && (*first..=*last).contains(&seen));
        if agrees(&decoded, row) == is_known {
            writeln!(wrong, "{name} {seen}: {row:?} but {decoded:?}").unwrap();
        }
    }
    let last = oracle.last_key_value().map_or(0, |(number, _)| *number);
    if seen != last {
        writeln!(wrong, "{name}: tshark read {last} frames, starttap {seen}").unwrap();
    }
    compared
}

fn agrees(decoded: &Decoded<'_>, row: &Row) -> bool {
    let segment = match decoded {
        Decoded::Tcp(segment) => segment,
        Decoded::Broken(broken) => &broken.header,
        Decoded::Icmp(error) => &error.quoted,
        Decoded::Nothing(_) => return row.source_port.is_none(),
    };
    let whole = match decoded {
        Decoded::Icmp(error) => error.full_header,
        _ => true,
    };
    row.source_port == Some(segment.source_port)
        && row.destination_port == Some(segment.destination_port)
        && row.source.contains(&segment.source)
        && row.destination.contains(&segment.destination)
        && row.flags == whole.then_some(segment.flags.0)
        && row.len.is_none_or(|len| len == segment.payload_len)
}

fn captures_in(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file())
        .collect();
    paths.sort();
    paths
}
