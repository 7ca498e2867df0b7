//! How lists of certificates hang together.

use super::samples::{PRINTABLE, Sample, UTF8, name};
use crate::model::Peer;
use crate::model::certificate::{Certificate, Chain, ChainEnd, Order};
use crate::tls::certs::{List, presented};

fn facts(samples: &[Sample]) -> (Vec<Certificate>, Chain) {
    read(samples, true, Peer::Server)
}

fn read(samples: &[Sample], whole: bool, from: Peer) -> (Vec<Certificate>, Chain) {
    let ders: Vec<Vec<u8>> = samples.iter().map(Sample::der).collect();
    let list = List {
        certificates: ders.iter().map(Vec::as_slice).collect(),
        whole,
    };
    let (certificates, chain) = presented(&list, from, 1);
    (certificates, chain.expect("a chain"))
}

fn leaf() -> Sample {
    Sample::new("leaf", "middle").keys(1, 2)
}

fn middle() -> Sample {
    Sample::new("middle", "root").keys(2, 3)
}

fn root() -> Sample {
    Sample::new("root", "root").keys(3, 3)
}

fn stranger() -> Sample {
    Sample::new("stranger", "elsewhere").keys(8, 9)
}

#[test]
fn as_it_is_to_be() {
    let (certificates, chain) = facts(&[leaf(), middle()]);
    assert_eq!(chain.path, [0, 1]);
    assert_eq!(chain.order, Order::LeafFirst);
    assert_eq!(chain.ends, Some(ChainEnd::IssuerNotSent));
    assert_eq!(chain.missing_issuer.as_deref(), Some("CN=root"));
    assert_eq!(certificates[0].issued_by, Some(1));
    assert_eq!(certificates[1].issued_by, None);
    let (certificates, chain) = facts(&[leaf(), middle(), root()]);
    assert_eq!(chain.path, [0, 1, 2]);
    assert_eq!(
        (chain.order, chain.ends),
        (Order::LeafFirst, Some(ChainEnd::SelfSigned))
    );
    assert_eq!(chain.missing_issuer, None);
    assert_eq!(certificates[2].issued_by, None);
    assert!(chain.strangers.is_empty() && chain.duplicates.is_empty());
    assert!(chain.other_keys.is_empty());
}

#[test]
fn a_missing_intermediate() {
    let (_, chain) = facts(&[leaf()]);
    assert_eq!(chain.ends, Some(ChainEnd::IssuerNotSent));
    assert_eq!(chain.missing_issuer.as_deref(), Some("CN=middle"));
    // The root does not help.
    let (_, chain) = facts(&[leaf(), root()]);
    assert_eq!(chain.path, [0]);
    assert_eq!(chain.missing_issuer.as_deref(), Some("CN=middle"));
    assert_eq!(chain.strangers, [1]);
}

#[test]
fn out_of_order() {
    let (_, chain) = facts(&[leaf(), root(), middle()]);
    assert_eq!(chain.path, [0, 2, 1]);
    assert_eq!(chain.order, Order::OutOfOrder);
    assert!(chain.strangers.is_empty());
    let (_, chain) = facts(&[leaf(), stranger(), middle()]);
    assert_eq!((chain.path, chain.order), (vec![0, 2], Order::OutOfOrder));
    assert_eq!(chain.strangers, [1]);
    let (_, chain) = facts(&[leaf(), middle(), stranger()]);
    assert_eq!((chain.path, chain.order), (vec![0, 1], Order::LeafFirst));
    assert_eq!(chain.strangers, [2]);
}

#[test]
fn the_root_first() {
    let (certificates, chain) = facts(&[root(), middle(), leaf()]);
    assert_eq!(chain.path, [2, 1, 0]);
    assert_eq!(chain.order, Order::LeafNotFirst);
    assert!(chain.strangers.is_empty());
    // Whose key was used for the connection is not known then.
    assert!(certificates.iter().all(|it| it.tlsa.is_empty()));
    assert!(
        certificates
            .iter()
            .all(|it| it.tls_certificate_name.is_none())
    );
}

#[test]
fn the_same_certificate_twice() {
    let (certificates, chain) = facts(&[leaf(), leaf(), middle(), middle()]);
    assert_eq!(chain.duplicates, [[0, 1], [2, 3]]);
    assert_eq!(chain.path, [0, 2]);
    assert_eq!(chain.order, Order::OutOfOrder);
    assert!(chain.strangers.is_empty());
    assert_eq!(certificates[1].issued_by, Some(2));
}

#[test]
fn key_identifiers_decide_between_authorities_of_one_name() {
    let renewed = Sample::new("middle", "root").keys(7, 3);
    let (certificates, chain) = facts(&[leaf(), renewed.clone(), middle()]);
    assert_eq!(certificates[0].issued_by, Some(2));
    assert_eq!(chain.strangers, [1]);
    assert_eq!(chain.other_keys, [[0, 1]]);
    let (certificates, chain) = facts(&[leaf(), renewed]);
    assert_eq!(certificates[0].issued_by, None);
    assert_eq!(chain.ends, Some(ChainEnd::IssuerNotSent));
    assert_eq!(chain.other_keys, [[0, 1]]);
    // Without identifiers the name has to do.
    let (certificates, _) = facts(&[Sample::new("leaf", "middle"), middle()]);
    assert_eq!(certificates[0].issued_by, Some(1));
}

#[test]
fn cross_signed_authorities_are_no_strangers() {
    let cross = Sample::new("root", "older root").keys(3, 4);
    let (_, chain) = facts(&[leaf(), middle(), root(), cross]);
    assert_eq!(chain.path, [0, 1, 2]);
    assert!(chain.strangers.is_empty());
}

#[test]
fn authorities_that_signed_each_other_end_nowhere() {
    let a = Sample::new("a", "b");
    let b = Sample::new("b", "a");
    let (_, chain) = facts(&[Sample::new("leaf", "a"), a, b]);
    assert_eq!(chain.path, [0, 1, 2]);
    assert_eq!((chain.ends, chain.missing_issuer), (None, None));
}

#[test]
fn a_list_cut_short_says_nothing_of_the_rest() {
    let (_, chain) = read(&[leaf(), stranger()], false, Peer::Server);
    assert!(!chain.whole);
    assert_eq!((chain.ends, chain.missing_issuer), (None, None));
    assert!(chain.strangers.is_empty());
    assert_eq!(
        presented(
            &List {
                certificates: vec![],
                whole: true
            },
            Peer::Client,
            1
        )
        .1,
        None
    );
}

#[test]
fn names_are_compared_beyond_their_encoding() {
    let mut leaf = leaf();
    leaf.issuer = name(PRINTABLE, b"MIDDLE");
    assert_eq!(facts(&[leaf, middle()]).0[0].issued_by, Some(1));
    let mut own = Sample::new("own", "");
    own.issuer = name(PRINTABLE, b"own");
    let (certificates, chain) = facts(&[own]);
    assert_eq!(certificates[0].self_signed, Some(true));
    assert_eq!(chain.ends, Some(ChainEnd::SelfSigned));
    // No name is no name.
    let (certificates, _) = facts(&[Sample::new("leaf", ""), Sample::new("", "root")]);
    assert_eq!(certificates[0].issued_by, None);
}

#[test]
fn unreadable_names_say_nothing() {
    let mut broken = middle();
    broken.subject = vec![0x30, 2, 0x31, 5];
    let (certificates, chain) = facts(&[leaf(), broken]);
    assert_eq!(certificates[1].malformed, ["subject"]);
    assert!(chain.strangers.is_empty());
    assert_eq!((chain.ends, chain.missing_issuer), (None, None));
}

#[test]
fn digests_for_dns_and_the_name_for_exchange() {
    let (certificates, _) = facts(&[leaf(), middle(), stranger()]);
    let own = &certificates[0];
    let keys = |it: &Certificate| it.tlsa.keys().copied().collect::<Vec<_>>();
    assert_eq!(keys(own), ["3 0 1", "3 1 1"]);
    assert_eq!(own.tlsa["3 0 1"], own.sha256);
    assert_eq!(Some(&own.tlsa["3 1 1"]), own.spki_sha256.as_ref());
    assert_eq!(keys(&certificates[1]), ["2 0 1", "2 1 1"]);
    assert!(certificates[2].tlsa.is_empty());
    let name = |at: usize| certificates[at].tls_certificate_name.as_deref();
    assert_eq!(name(0), Some("<I>CN=middle<S>CN=leaf"));
    assert_eq!(name(1), None);
    let (certificates, _) = read(&[leaf(), middle()], true, Peer::Client);
    assert!(certificates.iter().all(|it| it.tlsa.is_empty()));
    assert!(certificates[0].tls_certificate_name.is_some());
    // Cut names would name nothing.
    let mut long = leaf();
    long.subject = name_of(5000);
    assert_eq!(facts(&[long]).0[0].tls_certificate_name, None);
}

fn name_of(len: usize) -> Vec<u8> {
    name(UTF8, "ä".repeat(len / 2).as_bytes())
}
