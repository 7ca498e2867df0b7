//! Conversations written down as a reader would see them in a packet list, and what the analysis
//! says about each segment.

mod consequences;
mod vectors;

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};

use super::health;
use super::{Connection, Labels};
use crate::capture::FrameId;
use crate::decode::{Flags, IcmpError, Segment, samples};
use crate::flow::table::Table;
use crate::limits::Limits;
use crate::model::tcp::Counters;
use crate::time::Timestamp;

/// Handshake with a round-trip time of 20 ms: client data starts at 101, server data at 501.
const OPEN: &str = "
    0     c S  100 0   0   | 0
    15000 s SA 500 101 0   | 0
    5000  c A  101 501 0   | 0
";

/// A client and a server, one pair of ports.
struct Wire {
    table: Table,
    connections: HashMap<u64, Connection>,
    /// The connection of the last segment.
    current: u64,
    frame: u64,
    now: i64,
    /// Counters of client and server.
    health: [Counters; 2],
    /// Window of the next segments of client and server.
    window: [u16; 2],
    options: &'static [u8],
}

impl Wire {
    fn new() -> Self {
        Self {
            table: Table::new(&Limits::default()),
            connections: HashMap::new(),
            current: 0,
            frame: 0,
            now: 1_700_000_000_000_000_000,
            health: Default::default(),
            window: [1000, 2000],
            options: &[],
        }
    }

    /// Sends segments and compares what is said about each. A line holds the microseconds since
    /// the segment before, the sender (`c` or `s`), flags (letters of `SFRPA`, `.` for none),
    /// sequence number, acknowledgment, length, and after `|` stream and labels, in short (see
    /// [`brief`]).
    #[track_caller]
    fn play(&mut self, lines: &str) {
        for line in lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let (segment, expected) = line.split_once('|').expect("a bar");
            let said = self.send(segment);
            assert_eq!(said, expected.trim(), "frame {}: {line}", self.frame);
        }
    }

    fn send(&mut self, line: &str) -> String {
        let (stream, labels) = self.step(line, false);
        format!("{stream} {}", brief(&labels)).trim_end().to_owned()
    }

    /// The same line as the quote of an ICMP error; its stream.
    fn quote(&mut self, line: &str) -> u32 {
        self.step(line, true).0
    }

    fn step(&mut self, line: &str, is_quote: bool) -> (u32, Labels) {
        let mut words = line.split_whitespace();
        let mut next = || words.next().expect("six words");
        self.now += next().parse::<i64>().expect("microseconds") * 1000;
        self.frame += 1;
        let from = usize::from(next() == "s");
        let flags = next().bytes().fold(0, |bits, letter| {
            bits | match letter {
                b'F' => Flags::FIN,
                b'S' => Flags::SYN,
                b'R' => Flags::RST,
                b'P' => Flags::PSH,
                b'A' => Flags::ACK,
                _ => 0,
            }
        });
        let ends = [(7, 40_000), (25, 25)]
            .map(|(last, port)| (IpAddr::V4(Ipv4Addr::new(192, 0, 2, last)), port));
        let segment = Segment {
            frame: FrameId {
                number: self.frame,
                ..FrameId::default()
            },
            time: Timestamp::from_nanos(self.now),
            source: ends[from].0,
            destination: ends[1 - from].0,
            source_port: ends[from].1,
            destination_port: ends[1 - from].1,
            seq: next().parse().expect("a number"),
            ack: next().parse().expect("a number"),
            flags: Flags(flags),
            window: self.window[from],
            options: self.options,
            payload_len: next().parse().expect("a length"),
            ..samples::segment()
        };
        let located = if is_quote {
            let error = IcmpError {
                sender: segment.destination,
                icmp_type: 3,
                icmp_code: 4,
                mtu: 1400,
                quoted: segment,
                full_header: true,
            };
            self.table.locate_quoted(&error, true)
        } else {
            self.table.locate(&segment, true)
        };
        let located = located.expect("room");
        self.current = located.connection;
        let connection = self.connections.entry(self.current).or_default();
        let labels = if is_quote {
            connection.quoted(&segment, located.side, located.arrival);
            Labels::default()
        } else {
            let labels = connection.analyse(&segment, located.side, located.arrival);
            health::count(&mut self.health[from], &segment, &labels);
            labels
        };
        (located.stream.expect("a number"), labels)
    }

    fn connection(&self) -> &Connection {
        &self.connections[&self.current]
    }
}

/// Labels by capitals, with the numbers that belong to them: `R` retransmission (with RTO in
/// microseconds and its frame), `R,FAST`, `R,SPURIOUS`, `OOO`, `DUP#n@frame`, `LOST`, `ACKLOST` …
fn brief(labels: &Labels) -> String {
    use super::Label::*;
    let mut words = Vec::new();
    for label in labels.iter() {
        words.push(match label {
            Retransmission if labels.rto != 0 => {
                format!("R({}us@{})", labels.rto / 1000, labels.rto_frame)
            }
            Retransmission => "R".to_owned(),
            FastRetransmission => "FAST".to_owned(),
            SpuriousRetransmission => "SPURIOUS".to_owned(),
            OutOfOrder => "OOO".to_owned(),
            DuplicateAck => format!("DUP#{}@{}", labels.dup_ack_num, labels.dup_ack_frame),
            LostSegment => "LOST".to_owned(),
            AckLostSegment => "ACKLOST".to_owned(),
            KeepAlive => "KEEP".to_owned(),
            KeepAliveAck => "KEEPACK".to_owned(),
            ZeroWindow => "ZERO".to_owned(),
            ZeroWindowProbe => "PROBE".to_owned(),
            ZeroWindowProbeAck => "PROBEACK".to_owned(),
            WindowUpdate => "UPDATE".to_owned(),
            WindowFull => "FULL".to_owned(),
            ReusedPorts => "REUSED".to_owned(),
        });
    }
    words.join(",")
}
