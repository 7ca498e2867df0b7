//! The fixtures are bodies of hellos made with OpenSSL 3.0 or by hand; their JA3 and JA3S were
//! computed by tshark 4.0.17.

mod cut;
mod quirks;

use super::*;
use crate::model::tls::{
    Extension, HelloFormat, KeyShare, PskOffer, Renegotiation, Sentinel, ServerHello, Version,
    Weakness,
};
use crate::tls::registry;

const CLIENT_TLS13: &str = include_str!("fixtures/client_tls13.hex");
const CLIENT_PSK: &str = include_str!("fixtures/client_psk.hex");
const CLIENT_TLS12: &str = include_str!("fixtures/client_tls12.hex");
const CLIENT_TLS12_TICKET: &str = include_str!("fixtures/client_tls12_ticket.hex");
const CLIENT_GREASE: &str = include_str!("fixtures/client_grease.hex");
const SERVER_TLS13: &str = include_str!("fixtures/server_tls13.hex");
const SERVER_RETRY: &str = include_str!("fixtures/server_retry.hex");
const SERVER_PSK: &str = include_str!("fixtures/server_psk.hex");
const SERVER_TLS12: &str = include_str!("fixtures/server_tls12.hex");
const SERVER_SSL3: &str = include_str!("fixtures/server_ssl3.hex");
const SERVER_DRAFT19: &str = include_str!("fixtures/server_draft19.hex");
const SERVER_0304: &str = include_str!("fixtures/server_0304.hex");

const CLIENTS: [&str; 5] = [
    CLIENT_TLS13,
    CLIENT_PSK,
    CLIENT_TLS12,
    CLIENT_TLS12_TICKET,
    CLIENT_GREASE,
];
const SERVERS: [&str; 7] = [
    SERVER_TLS13,
    SERVER_RETRY,
    SERVER_PSK,
    SERVER_TLS12,
    SERVER_SSL3,
    SERVER_DRAFT19,
    SERVER_0304,
];

fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<u32> = text.chars().filter_map(|it| it.to_digit(16)).collect();
    digits
        .chunks_exact(2)
        .map(|pair| (pair[0] * 16 + pair[1]) as u8)
        .collect()
}

fn client(text: &str) -> ClientHello {
    client_hello(&unhex(text)).expect("a ClientHello")
}

fn server(text: &str) -> ServerHello {
    server_hello(&unhex(text)).expect("a ServerHello").hello
}

/// The hello of a ServerHello that was built.
fn built(body: &[u8]) -> ServerHello {
    server_hello(body).expect("a ServerHello").hello
}

fn kinds(extensions: &[Extension]) -> Vec<u16> {
    extensions.iter().map(|it| it.code).collect()
}

/// Version, zero random, no session id, the suites, null compression, the extensions.
fn build_client(version: u16, suites: &[u16], extensions: &[(u16, &[u8])]) -> Vec<u8> {
    let mut body = version.to_be_bytes().to_vec();
    body.extend([0; 33]);
    body.extend((suites.len() as u16 * 2).to_be_bytes());
    for suite in suites {
        body.extend(suite.to_be_bytes());
    }
    body.extend([1, 0]);
    body.extend(block(extensions));
    body
}

fn block(extensions: &[(u16, &[u8])]) -> Vec<u8> {
    let mut list = Vec::new();
    for (kind, content) in extensions {
        list.extend(kind.to_be_bytes());
        list.extend((content.len() as u16).to_be_bytes());
        list.extend(*content);
    }
    let mut block = (list.len() as u16).to_be_bytes().to_vec();
    block.extend(list);
    block
}

fn build_server(version: u16, suite: u16, extensions: &[(u16, &[u8])]) -> Vec<u8> {
    let mut body = version.to_be_bytes().to_vec();
    body.extend([0; 33]);
    body.extend(suite.to_be_bytes());
    body.push(0);
    body.extend(block(extensions));
    body
}

#[test]
fn fingerprints_are_wiresharks() {
    let ja3 = |text| client(text).ja3.expect("complete");
    assert_eq!(ja3(CLIENT_TLS13), "304734bb1c086c3453b387400cf83f11");
    assert_eq!(ja3(CLIENT_PSK), "8f455a09e5590b12687541bbf0bb62e0");
    assert_eq!(ja3(CLIENT_TLS12), "104774240db569f8f87b1a28206b25e5");
    assert_eq!(ja3(CLIENT_TLS12_TICKET), "5976f1e477cd6e42ea87626b5a4d8c1b");
    assert_eq!(ja3(CLIENT_GREASE), "c000e2caf3a25423f9de6c8a4b12a975");
    let ja3s = |text| server(text).ja3s.expect("complete");
    assert_eq!(ja3s(SERVER_TLS13), "15af977ce25de452b96affa2addb1036");
    assert_eq!(ja3s(SERVER_RETRY), "15af977ce25de452b96affa2addb1036");
    assert_eq!(ja3s(SERVER_PSK), "2253c82f03b621c5144709b393fde2c9");
    assert_eq!(ja3s(SERVER_TLS12), "e195432758194ce2d482396b82e0d48e");
    assert_eq!(ja3s(SERVER_SSL3), "59e3f99fd4b68388f5ba9349e0ca71a4");
    assert_eq!(ja3s(SERVER_DRAFT19), "98608fd44e22395cd5b24412b9b24ba7");
    assert_eq!(ja3s(SERVER_0304), "fc985eb87532255e7d936488ce1c5793");
    // The lists are those of the published example.
    assert_eq!(
        client(CLIENT_GREASE).ja4.as_deref(),
        Some("t13d1516h2_8daaf6152771_e5627efa2ab1")
    );
}

#[test]
fn client_tls13() {
    let hello = client(CLIENT_TLS13);
    assert_eq!(hello.format, HelloFormat::Tls);
    assert_eq!(hello.legacy_version, Version::TLS12);
    assert_eq!(hello.max_version, Some(Version::TLS13));
    assert_eq!(hello.versions, [Version::TLS13, Version::TLS12]);
    assert_eq!(hello.cipher_suites.len(), 18);
    assert_eq!(hello.cipher_suites[0].to_string(), "TLS_AES_256_GCM_SHA384");
    assert_eq!(hello.groups[..3], ["x25519", "secp256r1", "x448"]);
    assert_eq!(hello.groups[9], "ffdhe8192");
    assert_eq!(hello.signature_algorithms.len(), 20);
    assert_eq!(hello.signature_algorithms[0], "ecdsa_secp256r1_sha256");
    assert_eq!(hello.signature_algorithms[16], "dsa_sha224");
    assert_eq!(hello.alpn, ["smtp", "h2"]);
    assert_eq!(hello.sni.as_deref(), Some("mail.example.test"));
    assert_eq!((hello.size, hello.partial), (512, false));
    assert_eq!(hello.session_id.map(|id| id.len()), Some(64));
    assert_eq!(hello.compression_methods, ["null"]);
    let x25519 = KeyShare {
        group: "x25519".to_owned(),
        size: 32,
        post_quantum: false,
    };
    assert_eq!(hello.key_shares, [x25519]);
    assert_eq!(hello.psk_modes, ["psk_dhe_ke"]);
    assert_eq!(hello.point_formats[0], "uncompressed");
    assert_eq!(hello.extended_master_secret, Some(true));
    assert_eq!(hello.encrypt_then_mac, Some(true));
    assert_eq!(hello.session_ticket, Some(0));
    assert_eq!(hello.renegotiation_info, Some(Renegotiation::Scsv));
    let no = Some(false);
    assert_eq!((hello.fallback_scsv, hello.early_data), (no, no));
    assert_eq!((hello.ech, hello.cookie, hello.malformed), (no, no, no));
    assert_eq!(hello.psk, None);
    assert!(hello.malformed_extensions.is_empty() && hello.duplicate_extensions.is_empty());
}

#[test]
fn clients_that_resume() {
    let psk = PskOffer {
        identities: 1,
        binders: 1,
    };
    assert_eq!(client(CLIENT_PSK).psk, Some(psk));
    let ticket = client(CLIENT_TLS12_TICKET).session_ticket;
    assert!(ticket.is_some_and(|len| len > 0), "{ticket:?}");
    assert_eq!(client(CLIENT_TLS12).versions, [Version::TLS12]);
}

#[test]
fn grease_is_offered_but_means_nothing() {
    let hello = client(CLIENT_GREASE);
    assert_eq!(hello.cipher_suites[0].to_string(), "GREASE");
    assert_eq!(hello.cipher_suites.len(), 16);
    assert_eq!(hello.versions, [Version::TLS13, Version::TLS12]);
    assert_eq!(hello.groups, ["x25519", "secp256r1", "secp384r1"]);
    assert_eq!(hello.key_shares.len(), 1);
    assert_eq!(hello.status_request, Some(true));
    assert_eq!(hello.extensions.len(), 18);
    assert_eq!(hello.extensions[0].name, Some("GREASE"));
    assert!(hello.malformed_extensions.is_empty());
}

/// What only newer or rarer clients send.
#[test]
fn rare_client_extensions() {
    let hybrid = [&[0x04, 0xC4, 0x11, 0xEC, 0x04, 0xC0][..], &[7; 1216]].concat();
    let body = build_client(
        0x0303,
        &[0x1301, 0x0005],
        &[
            (1, &[2]),
            (17, &[2, 0, 4, 0, 0, 0, 0]),
            (18, &[]),
            (27, &[2, 0, 2]),
            (28, &[0x40, 1]),
            (34, &[0, 2, 4, 3]),
            (42, &[]),
            (44, &[0, 1, 9]),
            (50, &[0, 2, 9, 5]),
            (51, &hybrid),
            (0xFE0D, &[0]),
            (0xFF01, &[0]),
        ],
    );
    let hello = client_hello(&body).expect("read");
    let share = &hello.key_shares[0];
    assert_eq!((share.group.as_str(), share.size), ("X25519MLKEM768", 1216));
    assert!(share.post_quantum);
    assert_eq!(hello.max_fragment_length, Some(1024));
    assert_eq!(hello.record_size_limit, Some(0x4001));
    assert_eq!(hello.compress_certificate, ["brotli"]);
    assert_eq!(hello.signature_algorithms_cert, ["mldsa65"]);
    assert_eq!(hello.delegated_credential, ["ecdsa_secp256r1_sha256"]);
    assert_eq!(hello.renegotiation_info, Some(Renegotiation::Extension));
    for said in [
        hello.status_request_v2,
        hello.signed_certificate_timestamp,
        hello.early_data,
        hello.cookie,
        hello.ech,
    ] {
        assert_eq!(said, Some(true));
    }
    assert_eq!(hello.status_request, Some(false));
    assert_eq!(hello.cipher_suites[1].weakness, Some(Weakness::Rc4));
    assert!(hello.malformed_extensions.is_empty());
    let esni = build_client(0x0303, &[0x1301], &[(0xFFCE, &[])]);
    assert_eq!(client_hello(&esni).expect("read").ech, Some(true));
}

#[test]
fn servers() {
    let tls13 = server(SERVER_TLS13);
    assert_eq!(tls13.version, Some(Version::TLS13));
    assert_eq!(tls13.selected_version, Some(Version::TLS13));
    assert_eq!(tls13.legacy_version, Version::TLS12);
    assert_eq!(tls13.group.as_deref(), Some("secp384r1"));
    assert_eq!(tls13.key_share.map(|share| share.size), Some(97));
    assert_eq!(tls13.resumed, Some(false));
    // Its answers are encrypted: nothing is denied.
    assert_eq!((tls13.sni_acknowledged, tls13.session_ticket), (None, None));
    assert_eq!((tls13.extended_master_secret, tls13.cookie), (None, None));

    let retry = server_hello(&unhex(SERVER_RETRY)).expect("read");
    assert!(retry.is_retry);
    assert_eq!(retry.hello.version, Some(Version::TLS13));
    assert_eq!(retry.hello.group.as_deref(), Some("secp384r1"));
    assert_eq!(retry.hello.key_share, None);
    assert_eq!(retry.hello.cookie, Some(false));
    assert_eq!(retry.hello.resumed, None);

    let psk = server(SERVER_PSK);
    assert_eq!(psk.psk_selected, Some(0));
    assert_eq!(psk.resumed, Some(true));

    let tls12 = server(SERVER_TLS12);
    assert_eq!(tls12.version, Some(Version::TLS12));
    assert_eq!((tls12.selected_version, tls12.resumed), (None, None));
    assert_eq!(tls12.alpn.as_deref(), Some("smtp"));
    let yes = Some(true);
    assert_eq!((tls12.session_ticket, tls12.renegotiation_info), (yes, yes));
    assert_eq!(tls12.extended_master_secret, yes);
    let no = Some(false);
    assert_eq!((tls12.encrypt_then_mac, tls12.status_request), (no, no));
    assert_eq!(tls12.compression_method.as_deref(), Some("null"));
    let suite = tls12.suite_properties.expect("known");
    assert_eq!((suite.key_exchange, suite.bits), (Some("ECDHE"), 256));
}

#[test]
fn retry_random_is_the_digest() {
    use sha2::{Digest, Sha256};
    assert_eq!(Sha256::digest("HelloRetryRequest")[..], RETRY_RANDOM);
}

#[test]
fn retry_cookies() {
    let mut body = build_server(0x0303, 0x1301, &[(43, &[3, 4]), (44, &[0, 1, 9])]);
    body[2..34].copy_from_slice(&RETRY_RANDOM);
    let found = server_hello(&body).expect("read");
    assert!(found.is_retry);
    assert_eq!(found.hello.cookie, Some(true));
}

#[test]
fn downgrade_sentinels() {
    let sentinel = |version, extensions: &[(u16, &[u8])], last| {
        let mut body = build_server(version, 0xC02F, extensions);
        body[26..33].copy_from_slice(b"DOWNGRD");
        body[33] = last;
        built(&body).downgrade_sentinel
    };
    assert_eq!(sentinel(0x0303, &[], 1), Some(Sentinel::Tls12));
    assert_eq!(sentinel(0x0302, &[], 0), Some(Sentinel::Tls11));
    assert_eq!(sentinel(0x0302, &[], 2), None);
    // A server that speaks TLS 1.3 came down from nothing.
    assert_eq!(sentinel(0x0303, &[(43, &[3, 4])], 1), None);
    let plain = build_server(0x0303, 0xC02F, &[]);
    assert_eq!(built(&plain).downgrade_sentinel, None);
}

#[test]
fn the_first_of_repeated_extensions_counts() {
    let extensions: [(u16, &[u8]); 4] = [
        (43, &[2, 3, 4]),
        (43, &[2, 3, 1]),
        (23, &[]),
        (43, &[2, 3, 1]),
    ];
    let ours = client_hello(&build_client(0x0303, &[0x1301], &extensions)).expect("read");
    assert_eq!(ours.versions, [Version::TLS13]);
    assert_eq!(kinds(&ours.extensions), [43, 43, 23, 43]);
    assert_eq!(ours.duplicate_extensions, [43]);
}

#[test]
fn hellos_without_extensions() {
    let mut body = build_client(0x0300, &[0x0005, 0x0004, 0x00FF, 0x5600], &[]);
    body.truncate(body.len() - 2);
    let ours = client_hello(&body).expect("read");
    assert_eq!(ours.max_version, Some(Version::SSL3));
    assert_eq!(ours.versions, [Version::SSL3]);
    assert_eq!(ours.renegotiation_info, Some(Renegotiation::Scsv));
    assert_eq!(ours.fallback_scsv, Some(true));
    assert_eq!(ours.extended_master_secret, Some(false));
    assert_eq!((ours.malformed, ours.session_id), (Some(false), None));
    body.push(7);
    assert_eq!(client_hello(&body).expect("read").malformed, Some(true));
}

#[test]
fn an_oversized_session_id_is_still_read() {
    let mut body = vec![3, 1];
    body.extend([0; 32]);
    body.push(33);
    body.extend([0; 33]);
    body.extend([0, 2, 0, 5, 1, 0]);
    let ours = client_hello(&body).expect("read");
    assert_eq!(ours.session_id, Some("00".repeat(33)));
    assert_eq!(
        ours.cipher_suites[0].to_string(),
        "TLS_RSA_WITH_RC4_128_SHA"
    );
}

#[test]
fn the_highest_version() {
    let max = |numbers: &[u16]| {
        let versions: Vec<Version> = numbers.iter().copied().map(Version).collect();
        max_version(&versions).map(|it| it.0)
    };
    assert_eq!(max(&[0x0303, 0x0304, 0x0301]), Some(0x0304));
    assert_eq!(max(&[0x7F1C, 0x0304]), Some(0x0304));
    assert_eq!(max(&[0x7F12, 0x7F1C, 0x0303]), Some(0x7F1C));
    assert_eq!(max(&[0xFB1A, 0x0303]), Some(0xFB1A));
    assert_eq!(max(&[0xFEFD, 0x0301]), Some(0x0301));
    assert_eq!(max(&[0x0002, 0x0000]), Some(0x0002));
    assert_eq!(max(&[]), None);
    let only_grease = build_client(0x0302, &[0x002F], &[(43, &[2, 0x0A, 0x0A])]);
    let ours = client_hello(&only_grease).expect("read");
    assert_eq!(ours.versions, [Version::TLS11]);
}
