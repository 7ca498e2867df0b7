//! What becomes of one stretch of a sender's bytes: sent again, acknowledged, answered.

use super::seq::{after, at_or_before, before};
use crate::decode::Segment;
use crate::model::path::{Delivery, Seen};

/// Repetitions remembered.
const REMEMBERED: usize = 16;

/// A stretch that is followed.
#[derive(Clone, Debug)]
pub(super) struct Watch {
    /// First byte that was not acknowledged when it was complete, and its end.
    from: u32,
    end: u32,
    /// End of what the other side had sent by then.
    other: Option<u32>,
    facts: Delivery,
}

impl Watch {
    /// Follows the bytes up to `end`, complete in `sent`; the receiver had acknowledged `acked` and
    /// sent up to `other`.
    pub(super) fn new(end: u32, acked: Option<u32>, other: Option<u32>, sent: Seen) -> Self {
        let done = acked.is_some_and(|acked| at_or_before(end, acked));
        Self {
            from: acked.unwrap_or(end),
            end,
            other,
            facts: Delivery {
                sent,
                again: Vec::new(),
                acked: done.then_some(sent),
                part_acked: None,
                answer: None,
            },
        }
    }

    /// Takes a segment of the sender with data.
    pub(super) fn data(&mut self, segment: &Segment<'_>, seen: Seen) {
        let end = segment.seq.wrapping_add(segment.payload_len);
        let inside = before(segment.seq, self.end) && after(end, self.from);
        if inside && self.facts.acked.is_none() && self.facts.again.len() < REMEMBERED {
            self.facts.again.push(seen);
        }
    }

    /// Takes a segment of the other side.
    pub(super) fn other(&mut self, segment: &Segment<'_>, seen: Seen) {
        if segment.flags.rst() {
            return;
        }
        if segment.flags.ack() {
            if at_or_before(self.end, segment.ack) {
                self.facts.acked.get_or_insert(seen);
            } else if after(segment.ack, self.from) {
                self.from = segment.ack;
                self.facts.part_acked = Some(seen);
            }
        }
        let end = segment.seq.wrapping_add(segment.payload_len);
        if segment.payload_len > 0 && self.other.is_none_or(|other| after(end, other)) {
            self.facts.answer.get_or_insert(seen);
        }
    }

    /// What became of it.
    pub(super) fn finish(self) -> Delivery {
        self.facts
    }
}
