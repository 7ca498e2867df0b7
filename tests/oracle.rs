//! Hellos, alerts and certificates against tshark 4.0.17: on other people's captures with recorded
//! answers, and on the project's own captures with tshark itself.
//!
//! Whatever is not agreed on stands in `oracle/differences.tsv`, with the reason; a line there that
//! no longer holds fails the test as well.

mod differences;
mod facts;
mod ours;
mod recorded;
mod rows;
mod tshark;

use std::path::{Path, PathBuf};

use differences::Tally;

#[test]
fn recorded_captures_agree_with_tshark() {
    let folder = project().join("../shared/corpus");
    let Some(captures) = recorded::captures(&folder) else {
        say!("SKIPPED: hellos are not compared, there is no ../shared/corpus");
        return;
    };
    let mut tally = Tally::default();
    for capture in &captures {
        let ours = ours::facts(&capture.path, &capture.ports());
        tally.compare(&capture.name, &ours, &capture.expected());
    }
    say!("recorded answers: {tally}");
    tally.assert_known("corpus");
    tally.assert_at_least(&[155, 890, 860, 9_500, 11, 540]);
}

/// Most fields are not among the recorded answers: tshark itself is asked.
#[test]
fn details_of_recorded_captures_agree_with_tshark() {
    let folder = project().join("../shared/corpus");
    let Some(captures) = recorded::captures(&folder) else {
        say!("SKIPPED: details are not compared, there is no ../shared/corpus");
        return;
    };
    if !crate::labels::has_tshark() {
        say!("SKIPPED: details are not compared, tshark 4.0.17 is not installed");
        return;
    }
    let mut tally = Tally::default();
    for capture in &captures {
        let ours = ours::facts(&capture.path, &capture.ports());
        let tshark = tshark::facts(&capture.name, &capture.path);
        tally.compare(&capture.name, &ours, &tshark);
    }
    // Which hellos there are is compared with the recorded answers.
    tally.only_details();
    say!("recorded captures, tshark itself: {tally}");
    tally.assert_known("details");
    tally.assert_fingerprints(840, 8_400);
}

#[test]
fn own_captures_agree_with_tshark() {
    let captures = captures(&project().join("captures"));
    if captures.is_empty() {
        say!("SKIPPED: hellos are not compared, there is nothing in captures/");
        return;
    }
    if !crate::labels::has_tshark() {
        say!("SKIPPED: hellos are not compared, tshark 4.0.17 is not installed");
        return;
    }
    let mut tally = Tally::default();
    for (name, path) in &captures {
        tally.compare(name, &ours::facts(path, &[]), &tshark::facts(name, path));
    }
    say!("tshark itself: {tally}");
    tally.assert_known("captures");
    tally.assert_at_least(&[55, 70, 100, 1_200, 10, 60]);
    tally.assert_fingerprints(140, 1_400);
}

fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The captures of a folder with their names, by name; none where there is no folder.
fn captures(folder: &Path) -> Vec<(String, PathBuf)> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    let mut captures: Vec<_> = entries
        .map(|entry| entry.expect("a folder that can be read").path())
        .filter_map(|path| {
            let name = path.file_name()?.to_string_lossy().into_owned();
            let is_packed = name.ends_with(".gz");
            let is_capture = [".pcap", ".pcapng", ".snoop"]
                .iter()
                .any(|end| name.trim_end_matches(".gz").ends_with(end));
            let is_readable = !is_packed || cfg!(feature = "compress");
            (is_capture && is_readable).then_some((name, path))
        })
        .collect();
    captures.sort();
    captures
}
