//! Alerts that say themselves what the peer has against a certificate.

use super::refusal::{REVOKED, Refusal, UNSUPPORTED, is_hidden, refusal, unsaid};
use super::{Presented, listed, purpose, strength, subject, who};
use crate::model::tls::Alert;
use crate::model::{Confidence, Outcome, Peer, Session, Severity};
use crate::rules::signature;
use crate::rules::{Observation, Rule, words};

pub const WITHDRAWN: Rule = Rule {
    id: "C20",
    title: "The peer says that the certificate is revoked",
    severity: Severity::High,
    meaning: "The issuer has withdrawn the certificate, and the peer that got it found that out from a \
              list or a responder. It will not take it again.",
    evidence: "Fatal alert 44 (certificate_revoked) in answer to a certificate.",
    trap: "The certificate itself does not show it: it is the peer's word, and what the peer knows \
           may be old. In TLS 1.3 the certificate is encrypted, so that it is not named.",
    advice: "Ask the CA why it was revoked, have a new one issued with a new key, and put it on every \
             server that presents the old one.",
    references: &["RFC 8446 section 6.2", "RFC 5280 section 3.3"],
    tls_rpt: Some("certificate-not-trusted"),
    check: withdrawn,
};

pub const UNUSABLE: Rule = Rule {
    id: "C21",
    title: "The peer cannot use a certificate of this kind",
    severity: Severity::High,
    meaning: "The certificate may be valid and trusted: it is made for another purpose, or with a key \
              that the peer does not take.",
    evidence: "Fatal alert 43 (unsupported_certificate) in answer to a certificate; surely so where \
               its extended key usage lacks the role in which it was presented.",
    trap: "The alert does not say what is unsupported. A client's certificate without clientAuth is \
           C11; weak keys and signatures have rules of their own (C08, C09, T14).",
    advice: "Compare the extended key usage, key usage, key and signature with what the peer takes; \
             servers need serverAuth, clients clientAuth.",
    references: &["RFC 8446 section 6.2", "RFC 5280 section 4.2.1.12"],
    tls_rpt: Some("validation-failure"),
    check: unusable,
};

/// The fatal alert with this code about a certificate, whose certificate it is, and the certificate
/// where it shows.
fn objection(session: &Session, code: u8) -> Option<(&Alert, Peer, Option<Presented<'_>>)> {
    let tls = session.tls.as_ref()?;
    let sides = [Peer::Server, Peer::Client].into_iter();
    let shown = sides.filter_map(|by| match refusal(session, by)? {
        Refusal::Alert(alert) => Some((alert, by, Presented::of(session, by))),
        Refusal::Closed(..) => None,
    });
    let mut alerts = tls.alerts.iter();
    let first = alerts.find(|alert| alert.level.as_deref() == Some("fatal"))?;
    let failed = session.outcome == Outcome::TlsFailed;
    let hidden = (failed && is_hidden(tls)).then_some((first, first.from.other(), None));
    let mut found = shown.chain(hidden);
    found.find(|(alert, ..)| alert.code == Some(code))
}

/// `The client at 192.0.2.10 rejected the server's certificate “CN=mail” (frame 12): …`.
fn told(session: &Session, alert: &Alert, by: Peer, presented: Option<Presented<'_>>) -> String {
    let which = presented.map_or_else(
        || ", which TLS 1.3 encrypts".to_owned(),
        |it| format!(" {} (frame {})", subject(it.leaf), it.leaf.frame),
    );
    format!(
        "{} rejected the {by}'s certificate{which}: {} (frame {}).",
        who(session, alert.from),
        words::alert(alert),
        alert.frame
    )
}

fn observe(
    alert: &Alert,
    presented: Option<Presented<'_>>,
    confidence: Confidence,
    cause: String,
) -> Observation {
    let certificate = presented.map(|it| it.leaf.frame);
    Observation {
        severity: Severity::High,
        confidence,
        cause,
        frames: certificate.into_iter().chain([alert.frame]).collect(),
        explains: true,
    }
}

fn withdrawn(session: &Session) -> Option<Observation> {
    let (alert, by, presented) = objection(session, REVOKED)?;
    let cause = format!(
        "{} The {} says that its issuer has revoked it; the certificate itself does not show that.",
        told(session, alert, by, presented),
        alert.from
    );
    Some(observe(alert, presented, Confidence::High, cause))
}

fn unusable(session: &Session) -> Option<Observation> {
    let (alert, by, presented) = objection(session, UNSUPPORTED)?;
    let narrower = [
        purpose::NO_CLIENT_AUTH,
        strength::WEAK_SIGNATURE,
        strength::SMALL_KEY,
        signature::NOT_ACCEPTED,
    ];
    let explained = |rule: &Rule| (rule.check)(session).is_some_and(|it| it.explains);
    if narrower.iter().any(explained) {
        return None;
    }
    let (why, confidence) = match presented.and_then(|it| other_purpose(it, by)) {
        Some(why) => (why, Confidence::High),
        None => (unsaid(alert.from), Confidence::Medium),
    };
    let cause = format!("{} {why}", told(session, alert, by, presented));
    Some(observe(alert, presented, confidence, cause))
}

/// The certificate is for something else, as far as it says.
fn other_purpose(presented: Presented<'_>, by: Peer) -> Option<String> {
    let usage = &presented.leaf.extended_key_usage;
    let needed = match by {
        Peer::Server => "serverAuth",
        Peer::Client => "clientAuth",
    };
    let allows = |name: &String| [needed, "anyExtendedKeyUsage"].contains(&name.as_str());
    // More usages may stand where not all of it can be read.
    let readable = presented.leaf.malformed.is_empty();
    if !readable || usage.is_empty() || usage.iter().any(allows) {
        return None;
    }
    let usage = listed(usage.iter().map(String::as_str));
    Some(format!(
        "Its extended key usage is {usage}, and a {by} needs {needed}."
    ))
}
