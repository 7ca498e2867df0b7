//! However a session is cut into segments, and in whatever order they come: the same facts, each
//! with the frame that completes it.
//!
//! The sessions are recorded ones (`captures/`); every run draws new cuts and prints its seed.
//! `STARTTAP_SEED=N` repeats a run.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod assembler;
mod expected;
pub mod recorded;
mod recut;

use std::hash::{BuildHasher, RandomState};
use std::ops::Range;

use proptest::collection::vec;
use proptest::prelude::any;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};
use serde_json::{Value, json};
use starttap::model::{Peer, Session};

use self::expected::misplaced;
use self::recorded::Recorded;
use self::recut::{Choices, Recut, Writer};
use crate::wire;

/// Cuts drawn per recorded session.
const CASES: u32 = 24;

/// A seed that is new each time, printed, and can be given.
pub fn seed() -> u64 {
    let seed = match std::env::var("STARTTAP_SEED") {
        Ok(seed) => seed.parse().unwrap(),
        Err(_) => RandomState::new().hash_one(0),
    };
    say!("STARTTAP_SEED={seed}");
    seed
}

fn runner(cases: u32, seed: u64) -> TestRunner {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&u64::to_le_bytes(seed));
    let config = Config {
        cases,
        failure_persistence: None,
        max_shrink_iters: 2000,
        ..Config::default()
    };
    TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes))
}

#[test]
fn any_segmentation_gives_the_same_facts() {
    let recorded = recorded::all();
    let seed = seed();
    for (session, number) in recorded.iter().zip(0..) {
        let facts = facts(&session.session);
        // A runner is done once it has run its cases.
        let mut runner = runner(CASES, seed.wrapping_add(number));
        let outcome = runner.run(&vec(any::<u8>(), 0..4000), |bytes| {
            let recut = recut::random(session, &mut Choices(&bytes));
            verify(session, &facts, &recut).map_err(TestCaseError::fail)
        });
        if let Err(error) = outcome {
            panic!("{}: {error}", session.name);
        }
    }
    say!("{} sessions, {CASES} cuts each", recorded.len());
}

/// Commands, replies and record headers cut at every byte near them, in order and swapped.
#[test]
fn cuts_in_the_middle_of_what_matters() {
    for session in &recorded::all() {
        let facts = facts(&session.session);
        for from in [Peer::Client, Peer::Server] {
            for at in places(&session.streams[from.index()]) {
                for swapped in [false, true] {
                    let recut = cut_at(session, from, at, swapped);
                    if let Err(error) = verify(session, &facts, &recut) {
                        panic!("{}: {from} cut at {at}: {error}", session.name);
                    }
                }
            }
        }
    }
}

/// Positions in and around STARTTLS, the 220 and the first record headers.
fn places(stream: &[u8]) -> Vec<usize> {
    let mut places = Vec::new();
    let mut records = 0;
    for at in 0..stream.len() {
        let rest = &stream[at..];
        let line_start = at == 0 || stream[at - 1] == b'\n';
        let header = matches!(rest, [0x14..=0x17, 3, 0..=4, ..]);
        records += usize::from(header);
        let reach = if line_start && (rest.starts_with(b"STARTTLS") || rest.starts_with(b"220")) {
            11
        } else if header && records <= 3 {
            6
        } else {
            continue;
        };
        places.extend(at.saturating_sub(2)..(at + reach).min(stream.len()));
    }
    places.dedup();
    places
}

fn cut_at(session: &Recorded, from: Peer, at: usize, swapped: bool) -> Recut {
    let writer = Writer::new(session, false, [u32::MAX - at as u32, 7]);
    let whose = |turn: &Range<usize>| {
        let is = |event: &recorded::Event| matches!(event, recorded::Event::Data(peer, range) if *peer == from && range == turn);
        session.events.iter().any(is)
    };
    let mut cut = |turn: &Range<usize>| {
        let mut pieces = vec![turn.clone()];
        if whose(turn) && turn.start < at && at < turn.end {
            pieces = vec![turn.start..at, at..turn.end];
        }
        if swapped {
            pieces.reverse();
        }
        // No packet holds more.
        let small = |piece: Range<usize>| {
            let starts = piece.clone().step_by(0xF000);
            starts.map(move |start| start..piece.end.min(start + 0xF000))
        };
        pieces.into_iter().flat_map(small).collect()
    };
    writer.write(&mut cut, &mut |_, _| ())
}

/// One session, the facts of the recording, and each where it belongs.
fn verify(recorded: &Recorded, facts: &Value, recut: &Recut) -> Result<(), String> {
    let sessions = wire::sessions(&recut.packets);
    let [session] = sessions.as_slice() else {
        return Err(format!("{} sessions", sessions.len()));
    };
    let now = self::facts(session);
    if now != *facts {
        return Err(format!("facts differ:\n{}", differences("", facts, &now)));
    }
    let wrong = misplaced(session, &recorded.streams, &recut.available);
    match wrong.is_empty() {
        true => Ok(()),
        false => Err(wrong.join("\n")),
    }
}

/// What must not depend on segments.
fn facts(session: &Session) -> Value {
    // Retransmissions, resets and all else of the path are about segments.
    let findings = session.findings.iter().map(|finding| finding.id);
    let findings: Vec<&str> = findings.filter(|id| !id.starts_with('P')).collect();
    let evidence = &session.evidence;
    let mut facts = json!({
        "smtp": session.smtp,
        "tls": session.tls,
        "outcome": session.outcome,
        "ended": [json!(session.ended.by), json!(session.ended.how), json!(session.ended.phase)],
        "visibility": session.capture.visibility,
        "starts": session.capture.starts,
        "handshake": session.tcp.handshake,
        "missing": [session.tcp.client.missing_bytes, session.tcp.server.missing_bytes],
        "verdict": session.verdict.finding,
        "confidence": session.verdict.confidence,
        "findings": findings,
        "data_records": evidence.data_records,
        "client_answered": evidence.client_answered,
    });
    strip_frames(&mut facts);
    facts
}

/// Without frames, and without times, which cuts change, too.
fn strip_frames(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.retain(|name, _| !name.ends_with("frame") && !name.ends_with("seconds"));
            map.values_mut().for_each(strip_frames);
        }
        Value::Array(list) => list.iter_mut().for_each(strip_frames),
        _ => {}
    }
}

/// The leaves that differ, a line each.
fn differences(path: &str, old: &Value, new: &Value) -> String {
    match (old, new) {
        (Value::Object(old), Value::Object(new)) => old
            .iter()
            .map(|(key, value)| {
                let other = new.get(key).unwrap_or(&Value::Null);
                differences(&format!("{path}.{key}"), value, other)
            })
            .collect(),
        _ if old == new => String::new(),
        _ => format!("{path}: was {old}, is {new}\n"),
    }
}
