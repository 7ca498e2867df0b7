//! Capture copies: one packet recorded twice, on its way into a router and out of it, by a mirror
//! port, or on two interfaces.
//!
//! A copy is the same *packet*, not the same data: hosts give a retransmission a new IP
//! identification. What is decided here is rule 2 of the semantics page, section 8.3: equal,
//! non-zero IPv4 identification and equal TCP header and payload, whatever the hop limit. Packets
//! without an identification (IPv6, and IPv4 with zero) are never taken for copies here.

use std::collections::VecDeque;
use std::hash::BuildHasher;
use std::time::Duration;

use foldhash::fast::RandomState;

use crate::decode::Segment;
use crate::time::Timestamp;

/// How long the second copy may take: a router that has to resolve a neighbour first holds packets
/// for about a second; identifications do not come round again so soon.
const WINDOW: Duration = Duration::from_secs(2);

/// Packets remembered per connection: copies are neighbours, the window is the real bound.
const REMEMBERED: usize = 256;

/// What makes two records the same packet. Left out on purpose is what routers, tags and network
/// cards change: link layer, hop limit, ECN and both checksums.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Identity {
    ip_id: u16,
    source_port: u16,
    seq: u32,
    ack: u32,
    flags: u8,
    window: u16,
    urgent: u16,
    payload_len: u32,
    /// Options and payload.
    digest: u64,
}

/// The recent packets of one connection.
#[derive(Debug, Default)]
pub struct Copies {
    /// When and in which frame each came first.
    recent: VecDeque<(Timestamp, u64, Identity)>,
    hasher: RandomState,
}

impl Copies {
    /// The frame of the first copy, when this segment is a copy of one seen before; remembers it
    /// if not.
    pub fn copy_of(&mut self, segment: &Segment<'_>) -> Option<u64> {
        let ip_id = segment.ip_id.filter(|&id| id != 0)?;
        let identity = Identity {
            ip_id,
            source_port: segment.source_port,
            seq: segment.seq,
            ack: segment.ack,
            flags: segment.flags.0,
            window: segment.window,
            urgent: segment.urgent,
            payload_len: segment.payload_len,
            digest: self.hasher.hash_one((segment.options, segment.payload)),
        };
        let now = segment.time;
        let mut recent = self.recent.iter().rev();
        let first =
            recent.find(|&&(time, _, seen)| seen == identity && !now.is_after(time, WINDOW));
        if let Some(&(_, frame, _)) = first {
            return Some(frame);
        }
        if self.recent.len() == REMEMBERED {
            self.recent.pop_front();
        }
        self.recent.push_back((now, segment.frame.number, identity));
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::FrameId;
    use crate::decode::Flags;

    fn segment(ip_id: Option<u16>, ttl: u8, micros: i64) -> Segment<'static> {
        Segment {
            frame: FrameId {
                number: micros.cast_unsigned() + 1,
                ..FrameId::default()
            },
            time: Timestamp::from_nanos(micros * 1000),
            interface: 0,
            vlan: 0,
            macs: None,
            tunnel_depth: 0,
            source: [192, 0, 2, 7].into(),
            destination: [192, 0, 2, 25].into(),
            source_port: 49152,
            destination_port: 25,
            seq: 1,
            ack: 1,
            flags: Flags(Flags::ACK),
            window: 64,
            urgent: 0,
            options: &[],
            payload: b"EHLO a\r\n",
            payload_len: 8,
            ttl,
            ip_id,
            flow_label: 0,
        }
    }

    #[test]
    fn the_same_identification_is_the_same_packet() {
        let mut copies = Copies::default();
        assert_eq!(copies.copy_of(&segment(Some(7), 64, 0)), None);
        assert_eq!(copies.copy_of(&segment(Some(7), 63, 20)), Some(1));
        assert_eq!(copies.copy_of(&segment(Some(7), 62, 1_500_000)), Some(1));
    }

    #[test]
    fn a_retransmission_is_no_copy() {
        let mut copies = Copies::default();
        assert_eq!(copies.copy_of(&segment(Some(7), 64, 0)), None);
        assert_eq!(copies.copy_of(&segment(Some(8), 64, 20)), None);
        assert_eq!(copies.copy_of(&segment(Some(7), 64, 2_000_001)), None);
        for unknown in [None, Some(0)] {
            assert_eq!(copies.copy_of(&segment(unknown, 64, 0)), None);
            assert_eq!(copies.copy_of(&segment(unknown, 63, 1)), None);
        }
    }
}
