//! The fixtures were made with Python's cryptography package, which agrees on every field.

mod chain;
mod fields;
mod samples;

use proptest::prelude::*;
use x509_parser::asn1_rs::{Any, FromDer};

use self::samples::der;
use super::der::{Der, dotted};
use super::key::{bit_length, key};
use super::names::general_name;
use super::*;
use crate::model::certificate::Date;

const EVERY_KIND: &str = include_str!("fixtures/every_kind.hex");
const ED25519: &str = include_str!("fixtures/ed25519.hex");
const RSA_PSS: &str = include_str!("fixtures/rsa_pss.hex");
const DSA_1024: &str = include_str!("fixtures/dsa.hex");
const EXTENSIONS: &str = include_str!("fixtures/extensions.hex");
const EXTENSIONS_SPKI: &str = "8261D570ADB12C33314D7F1C6085F0FB2C61A259257FAF24D5F786BD31FA47D6";
const ALL: [&str; 5] = [EVERY_KIND, ED25519, RSA_PSS, DSA_1024, EXTENSIONS];

fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<u32> = text.chars().filter_map(|it| it.to_digit(16)).collect();
    digits
        .chunks_exact(2)
        .map(|pair| (pair[0] * 16 + pair[1]) as u8)
        .collect()
}

fn read(text: &str) -> Certificate {
    certificate(&unhex(text), 7)
}

fn date(time: Option<Date>) -> String {
    time.expect("a date").to_string()
}

#[test]
fn every_kind_of_name() {
    let found = read(EVERY_KIND);
    let name = "OID.1.3.6.1.4.1.311.60.2.1.3=DE, SERIALNUMBER=42, \
                CN=mail.example.test + E=post@example.test, DC=example, OU=IT, \
                O=\"Müller, Söhne \"\"& Co.\"\"\", L=Köln, S=Baden-Württemberg, C=DE";
    assert_eq!(found.subject.as_deref(), Some(name));
    assert_eq!(found.issuer.as_deref(), Some(name));
    assert_eq!(found.self_signed, Some(true));
    assert_eq!(
        found.sans,
        [
            "mail.example.test",
            "*.example.test",
            "IP:192.0.2.25",
            "IP:2001:db8::25",
            "email:post@example.test",
            "URI:https://example.test/",
            "RID:1.2.3.4",
            "UPN:user@example.test",
            "other:1.3.6.1.5.5.7.8.9=x@example.test",
            "other:1.2.3",
            "DirName:CN=dir name, C=DE",
        ]
    );
    assert_eq!(found.serial.as_deref(), Some("009A0000000000000001"));
    assert_eq!(date(found.not_before), "1960-02-03T04:05:06.000000000Z");
    assert_eq!(date(found.not_after), "2099-12-31T23:59:59.000000000Z");
    assert_eq!(found.key.as_deref(), Some("EC P-384"));
    assert_eq!(found.signature.as_deref(), Some("ecdsa-with-SHA256"));
    assert_eq!(found.sha1, "9D607E76CD736082A3D02E4D19D657BEFC4D23D9");
    assert_eq!(
        found.sha256,
        "04A0670B2CA3E6813BFEF80BD890EF9AB89C9A029F8A12460023450C10905FD1"
    );
    assert_eq!(found.frame, 7);
}

#[test]
fn keys_and_signatures() {
    let ed25519 = read(ED25519);
    assert_eq!(ed25519.key.as_deref(), Some("Ed25519"));
    assert_eq!(ed25519.signature.as_deref(), Some("Ed25519"));
    assert_eq!(ed25519.subject.as_deref(), Some(""));
    assert_eq!(ed25519.self_signed, Some(false));
    assert!(ed25519.sans.is_empty());

    let pss = read(RSA_PSS);
    assert_eq!(pss.key.as_deref(), Some("RSA 1024"));
    assert_eq!(pss.signature.as_deref(), Some("RSASSA-PSS with SHA-256"));
    assert_eq!(pss.signature_hash, Some("SHA-256"));
    assert_eq!(pss.serial.as_deref(), Some("7F"));
    assert_eq!(date(pss.not_before), "1970-01-01T00:00:00.000000000Z");
    assert_eq!(date(pss.not_after), "2050-01-01T00:00:00.000000000Z");

    let pss = |parameters: &[u8]| {
        let oid = der(0x06, &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 10]);
        key::signature(Der::new(&[&oid, parameters].concat()))
    };
    let named = |name: &str, hash| Some((name.to_owned(), hash));
    assert_eq!(pss(&[]), named("RSASSA-PSS", None));
    assert_eq!(pss(&[5, 0]), named("RSASSA-PSS", None));
    assert_eq!(
        pss(&[0x30, 0]),
        named("RSASSA-PSS with SHA-1", Some("SHA-1"))
    );

    let dsa = read(DSA_1024);
    assert_eq!(dsa.key.as_deref(), Some("DSA 1024"));
    assert_eq!(dsa.signature.as_deref(), Some("dsa-with-sha256"));
    assert_eq!(dsa.serial.as_deref(), Some("0080"));
}

#[test]
fn a_malformed_field_costs_only_itself() {
    let mut bytes = unhex(RSA_PSS);
    let at = bytes
        .windows(13)
        .position(|it| it == b"700101000000Z")
        .expect("not_before");
    bytes[at] = b'x';
    let found = certificate(&bytes, 1);
    assert_eq!(found.not_before, None);
    assert_eq!(date(found.not_after), "2050-01-01T00:00:00.000000000Z");
    assert_eq!(found.key.as_deref(), Some("RSA 1024"));

    let mut bytes = unhex(EVERY_KIND);
    for _ in 0..2 {
        // mail.example.test in subject and issuer
        let at = bytes
            .windows(17)
            .position(|it| it == b"mail.example.test")
            .expect("name");
        bytes[at + 4] = 0;
        bytes[at] = 0xFF;
    }
    let found = certificate(&bytes, 1);
    let subject = found.subject.expect("subject");
    assert!(
        subject.contains("CN=\u{FFFD}ail\0example.test + E="),
        "{subject}"
    );
    assert_eq!(found.key.as_deref(), Some("EC P-384"));
}

#[test]
fn odd_general_names() {
    let name = |bytes: &[u8]| {
        let (_, entry) = Any::from_der(bytes).expect("a value");
        let (_, prefix, value) = general_name(&entry);
        format!("{prefix}{value}")
    };
    assert_eq!(name(&der(0x82, b"m\xFCller.test")), "müller.test");
    assert_eq!(name(&der(0x82, b"a\0b")), "a\0b");
    assert_eq!(name(&der(0x87, &[1, 2, 3])), "IP:010203");
    assert_eq!(name(&der(0x87, &[])), "IP:");
    assert_eq!(name(&der(0xA3, &[5, 0])), "X400:0500");
    assert_eq!(name(&der(0xA5, &[5, 0])), "EDI:0500");
    assert_eq!(name(&der(0xA4, &[1, 2])), "DirName:");
    assert_eq!(name(&der(0x8A, &[1, 2])), "[10]:0102");
}

#[test]
fn unknown_algorithms_keep_their_numbers() {
    // 1.2.3 with a bit string
    let algorithm = der(0x30, &der(0x06, &[0x2A, 0x03]));
    let mut info = algorithm;
    info.extend(der(0x03, &[0, 1]));
    let text = |info: &[u8]| key(Der::new(info)).map(|it| it.text);
    assert_eq!(text(&info).as_deref(), Some("1.2.3"));
    let unknown = der(0x06, &[0x2A, 0x03]);
    assert_eq!(
        key::signature(Der::new(&unknown)),
        Some(("1.2.3".to_owned(), None))
    );
    // id-ecPublicKey with explicit parameters
    let mut algorithm = der(0x06, &[0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01]);
    algorithm.extend(der(0x30, &[]));
    assert_eq!(text(&der(0x30, &algorithm)).as_deref(), Some("EC explicit"));
}

#[test]
fn object_identifiers() {
    assert_eq!(
        dotted(&[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D]),
        "1.2.840.113549"
    );
    assert_eq!(dotted(&[0x55, 4, 3]), "2.5.4.3");
    assert_eq!(dotted(&[0x88, 0x37]), "2.999");
    assert_eq!(dotted(&[0x00]), "0.0");
    assert_eq!(dotted(&[0x2A, 0x86]), "0x2A86");
    assert_eq!(dotted(&[]), "0x");
    assert_eq!(dotted(&[0xFF; 12]), "0xFFFFFFFFFFFFFFFFFFFFFFFF");
    let huge = vec![0x81; 256 << 10];
    assert!(dotted(&huge).starts_with("0x8181"));
}

#[test]
fn bit_lengths() {
    assert_eq!(bit_length(&[]), 0);
    assert_eq!(bit_length(&[0, 0]), 0);
    assert_eq!(bit_length(&[0, 0x80, 0]), 16);
    assert_eq!(bit_length(&[0x01, 0]), 9);
}

#[test]
fn lists() {
    let body = [0, 0, 9, 0, 0, 2, 7, 8, 0, 0, 1, 9];
    let is = |body, certificates: &[&[u8]], whole| {
        let found = list(body);
        assert_eq!(
            (found.certificates.as_slice(), found.whole),
            (certificates, whole)
        );
    };
    is(&body, &[&[7, 8], &[9]], true);
    is(&body[..11], &[&[7, 8]], false);
    is(&[0, 0, 0], &[], true);
    is(&[0, 0], &[], false);
    // A list that claims less than is there ends where it says.
    is(&[0, 0, 4, 0, 0, 1, 5, 0, 0, 1, 6], &[&[5]], true);
    is(&[0, 0, 5, 0, 0, 1, 5, 0], &[&[5]], false);
    let mut many = vec![0, 0, 132];
    many.extend([0, 0, 1, 7].repeat(33));
    assert_eq!(
        (list(&many).certificates.len(), list(&many).whole),
        (32, false)
    );
}

#[test]
fn thumbprints_of_anything() {
    let found = certificate(b"", 1);
    assert_eq!(found.sha1, "DA39A3EE5E6B4B0D3255BFEF95601890AFD80709");
    assert_eq!((found.subject, found.self_signed), (None, None));
}

#[test]
fn every_prefix() {
    for text in ALL {
        let bytes = unhex(text);
        for cut in 0..bytes.len() {
            let _ = certificate(&bytes[..cut], 1);
        }
    }
}

#[test]
fn every_byte_damaged() {
    for text in ALL {
        let bytes = unhex(text);
        for at in 0..bytes.len() {
            for damaged in [bytes[at] ^ 1 << (at % 8), 0, 0x80, 0xFF] {
                let mut bytes = bytes.clone();
                bytes[at] = damaged;
                let _ = certificate(&bytes, 1);
            }
        }
    }
}

proptest! {
    #[test]
    fn random_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = certificate(&bytes, 1);
        let _ = presented(&list(&bytes), Peer::Server, 1);
    }

    #[test]
    fn damaged_certificates(
        which in 0..ALL.len(),
        damage in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let mut bytes = unhex(ALL[which]);
        for (index, byte) in &damage {
            let index = index.index(bytes.len());
            bytes[index] = *byte;
        }
        let _ = certificate(&bytes, 1);
    }
}
