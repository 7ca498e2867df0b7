//! The course of time: a moment from which on everything is different.

use super::digest::{Digest, Fate};
use super::{Comparison, CrossRule, grouped, named};
use crate::model::{Confidence, Endpoint, Severity};
use crate::rules::words;

/// Sessions before and after a change, each.
const AROUND: usize = 3;

pub const CHANGE_POINT: CrossRule = CrossRule {
    id: "X05",
    title: "From one moment on everything is different",
    severity: Severity::Medium,
    meaning: "All sessions with a server worked up to a moment and all failed afterwards, or the \
              other way round: something was changed or expired just then. Often it changes for \
              some senders only: those that are too old for a new floor, or that look at a \
              certificate.",
    evidence: "At least three sessions before and three after, with one change between them: of all \
               senders, or of those for whom it changed once.",
    trap: "Few sessions can fall that way by chance; the counts are named.",
    advice: "Look for what happened at that moment: a restart, an update, a renewed or expired \
             certificate, a firewall rule.",
    references: &[],
    tls_rpt: None,
    check: change_point,
};

fn change_point(all: &[&Digest]) -> Vec<Comparison> {
    let servers = grouped(all, |digest| tells(digest).then_some(digest.server));
    let mut found = Vec::new();
    for (server, sessions) in servers {
        if let Some(turn) = clear_turn(all, &sessions) {
            found.push(change(all, server, &sessions, turn, ""));
            continue;
        }
        for worked in [true, false] {
            let turning = turning(all, &sessions, worked);
            if let Some(turn) = clear_turn(all, &turning) {
                let others = others(all, &sessions, &turning, all[turning[turn]]);
                found.push(change(all, server, &turning, turn, &others));
            }
        }
    }
    found
}

/// Whether a moment between these sessions, all with one server, explains why some of them fail.
pub(super) fn is_explained(all: &[&Digest], sessions: &[usize]) -> bool {
    let sessions = sessions.iter().map(|&at| all[at]);
    let sessions: Vec<&Digest> = sessions.filter(|digest| tells(digest)).collect();
    !change_point(&sessions).is_empty()
}

fn tells(digest: &Digest) -> bool {
    digest.fate == Fate::Works || digest.fate.is_failure()
}

fn works(all: &[&Digest], at: usize) -> bool {
    all[at].fate == Fate::Works
}

/// The place of the first session after the only change.
fn turn(all: &[&Digest], sessions: &[usize]) -> Option<usize> {
    let mut pairs = sessions.windows(2);
    let last = pairs.position(|pair| works(all, pair[0]) != works(all, pair[1]))?;
    let after = &sessions[last + 1..];
    let once = after
        .iter()
        .all(|&later| works(all, later) != works(all, sessions[0]));
    once.then_some(last + 1)
}

/// The same, with enough sessions around it.
fn clear_turn(all: &[&Digest], sessions: &[usize]) -> Option<usize> {
    turn(all, sessions).filter(|&turn| turn >= AROUND && sessions.len() - turn >= AROUND)
}

/// The sessions of those senders for whom it changed once, from `worked` to the opposite.
fn turning(all: &[&Digest], sessions: &[usize], worked: bool) -> Vec<usize> {
    let with_server: Vec<&Digest> = sessions.iter().map(|&at| all[at]).collect();
    let senders = grouped(&with_server, |digest| Some(digest.sender_name()));
    let mut turning: Vec<usize> = senders
        .into_iter()
        .map(|(_, of_sender)| of_sender.into_iter().map(|at| sessions[at]).collect())
        .filter(|of_sender: &Vec<usize>| {
            turn(all, of_sender).is_some() && works(all, of_sender[0]) == worked
        })
        .flatten()
        .collect();
    turning.sort_unstable();
    turning
}

/// What became of the others since.
fn others(all: &[&Digest], sessions: &[usize], turning: &[usize], first: &Digest) -> String {
    let since = sessions
        .iter()
        .filter(|&&at| all[at].started >= first.started && turning.binary_search(&at).is_err());
    let (worked, failed): (Vec<usize>, Vec<usize>) = since.partition(|&&at| works(all, at));
    format!(
        " Of the sessions of others since then {} worked and {} failed.",
        worked.len(),
        failed.len()
    )
}

/// Whether it was the client that changed, where both sessions are of one.
fn same_offer(last: &Digest, first: &Digest) -> &'static str {
    match (&last.offer, &first.offer) {
        _ if last.sender_name() != first.sender_name() => "",
        (Some((before, _)), Some((after, _))) if before == after => {
            " The client offered the same before and after."
        }
        (Some(_), Some(_)) => " The client's offer changed with it.",
        _ => "",
    }
}

fn change(
    all: &[&Digest],
    server: Endpoint,
    sessions: &[usize],
    turn: usize,
    others: &str,
) -> Comparison {
    let around = [sessions[turn - 1], sessions[turn]];
    let [last, first] = around.map(|at| all[at]);
    let words = match last.fate == Fate::Works {
        true => ["worked", "failed"],
        false => ["failed", "worked"],
    };
    let senders = match others.is_empty() {
        true => String::new(),
        false => {
            let senders = sessions.iter().map(|&at| all[at].sender_name());
            let senders = senders.map(|(ip, ehlo)| match ehlo {
                Some(ehlo) => format!("{ip} ({})", words::quoted(&ehlo)),
                None => ip.to_string(),
            });
            format!(" of {}", named(senders))
        }
    };
    let changed = match (&last.leaf, &first.leaf) {
        (Some((old, _)), Some((new, _))) if old != new => format!(
            " The server's certificate changed with it: serial {} became {}.",
            old.serial, new.serial
        ),
        _ => same_offer(last, first).to_owned(),
    };
    let cause = format!(
        "All {turn} sessions{senders} with {server} up to {} {}, all {} from {} on {}.{changed}{others}",
        last.started,
        words[0],
        sessions.len() - turn,
        first.started,
        words[1]
    );
    Comparison {
        severity: Severity::Medium,
        confidence: Confidence::Medium,
        cause,
        sessions: around
            .into_iter()
            .map(|at| (at, all[at].frames.to_vec()))
            .collect(),
    }
}
