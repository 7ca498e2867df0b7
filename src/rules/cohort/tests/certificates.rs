//! What several sessions say about certificates.

use std::rc::Rc;

use super::{check, fails, offer, offering, session, with};
use crate::model::Confidence;
use crate::model::tls::Version;
use crate::rules::cohort::digest::{Dialogue, Digest, Leaf};

fn with_key(digest: Digest, key: &str) -> Digest {
    with(digest, |it| {
        let leaf = Leaf {
            subject: "CN=mail.example.com".to_owned(),
            key: Some(key.to_owned()),
            ..Leaf::default()
        };
        it.leaf = Some((Rc::new(leaf), 8));
    })
}

/// TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, and the same with RSA.
const ECDSA: u16 = 0xC02B;
const RSA: u16 = 0xC02F;

#[test]
fn an_elliptic_curve_certificate_and_clients_that_know_rsa_only() {
    let works = || with_key(session(1, 0), "EC");
    let failing = |suites: &[u16]| offering(fails(2, 1), Version::TLS12, suites);
    let found = check("C15", &[works(), failing(&[RSA])]);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].sessions, [(1, vec![7, 9])]);
    assert_eq!(found[0].confidence, Confidence::Medium);
    // It offers ECDSA as well; the server has another certificate; there is no failure.
    assert!(check("C15", &[works(), failing(&[RSA, ECDSA])]).is_empty());
    let other = with_key(session(3, 2), "RSA");
    assert!(check("C15", &[works(), failing(&[RSA]), other]).is_empty());
    assert!(check("C15", &[works(), session(2, 1)]).is_empty());
    // The suites of TLS 1.3 say nothing about it, its signatures do.
    let tls13 = |name: &str| {
        with(fails(2, 1), |it| {
            let mut offer = offer(Version::TLS13, &[0x1301, RSA]);
            offer.signature_algorithms = vec![name.to_owned()];
            it.offer = Some((Rc::new(offer), 7));
        })
    };
    assert!(check("C15", &[works(), tls13("ecdsa_secp256r1_sha256")]).is_empty());
    assert_eq!(
        check("C15", &[works(), tls13("rsa_pss_rsae_sha256")]).len(),
        1
    );
}

fn presents(client: u8, second: i64, subject: &str, takers: &[&str]) -> Digest {
    with(session(client, second), |it| {
        let leaf = Leaf {
            subject: subject.to_owned(),
            ..Leaf::default()
        };
        it.client_leaf = Some((Rc::new(leaf), 6));
        it.takers = takers.iter().map(|&pattern| pattern.into()).collect();
    })
}

#[test]
fn a_pattern_that_takes_several_certificates() {
    let sessions = [
        presents(1, 0, "CN=mx01.varunagroup.de", &["*.varunagroup.de"]),
        presents(2, 1, "CN=other.varunagroup.de", &["*.varunagroup.de"]),
        presents(2, 2, "CN=other.varunagroup.de", &["*.varunagroup.de"]),
        presents(3, 3, "CN=hub.example.net", &[]),
    ];
    let found = check("C12", &sessions);
    assert_eq!(found.len(), 1);
    let cause = &found[0].cause;
    assert!(cause.contains("2 different client certificates"), "{cause}");
    assert!(
        cause.contains("“CN=other.varunagroup.de” (2 sessions from 192.0.2.2)"),
        "{cause}"
    );
    assert!(!cause.contains("hub"), "{cause}");
    assert_eq!(found[0].sessions.len(), 3);
    assert!(check("C12", &sessions[1..]).is_empty());
}

#[test]
fn a_default_certificate_beside_the_proper_one() {
    let host = |digest: Digest, host: &str| {
        with(digest, |it| {
            it.dialogue = Rc::new(Dialogue {
                host: Some(host.to_owned()),
                ..Dialogue::default()
            });
        })
    };
    let own = |name: &str| {
        let digest = host(with_key(session(1, 0), "RSA"), name);
        with(digest, |it| it.is_default = true)
    };
    let proper = |connector: &str| {
        let digest = host(session(1, 1), "MX.example.com");
        with(digest, |it| {
            it.fits_banner = true;
            let leaf = Leaf {
                subject: "CN=*.example.com".to_owned(),
                connector_name: Some(connector.to_owned()),
                ..Leaf::default()
            };
            it.leaf = Some((Rc::new(leaf), 8));
        })
    };
    let found = check("C05", &[own("mx.example.com"), proper("<I>CN=D'CA<S>CN=x")]);
    assert_eq!(found.len(), 1);
    let cause = &found[0].cause;
    // As PowerShell quotes.
    assert!(
        cause.contains("-TlsCertificateName '<I>CN=D''CA<S>CN=x'"),
        "{cause}"
    );
    // What cannot be copied is not offered to be.
    let found = check(
        "C05",
        &[own("mx.example.com"), proper("<I>CN=\u{202e}<S>CN=x")],
    );
    assert!(!found[0].cause.contains("TlsCertificateName"));
    assert!(check("C05", &[own("mx2.example.com"), proper("<I>a<S>b")]).is_empty());
    assert!(check("C05", &[own("mx.example.com")]).is_empty());
}
