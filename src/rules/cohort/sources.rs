//! Who asks: sources that are shown something else, and sources that only try things out.

use std::collections::{BTreeSet, HashSet};

use super::digest::{Digest, Fate, Offer};
use super::{Comparison, CrossRule, grouped, named};
use crate::model::{Confidence, Severity};
use crate::rules::words;

/// Different hellos of one address within [`SCAN_TIME`] that no mail program sends.
const SHAPES: usize = 6;
/// Scanners are done within minutes.
const SCAN_TIME: i64 = 10 * 60 * 1_000_000_000;

pub const PER_SOURCE: CrossRule = CrossRule {
    id: "X06",
    title: "STARTTLS is shown to some sources only",
    severity: Severity::Medium,
    meaning: "The same server offers STARTTLS to some clients and not to others: a policy by address, \
              or a device on the way of some of them that takes it out.",
    evidence: "Complete replies to EHLO of one address and port, with STARTTLS for some clients and \
               without it for others.",
    trap: "A reply that is cut, masked or answers HELO says nothing: only complete replies to EHLO \
           count, and every client must be treated alike each time. Where the clients did not come \
           in turn, STARTTLS may as well have been switched on or off between them.",
    advice: "Look at the server's rules for these addresses (Exim tls_advertise_hosts, Postfix \
             smtpd_discard_ehlo_keyword_address_maps, connector scopes), then at the devices on \
             their way.",
    references: &["RFC 3207 section 6"],
    tls_rpt: Some("starttls-not-supported"),
    check: per_source,
};

pub const SCANNER: CrossRule = CrossRule {
    id: "X08",
    title: "A scanner tried out the server",
    severity: Severity::Info,
    meaning: "One address sends many different hellos within minutes and no mail: a test site or \
              scanner. Its failures are on purpose.",
    evidence: "At least six different ClientHellos of one address under one EHLO name within ten \
               minutes, and no mail.",
    trap: "An address translator with many clients behind it sends many hellos too, but under \
           different names, and their sessions go on to mail: only hellos under one name count.",
    advice: "Nothing; its sessions are left out when sessions are compared.",
    references: &[],
    tls_rpt: None,
    check: scanner,
};

fn per_source(all: &[&Digest]) -> Vec<Comparison> {
    let servers = grouped(all, |digest| digest.offered.map(|_| digest.server));
    let mut found = Vec::new();
    for (server, sessions) in servers {
        let clients = |shown: bool| -> BTreeSet<_> {
            let sessions = sessions.iter().map(|&at| all[at]);
            let sessions =
                sessions.filter(|digest| digest.offered.is_some_and(|it| it.is_some() == shown));
            sessions.map(|digest| digest.client.ip).collect()
        };
        let (shown, hidden) = (clients(true), clients(false));
        if shown.is_empty() || hidden.is_empty() || !shown.is_disjoint(&hidden) {
            continue;
        }
        let in_turn = came_in_turn(all, &sessions);
        let or_in_time = match in_turn {
            true => "",
            false => {
                " They did not come in turn: perhaps it was switched in the time between, for all."
            }
        };
        let cause = format!(
            "{server} offers STARTTLS to {} and not to {}.{or_in_time}",
            named(&shown),
            named(&hidden)
        );
        let of_each = |shown: bool| {
            let of_kind = sessions
                .iter()
                .filter(|&&at| all[at].offered.is_some_and(|it| it.is_some() == shown));
            of_kind.count()
        };
        let enough = of_each(true) > 1 && of_each(false) > 1;
        found.push(Comparison {
            severity: Severity::Medium,
            confidence: match (in_turn, enough) {
                (true, true) => Confidence::High,
                (true, false) => Confidence::Medium,
                (false, _) => Confidence::Low,
            },
            cause,
            sessions: sessions
                .iter()
                .map(|&at| (at, all[at].offered.flatten().into_iter().collect()))
                .collect(),
        });
    }
    found
}

/// More than once the offer to one client was followed by another to the next: it was not switched
/// on or off for all in between.
fn came_in_turn(all: &[&Digest], sessions: &[usize]) -> bool {
    let shown = |at: usize| all[at].offered.flatten().is_some();
    let pairs = sessions.windows(2);
    let changes = pairs.filter(|pair| shown(pair[0]) != shown(pair[1]));
    changes.count() > 1
}

fn scanner(all: &[&Digest]) -> Vec<Comparison> {
    let clients = grouped(all, |digest| {
        let name = digest.dialogue.ehlo.clone();
        Some((digest.client.ip, name))
    });
    let mut found = Vec::new();
    for ((client, name), sessions) in clients {
        let Some(shapes) = scan(all, &sessions) else {
            continue;
        };
        let client = match name {
            Some(name) => format!("{client} ({})", words::quoted(&name)),
            None => client.to_string(),
        };
        found.push(scanned(all, &client, &sessions, shapes));
    }
    found
}

/// The number of different hellos, if these are the sessions of a scanner.
fn scan(all: &[&Digest], sessions: &[usize]) -> Option<usize> {
    let mut known: HashSet<&Offer> = HashSet::new();
    let mut shapes: Vec<usize> = Vec::new();
    for &at in sessions {
        if let Some((offer, _)) = &all[at].offer
            && known.insert(offer)
        {
            shapes.push(at);
        }
    }
    // The first hello of each shape; so many of them within the time.
    let quick = shapes.windows(SHAPES).any(|window| {
        let [first, .., last] = window else {
            return false;
        };
        let time = all[*last].started.nanos_since(all[*first].started);
        time <= SCAN_TIME
    });
    let mailed = sessions.iter().any(|&at| all[at].fate == Fate::Clear);
    (quick && !mailed && !used(all, sessions)).then_some(shapes.len())
}

fn scanned(all: &[&Digest], client: &str, sessions: &[usize], shapes: usize) -> Comparison {
    let servers = named(sessions.iter().map(|&at| all[at].server));
    let cause = format!(
        "{client} sent {shapes} different hellos to {servers} in {} connections and no mail.",
        sessions.len()
    );
    Comparison {
        severity: Severity::Info,
        confidence: Confidence::High,
        cause,
        sessions: sessions
            .iter()
            .map(|&at| (at, all[at].frames.to_vec()))
            .collect(),
    }
}

/// Whether mail may have gone through TLS: the client sent more than a greeting and a goodbye.
fn used(all: &[&Digest], sessions: &[usize]) -> bool {
    /// EHLO and QUIT, and the Finished of TLS 1.3.
    const IDLE_RECORDS: u64 = 4;
    let mut sessions = sessions.iter();
    sessions.any(|&at| all[at].client_records > IDLE_RECORDS)
}
