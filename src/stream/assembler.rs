//! One direction of a TCP connection put in order.
//!
//! The first copy of a byte wins. A hole waits for its bytes; it is given up when the peer has
//! acknowledged them and [`Limits::hole_wait`] has passed (they went by without being captured),
//! when too much waits behind it, or when the connection ends.

use std::collections::BTreeMap;

use crate::limits::Limits;
use crate::time::Timestamp;

/// What arrived: the payload of one segment.
#[derive(Clone, Copy, Debug)]
pub struct Piece<'a> {
    /// Sequence number of its first byte.
    pub seq: u32,
    /// The captured bytes.
    pub bytes: &'a [u8],
    /// Length on the wire; more than `bytes.len()` when the snap length cut it.
    pub wire_len: u32,
    /// The frame it came in.
    pub frame: u64,
    /// When.
    pub time: Timestamp,
}

/// What comes out, in order and without overlap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chunk<'a> {
    /// Bytes of the stream.
    Bytes {
        /// Position in the stream; 0 = the byte after the SYN, or the first one captured.
        offset: u64,
        /// The bytes.
        bytes: &'a [u8],
        /// The frame that made them available.
        frame: u64,
        /// When.
        time: Timestamp,
    },
    /// Bytes that are not in the capture.
    Gap {
        /// Position in the stream.
        offset: u64,
        /// How many bytes are missing.
        len: u64,
    },
}

/// A segment that waits behind a hole.
#[derive(Debug)]
struct Waiting {
    bytes: Vec<u8>,
    wire_len: u64,
    frame: u64,
    time: Timestamp,
}

/// Reassembles one direction.
#[derive(Debug, Default)]
pub struct Assembler {
    /// Sequence number of offset 0; `None` until known.
    base: Option<u32>,
    /// The peer has acknowledged a segment that follows from `base`: no SYN changes it any more.
    confirmed: bool,
    /// The next offset to hand out.
    next: u64,
    /// Segments behind a hole, by offset.
    waiting: BTreeMap<u64, Waiting>,
    /// Bytes in `waiting`.
    waiting_bytes: usize,
    /// Highest offset the peer has acknowledged.
    acked: u64,
    /// When the peer first acknowledged bytes of the hole at `next`.
    hole_acked: Option<Timestamp>,
    /// Bytes given up that the peer has acknowledged: they went by without being captured.
    missing: u64,
    /// Bytes given up that the peer never acknowledged: they were lost on the way.
    undelivered: u64,
    /// Count only: hold nothing back.
    passing: bool,
}

/// Farthest a byte may lie beyond what is known. No sender has this much under way, and losing it
/// in the capture is less likely than numbers of another connection on the same ports: those that
/// a firewall with sequence numbers of its own shows on its other side, or forged ones.
const FARTHEST: i64 = 64 << 20;

impl Assembler {
    /// Fixes offset 0 from a SYN (its sequence number plus one) or from the peer's first
    /// acknowledgment. Ignored once known.
    pub fn start(&mut self, seq: u32) {
        self.base.get_or_insert(seq);
    }

    /// A SYN: the next byte has this sequence number. One with another number than known so far
    /// comes after segments of an earlier connection on the same ports, such as the stale
    /// acknowledgment that answers a SYN out of place (RFC 9293 section 3.10.7.4), or from another
    /// server behind the same address: what was held back so far is dropped.
    pub fn restart(&mut self, seq: u32) {
        let repeated = self
            .offset_of(seq)
            .is_some_and(|offset| (0..=self.next as i64).contains(&offset));
        if !repeated && self.confirmed {
            return;
        }
        if !repeated {
            self.base = Some(seq.wrapping_sub(self.next as u32));
            self.waiting.clear();
            self.waiting_bytes = 0;
        }
        if !repeated || self.next == 0 {
            self.acked = self.next;
            self.hole_acked = None;
        }
    }

    /// The client's first acknowledgment says which of several SYNs it took.
    pub fn confirm(&mut self, ack: u32) {
        if self.confirmed {
            return;
        }
        let known = self
            .offset_of(ack)
            .is_some_and(|offset| (0..=FARTHEST).contains(&offset));
        if !known && self.next == 0 {
            self.restart(ack);
        }
        self.confirmed = true;
    }

    /// Whether this acknowledges a SYN, with all, some or nothing of what was sent since.
    pub fn accepts(&self, ack: u32) -> bool {
        self.offset_of(ack)
            .is_none_or(|offset| (0..=self.next as i64).contains(&offset))
    }

    /// Whether offset 0 is known.
    pub fn is_started(&self) -> bool {
        self.base.is_some()
    }

    /// Bytes that the peer has got and the capture has not.
    pub fn missing(&self) -> u64 {
        self.missing
    }

    /// Bytes before later ones that neither the capture nor, as far as it shows, the peer has got.
    pub fn undelivered(&self) -> u64 {
        self.undelivered
    }

    /// Bytes held behind holes.
    pub fn waiting_bytes(&self) -> usize {
        self.waiting_bytes
    }

    /// Holds nothing back from now on: what waits is dropped, what comes out of order is skipped.
    pub fn pass(&mut self) {
        self.passing = true;
        self.waiting.clear();
        self.waiting_bytes = 0;
    }

    /// Takes a segment's payload and hands out what is in order now.
    pub fn push(&mut self, piece: Piece<'_>, limits: &Limits, sink: &mut impl FnMut(Chunk<'_>)) {
        if piece.wire_len == 0 {
            return;
        }
        self.start(piece.seq);
        let Some(offset) = self.offset_of(piece.seq) else {
            return;
        };
        let end = offset + i64::from(piece.wire_len);
        let next = self.next as i64;
        if end <= next || offset > next + FARTHEST {
            return;
        }
        if offset <= next {
            let skip = (next - offset) as usize;
            let (frame, time) = (piece.frame, piece.time);
            let fresh = piece.bytes.get(skip..).unwrap_or_default();
            self.deliver(fresh, (end - next) as u64, frame, time, sink);
            self.release(Some((frame, time)), sink);
            return;
        }
        if self.passing {
            self.give_up_until(offset as u64, sink);
            self.deliver(
                piece.bytes,
                u64::from(piece.wire_len),
                piece.frame,
                piece.time,
                sink,
            );
            return;
        }
        self.hold(offset as u64, piece);
        while self.waiting_bytes > limits.pending_bytes
            || self.waiting.len() > limits.pending_segments
        {
            self.give_up(sink);
        }
    }

    /// Takes the peer's acknowledgment number.
    pub fn acknowledged(
        &mut self,
        ack: u32,
        now: Timestamp,
        limits: &Limits,
        sink: &mut impl FnMut(Chunk<'_>),
    ) {
        let Some(acked) = self.offset_of(ack) else {
            return;
        };
        if acked > self.next as i64 + FARTHEST {
            return;
        }
        self.acked = self.acked.max(u64::try_from(acked).unwrap_or(0));
        if self.acked <= self.next || self.passing {
            self.hole_acked = None;
            return;
        }
        let since = *self.hole_acked.get_or_insert(now);
        if now.is_after(since, limits.hole_wait) {
            while self.next < self.acked && !self.waiting.is_empty() {
                self.give_up(sink);
            }
            let acked = self.acked;
            self.give_up_until(acked, sink);
        }
    }

    /// The end of the connection: nothing more will come.
    pub fn finish(&mut self, sink: &mut impl FnMut(Chunk<'_>)) {
        while !self.waiting.is_empty() {
            self.give_up(sink);
        }
        // The acknowledgment of a FIN covers one number more than there are bytes, so a single
        // missing byte at the very end cannot be told from a FIN that was not captured.
        if !self.passing && self.acked > self.next + 1 {
            let acked = self.acked;
            self.give_up_until(acked, sink);
        }
    }

    /// Distance of a sequence number from offset 0, by the shortest way from the next byte.
    fn offset_of(&self, seq: u32) -> Option<i64> {
        let base = self.base?;
        let next_seq = base.wrapping_add(self.next as u32);
        let distance = seq.wrapping_sub(next_seq) as i32;
        Some(self.next as i64 + i64::from(distance))
    }

    fn hold(&mut self, offset: u64, piece: Piece<'_>) {
        if let Some(same) = self.waiting.get(&offset)
            && same.bytes.len() >= piece.bytes.len()
        {
            return;
        }
        let waiting = Waiting {
            bytes: piece.bytes.to_vec(),
            wire_len: u64::from(piece.wire_len),
            frame: piece.frame,
            time: piece.time,
        };
        self.waiting_bytes += waiting.bytes.len();
        if let Some(shorter) = self.waiting.insert(offset, waiting) {
            self.waiting_bytes -= shorter.bytes.len();
        }
    }

    /// Hands out `bytes` at `next`; what the snap length cut of `wire_len` is a gap.
    fn deliver(
        &mut self,
        bytes: &[u8],
        wire_len: u64,
        frame: u64,
        time: Timestamp,
        sink: &mut impl FnMut(Chunk<'_>),
    ) {
        if !bytes.is_empty() {
            let offset = self.next;
            self.next += bytes.len() as u64;
            sink(Chunk::Bytes {
                offset,
                bytes,
                frame,
                time,
            });
        }
        let cut = wire_len.saturating_sub(bytes.len() as u64);
        let until = self.next + cut;
        // What the snap length cut did go by.
        self.acked = self.acked.max(until);
        self.give_up_until(until, sink);
        self.hole_acked = None;
    }

    /// Hands out what waits at or before `next`. `filled` is the frame that closed the hole; after
    /// a hole was given up each segment counts from its own frame.
    fn release(&mut self, filled: Option<(u64, Timestamp)>, sink: &mut impl FnMut(Chunk<'_>)) {
        while let Some(entry) = self.waiting.first_entry() {
            if *entry.key() > self.next {
                return;
            }
            let (offset, waiting) = entry.remove_entry();
            self.waiting_bytes -= waiting.bytes.len();
            let end = offset + waiting.wire_len;
            if end <= self.next {
                continue;
            }
            let skip = (self.next - offset) as usize;
            let fresh = waiting.bytes.get(skip..).unwrap_or_default();
            let (frame, time) = filled.unwrap_or((waiting.frame, waiting.time));
            self.deliver(fresh, end - self.next, frame, time, sink);
        }
    }

    /// Gives up the hole before the first waiting segment.
    fn give_up(&mut self, sink: &mut impl FnMut(Chunk<'_>)) {
        if let Some((&offset, _)) = self.waiting.first_key_value() {
            self.give_up_until(offset, sink);
            self.release(None, sink);
        }
    }

    fn give_up_until(&mut self, offset: u64, sink: &mut impl FnMut(Chunk<'_>)) {
        if offset <= self.next {
            return;
        }
        let len = offset - self.next;
        sink(Chunk::Gap {
            offset: self.next,
            len,
        });
        let acknowledged = self.acked.min(offset).saturating_sub(self.next);
        self.missing += acknowledged;
        self.undelivered += len - acknowledged;
        self.next = offset;
        self.hole_acked = None;
    }
}

#[cfg(test)]
mod tests;
