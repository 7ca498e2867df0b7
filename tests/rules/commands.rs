//! `starttap rules`, and the copy of its table in the README.

use std::fs;

use serde_json::Value;
use starttap::rules::lookup::pages;

use crate::support::{root, starttap};

fn stdout(arguments: &[&str]) -> String {
    let output = starttap(arguments);
    assert_eq!(output.status.code(), Some(0), "{arguments:?}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

#[test]
fn the_list_names_every_rule() {
    let text = stdout(&["rules"]);
    assert_eq!(text.lines().count(), pages().len());
    for (line, rule) in text.lines().zip(pages()) {
        assert!(line.starts_with(rule.id), "{line}");
        assert!(line.contains(&rule.severity.to_string()), "{line}");
        assert!(line.ends_with(rule.title), "{line}");
    }
}

#[test]
fn a_page_tells_everything() {
    let flat = |text: String| text.split_whitespace().collect::<Vec<_>>().join(" ");
    for rule in pages() {
        let small = rule.id.to_lowercase();
        let text = flat(stdout(&["rules", &small]));
        let markdown = flat(stdout(&["rules", "--format", "markdown", &small]));
        for part in [
            rule.title,
            rule.meaning,
            rule.evidence,
            rule.trap,
            rule.advice,
            rule.references.first().unwrap_or(&rule.title),
        ] {
            assert!(text.contains(part), "{}: {part}", rule.id);
            assert!(markdown.contains(part), "{}: {part}", rule.id);
        }
    }
    let several = stdout(&["rules", "T40", "k01"]);
    assert!(several.contains("RC4 was chosen"), "{several}");
    assert!(several.contains("No rule looks for it"), "{several}");
}

#[test]
fn the_rules_for_a_program() {
    let read = |arguments: &[&str]| -> Vec<Value> {
        let text = stdout(&[&["rules", "--format", "json"], arguments].concat());
        serde_json::from_str(&text).expect("an array")
    };
    let all = read(&[]);
    assert_eq!(all.len(), pages().len());
    for rule in &all {
        assert!(rule["references"].is_array(), "{rule}");
        assert!(rule["tls_rpt"].is_null() || rule["tls_rpt"].is_string());
    }
    let one = read(&["t40"]);
    assert_eq!(one.len(), 1);
    assert_eq!(one[0]["id"], "T40");
    assert_eq!(one[0]["severity"], "high");
}

#[test]
fn an_unknown_id_is_wrong_usage() {
    for (id, help) in [("P99", "P22, P21, P20"), ("certificate", "look like T40")] {
        let output = starttap(&["rules", "T40", id]);
        assert_eq!(output.status.code(), Some(2), "{id}");
        assert!(output.stdout.is_empty(), "{id}");
        let error = String::from_utf8(output.stderr).expect("UTF-8");
        assert!(error.contains(help), "{error}");
    }
}

const BEGIN: &str = "<!-- what starttap rules --format markdown prints -->\n";
const END: &str = "<!-- end of rules -->";

#[test]
fn the_table_of_the_readme() {
    let path = root().join("README.md");
    let readme = fs::read_to_string(&path).expect("a README");
    let (before, rest) = readme.split_once(BEGIN).expect("the first mark");
    let (shown, after) = rest.split_once(END).expect("the last mark");
    let table = format!("\n{}\n", stdout(&["rules", "--format", "markdown"]));
    if shown == table {
        return;
    }
    if std::env::var_os("UPDATE_README").is_some() {
        let new = [before, BEGIN, &table, END, after].concat();
        return fs::write(&path, new).expect("README.md is written");
    }
    panic!("README.md shows old rules; renew it: UPDATE_README=1 cargo test --test all readme");
}
