//! Our own copy of the TLS registries: numbers to names, names to properties.
//!
//! Names and strengths go into reports and rules, so they are not left to a parser whose tables
//! are incomplete (no FORTEZZA, GOST or post-quantum entries) or wrong (ChaCha20 with 128 bits).

pub mod known;
mod names;
mod oids;
mod strength;
mod suites;

pub use oids::{attribute_key, certificate_signature_name, curve_name, key_name};
pub use strength::{Authentication, Cipher, KeyExchange, Mac, Profile};

use std::sync::LazyLock;

use crate::model::tls::{CipherSuite, SuiteCode};

/// TLS_EMPTY_RENEGOTIATION_INFO_SCSV (RFC 5746 section 3.3): a signal, no suite.
pub const RENEGOTIATION_SCSV: u16 = 0x00FF;
/// TLS_FALLBACK_SCSV (RFC 7507): a signal, no suite.
pub const FALLBACK_SCSV: u16 = 0x5600;

/// A suite with its name; GREASE values are named `GREASE`. SSL 2.0 kinds with a leading zero byte
/// are TLS suites (RFC 5246 appendix E.2).
pub fn suite(code: SuiteCode) -> CipherSuite {
    let code = match code {
        SuiteCode::Ssl2(kind) => u16::try_from(kind).map_or(code, SuiteCode::Tls),
        SuiteCode::Tls(_) => code,
    };
    let name = match code {
        SuiteCode::Tls(number) if is_grease(number) => Some("GREASE"),
        SuiteCode::Tls(number) => find(suites::SUITES, number),
        SuiteCode::Ssl2(kind) => find(suites::SSL2_KINDS, kind),
    };
    CipherSuite { code, name }
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
    let suite = suite(code);
    match suite.code {
        SuiteCode::Tls(number) => {
            let index = suites::SUITES.binary_search_by_key(&number, |row| row.0);
            *PROFILES.get(index.ok()?)?
        }
        SuiteCode::Ssl2(_) => strength::profile(suite.name?),
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_ascend() {
        assert!(suites::SUITES.is_sorted_by(|a, b| a.0 < b.0));
        assert!(suites::SSL2_KINDS.is_sorted_by(|a, b| a.0 < b.0));
        assert!(names::GROUPS.is_sorted_by(|a, b| a.0 < b.0));
        assert!(names::SIGNATURE_SCHEMES.is_sorted_by(|a, b| a.0 < b.0));
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
