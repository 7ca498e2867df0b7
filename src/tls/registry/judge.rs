//! What a suite is made of, in words, and what is wrong with it.

use super::{Authentication, Cipher, KeyExchange, Mac, Profile};
use crate::model::tls::{SuiteProperties, Weakness};

/// The gravest weakness of a suite. RFC 9325 section 4.1 forbids all but the last kind, which
/// RFC 8429 and RFC 5469 deprecate.
pub(super) fn weakness(profile: Profile) -> Option<Weakness> {
    match profile.cipher {
        Cipher::Null => Some(Weakness::NoEncryption),
        _ if profile.authentication == Authentication::Anonymous => Some(Weakness::Anonymous),
        _ if profile.export => Some(Weakness::Export),
        Cipher::Rc4 => Some(Weakness::Rc4),
        _ if profile.bits < 112 => Some(Weakness::ShortKey),
        // The suites of GOST have small blocks too, and change keys before that matters.
        Cipher::TripleDes | Cipher::Idea | Cipher::Rc2 => Some(Weakness::SmallBlock),
        _ => None,
    }
}

/// The properties of the suite of this name.
pub(super) fn properties(name: &'static str, profile: Profile) -> SuiteProperties {
    SuiteProperties {
        key_exchange: key_exchange(profile.key_exchange),
        authentication: authentication(profile.authentication),
        encryption: match profile.cipher {
            Cipher::Null => "NULL",
            _ => encryption(name),
        },
        bits: profile.bits,
        mac: mac(profile.mac),
    }
}

/// The cipher with its mode, as the name has it: what stands between `_WITH_` and the hash.
fn encryption(name: &'static str) -> &'static str {
    const PREFIXES: &[&str] = &["TLS_", "SSL2_", "ECDHE_", "RSA_", "ECC_", "IBC_", "IBSDH_"];
    const SUFFIXES: &[&str] = &[
        "_OLD",
        "_WITH_MD5",
        "_MD5",
        "_SHA",
        "_SHA1",
        "_SHA256",
        "_SHA384",
        "_SHA512",
        "_SM3",
        "_IMIT",
        "_GOSTR3411",
        "_OMAC",
    ];
    let mut cipher = match name.split_once("_WITH_") {
        Some((_, cipher)) if !name.starts_with("SSL2_") => cipher,
        _ => PREFIXES.iter().fold(name, |rest, prefix| {
            rest.strip_prefix(prefix).unwrap_or(rest)
        }),
    };
    for suffix in SUFFIXES {
        cipher = cipher.strip_suffix(suffix).unwrap_or(cipher);
    }
    cipher
}

fn key_exchange(kind: KeyExchange) -> Option<&'static str> {
    use KeyExchange as K;
    Some(match kind {
        K::Cecpq1 => "CECPQ1",
        K::Dh => "DH",
        K::Dhe => "DHE",
        K::Eccpwd => "ECCPWD",
        K::Ecdh => "ECDH",
        K::Ecdhe => "ECDHE",
        K::Ecjpake => "ECJPAKE",
        K::Fortezza => "FORTEZZA",
        K::Gost => "GOST",
        K::Gm => "GM",
        K::Krb5 => "KRB5",
        K::Null => "NULL",
        K::Psk => "PSK",
        K::Rsa => "RSA",
        K::Srp => "SRP",
        K::Tls13 => return None,
    })
}

fn authentication(kind: Authentication) -> Option<&'static str> {
    use Authentication as A;
    Some(match kind {
        A::Anonymous => "anonymous",
        A::Dss => "DSS",
        A::Ecdsa => "ECDSA",
        A::Gost => "GOST",
        A::Gm => "GM",
        A::Fortezza => "FORTEZZA",
        A::Krb5 => "KRB5",
        A::Password => "password",
        A::Psk => "PSK",
        A::Rsa => "RSA",
        A::Tls13 => return None,
    })
}

fn mac(kind: Mac) -> &'static str {
    match kind {
        Mac::Aead => "AEAD",
        Mac::GostImit => "GOST IMIT",
        Mac::GostHash => "GOST R 34.11",
        Mac::Md5 => "MD5",
        Mac::Null => "NULL",
        Mac::Sha1 => "SHA-1",
        Mac::Sha256 => "SHA-256",
        Mac::Sha384 => "SHA-384",
        Mac::Sm3 => "SM3",
    }
}

#[cfg(test)]
mod tests {
    use crate::model::tls::{SuiteCode, Weakness};
    use crate::tls::registry::{self, tls_suite};

    #[test]
    fn weaknesses() {
        let weakness = |number| tls_suite(number).weakness;
        assert_eq!(weakness(0x0002), Some(Weakness::NoEncryption));
        assert_eq!(weakness(0xC0B4), Some(Weakness::NoEncryption));
        // Anonymous, export and RC4 at once.
        assert_eq!(weakness(0x0017), Some(Weakness::Anonymous));
        assert_eq!(weakness(0x0003), Some(Weakness::Export));
        assert_eq!(weakness(0x0005), Some(Weakness::Rc4));
        assert_eq!(weakness(0x0009), Some(Weakness::ShortKey));
        assert_eq!(weakness(0x000A), Some(Weakness::SmallBlock));
        assert_eq!(weakness(0x0007), Some(Weakness::SmallBlock));
        for good in [
            0x002F, 0x009C, 0xC02F, 0x1301, 0xCCA8, 0x00FF, 0x0A0A, 0xFFFF,
        ] {
            assert_eq!(weakness(good), None, "{good:04x}");
        }
        let kind = registry::suite(SuiteCode::Ssl2(0x05_0080));
        assert_eq!(kind.weakness, Some(Weakness::SmallBlock));
    }

    #[test]
    fn properties_of_well_known_suites() {
        for (code, expected) in [
            (0xC02F, "ECDHE RSA AES_128_GCM 128 AEAD"),
            (0x0005, "RSA RSA RC4_128 128 SHA-1"),
            (0x000A, "RSA RSA 3DES_EDE_CBC 112 SHA-1"),
            (0xC0AC, "ECDHE ECDSA AES_128_CCM 128 AEAD"),
            (0xCCA8, "ECDHE RSA CHACHA20_POLY1305 256 AEAD"),
            (0x0034, "DHE anonymous AES_128_CBC 128 SHA-1"),
            (0x0002, "RSA RSA NULL 0 SHA-1"),
            (0x1302, "- - AES_256_GCM 256 AEAD"),
            (0x1303, "- - CHACHA20_POLY1305 256 AEAD"),
            (0x1305, "- - AES_128_CCM_8 128 AEAD"),
            (0xC0B4, "- - NULL 0 SHA-256"),
            (0xE011, "ECDHE GM SM4_CBC 128 SM3"),
        ] {
            assert_eq!(words(SuiteCode::Tls(code)), expected, "{code:04x}");
        }
        let kind = SuiteCode::Ssl2(0x07_00C0);
        assert_eq!(words(kind), "RSA RSA DES_192_EDE3_CBC 112 MD5");
        assert_eq!(registry::properties(SuiteCode::Tls(0x00FF)), None);
        assert_eq!(registry::properties(SuiteCode::Tls(0xFFFF)), None);
    }

    /// A cipher always begins with a letter or digit and never keeps the hash.
    #[test]
    fn every_suite_has_a_cipher() {
        for number in 0..=u16::MAX {
            let Some(found) = registry::properties(SuiteCode::Tls(number)) else {
                continue;
            };
            let cipher = found.encryption;
            assert!(!cipher.is_empty() && !cipher.contains("WITH"), "{cipher}");
            assert!(
                !cipher.contains("SHA") && !cipher.contains("TLS"),
                "{cipher}"
            );
        }
    }

    fn words(code: SuiteCode) -> String {
        let found = registry::properties(code).expect("known");
        let key_exchange = found.key_exchange.unwrap_or("-");
        let authentication = found.authentication.unwrap_or("-");
        format!(
            "{key_exchange} {authentication} {} {} {}",
            found.encryption, found.bits, found.mac
        )
    }
}
