//! The verdict of each recorded session beside the one that was written down by hand for it.
//!
//! A session of `captures/manifest.json` may carry `"verdict": {"ids": [...], "text": "...",
//! "confidence": "..."}`: the findings any one of which explains how it ended (none where nothing
//! failed or no rule fits), and what happened. A wrong verdict of high confidence is the worst that
//! starttap can give, so one of those fails; a cause that is not named yet is counted.

use serde_json::Value;

use crate::rules::signatures;
use crate::support::{captures, manifest, name, recorded, strings};

/// What became of one session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Agreement {
    /// One of the expected findings, or rightly none.
    Right,
    /// TLS came about, so that there is nothing to explain, and what is odd about it is told.
    Told,
    /// A cause is expected and none is named.
    Missing,
    /// Another finding, and starttap is not sure of it.
    Other,
    /// Another finding, and starttap is sure.
    Wrong,
}

fn agreement(expected: &[&str], session: &Value, across: &[&str]) -> Agreement {
    let given = &session["verdict"];
    let works = session["outcome"] == "tls-established";
    let findings = session["findings"].as_array().expect("findings").iter();
    let mut told = findings
        .filter_map(|it| it["id"].as_str())
        .chain(across.iter().copied());
    let sure = given["confidence"] == "high";
    match given["finding"].as_str() {
        Some(id) if expected.contains(&id) => Agreement::Right,
        Some(_) if sure => Agreement::Wrong,
        Some(_) => Agreement::Other,
        None if expected.is_empty() => Agreement::Right,
        None if works && told.any(|id| expected.contains(&id)) => Agreement::Told,
        None => Agreement::Missing,
    }
}

#[test]
fn no_wrong_verdict_is_sure() {
    let known = signatures::all();
    let mut counts = [0; 5];
    let mut wrong = Vec::new();
    for entry in manifest() {
        let file = entry["file"].as_str().expect("a file");
        let sessions = entry["sessions"].as_array().expect("sessions");
        if sessions.iter().all(|session| session["verdict"].is_null()) {
            continue;
        }
        let report = recorded(file);
        let across = report["findings"].as_array().expect("findings").iter();
        let across: Vec<&str> = across.filter_map(|it| it["id"].as_str()).collect();
        for expected in sessions.iter().filter(|it| !it["verdict"].is_null()) {
            let stream = &expected["tcp_stream"];
            let mut given = report["sessions"].as_array().expect("sessions").iter();
            let session = given.find(|session| session["capture"]["tcp_stream"] == *stream);
            let session = session.expect("the session");
            let given = &session["verdict"];
            let ids = strings(&expected["verdict"]["ids"]);
            for id in &ids {
                assert!(
                    known.iter().any(|known| known == id),
                    "{file}#{stream}: {id}"
                );
            }
            let agreement = agreement(&ids, session, &across);
            let row = format!(
                "{:32} {:24} {:5} {:7} {agreement:?}",
                format!("{file}#{stream}"),
                ids.join(" "),
                given["finding"].as_str().unwrap_or("-"),
                given["confidence"].as_str().expect("a confidence"),
            );
            if agreement != Agreement::Right {
                say!("{row}");
            }
            if agreement == Agreement::Wrong {
                wrong.push(format!("{row}\n    {}", given["text"]));
            }
            // Of what failed a cause is named, be it not the one; what only several sessions show
            // together is no matter of this one.
            let alone = ids.iter().any(|id| !id.starts_with('X'));
            let failed = alone && session["outcome"] == "tls-failed";
            assert!(agreement != Agreement::Missing || !failed, "{row}");
            counts[agreement as usize] += 1;
        }
    }
    let [right, told, missing, other, sure] = counts;
    say!(
        "verdicts: {right} right, {told} told where TLS works, {missing} without a cause, {other} \
         other, {sure} wrong"
    );
    assert!(right > 60, "only {right} verdicts are right");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// `--fail-on high`, JUnit and whoever looks for what to do go by findings.
#[test]
fn every_failure_is_a_grave_finding() {
    for path in captures() {
        let file = name(&path);
        let report = recorded(&file);
        let sessions = report["sessions"].as_array().expect("sessions").iter();
        for session in sessions.filter(|it| it["outcome"] == "tls-failed") {
            let verdict = &session["verdict"];
            let mut findings = session["findings"].as_array().expect("findings").iter();
            let grave = |it: &Value| it["severity"] == "high" || it["severity"] == "critical";
            assert!(
                findings.any(grave) || verdict["finding"] == "S10",
                "{file}: {verdict:#}"
            );
        }
    }
}

/// `frame 7`, and `frames 7, 9 and 11` as far as they are numbers.
fn frames_named(text: &str) -> Vec<u64> {
    let mut named = Vec::new();
    for (at, word) in text.match_indices("frame") {
        let rest = &text[at + word.len()..];
        let many = rest.starts_with("s ");
        let mut rest = rest.trim_start_matches('s').trim_start();
        while let Some(end) = rest.find(|letter: char| !letter.is_ascii_digit()) {
            let Ok(number) = rest[..end].parse() else {
                break;
            };
            named.push(number);
            let next = [", ", " and "]
                .iter()
                .find_map(|it| rest[end..].strip_prefix(it));
            match next {
                Some(next) if many && !next.contains("more") => rest = next,
                _ => break,
            }
        }
    }
    named
}

/// Whoever checks a sentence follows its filter: every frame that it names is in there, and so is
/// every frame of the verdict among the rows of the dialogue.
#[test]
fn every_frame_named_is_cited() {
    for path in captures() {
        let file = name(&path);
        let report = recorded(&file);
        for session in report["sessions"].as_array().expect("sessions") {
            let verdict = &session["verdict"];
            let findings = session["findings"].as_array().expect("findings").iter();
            let claims = findings.map(|it| (&it["cause"], &it["frames"]));
            for (text, cited) in claims.chain([(&verdict["text"], &verdict["frames"])]) {
                let text = text.as_str().expect("a text");
                let cited = cited.as_array().expect("frames");
                for frame in frames_named(text) {
                    assert!(cited.contains(&frame.into()), "{file}: {frame} in {text:?}");
                }
            }
        }
    }
}
