//! What is kept of the sessions until the page is written.

use std::collections::BTreeMap;

use crate::model::{Confidence, Endpoint, Outcome, Session, Severity, Starts, Visibility};
use crate::report::{self, Badness, badness, title};
use crate::time::Timestamp;

/// Sessions kept to be told in full: more of them nobody reads.
const TOLD: usize = 200;
/// Rows of the table of sessions, at about 300 bytes each.
const ROWS: usize = 10_000;
/// Inputs that rows can point to; rotated captures come in thousands.
const INPUTS: usize = 10_000;

/// Everything kept. Sessions are sorted worst first, and by arrival where they are equally bad.
#[derive(Default)]
pub struct Collected {
    /// All sessions.
    pub count: u64,
    /// Sessions that failed, or carry a finding of high or critical severity.
    pub grave: u64,
    /// Sessions of which the capture does not hold everything.
    pub incomplete: Incomplete,
    /// The worst sessions, a row each.
    pub rows: BTreeMap<(Badness, u64), Row>,
    /// The worst of them, whole.
    pub told: BTreeMap<(Badness, u64), Session>,
    /// Sessions by what became of them and why.
    pub causes: BTreeMap<report::Cause, Cause>,
    /// Names of the inputs in the order of their sessions.
    pub inputs: Vec<String>,
}

/// Sessions of which the capture does not hold everything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Incomplete {
    /// One direction only.
    pub one_sided: u64,
    /// The beginning is missing.
    pub midstream: u64,
    /// Cut by the snap length.
    pub cut: u64,
    /// Bytes of the stream are missing.
    pub holed: u64,
    /// Copies of packets set aside.
    pub copies: u64,
}

/// One session in the table.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// Position in [`Collected::inputs`]; `None` beyond the bound.
    pub input: Option<usize>,
    /// Who opened the connection.
    pub client: Endpoint,
    /// Who was called.
    pub server: Endpoint,
    /// First frame.
    pub first_frame: u64,
    /// Time of the first frame.
    pub started: Timestamp,
    /// Time of the last frame.
    pub ended_at: Timestamp,
    /// What became of it, and why.
    pub cause: report::Cause,
    /// Title of the finding that the verdict rests on.
    pub title: &'static str,
    /// How sure the verdict is.
    pub confidence: Confidence,
    /// It failed, or carries a finding of high or critical severity.
    pub grave: bool,
}

/// Sessions with the same outcome for the same reason.
#[derive(Clone, Debug)]
pub struct Cause {
    /// How many.
    pub count: u64,
    /// Title of the finding.
    pub title: &'static str,
    /// The worst of them.
    pub example: (Badness, u64),
    /// What was said of that one.
    pub text: String,
}

impl Collected {
    /// Takes note of a judged session.
    pub fn add(&mut self, session: &Session) {
        let key = (badness(session), self.count);
        self.count += 1;
        self.grave += u64::from(is_grave(session));
        self.incomplete.add(session);
        let input = self.input(&session.capture.input);
        keep(&mut self.rows, ROWS, key, || row(session, input));
        keep(&mut self.told, TOLD, key, || session.clone());
        let finding = session.verdict.finding;
        let new = || Cause {
            count: 0,
            title: finding.map_or("", |id| title(session, id)),
            example: key,
            text: session.verdict.text.clone(),
        };
        let cause = self.causes.entry(report::Cause::of(session));
        let cause = cause.or_insert_with(new);
        if key < cause.example {
            *cause = Cause {
                count: cause.count,
                ..new()
            };
        }
        cause.count += 1;
    }

    /// The number of an input; inputs are read one after the other.
    fn input(&mut self, name: &str) -> Option<usize> {
        if self.inputs.last().is_some_and(|last| last == name) {
            return Some(self.inputs.len() - 1);
        }
        let known = self.inputs.iter().position(|known| known == name);
        if known.is_none() && self.inputs.len() < INPUTS {
            self.inputs.push(name.to_owned());
            return Some(self.inputs.len() - 1);
        }
        known
    }
}

/// Keeps the `most` entries that sort first.
fn keep<K: Ord + Copy, V>(
    map: &mut BTreeMap<K, V>,
    most: usize,
    key: K,
    value: impl FnOnce() -> V,
) {
    let is_full = map.len() >= most;
    if is_full && map.last_key_value().is_some_and(|(last, _)| *last < key) {
        return;
    }
    map.insert(key, value());
    if is_full {
        map.pop_last();
    }
}

fn row(session: &Session, input: Option<usize>) -> Row {
    let finding = session.verdict.finding;
    Row {
        input,
        client: session.client,
        server: session.server,
        first_frame: session.capture.first_frame,
        started: session.started,
        ended_at: session.ended_at,
        cause: report::Cause::of(session),
        title: finding.map_or("", |id| title(session, id)),
        confidence: session.verdict.confidence,
        grave: is_grave(session),
    }
}

/// Whether a session failed, or carries a finding of high or critical severity: these are told in
/// full also where there are many. In the order of [`badness`] they come first.
pub fn is_grave(session: &Session) -> bool {
    let worst = session.findings.first().map(|finding| finding.severity);
    let failed = session.outcome == Outcome::TlsFailed && !session.is_probe();
    failed || worst.is_some_and(|worst| worst <= Severity::High)
}

impl Incomplete {
    fn add(&mut self, session: &Session) {
        let capture = &session.capture;
        let tcp = &session.tcp;
        let is_holed = tcp.client.missing_bytes + tcp.server.missing_bytes > 0;
        self.one_sided += u64::from(capture.visibility != Visibility::Both);
        self.midstream += u64::from(capture.starts == Starts::Midstream);
        self.cut += u64::from(capture.snaplen_cut);
        self.holed += u64::from(is_holed);
        self.copies += tcp.capture_copies;
    }
}
