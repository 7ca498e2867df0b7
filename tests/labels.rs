//! Labels and stream numbers against tshark, frame by frame.

mod hostile;
mod packet;
mod sessions;
mod tshark;

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;

use starttap::capture::FrameId;
use starttap::decode::{Flags, IcmpError, Segment};
use starttap::flow::table::{Arrival, Located, Table};
use starttap::limits::Limits;
use starttap::tcp::{Connection, Labels};
use starttap::time::Timestamp;

use packet::{ACK, FIN, Packet, Random, SYN};

/// What both sides say about a frame with a TCP header.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// Quoted in an ICMP error: starttap gives no labels to it, tshark sometimes `reused_ports`.
    is_quote: bool,
    stream: u32,
    labels: String,
    dup_ack: (u64, u64),
    /// Nanoseconds and frame.
    rto: (i64, u64),
    /// tshark prints it only on some frames.
    initial_rtt: Option<i64>,
    /// The final value of the stream; not on quotes.
    completeness: Option<u8>,
}

/// The table and all connections of one file, as `starttap frames --all-ports` uses them.
struct Labeller {
    table: Table,
    connections: HashMap<u64, Connection>,
    rows: Vec<Option<(u64, Row)>>,
}

impl Labeller {
    fn new() -> Self {
        Self {
            table: Table::new(&Limits::default()),
            connections: HashMap::new(),
            rows: Vec::new(),
        }
    }

    fn tcp(&mut self, segment: &Segment<'_>) {
        let located = self.table.locate(segment, true).expect("room");
        let connection = self.connections.entry(located.connection).or_default();
        let labels = connection.analyse(segment, located.side, located.arrival);
        self.push(&located, Some(&labels));
    }

    fn push(&mut self, located: &Located, labels: Option<&Labels>) {
        let is_quote = labels.is_none();
        let labels = labels.copied().unwrap_or_default();
        let row = Row {
            is_quote,
            stream: located.stream.expect("numbered"),
            labels: labels.to_string(),
            dup_ack: (labels.dup_ack_num.into(), labels.dup_ack_frame),
            rto: (labels.rto, labels.rto_frame),
            initial_rtt: self.connections[&located.connection].initial_rtt(),
            completeness: None,
        };
        self.rows.push(Some((located.connection, row)));
    }

    fn icmp(&mut self, error: &IcmpError<'_>) {
        let located = self.table.locate_quoted(error, true);
        let Some(located) = located.filter(|_| error.full_header) else {
            self.rows.push(None);
            return;
        };
        let connection = self.connections.entry(located.connection).or_default();
        connection.quoted(&error.quoted, located.side, located.arrival);
        self.push(&located, None);
    }

    fn finish(self) -> Vec<Option<Row>> {
        let connections = self.connections;
        self.rows
            .into_iter()
            .map(|row| {
                let (connection, mut row) = row?;
                row.completeness = connections
                    .get(&connection)
                    .map(Connection::completeness)
                    .or(Some(0));
                Some(row)
            })
            .collect()
    }
}

fn segment<'a>(packet: &'a Packet, number: u64) -> Segment<'a> {
    Segment {
        frame: FrameId {
            number,
            ..FrameId::default()
        },
        time: Timestamp::from_nanos(packet.time),
        interface: 0,
        vlan: 0,
        macs: None,
        tunnel_depth: 0,
        source: packet.source.0,
        destination: packet.destination.0,
        source_port: packet.source.1,
        destination_port: packet.destination.1,
        seq: packet.seq,
        ack: packet.ack,
        flags: Flags(packet.flags),
        window: packet.window,
        urgent: 0,
        options: &packet.options,
        payload: &[],
        payload_len: packet.len.into(),
        ttl: 64,
        ip_id: None,
        flow_label: 0,
    }
}

fn ours(packets: &[Packet]) -> Vec<Option<Row>> {
    let mut labeller = Labeller::new();
    for (packet, number) in packets.iter().zip(1..) {
        let segment = segment(packet, number);
        match packet.quoted {
            None => labeller.tcp(&segment),
            Some(quoted) => labeller.icmp(&IcmpError {
                sender: packet.destination.0,
                icmp_type: 3,
                icmp_code: 4,
                mtu: 1400,
                quoted: segment,
                full_header: quoted >= 20,
            }),
        }
    }
    labeller.finish()
}

/// Frames compared and differences found, with the first few spelt out.
#[derive(Default)]
struct Tally {
    frames: usize,
    differences: usize,
    labels: HashMap<String, usize>,
    examples: Vec<String>,
}

impl Tally {
    fn compare(&mut self, what: &str, ours: &[Option<Row>], tshark: &[Option<Row>]) {
        assert_eq!(ours.len(), tshark.len(), "{what}: as many frames");
        let mut streams = HashSet::new();
        for (number, (ours, tshark)) in (1..).zip(ours.iter().zip(tshark)) {
            self.frames += 1;
            let mut ours = ours.clone();
            if let (Some(ours), Some(tshark)) = (&mut ours, tshark) {
                for label in tshark.labels.split(',').filter(|label| !label.is_empty()) {
                    *self.labels.entry(label.to_owned()).or_default() += 1;
                }
                if tshark.initial_rtt.is_none() {
                    ours.initial_rtt = None;
                }
                if ours.is_quote {
                    ours.labels.clone_from(&tshark.labels);
                }
                // The second pass counts every segment again, and the first of a connection then
                // counts like any other: only its own row shows the value of the first pass.
                if !streams.insert(tshark.stream) {
                    ours.completeness = tshark.completeness;
                }
            }
            if ours != *tshark {
                self.differences += 1;
                let kind = match (&ours, tshark) {
                    (Some(a), Some(b)) if a.stream != b.stream => "stream",
                    (Some(a), Some(b)) if a.labels != b.labels => "labels",
                    (Some(a), Some(b)) if a.dup_ack != b.dup_ack => "dup",
                    (Some(a), Some(b)) if a.rto != b.rto => "rto",
                    (Some(a), Some(b)) if a.initial_rtt != b.initial_rtt => "irtt",
                    (Some(a), Some(b)) if a.completeness != b.completeness => "compl",
                    _ => "row",
                };
                let n = self.labels.entry(format!("DIFF {kind}")).or_default();
                *n += 1;
                if *n < 5 {
                    let line =
                        format!("{what} frame {number}\n  ours   {ours:?}\n  tshark {tshark:?}");
                    self.examples.push(line);
                }
            }
        }
    }
}

fn scratch(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("labels");
    std::fs::create_dir_all(&folder).expect("a folder for made-up captures");
    folder.join(name)
}

#[test]
fn made_up_traffic_is_labelled_as_tshark_does() {
    if !tshark::is_installed() {
        eprintln!("SKIPPED: made-up traffic is not compared, tshark 4.0.17 is not installed");
        return;
    }
    let seed = std::env::var("STARTTAP_SEED").map_or(0x57A7, |seed| {
        seed.parse().expect("STARTTAP_SEED is a number")
    });
    let rounds = std::env::var("STARTTAP_ROUNDS").map_or(12, |rounds| {
        rounds.parse().expect("STARTTAP_ROUNDS is a number")
    });
    let mut random = Random::new(seed);
    let mut tally = Tally::default();
    for round in 0..rounds {
        let packets = match round % 3 {
            0 => sessions::packets(&mut random, 20_000),
            _ => hostile::packets(&mut random, 20_000),
        };
        let file = scratch(&format!("made-up-{seed}-{round}.pcap"));
        packet::write(&file, &packets).expect("the capture is written");
        let before = tally.differences;
        tally.compare(
            &format!("round {round}"),
            &ours(&packets),
            &tshark::rows(&file),
        );
        // A capture with differences stays for a closer look.
        if tally.differences == before {
            std::fs::remove_file(&file).expect("the capture is removed");
        }
    }
    let mut labels: Vec<_> = tally.labels.iter().collect();
    labels.sort();
    eprintln!(
        "seed {seed}: {} frames compared, {} differences; {labels:?}",
        tally.frames, tally.differences
    );
    assert!(
        tally.differences == 0,
        "seed {seed}:\n{}",
        tally.examples.join("\n")
    );
}

#[test]
fn more_unacknowledged_segments_than_are_remembered() {
    if !tshark::is_installed() {
        eprintln!("SKIPPED: the full list is not compared, tshark 4.0.17 is not installed");
        return;
    }
    let ends = [("192.0.2.7", 40_000), ("192.0.2.25", 25)]
        .map(|(ip, port)| (ip.parse().expect("an address"), port));
    let mut seq = 1000;
    let mut packets = Vec::new();
    let mut send = |flags, len: u16, from: usize, seq, ack| {
        packets.push(Packet {
            time: 1_700_000_000_000_000_000 + packets.len() as i64 * 5_000_000,
            source: ends[from],
            destination: ends[1 - from],
            seq,
            ack,
            flags,
            window: 1000,
            options: Vec::new(),
            len,
            quoted: None,
        });
    };
    for at in 0..10_050_u32 {
        let len = 10 + (at % 7) as u16;
        send(ACK, len, 0, seq, 1);
        seq = seq.wrapping_add(u32::from(len));
    }
    // The list is full: a FIN or SYN takes no number, and the oldest entry stays.
    send(FIN | ACK, 5, 0, seq, 1);
    send(FIN | ACK, 5, 0, seq, 1);
    send(SYN, 0, 0, seq.wrapping_add(5), 1);
    send(ACK, 10, 0, 5000, 1);
    send(ACK, 0, 1, 1, 60_000);
    send(ACK, 10, 0, 70_000, 1);
    send(FIN | ACK, 5, 0, seq, 1);
    let file = scratch("full-list.pcap");
    packet::write(&file, &packets).expect("the capture is written");
    let mut tally = Tally::default();
    tally.compare("full list", &ours(&packets), &tshark::rows(&file));
    assert!(tally.differences == 0, "{}", tally.examples.join("\n"));
}

#[test]
fn arrival_is_part_of_the_interface() {
    let packets = sessions::packets(&mut Random::new(1), 1);
    let mut table = Table::new(&Limits::default());
    let located = table.locate(&segment(&packets[0], 1), true).expect("room");
    assert_eq!((located.arrival, located.stream), (Arrival::First, Some(0)));
}
