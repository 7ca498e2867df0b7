//! Capture copies: one packet recorded several times, on its way into a router and out of it, by a
//! mirror port, on two interfaces, tagged and untagged.
//!
//! A copy is the same *packet*, not the same data: somebody sent those bytes once. Telling it from
//! a retransmission follows the semantics page, section 8.3. Hosts give a retransmission a new IP
//! identification, so an equal, non-zero one decides (rule 2). Without one (IPv6, and SYN+ACK and
//! RST of Linux) a copy must come from another *vantage* than the packet it repeats (rule 3): no
//! host changes hop limit, interface, tag or MAC address for a retransmission. What remains, an
//! equal packet from the same vantage, is at best a possible copy (rule 4) and stays counted.

use std::collections::VecDeque;
use std::hash::BuildHasher;
use std::time::Duration;

use foldhash::fast::RandomState;

use super::vantage::{Vantage, Vantages};
use crate::decode::Segment;
use crate::time::Timestamp;

/// How long a copy may take: a router that has to resolve a neighbour first holds packets for more
/// than a second; identifications do not come round again so soon.
const WINDOW: Duration = Duration::from_secs(2);

/// Equal packets from one vantage within this time may be copies of a mirror port.
const POSSIBLE: Duration = Duration::from_micros(200);

/// Packets remembered per connection: copies are neighbours, the window is the real bound.
const REMEMBERED: usize = 128;

/// Bytes of payload compared where the snap length cut one of two records.
const PREFIX: usize = 64;

/// What a segment is to the ones before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// A packet of its own.
    Original,
    /// The same packet as this frame.
    Copy {
        /// Frame of the first record.
        of: u64,
    },
    /// Perhaps the same packet as this frame; counted as a packet of its own.
    Possible {
        /// Frame of the first record.
        of: u64,
    },
}

/// What makes two records the same packet. Left out on purpose is what routers, tags and network
/// cards change: link layer, hop limit, ECN, both checksums, and the MSS that routers clamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Identity {
    /// IPv4 identification, or IPv6 flow label.
    label: u32,
    source_port: u16,
    seq: u32,
    ack: u32,
    flags: u8,
    window: u16,
    urgent: u16,
    payload_len: u32,
    /// Options and the first bytes of the payload.
    head: u64,
}

#[derive(Debug)]
struct Seen {
    identity: Identity,
    /// The whole payload; `None` where it was cut.
    payload: Option<u64>,
    time: Timestamp,
    frame: u64,
    direction: usize,
    /// Bits of the vantages that saw it.
    vantages: u16,
}

/// The recent packets of one connection, both directions.
#[derive(Debug, Default)]
pub struct Copies {
    recent: VecDeque<Seen>,
    directions: [Vantages; 2],
    hasher: RandomState,
}

impl Copies {
    /// What this segment is; `direction` 0 or 1 tells its sender.
    pub fn judge(&mut self, segment: &Segment<'_>, direction: usize) -> Judgement {
        let now = segment.time;
        self.forget(|seen, len| len >= REMEMBERED || now.is_after(seen.time, WINDOW));
        let identity = self.identity(segment);
        let payload = (segment.payload.len() == segment.payload_len as usize)
            .then(|| self.hasher.hash_one(segment.payload));
        let vantages = &mut self.directions[direction];
        let vantage = vantages.index(Vantage::of(segment));
        let bit = 1 << vantage;
        let same = |seen: &&mut Seen| {
            let cut = seen.payload.is_none() || payload.is_none();
            seen.identity == identity && (cut || seen.payload == payload)
        };
        let by_id = segment.ip_id.is_some_and(|id| id != 0);
        let mut possible = None;
        for seen in self.recent.iter_mut().filter(|seen| same(seen)) {
            let elsewhere = seen.vantages & bit == 0;
            if by_id || elsewhere && vantages.believes(vantage, segment, seen.time) {
                seen.vantages |= bit;
                vantages.copied(vantage);
                return Judgement::Copy { of: seen.frame };
            }
            if !elsewhere && !now.is_after(seen.time, POSSIBLE) {
                possible = Some(seen.frame);
            }
        }
        vantages.original(vantage);
        self.recent.push_back(Seen {
            identity,
            payload,
            time: now,
            frame: segment.frame.number,
            direction,
            vantages: bit,
        });
        match possible {
            Some(of) => {
                self.directions[direction].possible += 1;
                Judgement::Possible { of }
            }
            None => Judgement::Original,
        }
    }

    /// Where each direction was seen from, after the last segment.
    pub fn finish(mut self) -> [Vantages; 2] {
        self.forget(|_, _| true);
        self.directions
    }

    /// Forgets the oldest packets as long as `old` says so: no copy of them will come.
    fn forget(&mut self, old: impl Fn(&Seen, usize) -> bool) {
        while let Some(seen) = self.recent.front() {
            if !old(seen, self.recent.len()) {
                return;
            }
            self.directions[seen.direction].settled(seen.frame, seen.vantages);
            self.recent.pop_front();
        }
    }

    fn identity(&self, segment: &Segment<'_>) -> Identity {
        let prefix = &segment.payload[..segment.payload.len().min(PREFIX)];
        let options = match segment.flags.syn() {
            true => self.hasher.hash_one(without_mss(segment.options)),
            false => self.hasher.hash_one(segment.options),
        };
        Identity {
            label: segment.ip_id.map_or(segment.flow_label, u32::from),
            source_port: segment.source_port,
            seq: segment.seq,
            ack: segment.ack,
            flags: segment.flags.0,
            window: segment.window,
            urgent: segment.urgent,
            payload_len: segment.payload_len,
            head: self.hasher.hash_one((options, prefix)),
        }
    }
}

/// SYN options with the value of the MSS left out: routers clamp it on its way.
fn without_mss(options: &[u8]) -> Vec<u8> {
    /// Kind and length of the MSS option (RFC 9293 section 3.2).
    const MSS: [u8; 2] = [2, 4];
    let mut plain = options.to_vec();
    let mut at = 0;
    while let Some(&kind) = plain.get(at) {
        let len = match (kind, plain.get(at + 1)) {
            (0, _) => break,
            (1, _) => 1,
            (_, Some(&len)) if len >= 2 => usize::from(len),
            _ => break,
        };
        if plain[at..].starts_with(&MSS)
            && let Some(value) = plain.get_mut(at + 2..at + 4)
        {
            value.fill(0);
        }
        at += len;
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::{Flags, samples};

    fn segment(ip_id: Option<u16>, ttl: u8, micros: i64) -> Segment<'static> {
        Segment {
            time: Timestamp::from_nanos(micros * 1000),
            source_port: 49152,
            seq: 1,
            ack: 1,
            flags: Flags(Flags::ACK),
            window: 64,
            payload: b"EHLO a\r\n",
            payload_len: 8,
            ttl,
            ip_id,
            ..samples::segment()
        }
    }

    fn judge(copies: &mut Copies, segment: Segment<'_>) -> &'static str {
        match copies.judge(&segment, 0) {
            Judgement::Original => "original",
            Judgement::Copy { .. } => "copy",
            Judgement::Possible { .. } => "possible",
        }
    }

    #[test]
    fn the_same_identification_is_the_same_packet() {
        let mut copies = Copies::default();
        assert_eq!(judge(&mut copies, segment(Some(7), 64, 0)), "original");
        assert_eq!(judge(&mut copies, segment(Some(7), 63, 20)), "copy");
        assert_eq!(judge(&mut copies, segment(Some(7), 64, 30)), "copy");
        assert_eq!(judge(&mut copies, segment(Some(7), 62, 1_500_000)), "copy");
        assert_eq!(
            judge(&mut copies, segment(Some(7), 64, 2_000_001)),
            "original"
        );
        assert_eq!(
            judge(&mut copies, segment(Some(8), 64, 2_000_002)),
            "original"
        );
    }

    #[test]
    fn without_identification_another_vantage_decides() {
        for unknown in [None, Some(0)] {
            let mut copies = Copies::default();
            assert_eq!(judge(&mut copies, segment(unknown, 64, 0)), "original");
            assert_eq!(judge(&mut copies, segment(unknown, 63, 20)), "copy");
            // The same packet again from both sides: sent again, and copied again.
            assert_eq!(judge(&mut copies, segment(unknown, 64, 1_000)), "original");
            assert_eq!(judge(&mut copies, segment(unknown, 63, 1_020)), "copy");
        }
    }

    #[test]
    fn copies_may_come_late_and_interleaved() {
        let mut copies = Copies::default();
        for (ttl, micros, expected) in [
            (64, 0, "original"),
            (64, 500, "original"),
            (63, 510, "copy"),
            (63, 520, "copy"),
            (63, 530, "possible"),
            (63, 800_000, "original"),
        ] {
            assert_eq!(judge(&mut copies, segment(None, ttl, micros)), expected);
        }
    }

    #[test]
    fn one_vantage_alone_is_only_possible() {
        let mut copies = Copies::default();
        assert_eq!(judge(&mut copies, segment(None, 64, 0)), "original");
        assert_eq!(judge(&mut copies, segment(None, 64, 100)), "possible");
        assert_eq!(judge(&mut copies, segment(None, 64, 300_000)), "original");
    }

    #[test]
    fn another_flow_label_is_another_packet() {
        let mut copies = Copies::default();
        let mut again = segment(None, 63, 20);
        again.flow_label = 9;
        assert_eq!(judge(&mut copies, segment(None, 64, 0)), "original");
        assert_eq!(judge(&mut copies, again), "original");
    }

    #[test]
    fn a_clamped_mss_does_not_matter() {
        assert_eq!(
            without_mss(&[1, 2, 4, 5, 0xB4, 4, 2]),
            without_mss(&[1, 2, 4, 5, 0x50, 4, 2])
        );
        assert_ne!(without_mss(&[3, 3, 7]), without_mss(&[3, 3, 8]));
        for odd in [&[2][..], &[2, 4, 1], &[8, 0], &[2, 255]] {
            assert_eq!(without_mss(odd).len(), odd.len());
        }
    }
}
