//! Verdicts on sessions in which TLS was asked for and did not come about.

use super::certificate::refusal;
use super::connection::ended_words;
use super::diagnose::{because, has, says};
use super::words;
use crate::model::smtp::Smtp;
use crate::model::tls::{ClientHello, Tls, Version, named};
use crate::model::{Confidence, EndedBy, Peer, Session, Verdict};

/// Names the step that failed.
pub(super) fn failed(session: &Session) -> Verdict {
    let smtp = session.smtp.as_ref();
    let refusal = smtp
        .and_then(|smtp| smtp.reply.as_ref())
        .filter(|reply| reply.code != 220);
    let tls = session.tls.as_ref();
    if let Some(reply) = refusal {
        let text = format!(
            "The server at {} refused TLS: {} {} (frame {}).",
            session.server.ip,
            reply.code,
            words::quoted(&reply.text),
            reply.frame
        );
        let asked = smtp.and_then(|smtp| smtp.requested).map(|at| at.frame);
        let frames = asked.into_iter().chain([reply.frame]).collect();
        return says(text, Confidence::High, frames);
    }
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
    let by_server = session.ended.by == EndedBy::Server
        || tls.alerts.iter().any(|alert| alert.from == Peer::Server);
    // protocol_version (RFC 8446 section 6.2).
    let version_alert = tls.alerts.iter().any(|alert| alert.code == Some(70));
    if let Some(verdict) = plain_server(session, hello) {
        return verdict;
    }
    if let Some(verdict) = too_early(session, hello) {
        return verdict;
    }
    let other_alert = tls
        .alerts
        .iter()
        .any(|alert| alert.level.as_deref() == Some("fatal"));
    let other_alert = other_alert && !version_alert;
    let outdated = hello.max_version <= Some(Version::SSL3) || !other_alert;
    if has(session, "T37") && by_server && outdated {
        let is_ssl = hello.max_version <= Some(Version::SSL3);
        let sure = is_ssl || version_alert;
        let (verb, standard) = match is_ssl {
            true => ("prohibited", "RFC 7568"),
            false => ("deprecated", "RFC 8996"),
        };
        let text = format!(
            "The client at {} offered at most {} (frame {}: {}).{granted} {ended} the ClientHello, \
             before any ServerHello. {} is {verb} ({standard}): the client must be lifted to \
             TLS 1.2 or later.",
            session.client.ip,
            named(hello.max_version),
            hello.frame,
            words::hello_versions(hello),
            named(hello.max_version),
        );
        let confidence = match sure {
            true => Confidence::High,
            false => Confidence::Medium,
        };
        return because("T37", says(text, confidence, frames));
    }
    let offered: Vec<String> = hello.versions.iter().map(ToString::to_string).collect();
    let (why, confidence) = match version_alert && by_server {
        true => (
            format!(
                "The server accepts none of the versions offered: {}.",
                offered.join(", ")
            ),
            Confidence::Medium,
        ),
        false => (
            match has(session, "T37") {
                true => {
                    "The alert does not name the version, outdated as it is: compare the cipher \
                         suites offered with those of the server."
                }
                false => {
                    "The reason is not in the capture: compare offer and server configuration."
                }
            }
            .to_owned(),
            Confidence::Low,
        ),
    };
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

/// The client began with TLS and the server answers in plain SMTP.
fn plain_server(session: &Session, hello: &ClientHello) -> Option<Verdict> {
    let smtp = session.smtp.as_ref()?;
    let banner = smtp.banner.as_ref()?;
    if smtp.tls_verb.as_deref() != Some("implicit") {
        return None;
    }
    let text = format!(
        "The client at {} begins with TLS (frame {}) and the server at {} speaks plain SMTP \
         (frame {}: 220 {}): on port {} one of the two is set up for the other way.",
        session.client.ip,
        hello.frame,
        session.server.ip,
        banner.frame,
        words::quoted(&banner.text),
        session.server.port
    );
    let frames = vec![hello.frame, banner.frame];
    Some(says(text, Confidence::High, frames))
}

/// The hello was sent before the server had agreed: servers drop what they read together with the
/// command (RFC 3207 section 4.2).
fn too_early(session: &Session, hello: &ClientHello) -> Option<Verdict> {
    let reply = session.smtp.as_ref()?.reply.as_ref()?;
    if hello.frame >= reply.frame {
        return None;
    }
    let text = format!(
        "The client at {} sent its ClientHello (frame {}) before the server's {} (frame {}). \
         Servers drop what comes together with STARTTLS (RFC 3207), so the client waits for an \
         answer that never comes: it must wait for the reply first.",
        session.client.ip, hello.frame, reply.code, reply.frame
    );
    Some(says(
        text,
        Confidence::Medium,
        vec![hello.frame, reply.frame],
    ))
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
    if let (Some(asked), Some(none), Peer::Server) =
        (&tls.certificate_request, tls.no_client_certificate, from)
    {
        let text = format!(
            "The server at {ip} asked for a client certificate (frame {}), the client presented none \
             (frame {}), and the server ended the handshake: {said} (frame {}).",
            asked.frame, none.frame, alert.frame
        );
        let frames = vec![asked.frame, none.frame, alert.frame];
        return says(text, Confidence::High, frames);
    }
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
