//! RC4, offered and chosen.

use super::{Observation, Rule};
use crate::model::{Confidence, Session, Severity};
use crate::tls::registry::is_rc4;

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
    let share = match rc4.len() == suites.len() {
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
