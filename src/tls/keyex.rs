//! ServerKeyExchange and CertificateRequest: which group, how large a prime, who signs.
//!
//! Neither message names its own layout; the suite and the version chosen in the ServerHello do.

use super::reader::{Reader, u16s};
use super::registry::{self, Authentication, KeyExchange};
use crate::model::tls::{SuiteCode, Version};

/// What a ServerKeyExchange shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServerKeyExchange {
    /// Named group of an elliptic-curve exchange.
    pub group: Option<String>,
    /// Size of the Diffie-Hellman prime in bits.
    pub dh_bits: Option<u32>,
    /// Size of the ephemeral RSA key of an export suite in bits (RFC 2246 section 7.4.3).
    pub rsa_bits: Option<u32>,
    /// Algorithm of the signature, named in TLS 1.2 only (RFC 5246 section 7.4.3).
    pub signature_algorithm: Option<String>,
}

/// Reads a ServerKeyExchange body (RFC 5246 section 7.4.3, RFC 8422 section 5.4), complete or cut.
pub fn server_key_exchange(body: &[u8], suite: SuiteCode, version: Version) -> ServerKeyExchange {
    let mut found = ServerKeyExchange::default();
    // What was read before the end of a cut body stays.
    let _ = read_exchange(&mut found, body, suite, version);
    found
}

fn read_exchange(
    found: &mut ServerKeyExchange,
    body: &[u8],
    suite: SuiteCode,
    version: Version,
) -> Option<()> {
    let profile = registry::profile(suite)?;
    let mut reader = Reader::new(body);
    let psk = profile.authentication == Authentication::Psk;
    if psk {
        // psk_identity_hint (RFC 4279 section 2)
        reader.vec16()?;
    }
    match profile.key_exchange {
        KeyExchange::Dhe => {
            found.dh_bits = Some(number_bits(&mut reader)?);
            reader.vec16()?;
            reader.vec16()?;
        }
        KeyExchange::Ecdhe => found.group = Some(curve(&mut reader)?),
        KeyExchange::Rsa if profile.export => {
            found.rsa_bits = Some(number_bits(&mut reader)?);
            reader.vec16()?;
        }
        _ => return None,
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
fn curve(reader: &mut Reader<'_>) -> Option<String> {
    let name = match reader.u8()? {
        0x01 => {
            // p, a, b, base, order, cofactor
            for _ in 0..6 {
                reader.vec8()?;
            }
            registry::group_name(0xFF01)
        }
        0x02 => return Some(registry::group_name(0xFF02)),
        0x03 => registry::group_name(reader.u16()?),
        _ => return None,
    };
    // A cut point hides only the signature algorithm behind it.
    if reader.vec8().is_none() {
        *reader = Reader::new(&[]);
    }
    Some(name)
}

/// What a CertificateRequest up to TLS 1.2 shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CertificateRequest {
    /// Certificate types (RFC 5246 section 7.4.4).
    pub certificate_types: Vec<u8>,
    /// Signature algorithms, in TLS 1.2.
    pub signature_algorithms: Vec<String>,
    /// How many certificate authorities are named; of a cut body, how many were seen.
    pub authorities: usize,
    /// Bytes of these names as announced, with their lengths: Windows servers send thousands.
    pub authority_bytes: usize,
}

/// Reads a CertificateRequest body (RFC 5246 section 7.4.4), complete or cut.
pub fn certificate_request(body: &[u8], version: Version) -> CertificateRequest {
    let mut found = CertificateRequest::default();
    let _ = read_request(&mut found, body, version);
    found
}

fn read_request(found: &mut CertificateRequest, body: &[u8], version: Version) -> Option<()> {
    let mut reader = Reader::new(body);
    found.certificate_types = reader.vec8()?.to_vec();
    if version == Version::TLS12 {
        found.signature_algorithms = u16s(reader.vec16()?)
            .into_iter()
            .map(registry::signature_algorithm_name)
            .collect();
    }
    found.authority_bytes = usize::from(reader.u16()?);
    let mut list = Reader::new(reader.take_up_to(found.authority_bytes));
    while list.vec16().is_some() {
        found.authorities += 1;
    }
    Some(())
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
        let found = server_key_exchange(&body, DHE_RSA, Version::TLS12);
        assert_eq!(found.dh_bits, Some(1024));
        assert_eq!(
            found.signature_algorithm.as_deref(),
            Some("rsa_pkcs1_sha256")
        );
        let older = server_key_exchange(&body, DHE_RSA, Version::TLS10);
        assert_eq!(
            (older.dh_bits, older.signature_algorithm),
            (Some(1024), None)
        );
        let anonymous = server_key_exchange(&body, DH_ANON, Version::TLS12);
        assert_eq!(
            (anonymous.dh_bits, anonymous.signature_algorithm),
            (Some(1024), None)
        );
        prime[1] = 0;
        prime[2] = 0x01;
        assert_eq!(
            server_key_exchange(&dh(&prime, &[]), DHE_RSA, Version::TLS12).dh_bits,
            Some(126 * 8 + 1)
        );
    }

    #[test]
    fn a_cut_prime_still_has_its_size() {
        let prime = [0xFF; 256];
        let body = dh(&prime, &[4, 1]);
        for cut in 3..body.len() {
            let found = server_key_exchange(&body[..cut], DHE_RSA, Version::TLS12);
            assert_eq!(found.dh_bits, Some(2048), "{cut}");
        }
        assert_eq!(
            server_key_exchange(&body[..2], DHE_RSA, Version::TLS12),
            ServerKeyExchange::default()
        );
    }

    #[test]
    fn named_and_explicit_curves() {
        let named = [3, 0, 23, 2, 4, 5, 8, 4, 0, 0];
        let found = server_key_exchange(&named, ECDHE_RSA, Version::TLS12);
        assert_eq!(found.group.as_deref(), Some("secp256r1"));
        assert_eq!(
            found.signature_algorithm.as_deref(),
            Some("rsa_pss_rsae_sha256")
        );
        let cut = server_key_exchange(&named[..5], ECDHE_RSA, Version::TLS12);
        assert_eq!(cut.group.as_deref(), Some("secp256r1"));
        assert_eq!(cut.signature_algorithm, None);

        let explicit = [1, 1, 7, 1, 1, 1, 1, 1, 4, 1, 9, 1, 1, 1, 4, 6, 1, 0, 0];
        let found = server_key_exchange(&explicit, ECDHE_RSA, Version::TLS12);
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
        let found = server_key_exchange(&body, SuiteCode::Tls(0x0090), Version::TLS12);
        assert_eq!(
            (found.dh_bits, found.signature_algorithm),
            (Some(1024), None)
        );
        let ecdhe = [0, 0, 3, 0, 29, 1, 9];
        let found = server_key_exchange(&ecdhe, SuiteCode::Tls(0xC035), Version::TLS12);
        assert_eq!(found.group.as_deref(), Some("x25519"));
    }

    #[test]
    fn export_rsa_keys() {
        let mut body = vec![0, 64];
        body.extend([0x90; 64]);
        body.extend([0, 1, 3]);
        let found = server_key_exchange(&body, SuiteCode::Tls(0x0003), Version::TLS10);
        assert_eq!(found.rsa_bits, Some(512));
        let plain = server_key_exchange(&body, SuiteCode::Tls(0x0005), Version::TLS10);
        assert_eq!(plain, ServerKeyExchange::default());
    }

    #[test]
    fn certificate_requests() {
        let older = [2, 1, 64, 0, 9, 0, 2, 0x30, 0, 0, 3, 0x30, 1, 5];
        let found = certificate_request(&older, Version::TLS10);
        assert_eq!(found.certificate_types, [1, 64]);
        assert_eq!((found.authorities, found.authority_bytes), (2, 9));
        let newer = [1, 1, 0, 4, 4, 1, 2, 3, 0, 0];
        let found = certificate_request(&newer, Version::TLS12);
        assert_eq!(
            found.signature_algorithms,
            ["rsa_pkcs1_sha256", "ecdsa_sha1"]
        );
        assert_eq!(found.authorities, 0);
        let cut = certificate_request(&older[..10], Version::TLS10);
        assert_eq!((cut.authorities, cut.authority_bytes), (1, 9));
    }

    proptest! {
        #[test]
        fn random_bytes(body in proptest::collection::vec(any::<u8>(), 0..300)) {
            for suite in [DHE_RSA, DH_ANON, ECDHE_RSA, SuiteCode::Tls(0x0003), SuiteCode::Tls(0x0090)] {
                let _ = server_key_exchange(&body, suite, Version::TLS12);
            }
            let _ = certificate_request(&body, Version::TLS12);
            let _ = certificate_request(&body, Version::TLS10);
        }
    }
}
