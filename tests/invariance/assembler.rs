//! The assembler alone against a model that keeps every byte of the stream in a list.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::{Strategy, any};
use proptest::{prop_assert, prop_assert_eq};
use starttap::limits::Limits;
use starttap::stream::{Assembler, Chunk, Piece};
use starttap::time::Timestamp;

use super::{runner, seed};

/// A piece of the stream: where, how long, how much of it was captured, and a byte to fill it with
/// so that copies differ.
#[derive(Clone, Debug)]
struct Op {
    at: u32,
    len: usize,
    cut: usize,
    fill: u8,
}

fn ops() -> impl Strategy<Value = Vec<Op>> {
    let op = (0..60_u32, 1..12_usize, 0..30_usize, any::<u8>());
    vec(
        op.prop_map(|(at, len, cut, fill)| Op {
            at,
            len,
            // Mostly whole.
            cut: if cut < 26 { 0 } else { (cut - 25).min(len) },
            fill,
        }),
        0..40,
    )
}

/// What came out: bytes with their frames, by position; and how many were given up.
#[derive(Debug, Default, PartialEq)]
struct Out {
    bytes: BTreeMap<u64, (u8, u64)>,
    missing: u64,
    next: u64,
}

impl Out {
    fn take(&mut self, chunk: Chunk<'_>) {
        match chunk {
            Chunk::Bytes {
                offset,
                bytes,
                frame,
                ..
            } => {
                assert_eq!(offset, self.next, "in order, without overlap");
                assert!(!bytes.is_empty());
                for (byte, at) in bytes.iter().zip(offset..) {
                    self.bytes.insert(at, (*byte, frame));
                }
                self.next += bytes.len() as u64;
            }
            Chunk::Gap { offset, len } => {
                assert_eq!(offset, self.next, "in order, without overlap");
                assert!(len > 0);
                self.missing += len;
                self.next += len;
            }
        }
    }
}

/// Every byte of the stream: its value and frame once captured, or cut by the snap length.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Cell {
    Unseen,
    Cut,
    Byte(u8, u64),
}

/// The naive assembler.
struct Model {
    cells: Vec<Cell>,
    out: Out,
}

impl Model {
    fn push(&mut self, op: &Op, frame: u64) {
        for n in 0..op.len {
            let at = op.at as usize + n;
            let captured = n < op.len - op.cut;
            if (at as u64) < self.out.next {
                continue;
            }
            let cell = &mut self.cells[at];
            match (*cell, captured) {
                (Cell::Unseen | Cell::Cut, true) => *cell = Cell::Byte(op.fill, frame),
                (Cell::Unseen, false) => *cell = Cell::Cut,
                _ => {}
            }
        }
        self.release(Some(frame));
    }

    fn release(&mut self, filled: Option<u64>) {
        while let Some(&cell) = self.cells.get(self.out.next as usize) {
            match cell {
                Cell::Unseen => return,
                Cell::Cut => self.out.missing += 1,
                Cell::Byte(byte, frame) => {
                    let frame = filled.unwrap_or(frame);
                    self.out.bytes.insert(self.out.next, (byte, frame));
                }
            }
            self.out.next += 1;
        }
    }

    fn finish(&mut self) {
        let end = self.cells.iter().rposition(|cell| *cell != Cell::Unseen);
        while end.is_some_and(|end| self.out.next <= end as u64) {
            if self.cells[self.out.next as usize] == Cell::Unseen {
                self.out.missing += 1;
                self.out.next += 1;
            }
            self.release(None);
        }
    }
}

#[test]
fn agrees_with_a_list_of_bytes() {
    let limits = Limits::default();
    let strategy = (any::<u32>(), ops());
    runner(4000, seed())
        .run(&strategy, |(base, ops)| {
            let mut assembler = Assembler::default();
            let mut out = Out::default();
            let mut model = Model {
                cells: vec![Cell::Unseen; 80],
                out: Out::default(),
            };
            assembler.start(base);
            for (op, frame) in ops.iter().zip(1..) {
                let bytes = vec![op.fill; op.len - op.cut];
                let piece = Piece {
                    seq: base.wrapping_add(op.at),
                    bytes: &bytes,
                    wire_len: op.len as u32,
                    frame,
                    time: Timestamp::default(),
                };
                assembler.push(piece, &limits, &mut |chunk| out.take(chunk));
                model.push(op, frame);
                prop_assert_eq!(&out, &model.out);
                prop_assert_eq!(assembler.missing() + assembler.undelivered(), out.missing);
            }
            assembler.finish(&mut |chunk| out.take(chunk));
            model.finish();
            prop_assert_eq!(&out, &model.out);
            prop_assert_eq!(assembler.waiting_bytes(), 0);
            Ok(())
        })
        .unwrap();
}

/// Whatever numbers come, also with tiny limits: positions only grow, nothing is counted twice.
#[test]
fn any_numbers_keep_the_books_straight() {
    let limits = Limits {
        pending_bytes: 64,
        pending_segments: 8,
        ..Limits::default()
    };
    let number = || {
        proptest::prop_oneof![
            any::<u32>(),
            (0..200_u32),
            (0..200_u32).prop_map(|n| n.wrapping_sub(100)),
            (0..200_u32).prop_map(|n| 0x8000_0000_u32.wrapping_add(n).wrapping_sub(100)),
        ]
    };
    let op = (number(), 0..40_usize, number(), 0..3_u8, 0..400_i64);
    runner(2000, seed())
        .run(&vec(op, 0..60), |ops| {
            let mut assembler = Assembler::default();
            let mut out = Out::default();
            for ((seq, len, wire, kind, millis), frame) in ops.into_iter().zip(1..) {
                let time = Timestamp::from_nanos(millis * 1_000_000);
                let bytes = vec![b'x'; len];
                match kind {
                    0 => assembler.acknowledged(seq, time, &limits, &mut |it| out.take(it)),
                    _ => {
                        let wire_len = if kind == 1 {
                            len as u32
                        } else {
                            wire.max(len as u32)
                        };
                        let piece = Piece {
                            seq,
                            bytes: &bytes,
                            wire_len,
                            frame,
                            time,
                        };
                        assembler.push(piece, &limits, &mut |it| out.take(it));
                    }
                }
                prop_assert!(assembler.waiting_bytes() <= 64 + 40);
                prop_assert_eq!(assembler.missing() + assembler.undelivered(), out.missing);
            }
            assembler.finish(&mut |it| out.take(it));
            prop_assert_eq!(assembler.waiting_bytes(), 0);
            prop_assert_eq!(out.missing + out.bytes.len() as u64, out.next);
            Ok(())
        })
        .unwrap();
}
