//! Certificates as presented. The only file that names x509_parser.
//!
//! No certificate is verified here and no trust store asked: the report says what was presented.
//! The outer structure is walked field by field, so that a malformed date or name costs only
//! itself; x509_parser reads the fields.

use std::fmt::Write as _;
use std::net::{Ipv4Addr, Ipv6Addr};

use sha1::Sha1;
use sha2::{Digest, Sha256};
use x509_parser::asn1_rs::{Any, Class, FromDer, Oid};
use x509_parser::extensions::GeneralName;
use x509_parser::time::ASN1Time;

use super::dn::{self, Attribute, Value};
use super::reader::Reader;
use super::registry::{certificate_signature_name, curve_name, key_name};
use crate::model::tls::Certificate;
use crate::time::Timestamp;

/// rsaEncryption and RSASSA-PSS (RFC 8017 appendix C).
const RSA: [&str; 2] = ["1.2.840.113549.1.1.1", "1.2.840.113549.1.1.10"];
/// id-ecPublicKey (RFC 5480 section 2.1.1).
const EC: &str = "1.2.840.10045.2.1";
/// id-dsa (RFC 3279 section 2.3.2).
const DSA: &str = "1.2.840.10040.4.1";
/// subjectAltName (RFC 5280 section 4.2.1.6).
const SUBJECT_ALT_NAME: &str = "2.5.29.17";
/// Microsoft's user principal name, an otherName.
const UPN: &str = "1.3.6.1.4.1.311.20.2.3";

/// The certificates of a Certificate message up to TLS 1.2 (RFC 5246 section 7.4.2), in the order
/// sent. Ends at the first one that is not whole.
pub fn chain(body: &[u8]) -> Vec<&[u8]> {
    let mut reader = Reader::new(body);
    let Some(len) = reader.u24() else {
        return Vec::new();
    };
    let mut list = Reader::new(reader.take_up_to(len as usize));
    let mut found = Vec::new();
    while let Some(len) = list.u24() {
        match list.take(len as usize) {
            Some(der) => found.push(der),
            None => break,
        }
    }
    found
}

/// Whether a Certificate message up to TLS 1.2 follows its own lengths.
pub fn is_chain(body: &[u8]) -> bool {
    let list: usize = chain(body).iter().map(|der| der.len() + 3).sum();
    let announced = Reader::new(body).u24().map(|len| len as usize);
    announced == Some(list) && body.len() == list + 3
}

/// Reads one certificate. The thumbprints are there for any bytes, everything else as far as it
/// can be read.
///
/// The serial number is the contents of the INTEGER, upper-case hex: .NET, and so Exchange, prints
/// them unchanged, with the leading `00` of numbers whose highest bit is set.
pub fn certificate(der: &[u8], frame: u64) -> Certificate {
    let mut found = Certificate {
        frame,
        sha1: upper_hex(&Sha1::digest(der)),
        sha256: upper_hex(&Sha256::digest(der)),
        ..Certificate::default()
    };
    // What was read before the first missing field stays.
    let _ = read_fields(der, &mut found);
    if let (Some(subject), Some(issuer)) = (&found.subject, &found.issuer) {
        found.self_signed = Some(subject == issuer);
    }
    found
}

/// A distinguished name (RFC 5280 section 4.1.2.4) as Windows writes it; `None` when it cannot be
/// read.
pub fn distinguished_name(der: &[u8]) -> Option<String> {
    name(Der::new(der).enter()?)
}

/// Walks `TBSCertificate` (RFC 5280 section 4.1); `None` at the first field that is not there.
fn read_fields(der: &[u8], found: &mut Certificate) -> Option<()> {
    let mut outer = Der::new(der).enter()?;
    let mut tbs = outer.enter()?;
    // signatureAlgorithm follows the part that was signed.
    found.signature = outer.enter().and_then(|mut it| {
        let oid = it.oid()?;
        Some(certificate_signature_name(&oid).to_owned())
    });

    let mut field = tbs.next()?;
    if field.class() == Class::ContextSpecific {
        field = tbs.next()?;
    }
    found.serial = Some(upper_hex(field.data));
    tbs.next()?;
    found.issuer = name(Der::new(tbs.next()?.data));
    let mut validity = Der::new(tbs.next()?.data);
    found.not_before = validity.time();
    found.not_after = validity.time();
    found.subject = name(Der::new(tbs.next()?.data));
    found.key = key(Der::new(tbs.next()?.data));
    while let Some(field) = tbs.next() {
        if field.class() == Class::ContextSpecific && field.tag().0 == 3 {
            found.sans = subject_alt_names(Der::new(field.data)).unwrap_or_default();
        }
    }
    Some(())
}

/// A sequence of DER values.
#[derive(Clone, Copy)]
struct Der<'a> {
    rest: &'a [u8],
}

impl<'a> Der<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    fn next(&mut self) -> Option<Any<'a>> {
        let (rest, any) = Any::from_der(self.rest).ok()?;
        self.rest = rest;
        Some(any)
    }

    /// The contents of the next value.
    fn enter(&mut self) -> Option<Self> {
        Some(Self::new(self.next()?.data))
    }

    fn oid(&mut self) -> Option<String> {
        let (rest, oid) = Oid::from_der(self.rest).ok()?;
        self.rest = rest;
        Some(dotted(oid.as_bytes()))
    }

    /// A time; an unreadable one is passed over.
    fn time(&mut self) -> Option<Timestamp> {
        let start = self.rest;
        self.next()?;
        let (_, time) = ASN1Time::from_der(start).ok()?;
        Some(Timestamp::from_parts(time.timestamp(), 0))
    }
}

/// A Name (RFC 5280 section 4.1.2.4) from the contents of its sequence.
fn name(mut rdns: Der<'_>) -> Option<String> {
    let mut found = Vec::new();
    while !rdns.rest.is_empty() {
        let mut rdn = rdns.enter()?;
        let mut attributes = Vec::new();
        while !rdn.rest.is_empty() {
            let mut pair = rdn.enter()?;
            let oid = pair.oid()?;
            let encoding = pair.rest;
            let value = pair.next()?;
            attributes.push(Attribute {
                oid,
                value: Value::new(value.tag().0, value.data, encoding),
            });
        }
        found.push(attributes);
    }
    Some(dn::to_text(&found))
}

/// Type and size of a SubjectPublicKeyInfo, from the contents of its sequence.
fn key(mut info: Der<'_>) -> Option<String> {
    let mut algorithm = info.enter()?;
    let oid = algorithm.oid()?;
    if let Some(name) = key_name(&oid) {
        return Some(name.to_owned());
    }
    if RSA.contains(&oid.as_str()) {
        // The bit string starts with the number of unused bits.
        let bits = info.next()?.data.get(1..)?;
        let modulus = Der::new(bits).enter()?.next()?;
        return Some(format!("RSA {}", bit_length(modulus.data)));
    }
    if oid == DSA {
        // Inherited parameters may be left out (RFC 3279 section 2.3.2).
        let prime = algorithm.enter().and_then(|mut it| it.next());
        return Some(prime.map_or_else(
            || "DSA".to_owned(),
            |it| format!("DSA {}", bit_length(it.data)),
        ));
    }
    if oid == EC {
        return Some(match algorithm.oid() {
            Some(curve) => format!("EC {}", curve_name(&curve)),
            None => "EC explicit".to_owned(),
        });
    }
    Some(oid)
}

/// An object identifier as `1.2.3` (X.690 section 8.19); its bytes as hex when a component does not
/// end or leaves 64 bits.
///
/// x509_parser computes components of any size, which takes seconds for one of 256 KiB.
fn dotted(bytes: &[u8]) -> String {
    try_dotted(bytes).unwrap_or_else(|| format!("0x{}", upper_hex(bytes)))
}

fn try_dotted(bytes: &[u8]) -> Option<String> {
    let mut text = String::new();
    let mut component: u64 = 0;
    let mut ended = false;
    for byte in bytes {
        component = component.checked_mul(0x80)? | u64::from(byte & 0x7F);
        ended = byte & 0x80 == 0;
        if !ended {
            continue;
        }
        if text.is_empty() {
            // The first two components share a number.
            let first = (component / 40).min(2);
            component -= first * 40;
            text = first.to_string();
        }
        // Writing to a String cannot fail.
        let _ = write!(text, ".{component}");
        component = 0;
    }
    ended.then_some(text)
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

/// Subject alternative names from the contents of `[3] Extensions`.
fn subject_alt_names(mut outer: Der<'_>) -> Option<Vec<String>> {
    let mut extensions = outer.enter()?;
    while let Some(mut extension) = extensions.enter() {
        if extension.oid().as_deref() != Some(SUBJECT_ALT_NAME) {
            continue;
        }
        let mut value = extension.next()?;
        // BOOLEAN critical
        if value.tag().0 == 1 {
            value = extension.next()?;
        }
        let mut list = Der::new(value.data).enter()?;
        let mut names = Vec::new();
        while let Some(entry) = list.next() {
            names.push(general_name(entry));
        }
        return Some(names);
    }
    None
}

/// A GeneralName (RFC 5280 section 4.2.1.6): DNS names as they are, others with their kind before
/// them.
fn general_name(entry: Any<'_>) -> String {
    let (tag, data) = (entry.tag().0, entry.data);
    match GeneralName::try_from(entry) {
        Ok(GeneralName::DNSName(text)) => text.to_owned(),
        Ok(GeneralName::RFC822Name(text)) => format!("email:{text}"),
        Ok(GeneralName::URI(text)) => format!("URI:{text}"),
        Ok(GeneralName::IPAddress(bytes)) => format!("IP:{}", address(bytes)),
        Ok(GeneralName::OtherName(oid, value)) => other_name(&dotted(oid.as_bytes()), value),
        Ok(GeneralName::RegisteredID(oid)) => format!("RID:{}", dotted(oid.as_bytes())),
        // The rest, and what is no valid UTF-8.
        _ => match tag {
            1 => format!("email:{}", dn::eight_bit(data)),
            2 => dn::eight_bit(data),
            4 => {
                let text = Der::new(data).enter().and_then(name);
                format!("DirName:{}", text.unwrap_or_default())
            }
            6 => format!("URI:{}", dn::eight_bit(data)),
            3 => format!("X400:{}", upper_hex(data)),
            5 => format!("EDI:{}", upper_hex(data)),
            _ => format!("[{tag}]:{}", upper_hex(data)),
        },
    }
}

/// The value stands in `[0]`.
fn other_name(oid: &str, value: &[u8]) -> String {
    let inner = Der::new(value).enter().and_then(|mut it| it.next());
    match inner {
        Some(text) if oid == UPN => format!("UPN:{}", dn::eight_bit(text.data)),
        Some(text) if matches!(text.tag().0, 12 | 22) => {
            format!("other:{oid}={}", dn::eight_bit(text.data))
        }
        _ => format!("other:{oid}"),
    }
}

fn address(bytes: &[u8]) -> String {
    if let Ok(v4) = <[u8; 4]>::try_from(bytes) {
        return Ipv4Addr::from(v4).to_string();
    }
    if let Ok(v6) = <[u8; 16]>::try_from(bytes) {
        return Ipv6Addr::from(v6).to_string();
    }
    upper_hex(bytes)
}

/// Upper-case hex without separators, as Windows prints thumbprints.
pub(super) fn upper_hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02X}");
    }
    text
}

#[cfg(test)]
mod tests;
