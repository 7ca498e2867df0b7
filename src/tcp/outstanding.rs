//! What one side sent and the other did not acknowledge yet.
//!
//! The described semantics are a list in order of sending: a segment is appended while the list
//! has fewer than 10 000 entries, every acknowledgment walks the whole list, and a retransmission
//! asks for the entry appended first. Walking costs 10 000 steps a packet when a stranger never
//! acknowledges, so a long list gets an index. What stays observable is the same, because
//!
//! - whether an entry survives an acknowledgment depends on its end alone: an entry goes unless
//!   its end is *after* the acknowledgment. Its start, which a partial acknowledgment would move,
//!   decides nothing: "acknowledged up to or before the end, but not the end itself" is "the end
//!   is after". So starts are not stored;
//! - the ends that survive form an arc of the sequence circle, at most two ranges of plain
//!   numbers, and so do the ends that go: the index is a set ordered by end, and an
//!   acknowledgment removes ranges from it, paying only for what it removes;
//! - the oldest entry is the first of the queue that is still in the index. Dead entries leave
//!   the queue when they reach its front, or all at once when they outnumber the living.

use std::collections::{BTreeSet, VecDeque};

use super::seq::after;
use crate::time::Timestamp;

/// Wireshark stops remembering segments here.
pub(super) const CAPACITY: usize = 10_000;
/// Up to this many entries walking is cheaper than an index. Real connections seldom have more
/// in flight.
const WALKED: usize = 64;

/// A segment that was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sent {
    /// Sequence number behind its last byte, SYN and FIN counted.
    pub end: u32,
    /// Tells entries with equal ends apart.
    mark: u32,
    /// Its frame.
    pub frame: u64,
    /// Its capture time.
    pub time: Timestamp,
}

/// Sent segments that were not acknowledged, in order of sending.
#[derive(Clone, Debug, Default)]
pub(super) struct Outstanding {
    queue: VecDeque<Sent>,
    next_mark: u32,
    /// (end, mark) of the entries of `queue` that are alive; without it all are.
    index: Option<BTreeSet<(u32, u32)>>,
}

impl Outstanding {
    /// Entries alive, at most [`CAPACITY`].
    pub fn len(&self) -> usize {
        self.index.as_ref().map_or(self.queue.len(), |it| it.len())
    }

    /// Appends a segment; the caller has checked that there is room.
    pub fn push(&mut self, end: u32, frame: u64, time: Timestamp) {
        let mark = self.next_mark;
        // Marks repeat after 2^32 segments, when the entry that had one is long gone.
        self.next_mark = mark.wrapping_add(1);
        self.queue.push_back(Sent {
            end,
            mark,
            frame,
            time,
        });
        match &mut self.index {
            Some(index) => {
                index.insert((end, mark));
            }
            None if self.queue.len() > WALKED => {
                let index = self
                    .queue
                    .iter()
                    .map(|sent| (sent.end, sent.mark))
                    .collect();
                self.index = Some(index);
            }
            None => {}
        }
    }

    /// Drops every entry that does not end after `ack`.
    pub fn acknowledge(&mut self, ack: u32) {
        let Some(index) = &mut self.index else {
            self.queue.retain(|sent| after(sent.end, ack));
            return;
        };
        // Gone are the ends from just above the point half a circle before `ack` up to `ack`.
        let first = ack.wrapping_sub(0x7FFF_FFFF);
        let before = index.len();
        if first <= ack {
            remove(index, first, ack);
        } else {
            remove(index, 0, ack);
            remove(index, first, u32::MAX);
        }
        if index.len() == before {
            return;
        }
        if index.is_empty() {
            self.queue.clear();
            self.index = None;
        } else if self.queue.len() > 2 * index.len() + WALKED {
            self.queue
                .retain(|sent| index.contains(&(sent.end, sent.mark)));
        }
    }

    /// The entry that was appended first.
    pub fn oldest(&mut self) -> Option<Sent> {
        if let Some(index) = &self.index {
            while let Some(sent) = self.queue.front()
                && !index.contains(&(sent.end, sent.mark))
            {
                self.queue.pop_front();
            }
        }
        self.queue.front().copied()
    }
}

/// Removes the entries whose ends lie in `first..=last`.
fn remove(index: &mut BTreeSet<(u32, u32)>, first: u32, last: u32) {
    while let Some(&entry) = index.range((first, 0)..=(last, u32::MAX)).next() {
        index.remove(&entry);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The list as the semantics describe it, starts included.
    #[derive(Default)]
    struct Model(Vec<(u32, u32, u64)>);

    impl Model {
        fn acknowledge(&mut self, ack: u32) {
            use super::super::seq::{at_or_before, before};
            self.0.retain_mut(|(start, end, _)| {
                if *end == ack {
                    return false;
                }
                if before(*start, ack) && at_or_before(ack, *end) {
                    *start = ack;
                    return true;
                }
                after(*end, ack)
            });
        }
    }

    #[test]
    fn agrees_with_the_walked_list() {
        let mut seed = 0x5EED_u64;
        let mut random = move || {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            seed
        };
        for round in 0..400 {
            let (mut model, mut real) = (Model::default(), Outstanding::default());
            let base = if round % 3 == 0 {
                0xFFFF_FF00
            } else {
                random() as u32
            };
            // Rounds differ in how often something is acknowledged, so that some grow long.
            let pushes = 1 + round % 40;
            for frame in 0..600 {
                let near = |offset: u64| base.wrapping_add((offset % 2000) as u32);
                if random() % (pushes + 1) == 0 {
                    let ack = match random() % 8 {
                        0 => random() as u32,
                        1 => near(random()).wrapping_add(0x8000_0000),
                        _ => near(random()),
                    };
                    model.acknowledge(ack);
                    real.acknowledge(ack);
                } else {
                    let start = if random() % 50 == 0 {
                        random() as u32
                    } else {
                        near(random())
                    };
                    let end = start.wrapping_add((random() % 100) as u32);
                    model.0.push((start, end, frame));
                    real.push(end, frame, Timestamp::default());
                }
                assert_eq!(real.len(), model.0.len());
                if random() % 3 == 0 {
                    let oldest = real.oldest().map(|sent| (sent.end, sent.frame));
                    assert_eq!(oldest, model.0.first().map(|&(_, end, frame)| (end, frame)));
                }
            }
        }
    }

    #[test]
    fn half_a_circle_away_counts_as_after() {
        for walked in [true, false] {
            let mut sent = Outstanding::default();
            let copies = if walked { 1 } else { WALKED + 1 };
            for _ in 0..copies {
                sent.push(0x8000_0000, 1, Timestamp::default());
            }
            sent.acknowledge(0);
            assert_eq!(sent.len(), copies);
            sent.acknowledge(1);
            assert_eq!(sent.len(), copies);
            sent.acknowledge(0x8000_0000);
            assert_eq!(sent.len(), 0);
        }
    }

    #[test]
    fn the_queue_does_not_outgrow_the_living() {
        let mut sent = Outstanding::default();
        // One entry stays forever while others come and go.
        sent.push(0x7000_0000, 0, Timestamp::default());
        for frame in 1..100_000_u32 {
            sent.push(frame, u64::from(frame), Timestamp::default());
            if frame % 100 == 0 {
                sent.acknowledge(frame);
            }
        }
        assert!(sent.queue.len() < 1000);
        assert_eq!(sent.oldest().map(|it| it.frame), Some(0));
    }
}
