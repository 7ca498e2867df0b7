//! What becomes of the ClientHello on the wire: lost, or taken and not answered.

use super::reset::fatal_alert;
use super::silence::{WAITED, sees_server, until};
use super::{Observation, Rule, words};
use crate::model::{Confidence, EndedBy, Session, Severity};

pub const SILENT_SERVER: Rule = Rule {
    id: "P10",
    title: "The server got the ClientHello and says nothing",
    severity: Severity::High,
    meaning: "The host took the hello and its program does not answer: it waits for revocation \
              lists, a directory or a key store, or a proxy in front of it does.",
    evidence: "A ClientHello that is acknowledged, and no answer for more than five seconds.",
    trap: "An answer may be missing in the capture only: nothing is said where the server's \
           direction has holes.",
    advice: "Look at the server at that moment: it may wait for something (revocation lists, OCSP, \
             LDAP, a key store), or a proxy in front of it does.",
    references: &["RFC 5246 section 7.3", "RFC 8446 section 2"],
    tls_rpt: Some("validation-failure"),
    check: silent_server,
};

pub const LOST_HELLO: Rule = Rule {
    id: "P11",
    title: "The ClientHello does not get through",
    severity: Severity::High,
    meaning: "Small packets pass and the ClientHello does not: a device drops what it inspects, \
              or the hello is too large for the path.",
    evidence: "The ClientHello sent again and again, and never acknowledged as a whole.",
    trap: "One repetition is ordinary loss. Where its beginning is acknowledged, its size is the \
           likely reason (P06).",
    advice: "Something on the path drops it: compare with a smaller hello (without post-quantum key \
             share), look for inspection devices, and check the path MTU.",
    references: &["RFC 9293 section 3.8.1"],
    tls_rpt: Some("validation-failure"),
    check: lost_hello,
};

fn silent_server(session: &Session) -> Option<Observation> {
    let hello = session.evidence.path.hello.as_ref()?;
    let acked = hello.acked?;
    if !sees_server(session) {
        return None;
    }
    let end = hello
        .answer
        .map_or_else(|| until(session), |answer| answer.time);
    if end.seconds_since(hello.sent.time) <= WAITED {
        return None;
    }
    let span = words::span(hello.sent.time, end);
    let (severity, then) = match (hello.answer, session.ended.by) {
        (Some(answer), _) => (
            Severity::Medium,
            format!("answered only {span} later (frame {})", answer.frame),
        ),
        (None, EndedBy::Unknown) => (Severity::High, format!("sent nothing for {span}")),
        (None, by) => {
            let who = match by {
                EndedBy::Client => "the client",
                EndedBy::Server => "it",
                _ => "a device in between",
            };
            let how = words::how(session.ended.how);
            (
                Severity::High,
                format!("sent nothing for {span}, then {who} {how}"),
            )
        }
    };
    let cause = format!(
        "The server at {} acknowledged the ClientHello (frame {}, acknowledged in frame {}) and \
         {then}.",
        session.server.ip, hello.sent.frame, acked.frame
    );
    let answer = hello.answer.map(|answer| answer.frame);
    Some(Observation {
        explains: false,
        severity,
        confidence: Confidence::Medium,
        cause,
        frames: [hello.sent.frame, acked.frame]
            .into_iter()
            .chain(answer.or(session.ended.frame))
            .collect(),
    })
}

fn lost_hello(session: &Session) -> Option<Observation> {
    let hello = session.evidence.path.hello.as_ref()?;
    let lost = hello.acked.is_none() && hello.answer.is_none() && !hello.again.is_empty();
    // A server that has left already takes nothing any more.
    let ended = session
        .ended
        .frame
        .filter(|_| session.ended.by == EndedBy::Server);
    let had_left = ended.is_some_and(|frame| frame < hello.sent.frame);
    if !lost || had_left || !sees_server(session) || fatal_alert(session) {
        return None;
    }
    let again: Vec<u64> = hello.again.iter().map(|seen| seen.frame).collect();
    let acked = match hello.part_acked {
        Some(seen) => format!(
            "only its beginning was acknowledged (frame {}), never the rest",
            seen.frame
        ),
        None => "it was never acknowledged".to_owned(),
    };
    let span = hello
        .again
        .last()
        .map_or_else(String::new, |last| words::span(hello.sent.time, last.time));
    let cause = format!(
        "The client at {} sent its ClientHello (frame {}) again {} times in {span} ({}); \
         {acked}.",
        session.client.ip,
        hello.sent.frame,
        again.len(),
        words::frames(&again)
    );
    let often = again.len() >= 3;
    Some(Observation {
        explains: false,
        severity: match often {
            true => Severity::High,
            false => Severity::Medium,
        },
        confidence: match often {
            true => Confidence::Medium,
            false => Confidence::Low,
        },
        cause,
        frames: [hello.sent.frame]
            .into_iter()
            .chain(again)
            .chain(hello.part_acked.map(|seen| seen.frame))
            .collect(),
    })
}
