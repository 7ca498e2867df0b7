//! Pieces in any order, and what comes out.

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
        assert!(assembler.waiting.segments() <= 4);
    }
    assert!(assembler.undelivered() > 90);
}

#[test]
fn a_syn_forgets_what_a_stale_acknowledgment_claimed() {
    let limits = Limits::default();
    let mut assembler = Assembler::default();
    let mut seen = Seen::default();
    assembler.restart(100);
    let at = |s| Timestamp::from_parts(s, 0);
    assembler.acknowledged(5000, at(1), &limits, &mut |chunk| seen.take(chunk));
    assembler.restart(100);
    assembler.acknowledged(100, at(9), &limits, &mut |chunk| seen.take(chunk));
    assembler.push(piece(100, b"ab", 1), &limits, &mut |chunk| seen.take(chunk));
    assert_eq!((seen.text.as_str(), assembler.missing()), ("ab", 0));
}

#[test]
fn the_last_syn_counts_until_one_is_acknowledged() {
    let limits = Limits::default();
    let mut assembler = Assembler::default();
    let mut seen = Seen::default();
    for seq in [100, 90_000_000, 100, 90_000_000] {
        assembler.restart(seq);
    }
    assembler.confirm(90_000_000);
    assembler.restart(100);
    assembler.push(piece(100, b"old", 1), &limits, &mut |chunk| {
        seen.take(chunk)
    });
    assembler.push(piece(90_000_000, b"new", 2), &limits, &mut |chunk| {
        seen.take(chunk);
    });
    assert_eq!(seen.text, "new");
}

#[test]
fn an_acknowledgment_chooses_among_syns() {
    let limits = Limits::default();
    let mut assembler = Assembler::default();
    let mut seen = Seen::default();
    assembler.restart(100);
    assembler.restart(90_000_000);
    assembler.confirm(100);
    assembler.push(piece(100, b"ab", 1), &limits, &mut |chunk| seen.take(chunk));
    assert_eq!(seen.text, "ab");
    // What follows within reach is of the same connection: bytes may be missing.
    let mut assembler = Assembler::default();
    assembler.restart(100);
    assembler.confirm(105);
    assembler.push(piece(100, b"ab", 1), &limits, &mut |chunk| seen.take(chunk));
    assert_eq!(seen.text, "abab");
}

#[test]
fn a_syn_after_bytes_of_an_earlier_connection() {
    let limits = Limits::default();
    let mut assembler = Assembler::default();
    let mut seen = Seen::default();
    assembler.push(piece(7000, b"old", 1), &limits, &mut |chunk| {
        seen.take(chunk)
    });
    assert!(assembler.accepts(7003) && !assembler.accepts(7004) && !assembler.accepts(6999));
    assembler.restart(100);
    assembler.push(piece(100, b"new", 2), &limits, &mut |chunk| {
        seen.take(chunk)
    });
    assembler.restart(100);
    assembler.push(piece(103, b"er", 3), &limits, &mut |chunk| seen.take(chunk));
    assert_eq!((seen.text.as_str(), assembler.missing()), ("oldnewer", 0));
}

#[test]
fn numbers_of_another_connection_leave_no_hole() {
    let limits = Limits::default();
    let (mut assembler, mut seen) = run(&[piece(100, b"ab", 1), piece(900_000_100, b"x", 2)]);
    let at = |s| Timestamp::from_parts(s, 0);
    for second in [3, 9] {
        assembler.acknowledged(900_000_101, at(second), &limits, &mut |chunk| {
            seen.take(chunk);
        });
    }
    assembler.push(piece(102, b"c", 10), &limits, &mut |chunk| seen.take(chunk));
    assembler.finish(&mut |chunk| seen.take(chunk));
    assert_eq!((seen.text.as_str(), assembler.missing()), ("abc", 0));
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
fn a_fin_acknowledged_twice_is_no_missing_byte() {
    let (mut assembler, mut seen) = run(&[piece(100, b"abc", 1)]);
    for second in [2, 9] {
        let now = Timestamp::from_parts(second, 0);
        assembler.acknowledged(104, now, &Limits::default(), &mut |chunk| seen.take(chunk));
    }
    assembler.finish(&mut |chunk| seen.take(chunk));
    assert_eq!((seen.text.as_str(), assembler.missing()), ("abc", 0));
}
