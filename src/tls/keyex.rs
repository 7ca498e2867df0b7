//! ServerKeyExchange and CertificateRequest: which group, how large a prime, who signs.
//!
//! Neither message names its own layout; the suite and the version chosen in the ServerHello do.

use super::certs;
use super::reader::{Reader, u16s};
use super::registry::{self, Authentication, KeyExchange};
use crate::model::handshake::{CertificateRequest, ServerKeyExchange};
use crate::model::tls::{SuiteCode, Version};

/// Names kept of a CertificateRequest: a server that names more lists all that it trusts.
pub const MAX_AUTHORITY_NAMES: usize = 32;

/// Characters kept of such a name; real ones have fewer than 300.
const MAX_NAME: usize = 1024;

/// A curve over a binary field, given by its parameters.
const EXPLICIT_CHAR2: &str = "explicit_char2";

/// Reads a ServerKeyExchange body (RFC 5246 section 7.4.3, RFC 8422 section 5.4), complete or cut;
/// `frame` is the caller's to set. Also says whether the body follows its own lengths; of a suite
/// that is not known, or has a layout of its own, it is taken to do so.
pub fn server_key_exchange(
    body: &[u8],
    suite: SuiteCode,
    version: Version,
) -> (ServerKeyExchange, bool) {
    let mut found = ServerKeyExchange::default();
    // What was read before the end of a cut body stays.
    let is_readable = read_exchange(&mut found, body, suite, version).is_some();
    (found, is_readable)
}

fn read_exchange(
    found: &mut ServerKeyExchange,
    body: &[u8],
    suite: SuiteCode,
    version: Version,
) -> Option<()> {
    let Some(profile) = registry::profile(suite) else {
        return Some(());
    };
    let mut reader = Reader::new(body);
    let psk = profile.authentication == Authentication::Psk;
    if psk {
        // psk_identity_hint (RFC 4279 section 2)
        found.psk_hint = Some(!reader.vec16()?.is_empty());
    }
    match profile.key_exchange {
        KeyExchange::Dhe => {
            found.dh_bits = Some(number_bits(&mut reader)?);
            reader.vec16()?;
            reader.vec16()?;
        }
        KeyExchange::Ecdhe => {
            curve(&mut reader, found)?;
            // Nobody has used such curves: what follows is not read.
            if found.curve_type == Some(EXPLICIT_CHAR2) {
                return Some(());
            }
        }
        KeyExchange::Rsa if profile.export => {
            found.rsa_bits = Some(number_bits(&mut reader)?);
            reader.vec16()?;
        }
        _ => return Some(()),
    }
    let signed = !psk && profile.authentication != Authentication::Anonymous;
    if signed && version == Version::TLS12 {
        found.signature_algorithm = Some(registry::signature_algorithm_name(reader.u16()?));
    }
    Some(())
}

/// Size of a number with a length of two bytes. Its first bytes suffice; the rest may be cut.
fn number_bits(reader: &mut Reader<'_>) -> Option<u32> {
    let len = usize::from(reader.u16()?);
    let number = reader.take_up_to(len);
    let zeros = number.iter().take_while(|&&byte| byte == 0).count();
    match number.get(zeros) {
        Some(first) => u32::try_from((len - zeros) * 8)
            .ok()?
            .checked_sub(first.leading_zeros()),
        None => (number.len() == len).then_some(0),
    }
}

/// ECParameters and the public point (RFC 8422 section 5.4, explicit curves: RFC 4492 section
/// 5.4).
fn curve(reader: &mut Reader<'_>, found: &mut ServerKeyExchange) -> Option<()> {
    let (curve_type, group) = match reader.u8()? {
        0x01 => {
            found.curve_type = Some("explicit_prime");
            // p, a, b, base, order, cofactor
            for _ in 0..6 {
                reader.vec8()?;
            }
            ("explicit_prime", registry::group_name(0xFF01))
        }
        0x02 => {
            found.curve_type = Some(EXPLICIT_CHAR2);
            found.group = Some(registry::group_name(0xFF02));
            return Some(());
        }
        0x03 => ("named_curve", registry::group_name(reader.u16()?)),
        _ => return None,
    };
    found.curve_type = Some(curve_type);
    found.group = Some(group);
    reader.vec8()?;
    Some(())
}

/// Reads a CertificateRequest body (RFC 5246 section 7.4.4); `frame` is the caller's to set.
/// `is_whole`: the capture cut nothing off. Also says whether the body follows its own lengths up
/// to the list of names.
pub fn certificate_request(
    body: &[u8],
    is_whole: bool,
    version: Version,
) -> (CertificateRequest, bool) {
    let mut found = CertificateRequest::default();
    let is_readable = read_request(&mut found, body, is_whole, version).is_some();
    (found, is_readable)
}

fn read_request(
    found: &mut CertificateRequest,
    body: &[u8],
    is_whole: bool,
    version: Version,
) -> Option<()> {
    let mut reader = Reader::new(body);
    let types = reader.vec8()?.iter();
    found.certificate_types = types.map(|&it| certificate_type(it)).collect();
    if version == Version::TLS12 {
        found.signature_algorithms = u16s(reader.vec16()?)
            .into_iter()
            .map(registry::signature_algorithm_name)
            .collect();
    }
    let announced = usize::from(reader.u16()?);
    let seen = reader.take_up_to(announced);
    found.authority_bytes = Some(announced as u64);
    found.authority_bytes_seen = seen.len() as u64;
    let mut list = Reader::new(seen);
    while let Some(name) = list.vec16() {
        found.authorities += 1;
        if found.authority_names.len() < MAX_AUTHORITY_NAMES
            && let Some(name) = certs::distinguished_name(name)
        {
            let name = name.chars().take(MAX_NAME).collect();
            found.authority_names.push(name);
        }
    }
    let ends_badly = seen.len() < announced || !list.is_empty();
    found.truncated = match (is_whole, ends_badly) {
        (true, true) => Some(true),
        (true, false) => (!is_at_limit(announced)).then_some(false),
        (false, _) => None,
    };
    Some(())
}

/// Whether a list of names ends where Schannel stops adding to it: less than a name below 0x3000
/// bytes, or 0x4000 since Windows Server 2012 (KB 2464556).
fn is_at_limit(len: usize) -> bool {
    /// Names of authorities are seldom longer.
    const LONG_NAME: usize = 0x100;
    let mut limits = [0x3000_usize, 0x4000].into_iter();
    limits.any(|limit| (limit - LONG_NAME..=limit).contains(&len))
}

/// Name of a certificate type (IANA "TLS ClientCertificateType Identifiers").
fn certificate_type(number: u8) -> String {
    let name = match number {
        1 => "rsa_sign",
        2 => "dss_sign",
        3 => "rsa_fixed_dh",
        4 => "dss_fixed_dh",
        5 => "rsa_ephemeral_dh",
        6 => "dss_ephemeral_dh",
        20 => "fortezza_dms",
        64 => "ecdsa_sign",
        65 => "rsa_fixed_ecdh",
        66 => "ecdsa_fixed_ecdh",
        67 => "gost_sign256",
        68 => "gost_sign512",
        other => return other.to_string(),
    };
    name.to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const DHE_RSA: SuiteCode = SuiteCode::Tls(0x0033);
    const DH_ANON: SuiteCode = SuiteCode::Tls(0x0034);
    const ECDHE_RSA: SuiteCode = SuiteCode::Tls(0xC02F);

    /// p with a superfluous zero byte, g, Ys, then what follows.
    fn dh(prime: &[u8], tail: &[u8]) -> Vec<u8> {
        let mut body = u16::try_from(prime.len())
            .expect("short")
            .to_be_bytes()
            .to_vec();
        body.extend_from_slice(prime);
        body.extend_from_slice(&[0, 1, 2, 0, 2, 7, 7]);
        body.extend_from_slice(tail);
        body
    }

    #[test]
    fn dh_prime_and_signature() {
        let mut prime = vec![0; 129];
        prime[1] = 0xB1;
        let body = dh(&prime, &[4, 1, 0, 1, 9]);
        let (found, _) = server_key_exchange(&body, DHE_RSA, Version::TLS12);
        assert_eq!(found.dh_bits, Some(1024));
        assert_eq!(
            found.signature_algorithm.as_deref(),
            Some("rsa_pkcs1_sha256")
        );
        let (older, _) = server_key_exchange(&body, DHE_RSA, Version::TLS10);
        assert_eq!(
            (older.dh_bits, older.signature_algorithm),
            (Some(1024), None)
        );
        let (anonymous, _) = server_key_exchange(&body, DH_ANON, Version::TLS12);
        assert_eq!(
            (anonymous.dh_bits, anonymous.signature_algorithm),
            (Some(1024), None)
        );
        prime[1] = 0;
        prime[2] = 0x01;
        assert_eq!(
            server_key_exchange(&dh(&prime, &[]), DHE_RSA, Version::TLS12)
                .0
                .dh_bits,
            Some(126 * 8 + 1)
        );
    }

    #[test]
    fn a_cut_prime_still_has_its_size() {
        let prime = [0xFF; 256];
        let body = dh(&prime, &[4, 1]);
        for cut in 3..body.len() {
            let (found, _) = server_key_exchange(&body[..cut], DHE_RSA, Version::TLS12);
            assert_eq!(found.dh_bits, Some(2048), "{cut}");
        }
        assert_eq!(
            server_key_exchange(&body[..2], DHE_RSA, Version::TLS12),
            (ServerKeyExchange::default(), false)
        );
    }

    #[test]
    fn named_and_explicit_curves() {
        let named = [3, 0, 23, 2, 4, 5, 8, 4, 0, 0];
        let (found, _) = server_key_exchange(&named, ECDHE_RSA, Version::TLS12);
        assert_eq!(found.group.as_deref(), Some("secp256r1"));
        assert_eq!(
            found.signature_algorithm.as_deref(),
            Some("rsa_pss_rsae_sha256")
        );
        let (cut, _) = server_key_exchange(&named[..5], ECDHE_RSA, Version::TLS12);
        assert_eq!(cut.group.as_deref(), Some("secp256r1"));
        assert_eq!(cut.signature_algorithm, None);

        let explicit = [1, 1, 7, 1, 1, 1, 1, 1, 4, 1, 9, 1, 1, 1, 4, 6, 1, 0, 0];
        let (found, _) = server_key_exchange(&explicit, ECDHE_RSA, Version::TLS12);
        assert_eq!(
            found.group.as_deref(),
            Some("arbitrary_explicit_prime_curves")
        );
        assert_eq!(
            found.signature_algorithm.as_deref(),
            Some("rsa_pkcs1_sha512")
        );
    }

    #[test]
    fn psk_hints_come_first() {
        let mut body = vec![0, 2, b'h', b'i'];
        body.extend(dh(&[0x80; 128], &[]));
        let (found, _) = server_key_exchange(&body, SuiteCode::Tls(0x0090), Version::TLS12);
        assert_eq!(
            (found.dh_bits, found.signature_algorithm),
            (Some(1024), None)
        );
        let ecdhe = [0, 0, 3, 0, 29, 1, 9];
        let (found, _) = server_key_exchange(&ecdhe, SuiteCode::Tls(0xC035), Version::TLS12);
        assert_eq!(found.group.as_deref(), Some("x25519"));
    }

    #[test]
    fn export_rsa_keys() {
        let mut body = vec![0, 64];
        body.extend([0x90; 64]);
        body.extend([0, 1, 3]);
        let (found, _) = server_key_exchange(&body, SuiteCode::Tls(0x0003), Version::TLS10);
        assert_eq!(found.rsa_bits, Some(512));
        let plain = server_key_exchange(&body, SuiteCode::Tls(0x0005), Version::TLS10);
        assert_eq!(plain, (ServerKeyExchange::default(), true));
    }

    #[test]
    fn what_does_not_follow_its_lengths() {
        let named = [3, 0, 23, 2, 4, 5, 8, 4, 0, 0];
        assert!(server_key_exchange(&named, ECDHE_RSA, Version::TLS12).1);
        for cut in 0..8 {
            assert!(!server_key_exchange(&named[..cut], ECDHE_RSA, Version::TLS12).1);
        }
        assert!(!server_key_exchange(&[4, 0, 23, 0], ECDHE_RSA, Version::TLS10).1);
        // Nothing is known of this suite, nothing read of this curve.
        let unknown = SuiteCode::Tls(0xFEFE);
        assert!(server_key_exchange(&[], unknown, Version::TLS12).1);
        let (found, is_readable) = server_key_exchange(&[2, 9], ECDHE_RSA, Version::TLS12);
        assert!(is_readable && found.curve_type == Some("explicit_char2"));
    }

    /// Two names: CN=a and CN=b.
    fn names() -> Vec<u8> {
        let name = |letter| {
            let mut name = vec![
                0x30, 12, 0x31, 10, 0x30, 8, 6, 3, 0x55, 4, 3, 0x0C, 1, letter,
            ];
            name.splice(..0, [0, 14]);
            name
        };
        [name(b'a'), name(b'b')].concat()
    }

    #[test]
    fn certificate_requests() {
        let older = [&[2, 1, 64, 0, 32][..], &names()].concat();
        let (found, is_readable) = certificate_request(&older, true, Version::TLS10);
        assert!(is_readable);
        assert_eq!(found.certificate_types, ["rsa_sign", "ecdsa_sign"]);
        assert_eq!(found.authority_names, ["CN=a", "CN=b"]);
        assert_eq!((found.authorities, found.authority_bytes), (2, Some(32)));
        assert_eq!(found.truncated, Some(false));
        let newer = [1, 99, 0, 4, 4, 1, 2, 3, 0, 0];
        let (found, _) = certificate_request(&newer, true, Version::TLS12);
        assert_eq!(found.certificate_types, ["99"]);
        assert_eq!(
            found.signature_algorithms,
            ["rsa_pkcs1_sha256", "ecdsa_sha1"]
        );
        assert_eq!((found.authorities, found.truncated), (0, Some(false)));
        // Cut by the capture, and by the server.
        for (is_whole, truncated) in [(false, None), (true, Some(true))] {
            let (cut, is_readable) = certificate_request(&older[..22], is_whole, Version::TLS10);
            assert!(is_readable);
            assert_eq!((cut.authorities, cut.authority_bytes), (1, Some(32)));
            assert_eq!((cut.authority_bytes_seen, cut.truncated), (17, truncated));
        }
        assert!(!certificate_request(&older[..4], true, Version::TLS10).1);
    }

    #[test]
    fn lists_at_the_limit_of_schannel() {
        let list = |len: usize| {
            // Names of 62 bytes, the last one longer.
            let name = [&[0, 60][..], &[0x30; 60]].concat();
            let mut list = name.repeat(len / 62 - 1);
            let last = len - list.len() - 2;
            list.extend((last as u16).to_be_bytes());
            list.extend(vec![0x30; last]);
            let body = [&[0][..], &(len as u16).to_be_bytes(), &list].concat();
            certificate_request(&body, true, Version::TLS10).0
        };
        for (len, truncated) in [
            (12_031, Some(false)),
            (12_032, None),
            (0x3000, None),
            (0x3001, Some(false)),
            (0x3FFF, None),
            (0x4000, None),
            (20_000, Some(false)),
        ] {
            let found = list(len);
            assert_eq!(found.truncated, truncated, "{len}");
            assert_eq!(found.authorities as usize, len / 62, "{len}");
            assert!(found.authority_names.len() <= MAX_AUTHORITY_NAMES);
        }
    }

    proptest! {
        #[test]
        fn random_bytes(body in proptest::collection::vec(any::<u8>(), 0..300)) {
            for suite in [DHE_RSA, DH_ANON, ECDHE_RSA, SuiteCode::Tls(0x0003), SuiteCode::Tls(0x0090)] {
                let _ = server_key_exchange(&body, suite, Version::TLS12);
            }
            for version in [Version::TLS10, Version::TLS12] {
                let _ = certificate_request(&body, true, version);
                let _ = certificate_request(&body, false, version);
            }
        }
    }
}
