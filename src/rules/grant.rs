//! TLS was granted, and one side leaves before it begins.

use super::seen::whole;
use super::silence::WAITED;
use super::{Observation, Rule, exchange, words};
use crate::model::smtp::{PlainText, Smtp};
use crate::model::tls::{Tls, Version};
use crate::model::{Confidence, EndedBy, How, Peer, Session, Severity};

pub const SERVER_LEAVES: Rule = Rule {
    id: "S06",
    title: "The server grants TLS and closes without a word",
    severity: Severity::High,
    meaning: "The server agrees to TLS and leaves before its part of the handshake, without an \
              alert: it has no certificate or key that it can use, wants a newer version than the \
              client offers, or a device closes in its name.",
    evidence: "220 for STARTTLS, then FIN or reset of the server, before or right after the \
               ClientHello, and neither alert nor text.",
    trap: "Where the client leaves first it is S10. What the client offers may be the reason: \
           findings about its offer come before this one.",
    advice: "Look at the server's own log at that moment (Schannel: events 36871, 36874, 36888): \
             is the certificate there, and its key readable? Try another client to compare.",
    references: &["RFC 3207 section 4", "RFC 8446 section 6.2"],
    tls_rpt: Some("validation-failure"),
    check: server_leaves,
};

pub const PROBE: Rule = Rule {
    id: "S10",
    title: "A health check or probe",
    severity: Severity::Info,
    meaning: "The client looked whether the server answers and left: monitoring, a load balancer, \
              a callback check. Nothing failed.",
    evidence: "QUIT or the client's FIN after the greeting, after EHLO, or after STARTTLS was \
               granted; no hello, no mail, no login.",
    trap: "A client that finds no TLS on offer, is refused, or waited long had a reason to leave; its \
           reset may answer what the server repeats, or the loss of its ClientHello: nothing is said \
           then. On the port for submission it may have missed a login before TLS.",
    advice: "Leave it out of failure counts. If this client should have sent mail, its own log \
             says why it left.",
    references: &["RFC 5321 section 4.1.1.10"],
    tls_rpt: None,
    check: probe,
};

fn server_leaves(session: &Session) -> Option<Observation> {
    let smtp = session.smtp.as_ref()?;
    let reply = smtp.reply.as_ref().filter(|reply| reply.code == 220)?;
    let frame = session.ended.frame?;
    let tls = session.tls.as_ref();
    let speechless = smtp.plaintext_after_grant.is_empty()
        && tls.is_none_or(|tls| !answered(tls) && !alerted_before(tls, frame));
    if session.ended.by != EndedBy::Server || !speechless || !whole(session) {
        return None;
    }
    let hello = tls.and_then(|tls| tls.client_hello.as_ref());
    // Of a hello that is not complete nobody knows whether the server got it.
    if tls.is_some() && hello.is_none() {
        return None;
    }
    // Who stays for long waited for the client, or for something of its own (P10).
    let last = hello.map_or(reply.frame, |hello| hello.frame.min(frame));
    let last = session.evidence.time_of(last)?;
    if session.ended.time.seconds_since(last) >= WAITED {
        return None;
    }
    // An outdated offer is the better reason, and has rows of its own (T01, T02).
    let outdated = |version| version < Version::TLS12;
    if hello
        .is_some_and(|hello| hello.frame < reply.frame || hello.max_version.is_some_and(outdated))
    {
        return None;
    }
    let how = words::how(session.ended.how);
    let place = match hello.filter(|hello| hello.frame < frame) {
        Some(hello) => {
            let sent = session.evidence.client_hello_at;
            let later = sent.map_or_else(String::new, |sent| {
                format!("{} ", words::span(sent, session.ended.time))
            });
            format!("{later}after the ClientHello (frame {})", hello.frame)
        }
        None if frame == reply.frame => "in the same frame".to_owned(),
        None => "before any ClientHello".to_owned(),
    };
    let cause = format!(
        "The server at {} granted TLS with {}, and {how} (frame {frame}) {place}, without an alert. \
         Its certificate or key, its lowest version, or a device in between may be the reason.",
        session.server.ip,
        words::reply(reply)
    );
    let hello = hello.map(|hello| hello.frame);
    Some(Observation {
        severity: Severity::High,
        confidence: Confidence::Medium,
        cause,
        frames: [reply.frame, frame].into_iter().chain(hello).collect(),
        explains: true,
    })
}

/// The server has begun its part of the handshake.
fn answered(tls: &Tls) -> bool {
    tls.server_hello.is_some() || tls.hello_retry_request.is_some()
}

/// An alert of the server, or one of the client that came before the server left.
fn alerted_before(tls: &Tls, frame: u64) -> bool {
    let mut alerts = tls.alerts.iter();
    alerts.any(|alert| alert.from == Peer::Server || alert.frame <= frame)
}

/// Where mail is submitted after a login (RFC 6409).
const SUBMISSION: u16 = 587;

fn probe(session: &Session) -> Option<Observation> {
    let smtp = session.smtp.as_ref()?;
    let idle = smtp.cleartext_auth.is_none()
        && smtp.cleartext_mail.is_none()
        && smtp.rejected.is_none()
        && smtp.tls_required.is_none()
        && smtp.refused.is_empty()
        && smtp.masked.is_empty()
        && smtp.decrypted.is_none()
        && smtp.xclient.is_none()
        && session.tls.is_none();
    if !idle || !whole(session) || exchange::no_exchange_login(session).is_some() {
        return None;
    }
    let banner = smtp.banner.as_ref().filter(|banner| banner.complete)?;
    let (place, heard, offered) = last_heard(session, smtp, banner.frame)?;
    let frame = match smtp.quit {
        Some(quit) => quit.frame,
        None if session.ended.by == EndedBy::Client => session.ended.frame?,
        None => return None,
    };
    // Who waits long for an answer, or does not wait for it at all, has another reason to leave.
    let late = |frame| session.evidence.time_of(frame);
    let stayed = match (late(heard), late(frame)) {
        (Some(heard), Some(left)) => left.seconds_since(heard),
        _ => return None,
    };
    let patient = banner.seconds.is_none_or(|seconds| seconds < WAITED);
    let torn = session.ended.how == How::Rst && smtp.quit.is_none() && smtp.requested.is_some();
    if frame <= heard || stayed >= WAITED || !patient || torn {
        return None;
    }
    let how = match smtp.quit {
        Some(_) => "said QUIT",
        None => words::how(session.ended.how),
    };
    let cause = format!(
        "The client at {} {how} (frame {frame}) {place} (frame {heard}) and neither began TLS \
         nor sent mail{}: most likely a health check or another probe, not a failure.",
        session.client.ip,
        match offered {
            Some(offered) if offered != heard =>
                format!(", though STARTTLS was offered (frame {offered})"),
            Some(_) => ", though STARTTLS was offered".to_owned(),
            None => String::new(),
        }
    );
    // Who comes to submit mail, and finds no login before TLS, may have no TLS to go on with.
    let may_submit = session.server.port == SUBMISSION && smtp.auth_mechanisms.is_empty();
    let asked = smtp.ehlo.is_some() && smtp.requested.is_none() && smtp.quit.is_some();
    let sure = asked && !may_submit;
    Some(Observation {
        severity: Severity::Info,
        confidence: match sure {
            true => Confidence::High,
            false => Confidence::Medium,
        },
        cause,
        frames: vec![heard, frame],
        explains: true,
    })
}

/// The last thing that the client heard, its frame, and the offer of STARTTLS; `None` where a
/// question is open, or where there was nothing to ask for.
fn last_heard(
    session: &Session,
    smtp: &Smtp,
    banner: u64,
) -> Option<(&'static str, u64, Option<u64>)> {
    let own_text = |it: &PlainText| {
        it.from == Peer::Client && it.verb == Some("QUIT")
            || it.text.as_deref().is_some_and(is_goodbye)
    };
    if let Some(reply) = &smtp.reply {
        let nothing_else = smtp.plaintext_after_grant.iter().all(own_text);
        return (reply.code == 220 && nothing_else).then_some((
            "as soon as STARTTLS was granted",
            reply.frame,
            None,
        ));
    }
    if smtp.requested.is_some() {
        return None;
    }
    match (&smtp.ehlo, smtp.offered) {
        (Some(_), Some(offered)) => Some((
            "after the reply to EHLO",
            offered.frame,
            Some(offered.frame),
        )),
        // HELO shows no offers.
        (Some(ehlo), None) if ehlo.verb == "HELO" && session.evidence.hello_answered => {
            Some(("after HELO", ehlo.frame, None))
        }
        (Some(_), None) => None,
        (None, _) => Some(("after the greeting", banner, None)),
    }
}

/// The server's answer to QUIT.
fn is_goodbye(text: &str) -> bool {
    text.starts_with("221")
}
