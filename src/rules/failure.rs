//! Verdicts on sessions in which TLS was asked for and did not come about, and the finding of those
//! that no other finding explains.

use super::connection::ended_words;
use super::diagnose::{because, has, says};
use super::{Observation, Rule, words};
use crate::model::smtp::Smtp;
use crate::model::tls::{ClientHello, Tls, named};
use crate::model::{Confidence, EndedBy, Finding, Outcome, Peer, Session, Severity, Verdict};

pub const BROKEN_OFF: Rule = Rule {
    id: "T42",
    title: "The handshake was broken off after the ServerHello",
    severity: Severity::High,
    meaning: "Client and server had found a version and a suite, and one of them gave up before \
              both were encrypted. No mail passes over TLS between the two.",
    evidence: "A ServerHello, no end of the handshake, and an end of the connection that no other \
               finding explains.",
    trap: "Why a side gives up is seldom on the wire. Where something explains the end, that is \
           told instead.",
    advice: "The log of the side that gave up names the reason. Try another client and another \
             server, to see which of the two is at fault.",
    references: &["RFC 5246 section 7.3", "RFC 8446 section 6.2"],
    tls_rpt: Some("validation-failure"),
    check: broken_off,
};

/// Whether a grave finding rests on this frame: then it says what happened there. Asked by rules
/// that stand behind those in the table.
pub(super) fn is_told(session: &Session, frame: u64) -> bool {
    let mut grave = session.findings.iter().filter(|it| is_grave(it));
    grave.any(|it| it.frames.contains(&frame))
}

fn is_grave(finding: &Finding) -> bool {
    finding.severity <= Severity::High
}

fn broken_off(session: &Session) -> Option<Observation> {
    let tls = session.tls.as_ref()?;
    let hello = tls.server_hello.as_ref()?;
    if session.outcome != Outcome::TlsFailed {
        return None;
    }
    let verdict = broken(session, tls);
    // What came behind the hello and is grave tells the end already.
    let mut grave = session.findings.iter().filter(|it| is_grave(it));
    if grave.any(|it| it.frames.iter().any(|&frame| frame > hello.frame)) {
        return None;
    }
    Some(Observation {
        severity: Severity::High,
        confidence: verdict.confidence,
        cause: verdict.text,
        frames: [hello.frame].into_iter().chain(verdict.frames).collect(),
        explains: false,
    })
}

/// Names the step that failed.
pub(super) fn failed(session: &Session) -> Verdict {
    let smtp = session.smtp.as_ref();
    let tls = session.tls.as_ref();
    match tls.and_then(|tls| Some((tls, tls.client_hello.as_ref()?))) {
        Some((tls, hello)) if tls.server_hello.is_none() => unanswered(session, tls, hello),
        Some((tls, _)) => {
            let verdict = broken(session, tls);
            match has(session, BROKEN_OFF.id) {
                true => because(BROKEN_OFF.id, verdict),
                false => verdict,
            }
        }
        None => granted_only(session, smtp),
    }
}

/// A ClientHello that got no ServerHello.
fn unanswered(session: &Session, tls: &Tls, hello: &ClientHello) -> Verdict {
    let (ended, frame) = ended_words(session);
    let reply = session.smtp.as_ref().and_then(|smtp| smtp.reply.as_ref());
    let frames = [hello.frame].into_iter().chain(frame);
    let frames = frames.chain(reply.map(|reply| reply.frame)).collect();
    let granted = reply.map_or_else(String::new, |reply| {
        format!(
            " The server had agreed to TLS with {} (frame {}).",
            reply.code, reply.frame
        )
    });
    let (why, confidence) = why_unanswered(session, tls, hello);
    let text = format!(
        "{ended} the ClientHello (frame {}: at most {}), before any ServerHello.{granted} {why}",
        hello.frame,
        named(hello.max_version)
    );
    let verdict = says(text, confidence, frames);
    match has(session, "S25") {
        true => because("S25", verdict),
        false => verdict,
    }
}

/// What the server's alert says, if it sent one.
fn why_unanswered(session: &Session, tls: &Tls, hello: &ClientHello) -> (String, Confidence) {
    /// protocol_version (RFC 8446 section 6.2).
    const PROTOCOL_VERSION: u8 = 70;
    let mut alerts = tls.alerts.iter();
    let alert = alerts.find(|alert| alert.from == Peer::Server);
    if alert.is_some_and(|alert| alert.code == Some(PROTOCOL_VERSION)) {
        let offered: Vec<String> = hello.versions.iter().map(ToString::to_string).collect();
        let offered = offered.join(", ");
        let why = format!("The server accepts none of the versions offered: {offered}.");
        return (why, Confidence::Medium);
    }
    let why = match alert.is_some() && has(session, "T37") {
        true => {
            "The alert does not name the version, outdated as it is: compare the cipher suites \
             offered with those of the server."
        }
        false => "The reason is not in the capture: compare offer and server configuration.",
    };
    (why.to_owned(), Confidence::Low)
}

/// A handshake that began and was not completed.
fn broken(session: &Session, tls: &Tls) -> Verdict {
    let fatal = |level: Option<&str>| level == Some("fatal");
    let mut alerts = tls.alerts.iter();
    let Some(alert) = alerts.find(|alert| fatal(alert.level.as_deref())) else {
        let hello = tls.server_hello.as_ref().map(|hello| hello.frame);
        let (text, frame) = match session.ended.by {
            EndedBy::Unknown => {
                let silence = words::span(session.ended_at, session.evidence.path.observed_until);
                let text = format!(
                    "The TLS handshake stopped {}: nothing came for {silence}",
                    session.ended.phase
                );
                (text, None)
            }
            _ => {
                let (ended, frame) = ended_words(session);
                (format!("{ended} the ClientHello"), frame)
            }
        };
        let text = format!("{text}; the TLS handshake was not completed.");
        let frames = hello.into_iter().chain(frame).collect();
        return says(text, Confidence::Low, frames);
    };
    let ip = match alert.from {
        Peer::Client => session.client.ip,
        Peer::Server => session.server.ip,
    };
    let said = words::alert(alert);
    let from = alert.from;
    let text = format!(
        "The {from} at {ip} ended the handshake {}: {said} (frame {}).",
        session.ended.phase, alert.frame
    );
    says(text, Confidence::Medium, vec![alert.frame])
}

/// TLS was granted and no hello came.
fn granted_only(session: &Session, smtp: Option<&Smtp>) -> Verdict {
    let reply = smtp.and_then(|smtp| smtp.reply.as_ref());
    let frames = reply.map(|reply| reply.frame).into_iter();
    let frames = frames.chain(session.ended.frame).collect();
    let by = match session.ended.by {
        EndedBy::Client => "the client left",
        EndedBy::Server => "the server closed",
        EndedBy::ThirdParty => "a device in between cut the connection",
        EndedBy::Unknown => "nothing followed",
    };
    let text = format!("TLS was asked for, then {by} before any ClientHello.");
    says(text, Confidence::Medium, frames)
}
