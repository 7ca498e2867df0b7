//! Segments that do not get through though smaller ones do, seen where they are sent: a path that
//! drops full-size packets and says nothing (RFC 2923 section 2.1).

use std::collections::VecDeque;

use super::options::sacks;
use super::seq::{after, at_or_before, before};
use crate::decode::Segment;
use crate::model::path::{Seen, Stuck};

/// Segments under way that are watched; behind a full-size one that is stuck there is at most a
/// window of them, and the first is what matters.
const WATCHED: usize = 64;
/// Transmissions of one segment that are remembered.
const REMEMBERED: usize = 16;

/// One segment under way.
#[derive(Clone, Debug)]
struct Outstanding {
    seq: u32,
    len: u32,
    first: Seen,
    /// Later transmissions, with their lengths.
    again: Vec<(Seen, u32)>,
    /// A segment of the receiver after the first repetition.
    alive: Option<Seen>,
    /// Acknowledgments that stay before it, and the first that shows later bytes got through.
    stays: u32,
    later: Option<Seen>,
}

/// The data of one sender.
#[derive(Clone, Debug, Default)]
pub(super) struct Outgoing {
    under_way: VecDeque<Outstanding>,
    highest: Option<u32>,
    passed: u32,
    largest_passed: u32,
    largest_sent: u32,
    /// A segment that passed in smaller pieces only.
    pieces: Option<(Outstanding, u32)>,
}

impl Outgoing {
    /// Takes a segment with data of this sender.
    pub(super) fn data(&mut self, segment: &Segment<'_>, seen: Seen) {
        let len = segment.payload_len;
        let end = segment.seq.wrapping_add(len);
        self.largest_sent = self.largest_sent.max(len);
        let known = self
            .under_way
            .iter_mut()
            .find(|sent| sent.seq == segment.seq);
        if let Some(sent) = known {
            if sent.again.len() < REMEMBERED {
                sent.again.push((seen, len));
            }
        } else if self.highest.is_none_or(|highest| after(end, highest))
            && self.under_way.len() < WATCHED
        {
            self.under_way.push_back(Outstanding {
                seq: segment.seq,
                len,
                first: seen,
                again: Vec::new(),
                alive: None,
                stays: 0,
                later: None,
            });
        }
        if self.highest.is_none_or(|highest| after(end, highest)) {
            self.highest = Some(end);
        }
    }

    /// Takes an acknowledgment by the receiver.
    pub(super) fn acknowledged(&mut self, segment: &Segment<'_>, seen: Seen) {
        let ack = segment.ack;
        while let Some(sent) = self.under_way.front_mut() {
            let end = sent.seq.wrapping_add(sent.len);
            if at_or_before(end, ack) {
                self.passed = self.passed.saturating_add(1);
                // Where only pieces were sent again last, nothing says that the whole passed.
                let last = sent.again.last().map_or(sent.len, |&(_, len)| len);
                self.largest_passed = self.largest_passed.max(last.min(sent.len));
                if let Some(sent) = self.under_way.pop_front()
                    && last < sent.len
                    && repeated(&sent) >= 3
                {
                    self.pieces.get_or_insert((sent, last));
                }
                continue;
            }
            if before(sent.seq, ack) {
                let piece = ack.wrapping_sub(sent.seq);
                if repeated(sent) >= 3 {
                    self.pieces.get_or_insert((sent.clone(), piece));
                }
                self.passed = self.passed.saturating_add(1);
                self.largest_passed = self.largest_passed.max(piece);
                sent.seq = ack;
                sent.len -= piece;
                sent.again.clear();
            } else {
                if !sent.again.is_empty() {
                    sent.alive.get_or_insert(seen);
                }
                // The first may be for bytes before it that were acknowledged late.
                let bare = segment.payload_len == 0 && !segment.flags.fin();
                sent.stays += u32::from(ack == sent.seq && bare);
                if ack == sent.seq && (sent.stays >= 3 || bare && sacks(segment.options)) {
                    sent.later.get_or_insert(seen);
                }
            }
            return;
        }
    }

    /// The segment that is stuck at the end, or that passed in pieces only. `mss` is the smaller
    /// of the sizes announced.
    pub(super) fn finish(self, mss: Option<u16>) -> Option<Stuck> {
        let (sent, smaller_passed) = match (self.pieces, self.under_way.front()) {
            (Some((sent, piece)), _) => (sent, Some(piece)),
            (None, Some(sent)) if repeated(sent) >= 3 => (sent.clone(), None),
            _ => return None,
        };
        // The repetitions tell the size on the wire: the first transmission may be one large frame
        // which the sender's card cuts.
        let len = repeated_len(&sent)?;
        let mut times: Vec<Seen> = sent
            .again
            .iter()
            .filter(|&&(_, again)| again == len)
            .map(|&(seen, _)| seen)
            .collect();
        times.insert(0, sent.first);
        let gaps: Vec<i64> = times
            .windows(2)
            .filter_map(|pair| match pair {
                [one, two] => Some(two.time.nanos_since(one.time)),
                _ => None,
            })
            .collect();
        // At least the last two intervals grow as RFC 6298 section 5.5 has it.
        let backs_off = gaps
            .last_chunk::<2>()
            .is_some_and(|[one, two]| *one > 0 && *two >= one + one / 2)
            && gaps.iter().sum::<i64>() >= 1_000_000_000;
        Some(Stuck {
            len,
            sent: times,
            backs_off,
            passed: self.passed,
            largest_passed: self.largest_passed,
            mss,
            receiver_alive: sent.alive,
            later_passed: sent.later,
            smaller_passed,
            offload: mss.is_some_and(|mss| self.largest_sent > u32::from(mss)),
        })
    }
}

/// The length of most repetitions; `None` if they differ without a pattern.
fn repeated_len(sent: &Outstanding) -> Option<u32> {
    let first = sent.again.first()?.1;
    let same = sent.again.iter().filter(|&&(_, len)| len == first).count();
    let smaller = sent.again.iter().filter(|&&(_, len)| len < first).count();
    // A sender that tries smaller ones does so after the large ones.
    (same + smaller == sent.again.len()).then_some(first)
}

/// Repetitions of one and the same length.
fn repeated(sent: &Outstanding) -> usize {
    repeated_len(sent).map_or(0, |len| {
        sent.again
            .iter()
            .filter(|&&(_, again)| again == len)
            .count()
    })
}
