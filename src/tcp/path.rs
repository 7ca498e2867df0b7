//! Everything that happens to one connection between the peers, gathered segment by segment with
//! bounded memory and handed over as facts when it ends. No payload is looked at.

use super::delivery::Watch;
use super::hole::Arriving;
use super::options::maximum_segment;
use super::seq::after;
use super::stall::Window;
use super::stuck::Outgoing;
use crate::decode::{IcmpError, Segment};
use crate::model::Peer;
use crate::model::path::{IcmpNote, Path, Seen};
use crate::time::Timestamp;

/// SYNs and ICMP errors remembered of one connection.
const REMEMBERED: usize = 16;
/// TCP header without options, and IP headers without options: what an MTU holds beside the
/// payload at least.
const HEADERS_V4: u32 = 40;
const HEADERS_V6: u32 = 60;
/// What a sender sent before an ICMP error reached it may pass so long after the error, in
/// nanoseconds.
const UNDER_WAY: i64 = 200_000_000;

/// One direction, by its sender.
#[derive(Clone, Debug, Default)]
struct Half {
    /// End of what it has sent.
    highest: Option<u32>,
    /// What the other side has acknowledged of it.
    acked: Option<u32>,
    mss: Option<u16>,
    outgoing: Outgoing,
    arriving: Arriving,
    /// Its receive window.
    window: Window,
}

/// Follows one connection.
#[derive(Clone, Debug, Default)]
pub struct Follower {
    halves: [Half; 2],
    syns: Vec<Seen>,
    hello: Option<Box<Watch>>,
    icmp: Vec<IcmpNote>,
    last: Option<Seen>,
}

impl Follower {
    /// Takes a segment.
    pub fn segment(&mut self, from: Peer, segment: &Segment<'_>) {
        let seen = Seen {
            frame: segment.frame.number,
            time: segment.time,
        };
        let flags = segment.flags;
        self.last = Some(seen);
        if flags.syn() {
            self.synchronise(from, segment, seen);
        }
        let [client, server] = &mut self.halves;
        let (own, other) = match from {
            Peer::Client => (client, server),
            Peer::Server => (server, client),
        };
        own.window.receiver(segment, seen);
        other.window.sender(segment, seen);
        if flags.rst() {
            return;
        }
        if flags.ack() && !flags.syn() {
            other.outgoing.acknowledged(segment, seen);
            other.arriving.acknowledged(segment.ack, seen);
            if other.acked.is_none_or(|acked| after(segment.ack, acked)) {
                other.acked = Some(segment.ack);
            }
        }
        if let Some(watch) = &mut self.hello {
            match from {
                Peer::Client if segment.payload_len > 0 => watch.data(segment, seen),
                Peer::Client => {}
                Peer::Server => watch.other(segment, seen),
            }
        }
        if segment.payload_len > 0 {
            self.data(from, segment, seen);
        }
    }

    /// The bytes the client has sent by now end with its hello.
    pub fn hello_complete(&mut self, frame: u64, time: Timestamp) {
        let [client, server] = &self.halves;
        if let Some(end) = client.highest {
            let sent = Seen { frame, time };
            let watch = Watch::new(end, client.acked, server.highest, sent);
            self.hello = Some(Box::new(watch));
        }
    }

    /// Takes an ICMP error about a segment of this peer.
    pub fn icmp_error(&mut self, to: Peer, error: &IcmpError<'_>) {
        if self.icmp.len() < REMEMBERED {
            self.icmp.push(IcmpNote {
                seen: Seen {
                    frame: error.quoted.frame.number,
                    time: error.quoted.time,
                },
                sender: error.sender,
                kind: error.icmp_type,
                code: error.icmp_code,
                mtu: error.mtu,
                to,
                ignored: None,
            });
        }
    }

    /// What happened.
    pub fn finish(self, observed_until: Timestamp) -> Path {
        let [client, server] = self.halves;
        let mss = match (client.mss, server.mss) {
            (Some(one), Some(two)) => Some(one.min(two)),
            _ => None,
        };
        let last = self.last.map_or(observed_until, |seen| seen.time);
        Path {
            last: self.last,
            syns: self.syns,
            unseen: [client.arriving.unseen, server.arriving.unseen],
            stuck: [client.outgoing.finish(mss), server.outgoing.finish(mss)],
            holes: [
                client.arriving.finish(mss, last),
                server.arriving.finish(mss, last),
            ],
            stalls: [client.window.finish(), server.window.finish()],
            hello: self.hello.map(|watch| watch.finish()),
            icmp: self.icmp,
            observed_until: observed_until.max(last),
        }
    }

    fn synchronise(&mut self, from: Peer, segment: &Segment<'_>, seen: Seen) {
        let half = &mut self.halves[from.index()];
        half.mss = maximum_segment(segment.options).or(half.mss);
        half.arriving.start(segment.seq);
        half.highest = Some(segment.seq.wrapping_add(1));
        if from == Peer::Client && !segment.flags.ack() && self.syns.len() < REMEMBERED {
            self.syns.push(seen);
        }
    }

    fn data(&mut self, from: Peer, segment: &Segment<'_>, seen: Seen) {
        let half = &mut self.halves[from.index()];
        // A keep-alive or window probe is a byte that was sent before or is not taken.
        let probe = segment.payload_len == 1;
        if !probe {
            half.outgoing.data(segment, seen);
        }
        half.arriving.data(segment, seen);
        let end = segment.seq.wrapping_add(segment.payload_len);
        if half.highest.is_none_or(|highest| after(end, highest)) {
            half.highest = Some(end);
        }
        let headers = match segment.source.is_ipv4() {
            true => HEADERS_V4,
            false => HEADERS_V6,
        };
        let size = segment.payload_len + headers + segment.options.len() as u32;
        for note in &mut self.icmp {
            let heard = seen.time.nanos_since(note.seen.time) > UNDER_WAY;
            if note.to == from && note.mtu > 0 && size > note.mtu && heard {
                note.ignored.get_or_insert(seen.frame);
            }
        }
    }
}
