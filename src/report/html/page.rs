//! The page around the sessions.

use askama::Template;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use super::collected::{Cause, Collected, Incomplete, Row, is_grave};
use super::session::Told;
use super::timeline::{Timeline, class, class_of};
use crate::model::inventory::{Negotiated, Seen};
use crate::model::tls::{Version, named};
use crate::model::{CrossFinding, Report};
use crate::report;
use crate::report::phrases::capture::not_analysed;
use crate::report::text::style::plural;
use crate::time::Timestamp;

/// Sessions that are not grave and are told all the same: enough to compare with.
const OTHERS: usize = 25;
/// Bytes of sessions told in full. With [`ROWS`](super::collected) rows of the table it stays below
/// 10 MB, which ticket systems and mail take and a phone can show.
const TOLD_BYTES: usize = 5 << 20;
/// Findings across sessions, causes, inputs, and lines of each part of the inventory.
const LINES: usize = 500;
/// Sessions named of a cause.
const NAMED: usize = 8;

const STYLE: &str = include_str!("templates/style.css");

/// The whole page.
#[derive(Template)]
#[template(path = "page.html", config = "src/report/html/askama.toml")]
pub struct Page<'a> {
    report: &'a Report,
    collected: &'a Collected,
    style: &'static str,
    /// What the policy of the page names the style sheet by.
    style_hash: String,
    version: &'static str,
    answer: Answer,
    findings: Vec<&'a CrossFinding>,
    causes: Vec<Line<'a>>,
    timeline: Option<Timeline>,
    rows: Vec<(usize, &'a Row)>,
    /// Sessions in full, as HTML.
    told: Vec<String>,
    /// Grave sessions that are not among them.
    untold: u64,
}

/// The first thing to read.
struct Answer {
    class: &'static str,
    text: String,
    more: String,
}

/// A cause with the numbers of some sessions.
struct Line<'a> {
    of: report::Cause,
    cause: &'a Cause,
    numbers: Vec<usize>,
}

impl<'a> Page<'a> {
    /// Everything that goes onto the page.
    pub fn new(report: &'a Report, collected: &'a Collected) -> askama::Result<Self> {
        let told = told(collected)?;
        let grave = told.grave;
        Ok(Self {
            report,
            collected,
            style: STYLE,
            style_hash: STANDARD.encode(Sha256::digest(STYLE)),
            version: env!("CARGO_PKG_VERSION"),
            answer: answer(report, collected),
            findings: report.findings.iter().take(LINES).collect(),
            causes: causes(collected),
            timeline: Timeline::new(collected),
            rows: (1..).zip(collected.rows.values()).collect(),
            untold: collected.grave.saturating_sub(grave),
            told: told.html,
        })
    }

    /// Number of the input of a session in the table of inputs.
    fn input(&self, row: &Row) -> Option<usize> {
        let name = self.collected.inputs.get(row.input?)?;
        let mut inputs = self.report.inputs.iter();
        Some(1 + inputs.position(|input| input.path == *name)?)
    }

    fn is_told(&self, number: &usize) -> bool {
        *number <= self.told.len()
    }
}

struct Sessions {
    html: Vec<String>,
    grave: u64,
}

/// Worst sessions first, until there is no more room.
fn told(collected: &Collected) -> askama::Result<Sessions> {
    let mut sessions = Sessions {
        html: Vec::new(),
        grave: 0,
    };
    let mut bytes = 0;
    let mut others = 0;
    for (number, session) in (1..).zip(collected.told.values()) {
        let is_grave = is_grave(session);
        others += usize::from(!is_grave);
        if others > OTHERS {
            break;
        }
        let html = Told::new(number, session, collected.count == 1).render()?;
        bytes += html.len();
        if bytes > TOLD_BYTES {
            break;
        }
        sessions.grave += u64::from(is_grave);
        sessions.html.push(html);
    }
    Ok(sessions)
}

fn answer(report: &Report, collected: &Collected) -> Answer {
    let Some(worst) = collected.told.values().next() else {
        return Answer {
            class: "none",
            text: "No mail connections in this capture.".to_owned(),
            more: String::new(),
        };
    };
    let verdict = &worst.verdict;
    let confidence = verdict.confidence;
    if collected.count == 1 {
        return Answer {
            class: class_of(report::Cause::of(worst), is_grave(worst)),
            text: verdict.text.clone(),
            more: format!("Confidence: {confidence}."),
        };
    }
    let (outcomes, probes) = report.summary.without_probes();
    let mut outcomes: Vec<String> = outcomes
        .iter()
        .map(|(&outcome, count)| format!("{count} {outcome}{}", report.summary.remark(outcome)))
        .collect();
    if probes > 0 {
        outcomes.push(plural(probes, "probe"));
    }
    let sessions = plural(collected.count, "mail connection");
    Answer {
        class: class_of(report::Cause::of(worst), is_grave(worst)),
        text: format!("{sessions}: {}.", outcomes.join(", ")),
        more: format!(
            "The worst, session 1 (confidence {confidence}): {}",
            verdict.text
        ),
    }
}

/// Causes, the one with the worst session first.
fn causes(collected: &Collected) -> Vec<Line<'_>> {
    let mut causes: Vec<_> = collected.causes.iter().collect();
    causes.sort_by_key(|(_, cause)| cause.example);
    let line = |(&of, cause): (&report::Cause, _)| {
        let rows = (1..).zip(collected.rows.values());
        let members = rows.filter(|(_, row)| row.cause == of);
        Line {
            of,
            cause,
            numbers: members.map(|(number, _)| number).take(NAMED).collect(),
        }
    };
    causes.into_iter().map(line).take(LINES).collect()
}

impl Incomplete {
    /// In words, what there is of it.
    fn words(&self) -> Vec<String> {
        let counts = [
            (self.one_sided, "of which only one direction was captured"),
            (self.midstream, "that begin in the middle"),
            (self.cut, "cut by the snap length"),
            (self.holed, "with bytes missing in the capture"),
        ];
        let counts = counts.into_iter().filter(|(count, _)| *count > 0);
        let mut words: Vec<String> = counts
            .map(|(count, what)| format!("{} {what}", plural(count, "session")))
            .collect();
        if self.copies > 0 {
            let frames = plural(self.copies, "frame");
            words.push(format!(
                "{frames} that repeat a packet already seen, set aside"
            ));
        }
        words
    }
}

/// Thousands of rows have no room for nanoseconds.
fn second(time: &Timestamp) -> String {
    let text = time.to_string();
    match text.split_once('.') {
        Some((whole, _)) => whole.replace('T', " "),
        None => text,
    }
}

fn count(items: usize, word: &str) -> String {
    plural(items as u64, word)
}

/// Versions and suites with their counts.
fn chosen(negotiated: &[Negotiated]) -> String {
    let each = negotiated.iter().map(|row| {
        let version = row.version.as_ref().map(Version::to_string);
        let both: Vec<String> = [version, row.cipher_suite.clone()]
            .into_iter()
            .flatten()
            .collect();
        format!("{} ({})", both.join(" "), row.sessions)
    });
    each.collect::<Vec<_>>().join(", ")
}

/// What became of the sessions of a client or server.
fn became(seen: &Seen) -> String {
    let counts = [
        (seen.established, "with TLS"),
        (seen.failed, "failed"),
        (seen.in_clear, "in clear"),
    ];
    let counts = counts.into_iter().filter(|(count, _)| *count > 0);
    let counts: Vec<String> = counts
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
    match counts.is_empty() {
        true => seen.sessions.to_string(),
        false => format!("{}: {}", seen.sessions, counts.join(", ")),
    }
}

/// The first of many, and how many more.
fn list<T: ToString>(items: &[T]) -> String {
    let named: Vec<String> = items.iter().take(NAMED).map(T::to_string).collect();
    match items.len().checked_sub(NAMED) {
        Some(more) if more > 0 => format!("{} and {more} more", named.join(", ")),
        _ => named.join(", "),
    }
}
