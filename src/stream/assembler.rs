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

impl Assembler {
    /// Fixes offset 0 from a SYN (its sequence number plus one) or from the peer's first
    /// acknowledgment. Ignored once known.
    pub fn start(&mut self, seq: u32) {
        self.base.get_or_insert(seq);
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
        if end <= next {
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
mod tests {
    use super::*;

    fn piece(seq: u32, bytes: &[u8], frame: u64) -> Piece<'_> {
        Piece {
            seq,
            bytes,
            wire_len: bytes.len() as u32,
            frame,
            time: Timestamp::from_parts(frame as i64, 0),
        }
    }

    #[derive(Default)]
    struct Seen {
        text: String,
        frames: Vec<u64>,
    }

    impl Seen {
        fn take(&mut self, chunk: Chunk<'_>) {
            match chunk {
                Chunk::Bytes { bytes, frame, .. } => {
                    self.text.push_str(&String::from_utf8_lossy(bytes));
                    self.frames.push(frame);
                }
                Chunk::Gap { len, .. } => self.text.push_str(&format!("<{len}>")),
            }
        }
    }

    fn run(pieces: &[Piece<'_>]) -> (Assembler, Seen) {
        let mut assembler = Assembler::default();
        let mut seen = Seen::default();
        assembler.start(100);
        for &each in pieces {
            assembler.push(each, &Limits::default(), &mut |chunk| seen.take(chunk));
        }
        (assembler, seen)
    }

    #[test]
    fn the_frame_that_fills_the_hole_is_named() {
        let (_, seen) = run(&[
            piece(103, b"def", 1),
            piece(106, b"g", 2),
            piece(100, b"abc", 3),
        ]);
        assert_eq!(seen.text, "abcdefg");
        assert_eq!(seen.frames, [3, 3, 3]);
    }

    #[test]
    fn the_first_copy_of_a_byte_wins() {
        let (_, seen) = run(&[
            piece(100, b"ab", 1),
            piece(100, b"XXcd", 2),
            piece(101, b"YYYe", 3),
            piece(100, b"ZZ", 4),
        ]);
        assert_eq!(seen.text, "abcde");
        assert_eq!(seen.frames, [1, 2, 3]);
    }

    #[test]
    fn an_acknowledged_hole_is_given_up_after_a_while() {
        let (mut assembler, mut seen) = run(&[piece(100, b"ab", 1), piece(105, b"fg", 2)]);
        let limits = Limits::default();
        let at = |s| Timestamp::from_parts(s, 0);
        assembler.acknowledged(107, at(3), &limits, &mut |chunk| seen.take(chunk));
        assert_eq!(seen.text, "ab");
        assembler.acknowledged(107, at(4), &limits, &mut |chunk| seen.take(chunk));
        assert_eq!(seen.text, "ab<3>fg");
        assert_eq!(seen.frames, [1, 2]);
        assert_eq!(assembler.missing(), 3);
    }

    #[test]
    fn the_end_gives_up_every_hole() {
        let (mut assembler, mut seen) = run(&[piece(102, b"c", 1), piece(104, b"e", 2)]);
        assembler.finish(&mut |chunk| seen.take(chunk));
        assert_eq!(seen.text, "<2>c<1>e");
        assert_eq!((assembler.missing(), assembler.undelivered()), (0, 3));
    }

    #[test]
    fn a_snap_length_cut_is_a_gap() {
        let mut cut = piece(100, b"ab", 1);
        cut.wire_len = 5;
        let (_, seen) = run(&[cut, piece(105, b"f", 2)]);
        assert_eq!(seen.text, "ab<3>f");
    }

    #[test]
    fn sequence_numbers_wrap() {
        let mut assembler = Assembler::default();
        let mut seen = Seen::default();
        let limits = Limits::default();
        assembler.start(u32::MAX - 1);
        for each in [
            piece(u32::MAX - 1, b"abc", 1),
            piece(2, b"e", 2),
            piece(1, b"d", 3),
        ] {
            assembler.push(each, &limits, &mut |chunk| seen.take(chunk));
        }
        assert_eq!(seen.text, "abcde");
    }

    #[test]
    fn what_waits_is_bounded() {
        let limits = Limits {
            pending_segments: 4,
            ..Limits::default()
        };
        let mut assembler = Assembler::default();
        let mut seen = Seen::default();
        assembler.start(0);
        for n in 1..100_u32 {
            assembler.push(piece(n * 2, b"x", u64::from(n)), &limits, &mut |chunk| {
                seen.take(chunk);
            });
            assert!(assembler.waiting.len() <= 4);
        }
        assert!(assembler.undelivered() > 90);
    }
}
