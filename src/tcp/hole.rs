//! Bytes that never arrive, seen where they are received: later ones come, the receiver asks for
//! the missing ones with every acknowledgment, and they are not sent again, or not with success.

use super::seq::{after, at_or_before, before};
use crate::decode::Segment;
use crate::model::path::{Hole, Seen};
use crate::time::Timestamp;

/// Acknowledgments remembered as evidence.
const REMEMBERED: usize = 16;
/// Further ahead than any window reaches in a mail session, in bytes: the sequence numbers of
/// another connection, as two sides of a firewall that shifts them.
const FAR: u32 = 1 << 20;

/// The data of one sender, as it arrives.
#[derive(Clone, Debug, Default)]
pub(super) struct Arriving {
    /// End of what arrived without a gap.
    next: Option<u32>,
    /// End of the furthest segment.
    highest: Option<u32>,
    largest: u32,
    open: Option<Open>,
    /// The receiver acknowledged what is not in the capture.
    pub(super) unseen: bool,
}

#[derive(Clone, Debug)]
struct Open {
    start: u32,
    end: u32,
    seen: Seen,
    acks: Vec<u64>,
}

impl Arriving {
    /// The sender's SYN.
    pub(super) fn start(&mut self, seq: u32) {
        self.next = Some(seq.wrapping_add(1));
        self.open = None;
    }

    /// Takes a segment with data of this sender.
    pub(super) fn data(&mut self, segment: &Segment<'_>, seen: Seen) {
        self.largest = self.largest.max(segment.payload_len);
        let end = segment.seq.wrapping_add(segment.payload_len);
        let next = *self.next.get_or_insert(segment.seq);
        if after(segment.seq, next.wrapping_add(FAR)) {
            return;
        }
        if self.highest.is_none_or(|highest| after(end, highest)) {
            self.highest = Some(end);
        }
        if at_or_before(segment.seq, next) {
            if !after(end, next) {
                return;
            }
            self.next = Some(end);
            match &mut self.open {
                Some(open) if before(end, open.end) => open.start = end,
                // Filled. A second hole behind it goes unnoticed, which is the safe side.
                Some(_) => {
                    self.next = self.highest;
                    self.open = None;
                }
                None => {}
            }
            return;
        }
        match &mut self.open {
            Some(open) if before(segment.seq, open.end) => open.end = segment.seq,
            Some(_) => {}
            None => {
                self.open = Some(Open {
                    start: next,
                    end: segment.seq,
                    seen,
                    acks: Vec::new(),
                });
            }
        }
    }

    /// Takes an acknowledgment by the receiver.
    pub(super) fn acknowledged(&mut self, ack: u32, seen: Seen) {
        let Some(next) = self.next else {
            return;
        };
        if let Some(open) = &mut self.open {
            if after(ack, open.start) {
                // They did arrive: the capture lacks them.
                self.unseen = true;
                self.next = Some(ack);
                self.open = None;
            } else if ack == open.start && open.acks.len() < REMEMBERED {
                open.acks.push(seen.frame);
            }
        } else if after(ack, next) {
            // One more for a FIN.
            self.unseen |= ack != next.wrapping_add(1);
            self.next = Some(ack);
        }
    }

    /// The hole that is open at the end.
    pub(super) fn finish(self, mss: Option<u16>, last: Timestamp) -> Option<Hole> {
        let open = self.open.filter(|_| !self.unseen)?;
        Some(Hole {
            seen: open.seen,
            missing: open.end.wrapping_sub(open.start),
            largest_seen: self.largest,
            acks: open.acks,
            mss,
            last,
        })
    }
}
