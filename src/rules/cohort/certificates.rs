//! What several sessions together say about certificates. Each is told under the id of the rule that
//! looks at one session.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::digest::{Digest, Fate, Leaf, Offer};
use super::{Comparison, CrossRule, grouped, named};
use crate::escape::terminal;
use crate::model::tls::Version;
use crate::model::{Confidence, Severity};
use crate::rules::certificate::DEFAULT;
use crate::rules::certificate::connector::PATTERN;
use crate::rules::words::plural;
use crate::rules::{Rule, words};
use crate::tls::registry::{self, Authentication};

pub const UNBOUND: CrossRule = across(&DEFAULT, unbound);
pub const TAKEN: CrossRule = across(&PATTERN, taken);

pub const KEY_TYPE: CrossRule = CrossRule {
    id: "C15",
    title: "The server has an elliptic-curve certificate and the client offers RSA only",
    severity: Severity::High,
    meaning: "The server presents an elliptic-curve certificate to those who take one. Clients that \
              know RSA certificates only get none, and fail before any ServerHello.",
    evidence: "In other sessions the server's certificate has an elliptic-curve key and never an RSA \
               key; the failing hello has no suite with ECDSA authentication.",
    trap: "The certificate of the failing session is not on the wire: the server may have another \
           one that was not seen, and no common suite for another reason.",
    advice: "Give the server an RSA certificate beside the elliptic-curve one (Postfix: \
             smtpd_tls_chain_files, Exim: a list in tls_certificate), or update the client.",
    references: &["RFC 8422 section 5.1", "RFC 5246 section 7.4.2"],
    tls_rpt: Some("validation-failure"),
    check: key_type,
};

const fn across(rule: &'static Rule, check: fn(&[&Digest]) -> Vec<Comparison>) -> CrossRule {
    CrossRule {
        id: rule.id,
        title: rule.title,
        severity: rule.severity,
        meaning: rule.meaning,
        evidence: rule.evidence,
        trap: rule.trap,
        advice: rule.advice,
        references: rule.references,
        tls_rpt: rule.tls_rpt,
        check,
    }
}

/// A host that presents its default certificate here and a proper one there.
fn unbound(all: &[&Digest]) -> Vec<Comparison> {
    let hosts = grouped(all, |digest| {
        let host = digest.dialogue.host.as_deref()?;
        Some(host.to_ascii_lowercase())
    });
    let found = hosts.into_iter().filter_map(|(host, sessions)| {
        let of = |wanted: Bound| {
            let mut sessions = sessions.clone();
            sessions.retain(|&at| bound(all[at]) == Some(wanted));
            sessions
        };
        let (default, proper) = (of(Bound::Default), of(Bound::Proper));
        let (own, _) = all[*default.first()?].leaf.as_ref()?;
        let (better, _) = all[*proper.first()?].leaf.as_ref()?;
        let failed = default.iter().any(|&at| all[at].fate.is_failure());
        let cause = format!(
            "{} presents its self-signed default certificate {} in {} ({}) and {}, which \
             a CA has issued for it, in {} ({}).{}",
            words::quoted(&host),
            words::quoted(&own.subject),
            plural(default.len(), "session"),
            named(default.iter().map(|&at| all[at].server)),
            words::quoted(&better.subject),
            proper.len(),
            named(proper.iter().map(|&at| all[at].server)),
            command(better).unwrap_or_default()
        );
        // Where the proper one came for good afterwards it is bound by now.
        let same_place = proper
            .iter()
            .all(|&at| all[at].server == all[default[0]].server);
        let is_past = same_place && default.last() < proper.first();
        let proof = |&at: &usize| {
            let leaf = all[at].leaf.iter().map(|(_, frame)| *frame);
            (at, leaf.collect())
        };
        Some(Comparison {
            severity: match failed {
                true => Severity::High,
                false => Severity::Medium,
            },
            confidence: match is_past {
                true => Confidence::Medium,
                false => Confidence::High,
            },
            cause,
            sessions: default.iter().chain(&proper).map(proof).collect(),
        })
    });
    found.collect()
}

/// What a server's certificate has to do with the host in its banner.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Bound {
    Default,
    Proper,
}

fn bound(digest: &Digest) -> Option<Bound> {
    match (digest.is_default, digest.fits_banner) {
        (true, _) => Some(Bound::Default),
        (false, true) => Some(Bound::Proper),
        (false, false) => None,
    }
}

/// What binds this certificate to a connector of Exchange, as PowerShell takes it.
fn command(leaf: &Leaf) -> Option<String> {
    let name = leaf.connector_name.as_deref()?;
    // What would have to be escaped cannot be copied.
    let is_plain = terminal(name) == name;
    let name = name.replace('\'', "''");
    is_plain.then(|| {
        format!(
            " On Exchange: Set-ReceiveConnector CONNECTOR -TlsCertificateName '{name}', and restart \
             the transport service."
        )
    })
}

fn key_type(all: &[&Digest]) -> Vec<Comparison> {
    let servers = grouped(all, |digest| Some(digest.server));
    let found = servers.into_iter().filter_map(|(server, sessions)| {
        let leaves = sessions.iter().filter_map(|&at| all[at].leaf.as_ref());
        let mut keys = leaves.clone().map(|(leaf, _)| leaf.key.as_deref());
        let (leaf, _) = leaves.clone().next()?;
        if !keys.all(|key| key == Some("EC")) {
            return None;
        }
        let mut failing = sessions.clone();
        failing.retain(|&at| {
            let digest = all[at];
            let offer = digest.offer.as_ref();
            let is_lost = digest.fate == Fate::Failed && digest.chosen.is_none();
            is_lost && offer.is_some_and(|(offer, _)| is_rsa_only(offer))
        });
        let cause = format!(
            "{server} presents the elliptic-curve certificate {} to those who take one. From {} {} \
             failed before any ServerHello: no suite on offer there goes with such a certificate.",
            words::quoted(&leaf.subject),
            named(failing.iter().map(|&at| all[at].client.ip)),
            plural(failing.len(), "session"),
        );
        let proof = |&at: &usize| {
            let hello = all[at].offer.iter().map(|(_, frame)| *frame);
            let end = all[at].frames.last().copied();
            (at, hello.chain(end).collect())
        };
        (!failing.is_empty()).then(|| Comparison {
            severity: Severity::High,
            confidence: Confidence::Medium,
            cause,
            sessions: failing.iter().map(proof).collect(),
        })
    });
    found.collect()
}

/// Nothing in the offer goes with an elliptic-curve certificate.
fn is_rsa_only(offer: &Offer) -> bool {
    let suites = offer.suites.iter().filter_map(|&it| registry::profile(it));
    let mut names = offer.signature_algorithms.iter();
    let is_curve = |name: &String| name.starts_with("ecdsa") || name.starts_with("ed");
    let mut keys = suites.map(|it| it.authentication);
    if keys.any(|key| key == Authentication::Ecdsa) {
        return false;
    }
    // The suites of TLS 1.3 leave the certificate open; its list of signatures is never empty.
    let is_tls13 = offer.max_version > Some(Version::TLS12);
    !is_tls13 || !names.any(is_curve)
}

/// Patterns that take certificates of several subjects.
fn taken(all: &[&Digest]) -> Vec<Comparison> {
    let mut patterns: BTreeMap<Rc<str>, Vec<usize>> = BTreeMap::new();
    for (at, digest) in all.iter().enumerate() {
        for pattern in digest.takers.iter() {
            patterns.entry(Rc::clone(pattern)).or_default().push(at);
        }
    }
    let found = patterns.into_iter().filter_map(|(pattern, sessions)| {
        let subjects = grouped(all, |digest| {
            let (leaf, _) = digest.client_leaf.as_ref()?;
            let takes = digest.takers.contains(&pattern);
            takes.then(|| leaf.subject.clone())
        });
        let described: Vec<String> = subjects
            .iter()
            .map(|(subject, sessions)| {
                let clients = named(sessions.iter().map(|&at| all[at].client.ip));
                let subject = words::quoted(subject);
                format!(
                    "{subject} ({} from {clients})",
                    plural(sessions.len(), "session")
                )
            })
            .collect();
        let proof = |&at: &usize| {
            let leaf = all[at].client_leaf.iter().map(|(_, frame)| *frame);
            (at, leaf.collect())
        };
        (described.len() > 1).then(|| Comparison {
            severity: Severity::Medium,
            confidence: Confidence::High,
            cause: several(&pattern, &described),
            sessions: sessions.iter().map(proof).collect(),
        })
    });
    found.collect()
}

fn several(pattern: &str, certificates: &[String]) -> String {
    /// Named in a sentence; the sessions tell the others.
    const NAMED: usize = 10;
    let mut named: Vec<&str> = certificates
        .iter()
        .take(NAMED)
        .map(String::as_str)
        .collect();
    if certificates.len() > NAMED {
        named.push("and others");
    }
    format!(
        "The pattern {pattern} takes {} different client certificates: {}. It cannot tell these \
         senders apart; exact names can.",
        certificates.len(),
        named.join("; ")
    )
}
