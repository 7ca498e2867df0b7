//! Each comparison on made-up sessions: when it speaks, and the near miss on which it must not.

mod certificates;
mod doubt;
mod pairs;
mod time;

use std::net::IpAddr;
use std::rc::Rc;

use super::digest::{Dialogue, Digest, Fate, Leaf, Offer};
use super::{CROSS_RULES, Comparison, MORE};
use crate::model::tls::{SuiteCode, Version};
use crate::model::{Confidence, Endpoint, Severity};
use crate::time::Timestamp;

const SECOND: i64 = 1_000_000_000;

fn ip(last: u8) -> IpAddr {
    IpAddr::from([192, 0, 2, last])
}

/// A session that works, begun so many seconds after the first.
fn session(client: u8, second: i64) -> Digest {
    Digest {
        input: "a.pcap".into(),
        first_frame: 1,
        client: Endpoint {
            ip: ip(client),
            port: 40_000,
        },
        server: Endpoint {
            ip: ip(25),
            port: 25,
        },
        started: Timestamp::from_nanos(second * SECOND),
        ended: Timestamp::from_nanos(second * SECOND + SECOND / 2),
        decided: Timestamp::from_nanos(second * SECOND + SECOND / 2),
        fate: Fate::Works,
        frames: [9].into(),
        dialogue: Rc::new(Dialogue {
            ehlo: Some("hub.example.net".to_owned()),
            ..Dialogue::default()
        }),
        offer: Some((Rc::new(offer(Version::TLS12, &[0xC02F, 0x002F])), 7)),
        chosen: None,
        leaf: None,
        is_default: false,
        fits_banner: false,
        client_leaf: None,
        takers: Vec::new(),
        clear_mail: None,
        offered: None,
        client_records: 9,
        openings: [None; 2],
        hello_at: None,
        resets: [None; 2],
        whole: true,
        asked: None,
        random: None,
        whole_dialogue: true,
    }
}

fn offer(version: Version, suites: &[u16]) -> Offer {
    Offer {
        max_version: Some(version),
        suites: suites.iter().map(|&code| SuiteCode::Tls(code)).collect(),
        groups: Vec::new(),
        signature_algorithms: Vec::new(),
        sni: false,
        alpn: false,
        master_secret: None,
        ja4: None,
        size: 200,
    }
}

fn with(mut digest: Digest, change: impl FnOnce(&mut Digest)) -> Digest {
    change(&mut digest);
    digest
}

fn fails(client: u8, second: i64) -> Digest {
    with(session(client, second), |it| it.fate = Fate::Failed)
}

fn calling_itself(digest: Digest, name: &str) -> Digest {
    with(digest, |it| {
        it.dialogue = Rc::new(Dialogue {
            ehlo: Some(name.to_owned()),
            ..Dialogue::default()
        });
    })
}

fn offering(digest: Digest, version: Version, suites: &[u16]) -> Digest {
    with(digest, |it| {
        it.offer = Some((Rc::new(offer(version, suites)), 7));
    })
}

fn in_clear(second: i64) -> Digest {
    with(session(1, second), |it| {
        it.fate = Fate::Clear;
        it.clear_mail = Some(5);
    })
}

fn check(id: &str, sessions: &[Digest]) -> Vec<Comparison> {
    let rule = CROSS_RULES
        .iter()
        .chain(MORE)
        .find(|rule| rule.id == id)
        .expect("a rule");
    let all: Vec<&Digest> = sessions.iter().collect();
    (rule.check)(&all)
}

#[test]
fn a_fallback_dance_steps_down() {
    let found = check(
        "X01",
        &[
            fails(1, 0),
            offering(fails(1, 1), Version::TLS10, &[0x002F]),
            offering(session(1, 2), Version::TLS10, &[0x0005]),
        ],
    );
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].sessions.len(), 2);
    assert_eq!(found[0].confidence, Confidence::High);
}

#[test]
fn no_dance_without_steps_or_in_another_name() {
    // The same offer again is a retry.
    assert!(check("X01", &[fails(1, 0), fails(1, 1)]).is_empty());
    // Smaller offers of others behind the same address.
    let other = offering(fails(1, 1), Version::TLS10, &[5]);
    let other = calling_itself(other, "printer.example.net");
    assert!(check("X01", &[fails(1, 0), other]).is_empty());
    // Hours later, or after a success.
    let late = offering(fails(1, 7200), Version::TLS10, &[5]);
    assert!(check("X01", &[fails(1, 0), late]).is_empty());
    let after = offering(fails(1, 1), Version::TLS10, &[5]);
    assert!(check("X01", &[session(1, 0), after]).is_empty());
}

#[test]
fn mail_in_clear_after_a_failure() {
    let found = check("X02", &[fails(1, 0), in_clear(1)]);
    assert_eq!(found[0].severity, Severity::Critical);
    assert_eq!(found[0].confidence, Confidence::High);
    let later = check("X02", &[fails(1, 0), in_clear(300)]);
    assert_eq!(later[0].confidence, Confidence::Medium);
}

#[test]
fn no_silent_retry_after_success_or_long_after() {
    assert!(check("X02", &[fails(1, 0), session(1, 1), in_clear(2)]).is_empty());
    assert!(check("X02", &[fails(1, 0), in_clear(3600)]).is_empty());
    assert!(check("X02", &[fails(2, 0), in_clear(1)]).is_empty());
}

fn presenting(digest: Digest, serial: &str) -> Digest {
    with(digest, |it| {
        let leaf = Leaf {
            sha256: serial.to_owned(),
            subject: "CN=mail.example.com".to_owned(),
            issuer: "CN=CA".to_owned(),
            serial: serial.to_owned(),
            ..Leaf::default()
        };
        it.leaf = Some((Rc::new(leaf), 8));
    })
}

#[test]
fn a_pool_answers_in_turn() {
    let pool = [
        presenting(session(1, 0), "A1"),
        presenting(fails(1, 1), "B2"),
        presenting(session(1, 2), "A1"),
        presenting(fails(1, 3), "B2"),
    ];
    let found = check("X03", &pool);
    assert_eq!(found[0].severity, Severity::High);
    assert!(found[0].cause.contains("decides"));
    // Where the pool decides, the offers are not compared in vain.
    assert!(check("X04", &pool).is_empty());
}

#[test]
fn a_renewed_certificate_is_no_pool() {
    let renewed = [
        presenting(session(1, 0), "A1"),
        presenting(session(1, 1), "A1"),
        presenting(session(1, 2), "B2"),
        presenting(session(1, 3), "B2"),
    ];
    assert!(check("X03", &renewed).is_empty());
}

#[test]
fn the_coarsest_difference_is_told() {
    let works = |at| offering(session(1, at), Version::TLS12, &[0xC02F, 0x0005]);
    let refused = |at| offering(fails(2, at), Version::TLS12, &[0xC02F]);
    let found = check("X04", &[works(0), refused(1), works(2), refused(3)]);
    assert!(
        found[0].cause.contains("worked offered RC4 suites"),
        "{}",
        found[0].cause
    );
    assert_eq!(found[0].confidence, Confidence::Medium);
    // One client of each kind, however often it comes, is one sample.
    let many: Vec<Digest> = (0..5).flat_map(|at| [works(at), refused(at)]).collect();
    assert_eq!(check("X04", &many)[0].confidence, Confidence::Medium);
    let several = |digest: Digest, at| with(digest, |it| it.client.ip = ip(at));
    let many = (0..5).flat_map(|at| [works(at), several(refused(at), 10 + at as u8)]);
    let many: Vec<Digest> = many
        .enumerate()
        .map(|(place, digest)| match place % 2 {
            0 => several(digest, 100 + place as u8),
            _ => digest,
        })
        .collect();
    assert_eq!(check("X04", &many)[0].confidence, Confidence::High);
    // A client that does both is the best sample of all.
    let same = (0..5).flat_map(|at| [works(at), several(refused(at), 1)]);
    let same: Vec<Digest> = same.collect();
    assert_eq!(check("X04", &same)[0].confidence, Confidence::High);
}

#[test]
fn two_features_together_can_separate() {
    let sessions = [
        offering(session(1, 0), Version::TLS12, &[0x002F, 0xC02F]),
        offering(session(1, 1), Version::TLS12, &[0x002F, 0xC02F]),
        offering(fails(2, 2), Version::TLS12, &[0x002F]),
        offering(fails(2, 3), Version::TLS12, &[0xC02F]),
    ];
    let found = check("X04", &sessions);
    assert!(
        found[0].cause.contains("together with"),
        "{}",
        found[0].cause
    );
}

#[test]
fn equal_offers_point_at_the_sender() {
    let found = check(
        "X04",
        &[session(1, 0), fails(2, 1), session(1, 2), fails(2, 3)],
    );
    assert!(
        found[0].cause.contains("the senders do"),
        "{}",
        found[0].cause
    );
    let mixed = check(
        "X04",
        &[session(1, 0), fails(1, 1), session(1, 2), fails(1, 3)],
    );
    assert_eq!(mixed[0].confidence, Confidence::Low);
    // One of each says nothing.
    assert!(check("X04", &[session(1, 0), fails(2, 1)]).is_empty());
}

#[test]
fn starttls_for_some_sources() {
    let shown = |client, at| with(session(client, at), |it| it.offered = Some(Some(4)));
    let hidden = |client, at| with(session(client, at), |it| it.offered = Some(None));
    let found = check(
        "X06",
        &[shown(1, 0), hidden(2, 1), shown(1, 2), hidden(2, 3)],
    );
    assert_eq!(found[0].confidence, Confidence::High);
    // One after the other: it may have been switched.
    let switched = check(
        "X06",
        &[shown(1, 0), shown(1, 1), hidden(2, 2), hidden(2, 3)],
    );
    assert_eq!(switched[0].confidence, Confidence::Low);
    // The same client sees both: no policy by address.
    assert!(check("X06", &[shown(1, 0), hidden(1, 1)]).is_empty());
    assert!(check("X06", &[shown(1, 0), session(2, 1)]).is_empty());
}

#[test]
fn scanners_try_many_hellos() {
    let probe = |at: u16| {
        let probe = offering(fails(9, at.into()), Version::TLS12, &[at, at + 1]);
        with(probe, |it| it.client_records = 0)
    };
    let scan: Vec<Digest> = (1..8).map(probe).collect();
    assert_eq!(check("X08", &scan).len(), 1);
    // Behind an address translator somebody sends mail.
    let nat: Vec<Digest> = scan.iter().cloned().chain([session(9, 20)]).collect();
    assert!(check("X08", &nat).is_empty());
    // Unless the scanner has a name of its own.
    let beside = calling_itself(session(9, 20), "mail.example.net");
    let beside: Vec<Digest> = scan.iter().cloned().chain([beside]).collect();
    let found = check("X08", &beside);
    assert_eq!(found[0].sessions.len(), scan.len());
    // Nor is one program of each of many names.
    let program = |(at, digest)| calling_itself(digest, &format!("host{at}.example.net"));
    let many: Vec<Digest> = scan.into_iter().enumerate().map(program).collect();
    let many: Vec<Digest> = many.into_iter().chain([session(9, 20)]).collect();
    assert!(check("X08", &many).is_empty());
}
