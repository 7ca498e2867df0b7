//! Extensions, dates and names, whole and damaged.

use super::samples::{OCTETS, OID, SEQUENCE, Sample, UTC_TIME, der, extension, name};
use super::{date, read};
use crate::model::certificate::{BasicConstraints, Certificate, NameKind};
use crate::tls::certs::{MAX_TEXT, certificate};

/// OpenSSL prints the same values.
#[test]
fn every_extension() {
    let found = read(super::EXTENSIONS);
    assert_eq!(found.malformed, Vec::<String>::new());
    assert_eq!(found.version, Some(3));
    assert_eq!(found.common_name.as_deref(), Some("Example Issuing CA"));
    assert_eq!(
        found.basic_constraints,
        Some(BasicConstraints {
            ca: true,
            path_len: Some(3)
        })
    );
    let usage = [
        "digitalSignature",
        "keyAgreement",
        "keyCertSign",
        "cRLSign",
        "decipherOnly",
    ];
    assert_eq!(found.key_usage, usage);
    let purposes = ["serverAuth", "clientAuth", "1.2.3.4", "anyExtendedKeyUsage"];
    assert_eq!(found.extended_key_usage, purposes);
    assert_eq!(found.subject_key_id.as_deref(), Some("0102AB"));
    assert_eq!(found.authority_key_id.as_deref(), Some("CD0304"));
    assert_eq!(found.must_staple, Some(true));
    assert_eq!(found.ocsp, ["http://ocsp.example.test/"]);
    assert_eq!(found.ca_issuers, ["http://ca.example.test/root.crt"]);
    assert_eq!(
        found.crl,
        ["http://crl.example.test/1.crl", "ldap://crl.example.test/1"]
    );
    assert_eq!(date(found.not_before), "1969-07-20T20:17:40.000000000Z");
    assert_eq!(date(found.not_after), "9999-12-31T23:59:59.000000000Z");
    assert_eq!(found.key_algorithm.as_deref(), Some("RSA"));
    assert_eq!(
        (found.key_bits, found.rsa_exponent.as_deref()),
        (Some(1024), Some("3"))
    );
    assert_eq!(found.spki_sha256.as_deref(), Some(super::EXTENSIONS_SPKI));
    assert_eq!(found.signature_hash, Some("SHA-384"));
}

fn with(extensions: Vec<Vec<u8>>) -> Certificate {
    let mut sample = Sample::new("leaf", "ca");
    sample.extensions = extensions;
    certificate(&sample.der(), 1)
}

fn host(name: &[u8]) -> Vec<u8> {
    der(0x82, name)
}

#[test]
fn a_malformed_extension_costs_only_itself() {
    let names = extension(17, &der(SEQUENCE, &host(b"a.test")));
    for (number, value, field) in [
        (15, &[0x03, 1, 0][..], "keyUsage"),
        (15, &[0x30, 0], "keyUsage"),
        (19, &[0x30, 3, 0x02, 9, 9], "basicConstraints"),
        (14, &[0x30, 0], "subjectKeyIdentifier"),
        (35, &[0x04, 0], "authorityKeyIdentifier"),
        (37, &[0x30, 0], "extKeyUsage"),
        (37, &[0x30, 2, 0x05, 0], "extKeyUsage"),
        (31, &[0x31, 0], "cRLDistributionPoints"),
    ] {
        let found = with(vec![extension(number, value), names.clone()]);
        assert_eq!(found.malformed, [field], "{value:?}");
        assert_eq!(found.sans, ["a.test"], "{field}");
        assert_eq!(found.basic_constraints, None);
        assert!(found.key_usage.is_empty() && found.extended_key_usage.is_empty());
        assert_eq!((found.subject_key_id, found.authority_key_id), (None, None));
    }
    // Names before a broken one stay.
    let list = [host(b"a.test"), vec![0x82, 9, b'b']].concat();
    let found = with(vec![extension(17, &der(SEQUENCE, &list))]);
    assert_eq!(found.sans, ["a.test"]);
    assert_eq!(found.malformed, ["subjectAltName"]);
    // Something that is no extension, and one that is cut.
    let found = with(vec![der(SEQUENCE, &[5, 0]), names.clone()]);
    assert_eq!(
        (found.malformed, found.sans.len()),
        (vec!["extension".to_owned()], 1)
    );
    let found = with(vec![names, vec![0x30, 9, 1]]);
    assert_eq!(
        (found.malformed, found.sans.len()),
        (vec!["extensions".to_owned()], 1)
    );
}

#[test]
fn of_two_extensions_the_first_counts() {
    let names = |name| extension(17, &der(SEQUENCE, &host(name)));
    let found = with(vec![names(b"a.test"), names(b"b.test")]);
    assert_eq!(found.sans, ["a.test"]);
    assert_eq!(found.malformed, ["second subjectAltName"]);
    let found = with((0..100).map(|number| extension(number, &[])).collect());
    assert_eq!(
        found.malformed.last().map(String::as_str),
        Some("more than 64 extensions")
    );
}

#[test]
fn what_a_certificate_does_not_have() {
    let found = certificate(&Sample::new("leaf", "ca").der(), 1);
    assert_eq!(found.malformed, Vec::<String>::new());
    assert_eq!(
        (found.must_staple, found.basic_constraints),
        (Some(false), None)
    );
    assert_eq!((found.key_bits, found.rsa_exponent), (Some(4), None));
    // Only other features, and other names for a key.
    let feature = [
        der(OID, &[0x2B, 6, 1, 5, 5, 7, 1, 24]),
        der(OCTETS, &der(SEQUENCE, &der(0x02, &[17]))),
    ];
    let by_serial = extension(35, &der(SEQUENCE, &der(0x82, &[5])));
    let found = with(vec![der(SEQUENCE, &feature.concat()), by_serial]);
    assert_eq!(found.malformed, Vec::<String>::new());
    assert_eq!(
        (found.must_staple, found.authority_key_id),
        (Some(false), None)
    );
}

#[test]
fn kinds_are_apart_whatever_a_name_says() {
    let names = [
        host(b"IP:192.0.2.1"),
        der(0x87, &[192, 0, 2, 1]),
        der(0x81, b"a@b.test"),
        // An INTEGER is no name of a host.
        der(0x02, b"a.test"),
        host("\u{202E}tset.a".as_bytes()),
        host(b"a\0.test"),
    ];
    let found = with(vec![extension(17, &der(SEQUENCE, &names.concat()))]);
    let kinds: Vec<_> = found
        .names
        .iter()
        .map(|it| (it.kind, it.value.as_str()))
        .collect();
    assert_eq!(
        kinds,
        [
            (NameKind::Dns, "IP:192.0.2.1"),
            (NameKind::Ip, "192.0.2.1"),
            (NameKind::Email, "a@b.test"),
            (NameKind::Other, "[2]:612E74657374"),
            (NameKind::Dns, "\u{202E}tset.a"),
            (NameKind::Dns, "a\0.test"),
        ]
    );
    assert_eq!(found.sans[..2], ["IP:192.0.2.1", "IP:192.0.2.1"]);
}

#[test]
fn thousands_of_names_and_huge_ones() {
    let many = host(b"a").repeat(5000);
    let found = with(vec![extension(17, &der(SEQUENCE, &many))]);
    assert_eq!((found.sans.len(), found.names.len()), (1024, 1024));
    assert_eq!(found.name_count, 5000);
    assert_eq!(found.malformed, Vec::<String>::new());
    let long = "ä".repeat(10_000);
    let found = with(vec![extension(17, &der(SEQUENCE, &host(long.as_bytes())))]);
    assert_eq!(found.sans[0].len(), MAX_TEXT + "…".len());
    let mut sample = Sample::new("leaf", "ca");
    sample.subject = name(0x0C, format!("a{long}").as_bytes());
    let found = certificate(&sample.der(), 1);
    let subject = found.subject.expect("a subject");
    assert!(subject.len() <= MAX_TEXT + "…".len() && subject.ends_with('…'));
    assert_eq!(found.self_signed, Some(false));
}

#[test]
fn dates() {
    let of = |tag, text: &[u8]| {
        let mut sample = Sample::new("leaf", "ca");
        sample.not_after = der(tag, text);
        let found = certificate(&sample.der(), 1);
        assert_eq!(found.not_after.is_none(), found.malformed == ["notAfter"]);
        assert_eq!(found.key.as_deref(), Some("RSA 4"));
        found.not_after.map(|date| date.to_string())
    };
    let is = |text: &str| Some(format!("{text}.000000000Z"));
    const GENERAL: u8 = 0x18;
    assert_eq!(of(UTC_TIME, b"491231235959Z"), is("2049-12-31T23:59:59"));
    assert_eq!(of(UTC_TIME, b"500101000000Z"), is("1950-01-01T00:00:00"));
    assert_eq!(of(GENERAL, b"20500101000000Z"), is("2050-01-01T00:00:00"));
    assert_eq!(of(GENERAL, b"22630101000000Z"), is("2263-01-01T00:00:00"));
    assert_eq!(of(GENERAL, b"99991231235959Z"), is("9999-12-31T23:59:59"));
    assert_eq!(of(GENERAL, b"00010101000000Z"), is("0001-01-01T00:00:00"));
    assert_eq!(of(GENERAL, b"18991231235959Z"), is("1899-12-31T23:59:59"));
    assert_eq!(of(UTC_TIME, b"260229000000Z"), None);
    assert_eq!(of(UTC_TIME, b"261301000000Z"), None);
    assert_eq!(of(UTC_TIME, b""), None);
    assert_eq!(of(GENERAL, b"99991231235959-2359"), None);
    assert_eq!(of(0x0C, b"260101000000Z"), None);
}

#[test]
fn bytes_that_are_no_certificate() {
    assert_eq!(certificate(b"", 1).malformed, ["certificate"]);
    assert_eq!(certificate(b"HTTP/1.1 400", 1).malformed, ["certificate"]);
    let mut der = Sample::new("leaf", "ca").der();
    der.push(0);
    let found = certificate(&der, 1);
    assert_eq!(found.malformed, ["trailing bytes"]);
    assert_eq!(found.subject.as_deref(), Some("CN=leaf"));
    assert_eq!(certificate(&der[..60], 1).malformed, ["certificate"]);
}
