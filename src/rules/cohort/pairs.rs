//! One connection seen twice: in two files, or on both sides of a device that changes it.
//!
//! Two connections do not have both initial sequence numbers in common by chance (1 in 2^64), nor
//! the random of their ClientHellos, nor, as a rule, both time stamps. What differs between the two
//! sightings was changed on the way. Firewalls rewrite sequence numbers; the random they have to
//! leave alone.

use std::collections::HashSet;

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
    evidence: "Equal addresses, ports and initial sequence numbers in both directions, or where one \
               sighting begins late the same random in the ClientHello.",
    trap: "A reused port has another initial sequence number and another random.",
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
    evidence: "Equal initial sequence numbers in both directions, or equal ports and the same random \
               in the ClientHello, or equal time stamps in both openings; and differing addresses, \
               TCP options, greeting, EHLO, capabilities or hello, or a hello or a reset that one of \
               the points does not have.",
    trap: "A proxy makes a connection of its own, mostly with another port, and is not recognised \
           this way. A random or time stamps that a third connection has pair none. What a point \
           lacks counts only where it saw everything else, and for as long.",
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

/// Sightings of one connection; the one nearer to the client first. What is more certain comes first.
fn pairs(all: &[&Digest]) -> Vec<(usize, usize)> {
    let mut pairs = by_sequence(all);
    for others in [by_random(all), by_clocks(all)] {
        let known = pairs.iter().flat_map(|&(one, other)| [one, other]);
        let known: HashSet<usize> = known.collect();
        let is_new = |at: &usize| !known.contains(at);
        pairs.extend(
            others
                .into_iter()
                .filter(|(one, other)| is_new(one) && is_new(other)),
        );
    }
    pairs
}

/// Sessions with the same initial sequence numbers.
fn by_sequence(all: &[&Digest]) -> Vec<(usize, usize)> {
    let same = same_opening(all, |opening| Some(opening.isn));
    let pairs = same.iter().flat_map(|sessions| sessions.windows(2));
    pairs
        .filter_map(|pair| ordered(all, pair[0], pair[1]))
        .collect()
}

/// Sessions of two inputs with the same random in their hellos and the same ports. A random that
/// stands in a third one comes from a client that draws it badly.
fn by_random(all: &[&Digest]) -> Vec<(usize, usize)> {
    let same = grouped(all, |digest| digest.random);
    let pairs = same.into_iter().filter_map(|(_, sessions)| {
        let (one, other) = only_two(all, &sessions)?;
        let ports = |at: usize| (all[at].client.port, all[at].server.port);
        (ports(one) == ports(other)).then(|| ordered(all, one, other))?
    });
    pairs.collect()
}

/// Sessions of two inputs with the same time stamps in SYN and SYN+ACK. Clocks that several
/// connections share tell them apart only where each input has one of them, and never against the
/// randoms of their hellos.
fn by_clocks(all: &[&Digest]) -> Vec<(usize, usize)> {
    let same = same_opening(all, |opening| opening.timestamp);
    let pairs = same.into_iter().filter_map(|sessions| {
        let (one, other) = only_two(all, &sessions)?;
        let randoms = all[one].random.zip(all[other].random);
        let differ = randoms.is_some_and(|(one, other)| one != other);
        (!differ).then(|| ordered(all, one, other))?
    });
    pairs.collect()
}

/// These, if they are two sessions of two inputs.
fn only_two(all: &[&Digest], sessions: &[usize]) -> Option<(usize, usize)> {
    let &[one, other] = sessions else {
        return None;
    };
    (all[one].input != all[other].input).then_some((one, other))
}

/// Sessions whose SYN and SYN+ACK have this in common.
fn same_opening(all: &[&Digest], field: fn(Opening) -> Option<u32>) -> Vec<Vec<usize>> {
    let drawn = |opening: Option<Opening>| field(opening?).filter(|&value| value > MADE_UP);
    let groups = grouped(all, |digest| {
        let [client, server] = digest.openings;
        Some((drawn(client)?, drawn(server)?))
    });
    groups.into_iter().map(|(_, sessions)| sessions).collect()
}

/// In this order, or the other one: on the way to the server the hop limit falls.
fn ordered(all: &[&Digest], one: usize, other: usize) -> Option<(usize, usize)> {
    if all[other].started.nanos_since(all[one].started) > CLOCKS_APART {
        return None;
    }
    let ttls = [one, other].map(|at| all[at].openings[0].map(|syn| syn.ttl));
    match ttls[0] < ttls[1] {
        true => Some((other, one)),
        false => Some((one, other)),
    }
}
