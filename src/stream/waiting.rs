//! What waits behind a hole: ranges of the stream that do not overlap, the first copy of each byte.

use std::collections::BTreeMap;

use crate::time::Timestamp;

/// What a waiting segment costs beside its bytes: its vector, its place in the tree and what the
/// allocator adds.
const SEGMENT_COST: usize = 128;

/// Captured bytes and where they came from.
#[derive(Debug)]
pub(super) struct Held {
    pub bytes: Vec<u8>,
    pub frame: u64,
    pub time: Timestamp,
}

/// What comes next.
#[derive(Debug)]
pub(super) enum Next {
    /// These bytes, from the position asked for on.
    Bytes(Held),
    /// Nothing captured up to here: the snap length cut it.
    Cut(u64),
}

/// Bytes behind a hole.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    /// By position; never empty, never overlapping.
    held: BTreeMap<u64, Held>,
    /// Ranges that were on the wire but behind the snap length: start and end, never touching.
    /// They may overlap with `held`, where another copy was captured.
    cuts: BTreeMap<u64, u64>,
    /// Bytes in `held`.
    bytes: usize,
}

impl Waiting {
    /// Nothing waits.
    pub fn is_empty(&self) -> bool {
        self.held.is_empty() && self.cuts.is_empty()
    }

    /// Bytes that wait.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Ranges that wait.
    pub fn segments(&self) -> usize {
        self.held.len() + self.cuts.len()
    }

    /// Memory that is in use, about.
    pub fn cost(&self) -> usize {
        self.bytes + self.segments() * SEGMENT_COST
    }

    /// Position of the first byte that is known.
    pub fn first(&self) -> Option<u64> {
        let held = self.held.keys().next();
        held.into_iter()
            .chain(self.cuts.keys().next())
            .min()
            .copied()
    }

    /// Adds what is new of a segment: `bytes` at `start`, and a cut from there up to `end`.
    pub fn add(&mut self, start: u64, bytes: &[u8], end: u64, frame: u64, time: Timestamp) {
        let stop = start + bytes.len() as u64;
        let mut at = start;
        if let Some((&before, held)) = self.held.range(..=at).next_back() {
            at = at.max(before + held.bytes.len() as u64);
        }
        while at < stop {
            let known = self.held.range(at..stop).next();
            let known = known.map(|(&at, held)| (at, at + held.bytes.len() as u64));
            let (until, after) = known.unwrap_or((stop, stop));
            if at < until {
                let bytes = bytes[(at - start) as usize..(until - start) as usize].to_vec();
                self.bytes += bytes.len();
                self.held.insert(at, Held { bytes, frame, time });
            }
            at = after;
        }
        if stop < end {
            self.cut(stop, end);
        }
    }

    fn cut(&mut self, mut start: u64, mut end: u64) {
        while let Some((&from, &to)) = self.cuts.range(..=end).next_back()
            && to >= start
        {
            self.cuts.remove(&from);
            start = start.min(from);
            end = end.max(to);
        }
        self.cuts.insert(start, end);
    }

    /// Takes what is known at `position`; drops what lies before it.
    pub fn take(&mut self, position: u64) -> Option<Next> {
        while let Some(entry) = self.held.first_entry()
            && *entry.key() <= position
        {
            let (start, mut held) = entry.remove_entry();
            self.bytes -= held.bytes.len();
            let passed = position - start;
            if passed < held.bytes.len() as u64 {
                held.bytes.drain(..passed as usize);
                return Some(Next::Bytes(held));
            }
        }
        while let Some(entry) = self.cuts.first_entry()
            && *entry.key() <= position
        {
            let end = *entry.get();
            let captured = self.held.keys().next().copied().unwrap_or(end);
            if captured >= end {
                entry.remove();
            }
            let until = end.min(captured);
            if until > position {
                return Some(Next::Cut(until));
            }
        }
        None
    }
}
