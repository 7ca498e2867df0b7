//! Whether STARTTLS reaches the client.

use super::refusal::clear_afterwards;
use super::seen::{is_local, whole};
use super::{Observation, Rule, words};
use crate::model::smtp::{Masked, Smtp};
use crate::model::{Confidence, Outcome, Peer, Session, Severity};

pub const NOT_OFFERED: Rule = Rule {
    id: "S01",
    title: "The server does not offer STARTTLS",
    severity: Severity::High,
    meaning: "The client has no way to begin TLS: its mail goes in clear, or stays where it is.",
    evidence: "A complete reply to EHLO without STARTTLS, and the client goes on in clear or \
               leaves.",
    trap: "HELO has no such reply, and a server may offer TLS to some addresses only. Whether it \
           is switched off or was taken out on the way shows nowhere in this connection.",
    advice: "Switch STARTTLS on at the server. If it is on there, capture at the server as well: \
             what differs was done in between.",
    references: &["RFC 3207 section 4"],
    tls_rpt: Some("starttls-not-supported"),
    check: not_offered,
};

pub const MASKED: Rule = Rule {
    id: "S02",
    title: "A device in between overwrites the mail dialogue",
    severity: Severity::High,
    meaning: "A firewall inspects the dialogue and overwrites what it does not know, STARTTLS \
              among it. The client does not learn that TLS is on offer: it sends in clear, or \
              gives up.",
    evidence: "A banner of asterisks, or keywords in the reply to EHLO that became a row of X and \
               one letter (XXXXXXXA).",
    trap: "Only the far side of the device shows it; towards the server the dialogue is whole. A \
           single odd keyword may be the server's own.",
    advice: "Switch the mail inspection of the firewall off, or let it pass TLS (Cisco ASA: \
             no inspect esmtp, or allow-tls).",
    references: &["RFC 3207 section 6"],
    tls_rpt: Some("starttls-not-supported"),
    check: masked,
};

pub const OVERWRITTEN_COMMAND: Rule = Rule {
    id: "S03",
    title: "The client's STARTTLS is overwritten on its way",
    severity: Severity::High,
    meaning: "The server offers STARTTLS and does not understand the client's request for it: a \
              firewall that inspects mail lets the offer pass and overwrites the command.",
    evidence: "Seen beyond the device, XXXXXXXX where STARTTLS should come; seen before it, 500 or \
               502 from a server that had offered STARTTLS.",
    trap: "Before the device it may be the server itself that offers what it cannot do: the \
           confidence is medium there.",
    advice: "Switch the mail inspection of the firewall off, or let it pass TLS (Cisco ASA: \
             no inspect esmtp, or allow-tls). A capture at the server shows what arrives there.",
    references: &["RFC 3207 section 4", "RFC 3207 section 6"],
    tls_rpt: Some("starttls-not-supported"),
    check: overwritten_command,
};

fn not_offered(session: &Session) -> Option<Observation> {
    let smtp = session.smtp.as_ref()?;
    let ehlo = smtp.ehlo.as_ref().filter(|ehlo| ehlo.verb != "HELO")?;
    let in_clear = smtp.cleartext_mail.as_ref().map(|mail| mail.frame);
    let in_clear = in_clear.or(smtp.cleartext_auth.as_ref().map(|auth| auth.frame));
    let quit = smtp.quit.map(|quit| quit.frame);
    let missing = session.evidence.hello_answered
        && smtp.offered.is_none()
        && smtp.masked.is_empty()
        && smtp.requested.is_none()
        && smtp.after_tls.is_none()
        && smtp.rejected.is_none()
        && session.tls.is_none();
    // Plain text on a port of implicit TLS is another matter.
    if !missing || session.evidence.implicit_tls || !whole(session) {
        return None;
    }
    let next = in_clear.or(quit)?;
    let then = match in_clear {
        Some(frame) => format!("went on in clear (frame {frame})"),
        None => format!("left (frame {next})"),
    };
    let cause = format!(
        "The server at {} answered {} (frame {}) without an offer of STARTTLS, and the client at \
         {} {then}. Whether the server does not have it, keeps it from this client, or lost it on \
         the way is not in this connection.",
        session.server.ip, ehlo.verb, ehlo.frame, session.client.ip
    );
    Some(Observation {
        severity: match (in_clear, is_local(session)) {
            (_, true) => Severity::Low,
            (Some(_), false) => Severity::High,
            (None, false) => Severity::Medium,
        },
        confidence: Confidence::Low,
        cause,
        frames: vec![ehlo.frame, next],
        explains: false,
    })
}

fn masked(session: &Session) -> Option<Observation> {
    let smtp = session.smtp.as_ref()?;
    let masked = &smtp.masked;
    let first = masked.first()?;
    // One line alone could be somebody's odd keyword.
    let confidence = match masked.len() > 1 || first.text.contains("XXXXXX") {
        true => Confidence::High,
        false => Confidence::Medium,
    };
    let lines: Vec<String> = masked
        .iter()
        .take(3)
        .map(|line| format!("{} (frame {})", words::quoted(&line.text), line.frame))
        .collect();
    let answered = session.evidence.hello_answered && smtp.offered.is_none();
    let hides = answered && masked.iter().any(|line| line.from == Peer::Server);
    let (then, clear) = match hides {
        true => hidden_offer(session, smtp),
        false => (String::new(), Vec::new()),
    };
    let cause = format!(
        "Between {} and {} a device overwrites lines of the dialogue: {}.{then}",
        session.client.ip,
        session.server.ip,
        lines.join(", ")
    );
    Some(Observation {
        severity: Severity::High,
        confidence,
        cause,
        frames: masked.iter().map(|line| line.frame).chain(clear).collect(),
        explains: hides && smtp.requested.is_none() && session.tls.is_none(),
    })
}

/// What the client did, which saw no STARTTLS.
/// What became of a client that cannot see the offer, and the frames that show it.
fn hidden_offer(session: &Session, smtp: &Smtp) -> (String, Vec<u64>) {
    let auth = smtp.cleartext_auth.as_ref().map(|auth| auth.frame);
    let mail = smtp.cleartext_mail.as_ref().map(|mail| mail.frame);
    let did = match (auth, mail) {
        (Some(auth), Some(mail)) => {
            format!("logged in (frame {auth}) and sent mail (frame {mail}) in clear")
        }
        (Some(auth), None) => format!("logged in in clear (frame {auth})"),
        (None, Some(mail)) => format!("sent mail in clear (frame {mail})"),
        (None, None) if session.outcome == Outcome::NoMail => {
            "left without sending mail".to_owned()
        }
        (None, None) => return (String::new(), Vec::new()),
    };
    let frames = auth.into_iter().chain(mail).collect();
    (format!(" The client saw no STARTTLS and {did}."), frames)
}

fn overwritten_command(session: &Session) -> Option<Observation> {
    let smtp = session.smtp.as_ref()?;
    let offered = smtp.offered?;
    let tls = session.tls.as_ref();
    if tls.is_some_and(|tls| tls.established.is_some()) {
        return None;
    }
    let (then, mail) = clear_afterwards(smtp);
    let mut frames = vec![offered.frame];
    frames.extend(mail);
    let mut masked = smtp.masked.iter().filter(|line| line.frame > offered.frame);
    if let Some(command) = masked.find(|line| is_masked_request(line)) {
        frames.push(command.frame);
        let cause = format!(
            "The server at {} offers STARTTLS (frame {}), and the client's next command arrives as \
             {} (frame {}): a device between the client at {} and this place overwrote \
             STARTTLS.{then}",
            session.server.ip,
            offered.frame,
            words::quoted(&command.text),
            command.frame,
            session.client.ip
        );
        return Some(Observation {
            severity: Severity::High,
            confidence: Confidence::High,
            cause,
            frames,
            explains: true,
        });
    }
    let (asked, reply) = (smtp.requested?, smtp.reply.as_ref()?);
    if !is_unknown_command(smtp) {
        return None;
    }
    frames.extend([asked.frame, reply.frame]);
    let cause = format!(
        "The server at {} offers STARTTLS (frame {}), and when the client asks for it (frame {}) \
         answers {}, as if it had never heard of it. Most likely a device in between overwrites the \
         command.{then}",
        session.server.ip,
        offered.frame,
        asked.frame,
        words::reply(reply)
    );
    Some(Observation {
        severity: Severity::High,
        confidence: Confidence::Medium,
        cause,
        frames,
        explains: true,
    })
}

/// A command of a client that has as many letters as one that asks for TLS.
fn is_masked_request(line: &Masked) -> bool {
    let len = line.text.len();
    line.from == Peer::Client && (len == "STARTTLS".len() || len == "X-ANONYMOUSTLS".len())
}

/// The server offered STARTTLS and answers it as an unknown command (RFC 5321 section 4.2.4); what
/// stands behind it in its segment is a reason of its own.
pub(super) fn is_unknown_command(smtp: &Smtp) -> bool {
    let unknown = |code| code == 500 || code == 502;
    let reply = smtp.reply.as_ref();
    smtp.offered.is_some()
        && smtp.after_starttls.is_none()
        && reply.is_some_and(|reply| unknown(reply.code))
}
