//! Every format is read by something that reads it for real, or held against what its readers
//! expect.

mod ecs;
mod junit;
mod markdown;
mod tables;
mod zeek;

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use crate::support::{captures, name, starttap};
use crate::trace::{CLIENT, Trace};

/// What a stranger may write into a banner, and what it must stay everywhere: text.
const BANNER: &str = "<img src=x onerror=alert(1)> | **bold** | [x](javascript:alert(1)) | `code` | \
    ~~gone~~ <b>now</b> &lt; <!-- ]]> \u{202E}";

/// A dialogue of strangers who know Markdown, XML and spreadsheets; gives the path of its capture.
fn hostile(name: &str) -> String {
    let mut trace = Trace::new();
    trace.connect().server(&format!("220 {BANNER}"));
    trace.client("EHLO @SUM(1+1)*cmd|'/c calc'!A1");
    trace.server("250-=1+1 at your service\r\n250 STARTTLS");
    trace.client("STARTTLS").server(&format!("454 {BANNER}"));
    trace.client("QUIT").server("221 +bye").close(CLIENT);
    trace.write(name)
}

/// A folder for the files of a test.
fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::create_dir_all(&folder).expect("a folder");
    folder
}

fn is_installed(tool: &str) -> bool {
    Command::new(tool).arg("--version").output().is_ok()
}

/// The captures by their paths in the project's folder.
fn capture_paths() -> Vec<String> {
    let captures = captures().into_iter();
    captures
        .map(|path| format!("captures/{}", name(&path)))
        .collect()
}

/// What `starttap read` prints in this format.
fn printed(format: &str, captures: &[&str], options: &[&str]) -> String {
    let arguments = [&["read", "--format", format], options, captures].concat();
    let output = starttap(&arguments);
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// The records of all captures in this format.
fn of_all_captures(format: &str) -> Vec<Value> {
    let captures = capture_paths();
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
