//! Keys and signature algorithms.

use super::der::Der;
use super::upper_hex;
use crate::tls::registry;

/// rsaEncryption and RSASSA-PSS (RFC 8017 appendix C).
const RSA: &str = "1.2.840.113549.1.1.1";
const RSASSA_PSS: &str = "1.2.840.113549.1.1.10";
/// id-ecPublicKey (RFC 5480 section 2.1.1).
const EC: &str = "1.2.840.10045.2.1";
/// id-dsa (RFC 3279 section 2.3.2).
const DSA: &str = "1.2.840.10040.4.1";
/// The exponent that nearly every RSA key has.
const USUAL_EXPONENT: [u8; 3] = [1, 0, 1];

/// What a SubjectPublicKeyInfo says (RFC 5280 section 4.1.2.7).
#[derive(Debug, Default, PartialEq)]
pub(super) struct Key {
    pub(super) text: String,
    pub(super) algorithm: String,
    pub(super) bits: Option<u32>,
    pub(super) curve: Option<String>,
    pub(super) exponent: Option<String>,
}

/// Reads a SubjectPublicKeyInfo from the contents of its sequence.
pub(super) fn key(mut info: Der<'_>) -> Option<Key> {
    let mut algorithm = info.enter()?;
    let oid = algorithm.oid()?;
    match oid.as_str() {
        RSA => rsa(info, "RSA"),
        RSASSA_PSS => rsa(info, "RSASSA-PSS"),
        DSA => Some(dsa(algorithm)),
        EC => Some(ec(algorithm)),
        _ => {
            let name = registry::key_name(&oid).unwrap_or(&oid);
            Some(Key {
                text: name.to_owned(),
                algorithm: name.to_owned(),
                ..Key::default()
            })
        }
    }
}

fn rsa(mut info: Der<'_>, algorithm: &str) -> Option<Key> {
    // The bit string starts with the number of unused bits.
    let bits = info.next()?.data.get(1..)?;
    let mut numbers = Der::new(bits).enter()?;
    let modulus = bit_length(numbers.next()?.data);
    let exponent = numbers.next()?.data;
    Some(Key {
        text: format!("RSA {modulus}"),
        algorithm: algorithm.to_owned(),
        bits: Some(modulus),
        exponent: (exponent != USUAL_EXPONENT).then(|| number(exponent)),
        ..Key::default()
    })
}

fn dsa(mut algorithm: Der<'_>) -> Key {
    // Inherited parameters may be left out (RFC 3279 section 2.3.2).
    let prime = algorithm.enter().and_then(|mut it| it.next());
    let bits = prime.map(|it| bit_length(it.data));
    Key {
        text: bits.map_or_else(|| "DSA".to_owned(), |bits| format!("DSA {bits}")),
        algorithm: "DSA".to_owned(),
        bits,
        ..Key::default()
    }
}

fn ec(mut algorithm: Der<'_>) -> Key {
    let oid = algorithm.oid();
    let known = oid.as_deref().and_then(registry::curve);
    let curve = known.map(|(name, _)| name.to_owned()).or(oid);
    Key {
        text: format!("EC {}", curve.as_deref().unwrap_or("explicit")),
        algorithm: "EC".to_owned(),
        bits: known.map(|(_, bits)| bits),
        curve,
        ..Key::default()
    }
}

/// Name of a signature algorithm and its digest, from the contents of an AlgorithmIdentifier.
pub(super) fn signature(mut algorithm: Der<'_>) -> Option<(String, Option<&'static str>)> {
    let oid = algorithm.oid()?;
    if oid != RSASSA_PSS {
        let known = registry::certificate_signature(&oid);
        return Some(match known {
            Some((name, hash)) => (name.to_owned(), hash),
            None => (oid, None),
        });
    }
    // RFC 8017 appendix A.2.3: parameters that name no digest mean SHA-1.
    let hash = algorithm.sequence().and_then(|mut it| match it.tagged(0) {
        Some(mut digest) => registry::digest_name(&digest.sequence()?.oid()?),
        None => Some("SHA-1"),
    });
    let name = hash.map_or_else(
        || "RSASSA-PSS".to_owned(),
        |hash| format!("RSASSA-PSS with {hash}"),
    );
    Some((name, hash))
}

/// An unsigned big-endian number: decimal up to 64 bits, else hex.
fn number(bytes: &[u8]) -> String {
    let start = bytes.iter().position(|&byte| byte != 0);
    let digits = start.and_then(|at| bytes.get(at..)).unwrap_or_default();
    if digits.len() > 8 {
        return format!("0x{}", upper_hex(digits));
    }
    let value = digits
        .iter()
        .fold(0u64, |it, &byte| it << 8 | u64::from(byte));
    value.to_string()
}

/// Bits of an unsigned big-endian number.
pub(super) fn bit_length(number: &[u8]) -> u32 {
    let bits = number
        .iter()
        .position(|&byte| byte != 0)
        .and_then(|start| number.get(start..))
        .map_or(0, |rest| rest.len() * 8 - rest[0].leading_zeros() as usize);
    u32::try_from(bits).unwrap_or(u32::MAX)
}
