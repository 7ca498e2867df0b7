//! Our own copy of the TLS registries: numbers to names, names to properties.
//!
//! Names and strengths go into reports and rules, so they are not left to a parser whose tables
//! are incomplete (no FORTEZZA, GOST or post-quantum entries) or wrong (ChaCha20 with 128 bits).

mod judge;
pub mod known;
mod names;
mod oids;
mod strength;
mod suites;

pub use oids::{
    attribute_key, certificate_extension_name, certificate_signature, curve, digest_name, key_name,
    purpose_name,
};
pub use strength::{Authentication, Cipher, KeyExchange, Mac, Profile};

use std::sync::LazyLock;

use crate::model::tls::{CipherSuite, Extension, SuiteCode, SuiteProperties};

/// TLS_EMPTY_RENEGOTIATION_INFO_SCSV (RFC 5746 section 3.3): a signal, no suite.
pub const RENEGOTIATION_SCSV: u16 = 0x00FF;
/// TLS_FALLBACK_SCSV (RFC 7507): a signal, no suite.
pub const FALLBACK_SCSV: u16 = 0x5600;

/// A suite with its name and weakness; GREASE values are named `GREASE`.
pub fn suite(code: SuiteCode) -> CipherSuite {
    let code = normal(code);
    CipherSuite {
        code,
        name: suite_name(code),
        weakness: profile(code).and_then(judge::weakness),
    }
}

/// SSL 2.0 kinds with a leading zero byte are TLS suites (RFC 5246 appendix E.2).
fn normal(code: SuiteCode) -> SuiteCode {
    match code {
        SuiteCode::Ssl2(kind) => u16::try_from(kind).map_or(code, SuiteCode::Tls),
        SuiteCode::Tls(_) => code,
    }
}

fn suite_name(code: SuiteCode) -> Option<&'static str> {
    match normal(code) {
        SuiteCode::Tls(number) if is_grease(number) => Some("GREASE"),
        SuiteCode::Tls(number) => find(suites::SUITES, number),
        SuiteCode::Ssl2(kind) => find(suites::SSL2_KINDS, kind),
    }
}

/// A TLS suite with its name.
pub fn tls_suite(number: u16) -> CipherSuite {
    suite(SuiteCode::Tls(number))
}

/// Name of a group (RFC 8446 section 4.2.7); unknown ones as `0x%04X`.
pub fn group_name(number: u16) -> String {
    find(names::GROUPS, number).map_or_else(|| hex(number), str::to_owned)
}

/// Name of a signature scheme (RFC 8446 section 4.2.3), or of the pair of hash and signature
/// algorithm that TLS 1.2 made of the same two bytes; unknown ones as `0x%04X`.
pub fn signature_algorithm_name(number: u16) -> String {
    if let Some(name) = find(names::SIGNATURE_SCHEMES, number) {
        return name.to_owned();
    }
    let [hash, signature] = number.to_be_bytes();
    match (
        find(names::SIGNATURES, signature),
        find(names::HASHES, hash),
    ) {
        (Some(signature), Some(hash)) => format!("{signature}_{hash}"),
        _ => hex(number),
    }
}

/// Whether a group, hybrid or not, holds against quantum computers.
pub fn is_post_quantum(group: u16) -> bool {
    const MARKS: &[&str] = &["MLKEM", "Kyber", "CECPQ2"];
    let name = find(names::GROUPS, group).unwrap_or_default();
    MARKS.iter().any(|mark| name.contains(mark))
}

/// An extension with its name; GREASE values are named `GREASE`.
pub fn extension(code: u16) -> Extension {
    let name = match is_grease(code) {
        true => Some("GREASE"),
        false => find(names::EXTENSIONS, code),
    };
    Extension { code, name }
}

/// Name of a point format; unknown ones as `0x%02X`.
pub fn point_format_name(number: u8) -> String {
    find(names::POINT_FORMATS, number).map_or_else(|| hex8(number), str::to_owned)
}

/// Name of a compression method; unknown ones as `0x%02X`.
pub fn compression_name(number: u8) -> String {
    find(names::COMPRESSIONS, number).map_or_else(|| hex8(number), str::to_owned)
}

/// Name of a mode of PSK key exchange; unknown ones as `0x%02X`.
pub fn psk_mode_name(number: u8) -> String {
    find(names::PSK_MODES, number).map_or_else(|| hex8(number), str::to_owned)
}

/// Name of an algorithm that compresses certificates; unknown ones as `0x%04X`.
pub fn certificate_compression_name(number: u16) -> String {
    find(names::CERTIFICATE_COMPRESSIONS, number).map_or_else(|| hex(number), str::to_owned)
}

/// Registered name of an alert description (RFC 8446 section 6).
pub fn alert_name(code: u8) -> Option<&'static str> {
    find(names::ALERTS, code)
}

/// Name of a handshake message type.
pub fn handshake_name(kind: u8) -> Option<&'static str> {
    find(names::HANDSHAKES, kind)
}

/// Whether a suite, extension, group, version or signature scheme is one of the sixteen values of
/// RFC 8701 section 2: two equal bytes that end in 0xA.
pub const fn is_grease(value: u16) -> bool {
    value & 0x0F0F == 0x0A0A && value >> 8 == value & 0x00FF
}

/// What is known about a suite; `None` for unknown numbers and for signals (SCSV).
pub fn profile(code: SuiteCode) -> Option<Profile> {
    // Names are read once: the rules ask about every suite of every hello.
    static PROFILES: LazyLock<Vec<Option<Profile>>> = LazyLock::new(|| {
        let names = suites::SUITES.iter().map(|row| row.1);
        names.map(strength::profile).collect()
    });
    match normal(code) {
        SuiteCode::Tls(number) => {
            let index = suites::SUITES.binary_search_by_key(&number, |row| row.0);
            *PROFILES.get(index.ok()?)?
        }
        SuiteCode::Ssl2(_) => strength::profile(suite_name(code)?),
    }
}

/// What a suite is made of; `None` for unknown numbers and for signals (SCSV).
pub fn properties(code: SuiteCode) -> Option<SuiteProperties> {
    Some(judge::properties(suite_name(code)?, profile(code)?))
}

/// Whether the suite encrypts with RC4 (RFC 7465).
pub fn is_rc4(code: SuiteCode) -> bool {
    profile(code).is_some_and(|it| it.cipher == Cipher::Rc4)
}

/// Whether the suite encrypts with Triple DES (RFC 8429, SWEET32).
pub fn is_3des(code: SuiteCode) -> bool {
    profile(code).is_some_and(|it| it.cipher == Cipher::TripleDes)
}

/// Whether the suite does not encrypt.
pub fn is_null(code: SuiteCode) -> bool {
    profile(code).is_some_and(|it| it.cipher == Cipher::Null)
}

/// Whether the suite is weakened for export: 40 or 56 bits on purpose.
pub fn is_export(code: SuiteCode) -> bool {
    profile(code).is_some_and(|it| it.export)
}

/// Whether the server stays unauthenticated: anonymous (EC)DH, and the null suite.
pub fn is_anonymous(code: SuiteCode) -> bool {
    profile(code).is_some_and(|it| it.authentication == Authentication::Anonymous)
}

/// Whether an (EC)DHE exchange makes recorded traffic useless to a later key thief.
pub fn is_forward_secret(code: SuiteCode) -> bool {
    profile(code).is_some_and(|it| it.key_exchange.is_ephemeral())
}

/// Looks a number up in a table that ascends by number.
fn find<N: Copy + Ord>(table: &'static [(N, &'static str)], number: N) -> Option<&'static str> {
    let index = table.binary_search_by_key(&number, |row| row.0).ok()?;
    table.get(index).map(|row| row.1)
}

fn hex(number: u16) -> String {
    format!("0x{number:04X}")
}

fn hex8(number: u8) -> String {
    format!("0x{number:02X}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_ascend() {
        assert!(suites::SUITES.is_sorted_by(|a, b| a.0 < b.0));
        assert!(suites::SSL2_KINDS.is_sorted_by(|a, b| a.0 < b.0));
        assert!(names::GROUPS.is_sorted_by(|a, b| a.0 < b.0));
        assert!(names::SIGNATURE_SCHEMES.is_sorted_by(|a, b| a.0 < b.0));
        assert!(names::EXTENSIONS.is_sorted_by(|a, b| a.0 < b.0));
        assert!(names::POINT_FORMATS.is_sorted_by(|a, b| a.0 < b.0));
        assert!(names::COMPRESSIONS.is_sorted_by(|a, b| a.0 < b.0));
        assert!(names::PSK_MODES.is_sorted_by(|a, b| a.0 < b.0));
        assert!(names::CERTIFICATE_COMPRESSIONS.is_sorted_by(|a, b| a.0 < b.0));
        assert!(names::ALERTS.is_sorted_by(|a, b| a.0 < b.0));
    }

    #[test]
    fn suites_have_names() {
        assert_eq!(tls_suite(0x0005).to_string(), "TLS_RSA_WITH_RC4_128_SHA");
        assert_eq!(
            tls_suite(0x001C).to_string(),
            "SSL_FORTEZZA_KEA_WITH_NULL_SHA"
        );
        assert_eq!(
            tls_suite(0x16B9).to_string(),
            "TLS_CECPQ1_RSA_WITH_AES_256_GCM_SHA384"
        );
        assert_eq!(tls_suite(0x1302).to_string(), "TLS_AES_256_GCM_SHA384");
        assert_eq!(tls_suite(0x5600).to_string(), "TLS_FALLBACK_SCSV");
        assert_eq!(tls_suite(0xFFFF).to_string(), "0xFFFF");
        assert_eq!(tls_suite(0x0A0A).to_string(), "GREASE");
        assert_eq!(profile(SuiteCode::Tls(0x0A0A)), None);
        assert_eq!(
            suite(SuiteCode::Ssl2(0x01_0080)).to_string(),
            "SSL2_RC4_128_WITH_MD5"
        );
        assert_eq!(suite(SuiteCode::Ssl2(0x09_0080)).to_string(), "0x090080");
    }

    #[test]
    fn ssl2_kinds_with_a_leading_zero_are_tls_suites() {
        let found = suite(SuiteCode::Ssl2(0x00_0004));
        assert_eq!(found.code, SuiteCode::Tls(0x0004));
        assert_eq!(found.name, Some("TLS_RSA_WITH_RC4_128_MD5"));
        assert!(is_rc4(SuiteCode::Ssl2(0x00_0004)));
    }

    #[test]
    fn groups_have_names() {
        assert_eq!(group_name(0x0017), "secp256r1");
        assert_eq!(group_name(0x001D), "x25519");
        assert_eq!(group_name(0x0100), "ffdhe2048");
        assert_eq!(group_name(0x11EC), "X25519MLKEM768");
        assert_eq!(group_name(0x6399), "X25519Kyber768Draft00");
        assert_eq!(group_name(0xBEEF), "0xBEEF");
        assert_eq!(group_name(0x001F), "brainpoolP256r1tls13");
        assert_eq!(group_name(0x0022), "GC256A");
        assert_eq!(group_name(0x0029), "curveSM2");
    }

    #[test]
    fn groups_of_the_post_quantum_age() {
        let found: Vec<u16> = (0..=u16::MAX).filter(|&it| is_post_quantum(it)).collect();
        let expected = [
            0x0200, 0x0201, 0x0202, 0x11EB, 0x11EC, 0x11ED, 0x11EE, 0x4138, 0x6399, 0x639A, 0xFE30,
            0xFE31,
        ];
        assert_eq!(found, expected);
        assert_eq!(group_name(0x11EB), "SecP256r1MLKEM768");
        assert_eq!(group_name(0x11ED), "SecP384r1MLKEM1024");
        assert_eq!(signature_algorithm_name(0x0905), "mldsa65");
    }

    #[test]
    fn extensions_have_names() {
        assert_eq!(extension(51).to_string(), "key_share");
        assert_eq!(extension(0xFE0D).to_string(), "encrypted_client_hello");
        assert_eq!(extension(0x7A7A).to_string(), "GREASE");
        assert_eq!(extension(9999).to_string(), "9999");
    }

    #[test]
    fn small_numbers_have_names() {
        assert_eq!(point_format_name(0), "uncompressed");
        assert_eq!(compression_name(1), "DEFLATE");
        assert_eq!(compression_name(7), "0x07");
        assert_eq!(psk_mode_name(1), "psk_dhe_ke");
        assert_eq!(certificate_compression_name(2), "brotli");
    }

    #[test]
    fn signature_algorithms_have_names() {
        assert_eq!(signature_algorithm_name(0x0401), "rsa_pkcs1_sha256");
        assert_eq!(signature_algorithm_name(0x0403), "ecdsa_secp256r1_sha256");
        assert_eq!(signature_algorithm_name(0x0201), "rsa_pkcs1_sha1");
        assert_eq!(signature_algorithm_name(0x0203), "ecdsa_sha1");
        assert_eq!(signature_algorithm_name(0x0202), "dsa_sha1");
        assert_eq!(signature_algorithm_name(0x0402), "dsa_sha256");
        assert_eq!(signature_algorithm_name(0x0101), "rsa_pkcs1_md5");
        assert_eq!(signature_algorithm_name(0x0303), "ecdsa_sha224");
        assert_eq!(signature_algorithm_name(0x0807), "ed25519");
        assert_eq!(signature_algorithm_name(0x0700), "0x0700");
    }

    #[test]
    fn alerts_have_names() {
        assert_eq!(alert_name(70), Some("protocol_version"));
        assert_eq!(alert_name(0), Some("close_notify"));
        assert_eq!(alert_name(153), None);
    }

    #[test]
    fn handshake_messages_have_names() {
        assert_eq!(handshake_name(1), Some("ClientHello"));
        assert_eq!(handshake_name(67), Some("NextProtocol"));
        assert_eq!(handshake_name(254), None);
    }

    #[test]
    fn grease_is_strict() {
        let grease = (0..=u16::MAX).filter(|&value| is_grease(value)).count();
        assert_eq!(grease, 16);
        assert!(is_grease(0x0A0A) && is_grease(0xFAFA));
        assert!(!is_grease(0x1A2A) && !is_grease(0x0A1A));
    }

    #[test]
    fn rc4_list_is_complete() {
        let expected = [
            0x0003, 0x0004, 0x0005, 0x0017, 0x0018, 0x0020, 0x0024, 0x0028, 0x002B, 0x0060, 0x0064,
            0x0065, 0x0066, 0x008A, 0x008E, 0x0092, 0xC002, 0xC007, 0xC00C, 0xC011, 0xC016, 0xC033,
        ];
        let found: Vec<u16> = (0..=u16::MAX)
            .filter(|&number| is_rc4(SuiteCode::Tls(number)))
            .collect();
        assert_eq!(found, expected);
        let kinds: Vec<u32> = suites::SSL2_KINDS
            .iter()
            .map(|row| row.0)
            .filter(|&kind| is_rc4(SuiteCode::Ssl2(kind)))
            .collect();
        assert_eq!(kinds, [0x01_0080, 0x02_0080, 0x08_0080]);
    }

    #[test]
    fn weak_suites_are_told_apart() {
        assert!(is_null(SuiteCode::Tls(0x0002)) && is_null(SuiteCode::Tls(0xC0B4)));
        assert!(is_export(SuiteCode::Tls(0x0003)) && is_export(SuiteCode::Tls(0x0062)));
        assert!(is_export(SuiteCode::Ssl2(0x02_0080)));
        assert!(is_anonymous(SuiteCode::Tls(0x0018)) && is_anonymous(SuiteCode::Tls(0xC015)));
        assert!(is_3des(SuiteCode::Tls(0x000A)) && is_3des(SuiteCode::Ssl2(0x07_00C0)));
        assert!(!is_3des(SuiteCode::Tls(0x0009)));
        assert!(is_forward_secret(SuiteCode::Tls(0x1301)));
        assert!(!is_forward_secret(SuiteCode::Tls(0x009C)));
    }

    #[test]
    fn every_known_suite_has_a_profile() {
        for (number, name) in suites::SUITES {
            let signal = matches!(*number, RENEGOTIATION_SCSV | FALLBACK_SCSV);
            assert_eq!(profile(SuiteCode::Tls(*number)).is_none(), signal, "{name}");
        }
        for (kind, name) in suites::SSL2_KINDS {
            assert!(profile(SuiteCode::Ssl2(*kind)).is_some(), "{name}");
        }
    }
}
