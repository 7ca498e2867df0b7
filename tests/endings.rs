//! Rules about how connections end: each on a trace on which it must speak, and on its trap, on
//! which it must not.

pub mod certificates;
pub mod negotiation;
pub mod path;
pub mod resets;
pub mod silence;

use serde_json::Value;

/// The finding with this id.
fn finding<'a>(session: &'a Value, id: &str) -> Option<&'a Value> {
    session["findings"]
        .as_array()
        .expect("findings")
        .iter()
        .find(|finding| finding["id"] == id)
}

/// The finding is there with this severity and confidence.
#[track_caller]
fn says(session: &Value, id: &str, severity: &str, confidence: &str) {
    let Some(finding) = finding(session, id) else {
        panic!("{id} is missing: {:#}", session["findings"]);
    };
    let given = (&finding["severity"], &finding["confidence"]);
    assert_eq!(given, (&severity.into(), &confidence.into()), "{finding:#}");
}

/// None of these findings is there.
#[track_caller]
fn silent(session: &Value, ids: &[&str]) {
    for id in ids {
        if let Some(finding) = finding(session, id) {
            panic!("{id} must not be there: {finding:#}");
        }
    }
}

/// The finding cites these frames among others.
#[track_caller]
fn cites(session: &Value, id: &str, frames: &[u64]) {
    let finding = finding(session, id).expect("the finding");
    let cited = finding["frames"].as_array().expect("frames");
    for frame in frames {
        assert!(cited.contains(&(*frame).into()), "{frame}: {finding:#}");
    }
}

/// The verdict rests on this finding.
#[track_caller]
fn blames(session: &Value, id: &str) {
    let verdict = &session["verdict"];
    assert_eq!(verdict["finding"], id, "{verdict:#}");
}
