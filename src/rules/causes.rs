//! Verdicts whose cause lies below mail and TLS: a device that cut the connection, a path that
//! drops packets, a host that fell silent. They come first, because what TLS shows is then only
//! what was cut off; but never against the word of a peer (an alert, a refusal).

use super::diagnose::{because, says};
use super::reset::fatal_alert;
use super::silence;
use crate::model::{Confidence, EndedBy, Outcome, Session, Severity, Verdict};

/// The cause below mail and TLS that explains how this session ended; `None` when there is none,
/// or when it is no more than possible.
pub(super) fn verdict(session: &Session) -> Option<Verdict> {
    let refused = session
        .smtp
        .as_ref()
        .and_then(|smtp| smtp.reply.as_ref())
        .is_some_and(|reply| reply.code != 220);
    if fatal_alert(session) || refused {
        return None;
    }
    let finding = CAUSES.iter().find_map(|(id, explains)| {
        let mut found = session.findings.iter();
        let finding = found.find(|finding| finding.id == *id)?;
        (finding.confidence != Confidence::Low && explains(session)).then_some(finding)
    })?;
    Some(because(
        finding.id,
        says(
            finding.cause.clone(),
            finding.confidence,
            finding.frames.clone(),
        ),
    ))
}

type Explains = fn(&Session) -> bool;

/// Findings that can be the cause of an ending, the most telling first, and when they are.
const CAUSES: &[(&str, Explains)] = &[
    ("P12", cut_off),
    ("P04", cut_off),
    ("P05", cut_off),
    ("P07", not_heeded),
    ("P06", not_in_pieces),
    ("P08", always),
    ("P09", never_opened),
    ("P11", unanswered),
    ("P10", gave_up),
    ("P01", no_dialogue),
    ("P02", no_dialogue),
    ("P18", no_dialogue),
    ("P17", no_dialogue),
];

fn always(_: &Session) -> bool {
    true
}

fn no_dialogue(session: &Session) -> bool {
    session.outcome == Outcome::NoSmtp
}

fn cut_off(session: &Session) -> bool {
    session.ended.by == EndedBy::ThirdParty
}

/// The message about the MTU did not help: the finding says so by its severity.
fn not_heeded(session: &Session) -> bool {
    let mut found = session.findings.iter();
    found.any(|finding| finding.id == "P07" && finding.severity == Severity::High)
}

/// What passed in smaller pieces only cost time.
fn not_in_pieces(session: &Session) -> bool {
    let stuck = session.evidence.path.stuck.iter().flatten();
    stuck
        .into_iter()
        .any(|stuck| stuck.smaller_passed.is_none())
}

fn never_opened(session: &Session) -> bool {
    silence::stall(session).is_some_and(|(_, stall)| stall.until.is_none())
}

/// The hello was not answered, whoever ended the session.
fn unanswered(session: &Session) -> bool {
    let tls = session.tls.as_ref();
    tls.is_some_and(|tls| tls.server_hello.is_none())
}

/// Nobody but the client, or nobody at all, ended the wait. A server that closes had its reasons.
fn gave_up(session: &Session) -> bool {
    let hello = session.evidence.path.hello.as_ref();
    let silent = hello.is_some_and(|hello| hello.answer.is_none());
    silent && unanswered(session) && matches!(session.ended.by, EndedBy::Client | EndedBy::Unknown)
}
