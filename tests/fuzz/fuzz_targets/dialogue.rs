//! Commands and replies in any order, with holes.
#![no_main]

mod pieces;

use libfuzzer_sys::fuzz_target;
use starttap::limits::Limits;
use starttap::smtp::Dialogue;

use pieces::{Piece, pieces};

fuzz_target!(|bytes: &[u8]| {
    let Some((&first, rest)) = bytes.split_first() else {
        return;
    };
    let limits = Limits {
        smtp_line: 40,
        facts: 4,
        fact_bytes: 100,
        ..Limits::default()
    };
    let mut dialogue = Dialogue::new(first & 1 == 0);
    pieces(rest, |from, piece, frame| match piece {
        Piece::Hole(len) => dialogue.gap(from, len),
        Piece::Bytes(mut bytes) => {
            while !bytes.is_empty() {
                let taken = dialogue.push(from, bytes, frame, &limits);
                assert!((1..=bytes.len()).contains(&taken));
                bytes = &bytes[taken..];
            }
        }
    });
    if let Some(facts) = dialogue.into_facts() {
        assert!(facts.capabilities.len() <= 4 && facts.masked.len() <= 4);
    }
});
