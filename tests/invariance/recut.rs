//! A recorded session cut anew: other segments, another order, copies and overlaps, another wire.
//!
//! What a real capture keeps is kept: a peer's turn begins when all bytes of the turn before it
//! have been captured at least once, the three packets that open the connection come first, and a
//! FIN or RST comes where it came in the recording. Within a turn anything goes. Acknowledgments
//! may run ahead of the capture within the turn (the receiver got the bytes in another order), as
//! long as the turn is shorter than [`starttap::limits::Limits::hole_wait`].

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::ops::Range;

use starttap::model::Peer;

use super::recorded::{Event, Recorded};
use crate::wire::{ACK, FIN, PSH, Packet, RST, SYN};

/// Decisions, taken one after the other; once they are used up every decision is 0, which is
/// always the plain one. So a failing case shrinks to the few decisions that matter.
pub struct Choices<'a>(pub &'a [u8]);

impl Choices<'_> {
    /// Less than `bound`, which is at most 2^24.
    pub fn below(&mut self, bound: usize) -> usize {
        let mut value = 0;
        let bytes = match bound {
            0..=0x100 => 1,
            0x101..=0x1_0000 => 2,
            _ => 3,
        };
        for _ in 0..bytes {
            let byte = self.0.first().copied().unwrap_or(0);
            self.0 = self.0.get(1..).unwrap_or_default();
            value = value << 8 | usize::from(byte);
        }
        value % bound
    }

    /// True in about `percent` of 100 cases.
    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) >= 100 - percent
    }
}

/// The packets, and where each byte of the streams was captured first.
pub struct Recut {
    pub packets: Vec<Packet>,
    /// The frame that made each stream contiguous up to and including each byte.
    pub available: [Vec<u64>; 2],
}

/// How one turn is cut: the pieces in the order of the wire.
pub type Cut<'a> = &'a mut dyn FnMut(&Range<usize>) -> Vec<Range<usize>>;

/// Writes packets.
pub struct Writer<'a> {
    recorded: &'a Recorded,
    ends: [SocketAddr; 2],
    isn: [u32; 2],
    /// Bytes of each stream whose turn has begun.
    sent: [usize; 2],
    /// Bytes of each stream whose turn is complete, FIN included.
    heard: [usize; 2],
    first: [Vec<Option<u64>>; 2],
    time: i64,
    packets: Vec<Packet>,
    ids: [u16; 2],
}

impl<'a> Writer<'a> {
    pub fn new(recorded: &'a Recorded, v6: bool, isn: [u32; 2]) -> Self {
        let ip = |last: u8| -> IpAddr {
            match v6 {
                true => Ipv6Addr::new(0x2001, 0xDB8, 0, 0, 0, 0, 0, last.into()).into(),
                false => Ipv4Addr::new(192, 0, 2, last).into(),
            }
        };
        let ends = [(ip(10), recorded.ports[0]), (ip(25), recorded.ports[1])].map(SocketAddr::from);
        Self {
            recorded,
            ends,
            isn,
            sent: [0; 2],
            heard: [0; 2],
            first: [0, 1].map(|side: usize| vec![None; recorded.streams[side].len()]),
            // Certificates are judged by the time of the recording.
            time: recorded.session.started.as_nanos(),
            packets: Vec::new(),
            ids: [1, 1],
        }
    }

    /// The whole session: `cut` says how each turn is segmented and in which order, `extra` may
    /// put more packets after each.
    pub fn write(mut self, cut: Cut<'_>, extra: &mut dyn FnMut(&mut Self, Peer)) -> Recut {
        self.segment(Peer::Client, -1, SYN, 0..0, None);
        self.segment(Peer::Server, -1, SYN | ACK, 0..0, Some(0));
        self.acknowledge(Peer::Client, 0);
        let recorded = self.recorded;
        for event in &recorded.events {
            self.wait(1_000_000);
            match event {
                Event::Data(from, turn) => {
                    self.sent[from.index()] = turn.end;
                    for piece in cut(turn) {
                        self.data(*from, piece);
                        extra(&mut self, *from);
                    }
                    self.heard[from.index()] = turn.end;
                }
                Event::Fin(from) => {
                    let end = self.recorded.streams[from.index()].len();
                    let heard = self.heard[from.other().index()];
                    self.segment(*from, end as i64, FIN | ACK, end..end, Some(heard));
                    self.heard[from.index()] = end + 1;
                    self.acknowledge(from.other(), end + 1);
                }
                Event::Rst(from) => {
                    let end = self.recorded.streams[from.index()].len();
                    let heard = self.heard[from.other().index()];
                    self.segment(*from, end as i64, RST | ACK, end..end, Some(heard));
                }
            }
        }
        let available = self.first.map(|stream| {
            let mut latest = 0;
            let mut contiguous = Vec::with_capacity(stream.len());
            for first in stream {
                latest = latest.max(first.expect("every byte was sent"));
                contiguous.push(latest);
            }
            contiguous
        });
        Recut {
            packets: self.packets,
            available,
        }
    }

    /// Lets capture time pass, or run backwards.
    pub fn wait(&mut self, nanos: i64) {
        self.time += nanos;
    }

    /// Bytes whose turn has begun.
    pub fn sent(&self, from: Peer) -> usize {
        self.sent[from.index()]
    }

    /// A data segment.
    pub fn data(&mut self, from: Peer, range: Range<usize>) {
        let heard = self.heard[from.other().index()];
        self.segment(from, range.start as i64, PSH | ACK, range, Some(heard));
    }

    /// A segment without data that acknowledges this much.
    pub fn acknowledge(&mut self, from: Peer, heard: usize) {
        let at = self.sent[from.index()];
        self.segment(from, at as i64, ACK, 0..0, Some(heard));
    }

    fn segment(&mut self, from: Peer, at: i64, flags: u8, range: Range<usize>, ack: Option<usize>) {
        let (side, peer) = (from.index(), from.other().index());
        self.wait(10_000);
        self.ids[side] = self.ids[side].wrapping_add(1);
        let first = |side: usize| self.isn[side].wrapping_add(1);
        self.packets.push(Packet {
            time: self.time,
            from: self.ends[side],
            to: self.ends[peer],
            seq: first(side).wrapping_add(at as u32),
            ack: ack.map_or(0, |heard| first(peer).wrapping_add(heard as u32)),
            flags,
            id: self.ids[side],
            payload: self.recorded.streams[side][range.clone()].to_vec(),
        });
        let number = self.packets.len() as u64;
        for byte in &mut self.first[side][range] {
            byte.get_or_insert(number);
        }
    }
}

/// The session cut and shuffled as `choices` say.
pub fn random(recorded: &Recorded, choices: &mut Choices<'_>) -> Recut {
    let isn = [(); 2].map(|()| match choices.below(3) {
        0 => 1000,
        1 => u32::MAX - choices.below(4000) as u32,
        _ => (choices.below(1 << 24) as u32) << 8,
    });
    let writer = Writer::new(recorded, choices.chance(30), isn);
    let shared = std::cell::RefCell::new(choices);
    let mut cut = |turn: &Range<usize>| shuffled(turn, *shared.borrow_mut());
    let mut extra = |writer: &mut Writer<'_>, from: Peer| {
        let choices = &mut *shared.borrow_mut();
        // Neighbours in time change places in captures of several interfaces.
        writer.wait(choices.below(200) as i64 * 1000 - 20_000);
        if choices.chance(10) {
            let ahead = choices.below(writer.sent(from) + 1);
            writer.acknowledge(from.other(), ahead);
        }
        if choices.chance(10) {
            let whose = if choices.chance(50) {
                from.other()
            } else {
                from
            };
            // Only what is known to have been captured: a turn is over when its bytes are.
            let until = match whose == from {
                true => writer.heard[whose.index()],
                false => writer.sent(whose),
            };
            let start = choices.below(until + 1);
            let end = until.min(start + 1 + choices.below(1460));
            writer.data(whose, start..end);
        }
    };
    writer.write(&mut cut, &mut extra)
}

/// A turn in pieces, overlapping backwards and forwards, out of order.
fn shuffled(turn: &Range<usize>, choices: &mut Choices<'_>) -> Vec<Range<usize>> {
    let largest = [1460, 60_000, 200, 8, 1][choices.below(5)];
    let overlapping = choices.chance(30);
    let displacement = [0, 2, 16, 1000][choices.below(4)];
    let mut pieces = Vec::new();
    let mut at = turn.start;
    while at < turn.end {
        // Hundreds of tiny segments say no more than fifty.
        let largest = if pieces.len() < 50 { largest } else { 1460 };
        let end = turn
            .end
            .min(at + largest - choices.below(largest).min(largest - 1));
        let (mut from, mut to) = (at, end);
        if overlapping {
            from = from.saturating_sub(choices.below(40));
            to = turn.end.min(to + choices.below(40));
        }
        pieces.push((pieces.len() + choices.below(displacement + 1), from..to));
        at = end;
    }
    pieces.sort_by_key(|(place, _)| *place);
    pieces.into_iter().map(|(_, range)| range).collect()
}
