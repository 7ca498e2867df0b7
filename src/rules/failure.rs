//! Verdicts on sessions in which TLS was asked for and did not come about.

use super::certificate::refusal;
use super::connection::ended_words;
use super::diagnose::{because, has, says};
use super::words;
use crate::model::smtp::Smtp;
use crate::model::tls::{ClientHello, Tls, named};
use crate::model::{Confidence, EndedBy, Peer, Session, Verdict};

/// Names the step that failed.
pub(super) fn failed(session: &Session) -> Verdict {
    let smtp = session.smtp.as_ref();
    let tls = session.tls.as_ref();
    match tls.and_then(|tls| Some((tls, tls.client_hello.as_ref()?))) {
        Some((tls, hello)) if tls.server_hello.is_none() => unanswered(session, tls, hello),
        Some((tls, _)) => broken(session, tls),
        None => granted_only(session, smtp),
    }
}

/// A ClientHello that got no ServerHello.
fn unanswered(session: &Session, tls: &Tls, hello: &ClientHello) -> Verdict {
    let (ended, frame) = ended_words(session);
    let frames: Vec<u64> = [hello.frame].into_iter().chain(frame).collect();
    let granted = session
        .smtp
        .as_ref()
        .and_then(|smtp| smtp.reply.as_ref())
        .map_or_else(String::new, |reply| {
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
    if let Some(verdict) = refusal::rejected(session, tls, alert) {
        return verdict;
    }
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
