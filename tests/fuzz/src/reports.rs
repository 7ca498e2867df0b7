//! Reports of some sessions, and what must hold for each.

use std::sync::LazyLock;

use starttap::model::{Input, Report, Session, Severity};
use starttap::report::Output;
use starttap::report::csv::{Csv, Table};
use starttap::report::ecs::Ecs;
use starttap::report::html::Html;
use starttap::report::json::{Json, Ndjson};
use starttap::report::junit::Junit;
use starttap::report::markdown::Markdown;
use starttap::report::text::{Running, Text};
use starttap::report::zeek::Zeek;
use starttap::rules::policy::Policy;
use starttap::rules::{self, Cohort, Settings};

/// The policy with the most kinds of lines.
static SETTINGS: LazyLock<Settings> = LazyLock::new(|| {
    let policy = Policy::built_in("bsi-tr-02102-2").expect("it comes along");
    Settings {
        policy: Some(policy.expect("it has no mistakes")),
        expect_names: vec!["mail.example.com".to_owned()],
        connector_patterns: vec!["*.example.com".to_owned()],
    }
});

/// Judges the sessions; gives what a quarter of the reports tells about them: which one, an input
/// of another length decides, because all of them take the longest part of a run.
pub fn some(sessions: &mut [Session], input: &[u8]) -> String {
    let report = judge(sessions);
    let written = |make: fn(&mut Vec<u8>) -> Box<dyn Output + '_>| write(make, sessions, &report);
    let told = match input.len() % 4 {
        0 => {
            let json = written(|out| Box::new(Json::new(out)));
            serde_json::from_str::<serde_json::Value>(&json).expect("the report is JSON");
            let lines = [
                written(|out| Box::new(Ndjson(out))),
                written(|out| Box::new(Zeek::new(out))),
                written(|out| Box::new(Ecs::new(out))),
            ];
            lines.iter().for_each(|lines| assert_lines_are_json(lines));
            json + &lines.concat()
        }
        1 => {
            let text = [
                written(|out| Box::new(Text::new(out, true))),
                written(|out| Box::new(Text::new(out, false))),
                written(|out| Box::new(Running::new(out, true))),
            ];
            anstream::adapter::strip_str(&text.concat()).to_string()
        }
        2 => {
            let page = written(|out| Box::new(Html::new(out)));
            assert_is_passive(&page);
            page
        }
        _ => {
            let tables = [
                written(|out| Box::new(Csv::new(out, Table::Sessions))),
                written(|out| Box::new(Csv::new(out, Table::Findings))),
                written(|out| Box::new(Csv::new(out, Table::Inventory))),
            ];
            tables.iter().for_each(|table| assert_is_table(table));
            tables.concat()
                + &written(|out| Box::new(Junit::new(out, Severity::High)))
                + &written(|out| Box::new(Markdown::new(out)))
        }
    };
    if let Some(line) = told.lines().find(|line| !is_safe(line)) {
        panic!("a report moves the cursor: {line:?}");
    }
    told
}

/// Text that a terminal shows as text.
pub fn is_safe(text: &str) -> bool {
    text.chars().all(is_safe_char)
}

/// Each line is a JSON value.
pub fn assert_lines_are_json(text: &str) {
    for line in text.lines() {
        serde_json::from_str::<serde_json::Value>(line).expect("a line is JSON");
    }
}

fn judge(sessions: &mut [Session]) -> Report {
    let mut report = Report {
        inputs: vec![Input::default()],
        ..Report::default()
    };
    let mut cohort = Cohort::default();
    for session in sessions {
        rules::judge(session, &SETTINGS);
        report.summary.add(session);
        cohort.add(session);
    }
    let (findings, inventory) = cohort.finish();
    for finding in &findings {
        report.summary.add_across(finding);
    }
    report.findings = findings;
    report.inventory = Some(inventory);
    report
}

fn write(
    make: fn(&mut Vec<u8>) -> Box<dyn Output + '_>,
    sessions: &[Session],
    report: &Report,
) -> String {
    let mut bytes = Vec::new();
    let mut output = make(&mut bytes);
    for session in sessions {
        output.session(session).expect("memory takes everything");
    }
    output.finish(report).expect("memory takes everything");
    drop(output);
    String::from_utf8(bytes).expect("a report is text")
}

/// Rows of the same width.
fn assert_is_table(text: &str) {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(text.as_bytes());
    for row in reader.records() {
        row.expect("a row as wide as the first");
    }
}

/// A page on which nothing runs and which asks for nothing: no text became a tag.
fn assert_is_passive(page: &str) {
    let page = page.to_ascii_lowercase();
    for tag in [
        "<script", "<iframe", "<object", "<embed", "<base", "<form", "<img",
    ] {
        assert!(!page.contains(tag), "{tag} in a report");
    }
    // The one that asks for no icon.
    assert_eq!(page.matches("<link").count(), 1);
    for tag in ["svg", "table", "section", "details"] {
        let opened = page.matches(&format!("<{tag}")).count();
        let closed = page.matches(&format!("</{tag}>")).count();
        assert_eq!(opened, closed, "<{tag}>");
    }
}

/// Neither a control character nor one that changes the direction of reading.
fn is_safe_char(char: char) -> bool {
    let turns =
        matches!(char, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    char == '\n' || !char.is_control() && !turns
}
