//! Servers behind one address that differ.

use std::collections::HashMap;

use super::digest::{Digest, Fate};
use super::{Comparison, CrossRule, grouped, named};
use crate::model::{Confidence, Severity};
use crate::rules::words;

pub const UNEQUAL_POOL: CrossRule = CrossRule {
    id: "X03",
    title: "Servers behind one address differ",
    severity: Severity::Medium,
    meaning: "Behind one address and port there is more than one server, and they do not present the \
              same: who is sent to which decides whether the delivery succeeds.",
    evidence: "Two certificates, or two names in the greeting, that alternate in time at one address \
               and port.",
    trap: "A renewed certificate changes once and stays: only what alternates counts. One server has \
           several certificates by the name asked for and by key type, and several connectors by the \
           client's address: only the same question counts, and only a client that met both is sure.",
    advice: "Give every server of the pool the same certificate and the same TLS settings; compare \
             the one that fails with the one that works.",
    references: &["RFC 5321 section 5.1"],
    tls_rpt: None,
    check: unequal_pool,
};

/// Servers told in a sentence: large providers have hundreds behind one address.
const DESCRIBED: usize = 6;

fn unequal_pool(all: &[&Digest]) -> Vec<Comparison> {
    let servers = grouped(all, |digest| Some(digest.server));
    let mut found = Vec::new();
    for (server, sessions) in servers {
        let Some(profiles) = profiles(all, &sessions) else {
            continue;
        };
        let mut described: Vec<String> = profiles
            .iter()
            .take(DESCRIBED)
            .map(|(profile, sessions)| describe(all, profile, sessions))
            .collect();
        if profiles.len() > DESCRIBED {
            described.push("and others".to_owned());
        }
        let decides = decides(all, &profiles);
        let end = match decides {
            true => " Which of them answers decides whether TLS comes about.",
            false => "",
        };
        let met = is_met_by_one(all, &profiles);
        let doubt = match met {
            true => "",
            false => {
                " No client met two of them, so it may also be one server that treats clients by \
                 their addresses."
            }
        };
        let cause = format!(
            "{server} answers as {} different servers in turn: {}.{end}{doubt}",
            profiles.len(),
            described.join("; ")
        );
        found.push(Comparison {
            severity: match decides {
                true => Severity::High,
                false => Severity::Medium,
            },
            confidence: match met {
                true => Confidence::High,
                false => Confidence::Medium,
            },
            cause,
            sessions: profiles
                .iter()
                .flat_map(|(_, sessions)| sessions)
                .map(|&at| (at, proof(all[at])))
                .collect(),
        });
    }
    found
}

/// Whether it decides over success which server of a pool answers.
pub(super) fn decides_at(all: &[&Digest], sessions: &[usize]) -> bool {
    profiles(all, sessions).is_some_and(|profiles| decides(all, &profiles))
}

/// A client, under one name, that was answered by two of them.
fn is_met_by_one(all: &[&Digest], profiles: &Profiles) -> bool {
    let mut met = HashMap::new();
    let mut places = profiles.iter().enumerate();
    places.any(|(place, (_, sessions))| {
        let mut sessions = sessions.iter();
        sessions.any(|&at| {
            let client = (all[at].client.ip, all[at].dialogue.ehlo.as_deref());
            *met.entry(client).or_insert(place) != place
        })
    })
}

/// The servers that answer in turn, told apart by certificate or else by greeting.
fn profiles(all: &[&Digest], sessions: &[usize]) -> Option<Profiles> {
    let by_leaf = |digest: &Digest| {
        let (leaf, _) = digest.leaf.as_ref()?;
        let subject = words::quoted(&leaf.subject);
        Some(format!("certificate {subject}, serial {}", leaf.serial))
    };
    let by_host = |digest: &Digest| {
        let host = digest.dialogue.host.as_deref()?;
        Some(format!("greeting of {}", words::quoted(host)))
    };
    // Servers choose the certificate by the name asked for, and by the keys that the client takes.
    let mut alike: HashMap<_, Vec<usize>> = HashMap::new();
    for &at in sessions {
        let key = all[at].leaf.as_ref().map(|(leaf, _)| leaf.key.as_deref());
        let question = (all[at].asked.as_deref(), key);
        alike.entry(question).or_default().push(at);
    }
    let mut alike: Vec<Vec<usize>> = alike.into_values().collect();
    alike.sort();
    let mut alike = alike.iter();
    let by_leaves = alike.find_map(|sessions| alternating(all, sessions, by_leaf));
    by_leaves.or_else(|| alternating(all, sessions, by_host))
}

type Profiles = Vec<(String, Vec<usize>)>;

/// The profiles, when one comes back after another had taken its place.
fn alternating(
    all: &[&Digest],
    sessions: &[usize],
    profile: impl Fn(&Digest) -> Option<String>,
) -> Option<Profiles> {
    let mut profiles: Profiles = Vec::new();
    let mut places = HashMap::new();
    let mut last = None;
    let mut came_back = false;
    for &at in sessions {
        let Some(name) = profile(all[at]) else {
            continue;
        };
        let place = *places.entry(name.clone()).or_insert(profiles.len());
        match profiles.get_mut(place) {
            Some((_, sessions)) => {
                came_back |= last != Some(place);
                sessions.push(at);
            }
            None => profiles.push((name, vec![at])),
        }
        last = Some(place);
    }
    came_back.then_some(profiles)
}

fn describe(all: &[&Digest], profile: &str, sessions: &[usize]) -> String {
    let failed = sessions.iter().filter(|&&at| all[at].fate.is_failure());
    let failed = failed.count();
    let clients = named(sessions.iter().map(|&at| all[at].client.ip));
    let failed = match failed {
        0 => "none failed".to_owned(),
        all if all == sessions.len() => "all failed".to_owned(),
        some => format!("{some} of them failed"),
    };
    let count = words::plural(sessions.len(), "session");
    format!("{profile} ({count} from {clients}, {failed})")
}

/// One profile always works and another always fails, each at least twice.
fn decides(all: &[&Digest], profiles: &Profiles) -> bool {
    let every = |sessions: &[usize], test: fn(Fate) -> bool| {
        sessions.len() > 1 && sessions.iter().all(|&at| test(all[at].fate))
    };
    let mut profiles_of = profiles.iter();
    let fails = profiles_of.any(|(_, sessions)| every(sessions, Fate::is_failure));
    let mut profiles_of = profiles.iter();
    fails && profiles_of.any(|(_, sessions)| every(sessions, |fate| fate == Fate::Works))
}

fn proof(digest: &Digest) -> Vec<u64> {
    let leaf = digest.leaf.iter().map(|(_, frame)| *frame);
    leaf.chain(digest.frames.last().copied()).collect()
}
