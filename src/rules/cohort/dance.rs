//! One sender that tries again: with less each time, or without TLS.

use super::digest::{Digest, Fate, Offer};
use super::{Comparison, CrossRule, cite, grouped};
use crate::model::tls::named as version_named;
use crate::model::{Confidence, Severity};
use crate::rules::words;

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
           same EHLO name are joined, and none with a group that the one before did not offer.",
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
           name within a minute.",
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
                found.push(dance(all, &run, client, server, name));
            }
            run = vec![at];
        }
    }
    found
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
    (lower || subset) && !has_new_group(less, more)
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
) -> Comparison {
    let offers: Vec<String> = run
        .iter()
        .filter_map(|&at| {
            let (offer, frame) = all[at].offer.as_ref()?;
            let version = version_named(offer.max_version);
            let suites = offer.suites.len();
            let cited = cite(all[at], *frame, all);
            Some(format!("at most {version} with {suites} suites ({cited})"))
        })
        .collect();
    let last = run.last().map(|&at| all[at].fate);
    let end = match last {
        Some(Fate::Works) => "The last attempt succeeded.",
        _ => "None of them succeeded.",
    };
    let name = ehlo.map_or_else(String::new, |name| format!(" ({})", words::quoted(name)));
    let cause = format!(
        "The client at {client}{name} tried {} times to reach {server}, each time with less: {}. {end}",
        run.len(),
        offers.join(", then "),
    );
    Comparison {
        severity: match last {
            Some(Fate::Works) => Severity::Medium,
            _ => Severity::High,
        },
        confidence: match ehlo {
            Some(_) => Confidence::High,
            None => Confidence::Medium,
        },
        cause,
        sessions: run.iter().map(|&at| (at, hello_frames(all[at]))).collect(),
    }
}

fn hello_frames(digest: &Digest) -> Vec<u64> {
    digest.offer.iter().map(|(_, frame)| *frame).collect()
}

fn plaintext_retry(all: &[&Digest]) -> Vec<Comparison> {
    let pairs = grouped(all, |digest| Some((digest.client.ip, digest.server)));
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
                    let sure = wait < NEXT_ATTEMPT && names[0].is_some() && !left;
                    let what = match left {
                        true => "was established and given up unused",
                        false => "did not come about",
                    };
                    let failed_frames = all[failed].frames.to_vec();
                    let cited = match failed_frames.last() {
                        Some(&frame) => format!(" ({})", cite(all[failed], frame, all)),
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
                        cite(digest, mail, all),
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
