//! The table of rules: every row of the signature table has its place, every rule has something on
//! which it fires and a near miss on which it must not, and `starttap rules` and the README tell
//! what the table says.

mod commands;
pub mod signatures;
pub mod traces;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use starttap::rules::RULES;

use crate::support::recorded_with;

/// One line of `tests/rules/fixtures.tsv`.
///
/// Four columns with tabs between: the rule; `fires`, `near`, or `unsure` where it fires and must not
/// be sure, nor the verdict that rests on it; where, as `capture.pcap#3` (the
/// connection with this `tcp.stream` of a recorded capture; options may follow, with spaces
/// between) or the name of a made-up connection in `tests/rules/traces`; and what is seen there: of a near miss, what makes it near. Lines that
/// begin with `#` are left out.
struct Fixture<'a> {
    rule: &'a str,
    kind: &'a str,
    fires: bool,
    place: &'a str,
    /// The line, to be shown.
    line: &'a str,
}

impl<'a> Fixture<'a> {
    fn parse(line: &'a str) -> Self {
        let columns: Vec<&str> = line.split('\t').collect();
        let [rule, kind, place, why] = columns[..] else {
            panic!("four columns with tabs between: {line:?}");
        };
        let kinds = ["fires", "near", "unsure"];
        assert!(kinds.contains(&kind), "one of {kinds:?}: {line:?}");
        assert!(why.contains(' '), "what is seen there? {line:?}");
        Self {
            rule,
            kind,
            fires: kind != "near",
            place,
            line,
        }
    }
}

/// The sessions that fixtures name, each read once.
#[derive(Default)]
struct Sessions {
    reports: BTreeMap<String, Value>,
    made_up: BTreeMap<String, Value>,
}

impl Sessions {
    fn at(&mut self, place: &str) -> &Value {
        let Some((file, stream)) = place.split_once('#') else {
            let make = || traces::make(place).session(&format!("fixture-{place}"));
            return self.made_up.entry(place.to_owned()).or_insert_with(make);
        };
        let (stream, options) = stream.split_once(' ').unwrap_or((stream, ""));
        let options: Vec<&str> = options.split_whitespace().collect();
        let reports = self.reports.entry(format!("{file} {options:?}"));
        let report = reports.or_insert_with(|| recorded_with(file, &options));
        let stream: u64 = stream.parse().expect("a stream number");
        let mut sessions = report["sessions"].as_array().expect(file).iter();
        sessions
            .find(|session| session["capture"]["tcp_stream"] == stream)
            .unwrap_or_else(|| panic!("{place} is not there"))
    }
}

fn fixtures() -> Vec<Fixture<'static>> {
    let text = include_str!("rules/fixtures.tsv");
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.map(Fixture::parse).collect()
}

/// The finding of this rule in a session.
fn finding<'a>(session: &'a Value, rule: &str) -> Option<&'a Value> {
    let mut findings = session["findings"].as_array().expect("findings").iter();
    findings.find(|finding| finding["id"] == rule)
}

#[test]
fn every_rule_fires_and_has_a_near_miss() {
    let fixtures = fixtures();
    let mut sessions = Sessions::default();
    let mut wrong = Vec::new();
    let mut severities = BTreeSet::new();
    for fixture in &fixtures {
        let session = sessions.at(fixture.place);
        let finding = finding(session, fixture.rule);
        if finding.is_some() != fixture.fires {
            let given = &session["findings"];
            wrong.push(format!("{}\n    findings: {given}", fixture.line));
        }
        let verdict = &session["verdict"];
        let sure = finding.is_some_and(|finding| finding["confidence"] == "high")
            || verdict["finding"] == fixture.rule && verdict["confidence"] == "high";
        if fixture.kind == "unsure" && sure {
            wrong.push(format!("{}\n    sure: {verdict}", fixture.line));
        }
        let severity = finding.and_then(|finding| finding["severity"].as_str());
        severities.extend(severity.map(|severity| (fixture.rule, severity.to_owned())));
    }
    for rule in RULES {
        let id = rule.id;
        let mut of_rule = fixtures.iter().filter(|it| it.rule == id);
        if !of_rule.clone().any(|it| it.fires) {
            wrong.push(format!("{id}: nothing on which it fires"));
        }
        if of_rule.all(|it| it.fires) {
            wrong.push(format!("{id}: no near miss"));
        }
        if !severities.contains(&(id, rule.severity.to_string())) {
            wrong.push(format!("{id}: its usual severity occurs nowhere"));
        }
    }
    for fixture in &fixtures {
        if RULES.iter().all(|rule| rule.id != fixture.rule) {
            wrong.push(format!("{}: no such rule", fixture.line));
        }
    }
    for name in traces::names() {
        if !fixtures.iter().any(|it| it.place == name) {
            wrong.push(format!("{name}: a made-up connection that no fixture uses"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    say!("rules: {} with {} fixtures", RULES.len(), fixtures.len());
}
