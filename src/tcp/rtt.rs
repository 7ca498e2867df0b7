//! How soon one peer answers, seen from the capture point: nothing it sends can be an answer to a
//! packet that passed here a shorter time before.

use super::seq::{after, at_or_before};
use crate::decode::Segment;
use crate::time::Timestamp;

/// Answers before the shortest time is trusted: the first packet of a connection may wait for an
/// address to be resolved.
const ENOUGH: u32 = 2;

/// The answers of one peer.
#[derive(Clone, Debug, Default)]
pub(super) struct Rtt {
    /// End of the newest bytes sent to this peer, and when they were sent the first time.
    asked: Option<(u32, Timestamp)>,
    /// These bytes were not answered yet.
    waiting: bool,
    shortest: Option<i64>,
    answers: u32,
}

impl Rtt {
    /// Takes a segment sent *to* this peer.
    pub(super) fn asks(&mut self, segment: &Segment<'_>) {
        let numbers = segment.payload_len + u32::from(segment.flags.syn());
        let end = segment.seq.wrapping_add(numbers);
        if numbers == 0 {
            return;
        }
        match self.asked {
            Some((asked, _)) if !after(end, asked) => {
                // Sent again: which of the two is answered will not be known.
                self.waiting &= end != asked;
            }
            _ => {
                self.asked = Some((end, segment.time));
                self.waiting = true;
            }
        }
    }

    /// Takes a segment sent *by* this peer.
    pub(super) fn answers(&mut self, segment: &Segment<'_>) {
        let Some((end, time)) = self.asked else {
            return;
        };
        if !self.waiting || !segment.flags.ack() || !at_or_before(end, segment.ack) {
            return;
        }
        self.waiting = false;
        let took = segment.time.nanos_since(time);
        if took >= 0 {
            self.answers = self.answers.saturating_add(1);
            self.shortest = Some(self.shortest.map_or(took, |shortest| shortest.min(took)));
        }
    }

    /// Whether a sequence number is near the bytes sent to this peer, or none are known.
    pub(super) fn is_near(&self, seq: u32) -> bool {
        /// Further off than any window in a mail session, in bytes.
        const FAR: u32 = 1 << 20;
        self.asked
            .is_none_or(|(end, _)| seq.wrapping_sub(end).min(end.wrapping_sub(seq)) < FAR)
    }

    /// The shortest answer in nanoseconds.
    pub(super) fn shortest(&self) -> Option<i64> {
        self.shortest
    }

    /// How long after the newest bytes they are acknowledged by `segment`, and the shortest answer
    /// before; `None` if it does not acknowledge them, or too few answers are known.
    pub(super) fn reaction(&self, segment: &Segment<'_>) -> Option<(i64, i64)> {
        let (end, time) = self.asked?;
        let answers = self.waiting && segment.flags.ack() && segment.ack == end;
        let known = self.shortest.filter(|_| self.answers >= ENOUGH)?;
        answers.then(|| (segment.time.nanos_since(time), known))
    }
}
