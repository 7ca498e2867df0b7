//! What no single session shows: sessions are kept as digests and compared when everything is read.
//!
//! Further sightings of a session in another input and scanners are found first and left out of the
//! rest.

mod certificates;
mod changes;
mod contrast;
mod course;
mod dance;
mod digest;
mod floors;
mod inventory;
mod pairs;
mod pool;
mod rhythm;
mod sources;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::rc::Rc;

use self::digest::{Digest, Shared};
use super::{Settings, words};
use crate::limits::COMPARED_SESSIONS;
use crate::model::inventory::Inventory;
use crate::model::{Cited, Confidence, CrossFinding, Session, Severity};

/// A rule about several sessions.
#[derive(Clone, Copy, Debug)]
pub struct CrossRule {
    /// Stable id.
    pub id: &'static str,
    /// What it is about, in a few words.
    pub title: &'static str,
    /// How bad it usually is.
    pub severity: Severity,
    /// What it means.
    pub meaning: &'static str,
    /// What shows it.
    pub evidence: &'static str,
    /// When it would be a false alarm, and what is done about it.
    pub trap: &'static str,
    /// What to do.
    pub advice: &'static str,
    /// Standards and sources behind it.
    pub references: &'static [&'static str],
    /// Result type of RFC 8460, where one fits.
    pub tls_rpt: Option<&'static str>,
    /// Compares sessions, which come in the order in which they began.
    check: fn(&[&Digest]) -> Vec<Comparison>,
}

/// What a comparison showed.
#[derive(Clone, Debug)]
struct Comparison {
    severity: Severity,
    confidence: Confidence,
    cause: String,
    /// Positions of the sessions, with the frames that prove it.
    sessions: Vec<(usize, Vec<u64>)>,
}

/// The rules, in the order in which equal severities are reported.
pub static CROSS_RULES: &[CrossRule] = &[
    dance::PLAINTEXT_RETRY,
    dance::FALLBACK,
    pool::UNEQUAL_POOL,
    contrast::CONTRAST,
    sources::PER_SOURCE,
    course::CHANGE_POINT,
    rhythm::RHYTHM,
    certificates::KEY_TYPE,
    pairs::TWO_POINTS,
    pairs::COPIES,
    sources::SCANNER,
];

/// Rules about single sessions that say more when sessions are compared: they stand in `RULES`.
static MORE: &[CrossRule] = &[certificates::UNBOUND, certificates::TAKEN];

/// Rules whose sessions the others leave out.
const SET_ASIDE: [&str; 3] = ["X10", "X09", "X08"];

/// The sessions of a run.
#[derive(Debug, Default)]
pub struct Cohort {
    /// Patterns of connectors that client certificates are held against.
    patterns: Vec<Rc<str>>,
    shared: Shared,
    digests: Vec<Digest>,
    left_out: u64,
}

impl Cohort {
    /// No sessions yet.
    pub fn new(settings: &Settings) -> Self {
        let patterns = settings.connector_patterns.iter();
        Self {
            patterns: patterns.map(|pattern| pattern.as_str().into()).collect(),
            ..Self::default()
        }
    }

    /// Takes a judged session.
    pub fn add(&mut self, session: &Session) {
        if self.digests.len() >= COMPARED_SESSIONS {
            self.left_out += 1;
            return;
        }
        let digest = self.shared.digest(session, &self.patterns);
        self.digests.push(digest);
    }

    /// Whether sessions were not compared, in words.
    pub fn limit_hit(&self) -> Option<String> {
        (self.left_out > 0).then(|| {
            format!(
                "{} sessions beyond the first {COMPARED_SESSIONS} were not compared with others",
                self.left_out
            )
        })
    }

    /// What the sessions show together, most severe first, and who can do what.
    pub fn finish(&self) -> (Vec<CrossFinding>, Inventory) {
        let mut all: Vec<&Digest> = self.digests.iter().collect();
        all.sort_by_key(|digest| (digest.started, digest.first_frame));
        let mut found = Vec::new();
        let mut aside: BTreeSet<usize> = BTreeSet::new();
        let mut scanners = BTreeSet::new();
        let (first, rest): (Vec<&CrossRule>, Vec<&CrossRule>) = CROSS_RULES
            .iter()
            .partition(|rule| SET_ASIDE.contains(&rule.id));
        for rule in first {
            for comparison in (rule.check)(&all) {
                // Of two sightings the one nearer to the client counts; a scanner's do not at all.
                let is_copy = rule.id != sources::SCANNER.id;
                let sessions = comparison.sessions.iter().map(|(at, _)| *at);
                if !is_copy {
                    scanners.extend(sessions.clone().map(|at| all[at].client.ip));
                }
                aside.extend(sessions.skip(usize::from(is_copy)));
                found.push(finding(rule, &comparison, &all));
            }
        }
        let compared: Vec<&Digest> = (0..all.len())
            .filter(|at| !aside.contains(at))
            .map(|at| all[at])
            .collect();
        for rule in rest.into_iter().chain(MORE) {
            let comparisons = (rule.check)(&compared);
            found.extend(comparisons.iter().map(|it| finding(rule, it, &compared)));
        }
        let place = |id: &str| CROSS_RULES.iter().position(|rule| rule.id == id);
        found.sort_by_key(|finding| (finding.severity, place(finding.id)));
        let scanners = scanners.into_iter().collect();
        let inventory = inventory::inventory(&compared, scanners, aside.len() as u64);
        (found, inventory)
    }
}

/// Sessions cited by a finding; of more the count tells.
const CITED: usize = 20;

fn finding(rule: &CrossRule, comparison: &Comparison, all: &[&Digest]) -> CrossFinding {
    let cited = comparison.sessions.iter().take(CITED);
    let cited: Vec<(&Digest, &Vec<u64>)> = cited.map(|(at, frames)| (all[*at], frames)).collect();
    let filters = cited.iter().map(|(digest, _)| {
        let conversation = words::conversation(digest.client, digest.server);
        format!("({conversation})")
    });
    // Each once: two inputs may hold the same connection.
    let filters: BTreeSet<String> = filters.collect();
    let filters: Vec<String> = filters.into_iter().collect();
    CrossFinding {
        id: rule.id,
        title: rule.title,
        severity: comparison.severity,
        confidence: comparison.confidence,
        cause: comparison.cause.clone(),
        advice: rule.advice,
        sessions: cited
            .iter()
            .map(|(digest, frames)| Cited {
                input: digest.input.to_string(),
                first_frame: digest.first_frame,
                frames: (*frames).clone(),
            })
            .collect(),
        count: comparison.sessions.len() as u64,
        filter: filters.join(" || "),
        references: rule.references.to_vec(),
        tls_rpt: rule.tls_rpt,
    }
}

/// `192.0.2.7, 192.0.2.8`, each once, of many the first ones.
fn named<T: ToString>(items: impl IntoIterator<Item = T>) -> String {
    /// Named in a sentence.
    const NAMED: usize = 6;
    let mut names: Vec<String> = Vec::new();
    for item in items {
        let name = item.to_string();
        if !names.contains(&name) {
            names.push(name);
        }
        if names.len() > NAMED {
            names.pop();
            names.push("…".to_owned());
            break;
        }
    }
    names.join(", ")
}

/// Whether the sessions come from several inputs, so that a frame number alone does not do.
fn from_several(all: &[&Digest]) -> bool {
    all.windows(2).any(|pair| pair[0].input != pair[1].input)
}

/// `frame 7`, and where several inputs were read the input with it.
fn cite(digest: &Digest, frame: u64, several: bool) -> String {
    match several {
        true => format!("frame {frame} of {}", digest.input),
        false => format!("frame {frame}"),
    }
}

/// Positions of sessions by a key, in the order of first appearance.
fn grouped<K: Eq + std::hash::Hash + Clone>(
    all: &[&Digest],
    key: impl Fn(&Digest) -> Option<K>,
) -> Vec<(K, Vec<usize>)> {
    let mut places = std::collections::HashMap::new();
    let mut groups: Vec<(K, Vec<usize>)> = Vec::new();
    for (at, digest) in all.iter().enumerate() {
        let Some(key) = key(digest) else {
            continue;
        };
        let place = *places.entry(key.clone()).or_insert_with(|| {
            groups.push((key, Vec::new()));
            groups.len() - 1
        });
        groups[place].1.push(at);
    }
    groups
}
