//! The server says no: to TLS, to mail without TLS, or to this client.

use super::offer::is_unknown_command;
use super::seen::{sure_if_whole, whole};
use super::silence::WAITED;
use super::{Observation, Rule, words};
use crate::model::smtp::{Before, Early, Rejected, Reply, Smtp, Stage};
use crate::model::{Confidence, Session, Severity, Starts};

pub const NOT_AVAILABLE: Rule = Rule {
    id: "S04",
    title: "The server has no TLS at the moment (454)",
    severity: Severity::High,
    meaning: "The server offers STARTTLS and cannot do it: mostly it cannot read its key or its \
              certificate.",
    evidence: "454 in answer to STARTTLS.",
    trap: "Some servers say 454 when they limit a client or shut it out; the text tells, and the \
           confidence is medium then, as it is where the text says nothing of TLS.",
    advice: "At the server: is the key there, readable for the mail service and that of the \
             certificate? Its log at that moment names the reason; then reload or restart it.",
    references: &["RFC 3207 section 4"],
    tls_rpt: Some("starttls-not-supported"),
    check: not_available,
};

pub const REFUSED: Rule = Rule {
    id: "S05",
    title: "The server refuses STARTTLS",
    severity: Severity::High,
    meaning: "The server does not take the client's STARTTLS: its parameters, its place in the \
              dialogue, or a policy of the server are in the way.",
    evidence: "A reply to STARTTLS that is neither 220 nor 454: 501, 502, 503, 530, 554 and others.",
    trap: "What the client sends behind STARTTLS without waiting brings 501 or 554 as well (S11). \
           500 or 502 after an offer is more likely a device in between (S03).",
    advice: "Where the client breaks the order, update or configure it: EHLO first, then STARTTLS \
             alone, then wait. Otherwise switch STARTTLS on at the server, or ask why it refuses.",
    references: &["RFC 3207 section 4", "RFC 2920 section 3.1"],
    tls_rpt: Some("starttls-not-supported"),
    check: refused,
};

pub const TLS_REQUIRED: Rule = Rule {
    id: "S18",
    title: "The server demands TLS and the client does not begin it",
    severity: Severity::High,
    meaning: "The server takes no mail or login without TLS. The client cannot do TLS, is not told \
              to, or never saw the offer.",
    evidence: "530, 451, 538 or another refusal whose text demands STARTTLS, to a client that did \
               not ask for it.",
    trap: "A client that asks for TLS afterwards has understood, and words about encryption in the \
           reply to a whole message are about its content: nothing is said then.",
    advice: "Make the client use STARTTLS. If its log says that none was offered, capture at the \
             client: a device in between hides it (S02).",
    references: &["RFC 3207 section 4", "RFC 4954 section 6"],
    tls_rpt: Some("starttls-not-supported"),
    check: tls_required,
};

pub const TURNED_AWAY: Rule = Rule {
    id: "S23",
    title: "The server turns the client away: not a TLS problem",
    severity: Severity::High,
    meaning: "The server ends the matter before TLS is spoken of: a block list, a limit of \
              connections, an overload.",
    evidence: "A reply of 4xx or 5xx in place of the greeting or to EHLO, or 421 before STARTTLS.",
    trap: "A server that does not know EHLO answers 500 and takes HELO, and one may speak of TLS: \
           nothing is said then. 421 may also end the patience with a silent client.",
    advice: "Read the server's words: they mostly name the list or the limit. TLS settings change \
             nothing here.",
    references: &["RFC 5321 section 3.1", "RFC 5321 section 3.8"],
    tls_rpt: None,
    check: turned_away,
};

/// The refusal of TLS that stands at the end; none where TLS was granted.
fn refusal(session: &Session) -> Option<(&Smtp, &Reply)> {
    let smtp = session.smtp.as_ref()?;
    let reply = smtp.reply.as_ref().filter(|reply| reply.code != 220)?;
    let tls = session.tls.as_ref();
    let works = tls.is_some_and(|tls| tls.established.is_some());
    (!works).then_some((smtp, reply))
}

/// ` The client then sent mail in clear (frame 12).`, where it did, and the frame.
pub(super) fn clear_afterwards(smtp: &Smtp) -> (String, Option<u64>) {
    let mail = smtp.cleartext_mail.as_ref();
    let mail = mail.filter(|mail| mail.after == Some(Before::Refused));
    match mail {
        Some(mail) => {
            let text = format!(
                " The client then sent mail in clear (frame {}).",
                mail.frame
            );
            (text, Some(mail.frame))
        }
        None => (String::new(), None),
    }
}

/// Beginnings of words of servers that limit or shut out a client.
const LIMITS: [&str; 12] = [
    "rate ",
    "limit",
    "too many",
    "too much",
    "exceed",
    "throttl",
    "concurren",
    "busy",
    "permit",
    "denied",
    "allowed",
    "policy",
];
/// Beginnings of words of servers that speak of their TLS.
const ABOUT_TLS: [&str; 7] = [
    "tls",
    "starttls",
    "gnutls",
    "ssl",
    "openssl",
    "certificate",
    "encrypt",
];

/// A word in the text of a reply begins like this.
fn says(reply: &Reply, beginnings: &[&str]) -> bool {
    let text = reply.text.to_ascii_lowercase();
    let words = text.split(|char: char| !char.is_alphanumeric());
    let text: String = words.map(|word| format!(" {word}")).collect::<String>() + " ";
    let mut beginnings = beginnings.iter();
    beginnings.any(|beginning| text.contains(&format!(" {beginning}")))
}

fn not_available(session: &Session) -> Option<Observation> {
    let (smtp, reply) = refusal(session)?;
    if reply.code != 454 {
        return None;
    }
    let (why, confidence) = match (says(reply, &LIMITS), says(reply, &ABOUT_TLS)) {
        (true, _) => ("By its words it limits this client.", Confidence::Medium),
        (false, true) => (
            "It cannot use its key, its certificate or its TLS library.",
            Confidence::High,
        ),
        (false, false) => (
            "Its words do not say why: most often it cannot use its key or its certificate.",
            Confidence::Medium,
        ),
    };
    let (then, mail) = clear_afterwards(smtp);
    let cause = format!(
        "The server at {} answered STARTTLS with {}. {why}{then}",
        session.server.ip,
        words::reply(reply)
    );
    let asked = smtp.requested.map(|at| at.frame);
    Some(Observation {
        severity: Severity::High,
        confidence,
        cause,
        frames: asked.into_iter().chain([reply.frame]).chain(mail).collect(),
        explains: true,
    })
}

fn refused(session: &Session) -> Option<Observation> {
    if let Some(observation) = refused_with_ehlo(session) {
        return Some(observation);
    }
    let (smtp, reply) = refusal(session)?;
    if reply.code == 454 || is_unknown_command(smtp) {
        return None;
    }
    let (then, mail) = clear_afterwards(smtp);
    let cause = format!(
        "The server at {} refused STARTTLS with {}.{}{then}",
        session.server.ip,
        words::reply(reply),
        why(session, smtp, reply)
    );
    let asked = smtp.requested.map(|at| at.frame);
    Some(Observation {
        severity: Severity::High,
        // 421 may end the session for another reason, at this moment by chance. Where it is not known
        // what was on offer an unknown command may be one that was overwritten (S03).
        confidence: match reply.code {
            421 => Confidence::Medium,
            500 | 502 if !session.evidence.hello_answered => Confidence::Medium,
            _ => Confidence::High,
        },
        cause,
        frames: asked.into_iter().chain([reply.frame]).chain(mail).collect(),
        explains: true,
    })
}

/// What in the dialogue speaks for the refusal.
fn why(session: &Session, smtp: &Smtp, reply: &Reply) -> String {
    let early = smtp.after_starttls.as_ref();
    if let Some(early) = early.filter(|early| early.kind == Early::Commands) {
        let what = early.command.unwrap_or("text");
        return format!(
            " The client had not waited: {what} came behind STARTTLS (frame {}).",
            early.frame
        );
    }
    let from_start = session.capture.starts == Starts::Syn;
    if smtp.ehlo.is_none() && from_start && whole(session) {
        return " The client had not said EHLO, so nothing was on offer.".to_owned();
    }
    if smtp.offered.is_none() && session.evidence.hello_answered {
        return " It had not offered STARTTLS.".to_owned();
    }
    match reply.code {
        501 => " 501 objects to parameters: STARTTLS has none.".to_owned(),
        _ => String::new(),
    }
}

/// EHLO and STARTTLS came together, and one reply ended both.
fn refused_with_ehlo(session: &Session) -> Option<Observation> {
    let smtp = session.smtp.as_ref()?;
    let (asked, ehlo) = (smtp.requested?, smtp.ehlo.as_ref()?);
    let reply = smtp.rejected.as_ref()?;
    let before_reply = asked.frame < reply.frame;
    // Where something is missing the reply may answer something else.
    if !before_reply
        || !whole(session)
        || smtp.reply.is_some()
        || reply.phase != Some(Stage::Ehlo)
        || session.tls.is_some()
    {
        return None;
    }
    let cause = format!(
        "The client at {} sent STARTTLS (frame {}) behind its EHLO (frame {}) without waiting for \
         what is on offer, and the server at {} answered {}.",
        session.client.ip,
        asked.frame,
        ehlo.frame,
        session.server.ip,
        rejection(reply)
    );
    Some(Observation {
        severity: Severity::High,
        confidence: Confidence::High,
        cause,
        frames: vec![ehlo.frame, asked.frame, reply.frame],
        explains: true,
    })
}

fn tls_required(session: &Session) -> Option<Observation> {
    let smtp = session.smtp.as_ref()?;
    let demand = smtp.tls_required.as_ref()?;
    if smtp.requested.is_some() || session.tls.is_some() {
        return None;
    }
    // What a server says to a whole message is about what is in it.
    let mail = smtp.cleartext_mail.as_ref();
    let to_message = mail.and_then(|mail| mail.message_reply);
    if to_message.is_some_and(|reply| reply.frame == demand.frame) {
        return None;
    }
    let offer = match smtp.offered {
        Some(offer) => format!(
            "offers STARTTLS (frame {}), which the client at {} did not ask for",
            offer.frame, session.client.ip
        ),
        None if session.evidence.hello_answered => format!(
            "offered no STARTTLS that would have reached the client at {}",
            session.client.ip
        ),
        None => format!(
            "had said nothing of STARTTLS to the client at {} in this capture",
            session.client.ip
        ),
    };
    let cause = format!(
        "The server at {} demands TLS: {}. It {offer}.",
        session.server.ip,
        words::reply(demand)
    );
    // These are about the connection; other codes may be about a message of which a part is missing.
    let clear = matches!(demand.code, 530 | 538) || says(demand, &["starttls"]);
    let seen = session.capture.starts == Starts::Syn && whole(session);
    Some(Observation {
        severity: Severity::High,
        // As long as the client has not left it may still ask for TLS.
        confidence: match (clear || seen) && session.ended.frame.is_some() {
            true => Confidence::High,
            false => Confidence::Medium,
        },
        cause,
        frames: [demand.frame]
            .into_iter()
            .chain(smtp.offered.map(|at| at.frame))
            .collect(),
        explains: true,
    })
}

fn turned_away(session: &Session) -> Option<Observation> {
    let smtp = session.smtp.as_ref()?;
    let reply = smtp.rejected.as_ref()?;
    // A server that does not know EHLO says so, and means nobody in particular.
    let to_hello = reply.phase == Some(Stage::Ehlo);
    if to_hello && matches!(reply.code, 500 | 502) {
        return None;
    }
    let before_tls = smtp.requested.is_none() && session.tls.is_none() && smtp.reply.is_none();
    let in_clear = smtp.cleartext_mail.is_some() || smtp.cleartext_auth.is_some();
    let words = Reply {
        frame: reply.frame,
        code: reply.code,
        text: reply.text.clone(),
    };
    if !before_tls || in_clear || says(&words, &ABOUT_TLS) {
        return None;
    }
    let waited = waited_before(session, reply.frame);
    let place = match reply.phase? {
        Stage::Banner => "in place of a greeting",
        Stage::Ehlo => "in answer to EHLO",
        Stage::Mail => "before TLS was spoken of",
    };
    let silent = waited.map_or_else(String::new, |seconds| {
        format!(" The client had been silent for {seconds:.1} s.")
    });
    let cause = format!(
        "The server at {} turned the client at {} away {place}: {}.{silent} This is not a TLS \
         problem.",
        session.server.ip,
        session.client.ip,
        words::reply(&words)
    );
    Some(Observation {
        severity: Severity::High,
        // Whoever is sent away after a silence may have been waited for in vain; and where something
        // is missing the client may have begun with TLS.
        confidence: match waited {
            Some(_) => Confidence::Medium,
            None => sure_if_whole(session),
        },
        cause,
        frames: vec![reply.frame],
        explains: true,
    })
}

/// How long nobody had said anything before the server spoke in this frame to a client that had its
/// turn, in seconds; only what is long.
fn waited_before(session: &Session, frame: u64) -> Option<f64> {
    let smtp = session.smtp.as_ref()?;
    let times = &session.evidence.times;
    let at = times.iter().position(|seen| seen.frame == frame)?;
    let before = times.get(at.checked_sub(1)?)?;
    let seconds = times[at].time.seconds_since(before.time);
    // Before the greeting it is the server's turn.
    (smtp.banner.is_some() && seconds >= WAITED).then_some(seconds)
}

fn rejection(reply: &Rejected) -> String {
    let Rejected {
        frame, code, text, ..
    } = reply.clone();
    words::reply(&Reply { frame, code, text })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_only_hold_another() {
        let reply = |text: &str| Reply {
            text: text.to_owned(),
            frame: 1,
            code: 454,
        };
        assert!(says(&reply("4.7.0 Connection rate exceeded"), &LIMITS));
        assert!(says(&reply("4.7.0 too many TLS sessions"), &LIMITS));
        assert!(!says(
            &reply("4.7.0 no TLS at the corporate gateway"),
            &LIMITS
        ));
        assert!(says(&reply("4.7.0 STARTTLS: library error"), &ABOUT_TLS));
        assert!(!says(&reply("4.7.0 come later"), &ABOUT_TLS));
    }
}
