//! CSV and NDJSON, read by Python: its own reader, and pandas where it is installed.

use std::process::Command;

use super::{capture_paths, folder, hostile, is_installed};
use crate::support::{root, starttap};

#[test]
fn python_reads_in_the_tables_what_the_report_says() {
    if !is_installed("python3") {
        say!("SKIPPED: tables are not read, Python is not installed");
        return;
    }
    let folder = folder("tables");
    let mut arguments = vec![
        "read".to_owned(),
        "--inventory".to_owned(),
        "--quiet".to_owned(),
    ];
    for (format, file) in [
        ("json", "report.json"),
        ("ndjson", "lines.ndjson"),
        ("csv-sessions", "sessions.csv"),
        ("csv-findings", "findings.csv"),
        ("csv-inventory", "inventory.csv"),
    ] {
        let path = folder.join(file);
        arguments.extend(["-o".to_owned(), format!("{format}:{}", path.display())]);
    }
    arguments.extend(capture_paths());
    arguments.push(hostile("formats-tables"));
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let output = starttap(&arguments);
    assert!(output.status.success(), "{output:?}");
    let read = Command::new("python3")
        .arg(root().join("tests/formats/tables.py"))
        .arg(&folder)
        .output()
        .expect("Python runs");
    let told = String::from_utf8_lossy(&read.stdout);
    let error = String::from_utf8_lossy(&read.stderr);
    assert!(read.status.success(), "{told}{error}");
    say!("tables: {}", told.trim_end());
}
