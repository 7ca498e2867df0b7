//! Where tls-parser gives up or errs.

use super::*;

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
