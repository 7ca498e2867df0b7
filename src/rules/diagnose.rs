//! The verdict: the one cause that explains the ending, in a sentence.
//!
//! The earliest sufficient cause wins; what follows from it is listed as a consequence. Where the
//! deciding bytes are not in the capture the verdict says so.

use super::connection::ended_words;
use super::words;
use crate::model::smtp::Smtp;
use crate::model::tcp::Handshake;
use crate::model::tls::{ClientHello, Tls, Version, named};
use crate::model::{Confidence, EndedBy, Outcome, Peer, Session, Starts, Verdict, Visibility};

/// Findings that only report how an ending looked.
const CONSEQUENCES: [&str; 3] = ["S25", "P21", "P22"];

/// Alerts about the peer's certificate (RFC 8446 section 6.2).
const CERTIFICATE_ALERTS: std::ops::RangeInclusive<u8> = 42..=48;

/// Judges a session whose findings are known.
pub fn verdict(session: &Session) -> Verdict {
    let mut verdict = match session.outcome {
        Outcome::TlsEstablished => established(session),
        Outcome::Cleartext => in_clear(session),
        Outcome::TlsFailed => failed(session),
        Outcome::NoMail => no_mail(session),
        Outcome::NoSmtp => no_dialogue(session),
        Outcome::NotObservable => not_observable(session),
    };
    if let Some(id) = verdict.finding {
        let others = session.findings.iter().map(|finding| finding.id);
        verdict.consequences = others
            .filter(|other| *other != id && CONSEQUENCES.contains(other))
            .collect();
    }
    verdict.frames.sort_unstable();
    verdict.frames.dedup();
    verdict
}

fn says(text: String, confidence: Confidence, frames: Vec<u64>) -> Verdict {
    Verdict {
        finding: None,
        text,
        confidence,
        frames,
        consequences: Vec::new(),
    }
}

fn because(id: &'static str, verdict: Verdict) -> Verdict {
    Verdict {
        finding: Some(id),
        ..verdict
    }
}

fn has(session: &Session, id: &str) -> bool {
    session.findings.iter().any(|finding| finding.id == id)
}

fn established(session: &Session) -> Verdict {
    let tls = session.tls.as_ref();
    let hello = tls.and_then(|tls| tls.server_hello.as_ref());
    let frame = tls.and_then(|tls| tls.established);
    let frames = hello.map(|hello| hello.frame).into_iter();
    let frames = frames.chain(frame.map(|at| at.frame)).collect();
    let Some(hello) = hello else {
        let text = "TLS was established; what was negotiated is not in the capture.";
        return says(text.to_owned(), Confidence::Medium, frames);
    };
    let suite = hello
        .cipher_suite
        .map_or_else(|| "an unknown suite".to_owned(), |suite| suite.to_string());
    let warning = match (has(session, "T38"), has(session, "T40")) {
        (true, true) => " Both the version and RC4 are prohibited today: other peers will refuse.",
        (true, false) => " The version is prohibited today: other peers will refuse.",
        (false, true) => " RC4 is prohibited today: other peers will refuse.",
        (false, false) => "",
    };
    let version = named(hello.version);
    let text = format!(
        "TLS was established: {version}, {suite}.{}{warning}",
        afterwards(session)
    );
    says(text, Confidence::High, frames)
}

/// What happened after the handshake, when it looks like nothing did.
fn afterwards(session: &Session) -> String {
    let evidence = &session.evidence;
    let (Some(at), EndedBy::Client | EndedBy::Server) = (evidence.established_at, session.ended.by)
    else {
        return String::new();
    };
    let frame = session.ended.frame.unwrap_or_default();
    let how = words::how(session.ended.how);
    let by = match session.ended.by {
        EndedBy::Client => "client",
        _ => "server",
    };
    let after = words::span(at, session.ended.time);
    match evidence.data_records {
        [0, 0] => format!(
            " Then the {by} {how} {after} later (frame {frame}); nothing was sent in between."
        ),
        [0, _] => format!(
            " Then the {by} {how} {after} later (frame {frame}); the client had sent nothing."
        ),
        [_, 0] => {
            format!(" The server sent nothing more; the {by} {how} {after} later (frame {frame}).")
        }
        _ => String::new(),
    }
}

fn failed(session: &Session) -> Verdict {
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
    if has(session, "T37") && by_server {
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
            "The reason is not in the capture: compare offer and server configuration.".to_owned(),
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

/// A handshake that began and was not completed.
fn broken(session: &Session, tls: &Tls) -> Verdict {
    let fatal = |level: Option<&str>| level == Some("fatal");
    let mut alerts = tls.alerts.iter();
    let Some(alert) = alerts.find(|alert| fatal(alert.level.as_deref())) else {
        let (ended, frame) = ended_words(session);
        let hello = tls.server_hello.as_ref().map(|hello| hello.frame);
        let text = format!("{ended} the ClientHello; the TLS handshake was not completed.");
        let frames = hello.into_iter().chain(frame).collect();
        return says(text, Confidence::Low, frames);
    };
    let about_certificate = alert
        .code
        .is_some_and(|code| CERTIFICATE_ALERTS.contains(&code));
    let (ip, presented) = match alert.from {
        Peer::Client => (session.client.ip, &tls.certificates.server),
        Peer::Server => (session.server.ip, &tls.certificates.client),
    };
    let said = words::alert(alert);
    let from = alert.from;
    match presented.first().filter(|_| about_certificate) {
        Some(certificate) => {
            let subject = certificate
                .subject
                .as_deref()
                .unwrap_or("unreadable subject");
            let own = match certificate.self_signed {
                Some(true) => ", self-signed",
                _ => "",
            };
            let text = format!(
                "The {from} at {ip} rejected the {}'s certificate {} (frame {}{own}): {said} \
                 (frame {}).",
                from.other(),
                words::quoted(subject),
                certificate.frame,
                alert.frame
            );
            let frames = vec![certificate.frame, alert.frame];
            says(text, Confidence::High, frames)
        }
        None => {
            let text = format!(
                "The {from} at {ip} ended the handshake {}: {said} (frame {}).",
                session.ended.phase, alert.frame
            );
            says(text, Confidence::Medium, vec![alert.frame])
        }
    }
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

fn in_clear(session: &Session) -> Verdict {
    let Some(smtp) = session.smtp.as_ref() else {
        return says(String::new(), Confidence::Low, Vec::new());
    };
    let mut what = Vec::new();
    let mut frames = Vec::new();
    if let Some(auth) = &smtp.cleartext_auth {
        what.push(format!(
            "credentials (AUTH {}, frame {})",
            words::quoted(&auth.mechanism),
            auth.frame
        ));
        frames.push(auth.frame);
    }
    if let Some(mail) = &smtp.cleartext_mail {
        what.push(format!("mail (frame {})", mail.frame));
        frames.push(mail.frame);
    }
    let sent = format!(
        "The client at {} sent {} in clear",
        session.client.ip,
        what.join(" and ")
    );
    if let Some(verdict) = masked_verdict(session, smtp, &sent) {
        return verdict;
    }
    let why = match (&smtp.offered, &smtp.requested, &smtp.ehlo) {
        (_, Some(_), _) => "after TLS was asked for and did not come about".to_owned(),
        (Some(offer), None, _) => {
            frames.push(offer.frame);
            format!(
                "although the server offered STARTTLS (frame {})",
                offer.frame
            )
        }
        (None, None, Some(_)) => "the server did not offer STARTTLS".to_owned(),
        (None, None, None) => "whether STARTTLS was offered is not in the capture".to_owned(),
    };
    says(format!("{sent}: {why}."), Confidence::High, frames)
}

fn masked_verdict(session: &Session, smtp: &Smtp, sent: &str) -> Option<Verdict> {
    let line = smtp.masked.first().filter(|_| smtp.offered.is_none())?;
    let line = smtp
        .masked
        .iter()
        .find(|line| line.text.contains("XXX"))
        .unwrap_or(line);
    let text = format!(
        "A device between {} and {} overwrites the dialogue: the server's line arrived as {} \
         (frame {}), so the client saw no STARTTLS. {sent}.",
        session.client.ip,
        session.server.ip,
        words::quoted(&line.text),
        line.frame
    );
    let frames = smtp.masked.iter().map(|line| line.frame).collect();
    Some(because("S02", says(text, Confidence::High, frames)))
}

fn no_mail(session: &Session) -> Verdict {
    let smtp = session.smtp.clone().unwrap_or_default();
    if let Some(verdict) = masked_verdict(session, &smtp, "The client left without sending mail") {
        return verdict;
    }
    let frames: Vec<u64> = smtp.quit.map(|at| at.frame).into_iter().collect();
    let text = match (&smtp.ehlo, &smtp.quit) {
        (Some(_), Some(_)) => {
            "The client introduced itself and quit without asking for TLS or \
                               sending mail, as health checks do."
        }
        _ => "A dialogue without a request for TLS and without mail.",
    };
    says(text.to_owned(), Confidence::Medium, frames)
}

fn no_dialogue(session: &Session) -> Verdict {
    let (text, confidence) = match session.tcp.handshake {
        Handshake::Refused => (
            format!(
                "{} refused the connection on port {}.",
                session.server.ip, session.server.port
            ),
            Confidence::High,
        ),
        Handshake::SynOnly if session.capture.visibility == Visibility::ClientOnly => (
            format!(
                "No answer from {} to {} SYN: filtered, or the answers are not in the capture.",
                session.server, session.tcp.client.packets
            ),
            Confidence::Medium,
        ),
        _ => (
            "The connection carried no dialogue.".to_owned(),
            Confidence::Medium,
        ),
    };
    says(text, confidence, vec![session.capture.first_frame])
}

fn not_observable(session: &Session) -> Verdict {
    let mut why = Vec::new();
    match session.capture.visibility {
        Visibility::ClientOnly => why.push("only what the client sent was captured"),
        Visibility::ServerOnly => why.push("only what the server sent was captured"),
        Visibility::Both => {}
    }
    if session.capture.starts == Starts::Midstream {
        why.push("the capture begins in the middle of the connection");
    }
    if session.capture.snaplen_cut {
        why.push("the snap length cut the frames");
    } else if session.capture.visibility == Visibility::Both
        && session.tcp.client.missing_bytes + session.tcp.server.missing_bytes > 0
    {
        why.push("bytes are missing in the capture");
    }
    if why.is_empty() {
        why.push("the capture ends first");
    }
    let text = format!(
        "What became of the session is not observable: {}.",
        why.join(", ")
    );
    says(text, Confidence::High, Vec::new())
}
