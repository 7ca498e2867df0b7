//! The fixtures are bodies of hellos made with OpenSSL 3.0 or by hand; their JA3 and JA3S were
//! computed by tshark 4.0.17.

use proptest::prelude::*;

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

/// tls-parser leaves the extensions of an SSL 3.0 ServerHello unread.
#[test]
fn quirk_ssl3_server_extensions() {
    let body = unhex(SERVER_SSL3);
    let (rest, hello) = tls_parser::parse_tls_handshake_server_hello(&body).expect("read");
    assert!(hello.ext.is_none() && !rest.is_empty());

    let ours = server(SERVER_SSL3);
    assert_eq!(ours.version, Some(Version::SSL3));
    assert_eq!(ours.renegotiation_info, Some(true));
    assert_eq!(ours.malformed, Some(false));
    assert_eq!(ours.session_id.map(|id| id.len()), Some(64));
}

/// tls-parser refuses ServerHello versions beside 3.0 to 3.3.
#[test]
fn quirk_odd_server_versions() {
    for version in [0x0304, 0x7F1C, 0x0305, 0x0002, 0xFEFD] {
        let body = build_server(version, 0x1301, &[(43, &[0x7F, 0x1C])]);
        assert!(tls_parser::parse_tls_handshake_server_hello(&body).is_err());
        let ours = built(&body);
        assert_eq!(ours.legacy_version, Version(version));
        assert_eq!(ours.version, Some(Version(0x7F1C)));
        assert_eq!(ours.cipher_suite, Some(registry::tls_suite(0x1301)));
    }
    let draft = server(SERVER_DRAFT19);
    assert_eq!(draft.version, Some(Version(0x7F13)));
    assert_eq!(draft.group.as_deref(), Some("x25519"));
    assert_eq!(draft.resumed, Some(true));
    assert_eq!(draft.malformed, Some(false));
    assert_eq!(draft.compression_method, None);
    let plain = server(SERVER_0304);
    assert_eq!(plain.version, Some(Version::TLS13));
    assert_eq!(plain.group.as_deref(), Some("secp256r1"));
}

/// tls-parser takes extension 21 of a ServerHello for 22, and leaves 22 unknown.
#[test]
fn quirk_swapped_server_extensions() {
    let (_, padding) = tls_parser::parse_tls_server_hello_extension(&[0, 21, 0, 0]).expect("read");
    assert_eq!(padding, TlsExtension::EncryptThenMac);
    let padded = built(&build_server(0x0303, 0x002F, &[(21, &[])]));
    assert_eq!(padded.encrypt_then_mac, Some(false));
    let mac = built(&build_server(0x0303, 0x002F, &[(22, &[])]));
    assert_eq!(mac.encrypt_then_mac, Some(true));
}

/// tls-parser takes 0x1A2A for GREASE.
#[test]
fn quirk_loose_grease() {
    let (_, loose) =
        tls_parser::parse_tls_client_hello_extension(&[0x1A, 0x2A, 0, 0]).expect("read");
    assert!(matches!(loose, TlsExtension::Grease(..)));
    let body = build_client(0x0303, &[0x1A2A, 0x1A1A], &[(0x1A2A, &[]), (0x2A2A, &[])]);
    let ours = client_hello(&body).expect("read");
    assert_eq!(ours.cipher_suites[0].to_string(), "0x1A2A");
    assert_eq!(ours.extensions[0].to_string(), "6698");
    // MD5 of 771,6698,6698,,
    let ja3 = "7f59bf3d5f572bfec0087b4faae8e4e5";
    assert_eq!(ours.ja3.as_deref(), Some(ja3));
}

/// In tls-parser the first malformed extension hides all later ones.
#[test]
fn quirk_malformed_extension_costs_only_itself() {
    let extensions: [(u16, &[u8]); 7] = [
        (10, &[0, 3, 0, 29, 0]),
        (16, &[0, 9, 2, b'h']),
        (43, &[4, 3, 4, 3, 3]),
        (41, &[0, 1, 0]),
        (1, &[9]),
        (28, &[0]),
        (0, &[0, 6, 0, 0, 3, b'a', 0xFF, b'c']),
    ];
    let body = build_client(0x0303, &[0x1301], &extensions);
    let list = &block(&extensions)[2..];
    let (_, theirs) = tls_parser::parse_tls_client_hello_extensions(list).expect("some");
    assert!(theirs.is_empty());

    let ours = client_hello(&body).expect("read");
    assert_eq!(ours.malformed_extensions, [10, 16, 41, 1, 28]);
    assert_eq!(kinds(&ours.extensions), [10, 16, 43, 41, 1, 28, 0]);
    assert_eq!(ours.max_version, Some(Version::TLS13));
    assert_eq!(ours.sni.as_deref(), Some("a\u{FFFD}c"));
    assert!(ours.groups.is_empty() && ours.psk.is_none());
    assert_eq!(
        (ours.max_fragment_length, ours.record_size_limit),
        (None, None)
    );
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

/// A list whose length leaves the message is dropped whole by tls-parser.
#[test]
fn quirk_wrong_block_length() {
    let mut body = build_client(0x0301, &[0x002F], &[(23, &[])]);
    let length = body.len() - 5;
    body[length] = 9;
    let (_, theirs) = tls_parser::parse_tls_handshake_client_hello(&body).expect("read");
    assert!(theirs.ext.is_none());
    let ours = client_hello(&body).expect("read");
    assert_eq!(ours.malformed, Some(true));
    assert_eq!(ours.extended_master_secret, Some(true));
    // What stands where in a malformed hello is a guess.
    assert_eq!(ours.encrypt_then_mac, None);
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

/// A cut hello says nothing that the whole one takes back: lists are beginnings of the whole lists,
/// and what is not `null` is the same. Size and partiality aside.
fn assert_says_no_more(cut: &impl serde::Serialize, whole: &impl serde::Serialize, at: usize) {
    let [cut, whole] = [json(cut), json(whole)];
    for (name, said) in cut.as_object().expect("fields") {
        let known = &whole[name];
        let agrees = match said {
            serde_json::Value::Null => true,
            serde_json::Value::Array(said) => {
                known.as_array().is_some_and(|it| it.starts_with(said))
            }
            _ => said == known || name == "partial",
        };
        assert!(
            agrees,
            "cut at {at}: {name} is {said}, of the whole {known}"
        );
    }
}

fn json(hello: &impl serde::Serialize) -> serde_json::Value {
    serde_json::to_value(hello).expect("JSON")
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
                assert!(found.malformed == Some(true) || found.extensions.is_empty());
            }
            let Some(found) = client_hello_prefix(&body[..cut], body.len()) else {
                assert!(cut < 2);
                continue;
            };
            assert!(found.partial && found.malformed.is_none());
            assert_eq!((&found.ja3, &found.ja4), (&None, &None));
            assert_says_no_more(&found, &whole, cut);
            assert!(found.cipher_suites.len() >= suites);
            suites = found.cipher_suites.len();
        }
        assert_eq!(client_hello_prefix(&body, body.len()), Some(whole));
    }
}

/// The type of the extension a cut goes through is known, though not what it says.
#[test]
fn a_cut_goes_through_an_extension() {
    let body = build_client(0x0303, &[0x1301], &[(23, &[]), (10, &[0, 2, 0, 29])]);
    let cut = client_hello_prefix(&body[..body.len() - 1], body.len()).expect("a version");
    assert_eq!(kinds(&cut.extensions), [23, 10]);
    assert!(cut.groups.is_empty() && cut.malformed_extensions.is_empty());
    assert_eq!(cut.extended_master_secret, Some(true));
    assert_eq!((cut.encrypt_then_mac, cut.ech), (None, None));
    assert_eq!(cut.fallback_scsv, Some(false));
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
            assert_says_no_more(&found.hello, &whole.hello, cut);
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
    fn cut_hellos_say_no_more(
        suites in proptest::collection::vec(prop_oneof![Just(0x00FF), Just(0x5600), any::<u16>()], 1..9),
        extensions in proptest::collection::vec(
            (prop_oneof![0_u16..60, Just(0xFF01), Just(0xFE0D)], proptest::collection::vec(0_u8..5, 0..9)),
            0..9,
        ),
        cut in any::<prop::sample::Index>(),
    ) {
        let extensions: Vec<(u16, &[u8])> = extensions.iter().map(|(kind, body)| (*kind, &body[..])).collect();
        let body = build_client(0x0303, &suites, &extensions);
        let at = cut.index(body.len() - 2) + 2;
        let whole = client_hello(&body).expect("well-formed");
        let found = client_hello_prefix(&body[..at], body.len()).expect("a version");
        assert_says_no_more(&found, &whole, at);
        let body = build_server(0x0303, suites[0], &extensions);
        let at = cut.index(body.len() - 2) + 2;
        let whole = server_hello(&body).expect("well-formed").hello;
        let found = server_hello_prefix(&body[..at], body.len()).expect("a version").hello;
        assert_says_no_more(&found, &whole, at);
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
