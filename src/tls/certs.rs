//! Certificates as presented. Only this room names x509_parser.
//!
//! No certificate is verified here and no trust store asked: the report says what was presented.
//! The outer structure is walked field by field, so that a malformed date or name costs only
//! itself; x509_parser reads the fields.

mod chain;
mod der;
mod extensions;
mod key;
mod names;

use sha1::Sha1;
use sha2::{Digest, Sha256};

use self::der::Der;
pub(super) use self::der::upper_hex;
use self::names::Distinguished;
use super::reader::Reader;
use crate::model::Peer;
use crate::model::certificate::{Certificate, Chain};

/// More certificates than any chain that validates.
const MAX_CHAIN: usize = 32;

/// Longest text kept of one field, in bytes: more than any name on the web or in mail has, little
/// enough for the thousands a single hostile certificate could bring.
const MAX_TEXT: usize = 4096;

/// The encodings of the certificates of one message.
#[derive(Debug, PartialEq, Eq)]
pub struct List<'a> {
    /// In the order sent.
    pub certificates: Vec<&'a [u8]>,
    /// These are all.
    pub whole: bool,
}

/// The certificates of a Certificate message up to TLS 1.2 (RFC 5246 section 7.4.2). Ends at the
/// first one that is not whole.
pub fn list(body: &[u8]) -> List<'_> {
    let mut found = List {
        certificates: Vec::new(),
        whole: false,
    };
    let mut reader = Reader::new(body);
    let Some(len) = reader.u24() else {
        return found;
    };
    let mut list = Reader::new(reader.take_up_to(len as usize));
    found.whole = list.rest().len() == len as usize;
    while !list.is_empty() {
        let der = match list.u24() {
            Some(len) if found.certificates.len() < MAX_CHAIN => list.take(len as usize),
            _ => None,
        };
        let Some(der) = der else {
            found.whole = false;
            break;
        };
        found.certificates.push(der);
    }
    found
}

/// Whether a Certificate message up to TLS 1.2 follows its own lengths.
pub fn is_chain(body: &[u8]) -> bool {
    let mut reader = Reader::new(body);
    let announced = reader.u24().map(|len| len as usize);
    let whole = announced == Some(reader.rest().len());
    let mut entries = Reader::new(reader.rest());
    while entries.vec24().is_some() {}
    whole && entries.is_empty()
}

/// How many certificates a Certificate message holds, as far as its lengths go.
pub fn count(body: &[u8]) -> usize {
    let mut reader = Reader::new(body);
    let len = reader.u24().unwrap_or_default() as usize;
    let mut entries = Reader::new(reader.take_up_to(len));
    std::iter::from_fn(|| entries.vec24()).count()
}

/// Reads the certificates that `from` presented, and how they hang together.
pub fn presented(list: &List<'_>, from: Peer, frame: u64) -> (Vec<Certificate>, Option<Chain>) {
    let read = list
        .certificates
        .iter()
        .map(|der| Presented::read(der, frame));
    let mut read: Vec<Presented<'_>> = read.collect();
    let chain = chain::facts(&mut read, list.whole);
    let mut certificates: Vec<Certificate> = read.into_iter().map(|it| it.certificate).collect();
    // In any other order the first certificate is not the one that the sender was given for itself.
    let path = chain.iter().flat_map(|it| it.path.iter().copied());
    let path: Vec<usize> = path.collect();
    if path.first() == Some(&0) {
        certificates[0].tls_certificate_name = tls_certificate_name(&certificates[0]);
        if from == Peer::Server {
            for (position, at) in path.into_iter().enumerate() {
                tlsa(&mut certificates[at], position);
            }
        }
    }
    (certificates, chain)
}

/// Reads one certificate. The thumbprints are there for any bytes, everything else as far as it
/// can be read.
///
/// The serial number is the contents of the INTEGER, upper-case hex: .NET, and so Exchange, prints
/// them unchanged, with the leading `00` of numbers whose highest bit is set.
pub fn certificate(der: &[u8], frame: u64) -> Certificate {
    Presented::read(der, frame).certificate
}

/// A distinguished name (RFC 5280 section 4.1.2.4) as Windows writes it; `None` when it cannot be
/// read.
pub fn distinguished_name(der: &[u8]) -> Option<String> {
    let name = names::distinguished(Der::new(der).enter()?)?;
    Some(bounded(name.text))
}

/// A certificate with its names before they are cut, and their encodings.
#[derive(Debug)]
struct Presented<'a> {
    certificate: Certificate,
    subject: Option<FullName<'a>>,
    issuer: Option<FullName<'a>>,
}

#[derive(Debug)]
struct FullName<'a> {
    encoding: &'a [u8],
    text: String,
}

impl FullName<'_> {
    fn is_same(&self, other: &FullName<'_>) -> bool {
        self.encoding == other.encoding || self.text.eq_ignore_ascii_case(&other.text)
    }
}

impl<'a> Presented<'a> {
    fn read(der: &'a [u8], frame: u64) -> Self {
        let mut found = Self {
            certificate: Certificate {
                frame,
                sha1: upper_hex(&Sha1::digest(der)),
                sha256: upper_hex(&Sha256::digest(der)),
                ..Certificate::default()
            },
            subject: None,
            issuer: None,
        };
        // What was read before the first missing field stays.
        if let Err(field) = found.read_fields(der) {
            found.certificate.malformed.push(field.to_owned());
        }
        if let (Some(subject), Some(issuer)) = (&found.subject, &found.issuer) {
            found.certificate.self_signed = Some(subject.is_same(issuer));
        }
        found
    }

    /// Walks `TBSCertificate` (RFC 5280 section 4.1); the error is the first field that is not
    /// there.
    fn read_fields(&mut self, der: &'a [u8]) -> Result<(), &'static str> {
        let found = &mut self.certificate;
        let mut input = Der::new(der);
        let mut outer = input.enter().ok_or("certificate")?;
        if !input.rest.is_empty() {
            found.malformed.push("trailing bytes".to_owned());
        }
        let mut tbs = outer.enter().ok_or("tbsCertificate")?;
        // signatureAlgorithm follows the part that was signed.
        match outer.enter().and_then(key::signature) {
            Some((name, hash)) => {
                found.signature = Some(bounded(name));
                found.signature_hash = hash;
            }
            None => found.malformed.push("signatureAlgorithm".to_owned()),
        }

        found.version = match tbs.tagged(0) {
            Some(mut version) => version.next().and_then(|it| match it.data {
                &[number] => Some(u32::from(number) + 1),
                _ => None,
            }),
            None => Some(1),
        };
        let serial = tbs.next().ok_or("serialNumber")?;
        found.serial = Some(bounded(upper_hex(serial.data)));
        tbs.next().ok_or("signature")?;
        let issuer = tbs.enter().ok_or("issuer")?;
        if let Some((name, full)) = read_name(issuer, "issuer", found) {
            found.issuer = Some(bounded(name.text));
            self.issuer = Some(full);
        }
        let mut validity = tbs.enter().ok_or("validity")?;
        found.not_before = validity.time();
        found.not_after = validity.time();
        for (date, field) in [
            (found.not_before, "notBefore"),
            (found.not_after, "notAfter"),
        ] {
            if date.is_none() {
                found.malformed.push(field.to_owned());
            }
        }
        let subject = tbs.enter().ok_or("subject")?;
        if let Some((name, full)) = read_name(subject, "subject", found) {
            found.subject = Some(bounded(name.text));
            found.common_name = name.common_name.map(bounded);
            self.subject = Some(full);
        }
        let info = tbs.encoded().ok_or("subjectPublicKeyInfo")?;
        found.spki_sha256 = Some(upper_hex(&Sha256::digest(info)));
        match Der::new(info).enter().and_then(key::key) {
            Some(key) => {
                found.key = Some(bounded(key.text));
                found.key_algorithm = Some(bounded(key.algorithm));
                found.key_bits = key.bits;
                found.curve = key.curve.map(bounded);
                found.rsa_exponent = key.exponent.map(bounded);
            }
            None => found.malformed.push("subjectPublicKeyInfo".to_owned()),
        }
        // The unique identifiers of version 2 have no use (RFC 5280 section 4.1.2.8).
        let _ = (tbs.tagged(1), tbs.tagged(2));
        match tbs.tagged(3) {
            Some(list) => extensions::read(list, found),
            None if tbs.rest.is_empty() => found.must_staple = Some(false),
            None => return Err("extensions"),
        }
        Ok(())
    }
}

/// A name as it is shown, and all of it.
fn read_name<'a>(
    rdns: Der<'a>,
    field: &str,
    found: &mut Certificate,
) -> Option<(Distinguished, FullName<'a>)> {
    let Some(name) = names::distinguished(rdns) else {
        found.malformed.push(field.to_owned());
        return None;
    };
    let full = FullName {
        encoding: rdns.rest,
        text: name.text.clone(),
    };
    Some((name, full))
}

/// `<I>issuer<S>subject`; `None` where a name is cut or unknown.
fn tls_certificate_name(certificate: &Certificate) -> Option<String> {
    let whole = |name: &'_ Option<String>| name.clone().filter(|it| it.len() <= MAX_TEXT);
    let issuer = whole(&certificate.issuer)?;
    let subject = whole(&certificate.subject)?;
    Some(format!("<I>{issuer}<S>{subject}"))
}

/// TLSA parameters for the certificate at this position of the path from the server's own one.
/// DANE-EE(3) is for that one, DANE-TA(2) for those above it; SPKI(1) outlives a renewal with the
/// same key, Cert(0) does not (RFC 7671 sections 5.1 and 5.2).
fn tlsa(certificate: &mut Certificate, position: usize) {
    let (by_key, by_certificate) = match position {
        0 => ("3 1 1", "3 0 1"),
        _ => ("2 1 1", "2 0 1"),
    };
    if let Some(key) = &certificate.spki_sha256 {
        certificate.tlsa.insert(by_key, key.clone());
    }
    let whole = certificate.sha256.clone();
    certificate.tlsa.insert(by_certificate, whole);
}

/// Text cut to [`MAX_TEXT`].
fn bounded(mut text: String) -> String {
    if text.len() <= MAX_TEXT {
        return text;
    }
    let end = (0..=MAX_TEXT).rev().find(|&at| text.is_char_boundary(at));
    text.truncate(end.unwrap_or_default());
    text.push('…');
    text
}

#[cfg(test)]
mod tests;
