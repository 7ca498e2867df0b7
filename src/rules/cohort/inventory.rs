//! The inventory (X11) and the map of certificates (X12): who offers and chooses what, and what
//! breaks when the floor is raised.

use std::collections::{BTreeSet, HashMap};
use std::net::IpAddr;

use super::digest::{Chosen, Digest, Fate, Offer};
use super::floors::{FLOORS, Requirement};
use super::grouped;
use crate::model::Endpoint;
use crate::model::inventory::{Client, Floor, Inventory, Negotiated, Presented, Seen, Server};
use crate::tls::registry;

/// The inventory of these sessions; `scanners` and `left_out` are told beside it.
pub(super) fn inventory(all: &[&Digest], scanners: Vec<IpAddr>, left_out: u64) -> Inventory {
    let clients = clients(all);
    let servers = servers(all);
    let breaking = |id: &str, breaks: &[&str]| breaks.contains(&id);
    let floors = FLOORS.iter().map(|floor| Floor {
        id: floor.id,
        title: floor.title,
        clients: clients
            .iter()
            .filter(|client| breaking(floor.id, &client.breaks))
            .count() as u64,
        servers: servers
            .iter()
            .filter(|server| breaking(floor.id, &server.breaks))
            .count() as u64,
        sessions: all.iter().filter(|digest| is_below(floor, digest)).count() as u64,
    });
    Inventory {
        floors: floors.collect(),
        clients,
        servers,
        certificates: certificates(all),
        scanners,
        left_out,
    }
}

fn is_below(floor: &Requirement, digest: &Digest) -> bool {
    let established = matches!(digest.fate, Fate::Works | Fate::Left);
    let chosen = digest.chosen.as_ref();
    established && chosen.is_some_and(|(chosen, _)| (floor.chosen)(chosen) == Some(false))
}

fn clients(all: &[&Digest]) -> Vec<Client> {
    let groups = grouped(all, |digest| {
        let (offer, _) = digest.offer.as_ref()?;
        let ehlo = digest.dialogue.ehlo.clone();
        Some((digest.client.ip, ehlo, offer.ja4.clone()))
    });
    let mut clients: Vec<Client> = groups
        .into_iter()
        .map(|((ip, ehlo, ja4), sessions)| {
            let offers = sessions.iter().filter_map(|&at| all[at].offer.as_ref());
            let best = offers.map(|(offer, _)| offer.as_ref());
            let best = best.max_by_key(|offer| (offer.max_version, offer.suites.len()));
            Client {
                ip,
                ehlo,
                ja4,
                best_version: best.and_then(|offer| offer.max_version),
                cipher_suites: best.map_or(0, suites),
                seen: seen(all, &sessions),
                negotiated: negotiated(all, &sessions),
                breaks: best.map(unmet).unwrap_or_default(),
            }
        })
        .collect();
    clients.sort_by_key(|client| std::cmp::Reverse(client.breaks.len()));
    clients
}

/// Suites offered, signals left out.
fn suites(offer: &Offer) -> usize {
    let suites = offer.suites.iter();
    suites
        .filter(|&&suite| registry::profile(suite).is_some())
        .count()
}

fn unmet(offer: &Offer) -> Vec<&'static str> {
    let unmet = FLOORS.iter().filter(|floor| !(floor.offered)(offer));
    unmet.map(|floor| floor.id).collect()
}

fn servers(all: &[&Digest]) -> Vec<Server> {
    let mut servers: Vec<Server> = grouped(all, |digest| Some(digest.server))
        .into_iter()
        .map(|(endpoint, sessions)| {
            let chosen = sessions.iter().filter_map(|&at| all[at].chosen.as_ref());
            let best_version = chosen.filter_map(|(chosen, _)| chosen.version).max();
            let mut hosts = sessions.iter().rev();
            let host = hosts.find_map(|&at| all[at].dialogue.host.clone());
            let breaks = FLOORS
                .iter()
                .filter(|floor| sessions.iter().any(|&at| chose_less(floor, all[at])))
                .map(|floor| floor.id)
                .collect();
            Server {
                endpoint,
                host,
                best_version,
                seen: seen(all, &sessions),
                negotiated: negotiated(all, &sessions),
                breaks,
            }
        })
        .collect();
    servers.sort_by_key(|server| std::cmp::Reverse(server.breaks.len()));
    servers
}

/// The client offered what would meet the floor, and the server chose what does not.
fn chose_less(floor: &Requirement, digest: &Digest) -> bool {
    let offer = digest.offer.as_ref();
    let could = offer.is_some_and(|(offer, _)| (floor.offered)(offer));
    let chosen = digest.chosen.as_ref();
    could && chosen.is_some_and(|(chosen, _)| (floor.chosen)(chosen) == Some(false))
}

fn seen(all: &[&Digest], sessions: &[usize]) -> Seen {
    let mut seen = Seen::default();
    for &at in sessions {
        let digest = all[at];
        seen.sessions += 1;
        match digest.fate {
            Fate::Works | Fate::Left => seen.established += 1,
            Fate::Failed | Fate::Refused => seen.failed += 1,
            Fate::Clear => seen.in_clear += 1,
            Fate::Other => {}
        }
        if seen.sessions == 1 {
            seen.first = digest.started;
        }
        seen.last = digest.started;
    }
    seen
}

fn negotiated(all: &[&Digest], sessions: &[usize]) -> Vec<Negotiated> {
    let mut counts: HashMap<Chosen, u64> = HashMap::new();
    let established = sessions.iter().map(|&at| all[at]);
    let established = established.filter(|it| matches!(it.fate, Fate::Works | Fate::Left));
    for (chosen, _) in established.filter_map(|digest| digest.chosen) {
        *counts.entry(chosen).or_default() += 1;
    }
    let mut rows: Vec<Negotiated> = counts
        .into_iter()
        .map(|(chosen, sessions)| Negotiated {
            version: chosen.version,
            cipher_suite: chosen.suite.map(|suite| registry::suite(suite).to_string()),
            sessions,
        })
        .collect();
    let order = |row: &Negotiated| {
        let name = row.cipher_suite.clone();
        (std::cmp::Reverse((row.sessions, row.version)), name)
    };
    rows.sort_by_key(order);
    rows
}

fn certificates(all: &[&Digest]) -> Vec<Presented> {
    let groups = grouped(all, |digest| {
        digest.leaf.as_ref().map(|(leaf, _)| leaf.clone())
    });
    groups
        .into_iter()
        .map(|(leaf, sessions)| {
            let servers: BTreeSet<Endpoint> = sessions.iter().map(|&at| all[at].server).collect();
            Presented {
                subject: leaf.subject.clone(),
                issuer: leaf.issuer.clone(),
                serial: leaf.serial.clone(),
                sha256: leaf.sha256.clone(),
                servers: servers.into_iter().collect(),
                sessions: sessions.len() as u64,
                first: all[sessions[0]].started,
                last: all[sessions[sessions.len() - 1]].started,
            }
        })
        .collect()
}
