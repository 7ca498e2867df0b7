//! Report files: nothing half-written takes the name of a report.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use crate::support::{root, starttap};

const CAPTURE: &str = "captures/story1-failing.pcap";

/// A new folder below the one that cargo keeps for tests.
fn folder(name: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).expect("a folder");
    path
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder");
    let names = entries.map(|entry| entry.expect("an entry").file_name().into_string());
    let mut names: Vec<String> = names.map(|name| name.expect("UTF-8")).collect();
    names.sort();
    names
}

fn write(paths: &[&Path]) -> Output {
    let mut arguments = vec!["read", CAPTURE];
    for path in paths {
        arguments.extend(["-o", path.to_str().expect("UTF-8")]);
    }
    starttap(&arguments)
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("UTF-8")
}

#[test]
fn reports_take_their_names_when_complete() {
    let folder = folder("complete");
    let reports = ["a.txt", "b.json", "c.md", "d.html", "e.csv", "f.ndjson"];
    let paths: Vec<PathBuf> = reports.iter().map(|name| folder.join(name)).collect();
    let paths: Vec<&Path> = paths.iter().map(PathBuf::as_path).collect();
    assert_eq!(write(&paths).status.code(), Some(0));
    assert_eq!(names(&folder), reports);
    let again: Vec<Vec<u8>> = paths.iter().map(|path| fs::read(path).unwrap()).collect();
    assert!(again.iter().all(|bytes| !bytes.is_empty()));
    serde_json::from_slice::<Value>(&again[1]).expect("a whole report");
}

#[test]
fn the_permissions_of_a_report_are_those_of_any_new_file() {
    let folder = folder("permissions");
    let (plain, report) = (folder.join("plain"), folder.join("a.json"));
    fs::write(&plain, "").unwrap();
    write(&[&report]);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode();
    assert_eq!(mode(&report), mode(&plain));
    fs::set_permissions(&report, PermissionsExt::from_mode(0o640)).unwrap();
    write(&[&report]);
    assert_eq!(mode(&report) & 0o777, 0o640);
}

#[test]
fn a_link_stays_a_link() {
    let folder = folder("links");
    let (real, link) = (folder.join("real.json"), folder.join("link.json"));
    fs::write(&real, "old").unwrap();
    std::os::unix::fs::symlink(&real, &link).unwrap();
    assert_eq!(write(&[&link]).status.code(), Some(0));
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    serde_json::from_slice::<Value>(&fs::read(&real).unwrap()).expect("the new report");
}

/// A path that cannot be written is told before anything is read: standard input stays full.
#[test]
fn a_wrong_path_costs_no_time() {
    let folder = folder("wrong");
    let (first, second) = (folder.join("a.json"), folder.join("no-such-folder/b.md"));
    let mut child = Command::new(env!("CARGO_BIN_EXE_starttap"))
        .args(["read", "-", "-o", first.to_str().unwrap()])
        .args(["-o", second.to_str().unwrap()])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("starttap");
    // Whoever waits for input does not end while the pipe is open.
    let held = child.stdin.take();
    let output = child.wait_with_output().expect("an end");
    drop(held);
    assert_eq!(output.status.code(), Some(3));
    assert!(stderr(&output).contains("no-such-folder/b.md: cannot be written"));
    assert_eq!(names(&folder), Vec::<String>::new());
}

/// The old report stays, and the other reports are written.
#[test]
fn a_full_disk_is_told_and_what_was_written_is_kept() {
    let folder = folder("full");
    let report = folder.join("a.html");
    let small = folder.join("b.csv");
    fs::write(&report, "the old report").unwrap();
    // A limit on the size of files fails as a full disk does: writing stops in the middle.
    let script = "trap '' XFSZ; ulimit -f 8; exec \"$@\"";
    let output = Command::new("bash")
        .args(["-c", script, "bash", env!("CARGO_BIN_EXE_starttap")])
        .args(["read", CAPTURE, "-o", report.to_str().unwrap()])
        .args(["-o", small.to_str().unwrap()])
        .current_dir(root())
        .output()
        .expect("bash");
    assert_eq!(output.status.code(), Some(3));
    assert_eq!(fs::read_to_string(&report).unwrap(), "the old report");
    let names = names(&folder);
    assert_eq!(names.len(), 3, "{names:?}");
    assert!(names[1].starts_with("a.html.") && names[1].ends_with(".partial"));
    let error = stderr(&output);
    let told = format!("kept as {}", folder.join(&names[1]).display());
    assert!(
        error.contains("a.html: cannot be written: File too large"),
        "{error}"
    );
    assert!(error.contains(&told), "{error}");
    // The other reports are complete.
    assert!(fs::read_to_string(&small).unwrap().lines().count() > 1);
    assert!(!output.stdout.is_empty());
}

#[test]
fn devices_are_written_in_place() {
    let output = write(&[Path::new("json:/dev/null"), Path::new("text:/dev/null")]);
    assert_eq!(output.status.code(), Some(0));
    let output = write(&[Path::new("json:/dev/full")]);
    assert_eq!(output.status.code(), Some(3));
    assert!(stderr(&output).contains("/dev/full: cannot be written: No space left"));
    assert!(!stderr(&output).contains("kept"));
}
