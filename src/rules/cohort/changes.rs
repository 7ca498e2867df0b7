//! What is not the same at two points where one connection was captured.

use super::digest::Digest;
use crate::model::path::Opening;
use crate::rules::words::quoted;

/// Something that is not the same at both points.
pub(super) struct Change {
    /// In words.
    pub text: String,
    /// What the peers said was changed, not only how it was carried.
    pub content: bool,
    /// 0 or 1 for the point that has what the other lacks, and the frame there.
    pub proof: Option<(usize, u64)>,
}

/// Between the point nearer to the client and the other one.
pub(super) fn changes(first: &Digest, second: &Digest) -> Vec<Change> {
    let mut changes = Vec::new();
    let mut carried = |text: String| {
        changes.push(Change {
            text,
            content: false,
            proof: None,
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
    for (side, name) in [(0, "client"), (1, "server")] {
        if let (Some(one), Some(other)) = (first.openings[side], second.openings[side]) {
            options(name, one, other).into_iter().for_each(&mut carried);
        }
    }
    changes.extend(swallowed(first, second));
    changes.extend(foreign_resets(first, second));
    // What one of them lacks was not necessarily changed.
    if !first.whole_dialogue || !second.whole_dialogue {
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
                proof: None,
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
                    proof: None,
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
            proof: None,
        });
    }
    changes
}

/// A ClientHello that does not reach the second point.
fn swallowed(first: &Digest, second: &Digest) -> Option<Change> {
    let (_, frame) = first.offer.as_ref()?;
    let sent = first.hello_at?;
    if second.offer.is_some() || !would_show(second, sent.nanos_since(first.started)) {
        return None;
    }
    Some(Change {
        text: format!("the ClientHello (frame {frame} at the first point) does not arrive whole"),
        content: true,
        proof: Some((0, *frame)),
    })
}

/// Resets whose alleged sender's side has not seen them. Which side that is only the hop limit
/// tells.
fn foreign_resets(first: &Digest, second: &Digest) -> Vec<Change> {
    let [Some(before), Some(after)] = [first, second].map(|digest| digest.openings[0]) else {
        return Vec::new();
    };
    if before.ttl <= after.ttl {
        return Vec::new();
    }
    let views = [
        (first, second, 1, "server", ["first", "second"]),
        (second, first, 0, "client", ["second", "first"]),
    ];
    let foreign = views.into_iter().filter_map(|(here, there, from, name, points)| {
        let reset = here.resets[from]?;
        let since = reset.time.nanos_since(here.started);
        if there.resets[from].is_some() || !would_show(there, since) {
            return None;
        }
        let [at, missing] = points;
        Some(Change {
            text: format!(
                "the reset in the {name}'s name (frame {} at the {at} point) was sent on the way: \
                 the {missing} point, which is nearer to the {name}, does not have it",
                reset.frame
            ),
            content: true,
            proof: Some((usize::from(from == 0), reset.frame)),
        })
    });
    foreign.collect()
}

/// Whether the capture would hold what happened so many nanoseconds after the SYN.
fn would_show(digest: &Digest, since: i64) -> bool {
    digest.whole && digest.ended.nanos_since(digest.started) >= since
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
    if one.isn != other.isn {
        changes.push(format!(
            "the {side}'s sequence numbers begin at {} and {}",
            one.isn, other.isn
        ));
    }
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
        (
            "time stamps",
            one.timestamp.is_some(),
            other.timestamp.is_some(),
        ),
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
