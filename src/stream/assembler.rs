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
    /// The next offset to hand out.
    next: u64,
    /// What came, but behind a hole.
    waiting: Waiting,
    /// Highest offset the peer has acknowledged.
    acked: u64,
    /// When the peer first acknowledged bytes of the hole at `next`.
    hole_acked: Option<Timestamp>,
    /// Bytes given up.
    missing: u64,
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

    /// Bytes that are not in the capture.
    pub fn missing(&self) -> u64 {
        self.missing
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
                self.give_up(sink);
            }
        } else if self.waiting.is_empty() {
            self.deliver(bytes, frame, time, sink);
            self.give_up_until(end, sink);
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
        let acked = self.offset_of(ack).and_then(|it| u64::try_from(it).ok());
        let Some(acked) = acked.filter(|&acked| acked > self.next) else {
            self.hole_acked = None;
            return;
        };
        self.acked = self.acked.max(acked);
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
                Next::Cut(until) => self.give_up_until(until, sink),
            }
        }
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
        self.missing += len;
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
    fn the_first_copy_wins_behind_a_hole_too() {
        let (_, seen) = run(&[
            piece(105, b"fg", 1),
            piece(103, b"deXXh", 2),
            piece(106, b"YYY", 3),
            piece(100, b"abcZZZZZZZZj", 4),
        ]);
        assert_eq!(seen.text, "abcdefghYZZj");
    }

    #[test]
    fn a_hole_is_given_up_only_as_far_as_it_is_acknowledged() {
        let (mut assembler, mut seen) = run(&[piece(100, b"ab", 1), piece(108, b"ij", 2)]);
        let limits = Limits::default();
        for seconds in [3, 4] {
            let now = Timestamp::from_parts(seconds, 0);
            assembler.acknowledged(105, now, &limits, &mut |chunk| seen.take(chunk));
        }
        assembler.push(piece(105, b"fgh", 3), &limits, &mut |chunk| {
            seen.take(chunk)
        });
        assert_eq!(seen.text, "ab<3>fghij");
    }

    #[test]
    fn an_acknowledgment_that_leaps_once_gives_nothing_up() {
        let (mut assembler, mut seen) = run(&[piece(100, b"ab", 1)]);
        let limits = Limits::default();
        for (ack, seconds) in [(1_000_000, 1), (102, 2), (102, 3)] {
            let now = Timestamp::from_parts(seconds, 0);
            assembler.acknowledged(ack, now, &limits, &mut |chunk| seen.take(chunk));
        }
        assembler.push(piece(102, b"cd", 2), &limits, &mut |chunk| seen.take(chunk));
        assert_eq!(seen.text, "abcd");
    }

    #[test]
    fn one_byte_segments_cost_more_than_a_byte() {
        let (assembler, _) = run(&[piece(101, b"b", 1), piece(103, b"d", 2)]);
        assert_eq!(assembler.waiting_bytes(), 2);
        assert!(assembler.waiting_cost() > 200);
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
            assert!(assembler.waiting.segments() <= 4);
        }
        assert!(assembler.missing() > 90);
    }
}
