//! What is worth telling about a session: rules as data, ids as in the signature table.
//!
//! A rule sees a finished [`Session`] and says what it found and which frames prove it; the texts
//! that do not depend on the session stand in its table row. What `starttap rules` and the README
//! tell of a rule comes from there too. Signatures that are no rules stand in [`rows`].
//!
//! A new rule is a constant beside others of its idea, a line in [`RULES`] and lines in
//! `tests/rules/fixtures.tsv` with a capture or made-up connection on which it fires and one on
//! which it must not.

mod agreement;
mod alerts;
mod causes;
mod certificate;
mod cipher;
mod clear;
mod cohort;
mod connection;
pub mod diagnose;
mod downgrade;
mod early;
mod encrypted;
mod ending;
mod exchange;
mod failure;
mod flight;
mod grant;
mod greeting;
mod hello;
pub mod lookup;
mod mtu;
mod mutual;
pub mod names;
mod offer;
mod outdated;
pub mod policy;
mod refusal;
mod reset;
pub mod rows;
mod seen;
mod signature;
mod silence;
mod suites;
mod text;
mod tls13;
mod version;
pub mod words;

use std::borrow::Cow;

pub use cohort::{CROSS_RULES, Cohort, CrossRule};

use self::policy::Policy;
use crate::model::{Confidence, Finding, Session, Severity};

/// A row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// Stable id.
    pub id: &'static str,
    /// What it is about, in a few words.
    pub title: &'static str,
    /// How bad it usually is; an [`Observation`] says how bad it is in its session.
    pub severity: Severity,
    /// What it means for the mail.
    pub meaning: &'static str,
    /// What on the wire shows it.
    pub evidence: &'static str,
    /// What looks like it and is something else: ruled out by the check, or to be kept in mind.
    pub trap: &'static str,
    /// What to do.
    pub advice: &'static str,
    /// Standards and sources behind it.
    pub references: &'static [&'static str],
    /// Result type of RFC 8460, where one fits.
    pub tls_rpt: Option<&'static str>,
    /// Looks at a session.
    pub check: fn(&Session) -> Option<Observation>,
}

/// What a rule saw in a session.
#[derive(Clone, Debug, PartialEq)]
pub struct Observation {
    /// How bad it is here.
    pub severity: Severity,
    /// How sure the cause is.
    pub confidence: Confidence,
    /// What happened, in words.
    pub cause: String,
    /// Frames that prove it.
    pub frames: Vec<u64>,
    /// It is a sufficient cause of what became of this session: a candidate for the verdict.
    pub explains: bool,
}

/// All rules, in the order in which equal severities are reported.
pub static RULES: &[Rule] = &[
    outdated::ONLY_SSL3,
    outdated::BELOW_FLOOR,
    outdated::FALLBACK,
    version::NONE_COMMON,
    suites::NO_PROTECTION,
    downgrade::SENTINEL,
    downgrade::NOT_OFFERED,
    downgrade::LEGACY_SERVER,
    cipher::RC4_REFUSED,
    suites::TRIPLE_DES,
    alerts::UNKNOWN_NAME,
    agreement::TOO_WEAK,
    mutual::LONG_LIST,
    mutual::DEMANDED,
    flight::WEAK_DH,
    signature::NOT_ACCEPTED,
    flight::NO_RENEGOTIATION_INFO,
    flight::NO_EXTENDED_SECRET,
    alerts::STALE_SESSION,
    alerts::BAD_RECORD,
    tls13::WANTS_CAMOUFLAGE,
    tls13::AFTER_RETRY,
    tls13::LARGE_HELLO,
    encrypted::HIDDEN_ALERT,
    encrypted::HANG,
    agreement::SIXTY_FOUR,
    agreement::NO_CURVE,
    agreement::KEY_TRANSPORT_ONLY,
    agreement::NOTHING_COMMON,
    alerts::SERVER_FAULT,
    outdated::SSL2_FORMAT,
    version::BEST_OFFER,
    connection::NO_SERVER_HELLO,
    text::DECRYPTED,
    offer::MASKED,
    offer::OVERWRITTEN_COMMAND,
    refusal::NOT_AVAILABLE,
    refusal::REFUSED,
    text::CLIENT_SPEAKS_TEXT,
    text::SERVER_SPEAKS_TEXT,
    text::ALERT_THEN_TEXT,
    text::INJECTED_RESPONSE,
    early::DOES_NOT_WAIT,
    early::TLS_TOO_EARLY,
    early::BOTH_WAIT,
    clear::EXPOSED,
    refusal::TLS_REQUIRED,
    clear::TLS_IGNORED,
    refusal::TURNED_AWAY,
    greeting::UNFINISHED,
    greeting::LATE,
    exchange::NO_EXCHANGE_LOGIN,
    exchange::OLD_TLS_TO_CLOUD,
    grant::SERVER_LEAVES,
    offer::NOT_OFFERED,
    clear::AUTH_OFFERED,
    grant::PROBE,
    version::CHOSEN,
    cipher::RC4_CHOSEN,
    flight::COMPRESSION,
    suites::ANONYMOUS,
    encrypted::RENEGOTIATION,
    encrypted::NOT_TLS,
    cipher::RC4_OFFERED,
    certificate::DEFAULT,
    certificate::SELF_SIGNED,
    certificate::MISSING_INTERMEDIATE,
    certificate::EXPIRED,
    certificate::NOT_YET_VALID,
    certificate::host::WRONG_NAME,
    certificate::NO_CLIENT_AUTH,
    certificate::WITHDRAWN,
    certificate::UNUSABLE,
    certificate::WEAK_SIGNATURE,
    certificate::SMALL_KEY,
    certificate::host::NO_ALTERNATIVE_NAME,
    certificate::NO_STAPLE,
    certificate::connector::PATTERN,
    certificate::ORDER,
    certificate::REJECTED,
    reset::AFTER_IDLE,
    reset::INJECTED,
    reset::BOTH_WAYS,
    mtu::BLACK_HOLE,
    mtu::TOO_BIG,
    mtu::NEVER_ARRIVES,
    silence::NO_ANSWER,
    reset::REFUSED,
    reset::AFTER_HELLO,
    silence::ZERO_WINDOW,
    hello::LOST_HELLO,
    hello::SILENT_SERVER,
    silence::IMPATIENT_CLIENT,
    failure::BROKEN_OFF,
    connection::RESET,
    connection::RETRANSMISSIONS,
    silence::UNFINISHED,
    silence::BARE_CONNECT,
];

/// What a run is asked to judge beyond the built-in rules.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// What is demanded of TLS; its breaches are findings of the family N.
    pub policy: Option<Policy>,
    /// Names that servers are expected to bear, any one of them; none: what the session shows.
    pub expect_names: Vec<String>,
    /// Patterns of the receivers' connectors.
    pub connector_patterns: Vec<String>,
}

type CheckWith = fn(&Session, &Settings) -> Option<Observation>;

/// Rules that see more when they are told what to expect.
const TOLD: [(&str, CheckWith); 2] = [
    (
        certificate::host::WRONG_NAME.id,
        certificate::host::wrong_name,
    ),
    (
        certificate::connector::PATTERN.id,
        certificate::connector::taken,
    ),
];

/// Adds findings and verdict to a session.
pub fn judge(session: &mut Session, settings: &Settings) {
    let mut causes = Vec::new();
    for rule in RULES {
        let observation = match TOLD.iter().find(|(id, _)| *id == rule.id) {
            Some((_, check)) => check(session, settings),
            None => (rule.check)(session),
        };
        if let Some(observation) = observation {
            let explains = observation.explains;
            let finding = finding(rule, observation, session);
            if explains || causes::explains(session, &finding) {
                causes.push(finding.clone());
            }
            session.findings.push(finding);
        }
    }
    session.findings.sort_by_key(|finding| finding.severity);
    session.verdict = diagnose::verdict(session, causes::earliest(causes));
    // What explains the ending is read first, what only follows from it last.
    let verdict = &session.verdict;
    let is_path = verdict.finding.is_some_and(|id| id.starts_with('P'));
    for finding in &mut session.findings {
        if is_path && verdict.consequences.contains(&finding.id) {
            finding.advice = "Nothing by itself: it follows from the verdict above.".into();
        }
    }
    // What a policy demands explains no ending, so it has no say in the verdict.
    if let Some(policy) = &settings.policy {
        session.findings.extend(policy.findings(session));
    }
    session.findings.sort_by_key(|finding| {
        let follows = verdict.consequences.contains(&finding.id);
        let explains = verdict.finding == Some(finding.id);
        (finding.severity, !explains, follows)
    });
}

fn finding(rule: &Rule, observation: Observation, session: &Session) -> Finding {
    let mut frames = observation.frames;
    frames.sort_unstable();
    frames.dedup();
    Finding {
        id: rule.id,
        title: rule.title,
        severity: observation.severity,
        confidence: observation.confidence,
        cause: observation.cause,
        advice: rule.advice.into(),
        filter: words::filter(session, &frames),
        frames,
        references: rule.references.iter().copied().map(Cow::from).collect(),
        tls_rpt: rule.tls_rpt,
    }
}

#[cfg(test)]
mod tests {
    use super::rows::ROWS;
    use super::*;

    #[test]
    fn ids_are_unique() {
        let rules = RULES.iter().map(|rule| rule.id);
        let mut ids: Vec<_> = rules.chain(ROWS.iter().map(|row| row.id)).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), RULES.len() + ROWS.len());
    }

    #[test]
    fn every_text_is_a_sentence() {
        for rule in RULES {
            for text in [rule.meaning, rule.evidence, rule.trap, rule.advice] {
                assert!(
                    text.ends_with('.') && text.len() < 300,
                    "{}: {text}",
                    rule.id
                );
            }
            assert!(!rule.references.is_empty(), "{}", rule.id);
            assert!(
                !rule.title.ends_with('.') && rule.title.len() < 80,
                "{}",
                rule.id
            );
        }
        for row in ROWS {
            assert!(row.instead.ends_with('.'), "{}", row.id);
        }
    }
}
