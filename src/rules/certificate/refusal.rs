//! What the peer that got a certificate did about it.
//!
//! The same fault meets different alerts: expired is 45 with OpenSSL and JSSE and 42 with GnuTLS and
//! Go; an unknown issuer is 48, with JSSE 46, with GnuTLS 42; a wrong name is 42, with JSSE 46.

use super::{Presented, subject, who};
use crate::model::tls::{Alert, Tls, Version};
use crate::model::{Confidence, EndedBy, Outcome, Peer, Session, Severity, Visibility};
use crate::rules::failure::is_told;
use crate::rules::seen::whole;
use crate::rules::{Observation, Rule, words};

pub const REJECTED: Rule = Rule {
    id: "C22",
    title: "A certificate was rejected",
    severity: Severity::High,
    meaning: "One side refused the other's certificate, in which no other finding sees a fault: \
              mostly another name was expected, or its root is not trusted.",
    evidence: "A fatal alert about certificates (42, 45, 46, 48, 49, 113), and no other finding that \
               explains it.",
    trap: "Of these only 48 says why: no issuer is trusted. GnuTLS has 42 for everything, Java 46 \
           for most.",
    advice: "The log of the side that refused names the reason. Check that the certificate bears \
             the name which that side expects (--expect-name NAME), and that it trusts the root of \
             the chain.",
    references: &["RFC 8446 section 6.2", "RFC 8460 section 4.3"],
    tls_rpt: Some("validation-failure"),
    check: rejected,
};

pub const BAD: u8 = 42;
pub const UNSUPPORTED: u8 = 43;
pub const REVOKED: u8 = 44;
pub const EXPIRED: u8 = 45;
pub const UNKNOWN: u8 = 46;
pub const UNKNOWN_CA: u8 = 48;
pub const ACCESS_DENIED: u8 = 49;
pub const INSUFFICIENT_SECURITY: u8 = 71;
pub const BAD_STATUS: u8 = 113;

/// Alerts about the peer's certificate (RFC 8446 section 6.2) that have no rule of their own; 47
/// (illegal_parameter) is none.
const ABOUT_CERTIFICATES: [u8; 6] = [BAD, EXPIRED, UNKNOWN, UNKNOWN_CA, ACCESS_DENIED, BAD_STATUS];

/// How a side showed that it would not take a certificate.
#[derive(Clone, Copy, Debug)]
pub enum Refusal<'a> {
    /// It sent a fatal alert.
    Alert(&'a Alert),
    /// It closed right after the certificate; the frame.
    Closed(Peer, u64),
}

impl Refusal<'_> {
    /// The frame that shows it.
    pub fn frame(&self) -> u64 {
        match self {
            Self::Alert(alert) => alert.frame,
            Self::Closed(_, frame) => *frame,
        }
    }

    /// `The client at 192.0.2.10 rejected it: fatal alert bad_certificate (42) (frame 14)`.
    pub fn words(&self, session: &Session) -> String {
        match self {
            Self::Alert(alert) => format!(
                "{} rejected it: {} (frame {})",
                who(session, alert.from),
                words::alert(alert),
                alert.frame
            ),
            Self::Closed(peer, frame) => format!(
                "{} then {} without an alert (frame {frame})",
                who(session, *peer),
                words::how(session.ended.how)
            ),
        }
    }
}

/// Which refusals a fault explains, and how sure that is.
pub struct Fit {
    /// By alert.
    pub alerts: &'static [(u8, Confidence)],
    /// A silent end right after the certificate.
    pub closed: Option<Confidence>,
}

impl Fit {
    pub fn confidence(&self, refusal: &Refusal<'_>) -> Option<Confidence> {
        match refusal {
            Refusal::Alert(alert) => {
                let mut alerts = self.alerts.iter();
                let fitting = alerts.find(|(code, _)| alert.code == Some(*code))?;
                Some(fitting.1)
            }
            Refusal::Closed(..) => self.closed,
        }
    }
}

/// What the other side did about the certificate of `by`, where the handshake failed.
pub fn refusal(session: &Session, by: Peer) -> Option<Refusal<'_>> {
    let presented = Presented::of(session, by)?;
    let tls = session.tls.as_ref()?;
    if session.outcome != Outcome::TlsFailed {
        return None;
    }
    let mut alerts = tls.alerts.iter();
    match alerts.find(|alert| alert.level.as_deref() == Some("fatal")) {
        Some(alert) => {
            let answers = alert.from == by.other() && alert.frame >= presented.leaf.frame;
            answers.then_some(Refusal::Alert(alert))
        }
        None => closed(session, tls, presented),
    }
}

/// The receiver had the whole flight with the certificate in it and left at once, without a word.
fn closed<'a>(session: &Session, tls: &Tls, presented: Presented<'_>) -> Option<Refusal<'a>> {
    /// Who leaves over a certificate does so when it has been checked, revocation lists included.
    const SOON: f64 = 10.0;
    let receiver = presented.by.other();
    let left = match receiver {
        Peer::Client => session.ended.by == EndedBy::Client,
        Peer::Server => session.ended.by == EndedBy::Server,
    };
    let after = session.ended.after?;
    let last = after.from == presented.by && after.frame >= presented.leaf.frame;
    let whole = session.capture.visibility == Visibility::Both
        && session.tcp.client.missing_bytes == 0
        && session.tcp.server.missing_bytes == 0
        && tls.alerts.is_empty()
        && tls.server_hello_done.is_some();
    (left && last && whole && after.seconds <= SOON)
        .then_some(Refusal::Closed(receiver, session.ended.frame?))
}

/// An alert about a certificate, none of whose faults explains it.
fn rejected(session: &Session) -> Option<Observation> {
    let tls = session.tls.as_ref()?;
    let mut alerts = tls.alerts.iter();
    let alert = alerts.find(|alert| alert.level.as_deref() == Some("fatal"))?;
    let code = alert.code?;
    let by = alert.from.other();
    let failed = session.outcome == Outcome::TlsFailed && ABOUT_CERTIFICATES.contains(&code);
    if !failed || is_told(session, alert.frame) {
        return None;
    }
    let presented = Presented::of(session, by);
    let (what, frame) = match presented {
        // What came before the certificate is no answer to it.
        Some(it) if alert.frame < it.leaf.frame => return None,
        Some(it) => (
            format!(" {} (frame {})", subject(it.leaf), it.leaf.frame),
            Some(it.leaf.frame),
        ),
        None if is_hidden(tls) => (", which TLS 1.3 encrypts".to_owned(), None),
        None => return None,
    };
    let (reason, confidence) = reason(code, presented, alert.from);
    // What is missing may be what another finding would have seen.
    let confidence = match whole(session) {
        true => confidence,
        false => Confidence::Medium.max(confidence),
    };
    let cause = format!(
        "{} rejected the {by}'s certificate{what}: {} (frame {}). {reason}",
        who(session, alert.from),
        words::alert(alert),
        alert.frame,
    );
    Some(Observation {
        severity: Severity::High,
        confidence,
        cause,
        frames: frame.into_iter().chain([alert.frame]).collect(),
        explains: true,
    })
}

/// TLS 1.3 encrypts the certificates.
pub fn is_hidden(tls: &Tls) -> bool {
    let hello = tls.server_hello.as_ref();
    let version = hello.and_then(|hello| hello.version);
    version.is_some_and(Version::is_tls13)
}

/// What the alert says, and what may be behind one that says nothing; and how sure that is.
fn reason(code: u8, presented: Option<Presented<'_>>, receiver: Peer) -> (String, Confidence) {
    let missing = presented.and_then(|it| it.chain?.missing_issuer.as_deref());
    let said = match (code, missing) {
        (UNKNOWN_CA, Some(issuer)) => Some(format!(
            "The {receiver} knows no issuer of it: {}, the last one named, was not sent and would \
             have to be among those that the {receiver} trusts.",
            words::quoted(issuer)
        )),
        (UNKNOWN_CA, None) => Some(format!(
            "The {receiver} says that it knows no issuer of it."
        )),
        _ => None,
    };
    let unsaid = || match code {
        ACCESS_DENIED => {
            format!("The {receiver} found it valid and does not let its owner in.")
        }
        _ => unsaid(receiver),
    };
    match said {
        Some(said) => (said, Confidence::High),
        None => (unsaid(), Confidence::Medium),
    }
}

/// What the alert leaves open.
pub fn unsaid(receiver: Peer) -> String {
    format!(
        "The alert does not say why. Which issuers the {receiver} trusts and which name it expects \
         is not in the capture; --expect-name NAME holds the certificate against a name."
    )
}
