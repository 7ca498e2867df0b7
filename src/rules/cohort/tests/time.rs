//! The course of time.

use super::super::digest::{Digest, Fate};
use super::{SECOND, check, fails, session, with};
use crate::time::Timestamp;

#[test]
fn a_change_in_time() {
    let before = (0..3).map(|at| session(1, at));
    let after = (3..6).map(|at| fails(1, at));
    let all: Vec<Digest> = before.chain(after).collect();
    assert_eq!(check("X05", &all).len(), 1);
    let back: Vec<Digest> = all.into_iter().chain([session(1, 9)]).collect();
    assert!(check("X05", &back).is_empty());
}

#[test]
fn a_change_for_some_senders() {
    // Sender 2 is too old from the middle on, sender 1 does not mind.
    let turn = |at: i64| match at {
        0..3 => session(2, 2 * at),
        _ => fails(2, 2 * at),
    };
    let both: Vec<Digest> = (0..6)
        .flat_map(|at| [turn(at), session(1, 2 * at + 1)])
        .collect();
    let found = check("X05", &both);
    assert_eq!(found.len(), 1);
    let cause = &found[0].cause;
    assert!(cause.contains("All 3 sessions of 192.0.2.2 "), "{cause}");
    assert!(cause.contains("3 worked and 0 failed"), "{cause}");
    assert!(check("X04", &both).is_empty());
    // Who works and fails by turns does not hide it, and is no change himself.
    let by_turns = (0..6).map(|at| {
        with(session(3, 2 * at), |it| {
            it.fate = if at % 2 == 0 {
                Fate::Works
            } else {
                Fate::Failed
            };
        })
    });
    let mut three: Vec<Digest> = both.into_iter().chain(by_turns).collect();
    three.sort_by_key(|digest| digest.started);
    assert_eq!(check("X05", &three).len(), 1);
    // Two before and two after are too few.
    let few: Vec<Digest> = (1..5)
        .flat_map(|at| [turn(at), session(1, 2 * at + 1)])
        .collect();
    assert!(check("X05", &few).is_empty());
}

#[test]
fn retries_have_a_rhythm() {
    let regular: Vec<Digest> = (0..4).map(|at| fails(1, at * 900)).collect();
    assert!(check("X07", &regular)[0].cause.contains("every 900.0 s"));
    let irregular: Vec<Digest> = [0, 900, 1000, 4000].map(|at| fails(1, at)).into();
    assert!(check("X07", &irregular).is_empty());
}

#[test]
fn a_queue_of_several_messages_has_a_rhythm_too() {
    let thrice = |run: i64| {
        (0..3).map(move |message| {
            with(fails(1, 0), |it| {
                it.started = Timestamp::from_nanos(run * 900 * SECOND + message * SECOND / 5);
            })
        })
    };
    let runs: Vec<Digest> = (0..4).flat_map(thrice).collect();
    let cause = &check("X07", &runs)[0].cause;
    assert!(
        cause.contains("every 900.0 s, 4 times in 12 connections"),
        "{cause}"
    );
    // One run of many messages is no rhythm.
    let once: Vec<Digest> = (0..4)
        .map(|at| {
            with(fails(1, 0), |it| {
                it.started = Timestamp::from_nanos(at * SECOND / 5);
            })
        })
        .collect();
    assert!(check("X07", &once).is_empty());
}

#[test]
fn a_queue_may_lose_patience() {
    let at = |seconds: &[i64]| -> Vec<Digest> {
        seconds.iter().map(|&second| fails(1, second)).collect()
    };
    let slowing = check("X07", &at(&[0, 300, 900, 2100, 4500, 8500]));
    assert!(
        slowing[0].cause.contains("grow from 300.0 s to 4000.0 s"),
        "{}",
        slowing[0].cause
    );
    // Too few to be sure, one interval that shrinks, one that is ten times the last.
    assert!(check("X07", &at(&[0, 300, 900, 2100, 4500])).is_empty());
    assert!(check("X07", &at(&[0, 300, 900, 1100, 4500, 8500])).is_empty());
    assert!(check("X07", &at(&[0, 300, 900, 6900, 13_000, 20_000])).is_empty());
}
