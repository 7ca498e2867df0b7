//! JUnit XML for pipelines: a test case per session, failed by findings of some severity.

use std::io::{self, Write};
use std::time::Duration;

use quick_junit::{NonSuccessKind, Report as Document, TestCase, TestCaseStatus, TestSuite};

use super::Output;
use crate::escape::terminal;
use crate::model::{CrossFinding, Report, Session, Severity};

/// The suite of what no single session shows.
const ACROSS: &str = "across sessions";

/// Writes one document at the end.
pub struct Junit<W> {
    out: W,
    threshold: Severity,
    suites: Vec<TestSuite>,
}

impl<W: Write> Junit<W> {
    /// Writes to `out`; findings at least as severe as `threshold` fail a session.
    pub fn new(out: W, threshold: Severity) -> Self {
        Self {
            out,
            threshold,
            suites: Vec::new(),
        }
    }

    /// The suite of an input; inputs are read one after the other.
    fn suite(&mut self, input: &str) -> Option<&mut TestSuite> {
        if self
            .suites
            .last()
            .is_none_or(|suite| suite.name.as_str() != input)
        {
            self.suites.push(TestSuite::new(input));
        }
        self.suites.last_mut()
    }
}

impl<W: Write> Output for Junit<W> {
    fn session(&mut self, session: &Session) -> io::Result<()> {
        let name = format!(
            "{} -> {} from frame {}",
            session.client, session.server, session.capture.first_frame
        );
        let threshold = self.threshold;
        let severe = session.findings.iter();
        let severe = severe.filter(|finding| finding.severity <= threshold);
        let failures = severe.map(|finding| {
            let text = format!("{} {}: {}", finding.id, finding.title, finding.cause);
            (finding.id, text)
        });
        let input = &session.capture.input;
        let mut case = case(input, &name, &session.verdict.text, failures.collect());
        let seconds = session.ended_at.seconds_since(session.started).max(0.0);
        case.set_time(Duration::try_from_secs_f64(seconds).unwrap_or_default());
        case.set_system_out(safe(&session.verdict.text));
        if let Some(suite) = self.suite(&safe(input)) {
            suite.add_test_case(case);
        }
        Ok(())
    }

    fn finish(&mut self, report: &Report) -> io::Result<()> {
        let mut across = TestSuite::new(ACROSS);
        for finding in &report.findings {
            let failed = finding.severity <= self.threshold;
            let failures = failed.then(|| (finding.id, finding.cause.clone()));
            let name = format!("{} {}{}", finding.id, finding.title, place(finding));
            let failures = failures.into_iter().collect();
            across.add_test_case(case(ACROSS, &name, &finding.cause, failures));
        }
        for input in &report.inputs {
            // What could not be read must not look like a success.
            if let Some(error) = &input.error {
                let failures = vec![("unreadable", error.clone())];
                across.add_test_case(case(ACROSS, &input.path, error, failures));
            }
        }
        let mut document = Document::new("starttap");
        document.add_test_suites(std::mem::take(&mut self.suites));
        if !across.test_cases.is_empty() {
            document.add_test_suite(across);
        }
        let text = document.to_string().map_err(io::Error::other)?;
        // The root has no such attribute in the schema that Jenkins' xUnit plugin checks against.
        let text = text.replacen(" skipped=\"0\"", "", 1);
        self.out.write_all(text.as_bytes())?;
        self.out.flush()
    }
}

/// Where a finding begins: several of one rule must not share a name.
fn place(finding: &CrossFinding) -> String {
    let first = finding.sessions.first();
    first.map_or_else(String::new, |cited| {
        format!(", {} from frame {}", cited.input, cited.first_frame)
    })
}

/// Some readers tell cases apart by class and name, so inputs are the classes.
fn case(class: &str, name: &str, message: &str, failures: Vec<(&str, String)>) -> TestCase {
    let status = match failures.first() {
        None => TestCaseStatus::success(),
        Some((id, _)) => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status.set_type(*id).set_message(safe(message));
            let texts: Vec<String> = failures.iter().map(|(_, text)| safe(text)).collect();
            status.set_description(texts.join("\n"));
            status
        }
    };
    let mut case = TestCase::new(safe(name), status);
    case.set_classname(safe(class));
    case
}

/// XML has no place for control characters.
fn safe(text: &str) -> String {
    terminal(text).into_owned()
}
