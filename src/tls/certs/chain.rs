//! How the certificates of one list hang together, by names and key identifiers.
//!
//! Two names are the same when their encodings are, or their texts but for upper and lower case:
//! authorities encode the same name as PrintableString here and as UTF8String there.

use super::Presented;
use crate::model::certificate::{Chain, ChainEnd, Order};

/// Fills in who issued whom, and says what follows from it.
pub(super) fn facts(list: &mut [Presented<'_>], whole: bool) -> Option<Chain> {
    if list.is_empty() {
        return None;
    }
    let duplicates = duplicates(list);
    let is_repeated = |at: usize| duplicates.iter().any(|pair| pair[1] == at);
    let issuers: Vec<Option<usize>> = (0..list.len())
        .map(|at| issuer(list, at, is_repeated))
        .collect();
    for (one, &issued_by) in list.iter_mut().zip(&issuers) {
        one.certificate.issued_by = issued_by;
    }
    let path = path(&issuers);
    let order = match path.first() {
        Some(0) if path.iter().enumerate().all(|(at, &it)| at == it) => Order::LeafFirst,
        Some(0) => Order::OutOfOrder,
        _ => Order::LeafNotFirst,
    };
    // What connects the others may be in the rest, or behind a name that cannot be read.
    let is_known = whole && list.iter().all(|it| it.subject.is_some());
    let strangers = match is_known {
        true => strangers(list, &path, is_repeated),
        false => Vec::new(),
    };
    let last = path.last().map(|&at| &list[at]);
    let ends = match last {
        Some(last) if last.issued(last) => Some(ChainEnd::SelfSigned),
        Some(last) if is_known && last.issuer.is_some() && last.certificate.issued_by.is_none() => {
            Some(ChainEnd::IssuerNotSent)
        }
        _ => None,
    };
    let missing_issuer = last
        .filter(|_| ends == Some(ChainEnd::IssuerNotSent))
        .and_then(|last| last.certificate.issuer.clone());
    Some(Chain {
        whole,
        order,
        strangers,
        other_keys: other_keys(list),
        ends,
        missing_issuer,
        path,
        duplicates,
    })
}

/// The one that issued the certificate at `at`; the one with its key, then the next, then the
/// first of several.
fn issuer(list: &[Presented<'_>], at: usize, is_repeated: impl Fn(usize) -> bool) -> Option<usize> {
    let one = &list[at];
    if one.issued(one) {
        return None;
    }
    let candidates = (0..list.len()).filter(|&it| it != at && !is_repeated(it));
    candidates
        .filter(|&it| list[it].issued(one))
        .min_by_key(|&it| (!list[it].has_key_of(one), it != at + 1, it))
}

/// From the sender's own certificate upwards. That is the first one (RFC 5246 section 7.4.2),
/// unless it has issued another one: then the one at the lower end of the longest path through it.
fn path(issuers: &[Option<usize>]) -> Vec<usize> {
    let first = upwards(issuers, 0);
    if !issuers.contains(&Some(0)) {
        return first;
    }
    let others = (1..issuers.len()).map(|at| upwards(issuers, at));
    others
        .filter(|path| path.contains(&0))
        .fold(first, |longest, path| {
            if path.len() > longest.len() {
                path
            } else {
                longest
            }
        })
}

fn upwards(issuers: &[Option<usize>], from: usize) -> Vec<usize> {
    let mut path = vec![from];
    let mut at = from;
    while let Some(next) = issuers[at].filter(|next| !path.contains(next)) {
        path.push(next);
        at = next;
    }
    path
}

/// Those that nothing connects with the path; cross-signed issuers are no strangers.
fn strangers(
    list: &[Presented<'_>],
    path: &[usize],
    is_repeated: impl Fn(usize) -> bool,
) -> Vec<usize> {
    let mut connected = path.to_vec();
    let mut next = 0;
    while let Some(&at) = connected.get(next) {
        for (above, one) in list.iter().enumerate() {
            if one.issued(&list[at]) && !connected.contains(&above) {
                connected.push(above);
            }
        }
        next += 1;
    }
    let is_stranger = |&at: &usize| !connected.contains(&at) && !is_repeated(at);
    (0..list.len()).filter(is_stranger).collect()
}

fn duplicates(list: &[Presented<'_>]) -> Vec<[usize; 2]> {
    let mut found = Vec::new();
    for (at, one) in list.iter().enumerate() {
        let is_same = |it: &Presented<'_>| it.certificate.sha256 == one.certificate.sha256;
        if let Some(first) = list[..at].iter().position(is_same) {
            found.push([first, at]);
        }
    }
    found
}

fn other_keys(list: &[Presented<'_>]) -> Vec<[usize; 2]> {
    let pairs = (0..list.len()).flat_map(|at| (0..list.len()).map(move |other| [at, other]));
    pairs
        .filter(|&[at, other]| {
            let (one, above) = (&list[at], &list[other]);
            at != other && above.is_named_by(one) && !above.issued(one)
        })
        .collect()
}

impl Presented<'_> {
    /// By name, and not contradicted by key identifiers.
    fn issued(&self, below: &Self) -> bool {
        let ids = (
            &below.certificate.authority_key_id,
            &self.certificate.subject_key_id,
        );
        let contradicted = matches!(ids, (Some(wanted), Some(given)) if wanted != given);
        self.is_named_by(below) && !contradicted
    }

    /// It has the name that `below` gives for its issuer. An empty name names nobody.
    fn is_named_by(&self, below: &Self) -> bool {
        let (Some(subject), Some(issuer)) = (&self.subject, &below.issuer) else {
            return false;
        };
        !subject.text.is_empty() && subject.is_same(issuer)
    }

    fn has_key_of(&self, below: &Self) -> bool {
        let wanted = &below.certificate.authority_key_id;
        wanted.is_some() && *wanted == self.certificate.subject_key_id
    }
}
