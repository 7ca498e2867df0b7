//! Every recorded capture.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::{comments, evidence, original, originals};
use crate::support::{captures, name, ports, root, starttap};

/// What differs between a capture and a part of it on purpose.
const DIFFERENT: [&str; 3] = ["input", "tcp_stream", "filter"];

/// A value with the frame numbers of the original; numbers in sentences are left out.
fn translated(value: &Value, numbers: &[u64]) -> Value {
    let number = |value: &Value| match value.as_u64() {
        Some(frame @ 1..) => numbers[frame as usize - 1].into(),
        _ => value.clone(),
    };
    match value {
        Value::Object(fields) => fields
            .iter()
            .filter(|(name, _)| !DIFFERENT.contains(&name.as_str()))
            .map(|(name, value)| {
                let value = match (name.as_str(), value) {
                    ("frame" | "first_frame" | "last_frame", value) => number(value),
                    ("frames", Value::Array(frames)) => frames.iter().map(number).collect(),
                    ("text" | "cause", Value::String(text)) => words(text).into(),
                    _ => translated(value, numbers),
                };
                (name.clone(), value)
            })
            .collect(),
        Value::Array(values) => values.iter().map(|it| translated(it, numbers)).collect(),
        other => other.clone(),
    }
}

fn words(text: &str) -> String {
    text.chars().filter(|char| !char.is_ascii_digit()).collect()
}

/// By first frame.
fn sessions(report: &Value, numbers: &[u64]) -> BTreeMap<u64, Value> {
    let sessions = report["sessions"].as_array().expect("sessions").iter();
    let translated = sessions.map(|session| translated(session, numbers));
    let by_frame =
        translated.map(|it| (it["capture"]["first_frame"].as_u64().expect("a frame"), it));
    by_frame.collect()
}

fn across(report: &Value) -> Vec<(String, u64)> {
    let findings = report["findings"].as_array().expect("findings").iter();
    let told = |it: &Value| (it["id"].to_string(), it["count"].as_u64().expect("a count"));
    findings.map(told).collect()
}

/// Cuts a capture and holds the two reports against each other.
fn assert_same(file: &str, options: &[&str]) {
    let capture = format!("captures/{file}");
    let ports = ports(file);
    let mut all: Vec<&str> = ports.iter().map(String::as_str).collect();
    all.extend(options);
    let name = format!("{file}{}", options.concat());
    let (path, output) = evidence(&capture, &name, &all);
    assert!(output.stderr.is_empty(), "{name}: {output:?}");
    let before: Value = serde_json::from_slice(&output.stdout).expect("a report");
    let numbers = originals(&fs::read(&path).expect("the evidence"));
    let mut again = vec!["read", "--format", "json", path.to_str().expect("a path")];
    again.extend(ports.iter().map(String::as_str));
    let output = starttap(&again);
    assert!(output.status.success(), "{name}: {output:?}");
    let after: Value = serde_json::from_slice(&output.stdout).expect("a report");
    let identity: Vec<u64> =
        (1..=before["inputs"][0]["frames"].as_u64().expect("frames")).collect();
    let mut expected = sessions(&before, &identity);
    if !options.contains(&"all") {
        expected.retain(|_, session| {
            let found = session["findings"].as_array().expect("findings");
            !found.is_empty() || session["outcome"] == "tls-failed"
        });
    }
    let found = sessions(&after, &numbers);
    for (frame, session) in &expected {
        assert_eq!(Some(session), found.get(frame), "{name}, frame {frame}");
    }
    if options.contains(&"all") {
        assert_eq!(expected.len(), found.len(), "{name}");
    }
    assert_eq!(across(&before), across(&after), "{name}");
}

#[test]
fn cited_sessions_say_the_same_again() {
    for path in captures() {
        assert_same(&name(&path), &[]);
    }
}

#[test]
fn all_sessions_say_the_same_again() {
    for path in captures() {
        assert_same(&name(&path), &["--evidence", "all"]);
    }
}

#[test]
fn sessions_with_their_payload_say_the_same_again() {
    for path in captures() {
        assert_same(&name(&path), &["--payload"]);
    }
}

/// What tshark says of the checksums, frame by frame.
pub fn checksums(path: &Path) -> Option<Vec<String>> {
    let output = Command::new("tshark")
        .args(["-o", "tcp.check_checksum:TRUE", "-T", "fields"])
        .args(["-e", "tcp.checksum.status", "-e", "icmp.checksum.status"])
        .args([
            "-e",
            "icmpv6.checksum.status",
            "-e",
            "ip.checksum.status",
            "-r",
        ])
        .arg(path)
        .output()
        .ok()?;
    let told = String::from_utf8_lossy(&output.stderr);
    let told: Vec<&str> = told
        .lines()
        .filter(|it| !it.starts_with("Running as"))
        .collect();
    assert!(
        output.status.success() && told.is_empty(),
        "{}: {told:?}",
        path.display()
    );
    let text = String::from_utf8_lossy(&output.stdout);
    Some(text.lines().map(str::to_owned).collect())
}

/// Whether a checksum is as good as before, or covers bytes that are left out.
fn is_as_good(before: &str, after: &str) -> bool {
    let unverified = |it: &str| it.replace(['0', '1'], "2");
    before == after || after.contains('2') && unverified(before) == unverified(after)
}

#[test]
fn other_programs_take_them() {
    let mut compared = 0;
    for path in captures() {
        let file = name(&path);
        let capture = format!("captures/{file}");
        let ports = ports(&file);
        let mut options = vec!["--evidence", "all"];
        options.extend(ports.iter().map(String::as_str));
        let (cut, _) = evidence(&capture, &format!("{file}-others"), &options);
        let (Some(before), Some(after)) = (checksums(&root().join(&capture)), checksums(&cut))
        else {
            say!("no tshark: nothing compared");
            return;
        };
        let bytes = fs::read(&cut).expect("the evidence");
        let texts = comments(&bytes);
        assert_eq!(texts.len(), after.len(), "{file}");
        for (after, texts) in after.iter().zip(&texts) {
            let number = original(texts);
            let before = &before[number as usize - 1];
            assert!(
                is_as_good(before, after),
                "{file}, frame {number}: {before} {after}"
            );
            compared += 1;
        }
        let output = Command::new("capinfos")
            .arg(&cut)
            .output()
            .expect("capinfos");
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && told.is_empty(), "{file}: {told}");
    }
    say!("{compared} frames with checksums as before");
}

#[test]
fn comments_name_the_finding_and_the_cause() {
    let (path, _) = evidence("captures/story1-failing.pcap", "comments", &[]);
    let texts = comments(&fs::read(path).expect("the evidence"));
    let title = "The server turns away a client of SSL 3.0 (confidence high)";
    assert_eq!(
        texts[11],
        [
            format!("this frame is the cause: T01 {title}"),
            "a consequence: S25 The handshake ended without a ServerHello (confidence medium)"
                .to_owned(),
            "frame 12 of story1-failing.pcap".to_owned(),
        ]
    );
    assert_eq!(texts[0], ["frame 1 of story1-failing.pcap"]);
}
