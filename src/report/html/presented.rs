//! The certificates of a session, a card each.

use crate::escape::shown;
use crate::model::certificate::Certificate;
use crate::model::{Peer, Session};
use crate::report::phrases::certificates::{NAME_KINDS, chain_lines, connector, key, validity};
use crate::time::Timestamp;

/// Cards of a side; longer chains are damage or malice.
const CARDS: usize = 10;
/// Names of a kind on a card.
const NAMES: usize = 12;

/// What one side presented.
pub struct Presented {
    /// Which side.
    pub whose: Peer,
    /// Its certificates in the order sent.
    pub cards: Vec<Card>,
    /// Certificates without a card.
    pub left_out: usize,
    /// How they hang together.
    pub chain: Vec<String>,
}

/// One certificate.
pub struct Card {
    /// What to call it: its common name, else its subject.
    pub title: String,
    /// Frame that completes it.
    pub frame: u64,
    /// Subject equals issuer.
    pub self_signed: bool,
    /// Whether it was valid when the session began; `None` where that is not known.
    pub valid: Option<bool>,
    /// Labels and values.
    pub rows: Vec<(&'static str, String)>,
}

/// What both sides presented, the server first.
pub fn presented(session: &Session) -> Vec<Presented> {
    let Some(tls) = &session.tls else {
        return Vec::new();
    };
    let sent = &tls.certificates;
    let sides = [
        (Peer::Server, &sent.server, &sent.chain.server),
        (Peer::Client, &sent.client, &sent.chain.client),
    ];
    let side = |(whose, list, chain): (Peer, &Vec<Certificate>, &Option<_>)| Presented {
        whose,
        cards: list
            .iter()
            .take(CARDS)
            .map(|certificate| card(certificate, whose, session.started))
            .collect(),
        left_out: list.len().saturating_sub(CARDS),
        chain: chain.iter().flat_map(chain_lines).collect(),
    };
    let sides = sides.into_iter().map(side);
    sides.filter(|side| !side.cards.is_empty()).collect()
}

fn card(certificate: &Certificate, whose: Peer, seen: Timestamp) -> Card {
    let name = certificate.common_name.as_deref();
    let name = name.or(certificate.subject.as_deref());
    let expired = certificate.expired_at(seen) || certificate.not_yet_valid_at(seen);
    let dates = certificate.not_before.and(certificate.not_after);
    Card {
        title: name.map_or_else(|| "unreadable".to_owned(), shown),
        frame: certificate.frame,
        self_signed: certificate.self_signed == Some(true),
        valid: dates.map(|_| !expired),
        rows: rows(certificate, whose, seen),
    }
}

fn rows(certificate: &Certificate, whose: Peer, seen: Timestamp) -> Vec<(&'static str, String)> {
    let text = |value: &Option<String>| value.as_deref().map(shown).unwrap_or_default();
    let join = |values: &[String]| {
        let values: Vec<String> = values.iter().take(NAMES).map(|it| shown(it)).collect();
        values.join(", ")
    };
    let mut rows = vec![
        ("subject", text(&certificate.subject)),
        ("issuer", text(&certificate.issuer)),
    ];
    rows.extend(names(certificate));
    rows.push(("valid", validity(certificate, seen)));
    rows.push(("serial", text(&certificate.serial)));
    rows.push(("key", key(certificate)));
    rows.push(("purpose", join(&certificate.extended_key_usage)));
    rows.push(("SHA-1", certificate.sha1.clone()));
    rows.push(("SHA-256", certificate.sha256.clone()));
    if whose == Peer::Server {
        rows.push(("Exchange", connector(certificate).unwrap_or_default()));
        for (parameters, digest) in &certificate.tlsa {
            rows.push(("TLSA", format!("{parameters} {digest}")));
        }
    }
    rows.push(("damaged", join(&certificate.malformed)));
    rows.retain(|(_, value)| !value.is_empty());
    rows
}

/// Alternative names, a row for each kind.
fn names(certificate: &Certificate) -> Vec<(&'static str, String)> {
    let mut rows = Vec::new();
    let mut named = 0;
    for (kind, label) in NAME_KINDS {
        let of_kind = certificate.names.iter().filter(|name| name.kind == kind);
        let texts: Vec<String> = of_kind.take(NAMES).map(|name| shown(&name.value)).collect();
        named += texts.len();
        rows.push((label, texts.join(", ")));
    }
    let more = certificate.name_count.saturating_sub(named);
    if more > 0 {
        rows.push(("more", format!("{more} names are left out here")));
    }
    rows
}
