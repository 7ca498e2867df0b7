//! One connection seen twice: in two files, or on both sides of a device that changes it.
//!
//! Two connections do not have both initial sequence numbers in common by chance (1 in 2^64), nor
//! the random of their ClientHellos, so what differs between the two sightings was changed on the
//! way. Firewalls rewrite sequence numbers; the random they have to leave alone.

use std::collections::HashSet;

use super::digest::Digest;
use super::{Comparison, CrossRule, grouped};
use crate::model::path::Opening;
use crate::model::{Confidence, Severity};
use crate::rules::words::quoted;

/// Real stacks draw initial sequence numbers at random (RFC 9293 section 3.4.1); made-up captures
/// count from one.
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
               in the ClientHello; and differing addresses, sequence numbers, TCP options, greeting, \
               EHLO, capabilities or hello.",
    trap: "A proxy makes a connection of its own, mostly with another port, and is not recognised \
           this way. A random that stands in a third connection pairs none, and what one capture \
           lacks is no change.",
    advice: "Changed text or hellos: look at the device between the two points (ESMTP inspection, \
             TLS proxy). Addresses, MSS and hop limits alone are normal for routers, tunnels and \
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
            sessions: sightings(all, first, second),
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

/// Sightings of one connection; the one nearer to the client first.
fn pairs(all: &[&Digest]) -> Vec<(usize, usize)> {
    let mut pairs = by_sequence(all);
    let known: HashSet<usize> = pairs
        .iter()
        .flat_map(|&(one, other)| [one, other])
        .collect();
    let others = by_random(all).into_iter();
    pairs.extend(others.filter(|(one, other)| !known.contains(one) && !known.contains(other)));
    pairs
}

/// In this order, or the other one: on the way to the server the hop limit falls.
fn on_the_way(all: &[&Digest], one: usize, other: usize) -> (usize, usize) {
    let ttls = [one, other].map(|at| all[at].openings[0].map(|syn| syn.ttl));
    match ttls[0] < ttls[1] {
        true => (other, one),
        false => (one, other),
    }
}

/// Sessions of two inputs with the same random in their hellos and the same ports. A random that
/// stands in a third one comes from a client that draws it badly.
fn by_random(all: &[&Digest]) -> Vec<(usize, usize)> {
    let same = grouped(all, |digest| digest.random);
    let pairs = same.into_iter().filter_map(|(_, sessions)| {
        let [one, other] = sessions[..] else {
            return None;
        };
        let (first, second) = (all[one], all[other]);
        let ports = |digest: &Digest| (digest.client.port, digest.server.port);
        let apart = second.started.nanos_since(first.started);
        let fits =
            first.input != second.input && ports(first) == ports(second) && apart <= CLOCKS_APART;
        fits.then(|| on_the_way(all, one, other))
    });
    pairs.collect()
}

/// Sessions with the same initial sequence numbers.
fn by_sequence(all: &[&Digest]) -> Vec<(usize, usize)> {
    let same = grouped(all, |digest| {
        let isns = isns(digest)?;
        (isns.0 > MADE_UP && isns.1 > MADE_UP).then_some(isns)
    });
    let mut pairs = Vec::new();
    for (_, sessions) in same {
        for pair in sessions.windows(2) {
            let apart = all[pair[1]].started.nanos_since(all[pair[0]].started);
            if apart > CLOCKS_APART {
                continue;
            }
            pairs.push(on_the_way(all, pair[0], pair[1]));
        }
    }
    pairs
}

/// Something that is not the same at both points.
struct Change {
    text: String,
    /// What the peers said was changed, not only how it was carried.
    content: bool,
}

/// Both initial sequence numbers.
fn isns(digest: &Digest) -> Option<(u32, u32)> {
    let [client, server] = digest.openings;
    Some((client?.isn, server?.isn))
}

fn changes(first: &Digest, second: &Digest) -> Vec<Change> {
    let mut changes = Vec::new();
    let mut carried = |text: String| {
        changes.push(Change {
            text,
            content: false,
        });
    };
    if first.client != second.client {
        carried(format!(
            "the client's address {} becomes {}",
            first.client, second.client
        ));
    }
    if first.server != second.server {
        carried(format!(
            "the server's address {} becomes {}",
            first.server, second.server
        ));
    }
    if let [Some(one), Some(other)] = [first, second].map(isns)
        && one != other
    {
        carried("the sequence numbers are rewritten".to_owned());
    }
    for (side, name) in [(0, "client"), (1, "server")] {
        if let (Some(one), Some(other)) = (first.openings[side], second.openings[side]) {
            options(name, one, other).into_iter().for_each(&mut carried);
        }
    }
    // What one of them lacks was not necessarily changed.
    if !first.is_whole || !second.is_whole {
        return changes;
    }
    let mut said = |what: &str, one: Option<&str>, other: Option<&str>| {
        if let (Some(one), Some(other)) = (one, other)
            && one != other
        {
            changes.push(Change {
                text: format!(
                    "{what} is {} at the first point and {} at the second",
                    quoted(one),
                    quoted(other)
                ),
                content: true,
            });
        }
    };
    let (one, other) = (&first.dialogue, &second.dialogue);
    said(
        "the greeting",
        one.banner.as_deref(),
        other.banner.as_deref(),
    );
    said("the EHLO name", one.ehlo.as_deref(), other.ehlo.as_deref());
    if !one.capabilities.is_empty() && !other.capabilities.is_empty() {
        let lost = difference(&one.capabilities, &other.capabilities);
        let gained = difference(&other.capabilities, &one.capabilities);
        said("what the server offers", lost.as_deref(), gained.as_deref());
        for (only, point) in [(&lost, "first"), (&gained, "second")] {
            let both = lost.is_some() && gained.is_some();
            if let Some(only) = only.as_deref().filter(|_| !both) {
                changes.push(Change {
                    text: format!("only the {point} point shows the offer {}", quoted(only)),
                    content: true,
                });
            }
        }
    }
    if let (Some((one, _)), Some((other, _))) = (&first.offer, &second.offer)
        && one != other
    {
        changes.push(Change {
            text: "the ClientHello is another one".to_owned(),
            content: true,
        });
    }
    changes
}

/// Lines of the first that the second has not.
fn difference(lines: &[String], others: &[String]) -> Option<String> {
    let only: Vec<&str> = lines
        .iter()
        .filter(|line| !others.contains(line))
        .map(String::as_str)
        .collect();
    (!only.is_empty()).then(|| only.join(", "))
}

fn options(side: &str, one: Opening, other: Opening) -> Vec<String> {
    let mut changes = Vec::new();
    if one.mss != other.mss {
        let [one, other] = [one.mss, other.mss]
            .map(|mss| mss.map_or_else(|| "none".to_owned(), |mss| format!("{mss} bytes")));
        changes.push(format!(
            "the {side}'s maximum segment size is {one} and {other}"
        ));
    }
    let kept = [
        (
            "window scaling",
            one.window_scale.is_some(),
            other.window_scale.is_some(),
        ),
        ("selective acknowledgment", one.sack, other.sack),
        ("time stamps", one.timestamps, other.timestamps),
    ];
    for (option, one, other) in kept {
        if one != other {
            let point = if one { "second" } else { "first" };
            changes.push(format!(
                "{option} of the {side} is missing at the {point} point"
            ));
        }
    }
    changes
}
