//! What a run says beside its sessions: the inputs, what shows only across sessions, the totals.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use super::finding::{Confidence, Severity};
use super::inventory::Inventory;
use super::session::{Outcome, Session};

/// One input as it was read.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct Input {
    /// As given on the command line.
    pub path: String,
    /// Format: `pcap`, `pcapng`, `pcap (gzip)`, `live`.
    pub format: String,
    /// Names of the link types seen.
    pub link_types: Vec<String>,
    /// Packet records read.
    pub frames: u64,
    /// Frames that gave no TCP segment, by reason.
    pub skipped: Skipped,
    /// Whether the input was read to its end without damage.
    pub complete: bool,
    /// What stopped the reading.
    pub error: Option<String>,
    /// Packets the capture program or the system dropped; `None` when not known.
    pub dropped: Option<u64>,
    /// What copies of packets say about the capture point; `None` without copies.
    pub capture_point: Option<String>,
}

/// Frames that gave no TCP segment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Skipped {
    /// Fragments that waited for, or never got, the rest of their datagram.
    pub fragments: u64,
    /// Contradictory headers.
    pub malformed: u64,
    /// Network protocols other than IP.
    pub not_ip: u64,
    /// IP, but not TCP.
    pub not_tcp: u64,
    /// Headers cut by the snap length.
    pub snap_length: u64,
    /// Unknown link types.
    pub unknown_link_type: u64,
    /// Dropped by the capture filter given to this program.
    pub filtered: u64,
}

/// What a run says beside its sessions.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Report {
    /// The inputs in the order given.
    pub inputs: Vec<Input>,
    /// What no single session shows, most severe first.
    pub findings: Vec<CrossFinding>,
    /// Who can do what, when it is asked for.
    pub inventory: Option<Inventory>,
    /// The totals.
    pub summary: Summary,
}

/// A finding about several sessions.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct CrossFinding {
    /// Id of the rule.
    pub id: &'static str,
    /// Title of the rule.
    pub title: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// How sure the cause is.
    pub confidence: Confidence,
    /// What happened, in words.
    pub cause: String,
    /// What to do.
    pub advice: &'static str,
    /// The sessions that show it, with the frames that prove it; of many the first ones.
    pub sessions: Vec<Cited>,
    /// How many sessions show it.
    pub count: u64,
    /// A Wireshark display filter that shows these sessions.
    pub filter: String,
    /// Standards behind it.
    pub references: Vec<&'static str>,
    /// Result type of RFC 8460, where one fits.
    pub tls_rpt: Option<&'static str>,
}

/// A session that a finding rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Cited {
    /// The input as given on the command line.
    pub input: String,
    /// First frame of the session.
    pub first_frame: u64,
    /// Frames that prove it.
    pub frames: Vec<u64>,
}

/// The policy that sessions were held against.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PolicyInfo {
    /// Short name: lower-case letters, digits, dots and hyphens.
    pub name: String,
    /// Title of the document behind it.
    pub title: String,
    /// Date of that document: year, year and month, or day.
    pub date: String,
    /// Where the document is found.
    pub url: String,
}

/// The totals of a run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct Summary {
    /// Sessions seen.
    pub sessions: u64,
    /// Sessions by outcome.
    pub outcomes: BTreeMap<Outcome, u64>,
    /// Of the outcomes, those of health checks and other probes (S10, P17): no failures.
    pub probes: BTreeMap<Outcome, u64>,
    /// Sessions in which TLS was established and nothing came of it.
    #[serde(skip)]
    pub came_to_nothing: u64,
    /// Findings by severity.
    pub severities: BTreeMap<Severity, u64>,
    /// Sessions by finding.
    pub findings: BTreeMap<&'static str, u64>,
    /// The policy that the sessions were held against; `None` without one.
    pub policy: Option<PolicyInfo>,
    /// Findings counted above that the reports leave out on request.
    pub hidden_findings: u64,
    /// Limits that were hit, in words.
    pub limits_hit: Vec<String>,
    /// What was replaced by pseudonyms; `None` where everything is as it was captured.
    pub redaction: Option<Redaction>,
}

/// That the report is redacted, and with which key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Redaction {
    /// Name of the key, which it does not give away: reports with the same one share pseudonyms.
    pub key: String,
}

impl Redaction {
    /// What was done, in a sentence.
    pub fn words(&self) -> String {
        format!(
            "Redacted with the key {}: addresses, host names, mail addresses, names and numbers of \
             certificates are pseudonyms, and so is every other word of the peers that is not the \
             protocol's. Times, ports, lengths and everything about TCP and TLS are as captured.",
            self.key
        )
    }
}

impl Summary {
    /// Counts a judged session.
    pub fn add(&mut self, session: &Session) {
        self.sessions += 1;
        *self.outcomes.entry(session.outcome).or_default() += 1;
        if session.is_probe() {
            *self.probes.entry(session.outcome).or_default() += 1;
        }
        self.came_to_nothing += u64::from(session.came_to_nothing());
        for finding in &session.findings {
            *self.severities.entry(finding.severity).or_default() += 1;
        }
        // A session may break several lines of a policy, under the same id.
        let ids: BTreeSet<_> = session.findings.iter().map(|finding| finding.id).collect();
        for id in ids {
            *self.findings.entry(id).or_default() += 1;
        }
    }

    /// Counts a finding about several sessions.
    pub fn add_across(&mut self, finding: &CrossFinding) {
        *self.severities.entry(finding.severity).or_default() += 1;
        *self.findings.entry(finding.id).or_default() += finding.count;
    }

    /// Sessions by outcome, without health checks and other probes, and how many those are.
    pub fn without_probes(&self) -> (BTreeMap<Outcome, u64>, u64) {
        let mut outcomes = self.outcomes.clone();
        for (outcome, probes) in &self.probes {
            if let Some(count) = outcomes.get_mut(outcome) {
                *count = count.saturating_sub(*probes);
            }
        }
        outcomes.retain(|_, count| *count > 0);
        (outcomes, self.probes.values().sum())
    }

    /// What to say behind the count of an outcome: of how many sessions nothing came.
    pub fn remark(&self, outcome: Outcome) -> String {
        match (outcome, self.came_to_nothing) {
            (Outcome::TlsEstablished, 1..) => {
                format!(" ({} came to nothing)", self.came_to_nothing)
            }
            _ => String::new(),
        }
    }

    /// The most severe finding of the run.
    pub fn worst(&self) -> Option<Severity> {
        self.severities.keys().next().copied()
    }
}
