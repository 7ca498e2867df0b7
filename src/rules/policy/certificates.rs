//! Lines about the certificates that were presented.

use super::check::Breach;
use crate::model::Peer;
use crate::model::tls::{Certificate, Tls};

/// Hashes that signatures are made over, as policies write them.
pub const HASHES: &[&str] = &[
    "md2", "md4", "md5", "sha1", "sha224", "sha256", "sha384", "sha512",
];

/// The RSA key of an end entity has fewer bits.
pub fn min_rsa_bits(least: u32, peer: Option<Peer>, tls: &Tls) -> Option<Breach> {
    breach(ends(peer, tls), |certificate| {
        let bits = certificate.key.as_deref()?.strip_prefix("RSA ")?;
        let bits: u32 = bits.parse().ok()?;
        (bits < least)
            .then(|| format!("has an RSA key of {bits} bits; {least} are the least allowed"))
    })
}

/// The key of an end entity is on another curve; curves without a name are unknown.
pub fn allow_curves(allowed: &[String], peer: Option<Peer>, tls: &Tls) -> Option<Breach> {
    breach(ends(peer, tls), |certificate| {
        let curve = certificate.key.as_deref()?.strip_prefix("EC ")?;
        let is_named = curve != "explicit" && !curve.starts_with(|c: char| c.is_ascii_digit());
        (is_named && !allowed.iter().any(|name| name == curve))
            .then(|| format!("has a key on the curve {curve}, which is not allowed"))
    })
}

/// A certificate is signed over one of these hashes. Nobody checks the signature of a self-signed
/// one.
pub fn forbid_hashes(hashes: &[&str], peer: Option<Peer>, tls: &Tls) -> Option<Breach> {
    breach(issued(peer, tls), |certificate| {
        let signature = certificate.signature.as_deref()?;
        let hash = certificate.signature_hash?.replace('-', "").to_lowercase();
        hashes
            .contains(&hash.as_str())
            .then(|| format!("is signed with {signature}, which is not allowed"))
    })
}

/// A certificate is signed with one of these algorithms; self-signed ones as above.
pub fn forbid_signatures(names: &[String], peer: Option<Peer>, tls: &Tls) -> Option<Breach> {
    breach(issued(peer, tls), |certificate| {
        let signature = certificate.signature.as_deref()?;
        names
            .iter()
            .any(|name| name == signature)
            .then(|| format!("is signed with {signature}, which is not allowed"))
    })
}

/// A certificate with whose it is and where it stands in the chain, counted from 1.
type Placed<'a> = (Peer, usize, &'a Certificate);

fn chains(peer: Option<Peer>, tls: &Tls) -> impl Iterator<Item = Placed<'_>> {
    let sides = [
        (Peer::Server, &tls.certificates.server),
        (Peer::Client, &tls.certificates.client),
    ];
    sides
        .into_iter()
        .filter(move |side| peer.is_none_or(|peer| peer == side.0))
        .flat_map(|(side, chain)| {
            let numbered = chain.iter().enumerate();
            numbered.map(move |(at, certificate)| (side, at + 1, certificate))
        })
}

/// The first of a chain belongs to the sender (RFC 5246 section 7.4.2).
fn ends(peer: Option<Peer>, tls: &Tls) -> impl Iterator<Item = Placed<'_>> {
    chains(peer, tls).filter(|&(_, number, _)| number == 1)
}

fn issued(peer: Option<Peer>, tls: &Tls) -> impl Iterator<Item = Placed<'_>> {
    chains(peer, tls).filter(|(_, _, certificate)| certificate.self_signed == Some(false))
}

fn breach<'a>(
    certificates: impl Iterator<Item = Placed<'a>>,
    what: impl Fn(&Certificate) -> Option<String>,
) -> Option<Breach> {
    /// Certificates named in the words of a finding; real chains are no longer.
    const NAMED: usize = 4;
    let mut words = Vec::new();
    let mut frames = Vec::new();
    for (side, number, certificate) in certificates {
        if let Some(what) = what(certificate) {
            let frame = certificate.frame;
            if words.len() < NAMED {
                words.push(format!(
                    "Certificate {number} of the {side} (frame {frame}) {what}"
                ));
            }
            frames.push(frame);
        }
    }
    if words.is_empty() {
        return None;
    }
    let more = match frames.len() - words.len() {
        0 => String::new(),
        more => format!(". The same holds for {more} more"),
    };
    Some(Breach {
        what: format!("{}{more}", words.join(". ")),
        frames,
    })
}
