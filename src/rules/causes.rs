//! Verdicts whose cause lies below mail and TLS: a device that cut the connection, a path that
//! drops packets, a host that fell silent. They come first, because what TLS shows is then only
//! what was cut off; but never against the word of a peer (an alert, a refusal).

use super::reset::fatal_alert;
use super::silence;
use crate::model::{Confidence, EndedBy, Finding, Outcome, Session, Severity};

/// Rules that only tell how it ended: any other cause is named before them.
const LAST: [&str; 2] = ["S06", "S08"];

/// The cause among the findings that explain an ending: the recording before the path, the path
/// before the dialogue; there the surest, and of equally sure ones the earliest stage. A hint is no
/// cause.
pub(super) fn earliest(mut causes: Vec<Finding>) -> Option<Finding> {
    causes.retain(|cause| cause.confidence != Confidence::Low);
    causes.sort_by_key(|cause| {
        let stage = STAGES.find(&cause.id[..1]).unwrap_or(STAGES.len());
        let below = stage <= PATH;
        let confidence = match below {
            true => Confidence::High,
            false => cause.confidence,
        };
        let telling = CAUSES.iter().position(|(id, _)| *id == cause.id);
        (!below, LAST.contains(&cause.id), confidence, stage, telling)
    });
    let mut causes = causes.into_iter();
    let first = causes.next()?;
    Some(beside(first, causes))
}

/// A certificate with several faults was refused for one of them, and few alerts say for which.
fn beside(mut cause: Finding, others: impl Iterator<Item = Finding>) -> Finding {
    let faults: Vec<Finding> = others.filter(|other| other.id.starts_with('C')).collect();
    if !cause.id.starts_with('C') || faults.is_empty() {
        return cause;
    }
    if faults.iter().any(|it| it.confidence == cause.confidence) {
        cause.confidence = cause.confidence.max(Confidence::Medium);
    }
    let faults = faults
        .iter()
        .map(|it| format!("“{}” ({})", it.title, it.id));
    let faults: Vec<String> = faults.collect();
    let end = format!(" The refusal fits as well: {}.", faults.join("; "));
    cause.cause.push_str(&end);
    cause
}

/// Recording, path, mail, TLS, certificates, policy: the families of ids in the order in which a
/// session goes through them.
const STAGES: &str = "KPSTCN";
/// Place of the path among the stages.
const PATH: usize = 1;

/// Whether a finding about the path explains how this session ended.
pub(super) fn explains(session: &Session, finding: &Finding) -> bool {
    let refused = session
        .smtp
        .as_ref()
        .and_then(|smtp| smtp.reply.as_ref())
        .is_some_and(|reply| reply.code != 220);
    let row = CAUSES.iter().find(|(id, _)| *id == finding.id);
    !fatal_alert(session) && !refused && row.is_some_and(|(_, explains)| explains(session, finding))
}

type Explains = fn(&Session, &Finding) -> bool;

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

fn always(_: &Session, _: &Finding) -> bool {
    true
}

fn no_dialogue(session: &Session, _: &Finding) -> bool {
    session.outcome == Outcome::NoSmtp
}

fn cut_off(session: &Session, _: &Finding) -> bool {
    session.ended.by == EndedBy::ThirdParty
}

/// The message about the MTU did not help: the finding says so by its severity.
fn not_heeded(_: &Session, finding: &Finding) -> bool {
    finding.severity == Severity::High
}

/// What passed in smaller pieces only cost time.
fn not_in_pieces(session: &Session, _: &Finding) -> bool {
    let stuck = session.evidence.path.stuck.iter().flatten();
    stuck
        .into_iter()
        .any(|stuck| stuck.smaller_passed.is_none())
}

/// It stayed closed until a side gave up, or for so long that this is no mere pause.
fn never_opened(session: &Session, _: &Finding) -> bool {
    let Some((_, stall)) = silence::stall(session).filter(|(_, stall)| stall.until.is_none())
    else {
        return false;
    };
    let seconds = silence::until(session).seconds_since(stall.from.time);
    session.ended.by != EndedBy::Unknown || seconds >= silence::WAITED
}

/// The hello was not answered, whoever ended the session.
fn unanswered(session: &Session, _: &Finding) -> bool {
    let tls = session.tls.as_ref();
    tls.is_some_and(|tls| tls.server_hello.is_none())
}

/// Nobody but the client, or nobody at all, ended the wait. A server that closes had its reasons.
fn gave_up(session: &Session, finding: &Finding) -> bool {
    let hello = session.evidence.path.hello.as_ref();
    let silent = hello.is_some_and(|hello| hello.answer.is_none());
    silent
        && unanswered(session, finding)
        && matches!(session.ended.by, EndedBy::Client | EndedBy::Unknown)
}
