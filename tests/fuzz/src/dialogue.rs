//! Commands and replies in any order, with holes.

use starttap::limits::Limits;
use starttap::model::Peer;
use starttap::model::smtp::Smtp;
use starttap::smtp::Dialogue;

use super::pieces::{Piece, pieces};

/// The facts are the same however the bytes of a frame are handed over.
pub fn dialogue(bytes: &[u8]) {
    let Some((&first, rest)) = bytes.split_first() else {
        return;
    };
    let whole = facts(first, rest, usize::MAX);
    let in_parts = facts(first, rest, usize::from(first >> 1) % 5 + 1);
    assert_eq!(whole, in_parts);
    if let Some(facts) = whole {
        assert!(facts.capabilities.len() <= 4 && facts.masked.len() <= 4);
    }
}

fn facts(first: u8, bytes: &[u8], part: usize) -> Option<Smtp> {
    // Small, so that a few bytes reach the limits.
    let limits = Limits {
        smtp_line: 40,
        facts: 4,
        fact_bytes: 100,
        ..Limits::default()
    };
    let mut dialogue = Dialogue::new(first & 1 == 0);
    pieces(bytes, |from, piece, frame| match piece {
        Piece::Hole(len) => dialogue.gap(from, len),
        Piece::Bytes(bytes) => {
            for bytes in bytes.chunks(part.min(bytes.len())) {
                push(&mut dialogue, from, bytes, frame, &limits);
            }
        }
    });
    dialogue.into_facts()
}

fn push(dialogue: &mut Dialogue, from: Peer, bytes: &[u8], frame: u64, limits: &Limits) {
    let mut rest = bytes;
    while !rest.is_empty() {
        let taken = dialogue.push(from, rest, frame, limits);
        assert!((1..=rest.len()).contains(&taken));
        rest = &rest[taken..];
    }
}
