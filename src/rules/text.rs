//! Plain text where TLS should be.

use super::reset::fatal_alert;
use super::seen::{sure_if_whole, whole};
use super::silence::WAITED;
use super::{Observation, Rule, words};
use crate::model::smtp::{PlainText, Smtp};
use crate::model::tls::{Alert, Version};
use crate::model::{Confidence, EndedBy, Peer, Session, Severity};

pub const SERVER_SPEAKS_TEXT: Rule = Rule {
    id: "S07",
    title: "The server grants TLS and answers the handshake in plain text",
    severity: Severity::High,
    meaning: "The server says 220 to STARTTLS and then goes on with SMTP: its TLS is broken, or a \
              proxy in front of it granted what it does not do.",
    evidence: "220 for STARTTLS, a ClientHello, and a line of text from the server instead of a \
               ServerHello.",
    trap: "Where both sides go on in text the capture may come from a device that decrypts (K11). \
           Text in the segment of the 220 is S12, text behind an alert S08. An answer that comes \
           late, or to a client that said more, is not sure.",
    advice: "Read the server's words, repair its TLS, or take STARTTLS out of its offer.",
    references: &["RFC 3207 section 4"],
    tls_rpt: Some("starttls-not-supported"),
    check: server_speaks_text,
};

pub const ALERT_THEN_TEXT: Rule = Rule {
    id: "S08",
    title: "The server falls back to plain text after its alert",
    severity: Severity::High,
    meaning: "The handshake fails at the server, which says so twice: by an alert, and by a reply \
              of SMTP in clear behind it, as some appliances do.",
    evidence: "A fatal alert of the server and a reply such as 454 in clear after it.",
    trap: "Random bytes behind an alert are no reply: it has to begin with a code.",
    advice: "The alert is what failed, the text only a hint. Compare what the client offers with \
             what the server is configured for.",
    references: &["RFC 3207 section 4", "RFC 8446 section 6.2"],
    tls_rpt: Some("validation-failure"),
    check: alert_then_text,
};

pub const CLIENT_SPEAKS_TEXT: Rule = Rule {
    id: "S09",
    title: "The client is granted TLS and goes on in plain text",
    severity: Severity::High,
    meaning: "The client asked for TLS, got 220, and sent its next command in clear: a program \
              that treats STARTTLS like any other command.",
    evidence: "A command of the client in clear after the 220, and no ClientHello.",
    trap: "If the server answers EHLO in text as well, the capture may come from a device that \
           decrypts (K11): nothing is said then, and nothing is sure before the server reacts. QUIT \
           alone is a probe (S10).",
    advice: "Repair or replace the client, or switch its STARTTLS setting on or off properly: after \
             220 only a ClientHello may follow.",
    references: &["RFC 3207 section 4"],
    tls_rpt: Some("validation-failure"),
    check: client_speaks_text,
};

pub const INJECTED_RESPONSE: Rule = Rule {
    id: "S12",
    title: "The server's 220 is followed by text before the handshake",
    severity: Severity::Medium,
    meaning: "Somebody added lines behind the 220, before encryption begins. A client that takes \
              them for answers inside TLS can be led astray (response injection).",
    evidence: "Bytes of the server between the line end of its 220 and its ServerHello.",
    trap: "A reply of several lines (220-, then 220) is one reply. A broken server looks like an \
           attacker: what was meant is not on the wire.",
    advice: "Find out who writes these lines: the server, or a device before it. Update the client: \
             it must throw away what comes before the handshake.",
    references: &["RFC 3207 section 6", "USENIX Security 2021, NO STARTTLS"],
    tls_rpt: None,
    check: injected_response,
};

pub const DECRYPTED: Rule = Rule {
    id: "K11",
    title: "Plain text after STARTTLS on both sides",
    severity: Severity::Medium,
    meaning: "Most likely a device decrypts and the capture holds what it saw; what was on the wire \
              is not known. If not, both sides agreed on TLS and use none.",
    evidence: "220 for STARTTLS, then EHLO and its reply in clear, and no TLS record at all.",
    trap: "Findings about clear text would be false alarms here: none are made of what follows \
           STARTTLS.",
    advice: "Ask where the capture was taken. To judge the TLS, capture on the outer side of that \
             device.",
    references: &["RFC 3207 section 4"],
    tls_rpt: None,
    check: decrypted,
};

/// TLS was granted, and the capture is none of a device that decrypts; the frame of the 220.
fn granted(session: &Session) -> Option<(&Smtp, u64)> {
    let smtp = session.smtp.as_ref()?;
    let reply = smtp.reply.as_ref().filter(|reply| reply.code == 220)?;
    smtp.decrypted.is_none().then_some((smtp, reply.frame))
}

/// Frame and first line of a reply of the server.
fn replies(smtp: &Smtp) -> impl Iterator<Item = (u64, &str)> {
    let lines = smtp.plaintext_after_grant.iter();
    let lines = lines.filter(|line| line.from == Peer::Server);
    lines.filter_map(|line| {
        let text = line.text.as_deref()?;
        let code = text.get(..3)?;
        let is_reply = code.bytes().all(|byte| byte.is_ascii_digit());
        is_reply.then_some((line.frame, text))
    })
}

fn client_hello(session: &Session) -> Option<u64> {
    let tls = session.tls.as_ref()?;
    tls.client_hello.as_ref().map(|hello| hello.frame)
}

/// The server has begun its part of the handshake.
fn server_began(session: &Session) -> bool {
    let tls = session.tls.as_ref();
    tls.is_some_and(|tls| tls.server_hello.is_some() || tls.hello_retry_request.is_some())
}

/// The client had left before this frame.
fn left_before(session: &Session, frame: u64) -> bool {
    session.ended.by == EndedBy::Client && session.ended.frame.is_some_and(|end| end < frame)
}

fn server_speaks_text(session: &Session) -> Option<Observation> {
    let (smtp, granted) = granted(session)?;
    let hello = client_hello(session).filter(|hello| *hello > granted)?;
    let (frame, text) = replies(smtp).find(|(frame, _)| *frame > hello)?;
    if server_began(session) || fatal_alert(session) || left_before(session, frame) {
        return None;
    }
    let cause = format!(
        "The server at {} granted TLS (frame {granted}) and answered the ClientHello (frame \
         {hello}) in plain text: {} (frame {frame}).",
        session.server.ip,
        words::quoted(text)
    );
    Some(Observation {
        severity: Severity::High,
        // 421, or any answer that comes late, may be the end of the server's patience with a hello
        // that it never got whole; and a client that said more than the hello may be answered that.
        confidence: match text.starts_with("421") || is_late(session, frame) || said_more(smtp) {
            true => Confidence::Medium,
            false => sure_if_whole(session),
        },
        cause,
        frames: vec![granted, hello, frame],
        explains: true,
    })
}

/// The server took its time for what it said in this frame.
fn is_late(session: &Session, frame: u64) -> bool {
    let asked = session.evidence.client_hello_at;
    let told = session.evidence.time_of(frame);
    let waited = asked
        .zip(told)
        .map(|(asked, told)| told.seconds_since(asked));
    waited.is_none_or(|seconds| seconds >= WAITED)
}

/// The client sent commands behind STARTTLS or behind the 220.
fn said_more(smtp: &Smtp) -> bool {
    let mut lines = smtp.plaintext_after_grant.iter();
    smtp.after_starttls.is_some() || lines.any(|line| line.from == Peer::Client)
}

/// The first fatal alert in clear.
fn first_fatal(session: &Session) -> Option<&Alert> {
    let alerts = session.tls.iter().flat_map(|tls| &tls.alerts);
    let mut fatal = alerts.filter(|alert| alert.level.as_deref() == Some("fatal"));
    fatal.next()
}

fn alert_then_text(session: &Session) -> Option<Observation> {
    let smtp = session.smtp.as_ref()?;
    let alert = first_fatal(session).filter(|alert| alert.from == Peer::Server)?;
    let (frame, text) = replies(smtp).find(|(frame, _)| *frame >= alert.frame)?;
    let cause = format!(
        "The server at {} ended the handshake with {} (frame {}) and fell back to plain text: {} \
         (frame {frame}).",
        session.server.ip,
        words::alert(alert),
        alert.frame,
        words::quoted(text)
    );
    Some(Observation {
        severity: Severity::High,
        confidence: Confidence::High,
        cause,
        frames: vec![alert.frame, frame],
        explains: true,
    })
}

fn client_speaks_text(session: &Session) -> Option<Observation> {
    let (smtp, granted) = granted(session)?;
    let text = first_text_of_client(smtp)?;
    if client_hello(session).is_some() || !whole(session) {
        return None;
    }
    let with = text.verb.unwrap_or("text");
    let server = session.server.ip;
    let (then, proof) = match (first_fatal(session), replies(smtp).next()) {
        (Some(alert), _) => (
            format!(
                " The server at {server} answered with {} (frame {}).",
                words::alert(alert),
                alert.frame
            ),
            Some(alert.frame),
        ),
        (None, Some((frame, said))) => (
            format!(
                " The server at {server} said {} (frame {frame}).",
                words::quoted(said)
            ),
            Some(frame),
        ),
        (None, None) if session.ended.by == EndedBy::Server => (
            format!(
                " The server at {server} {} (frame {}).",
                words::how(session.ended.how),
                session.ended.frame.unwrap_or_default()
            ),
            session.ended.frame,
        ),
        _ => (String::new(), None),
    };
    let cause = format!(
        "The client at {} asked for TLS, was granted it (frame {granted}), and went on in clear with \
         {with} (frame {}).{then}",
        session.client.ip, text.frame
    );
    Some(Observation {
        severity: Severity::High,
        // Of bytes that are no command nobody knows what they are; and as long as the server has not
        // objected it may be that a device decrypts.
        confidence: match (text.verb, proof) {
            (Some(_), Some(_)) if !goes_along(smtp) => Confidence::High,
            _ => Confidence::Medium,
        },
        cause,
        frames: [granted, text.frame].into_iter().chain(proof).collect(),
        explains: true,
    })
}

/// The server says yes in clear, to whatever.
fn goes_along(smtp: &Smtp) -> bool {
    replies(smtp).any(|(_, said)| said.starts_with(['2', '3']))
}

/// The client's first line in clear where its hello should be; QUIT is a goodbye.
fn first_text_of_client(smtp: &Smtp) -> Option<&PlainText> {
    let mut lines = smtp.plaintext_after_grant.iter();
    lines.find(|line| line.from == Peer::Client && line.before_hello && line.verb != Some("QUIT"))
}

fn injected_response(session: &Session) -> Option<Observation> {
    let (smtp, granted) = granted(session)?;
    let line = smtp
        .plaintext_after_grant
        .iter()
        .find(|line| line.from == Peer::Server && line.before_hello)?;
    let text = line.text.as_deref()?;
    let frame = line.frame;
    // What comes later and alone may answer the client, or its silence.
    let hello = client_hello(session);
    let before = frame == granted || hello.is_some_and(|hello| frame < hello);
    if !before || first_text_of_client(smtp).is_some_and(|it| it.frame < frame) {
        return None;
    }
    let (then, left) = after_injection(session);
    let tls = session.tls.as_ref();
    let tells = left || tls.is_some_and(|tls| tls.established.is_some());
    let cause = format!(
        "The server at {} granted TLS (frame {granted}), and more text in clear came in its name \
         before the handshake: {} (frame {frame}). {then}",
        session.server.ip,
        words::quoted(text)
    );
    let end = session.ended.frame.filter(|_| left);
    Some(Observation {
        severity: match left {
            true => Severity::High,
            false => Severity::Medium,
        },
        // A server that is out of step with pipelined commands has a reply too many, too.
        confidence: match tells {
            true => Confidence::Medium,
            false => Confidence::Low,
        },
        cause,
        frames: [granted, frame].into_iter().chain(end).collect(),
        explains: left,
    })
}

/// What the client made of it, and whether it left.
fn after_injection(session: &Session) -> (String, bool) {
    let client = session.client.ip;
    let by_client = session.ended.by == EndedBy::Client;
    let how = words::how(session.ended.how);
    let Some(tls) = session.tls.as_ref().filter(|tls| tls.established.is_some()) else {
        return match by_client {
            true => (
                format!("The client at {client} {how} before TLS was established."),
                true,
            ),
            false => ("TLS was not established.".to_owned(), false),
        };
    };
    // In TLS 1.3 the end of the handshake looks like data.
    let version = tls.server_hello.as_ref().and_then(|hello| hello.version);
    let countable = version.is_some_and(|version| version <= Version::TLS12);
    match countable && session.evidence.data_records[0] == 0 && by_client && whole(session) {
        true => (
            format!("The client at {client} completed the handshake and {how} without a command."),
            true,
        ),
        false => (
            format!("The client at {client} went on with TLS: without effect, as far as it shows."),
            false,
        ),
    }
}

fn decrypted(session: &Session) -> Option<Observation> {
    let smtp = session.smtp.as_ref()?;
    let decrypted = smtp.decrypted?;
    let reply = smtp.reply.as_ref()?;
    let cause = format!(
        "TLS was granted (frame {}) and both sides go on in plain text (frame {}): the capture \
         comes from behind a device that decrypts, or neither side began with TLS. Which of the \
         two, and so whether the wire was encrypted, is not observable.",
        reply.frame, decrypted.frame
    );
    Some(Observation {
        severity: Severity::Medium,
        confidence: Confidence::Medium,
        cause,
        frames: vec![reply.frame, decrypted.frame],
        explains: true,
    })
}
