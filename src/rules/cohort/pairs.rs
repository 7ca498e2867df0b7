//! One connection seen twice: in two files, or on both sides of a device that changes it.
//!
//! Two connections do not have both initial sequence numbers in common by chance (1 in 2^64), nor,
//! where a firewall draws those anew, both time stamps. What differs between the two sightings was
//! changed on the way.

use std::collections::BTreeSet;

use super::changes::changes;
use super::digest::Digest;
use super::{Comparison, CrossRule, grouped};
use crate::model::path::Opening;
use crate::model::{Confidence, Severity};

/// Real stacks draw initial sequence numbers at random (RFC 9293 section 3.4.1), and so what their
/// time stamps begin with; made-up captures count from one.
const MADE_UP: u32 = 0xFFFF;
/// How far the clocks of two capture points may be apart, in nanoseconds.
const CLOCKS_APART: i64 = 10 * 60 * 1_000_000_000;

pub const COPIES: CrossRule = CrossRule {
    id: "X09",
    title: "A connection was captured twice",
    severity: Severity::Info,
    meaning: "Two inputs hold the same connection, unchanged: it counts once.",
    evidence: "Equal addresses, ports and initial sequence numbers in both directions.",
    trap: "A reused port has another initial sequence number.",
    advice: "Nothing; when sessions are compared the first one is taken.",
    references: &["RFC 9293 section 3.4.1"],
    tls_rpt: None,
    check: copies,
};

pub const TWO_POINTS: CrossRule = CrossRule {
    id: "X10",
    title: "A connection was changed between two capture points",
    severity: Severity::Info,
    meaning: "The same connection was captured on both sides of something that changes it. What \
              differs between the two sightings was done there: by an address translator, a tunnel, \
              or a firewall that inspects SMTP.",
    evidence: "Equal initial sequence numbers in both directions, or equal time stamps in both \
               openings, and differing addresses, TCP options, greeting, EHLO, capabilities or \
               hello; or a hello or a reset that one of the points does not have.",
    trap: "A proxy makes a connection of its own with other sequence numbers and time stamps and is \
           not recognised this way. What a point lacks counts only where it saw everything else, and \
           for as long.",
    advice: "Changed text or hellos, and resets of somebody's own: look at the device between the two \
             points (ESMTP inspection, TLS proxy, intrusion prevention). Addresses, sequence \
             numbers, MSS and hop limits alone are normal for routers, firewalls, tunnels and \
             address translators.",
    references: &["RFC 3207 section 6", "RFC 9293 section 3.7.1"],
    tls_rpt: None,
    check: two_points,
};

fn copies(all: &[&Digest]) -> Vec<Comparison> {
    let pairs = pairs(all).into_iter();
    pairs
        .filter(|&(first, second)| changes(all[first], all[second]).is_empty())
        .map(|(first, second)| Comparison {
            severity: Severity::Info,
            confidence: Confidence::High,
            cause: format!(
                "The connection {} -> {} is in {} (from frame {}) and in {} (from frame {}){}.",
                all[first].client,
                all[first].server,
                all[first].input,
                all[first].first_frame,
                all[second].input,
                all[second].first_frame,
                hops_between(all[first], all[second])
            ),
            sessions: sightings(all, first, second),
        })
        .collect()
}

/// What the hop limit of the SYN says about the two capture points.
fn hops_between(first: &Digest, second: &Digest) -> String {
    let ttls = [first, second].map(|digest| digest.openings[0].map(|syn| syn.ttl));
    let [Some(before), Some(after)] = ttls else {
        return String::new();
    };
    match before.saturating_sub(after) {
        0 => String::new(),
        1 => ", one hop further on".to_owned(),
        hops => format!(", {hops} hops further on"),
    }
}

fn two_points(all: &[&Digest]) -> Vec<Comparison> {
    let mut found = Vec::new();
    for (first, second) in pairs(all) {
        let changes = changes(all[first], all[second]);
        if changes.is_empty() {
            continue;
        }
        let content = changes.iter().any(|change| change.content);
        let mut sessions = sightings(all, first, second);
        for change in &changes {
            if let Some((side, frame)) = change.proof {
                sessions[side].1.push(frame);
            }
        }
        let texts: Vec<&str> = changes.iter().map(|change| change.text.as_str()).collect();
        let cause = format!(
            "{} -> {} in {} (from frame {}) and {} -> {} in {} (from frame {}) are the same \
             connection. Between the two points: {}.",
            all[first].client,
            all[first].server,
            all[first].input,
            all[first].first_frame,
            all[second].client,
            all[second].server,
            all[second].input,
            all[second].first_frame,
            texts.join("; ")
        );
        found.push(Comparison {
            severity: match content {
                true => Severity::High,
                false => Severity::Info,
            },
            confidence: Confidence::High,
            cause,
            sessions,
        });
    }
    found
}

/// Both sightings; the frames are those of the handshakes and hellos.
fn sightings(all: &[&Digest], first: usize, second: usize) -> Vec<(usize, Vec<u64>)> {
    let frames = |at: usize| {
        let digest: &Digest = all[at];
        let hello = digest.offer.iter().map(|(_, frame)| *frame);
        let offered = digest.offered.flatten();
        [digest.first_frame]
            .into_iter()
            .chain(offered)
            .chain(hello)
            .collect()
    };
    [first, second].map(|at| (at, frames(at))).to_vec()
}

/// Sessions that are one connection; the one nearer to the client first.
fn pairs(all: &[&Digest]) -> BTreeSet<(usize, usize)> {
    let mut pairs = BTreeSet::new();
    for sessions in same(all, |opening| Some(opening.isn)) {
        pairs.extend(sessions.windows(2).filter_map(|pair| ordered(all, pair)));
    }
    // Clocks that several connections share tell them apart only where each file has one of them.
    for sessions in same(all, |opening| opening.timestamp) {
        if let [one, other] = *sessions
            && all[one].input != all[other].input
        {
            pairs.extend(ordered(all, &[one, other]));
        }
    }
    pairs
}

/// Sessions whose SYN and SYN+ACK have this in common.
fn same(all: &[&Digest], field: fn(Opening) -> Option<u32>) -> Vec<Vec<usize>> {
    let drawn = |opening: Option<Opening>| field(opening?).filter(|&value| value > MADE_UP);
    let groups = grouped(all, |digest| {
        let [client, server] = digest.openings;
        Some((drawn(client)?, drawn(server)?))
    });
    groups.into_iter().map(|(_, sessions)| sessions).collect()
}

fn ordered(all: &[&Digest], pair: &[usize]) -> Option<(usize, usize)> {
    let &[one, other] = pair else {
        return None;
    };
    if all[other].started.nanos_since(all[one].started) > CLOCKS_APART {
        return None;
    }
    // On the way to the server the hop limit falls.
    let ttls = [one, other].map(|at| all[at].openings[0].map(|syn| syn.ttl));
    match ttls[0] < ttls[1] {
        true => Some((other, one)),
        false => Some((one, other)),
    }
}
