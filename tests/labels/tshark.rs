//! Asks tshark for the labels of a file.

use std::path::{Path, PathBuf};
use std::process::Command;

use starttap::tcp::Label;

use super::{Row, scratch};

/// The release whose labels are the target.
const RELEASE: &str = "TShark (Wireshark) 4.0.17";

/// Whether the right tshark is installed.
pub fn is_installed() -> bool {
    Command::new("tshark")
        .arg("--version")
        .output()
        .is_ok_and(|output| output.stdout.starts_with(RELEASE.as_bytes()))
}

/// [`rows`] of several files; most of the time goes into starting tshark.
pub(super) fn rows_of_all(files: &[PathBuf]) -> Vec<Vec<Option<Row>>> {
    let half = files.len() / 2;
    let all = |files: &[PathBuf]| files.iter().map(|file| rows(file)).collect::<Vec<_>>();
    std::thread::scope(|scope| {
        let first = scope.spawn(|| all(&files[..half]));
        let second = all(&files[half..]);
        let first = first.join().expect("tshark ran");
        first.into_iter().chain(second).collect()
    })
}

/// One row per frame of a file: `None` for frames without a TCP header, else what tshark says.
pub(super) fn rows(file: &Path) -> Vec<Option<Row>> {
    let mut fields = vec!["tcp.stream".to_owned()];
    fields.extend(Label::ALL.map(|label| format!("tcp.analysis.{}", label.name())));
    fields.extend(
        [
            "duplicate_ack_num",
            "duplicate_ack_frame",
            "rto",
            "rto_frame",
            "initial_rtt",
        ]
        .map(|name| format!("tcp.analysis.{name}")),
    );
    fields.extend(["icmp.type", "icmpv6.type"].map(str::to_owned));
    // The final completeness needs a second pass, which must not touch the labels of the first.
    let once = run(file, &fields, false);
    let twice = run(
        file,
        &["tcp.stream".to_owned(), "tcp.completeness".to_owned()],
        true,
    );
    assert_eq!(once.len(), twice.len(), "both passes see every frame");
    once.iter()
        .zip(&twice)
        .map(|(line, last)| row(line, last))
        .collect()
}

fn run(file: &Path, fields: &[String], two_passes: bool) -> Vec<String> {
    let mut command = command(file);
    if two_passes {
        command.arg("-2");
    }
    for field in fields {
        command.args(["-e", field]);
    }
    lines(&mut command)
}

/// Asks for fields of a file; of several in a frame the last one.
fn command(file: &Path) -> Command {
    // An empty profile: nobody's preferences.
    let profile = scratch("profile");
    std::fs::create_dir_all(&profile).expect("a place for an empty profile");
    let mut command = Command::new("tshark");
    command
        .env("WIRESHARK_CONFIG_DIR", &profile)
        .env("XDG_CONFIG_HOME", &profile)
        .args([
            "-n",
            "-T",
            "fields",
            "-E",
            "separator=/t",
            "-E",
            "aggregator=,",
            "-E",
            "occurrence=l",
        ])
        .arg("-r")
        .arg(file);
    command
}

fn lines(command: &mut Command) -> Vec<String> {
    let output = command.output().expect("tshark runs");
    // A damaged capture ends with an error behind its last good frame; whether the rows are all
    // there is for the comparison to see.
    let text = String::from_utf8(output.stdout).expect("tshark prints text");
    text.lines().map(str::to_owned).collect()
}

fn row(line: &str, last: &str) -> Option<Row> {
    let mut values = line.split('\t');
    let mut next = || values.next().expect("as many values as fields");
    let stream = next().parse().ok()?;
    let labels = Label::ALL
        .into_iter()
        .filter(|_| !next().is_empty())
        .map(Label::name)
        .collect::<Vec<_>>()
        .join(",");
    let dup_ack_num = number(next());
    let dup_ack_frame = number(next());
    let rto = nanos(next());
    let rto_frame = number(next());
    let initial_rtt = nanos(next());
    let is_icmp = [next(), next()].concat();
    let completeness = last.split_once('\t').map_or("", |(_, value)| value);
    Some(Row {
        is_quote: !is_icmp.is_empty(),
        stream,
        labels,
        dup_ack: (dup_ack_num, dup_ack_frame),
        rto: (rto.unwrap_or(0), rto_frame),
        initial_rtt,
        completeness: completeness.parse().ok(),
    })
}

/// A number; 0 = not given.
pub fn number(value: &str) -> u64 {
    if value.is_empty() {
        return 0;
    }
    value.parse().expect("a number")
}

/// Nanoseconds from seconds with nine decimals.
pub fn nanos(value: &str) -> Option<i64> {
    if value.is_empty() {
        return None;
    }
    let (seconds, decimals) = value.split_once('.').expect("seconds with decimals");
    // A capture with more than 10^9 nanoseconds in its time gets more than nine decimals.
    assert!(decimals.len() >= 9, "nanoseconds: {value}");
    let whole: i64 = seconds.trim_start_matches('-').parse().expect("digits");
    let magnitude = whole * 1_000_000_000 + decimals.parse::<i64>().expect("digits");
    Some(if value.starts_with('-') {
        -magnitude
    } else {
        magnitude
    })
}
