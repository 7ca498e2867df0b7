//! The course of time: a moment from which on everything is different, and attempts at a fixed
//! rhythm.

use super::digest::{Digest, Fate};
use super::{Comparison, CrossRule, grouped, named};
use crate::model::{Confidence, Severity};
use crate::rules::words;

/// Sessions before and after a change, each.
const AROUND: usize = 3;
/// Attempts that make a rhythm.
const BEATS: usize = 4;
/// Shorter intervals are a client that tries again at once, not a queue.
const SHORTEST_BEAT: i64 = 1_000_000_000;
/// How much an interval may differ from the median one, in parts of it: queues are run on the
/// minute, attempts take seconds.
const BEAT_SLACK: i64 = 5;

pub const CHANGE_POINT: CrossRule = CrossRule {
    id: "X05",
    title: "From one moment on everything is different",
    severity: Severity::Medium,
    meaning: "All sessions with a server worked up to a moment and all failed afterwards, or the \
              other way round: something was changed or expired just then.",
    evidence: "At least three sessions before and three after, with one change between them.",
    trap: "Few sessions can fall that way by chance; the counts are named.",
    advice: "Look for what happened at that moment: a restart, an update, a renewed or expired \
             certificate, a firewall rule.",
    references: &[],
    tls_rpt: None,
    check: change_point,
};

pub const RHYTHM: CrossRule = CrossRule {
    id: "X07",
    title: "Failures come at a fixed rhythm",
    severity: Severity::Info,
    meaning: "One sender fails again and again at the same interval: a queue that retries, mostly \
              the same message.",
    evidence: "At least four failed attempts of one client at intervals that differ little.",
    trap: "Monitoring probes have a rhythm too: only sessions in which TLS was tried are counted.",
    advice: "Count messages by the sender's queue, not by these attempts; after the repair the \
             queue can be flushed.",
    references: &["RFC 5321 section 4.5.4.1"],
    tls_rpt: None,
    check: rhythm,
};

fn change_point(all: &[&Digest]) -> Vec<Comparison> {
    let servers = grouped(all, |digest| {
        let tells = digest.fate == Fate::Works || digest.fate.is_failure();
        tells.then_some(digest.server)
    });
    let mut found = Vec::new();
    for (server, sessions) in servers {
        let works: Vec<bool> = sessions
            .iter()
            .map(|&at| all[at].fate == Fate::Works)
            .collect();
        let Some(turn) = works.windows(2).position(|pair| pair[0] != pair[1]) else {
            continue;
        };
        let turn = turn + 1;
        let after = works.len() - turn;
        let once = works[turn..].iter().all(|&later| later != works[0]);
        if !once || turn < AROUND || after < AROUND {
            continue;
        }
        let (last, first) = (all[sessions[turn - 1]], all[sessions[turn]]);
        let words = match works[0] {
            true => ["worked", "failed"],
            false => ["failed", "worked"],
        };
        let changed = match (&last.leaf, &first.leaf) {
            (Some((old, _)), Some((new, _))) if old != new => format!(
                " The server's certificate changed with it: serial {} became {}.",
                old.serial, new.serial
            ),
            _ => String::new(),
        };
        let cause = format!(
            "All {turn} sessions with {server} up to {} {}, all {after} from {} on {}.{changed}",
            last.started, words[0], first.started, words[1]
        );
        let around = [sessions[turn - 1], sessions[turn]];
        found.push(Comparison {
            severity: Severity::Medium,
            confidence: Confidence::Medium,
            cause,
            sessions: around
                .into_iter()
                .map(|at| (at, all[at].frames.to_vec()))
                .collect(),
        });
    }
    found
}

fn rhythm(all: &[&Digest]) -> Vec<Comparison> {
    let senders = grouped(all, |digest| {
        let failed = digest.fate.is_failure() || digest.fate == Fate::Refused;
        failed.then_some((digest.client.ip, digest.server))
    });
    let mut found = Vec::new();
    for ((client, server), sessions) in senders {
        let starts = sessions.windows(2);
        let waits: Vec<i64> = starts
            .map(|pair| all[pair[1]].started.nanos_since(all[pair[0]].started))
            .collect();
        let mut sorted = waits.clone();
        sorted.sort_unstable();
        let Some(&usual) = sorted.get(sorted.len() / 2) else {
            continue;
        };
        let steady = waits
            .iter()
            .all(|wait| (wait - usual).abs() <= usual / BEAT_SLACK);
        if sessions.len() < BEATS || usual < SHORTEST_BEAT || !steady {
            continue;
        }
        let name = named(
            sessions
                .iter()
                .filter_map(|&at| all[at].dialogue.ehlo.as_deref())
                .map(words::quoted),
        );
        let cause = format!(
            "The client at {client} ({name}) fails at {server} every {}, {} times: the retries of \
             a queue.",
            words::nanos(usual),
            sessions.len()
        );
        found.push(Comparison {
            severity: Severity::Info,
            confidence: Confidence::Medium,
            cause,
            sessions: sessions
                .iter()
                .map(|&at| (at, all[at].frames.to_vec()))
                .collect(),
        });
    }
    found
}
