//! Attempts at a fixed rhythm, or at one that slows down: a queue.

use super::digest::{Digest, Fate};
use super::{Comparison, CrossRule, grouped, named};
use crate::model::{Confidence, Severity};
use crate::rules::words;
use crate::time::Timestamp;

/// Attempts that make a rhythm.
const BEATS: usize = 4;
/// Attempts that make a rhythm that slows down: fewer grow by chance.
const SLOWING_BEATS: usize = 6;
/// Attempts less than this apart, in nanoseconds, belong to one run of a queue, one for each of its
/// messages; a client that tries again at once is no queue.
const SHORTEST_BEAT: i64 = 1_000_000_000;
/// How much an interval may differ from the one expected, in parts of it: queues are run on the
/// minute, attempts take seconds.
const BEAT_SLACK: i64 = 5;
/// Queues double their intervals or do less (Exim's factor is 1.5); more is no rhythm.
const STEEPEST: i64 = 3;

pub const RHYTHM: CrossRule = CrossRule {
    id: "X07",
    title: "Failures come at a fixed rhythm",
    severity: Severity::Info,
    meaning: "One sender fails again and again at the same interval, or at intervals that grow: a \
              queue that retries, mostly the same messages.",
    evidence: "At least four failed attempts of one client at intervals that differ little, or six \
               at intervals that grow by no more than three times. Attempts within a second count \
               as one run of the queue.",
    trap: "Monitoring probes have a rhythm too: only sessions in which TLS was tried are counted.",
    advice: "Count messages by the sender's queue, not by these attempts; after the repair the \
             queue can be flushed.",
    references: &["RFC 5321 section 4.5.4.1"],
    tls_rpt: None,
    check: rhythm,
};

fn rhythm(all: &[&Digest]) -> Vec<Comparison> {
    let senders = grouped(all, |digest| {
        let failed = digest.fate.is_failure() || digest.fate == Fate::Refused;
        failed.then_some((digest.client.ip, digest.server))
    });
    let mut found = Vec::new();
    for ((client, server), sessions) in senders {
        let waits = waits(all, &sessions);
        let Some(pace) = pace(&waits) else {
            continue;
        };
        let name = named(
            sessions
                .iter()
                .filter_map(|&at| all[at].dialogue.ehlo.as_deref())
                .map(words::quoted),
        );
        let beats = waits.len() + 1;
        let connections = match sessions.len() == beats {
            true => String::new(),
            false => format!(" in {} connections", sessions.len()),
        };
        let cause = format!(
            "The client at {client} ({name}) fails at {server} {pace}, {beats} times{connections}: \
             the retries of a queue."
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

/// The time from each run of a queue to the next, in nanoseconds.
fn waits(all: &[&Digest], sessions: &[usize]) -> Vec<i64> {
    let mut runs: Vec<Timestamp> = Vec::new();
    let mut last: Option<Timestamp> = None;
    for started in sessions.iter().map(|&at| all[at].started) {
        if last.is_none_or(|last| started.nanos_since(last) >= SHORTEST_BEAT) {
            runs.push(started);
        }
        last = Some(started);
    }
    let pairs = runs.windows(2);
    pairs.map(|pair| pair[1].nanos_since(pair[0])).collect()
}

/// The rhythm of these intervals in words, if there is one.
fn pace(waits: &[i64]) -> Option<String> {
    let mut sorted = waits.to_vec();
    sorted.sort_unstable();
    let usual = *sorted.get(sorted.len() / 2)?;
    let steady = waits
        .iter()
        .all(|wait| (wait - usual).abs() <= usual / BEAT_SLACK);
    if steady && waits.len() + 1 >= BEATS {
        return Some(format!("every {}", words::nanos(usual)));
    }
    let (&first, &last) = (waits.first()?, waits.last()?);
    let grows = waits.windows(2).all(|pair| {
        let least = pair[0] - pair[0] / BEAT_SLACK;
        (least..=pair[0].saturating_mul(STEEPEST)).contains(&pair[1])
    });
    let slows = grows && last >= first.saturating_mul(2) && waits.len() + 1 >= SLOWING_BEATS;
    slows.then(|| {
        format!(
            "at intervals that grow from {} to {}",
            words::nanos(first),
            words::nanos(last)
        )
    })
}
