//! Every format is read by something that reads it for real, or held against what its readers
//! expect.

mod ecs;
mod zeek;

use std::collections::BTreeMap;

use serde_json::Value;

use crate::support::{captures, name, starttap};

/// What `starttap read` prints in this format.
fn printed(format: &str, captures: &[&str], options: &[&str]) -> String {
    let arguments = [&["read", "--format", format], options, captures].concat();
    let output = starttap(&arguments);
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// The records of all captures in this format.
fn of_all_captures(format: &str) -> Vec<Value> {
    let captures = captures();
    let captures: Vec<String> = captures
        .iter()
        .map(|path| format!("captures/{}", name(path)))
        .collect();
    let captures: Vec<&str> = captures.iter().map(String::as_str).collect();
    let output = starttap(&[&["read", "--format", format], &captures[..]].concat());
    assert_eq!(output.status.code(), Some(0), "{:?}", output.stderr);
    lines(&String::from_utf8(output.stdout).expect("UTF-8"))
}

/// The objects of NDJSON.
fn lines(text: &str) -> Vec<Value> {
    let lines = text.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect()
}

/// A committed list with tabs between the columns: the last one by all the others.
fn table(text: &'static str) -> BTreeMap<&'static str, &'static str> {
    let rows = text.lines().filter(|line| !line.starts_with('#'));
    rows.map(|row| row.rsplit_once('\t').expect("two columns"))
        .collect()
}
