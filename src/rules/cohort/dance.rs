//! One sender that tries again: with less each time, or without TLS.

use std::collections::HashSet;

use super::digest::{Digest, Fate, Offer};
use super::{Comparison, CrossRule, cite, from_several, grouped};
use crate::model::tls::{SuiteCode, named as version_named};
use crate::model::{Confidence, Severity};
use crate::rules::words;
use crate::tls::registry::profile;

/// Attempts further apart are no dance but the retries of a queue.
const NEXT_ATTEMPT: i64 = 60 * 1_000_000_000;
/// A delivery in clear this long after a failed handshake may still be the same message: queues
/// try again after minutes.
const PLAINTEXT_WAIT: i64 = 15 * 60 * 1_000_000_000;

pub const FALLBACK: CrossRule = CrossRule {
    id: "X01",
    title: "The client tries again with less",
    severity: Severity::High,
    meaning: "After a failed handshake the client connects again and offers an older version or \
              fewer suites. What the last attempt offers is not what the client can do.",
    evidence: "Connections of one client to one server within a minute, each failed one followed \
               by a smaller offer.",
    trap: "Several clients behind one address translator look like one: only attempts under the \
           same EHLO name are joined, and none with a group that the one before did not offer. \
           Sure are only those under a full host name, one after the other, without a new suite.",
    advice: "Look at the first attempt: what it offers is what the client can do, and why it failed \
             is the cause. Later attempts only show the client giving way.",
    references: &["RFC 7507", "RFC 8996"],
    tls_rpt: None,
    check: fallback,
};

pub const PLAINTEXT_RETRY: CrossRule = CrossRule {
    id: "X02",
    title: "After TLS failed the client sends in clear",
    severity: Severity::Critical,
    meaning: "Opportunistic senders deliver without TLS when the handshake fails: nobody is told, \
              and the mail is readable on the way.",
    evidence: "A handshake that failed, was refused or led to nothing, and soon after a connection of the same client to the \
               same server with MAIL FROM in clear.",
    trap: "It may be another message: the report says likely, and is sure only under the same EHLO \
           host name within a minute, one after the other.",
    advice: "Repair the handshake that failed first. Where mail must not go in clear, require TLS at \
             the sender (MTA-STS, DANE, or a connector that demands it).",
    references: &["RFC 7435 section 3", "RFC 8461"],
    tls_rpt: None,
    check: plaintext_retry,
};

fn fallback(all: &[&Digest]) -> Vec<Comparison> {
    let senders = grouped(all, |digest| {
        digest.offer.as_ref()?;
        let (client, server, ehlo) = digest.sender();
        Some((client, server, ehlo.map(str::to_owned)))
    });
    let several = from_several(all);
    let mut found = Vec::new();
    for ((client, server, ehlo), attempts) in senders {
        let mut run: Vec<usize> = Vec::new();
        for &at in attempts.iter().chain([&usize::MAX]) {
            let goes_on = match (run.last(), all.get(at)) {
                (Some(&before), Some(next)) => steps_down(all[before], next),
                _ => false,
            };
            if goes_on {
                run.push(at);
                continue;
            }
            if run.len() > 1 {
                let name = ehlo.as_deref();
                let mut dance = dance(all, &run, client, server, name, several);
                if !begins_at_the_top(all, &run, &attempts) {
                    dance.confidence = dance.confidence.max(Confidence::Medium);
                }
                found.push(dance);
            }
            run = vec![at];
        }
    }
    found
}

/// The run begins with the best version that the sender offers anywhere: who had offered a newer one
/// before, and not failed with it, is not stepping down but set up in several ways.
fn begins_at_the_top(all: &[&Digest], run: &[usize], attempts: &[usize]) -> bool {
    let version = |at: &usize| all[*at].offer.as_ref().and_then(|it| it.0.max_version);
    let best = attempts.iter().filter_map(version).max();
    run.first().and_then(version) == best
}

/// The first failed, and the next follows soon with a smaller offer.
fn steps_down(first: &Digest, next: &Digest) -> bool {
    let (Some((more, _)), Some((less, _))) = (&first.offer, &next.offer) else {
        return false;
    };
    let soon = next.started.nanos_since(first.ended) < NEXT_ATTEMPT;
    let failed = matches!(first.fate, Fate::Failed | Fate::Left);
    soon && failed && is_smaller(less, more)
}

fn is_smaller(less: &Offer, more: &Offer) -> bool {
    let lower = less.max_version < more.max_version && less.max_version.is_some();
    let subset = less.max_version == more.max_version
        && less.suites.len() < more.suites.len()
        && less.suites.iter().all(|suite| more.suites.contains(suite));
    (lower || subset) && keeps_a_suite(less, more) && !has_new_group(less, more)
}

/// Where nothing of the offer before is left, somebody else made it.
fn keeps_a_suite(next: &Offer, before: &Offer) -> bool {
    let real = |suite: &&SuiteCode| profile(**suite).is_some();
    let mut suites = next.suites.iter().filter(real);
    suites.any(|suite| before.suites.contains(suite))
}

/// Who steps down leaves something out. A group that was not there before is another client, or
/// another configuration, and may be what made the difference.
fn has_new_group(next: &Offer, before: &Offer) -> bool {
    let is_new = |group: &&String| *group != "GREASE" && !before.groups.contains(group);
    !before.groups.is_empty() && next.groups.iter().any(|group| is_new(&group))
}

fn dance(
    all: &[&Digest],
    run: &[usize],
    client: std::net::IpAddr,
    server: crate::model::Endpoint,
    ehlo: Option<&str>,
    several: bool,
) -> Comparison {
    /// Attempts told in a sentence; the sessions tell the others.
    const TOLD: usize = 8;
    let offers: Vec<String> = run
        .iter()
        .take(TOLD)
        .filter_map(|&at| {
            let (offer, frame) = all[at].offer.as_ref()?;
            let version = version_named(offer.max_version);
            let suites = offer.suites.len();
            let cited = cite(all[at], *frame, several);
            Some(format!("at most {version} with {suites} suites ({cited})"))
        })
        .collect();
    let last = run.last().map(|&at| all[at].fate);
    let end = match last {
        Some(Fate::Works) => "The last attempt succeeded.",
        _ => "None of them succeeded.",
    };
    let name = ehlo.map_or_else(String::new, |name| format!(" ({})", words::quoted(name)));
    let more = match run.len() > TOLD {
        true => ", and so on",
        false => "",
    };
    let cause = format!(
        "The client at {client}{name} tried {} times to reach {server}, each time with less: \
         {}{more}. {end}",
        run.len(),
        offers.join(", then "),
    );
    // One after the other: who connects again while the first is still open may be somebody else.
    let in_turn = run
        .windows(2)
        .all(|pair| all[pair[1]].started >= all[pair[0]].decided);
    Comparison {
        severity: match last {
            Some(Fate::Works) => Severity::Medium,
            _ => Severity::High,
        },
        confidence: match ehlo.is_some_and(is_telling) && in_turn && keeps_to_its_suites(all, run) {
            true => Confidence::High,
            false => Confidence::Medium,
        },
        cause,
        sessions: run.iter().map(|&at| (at, hello_frames(all[at]))).collect(),
    }
}

/// No attempt offers a suite that the one before did not: a program that gives way takes away, one
/// that is set up anew, or tries things out, offers something else.
fn keeps_to_its_suites(all: &[&Digest], run: &[usize]) -> bool {
    let suites = |at: usize| all[at].offer.iter().flat_map(|(offer, _)| &offer.suites);
    let mut pairs = run.windows(2);
    pairs.all(|pair| {
        let before: HashSet<_> = suites(pair[0]).collect();
        let mut real = suites(pair[1]).filter(|&&suite| profile(suite).is_some());
        real.all(|suite| before.contains(suite))
    })
}

/// A name that hosts do not share: with a domain, and not that of every host itself.
fn is_telling(ehlo: &str) -> bool {
    let name = ehlo.to_ascii_lowercase();
    let local = ["localhost", "localdomain"];
    name.contains('.') && !name.starts_with('[') && !local.iter().any(|it| name.contains(it))
}

fn hello_frames(digest: &Digest) -> Vec<u64> {
    digest.offer.iter().map(|(_, frame)| *frame).collect()
}

fn plaintext_retry(all: &[&Digest]) -> Vec<Comparison> {
    let pairs = grouped(all, |digest| Some((digest.client.ip, digest.server)));
    let several = from_several(all);
    let mut found = Vec::new();
    for ((client, server), sessions) in pairs {
        let mut before: Option<usize> = None;
        for at in sessions {
            let digest = all[at];
            match digest.fate {
                Fate::Failed | Fate::Refused | Fate::Left => before = Some(at),
                // A session that works in between: the failure had no such consequence.
                Fate::Works => before = None,
                Fate::Clear => {
                    let (Some(failed), Some(mail)) = (before, digest.clear_mail) else {
                        continue;
                    };
                    let wait = digest.started.nanos_since(all[failed].ended);
                    let names = [all[failed], digest].map(|it| it.dialogue.ehlo.as_deref());
                    let same = names[0] == names[1];
                    if wait > PLAINTEXT_WAIT || !same {
                        continue;
                    }
                    let left = all[failed].fate == Fate::Left;
                    let what = match left {
                        true => "was established and given up unused",
                        false => "did not come about",
                    };
                    // Side by side they may carry two messages.
                    let in_turn = digest.started >= all[failed].decided;
                    let sure =
                        in_turn && !left && wait < NEXT_ATTEMPT && names[0].is_some_and(is_telling);
                    let failed_frames = all[failed].frames.to_vec();
                    let cited = match failed_frames.last() {
                        Some(&frame) => format!(" ({})", cite(all[failed], frame, several)),
                        None => String::new(),
                    };
                    let later = match wait {
                        ..=0 => "at once".to_owned(),
                        _ => format!("{} later", words::nanos(wait)),
                    };
                    let cause = format!(
                        "TLS between {client} and {server} {what}{cited}; {later} the \
                         same client sent MAIL FROM in clear ({}). Most likely the message that \
                         could not be sent with TLS.",
                        cite(digest, mail, several),
                    );
                    found.push(Comparison {
                        severity: Severity::Critical,
                        confidence: match sure {
                            true => Confidence::High,
                            false => Confidence::Medium,
                        },
                        cause,
                        sessions: vec![(failed, failed_frames), (at, vec![mail])],
                    });
                    before = None;
                }
                _ => {}
            }
        }
    }
    found
}
