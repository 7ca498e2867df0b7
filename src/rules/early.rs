//! A client that does not wait, or begins in the wrong way.

use super::seen::{sure_if_whole, whole};
use super::silence::{WAITED, until};
use super::{Observation, Rule, words};
use crate::model::smtp::{AfterStarttls, Early, Smtp};
use crate::model::tcp::Handshake;
use crate::model::{Confidence, EndedBy, Peer, Session, Severity, Starts};

pub const DOES_NOT_WAIT: Rule = Rule {
    id: "S11",
    title: "The client does not wait for the answer to STARTTLS",
    severity: Severity::Medium,
    meaning: "More bytes of the client came behind STARTTLS. Commands there have the shape of an \
              injection; a ClientHello there is thrown away by the server, and both wait.",
    evidence: "Bytes of the client after STARTTLS and before the reply to it.",
    trap: "Whether somebody put them there or the client is careless is not on the wire. That \
           STARTTLS itself comes with EHLO is another matter (S05).",
    advice: "Update the client. At the server make sure that it throws away what it read together \
             with STARTTLS (CVE-2011-0411).",
    references: &["RFC 3207 section 4.2", "CVE-2011-0411"],
    tls_rpt: None,
    check: does_not_wait,
};

pub const TLS_TOO_EARLY: Rule = Rule {
    id: "S13",
    title: "The client begins with TLS where the server speaks plain SMTP",
    severity: Severity::High,
    meaning: "The client is set to implicit TLS (SSL/TLS, SMTPS) and the port wants STARTTLS, or \
              the server lacks implicit TLS on the port that is for it.",
    evidence: "A ClientHello as the client's first bytes, and plain text of the server.",
    trap: "A port may carry implicit TLS by agreement: where the server answers with TLS, if only by \
           an alert, nothing is said.",
    advice: "Set the client to STARTTLS on 25 and 587, or to port 465 for implicit TLS. On 465 \
             switch implicit TLS on at the server.",
    references: &["RFC 8314 section 3.3", "RFC 3207"],
    tls_rpt: None,
    check: tls_too_early,
};

pub const BOTH_WAIT: Rule = Rule {
    id: "S14",
    title: "Client and server wait for each other",
    severity: Severity::High,
    meaning: "On a port of implicit TLS the client speaks first. This one waits for a greeting, \
              as if the port were for STARTTLS, and the server waits for its hello.",
    evidence: "A connection to a port of implicit TLS that is open for five seconds or more \
               without a byte from either side.",
    trap: "A server that speaks plain SMTP there would have greeted, be it late. Whoever only \
           holds a connection open looks alike.",
    advice: "Set the client to implicit TLS (SSL/TLS) for this port, or to STARTTLS on port 587.",
    references: &["RFC 8314 section 3.3"],
    tls_rpt: None,
    check: both_wait,
};

fn does_not_wait(session: &Session) -> Option<Observation> {
    let smtp = session.smtp.as_ref()?;
    let early = smtp.after_starttls.as_ref()?;
    match early.kind {
        Early::Commands => Some(early_commands(session, smtp, early)),
        Early::Tls => Some(early_hello(session, smtp, early)),
    }
}

fn early_commands(session: &Session, smtp: &Smtp, early: &AfterStarttls) -> Observation {
    let what = early.command.unwrap_or("text");
    let tls = session.tls.as_ref();
    let works = tls.is_some_and(|tls| tls.established.is_some());
    let then = match (&smtp.reply, works) {
        (Some(reply), _) if reply.code != 220 => {
            format!("The server refused STARTTLS with {}.", words::reply(reply))
        }
        (_, true) => "TLS was established all the same; whether the server threw it away, as it \
                      must, or took it for a command inside TLS is not observable."
            .to_owned(),
        _ => "What the server made of it is not observable.".to_owned(),
    };
    let reply = smtp.reply.as_ref().map(|reply| reply.frame);
    Observation {
        severity: Severity::Medium,
        // In a message of which the beginning is missing STARTTLS is a word like any other.
        confidence: match session.capture.starts {
            Starts::Syn => sure_if_whole(session),
            Starts::Midstream => Confidence::Medium,
        },
        cause: format!(
            "The client at {} sent {what} in clear behind STARTTLS ({} bytes, frame {}), without \
             waiting for the reply. {then}",
            session.client.ip, early.bytes, early.frame
        ),
        frames: [early.frame].into_iter().chain(reply).collect(),
        explains: false,
    }
}

fn early_hello(session: &Session, smtp: &Smtp, early: &AfterStarttls) -> Observation {
    let tls = session.tls.as_ref();
    let unanswered = tls.is_some_and(|tls| tls.server_hello.is_none() && tls.alerts.is_empty());
    let reply = smtp.reply.as_ref();
    let answer = reply.map_or_else(
        || "the reply to STARTTLS".to_owned(),
        |reply| format!("the server's {} (frame {})", reply.code, reply.frame),
    );
    let granted = reply.is_some_and(|reply| reply.code == 220);
    // A server that leaves does not wait.
    let by_server = session.ended.by == EndedBy::Server;
    let stuck = unanswered && granted && !by_server && whole(session);
    let then = match stuck {
        true => {
            "Servers throw away what comes together with STARTTLS, so the client waits for an \
             answer that never comes: it must wait for the reply first."
        }
        false => "It must wait for the reply first.",
    };
    Observation {
        severity: match stuck {
            true => Severity::High,
            false => Severity::Low,
        },
        confidence: Confidence::Medium,
        cause: format!(
            "The client at {} began with TLS (frame {}) before {answer}. {then}",
            session.client.ip, early.frame
        ),
        frames: [early.frame]
            .into_iter()
            .chain(reply.map(|reply| reply.frame))
            .collect(),
        explains: stuck,
    }
}

fn tls_too_early(session: &Session) -> Option<Observation> {
    let smtp = session.smtp.as_ref()?;
    let tls = session.tls.as_ref()?;
    let hello = tls.client_hello.as_ref()?;
    let began_with_tls = smtp.tls_verb.as_deref() == Some("implicit");
    // Alerts are TLS as well.
    let answers = tls.server_hello.is_some()
        || tls.hello_retry_request.is_some()
        || tls.alerts.iter().any(|alert| alert.from == Peer::Server);
    if !began_with_tls || answers {
        return None;
    }
    let (frame, text) = plain_words(smtp)?;
    let cause = format!(
        "The client at {} begins with TLS (frame {}) and the server at {} speaks plain SMTP: {} \
         (frame {frame}). {}",
        session.client.ip,
        hello.frame,
        session.server.ip,
        words::quoted(&text),
        match session.evidence.implicit_tls {
            true => "This port is for TLS from the first byte, and the server does not do that.",
            false => "On this port TLS begins with STARTTLS, and the client does not ask for it.",
        }
    );
    Some(Observation {
        severity: Severity::High,
        confidence: Confidence::High,
        cause,
        frames: vec![hello.frame, frame],
        explains: true,
    })
}

/// The first words of the server in clear.
fn plain_words(smtp: &Smtp) -> Option<(u64, String)> {
    if let Some(banner) = &smtp.banner {
        return Some((banner.frame, format!("220 {}", banner.text)));
    }
    if let Some(reply) = &smtp.rejected {
        return Some((reply.frame, format!("{} {}", reply.code, reply.text)));
    }
    let mut lines = smtp.plaintext_after_grant.iter();
    let line = lines.find(|line| line.from == Peer::Server)?;
    Some((line.frame, line.text.clone()?))
}

fn both_wait(session: &Session) -> Option<Observation> {
    let silent = session.evidence.implicit_tls
        && session.capture.starts == Starts::Syn
        && session.tcp.handshake == Handshake::Complete
        && session.tcp.client.bytes + session.tcp.server.bytes == 0
        && whole(session);
    let end = until(session);
    if !silent || end.seconds_since(session.started) < WAITED {
        return None;
    }
    let left = match session.ended.by {
        EndedBy::Client => format!(", then the client {}", words::how(session.ended.how)),
        EndedBy::Server => format!(", then the server {}", words::how(session.ended.how)),
        EndedBy::ThirdParty | EndedBy::Unknown => String::new(),
    };
    let cause = format!(
        "Port {} is for TLS from the first byte, and neither the client at {} nor the server at {} \
         said anything for {}{left}: the client waits for a greeting, as on a port for STARTTLS, \
         and the server waits for its hello.",
        session.server.port,
        session.client.ip,
        session.server.ip,
        words::span(session.started, end)
    );
    Some(Observation {
        severity: Severity::High,
        confidence: Confidence::Medium,
        cause,
        frames: [session.capture.first_frame]
            .into_iter()
            .chain(session.ended.frame)
            .collect(),
        explains: true,
    })
}
