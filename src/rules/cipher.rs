//! RC4, offered, chosen, and given up.

use super::ending::{aborted, left_at_once};
use super::suites::{Weak, weak_offer_refused};
use super::{Observation, Rule};
use crate::model::tls::Alert;
use crate::model::{Confidence, Peer, Session, Severity};
use crate::tls::registry::{is_rc4, profile};

pub const RC4_OFFERED: Rule = Rule {
    id: "T39",
    title: "RC4 is offered",
    severity: Severity::Low,
    meaning: "The client would accept RC4, which is prohibited.",
    evidence: "RC4 suites in the list of the ClientHello.",
    trap: "Offered is not chosen: only the ServerHello decides (T40).",
    advice: "Remove the RC4 suites from the client; no harm is done as long as the server does not \
             choose one.",
    references: &["RFC 7465"],
    tls_rpt: None,
    check: offered,
};

pub const RC4_CHOSEN: Rule = Rule {
    id: "T40",
    title: "RC4 was chosen",
    severity: Severity::High,
    meaning: "The connection is encrypted with RC4, which is broken and prohibited. A sender that \
              has given RC4 up leaves, and its mail stays in the queue.",
    evidence: "The cipher suite in the ServerHello is one with RC4.",
    trap: "Where a sender leaves right after the handshake RC4 is the likely reason, not a proven \
           one: its reason is not on the wire.",
    advice: "Give the server AES suites and switch RC4 off; peers that no longer accept RC4 cannot \
             deliver to it.",
    references: &["RFC 7465"],
    tls_rpt: None,
    check: chosen,
};

pub const RC4_REFUSED: Rule = Rule {
    id: "T08",
    title: "A peer leaves over RC4",
    severity: Severity::High,
    meaning: "RC4 is all the two have in common, or the server prefers it, and the client is \
              content with it no longer: its mail stays in the queue.",
    evidence: "RC4 in the ServerHello and a client that leaves before it has sent anything; or a \
               hello with RC4 at best that is refused.",
    trap: "The sender's reason is not on the wire: it may leave over the version or the \
           certificate, and a probe wants no more than the handshake: where the client says goodbye \
           (close_notify) it is only a hint. RC4 that is offered and not chosen is T39.",
    advice: "Give the server AES suites, put them before RC4, and switch RC4 off. Until then only \
             senders that still accept RC4 can deliver.",
    references: &["RFC 7465", "RFC 9325 section 4.1"],
    tls_rpt: Some("validation-failure"),
    check: refused_over_rc4,
};

fn offered(session: &Session) -> Option<Observation> {
    let hello = session.tls.as_ref()?.client_hello.as_ref()?;
    let suites = &hello.cipher_suites;
    let rc4: Vec<String> = suites
        .iter()
        .filter(|suite| is_rc4(suite.code))
        .map(ToString::to_string)
        .collect();
    if rc4.is_empty() {
        return None;
    }
    // Signals and GREASE are no suites, and what was cut off may be.
    let real = suites.iter().filter(|suite| profile(suite.code).is_some());
    let share = match !hello.partial && rc4.len() == real.count() {
        true => "nothing but RC4",
        false => "RC4 among others",
    };
    /// Suites named in a sentence; the record lists them all.
    const NAMED: usize = 6;
    let more = match rc4.len().checked_sub(NAMED) {
        Some(more) if more > 0 => format!(" and {more} more"),
        _ => String::new(),
    };
    let cause = format!(
        "The client at {} offers {share} (frame {}): {}{more}.",
        session.client.ip,
        hello.frame,
        rc4[..rc4.len().min(NAMED)].join(", ")
    );
    Some(Observation {
        explains: false,
        severity: Severity::Low,
        confidence: Confidence::High,
        cause,
        frames: vec![hello.frame],
    })
}

fn chosen(session: &Session) -> Option<Observation> {
    let hello = session.tls.as_ref()?.server_hello.as_ref()?;
    let suite = hello.cipher_suite.filter(|suite| is_rc4(suite.code))?;
    let cause = format!(
        "The server at {} chose {suite} (frame {}).",
        session.server.ip, hello.frame
    );
    Some(Observation {
        explains: false,
        severity: Severity::High,
        confidence: Confidence::High,
        cause,
        frames: vec![hello.frame],
    })
}

/// The sender left over RC4, in the middle of the handshake or right behind it.
fn refused_over_rc4(session: &Session) -> Option<Observation> {
    let tls = session.tls.as_ref()?;
    let Some(hello) = &tls.server_hello else {
        return weak_offer_refused(session, Weak::Rc4);
    };
    let suite = hello.cipher_suite.filter(|suite| is_rc4(suite.code))?;
    let (when, frame) = match left_at_once(session) {
        Some(ending) => {
            let done = session.evidence.established_at?;
            let words = ending.words(done);
            (
                format!("{words}, the handshake done and nothing sent"),
                ending.frame,
            )
        }
        None => {
            let aborted = aborted(session, Peer::Client)?;
            let ending = aborted.ending;
            ending
                .code()
                .is_none_or(|code| ABOUT_SUITE.contains(&code))
                .then(|| (aborted.words(), ending.frame))?
        }
    };
    // Whoever is turned off by a suite seldom takes leave; whoever only tries a server does.
    let goodbye = |alert: &Alert| alert.encrypted && alert.from == Peer::Client;
    let (why, confidence) = match tls.alerts.iter().any(goodbye) {
        true => (
            "Whether it left over RC4, or is a probe that wanted no more than the handshake, is not \
             on the wire.",
            Confidence::Low,
        ),
        false => (
            "That it left over RC4 is likely, its reason is not on the wire.",
            Confidence::Medium,
        ),
    };
    let cause = format!(
        "The server at {} chose {suite} (frame {}), and the client at {} {when}. {why}",
        session.server.ip, hello.frame, session.client.ip
    );
    Some(Observation {
        severity: match confidence {
            Confidence::Low => Severity::Medium,
            _ => Severity::High,
        },
        confidence,
        cause,
        frames: vec![hello.frame, frame],
        explains: true,
    })
}

/// Alerts by which a client says that it does not want the suite: handshake_failure,
/// illegal_parameter, insufficient_security.
const ABOUT_SUITE: [u8; 3] = [40, 47, 71];
