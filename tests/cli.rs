//! The command line: exit statuses, standard output, errors that help.

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::support::{root, starttap};

fn status(arguments: &[&str]) -> i32 {
    starttap(arguments).status.code().expect("an exit status")
}

fn stderr(arguments: &[&str]) -> String {
    String::from_utf8(starttap(arguments).stderr).expect("UTF-8")
}

fn stdout(arguments: &[&str]) -> String {
    String::from_utf8(starttap(arguments).stdout).expect("UTF-8")
}

/// A file below the folder that cargo keeps for tests.
fn scratch(name: &str, bytes: &[u8]) -> String {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&path, bytes).expect("a scratch file");
    path.display().to_string()
}

const FAILING: &str = "captures/story1-failing.pcap";

#[test]
fn exit_statuses() {
    assert_eq!(status(&["read", FAILING]), 0);
    assert_eq!(status(&["read", "--fail-on", "high", FAILING]), 1);
    assert_eq!(status(&["read", "--fail-on", "critical", FAILING]), 0);
    assert_eq!(status(&["read", "--no-such-option"]), 2);
    assert_eq!(status(&["read", "-p", "0", FAILING]), 2);
    assert_eq!(status(&["read", "no-such-file.pcap"]), 3);
    assert_eq!(status(&["read", "README.md"]), 3);
    assert_eq!(status(&["read", "README.md", FAILING]), 3);
    assert_eq!(status(&["read", "-o", "no/such/folder/x.json", FAILING]), 3);
    assert_eq!(status(&["--version"]), 0);
}

#[test]
fn a_capture_cut_short_is_reported_and_analysed() {
    let whole = fs::read(root().join(FAILING)).expect("a capture");
    let path = scratch("cut.pcap", &whole[..whole.len() - 7]);
    let output = starttap(&["read", "--format", "json", &path]);
    assert_eq!(output.status.code(), Some(4));
    let report: Value = serde_json::from_slice(&output.stdout).expect("a report");
    assert_eq!(report["inputs"][0]["complete"], false);
    assert_eq!(
        report["sessions"][0]["tls"]["client_hello"]["max_version"],
        "SSL 3.0"
    );
    let error = String::from_utf8(output.stderr).expect("UTF-8");
    assert!(error.contains("cut short in frame 13"), "{error}");
    // A finding that was asked for is told before the damage.
    assert_eq!(status(&["read", "--fail-on", "high", &path]), 1);
}

#[test]
fn what_is_no_capture_is_named() {
    for (name, bytes, word) in [
        ("empty.pcap", &b""[..], "empty"),
        ("archive.pcap", b"PK\x03\x04rest of an archive", "zip"),
        ("page.pcap", b"<!DOCTYPE html><html>", "HTML"),
    ] {
        let path = scratch(name, bytes);
        let error = stderr(&["read", &path]);
        assert!(error.contains(&path), "{error}");
        assert!(
            error.to_lowercase().contains(&word.to_lowercase()),
            "{error}"
        );
    }
}

#[test]
fn standard_input_reads_like_a_file() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_starttap"))
        .args(["read", "-", "--format", "ndjson"])
        .current_dir(root())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("starttap runs");
    let bytes = fs::read(root().join(FAILING)).expect("a capture");
    let mut pipe = child.stdin.take().expect("a pipe");
    pipe.write_all(&bytes).expect("the capture is taken");
    drop(pipe);
    let output = child.wait_with_output().expect("an end");
    let piped = String::from_utf8(output.stdout).expect("UTF-8");
    let file = stdout(&["read", FAILING, "--format", "ndjson"]);
    assert_eq!(piped.replace("\"-\"", &format!("\"{FAILING}\"")), file);
}

#[test]
fn ndjson_is_a_record_a_line_and_a_summary() {
    let text = stdout(&[
        "read",
        "--format",
        "ndjson",
        "captures/story2-rc4-leaves.pcap",
    ]);
    let kinds: Vec<String> = text
        .lines()
        .map(|line| {
            let record: Value = serde_json::from_str(line).expect("JSON");
            assert_eq!(record["schema"], "starttap/1");
            record["kind"].as_str().expect("a kind").to_owned()
        })
        .collect();
    assert_eq!(kinds, ["session", "session", "session", "summary"]);
}

#[test]
fn several_outputs_in_one_pass() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let json = folder.join("both.json").display().to_string();
    let text = folder.join("both.report").display().to_string();
    let as_text = format!("text:{text}");
    let output = starttap(&["read", "-o", &json, "-o", &as_text, FAILING]);
    assert!(output.status.success());
    let plain = fs::read_to_string(&text).expect("a text report");
    assert_eq!(plain, String::from_utf8(output.stdout).expect("UTF-8"));
    let report: Value = serde_json::from_slice(&fs::read(&json).expect("a report")).expect("JSON");
    assert_eq!(report["kind"], "report");
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_starttap"))
        .args(["read", "--format", "ndjson"])
        .args(["captures/story2-rc4-queue.pcap"; 50])
        .current_dir(root())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("starttap runs");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("an end");
    assert_eq!(output.status.code(), Some(0));
    assert!(output.stderr.is_empty());
}

#[test]
fn frames_needs_a_file() {
    for pipe in ["-", "/dev/stdin"] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_starttap"))
            .args(["frames", pipe])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("starttap runs");
        drop(child.stdin.take());
        let output = child.wait_with_output().expect("an end");
        assert_eq!(output.status.code(), Some(3), "{pipe}");
        assert!(output.stdout.is_empty());
        let error = String::from_utf8(output.stderr).expect("UTF-8");
        assert!(error.contains("save it to a file first"), "{error}");
    }
    assert_eq!(status(&["frames"]), 2);
    assert_eq!(status(&["frames", "no-such-file.pcap"]), 3);
    assert_eq!(status(&["frames", "README.md"]), 3);
    assert_eq!(status(&["frames", FAILING, FAILING]), 2);
}

const COLUMNS: &str = "frame stream time src srcport dst dstport flags len analysis dup_ack_num \
    dup_ack_frame rto rto_frame initial_rtt completeness copy_of messages";

#[test]
fn frames_as_table_and_as_json() {
    let table = stdout(&["frames", "captures/loss-in-handshake.pcap"]);
    let mut lines = table.lines();
    assert_eq!(lines.next(), Some(COLUMNS.replace(' ', "\t").as_str()));
    let json = stdout(&[
        "frames",
        "--format",
        "ndjson",
        "captures/loss-in-handshake.pcap",
    ]);
    assert_eq!(lines.clone().count(), json.lines().count());
    for (row, line) in lines.zip(json.lines()) {
        let record: Value = serde_json::from_str(line).expect("JSON");
        assert_eq!(record["schema"], "starttap/1");
        assert_eq!(record["kind"], "frame");
        assert_eq!(record.as_object().map(|fields| fields.len()), Some(2 + 18));
        for (column, cell) in COLUMNS.split(' ').zip(row.split('\t')) {
            let value = match &record[column] {
                Value::Null => String::new(),
                Value::String(text) => text.clone(),
                Value::Array(items) => {
                    let items: Vec<&str> = items.iter().filter_map(Value::as_str).collect();
                    items.join(",")
                }
                // Read as floating point, which is not exact.
                Value::Number(number) if number.is_f64() => {
                    let cell: f64 = cell.parse().expect("seconds");
                    let read = number.as_f64().expect("a number");
                    assert!((read - cell).abs() < 1e-6, "{read} {cell}");
                    continue;
                }
                other => other.to_string(),
            };
            assert_eq!(value, cell, "{column} of {line}");
        }
    }
}

#[test]
fn frames_of_other_ports_and_of_damaged_files() {
    let rows = |arguments: &[&str]| {
        let path = "captures/implicit-tls-465.pcap";
        stdout(&[&["frames", path], arguments].concat())
            .lines()
            .count()
            - 1
    };
    let all = rows(&["--all-ports"]);
    assert!(all > 10);
    assert_eq!(rows(&[]), all);
    assert_eq!(rows(&["-p", "25"]), 0);
    assert_eq!(rows(&["-p", "25", "--all-ports"]), all);
    let whole = fs::read(root().join(FAILING)).expect("a capture");
    let path = scratch("cut-frames.pcap", &whole[..whole.len() - 7]);
    let output = starttap(&["frames", &path]);
    assert_eq!(output.status.code(), Some(4));
    assert_eq!(
        String::from_utf8_lossy(&output.stdout).lines().count(),
        1 + 12
    );
    let error = String::from_utf8(output.stderr).expect("UTF-8");
    assert_eq!(error.matches("cut short").count(), 1, "{error}");
}

#[test]
fn the_files_are_written_without_a_reader_too() {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("kept.json");
    let mut child = Command::new(env!("CARGO_BIN_EXE_starttap"))
        .args([
            "read",
            "--format",
            "ndjson",
            "-o",
            &path.display().to_string(),
        ])
        .args(["captures/story2-rc4-queue.pcap"; 50])
        .current_dir(root())
        .stdout(Stdio::piped())
        .spawn()
        .expect("starttap runs");
    drop(child.stdout.take());
    assert!(child.wait().expect("an end").success());
    let text = fs::read(path).expect("a report");
    let report: Value = serde_json::from_slice(&text).expect("JSON");
    assert_eq!(report["inputs"].as_array().map(Vec::len), Some(50));
}

#[test]
fn no_report_takes_the_place_of_a_capture() {
    let bytes = fs::read(root().join(FAILING)).expect("a capture");
    let path = scratch("own.pcap", &bytes);
    let json = format!("json:{path}");
    assert_eq!(status(&["read", &path, "-o", &json]), 2);
    assert_eq!(fs::read(&path).expect("still there"), bytes);
    let twice = scratch("twice.json", b"");
    assert_eq!(status(&["read", FAILING, "-o", &twice, "-o", &twice]), 2);
    assert_eq!(status(&["read", FAILING, "-o", "json:/dev/null"]), 0);
}

#[test]
fn other_ports_are_mail_when_told_so() {
    let path = "captures/implicit-tls-465.pcap";
    let sessions = |arguments: &[&str]| {
        let text = stdout(&[&["read", path, "--format", "json"], arguments].concat());
        let report: Value = serde_json::from_str(&text).expect("JSON");
        report["sessions"].as_array().expect("sessions").len()
    };
    assert_eq!(sessions(&[]), 1);
    assert_eq!(sessions(&["-p", "25"]), 0);
    assert_eq!(sessions(&["-p", "25", "-p", "465=smtps"]), 1);
}

#[test]
fn no_mail_is_said() {
    let text = stdout(&["read", "-p", "26", FAILING]);
    assert!(text.contains("No mail connections"), "{text}");
}

#[cfg(feature = "live")]
#[test]
fn filters_drop_frames_and_keep_their_numbers() {
    let text = stdout(&["read", "-f", "src port 587", "--format", "json", FAILING]);
    let report: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(report["inputs"][0]["frames"], 13);
    assert_eq!(
        report["sessions"][0]["capture"]["visibility"],
        "server-only"
    );
    assert_eq!(report["sessions"][0]["smtp"]["banner"]["frame"], 4);
    assert_eq!(status(&["read", "-f", "port", FAILING]), 2);
    assert!(stderr(&["read", "-f", "port", FAILING]).contains("filter"));
}

/// Every `starttap` command of the README that reads captures works as shown.
#[test]
fn commands_of_the_readme() {
    let readme = fs::read_to_string(root().join("README.md")).expect("a README");
    let mut run = 0;
    for line in readme.lines() {
        let line = line.trim().trim_start_matches("$ ");
        if !line.starts_with("starttap ") || !line.contains("captures/") {
            continue;
        }
        let program = PathBuf::from(env!("CARGO_BIN_EXE_starttap"));
        let folder = program.parent().expect("a folder");
        let path = std::env::var("PATH").expect("a search path");
        let status = Command::new("sh")
            .args(["-c", line])
            .env("PATH", format!("{}:{path}", folder.display()))
            .current_dir(root())
            .stdout(Stdio::null())
            .status()
            .expect("a shell");
        assert!(matches!(status.code(), Some(0 | 1)), "{line}: {status}");
        run += 1;
    }
    assert!(run >= 3, "the README shows {run} commands");
}

/// The report shown in the README is the one the program gives.
#[test]
fn the_report_of_the_readme() {
    let readme = fs::read_to_string(root().join("README.md")).expect("a README");
    let report = stdout(&["read", FAILING]);
    assert!(
        readme.contains(report.trim_end()),
        "README.md shows an old report:\n{report}"
    );
}
