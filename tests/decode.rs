//! Every frame of the recorded corpus against what tshark 4.0.17 says of it.
//!
//! The corpus is other people's property and not part of this project: the test says so and passes
//! where it is absent.
#![expect(clippy::unwrap_used, reason = "a test may panic")]
#![expect(clippy::print_stderr, reason = "a skipped test must be seen")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read};
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use pcap_parser::{Block, PcapBlockOwned, PcapError, create_reader};
use starttap::capture::{Frame, FrameId, LinkType};
use starttap::decode::{Decoded, Decoder};
use starttap::limits::Limits;
use starttap::time::Timestamp;

/// Captures that the reader below does not read to the end.
const PARTLY_READ: &[&str] = &[
    "fmt_fuzz_absurd_caplen.pcap",
    "fmt_ng_le_basic_test017.pcapng",
    "fmt_ng_le_basic_test018.pcapng",
    "fmt_ng_le_difficult_test202.pcapng",
    "fmt_snoop.snoop",
];

/// Frames on which starttap and tshark differ on purpose: capture, first and last frame, reason.
const DIFFERENCES: &[(&str, u64, u64, &str)] = &[
    ("tcp_reused_ports_null.pcap", 11, 11, LONGER_THAN_ITS_PACKET),
    ("tcp_reused_ports_null.pcap", 59, 59, LONGER_THAN_ITS_PACKET),
];

const LONGER_THAN_ITS_PACKET: &str = "the TCP header claims 60 bytes, its packet has 36 for it: \
    tshark shows the ports, but analyses nothing; starttap calls it malformed";

#[test]
fn agrees_with_tshark_on_every_frame() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    let expected = corpus.join("oracle/expected");
    if !expected.is_dir() {
        eprintln!("SKIPPED: no corpus at {}", corpus.display());
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
        frames += oracle.len();
        compare(&name, &path, &oracle, &mut wrong);
    }
    assert!(wrong.is_empty(), "{wrong}");
    eprintln!("{frames} frames of {captures} captures agree with tshark");
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
        "frame.number",
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
    lines
        .map(|line| {
            let fields: Vec<_> = line.split('\t').collect();
            let last = columns.map(|at| {
                let field = fields.get(at).copied().unwrap_or_default();
                field.rsplit(',').next().unwrap_or_default()
            });
            let [
                number,
                v4_source,
                v6_source,
                v4_destination,
                v6_destination,
                ..,
            ] = last;
            let address = |fields: [&str; 2]| {
                fields
                    .iter()
                    .filter_map(|field| field.parse().ok())
                    .collect()
            };
            let row = Row {
                source: address([v4_source, v6_source]),
                destination: address([v4_destination, v6_destination]),
                source_port: last[5].parse().ok(),
                destination_port: last[6].parse().ok(),
                len: last[7].parse().ok(),
                flags: last[8]
                    .strip_prefix("0x")
                    .and_then(|hex| u16::from_str_radix(hex, 16).ok())
                    .map(|flags| flags.to_be_bytes()[1]),
            };
            (number.parse().unwrap(), row)
        })
        .collect()
}

fn compare(name: &str, path: &Path, oracle: &BTreeMap<u64, Row>, wrong: &mut String) {
    let mut decoder = Decoder::new(&Limits::default());
    let mut seen = 0;
    each_frame(path, |frame| {
        let number = frame.id.number;
        seen = number;
        let decoded = decoder.decode(frame);
        let Some(row) = oracle.get(&number) else {
            writeln!(wrong, "{name} {number}: tshark has no such frame").unwrap();
            return;
        };
        let is_known = DIFFERENCES
            .iter()
            .any(|(file, first, last, _)| *file == name && (*first..=*last).contains(&number));
        if agrees(&decoded, row) == is_known {
            writeln!(wrong, "{name} {number}: {row:?} but {decoded:?}").unwrap();
        }
    });
    let last = oracle.last_key_value().map_or(0, |(number, _)| *number);
    if seen != last && !PARTLY_READ.contains(&name) {
        writeln!(wrong, "{name}: tshark read {last} frames, starttap {seen}").unwrap();
    }
}

fn agrees(decoded: &Decoded<'_>, row: &Row) -> bool {
    let segment = match decoded {
        Decoded::Tcp(segment) => segment,
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

/// Lends every frame of a capture file, up to the first damage.
fn each_frame(path: &Path, mut look: impl FnMut(&Frame<'_>)) {
    let mut file = BufReader::new(File::open(path).unwrap());
    let is_gzip = file.fill_buf().unwrap().starts_with(&[0x1f, 0x8b]);
    let file: Box<dyn Read + Send> = if is_gzip {
        Box::new(flate2::read::GzDecoder::new(file))
    } else {
        Box::new(file)
    };
    let Ok(mut reader) = create_reader(16 << 20, file) else {
        return;
    };
    let mut number = 0;
    let mut interfaces: Vec<u16> = Vec::new();
    let mut wanted = |link_type: u16, bytes: &[u8], wire_len: u32| {
        number += 1;
        look(&Frame {
            id: FrameId {
                input: 0,
                number,
                offset: 0,
            },
            time: Timestamp::from_nanos(0),
            interface: 0,
            link_type: LinkType(link_type),
            bytes,
            wire_len,
        });
    };
    loop {
        match reader.next() {
            Ok((used, block)) => {
                match block {
                    PcapBlockOwned::LegacyHeader(header) => {
                        interfaces = vec![u16::try_from(header.network.0 & 0xffff).unwrap()];
                    }
                    PcapBlockOwned::Legacy(block) => {
                        wanted(
                            interfaces[0],
                            &block.data[..block.caplen as usize],
                            block.origlen,
                        );
                    }
                    PcapBlockOwned::NG(Block::SectionHeader(_)) => interfaces.clear(),
                    PcapBlockOwned::NG(Block::InterfaceDescription(block)) => {
                        interfaces.push(u16::try_from(block.linktype.0).unwrap());
                    }
                    PcapBlockOwned::NG(Block::EnhancedPacket(block)) => wanted(
                        interfaces[block.if_id as usize],
                        &block.data[..block.caplen as usize],
                        block.origlen,
                    ),
                    PcapBlockOwned::NG(Block::SimplePacket(block)) => {
                        let len = block.data.len().min(block.origlen as usize);
                        wanted(interfaces[0], &block.data[..len], block.origlen);
                    }
                    PcapBlockOwned::NG(_) => {}
                }
                reader.consume(used);
            }
            Err(PcapError::Incomplete(_)) => reader.refill().unwrap(),
            Err(_) => break,
        }
    }
}
