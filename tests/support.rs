//! What several tests need: the captures, the program, a report.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

/// The project's folder.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All recorded captures, by name.
pub fn captures() -> Vec<PathBuf> {
    let folder = root().join("captures");
    let mut found: Vec<PathBuf> = fs::read_dir(&folder)
        .expect("the captures folder")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| {
            let extension = path.extension().and_then(|extension| extension.to_str());
            matches!(extension, Some("pcap" | "pcapng"))
        })
        .collect();
    found.sort();
    assert!(found.len() > 40, "captures are missing");
    found
}

/// Runs starttap in the project's folder.
pub fn starttap(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_starttap"))
        .args(arguments)
        .current_dir(root())
        .output()
        .expect("starttap runs")
}

/// The file name of a path.
pub fn name(path: &Path) -> String {
    path.file_name()
        .expect("a name")
        .to_string_lossy()
        .into_owned()
}

/// The JSON report of a capture, its path relative to the project's folder.
pub fn report(path: &str) -> Value {
    let output = starttap(&["read", "--format", "json", path]);
    serde_json::from_slice(&output.stdout).expect("a JSON report")
}

/// What is written down about each capture.
pub fn manifest() -> Vec<Value> {
    part_of_manifest("captures")
}

/// What is written down about captures that are read together.
pub fn readings() -> Vec<Value> {
    part_of_manifest("readings")
}

fn part_of_manifest(name: &str) -> Vec<Value> {
    let text = fs::read_to_string(root().join("captures/manifest.json")).expect("the manifest");
    let manifest: Value = serde_json::from_str(&text).expect("JSON");
    manifest[name].as_array().expect("a list").clone()
}

/// The JSON report of a recorded capture, with the mail ports that the manifest names for it.
pub fn recorded(file: &str) -> Value {
    recorded_with(file, &[])
}

/// [`recorded`], with these options.
pub fn recorded_with(file: &str, options: &[&str]) -> Value {
    let path = format!("captures/{file}");
    let mut arguments = vec![
        "read".to_owned(),
        "--format".to_owned(),
        "json".to_owned(),
        path,
    ];
    arguments.extend(ports(file));
    let mut arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    arguments.extend(options);
    serde_json::from_slice(&starttap(&arguments).stdout).expect("a JSON report")
}

/// The `--port` arguments that a capture of other ports takes.
pub fn ports(file: &str) -> Vec<String> {
    let ports = port_numbers(file).into_iter();
    ports.map(|port| format!("--port={port}")).collect()
}

/// The mail ports of a capture of other ports.
pub fn port_numbers(file: &str) -> Vec<u16> {
    let entry = manifest().into_iter().find(|entry| entry["file"] == file);
    let entry = entry.unwrap_or_else(|| panic!("{file} is not in the manifest"));
    let ports = entry["ports"].as_array().into_iter().flatten();
    ports
        .map(|port| port.as_u64().and_then(|port| u16::try_from(port).ok()))
        .map(|port| port.expect("a port"))
        .collect()
}

/// A list of strings.
pub fn strings(list: &Value) -> Vec<&str> {
    let items = list.as_array().expect("a list").iter();
    items.map(|item| item.as_str().expect("a string")).collect()
}

/// Says what was compared, or why nothing was, also when the test passes: the test runner only
/// swallows what comes from `println!`.
pub fn say(message: &str) {
    use std::io::Write;
    writeln!(std::io::stderr(), "{message}").expect("standard error");
}
