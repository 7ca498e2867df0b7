//! One row per TCP frame, for `starttap frames`: what Wireshark's columns say of it, and what it
//! completes.
//!
//! A row tells two things that only later frames decide: the final completeness of its stream, and
//! messages that a frame completes but that show later, when a hole before it is filled or given
//! up. So a file is read twice: [`Survey`] goes over it and keeps those two, [`Rows`] goes over it
//! again and gives the rows, each at its frame. Everything else is worked out anew in the second
//! pass, because keeping rows would take memory for every frame.
//!
//! What memory is needed is that of `read` (sessions close, bytes are bounded) and the state of the
//! sequence analysis. In Wireshark nothing but a new SYN ends a stream, so that state stays to the
//! end: for each pair of endpoints a few hundred bytes, and what is unacknowledged. Pairs are
//! bounded by the table of connections ([`Limits::sessions`], [`Limits::other_connections`]);
//! connections of other ports have such a state only when all ports are asked for. A connection
//! that takes over its ports takes over the state as well.

use std::net::{IpAddr, SocketAddr};

use foldhash::fast::RandomState;
use hashbrown::HashMap;

use super::ports::Ports;
use super::tracker::{Seen, Tracker};
use crate::capture::Frame;
use crate::decode::{Broken, Decoded, Decoder, Flags, Segment};
use crate::flow::key::Key;
use crate::flow::table::Located;
use crate::limits::Limits;
use crate::model::Message;
use crate::tcp::{Connection, Labels};
use crate::time::Timestamp;

/// Which frames have a row, and how they are labelled.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The ports whose frames have a row.
    pub ports: Ports,
    /// Frames of all ports have one.
    pub all_ports: bool,
    /// Capture copies are set aside before the analysis: they have no labels, and the labels of
    /// other frames are as if the copies were not in the capture.
    pub without_copies: bool,
}

/// A frame with a TCP header.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Number of the frame.
    pub frame: u64,
    /// Wireshark's `tcp.stream`; `None` once connections were missed because there were too many.
    pub stream: Option<u32>,
    /// When it was captured.
    pub time: Timestamp,
    /// Sender; of an ICMP error, that of the segment it quotes.
    pub source: SocketAddr,
    /// Receiver; likewise.
    pub destination: SocketAddr,
    /// TCP flags.
    pub flags: Flags,
    /// Payload length on the wire, in bytes.
    pub len: u32,
    /// Labels; none on ICMP errors and broken headers.
    pub labels: Labels,
    /// Nanoseconds of the first round trip, from the frame on that tells it, as in one pass of
    /// tshark.
    pub initial_rtt: Option<i64>,
    /// Wireshark's `tcp.completeness` at the end of the stream.
    pub completeness: Option<u8>,
    /// The frame this one is a capture copy of.
    pub copy_of: Option<u64>,
    /// What completes in this frame.
    pub messages: Vec<Message>,
}

/// The first pass over a file.
pub struct Survey {
    options: Options,
    limits: Limits,
    wire: Wire,
    ahead: Ahead,
    frames: u64,
}

/// The second pass over the same file.
pub struct Rows {
    wire: Wire,
    ahead: Ahead,
    /// How many of the late messages have had their frame.
    told: usize,
    /// Frames of the first pass that are still to come.
    left: u64,
}

/// What the first pass finds out for the second.
#[derive(Default)]
struct Ahead {
    /// By connection.
    completeness: Vec<u8>,
    /// Messages that show after their frame, in order of frames.
    late: Vec<(u64, Message)>,
    /// Not all of them, or not all completeness values, found room.
    is_full: bool,
}

impl Survey {
    /// The first pass; nothing is seen yet.
    pub fn new(options: Options, limits: Limits) -> Self {
        Self {
            wire: Wire::new(&options, &limits),
            options,
            limits,
            ahead: Ahead::default(),
            frames: 0,
        }
    }

    /// Takes the next frame.
    pub fn push(&mut self, frame: &Frame<'_>) {
        self.frames += 1;
        if let Some((connection, row)) = self.wire.push(frame) {
            self.complete(connection, row.completeness);
        }
        let messages = self.wire.tracker.take_messages();
        self.keep_late(messages, frame.id.number);
    }

    /// The file is read; frames of the second pass come next.
    pub fn finish(mut self) -> Rows {
        self.wire.tracker.finish(&mut |_| {});
        let messages = self.wire.tracker.take_messages();
        self.keep_late(messages, u64::MAX);
        self.ahead.late.sort_by_key(|&(frame, _)| frame);
        Rows {
            wire: Wire::new(&self.options, &self.limits),
            ahead: self.ahead,
            told: 0,
            left: self.frames,
        }
    }

    fn complete(&mut self, connection: Option<u64>, bits: Option<u8>) {
        let at = connection.and_then(|connection| usize::try_from(connection).ok());
        let (Some(at), Some(bits)) = (at, bits) else {
            return;
        };
        if at >= self.limits.completeness {
            self.ahead.is_full = true;
            return;
        }
        let known = &mut self.ahead.completeness;
        if at >= known.len() {
            known.resize(at + 1, 0);
        }
        known[at] = bits;
    }

    fn keep_late(&mut self, messages: Vec<(u64, Message)>, now: u64) {
        for late in messages.into_iter().filter(|&(frame, _)| frame < now) {
            if self.ahead.late.len() < self.limits.late_messages {
                self.ahead.late.push(late);
            } else {
                self.ahead.is_full = true;
            }
        }
    }
}

impl Rows {
    /// The row of the next frame; `None` for frames without a TCP header and of other ports.
    pub fn push(&mut self, frame: &Frame<'_>) -> Option<Row> {
        self.left = self.left.saturating_sub(1);
        let now = frame.id.number;
        let found = self.wire.push(frame);
        let messages = self.wire.tracker.take_messages();
        let (connection, mut row) = found?;
        let at = connection.and_then(|connection| usize::try_from(connection).ok());
        row.completeness = at.and_then(|at| self.ahead.completeness.get(at).copied());
        let at_once = messages.into_iter().filter(|&(frame, _)| frame == now);
        row.messages.extend(at_once.map(|(_, message)| message));
        while let Some(&(frame, message)) = self.ahead.late.get(self.told)
            && frame <= now
        {
            self.told += 1;
            if frame == now {
                row.messages.push(message);
            }
        }
        Some(row)
    }

    /// Whether all frames of the first pass have had their turn: a file that is still written to
    /// may hold more by now, about which the first pass knows nothing.
    pub fn is_done(&self) -> bool {
        self.left == 0
    }

    /// Limits that were hit, in words.
    pub fn limits_hit(&self) -> Vec<String> {
        let mut hits = self.wire.tracker.limits_hit();
        if self.ahead.is_full {
            hits.push(
                "completeness or messages are missing in places: the capture holds too many"
                    .to_owned(),
            );
        }
        hits
    }
}

/// What both passes do.
struct Wire {
    decoder: Decoder,
    tracker: Tracker,
    /// With the identity of the connection, which changes when ports are used again.
    streams: HashMap<Key, (u64, Connection), RandomState>,
    without_copies: bool,
}

impl Wire {
    fn new(options: &Options, limits: &Limits) -> Self {
        let mut tracker = Tracker::new("", options.ports.clone(), limits.clone());
        tracker.note_messages();
        if options.all_ports {
            tracker.all_ports();
        }
        Self {
            decoder: Decoder::new(limits),
            tracker,
            streams: HashMap::with_hasher(RandomState::default()),
            without_copies: options.without_copies,
        }
    }

    /// The row of a frame as far as it is known now, and its connection.
    fn push(&mut self, frame: &Frame<'_>) -> Option<(Option<u64>, Row)> {
        let sessions = &mut |_| {};
        self.tracker.tick(frame.time, sessions);
        let (segment, seen, about) = match self.decoder.decode(frame) {
            Decoded::Tcp(segment) => {
                let seen = self.tracker.segment(&segment, sessions)?;
                (segment, seen, About::Segment)
            }
            Decoded::Broken(broken) => {
                let seen = self.tracker.broken(&broken)?;
                (broken.header, seen, About::Broken(broken))
            }
            Decoded::Icmp(error) => {
                let seen = self.tracker.icmp_error(&error, sessions)?;
                let message = Message::Icmp(error.icmp_type, error.icmp_code);
                (error.quoted, seen, About::Quote(message))
            }
            Decoded::Nothing(_) => return None,
        };
        let mut row = row(&segment, &seen);
        if let About::Quote(message) = about {
            row.messages.push(message);
        }
        let connection = seen.located.map(|located| located.connection);
        if let Some(located) = seen.located {
            let set_aside = self.without_copies && seen.copy_of.is_some();
            let stream = stream(&mut self.streams, &segment, &located);
            let (side, arrival) = (located.side, located.arrival);
            match about {
                About::Segment if set_aside => {}
                About::Segment => row.labels = stream.analyse(&segment, side, arrival),
                About::Quote(_) => stream.quoted(&segment, side, arrival),
                About::Broken(broken) => stream.broken(&broken, side, arrival),
            }
            row.initial_rtt = stream.initial_rtt();
            row.completeness = Some(stream.completeness());
        }
        Some((connection, row))
    }
}

/// What a row is about.
#[derive(Clone, Copy)]
enum About<'a> {
    /// A segment on its way.
    Segment,
    /// A header that cannot be right.
    Broken(Broken<'a>),
    /// A segment that an ICMP error quotes.
    Quote(Message),
}

/// The analysis of the connection a segment belongs to, a new one where its ports are used again.
fn stream<'a>(
    streams: &'a mut HashMap<Key, (u64, Connection), RandomState>,
    segment: &Segment<'_>,
    located: &Located,
) -> &'a mut Connection {
    let (key, _) = Key::of(segment);
    let (connection, state) = streams.entry(key).or_default();
    if *connection != located.connection {
        *connection = located.connection;
        *state = Connection::new();
    }
    state
}

fn row(segment: &Segment<'_>, seen: &Seen) -> Row {
    let end = |ip: IpAddr, port: u16| SocketAddr::new(ip, port);
    Row {
        frame: segment.frame.number,
        stream: seen.located.and_then(|located| located.stream),
        time: segment.time,
        source: end(segment.source, segment.source_port),
        destination: end(segment.destination, segment.destination_port),
        flags: segment.flags,
        len: segment.payload_len,
        labels: Labels::default(),
        initial_rtt: None,
        completeness: None,
        copy_of: seen.copy_of,
        messages: Vec::new(),
    }
}
