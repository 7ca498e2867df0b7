//! One direction of a TCP connection put in order.
//!
//! The first copy of a byte wins. A hole waits for its bytes; it is given up when the peer has
//! acknowledged them and [`Limits::hole_wait`] has passed (they went by without being captured),
//! when too much waits behind it, or when the connection ends.

use super::waiting::{Next, Waiting};
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

/// Reassembles one direction.
#[derive(Debug, Default)]
pub struct Assembler {
    /// Sequence number of offset 0; `None` until known.
    base: Option<u32>,
    /// The peer has acknowledged a segment that follows from `base`: no SYN changes it any more.
    confirmed: bool,
    /// The next offset to hand out.
    next: u64,
    /// What came, but behind a hole.
    waiting: Waiting,
    /// Highest offset the peer has acknowledged.
    acked: u64,
    /// When the peer first acknowledged bytes of the hole at `next`.
    hole_acked: Option<Timestamp>,
    /// Bytes given up that the peer has acknowledged: they went by without being captured.
    missing: u64,
    /// Bytes given up that the peer never acknowledged: they were lost on the way.
    undelivered: u64,
    /// Holes given up because too many bytes waited behind them.
    crowded: u64,
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
            self.waiting = Waiting::default();
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

    /// Whether all bytes before this acknowledgment were handed out or given up.
    pub fn has(&self, ack: u32) -> bool {
        self.offset_of(ack)
            .is_none_or(|offset| offset <= self.next as i64)
    }

    /// Sequence number of offset 0, as far as known.
    pub fn base(&self) -> Option<u32> {
        self.base
    }

    /// Bytes that the peer has got and the capture has not.
    pub fn missing(&self) -> u64 {
        self.missing
    }

    /// Bytes before later ones that neither the capture nor, as far as it shows, the peer has got.
    pub fn undelivered(&self) -> u64 {
        self.undelivered
    }

    /// Holes given up because too many bytes waited behind them.
    pub fn crowded(&self) -> u64 {
        self.crowded
    }

    /// Bytes held behind holes.
    pub fn waiting_bytes(&self) -> usize {
        self.waiting.bytes()
    }

    /// Memory that the bytes behind holes take, about: of one-byte segments a multiple of the byte.
    pub fn waiting_cost(&self) -> usize {
        self.waiting.cost()
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
        if offset > self.next as i64 + FARTHEST {
            return;
        }
        let Ok(end) = u64::try_from(offset + i64::from(piece.wire_len)) else {
            return;
        };
        if end <= self.next {
            return;
        }
        // What lies before `next` was handed out.
        let passed = (self.next as i64 - offset).max(0) as usize;
        let start = self.next.max(offset.max(0) as u64);
        let bytes = piece.bytes.get(passed..).unwrap_or_default();
        let (frame, time) = (piece.frame, piece.time);
        if start > self.next {
            self.waiting.add(start, bytes, end, frame, time);
            while self.waiting.bytes() > limits.pending_bytes
                || self.waiting.segments() > limits.pending_segments
            {
                self.crowded += 1;
                self.give_up(sink);
            }
        } else if self.waiting.is_empty() {
            self.deliver(bytes, frame, time, sink);
            self.cut_until(end, sink);
        } else {
            // Of what waits some may be an earlier copy of these bytes.
            self.waiting.add(start, bytes, end, frame, time);
            self.release(Some((frame, time)), sink);
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
        let reach = self.next as i64 + FARTHEST;
        let acked = self.offset_of(ack).filter(|&acked| acked <= reach);
        let acked = acked.and_then(|acked| u64::try_from(acked).ok());
        let Some(acked) = acked.filter(|&acked| acked > self.next) else {
            self.hole_acked = None;
            return;
        };
        self.acked = self.acked.max(acked);
        // Perhaps a FIN: see [`Self::finish`].
        if acked == self.next + 1 && self.waiting.is_empty() {
            return;
        }
        let since = *self.hole_acked.get_or_insert(now);
        if now.is_after(since, limits.hole_wait) {
            while self.waiting.first().is_some_and(|first| first <= acked) {
                self.give_up(sink);
            }
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
        if self.acked > self.next + 1 {
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

    /// Hands out `bytes` at `next`.
    fn deliver(
        &mut self,
        bytes: &[u8],
        frame: u64,
        time: Timestamp,
        sink: &mut impl FnMut(Chunk<'_>),
    ) {
        if bytes.is_empty() {
            return;
        }
        let offset = self.next;
        self.next += bytes.len() as u64;
        self.hole_acked = None;
        sink(Chunk::Bytes {
            offset,
            bytes,
            frame,
            time,
        });
    }

    /// Hands out what waits at `next`. `filled` is the frame that closed the hole; after a hole
    /// was given up each segment counts from its own frame.
    fn release(&mut self, filled: Option<(u64, Timestamp)>, sink: &mut impl FnMut(Chunk<'_>)) {
        while let Some(next) = self.waiting.take(self.next) {
            match next {
                Next::Bytes(held) => {
                    let (frame, time) = filled.unwrap_or((held.frame, held.time));
                    self.deliver(&held.bytes, frame, time, sink);
                }
                Next::Cut(until) => self.cut_until(until, sink),
            }
        }
    }

    /// What the snap length cut did go by.
    fn cut_until(&mut self, offset: u64, sink: &mut impl FnMut(Chunk<'_>)) {
        self.acked = self.acked.max(offset);
        self.give_up_until(offset, sink);
    }

    /// Gives up the hole before what waits first.
    fn give_up(&mut self, sink: &mut impl FnMut(Chunk<'_>)) {
        if let Some(offset) = self.waiting.first() {
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
