//! What separates the sessions that fail from those that work: the smallest difference in the
//! offers, or, when the offers are the same, the sender.

use std::collections::{BTreeSet, HashSet};
use std::fmt;

use super::digest::{Digest, Fate, Offer};
use super::{Comparison, CrossRule, course, grouped, named, pool};
use crate::model::tls::{SuiteCode, Version};
use crate::model::{Confidence, Endpoint, Severity};
use crate::tls::registry;
use crate::tls::registry::{Authentication, KeyExchange};

/// Sessions of each kind before they are compared.
const ENOUGH: usize = 2;
/// Sessions of each kind that make a difference certain.
const SURE: usize = 5;
/// Different features considered together; more offers than that are noise.
const PAIRED: usize = 64;
/// A hello above this is cut into two segments on an Ethernet path (MSS of 1,460 less options).
const ONE_SEGMENT: u32 = 1400;

pub const CONTRAST: CrossRule = CrossRule {
    id: "X04",
    title: "What separates failing from working sessions",
    severity: Severity::Medium,
    meaning: "Some sessions with a server work and others fail. What all of one kind offer and none \
              of the other is the difference that decides; when both offer the same, the reason \
              is not in the offer.",
    evidence: "At least two working and two failing sessions with one server, their ClientHellos \
               compared feature by feature.",
    trap: "Few samples separate by chance, and features go together with client networks: sure are \
           only five of each kind, of several clients or of one that does both.",
    advice: "Begin with what is named here: change that one thing at the side where it is easier, and \
             look again. Where the offers are the same, the sender's own log knows more.",
    references: &["RFC 8446 section 4.1.1"],
    tls_rpt: None,
    check: contrast,
};

fn contrast(all: &[&Digest]) -> Vec<Comparison> {
    let servers = grouped(all, |digest| Some(digest.server));
    let of_servers = servers
        .into_iter()
        .filter_map(|(server, sessions)| compare(all, server, &sessions));
    of_servers.collect()
}

fn compare(all: &[&Digest], server: Endpoint, sessions: &[usize]) -> Option<Comparison> {
    let offered = |&&at: &&usize| all[at].offer.is_some();
    let with_offer: Vec<usize> = sessions.iter().filter(offered).copied().collect();
    let works: Vec<usize> = pick(all, &with_offer, |fate| fate == Fate::Works);
    let fails: Vec<usize> = pick(all, &with_offer, Fate::is_failure);
    let fewest = works.len().min(fails.len());
    if fewest < ENOUGH {
        return None;
    }
    let counts = format!(
        "Of the sessions with {server} {} failed and {} worked.",
        fails.len(),
        works.len()
    );
    let [work, fail] = [&works, &fails].map(|sessions| offers(all, sessions));
    let (text, told) = match separating(&work, &fail) {
        Some(difference) => (difference, true),
        None if pool::decides_at(all, sessions) || course::is_explained(all, sessions) => {
            return None;
        }
        None => same_offer(all, &works, &fails),
    };
    let enough = fewest >= SURE && are_independent(all, &works, &fails);
    let confidence = match (told, enough) {
        (true, true) => Confidence::High,
        (true, false) => Confidence::Medium,
        (false, _) => Confidence::Low,
    };
    let cited = fails.iter().chain(&works);
    Some(Comparison {
        severity: Severity::Medium,
        confidence,
        cause: format!("{counts} {text}"),
        sessions: cited.map(|&at| (at, proof(all[at]))).collect(),
    })
}

/// Whether more than two hosts and their networks are compared: a client that both works and fails,
/// or several clients of each kind.
fn are_independent(all: &[&Digest], works: &[usize], fails: &[usize]) -> bool {
    /// Clients of each kind.
    const CLIENTS: usize = 3;
    let clients = |sessions: &[usize]| -> BTreeSet<_> {
        let sessions = sessions.iter();
        sessions.map(|&at| all[at].client.ip).collect()
    };
    let (work, fail) = (clients(works), clients(fails));
    !work.is_disjoint(&fail) || work.len() >= CLIENTS && fail.len() >= CLIENTS
}

fn pick(all: &[&Digest], sessions: &[usize], test: impl Fn(Fate) -> bool) -> Vec<usize> {
    let sessions = sessions.iter().copied();
    sessions.filter(|&at| test(all[at].fate)).collect()
}

/// The different offers of these sessions.
fn offers<'a>(all: &[&'a Digest], sessions: &[usize]) -> Vec<&'a Offer> {
    let mut known: HashSet<&Offer> = HashSet::new();
    let offers = sessions.iter().filter_map(|&at| all[at].offer.as_ref());
    let offers = offers.map(|(offer, _)| offer.as_ref());
    offers.filter(|offer| known.insert(offer)).collect()
}

fn proof(digest: &Digest) -> Vec<u64> {
    let hello = digest.offer.iter().map(|(_, frame)| *frame);
    hello.chain(digest.frames.last().copied()).collect()
}

/// One thing a client offers. The order is that of what is told first: the coarsest feature that
/// separates is the most telling.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Feature {
    AtLeast(u16),
    Class(&'static str),
    Suite(String),
    Group(String),
    Algorithm(String),
    MasterSecret,
    Sni,
    Alpn,
    OneSegment,
}

impl fmt::Display for Feature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtLeast(version) => write!(f, "{} or later", Version(*version)),
            Self::Class(class) => f.write_str(class),
            Self::Suite(name) => f.write_str(name),
            Self::Group(name) => write!(f, "the group {name}"),
            Self::Algorithm(name) => write!(f, "the signature algorithm {name}"),
            Self::MasterSecret => f.write_str("the extended master secret"),
            Self::Sni => f.write_str("a server name"),
            Self::Alpn => f.write_str("ALPN"),
            Self::OneSegment => f.write_str("a hello that fits one segment"),
        }
    }
}

fn features(offer: &Offer) -> BTreeSet<Feature> {
    let mut features = BTreeSet::new();
    if let Some(best) = offer.max_version {
        let versions = [
            Version::TLS10,
            Version::TLS11,
            Version::TLS12,
            Version::TLS13,
        ];
        let reached = versions.into_iter().filter(|version| *version <= best);
        features.extend(reached.map(|version| Feature::AtLeast(version.0)));
    }
    for &suite in &offer.suites {
        features.extend(classes(suite).map(Feature::Class));
        features.insert(Feature::Suite(registry::suite(suite).to_string()));
    }
    features.extend(offer.groups.iter().cloned().map(Feature::Group));
    let algorithms = offer.signature_algorithms.iter().cloned();
    features.extend(algorithms.map(Feature::Algorithm));
    if offer.master_secret == Some(true) {
        features.insert(Feature::MasterSecret);
    }
    if offer.sni {
        features.insert(Feature::Sni);
    }
    if offer.alpn {
        features.insert(Feature::Alpn);
    }
    if offer.size <= ONE_SEGMENT {
        features.insert(Feature::OneSegment);
    }
    features
}

/// Families of suites that people switch on and off.
fn classes(suite: SuiteCode) -> impl Iterator<Item = &'static str> {
    let profile = registry::profile(suite);
    let agreed = profile.map(|profile| (profile.key_exchange, profile.authentication));
    let ecdhe = matches!(agreed, Some((KeyExchange::Ecdhe, _)));
    let dhe = matches!(agreed, Some((KeyExchange::Dhe, _)));
    let rsa = matches!(agreed, Some((KeyExchange::Rsa, _)));
    let ecdsa = matches!(agreed, Some((_, Authentication::Ecdsa)));
    [
        (registry::is_rc4(suite), "RC4 suites"),
        (registry::is_3des(suite), "3DES suites"),
        (rsa, "suites with RSA key transport"),
        (ecdhe, "suites with ECDHE"),
        (dhe, "suites with DHE"),
        (ecdsa, "suites for ECDSA certificates"),
    ]
    .into_iter()
    .filter_map(|(holds, name)| holds.then_some(name))
}

/// The smallest set of features that all of one kind have and none of the other, in words.
fn separating(work: &[&Offer], fail: &[&Offer]) -> Option<String> {
    let [work, fail] = [work, fail].map(|offers| {
        let offers = offers.iter().map(|offer| features(offer));
        offers.collect::<Vec<_>>()
    });
    let helps = only(&work, &fail);
    let harms = only(&fail, &work);
    let told = match (helps.first(), harms.first()) {
        (Some(feature), None) => Some((feature.to_string(), true, helps.len())),
        (None, Some(feature)) => Some((feature.to_string(), false, harms.len())),
        (Some(help), Some(harm)) if help <= harm => Some((help.to_string(), true, helps.len())),
        (Some(_), Some(harm)) => Some((harm.to_string(), false, harms.len())),
        (None, None) => None,
    };
    if let Some((feature, helps, count)) = told {
        let others = match count {
            1 => String::new(),
            2 => " One more feature separates them as well.".to_owned(),
            more => format!(" {} more features separate them as well.", more - 1),
        };
        return Some(match helps {
            true => format!(
                "Every session that worked offered {feature}, none that failed did.{others}"
            ),
            false => format!(
                "Every session that failed offered {feature}, none that worked did.{others}"
            ),
        });
    }
    let pair = pair(&work, &fail).map(|(a, b)| (a, b, "worked", "failed"));
    let pair = pair.or_else(|| pair_of_failing(&work, &fail));
    let (a, b, these, those) = pair?;
    Some(format!(
        "Every session that {these} offered {a} together with {b}, none that {those} did."
    ))
}

fn pair_of_failing(
    work: &[BTreeSet<Feature>],
    fail: &[BTreeSet<Feature>],
) -> Option<(Feature, Feature, &'static str, &'static str)> {
    pair(fail, work).map(|(a, b)| (a, b, "failed", "worked"))
}

/// What all of `these` have and none of `those`.
fn only(these: &[BTreeSet<Feature>], those: &[BTreeSet<Feature>]) -> Vec<Feature> {
    let absent = |feature: &Feature| those.iter().all(|other| !other.contains(feature));
    common(these).into_iter().filter(absent).collect()
}

fn common(offers: &[BTreeSet<Feature>]) -> Vec<Feature> {
    let Some((first, rest)) = offers.split_first() else {
        return Vec::new();
    };
    let everywhere = |feature: &&Feature| rest.iter().all(|other| other.contains(feature));
    first.iter().filter(everywhere).cloned().collect()
}

fn pair(these: &[BTreeSet<Feature>], those: &[BTreeSet<Feature>]) -> Option<(Feature, Feature)> {
    let mut common = common(these);
    common.truncate(PAIRED);
    for (at, a) in common.iter().enumerate() {
        for b in &common[at + 1..] {
            let both = |offer: &BTreeSet<Feature>| offer.contains(a) && offer.contains(b);
            if !those.iter().any(both) {
                return Some((a.clone(), b.clone()));
            }
        }
    }
    None
}

/// The offers do not tell; perhaps the senders do. Whether anything tells.
fn same_offer(all: &[&Digest], works: &[usize], fails: &[usize]) -> (String, bool) {
    let clients = |sessions: &[usize]| -> BTreeSet<_> {
        let sessions = sessions.iter();
        sessions.map(|&at| all[at].client.ip).collect()
    };
    let (work, fail) = (clients(works), clients(fails));
    let left = fails.iter().all(|&at| all[at].fate == Fate::Left);
    let left = match left {
        true => " (the handshake is completed and a side leaves at once)",
        false => "",
    };
    match work.is_disjoint(&fail) {
        true => {
            let text = format!(
                "The offers do not separate them, the senders do: {} always fail{left}, {} always \
                 work. The reason lies in the senders, not in what the capture shows of their offers.",
                named(&fail),
                named(&work)
            );
            (text, true)
        }
        false => {
            let text = format!(
                "The same offers from the same senders work and fail{left}: nothing in the offers \
                 separates them."
            );
            (text, false)
        }
    }
}
