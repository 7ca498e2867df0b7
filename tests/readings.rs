//! What several sessions show together, beside what was written down by hand for it: the `readings`
//! of `captures/manifest.json`, files read together and the findings across their sessions.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::support::{readings, starttap, strings};

#[test]
fn findings_across_sessions() {
    let mut wrong = Vec::new();
    let mut agreed = 0;
    for reading in readings() {
        let files = strings(&reading["files"]);
        let report = read(&files);
        let mut given: Vec<&Value> = list(&report["findings"]).iter().collect();
        for expected in list(&reading["findings"]) {
            match given.iter().position(|it| agrees(&report, it, expected)) {
                Some(at) => {
                    given.remove(at);
                    agreed += 1;
                }
                None => wrong.push(format!("{}: missing {expected}", files.join(" "))),
            }
        }
        for finding in given {
            wrong.push(format!(
                "{}: not expected: {} {} {} {}",
                files.join(" "),
                finding["id"],
                finding["severity"],
                finding["confidence"],
                finding["cause"]
            ));
        }
    }
    say!("readings: {agreed} findings across sessions as expected");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(agreed > 15);
}

fn read(files: &[&str]) -> Value {
    let paths = files.iter().map(|file| format!("captures/{file}"));
    let paths: Vec<String> = paths.collect();
    let mut arguments = vec!["read", "-q", "--format", "json"];
    arguments.extend(paths.iter().map(String::as_str));
    serde_json::from_slice(&starttap(&arguments).stdout).expect("a JSON report")
}

/// The same rule, as bad and as sure, of the same sessions, with the words that matter.
fn agrees(report: &Value, given: &Value, expected: &Value) -> bool {
    let cause = given["cause"].as_str().expect("a cause");
    let same = |field: &str| given[field] == expected[field];
    let named: BTreeSet<&str> = strings(&expected["sessions"]).into_iter().collect();
    let cited = list(&given["sessions"])
        .iter()
        .map(|cited| named_session(report, cited));
    let cited: BTreeSet<String> = cited.collect();
    same("id")
        && same("severity")
        && same("confidence")
        && cited.iter().map(String::as_str).eq(named)
        && strings(&expected["says"])
            .iter()
            .all(|words| cause.contains(words))
}

/// `file#stream` of a session that a finding cites.
fn named_session(report: &Value, cited: &Value) -> String {
    let same = |session: &&Value| {
        let capture = &session["capture"];
        capture["input"] == cited["input"] && capture["first_frame"] == cited["first_frame"]
    };
    let session = list(&report["sessions"]).iter().find(same);
    let capture = &session.expect("the session that is cited")["capture"];
    let input = capture["input"].as_str().expect("an input");
    let file = input.rsplit('/').next().unwrap_or(input);
    format!("{file}#{}", capture["tcp_stream"])
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}
