//! What looks like a pattern across sessions and is something else.

use std::rc::Rc;

use super::super::digest::{Dialogue, Digest, Leaf};
use super::pairs::seen_at;
use super::{check, fails, in_clear, ip, offering, presenting, session, with};
use crate::model::tls::Version;
use crate::model::{Confidence, Severity};
use crate::time::Timestamp;

fn named(digest: Digest, ehlo: &str) -> Digest {
    with(digest, |it| {
        it.dialogue = Rc::new(Dialogue {
            ehlo: Some(ehlo.to_owned()),
            ..Dialogue::default()
        });
    })
}

fn only_confidence(id: &str, sessions: &[Digest]) -> Confidence {
    let found = check(id, sessions);
    assert_eq!(found.len(), 1, "{found:?}");
    found[0].confidence
}

#[test]
fn connections_side_by_side_are_no_sure_dance() {
    let older = |at| offering(fails(1, at), Version::TLS10, &[0x002F]);
    let overlapping = with(fails(1, 0), |it| {
        it.decided = Timestamp::from_nanos(i64::MAX);
    });
    let found = only_confidence("X01", &[overlapping.clone(), older(1)]);
    assert_eq!(found, Confidence::Medium);
    let found = only_confidence("X02", &[overlapping, in_clear(1)]);
    assert_eq!(found, Confidence::Medium);
}

#[test]
fn a_name_that_many_hosts_have_is_no_proof() {
    for name in [
        "localhost",
        "localhost.localdomain",
        "[192.0.2.7]",
        "printer",
    ] {
        let older = offering(fails(1, 1), Version::TLS10, &[0x002F]);
        let dance = [named(fails(1, 0), name), named(older, name)];
        assert_eq!(only_confidence("X01", &dance), Confidence::Medium, "{name}");
        let clear = [named(fails(1, 0), name), named(in_clear(1), name)];
        assert_eq!(only_confidence("X02", &clear), Confidence::Medium, "{name}");
    }
}

fn keyed(digest: Digest, key: &str) -> Digest {
    with(digest, |it| {
        let (leaf, frame) = it.leaf.clone().expect("a certificate");
        let leaf = Leaf {
            key: Some(key.to_owned()),
            ..(*leaf).clone()
        };
        it.leaf = Some((Rc::new(leaf), frame));
    })
}

#[test]
fn one_server_with_two_keys_is_no_pool() {
    let rsa = |at| keyed(presenting(session(1, at), "A1"), "RSA");
    let curve = |at| keyed(presenting(session(2, at), "B2"), "EC");
    assert!(check("X03", &[rsa(0), curve(1), rsa(2), curve(3)]).is_empty());
}

#[test]
fn one_server_with_two_names_is_no_pool() {
    let asking = |digest, name: &str| with(digest, |it: &mut Digest| it.asked = Some(name.into()));
    let one = |at| asking(presenting(session(1, at), "A1"), "mx1.example.com");
    let other = |at| asking(presenting(session(1, at), "B2"), "mx2.example.com");
    assert!(check("X03", &[one(0), other(1), one(2), other(3)]).is_empty());
    // Behind the same name it is.
    let turned = |at| asking(presenting(session(1, at), "C3"), "mx1.example.com");
    assert_eq!(check("X03", &[one(0), turned(1), one(2)]).len(), 1);
}

#[test]
fn connectors_by_source_look_like_a_pool() {
    let inside = |at| presenting(session(1, at), "A1");
    let outside = |at| presenting(session(2, at), "B2");
    let found = check("X03", &[inside(0), outside(1), inside(2), outside(3)]);
    assert_eq!(found[0].confidence, Confidence::Medium);
    assert!(found[0].cause.contains("by their addresses"));
}

#[test]
fn an_offer_that_was_switched_on_is_no_policy() {
    let seen = |client, at, offered| with(session(client, at), |it| it.offered = Some(offered));
    let switched = [
        seen(1, 0, None),
        seen(2, 1, None),
        seen(3, 2, Some(4)),
        seen(4, 3, Some(4)),
    ];
    assert_eq!(only_confidence("X06", &switched), Confidence::Low);
}

#[test]
fn many_hosts_behind_one_address_are_no_scanner() {
    let probe = |at: u16| {
        let probe = offering(fails(9, at.into()), Version::TLS12, &[at, at + 1]);
        let probe = with(probe, |it| it.client_records = 0);
        named(probe, &format!("host{at}.example.net"))
    };
    let hosts: Vec<Digest> = (1..9).map(probe).collect();
    assert!(check("X08", &hosts).is_empty());
}

/// The same hello behind a firewall that rewrites sequence numbers.
fn rewritten(input: &str) -> Digest {
    with(seen_at(input, 63, 1460), |it| {
        for opening in it.openings.iter_mut().flatten() {
            opening.isn ^= 0x0F0F_0F0F;
        }
    })
}

fn drawing(digest: Digest, random: u8) -> Digest {
    with(digest, |it| it.random = Some([random; 32]))
}

#[test]
fn a_firewall_that_rewrites_sequence_numbers() {
    let first = drawing(seen_at("a.pcap", 64, 1460), 7);
    let second = drawing(rewritten("b.pcap"), 7);
    let found = check("X10", &[second.clone(), first.clone()]);
    assert_eq!(found[0].severity, Severity::Info);
    let cause = &found[0].cause;
    assert!(cause.contains("sequence numbers begin at"), "{cause}");
    // The side of the client comes first.
    assert_eq!(found[0].sessions[0].0, 1);
    assert!(check("X09", &[first.clone(), second.clone()]).is_empty());
    // Another random, the same input, another port: nothing says that it is the same connection.
    let without_clock = |digest: Digest| {
        with(digest, |it| {
            it.openings
                .iter_mut()
                .flatten()
                .for_each(|it| it.timestamp = None);
        })
    };
    let others = [
        drawing(rewritten("b.pcap"), 8),
        drawing(rewritten("a.pcap"), 7),
        without_clock(with(second.clone(), |it| it.client.port = 1024)),
    ];
    for other in others {
        assert!(check("X10", &[first.clone(), other]).is_empty());
    }
    // A random that comes again is drawn badly.
    let third = with(drawing(session(3, 9), 7), |it| it.input = "c.pcap".into());
    let pair = [first, second].map(without_clock);
    assert_eq!(check("X10", &pair).len(), 1);
    let [first, second] = pair;
    assert!(check("X10", &[first, second, third]).is_empty());
}

#[test]
fn a_sighting_that_begins_late_is_a_copy() {
    let first = drawing(seen_at("a.pcap", 64, 1460), 7);
    let late = with(drawing(seen_at("b.pcap", 64, 1460), 7), |it| {
        it.openings = [None; 2];
    });
    assert_eq!(check("X09", &[first.clone(), late.clone()]).len(), 1);
    assert!(check("X10", &[first, late]).is_empty());
}

#[test]
fn what_a_capture_lacks_was_not_changed() {
    let masked = with(seen_at("b.pcap", 64, 1460), |it| {
        it.dialogue = Rc::new(Dialogue {
            capabilities: vec!["SIZE".to_owned()],
            ..Dialogue::default()
        });
    });
    let whole = with(seen_at("a.pcap", 64, 1460), |it| {
        it.dialogue = Rc::new(Dialogue {
            capabilities: vec!["SIZE".to_owned(), "STARTTLS".to_owned()],
            ..Dialogue::default()
        });
    });
    assert_eq!(check("X10", &[whole.clone(), masked.clone()]).len(), 1);
    let cut = with(masked, |it| it.whole_dialogue = false);
    assert!(check("X10", &[whole.clone(), cut.clone()]).is_empty());
    assert_eq!(check("X09", &[whole, cut]).len(), 1);
}

#[test]
fn a_certificate_that_was_bound_meanwhile() {
    let own = |at| {
        with(presenting(session(1, at), "A1"), |it| {
            it.is_default = true;
            it.dialogue = host();
        })
    };
    let proper = |at| {
        with(presenting(session(1, at), "B2"), |it| {
            it.fits_banner = true;
            it.dialogue = host();
        })
    };
    let mended = [own(0), own(1), proper(2), proper(3)];
    assert_eq!(only_confidence("C05", &mended), Confidence::Medium);
    let elsewhere = with(proper(2), |it| it.server.ip = ip(26));
    let found = only_confidence("C05", &[own(0), elsewhere]);
    assert_eq!(found, Confidence::High);
}

fn host() -> Rc<Dialogue> {
    Rc::new(Dialogue {
        host: Some("mail.example.com".to_owned()),
        ..Dialogue::default()
    })
}

#[test]
fn many_findings_are_made_in_no_square_time() {
    /// Were each of them held against all others, it would take minutes.
    const PAIRS: i64 = 20_000;
    let sessions: Vec<Digest> = (0..PAIRS)
        .flat_map(|pair| {
            let port = 1024 + u16::try_from(pair).expect("a port");
            let at = |mut digest: Digest| {
                digest.server.port = port;
                digest
            };
            [at(fails(1, pair)), at(in_clear(pair + 1))]
        })
        .collect();
    let begun = std::time::Instant::now();
    for rule in super::CROSS_RULES.iter().chain(super::MORE) {
        let found = check(rule.id, &sessions);
        assert!(rule.id != "X02" || found.len() == PAIRS as usize);
    }
    let seconds = begun.elapsed().as_secs();
    assert!(seconds < 20, "{seconds} s");
}
