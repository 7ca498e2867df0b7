//! The fixtures are bodies of hellos made with OpenSSL 3.0 or by hand; their JA3 and JA3S were
//! computed by tshark 4.0.17.

use proptest::prelude::*;

use super::*;
use crate::model::tls::{HelloFormat, Version};
use crate::tls::fingerprint::{self, Offer};
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

fn client(text: &str) -> ParsedClientHello {
    client_hello(&unhex(text)).expect("a ClientHello")
}

fn server(text: &str) -> ParsedServerHello {
    server_hello(&unhex(text)).expect("a ServerHello")
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
    let ja3 = |text| client(text).hello.ja3.expect("complete");
    assert_eq!(ja3(CLIENT_TLS13), "304734bb1c086c3453b387400cf83f11");
    assert_eq!(ja3(CLIENT_PSK), "8f455a09e5590b12687541bbf0bb62e0");
    assert_eq!(ja3(CLIENT_TLS12), "104774240db569f8f87b1a28206b25e5");
    assert_eq!(ja3(CLIENT_TLS12_TICKET), "5976f1e477cd6e42ea87626b5a4d8c1b");
    assert_eq!(ja3(CLIENT_GREASE), "c000e2caf3a25423f9de6c8a4b12a975");
    let ja3s = |text| server(text).hello.ja3s.expect("complete");
    assert_eq!(ja3s(SERVER_TLS13), "15af977ce25de452b96affa2addb1036");
    assert_eq!(ja3s(SERVER_RETRY), "15af977ce25de452b96affa2addb1036");
    assert_eq!(ja3s(SERVER_PSK), "2253c82f03b621c5144709b393fde2c9");
    assert_eq!(ja3s(SERVER_TLS12), "e195432758194ce2d482396b82e0d48e");
    assert_eq!(ja3s(SERVER_SSL3), "59e3f99fd4b68388f5ba9349e0ca71a4");
    assert_eq!(ja3s(SERVER_DRAFT19), "98608fd44e22395cd5b24412b9b24ba7");
    assert_eq!(ja3s(SERVER_0304), "fc985eb87532255e7d936488ce1c5793");
    // The lists are those of the published example.
    assert_eq!(
        client(CLIENT_GREASE).hello.ja4.as_deref(),
        Some("t13d1516h2_8daaf6152771_e5627efa2ab1")
    );
}

#[test]
fn client_tls13() {
    let ParsedClientHello { hello, facts } = client(CLIENT_TLS13);
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
    assert_eq!((facts.random.len(), facts.session_id.len()), (32, 32));
    assert_eq!(facts.compression, [0]);
    assert_eq!(facts.key_share_groups, ["x25519"]);
    assert!(facts.extended_master_secret && facts.encrypt_then_mac);
    assert!(facts.session_ticket && !facts.session_ticket_presented);
    assert!(facts.renegotiation_info && !facts.fallback_scsv);
    assert!(!facts.psk && !facts.early_data && !facts.malformed);
    assert!(client(CLIENT_PSK).facts.psk);
    assert!(client(CLIENT_TLS12_TICKET).facts.session_ticket_presented);
    assert_eq!(client(CLIENT_TLS12).hello.versions, [Version::TLS12]);
}

#[test]
fn grease_is_offered_but_means_nothing() {
    let ParsedClientHello { hello, facts } = client(CLIENT_GREASE);
    assert_eq!(hello.cipher_suites[0].to_string(), "GREASE");
    assert_eq!(hello.cipher_suites.len(), 16);
    assert_eq!(hello.versions, [Version::TLS13, Version::TLS12]);
    assert_eq!(hello.groups, ["x25519", "secp256r1", "secp384r1"]);
    assert_eq!(facts.key_share_groups, ["x25519"]);
    assert!(facts.status_request);
    assert_eq!(facts.extensions.kinds.len(), 18);
    assert!(facts.extensions.malformed.is_empty());
}

#[test]
fn servers() {
    let tls13 = server(SERVER_TLS13);
    assert_eq!(tls13.hello.version, Some(Version::TLS13));
    assert_eq!(tls13.facts.legacy_version, 0x0303);
    assert_eq!(tls13.hello.group.as_deref(), Some("secp384r1"));
    assert_eq!(tls13.hello.resumed, Some(false));
    assert!(!tls13.facts.is_retry);

    let retry = server(SERVER_RETRY);
    assert!(retry.facts.is_retry);
    assert_eq!(retry.hello.version, Some(Version::TLS13));
    assert_eq!(retry.hello.group.as_deref(), Some("secp384r1"));
    assert_eq!(retry.hello.resumed, None);

    let psk = server(SERVER_PSK);
    assert_eq!(psk.facts.psk_selected, Some(0));
    assert_eq!(psk.hello.resumed, Some(true));

    let tls12 = server(SERVER_TLS12);
    assert_eq!(tls12.hello.version, Some(Version::TLS12));
    assert_eq!(tls12.hello.resumed, None);
    assert_eq!(tls12.facts.alpn.as_deref(), Some("smtp"));
    assert!(tls12.facts.session_ticket && tls12.facts.extended_master_secret);
    assert!(tls12.facts.renegotiation_info && !tls12.facts.encrypt_then_mac);
    assert_eq!(tls12.facts.compression, Some(0));
}

#[test]
fn retry_random_is_the_digest() {
    use sha2::{Digest, Sha256};
    assert_eq!(Sha256::digest("HelloRetryRequest")[..], RETRY_RANDOM);
}

#[test]
fn downgrade_sentinels() {
    let mut body = build_server(0x0303, 0xC02F, &[]);
    assert_eq!(
        server_hello(&body).expect("whole").facts.downgraded_from,
        None
    );
    body[26..34].copy_from_slice(b"DOWNGRD\x01");
    assert_eq!(
        server_hello(&body).expect("whole").facts.downgraded_from,
        Some(Version::TLS13)
    );
}

/// tls-parser leaves the extensions of an SSL 3.0 ServerHello unread.
#[test]
fn quirk_ssl3_server_extensions() {
    let body = unhex(SERVER_SSL3);
    let (rest, hello) = tls_parser::parse_tls_handshake_server_hello(&body).expect("read");
    assert!(hello.ext.is_none() && !rest.is_empty());

    let ours = server(SERVER_SSL3);
    assert_eq!(ours.hello.version, Some(Version::SSL3));
    assert!(ours.facts.renegotiation_info && !ours.facts.malformed);
    assert_eq!(ours.facts.session_id.len(), 32);
}

/// tls-parser refuses ServerHello versions beside 3.0 to 3.3.
#[test]
fn quirk_odd_server_versions() {
    for version in [0x0304, 0x7F1C, 0x0305, 0x0002, 0xFEFD] {
        let body = build_server(version, 0x1301, &[(43, &[0x7F, 0x1C])]);
        assert!(tls_parser::parse_tls_handshake_server_hello(&body).is_err());
        let ours = server_hello(&body).expect("read");
        assert_eq!(ours.facts.legacy_version, version);
        assert_eq!(ours.hello.version, Some(Version(0x7F1C)));
        assert_eq!(ours.hello.cipher_suite, Some(registry::tls_suite(0x1301)));
    }
    let draft = server(SERVER_DRAFT19);
    assert_eq!(draft.hello.version, Some(Version(0x7F13)));
    assert_eq!(draft.hello.group.as_deref(), Some("x25519"));
    assert_eq!(draft.hello.resumed, Some(true));
    assert!(!draft.facts.malformed);
    let plain = server(SERVER_0304);
    assert_eq!(plain.hello.version, Some(Version::TLS13));
    assert_eq!(plain.hello.group.as_deref(), Some("secp256r1"));
}

/// tls-parser takes extension 21 of a ServerHello for 22, and leaves 22 unknown.
#[test]
fn quirk_swapped_server_extensions() {
    let (_, padding) = tls_parser::parse_tls_server_hello_extension(&[0, 21, 0, 0]).expect("read");
    assert_eq!(padding, TlsExtension::EncryptThenMac);
    let padded = server_hello(&build_server(0x0303, 0x002F, &[(21, &[])])).expect("read");
    assert!(!padded.facts.encrypt_then_mac);
    let mac = server_hello(&build_server(0x0303, 0x002F, &[(22, &[])])).expect("read");
    assert!(mac.facts.encrypt_then_mac);
}

/// tls-parser takes 0x1A2A for GREASE.
#[test]
fn quirk_loose_grease() {
    let (_, loose) =
        tls_parser::parse_tls_client_hello_extension(&[0x1A, 0x2A, 0, 0]).expect("read");
    assert!(matches!(loose, TlsExtension::Grease(..)));
    let body = build_client(0x0303, &[0x1A2A, 0x1A1A], &[(0x1A2A, &[]), (0x2A2A, &[])]);
    let ours = client_hello(&body).expect("read");
    assert_eq!(ours.hello.cipher_suites[0].to_string(), "0x1A2A");
    assert_eq!(
        fingerprint::ja3_text(Offer {
            legacy_version: 0x0303,
            suites: &[0x1A2A, 0x1A1A],
            extensions: &ours.facts.extensions,
        }),
        "771,6698,6698,,"
    );
}

/// In tls-parser the first malformed extension hides all later ones.
#[test]
fn quirk_malformed_extension_costs_only_itself() {
    let extensions: [(u16, &[u8]); 4] = [
        (10, &[0, 3, 0, 29, 0]),
        (16, &[0, 9, 2, b'h']),
        (43, &[4, 3, 4, 3, 3]),
        (0, &[0, 6, 0, 0, 3, b'a', 0xFF, b'c']),
    ];
    let body = build_client(0x0303, &[0x1301], &extensions);
    let list = &block(&extensions)[2..];
    let (_, theirs) = tls_parser::parse_tls_client_hello_extensions(list).expect("some");
    assert!(theirs.is_empty());

    let ours = client_hello(&body).expect("read");
    assert_eq!(ours.facts.extensions.malformed, [10, 16]);
    assert_eq!(ours.facts.extensions.kinds, [10, 16, 43, 0]);
    assert_eq!(ours.hello.max_version, Some(Version::TLS13));
    assert_eq!(ours.hello.sni.as_deref(), Some("a\u{FFFD}c"));
    assert!(ours.hello.groups.is_empty());
}

#[test]
fn the_first_of_repeated_extensions_counts() {
    let extensions: [(u16, &[u8]); 2] = [(43, &[2, 3, 4]), (43, &[2, 3, 1])];
    let ours = client_hello(&build_client(0x0303, &[0x1301], &extensions)).expect("read");
    assert_eq!(ours.hello.versions, [Version::TLS13]);
    assert_eq!(ours.facts.extensions.kinds, [43, 43]);
}

/// A list whose length leaves the message is dropped whole by tls-parser.
#[test]
fn quirk_wrong_block_length() {
    let mut body = build_client(0x0301, &[0x002F], &[(23, &[])]);
    let length = body.len() - 5;
    body[length] = 9;
    let (_, theirs) = tls_parser::parse_tls_handshake_client_hello(&body).expect("read");
    assert!(theirs.ext.is_none());
    let ours = client_hello(&body).expect("read");
    assert!(ours.facts.malformed && ours.facts.extended_master_secret);
}

#[test]
fn hellos_without_extensions() {
    let mut body = build_client(0x0300, &[0x0005, 0x0004, 0x00FF, 0x5600], &[]);
    body.truncate(body.len() - 2);
    let ours = client_hello(&body).expect("read");
    assert_eq!(ours.hello.max_version, Some(Version::SSL3));
    assert_eq!(ours.hello.versions, [Version::SSL3]);
    assert!(ours.facts.renegotiation_info && ours.facts.fallback_scsv);
    assert!(!ours.facts.malformed);
    body.push(7);
    assert!(client_hello(&body).expect("read").facts.malformed);
}

#[test]
fn an_oversized_session_id_is_still_read() {
    let mut body = vec![3, 1];
    body.extend([0; 32]);
    body.push(33);
    body.extend([0; 33]);
    body.extend([0, 2, 0, 5, 1, 0]);
    let ours = client_hello(&body).expect("read");
    assert_eq!(ours.facts.session_id.len(), 33);
    assert_eq!(
        ours.hello.cipher_suites[0].to_string(),
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
    let ours = client_hello(&only_grease).expect("read").hello;
    assert_eq!(ours.versions, [Version::TLS11]);
}

#[test]
fn every_prefix_of_a_client_hello() {
    for text in CLIENTS {
        let body = unhex(text);
        let whole = client_hello(&body).expect("whole");
        let mut suites = 0;
        for cut in 0..body.len() {
            // A cut body given as a complete one is malformed at most.
            if let Some(found) = client_hello(&body[..cut]) {
                assert!(found.facts.malformed || found.facts.extensions.kinds.is_empty());
            }
            let Some(found) = client_hello_prefix(&body[..cut], body.len()) else {
                assert!(cut < 2);
                continue;
            };
            assert!(found.hello.partial && !found.facts.malformed);
            assert_eq!(found.hello.size, whole.hello.size);
            assert_eq!((found.hello.ja3, found.hello.ja4), (None, None));
            let seen = found.hello.cipher_suites;
            assert!(seen.len() >= suites && whole.hello.cipher_suites.starts_with(&seen));
            suites = seen.len();
            let kinds = &found.facts.extensions.kinds;
            assert!(whole.facts.extensions.kinds.starts_with(kinds));
        }
        assert_eq!(client_hello_prefix(&body, body.len()), Some(whole));
    }
}

#[test]
fn every_prefix_of_a_server_hello() {
    for text in SERVERS {
        let body = unhex(text);
        let whole = server_hello(&body).expect("whole");
        for cut in 0..body.len() {
            let _ = server_hello(&body[..cut]);
            let Some(found) = server_hello_prefix(&body[..cut], body.len()) else {
                assert!(cut < 2);
                continue;
            };
            assert!(found.hello.partial && found.hello.ja3s.is_none());
            assert!(
                found.hello.cipher_suite.is_none()
                    || found.hello.cipher_suite == whole.hello.cipher_suite
            );
        }
        assert_eq!(server_hello_prefix(&body, body.len()), Some(whole));
    }
}

proptest! {
    #[test]
    fn random_bytes(body in proptest::collection::vec(any::<u8>(), 0..600)) {
        let _ = client_hello(&body);
        let _ = client_hello_prefix(&body, body.len() + 1);
        let _ = server_hello(&body);
        let _ = server_hello_prefix(&body, body.len() + 1);
    }

    #[test]
    fn damaged_hellos(
        which in 0..CLIENTS.len(),
        damage in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        for text in [CLIENTS[which], SERVERS[which]] {
            let mut body = unhex(text);
            for (index, byte) in &damage {
                let index = index.index(body.len());
                body[index] = *byte;
            }
            let _ = client_hello(&body);
            let _ = client_hello_prefix(&body, body.len());
            let _ = server_hello(&body);
            let _ = server_hello_prefix(&body, body.len());
        }
    }
}
