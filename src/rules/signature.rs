//! Signature algorithms: what a client takes, and what it is given.

use super::agreement::not_suited;
use super::ending::{Aborted, aborted};
use super::{Observation, Rule};
use crate::model::tls::{Certificate, ClientHello, Version};
use crate::model::{Confidence, Peer, Session, Severity};

pub const NOT_ACCEPTED: Rule = Rule {
    id: "T14",
    title: "A signature is not of a kind that the client accepts",
    severity: Severity::High,
    meaning: "The server signs, or its certificate is signed, in a way the client does not list: \
              MD5, SHA-1, SHA-512 on old Windows, or ECDSA against RSA.",
    evidence: "The algorithm of ServerKeyExchange or of a certificate is not among \
               signature_algorithms, and the client leaves; or a list without RSA and SHA-2 that \
               is refused.",
    trap: "Below TLS 1.2 there is no list. A root's own signature is not looked at. A client that \
           leaves over a certificate may have other reasons.",
    advice: "Have the certificate reissued with SHA-256 by the authority; on old Windows install \
             the updates for SHA-512 (KB 2973337).",
    references: &[
        "RFC 5246 section 7.4.1.4.1",
        "RFC 9155",
        "RFC 8446 section 4.2.3",
    ],
    tls_rpt: Some("validation-failure"),
    check: not_accepted,
};

/// Alerts by which clients object to a signature: handshake_failure, bad_certificate,
/// unsupported_certificate, illegal_parameter, decrypt_error, and OpenSSL's internal_error.
const ABOUT_SIGNATURE: [u8; 6] = [40, 42, 43, 47, 51, 80];

/// Of these, the ones by which a client objects to the certificate rather than to the key.
const ABOUT_CERTIFICATE: [u8; 2] = [42, 43];

fn not_accepted(session: &Session) -> Option<Observation> {
    signed_otherwise(session).or_else(|| not_made(session))
}

/// The server signed in a way that the client does not list.
fn signed_otherwise(session: &Session) -> Option<Observation> {
    let aborted = aborted(session, Peer::Client)?;
    let code = aborted.ending.code()?;
    let offer = aborted.tls.client_hello.as_ref()?;
    let readable = !offer.partial && !offer.signature_algorithms.is_empty();
    // Who has answered the flight has taken its signatures.
    if session.evidence.client_answered {
        return None;
    }
    if aborted.hello.version? != Version::TLS12 || !readable || !ABOUT_SIGNATURE.contains(&code) {
        return None;
    }
    let (what, frame, confidence) =
        key_exchange(&aborted, offer).or_else(|| certificate(&aborted, offer))?;
    let cause = format!(
        "{what}, which the client at {} does not list among its signature algorithms (frame {}); \
         it {}.",
        session.client.ip,
        offer.frame,
        aborted.words()
    );
    Some(Observation {
        severity: Severity::High,
        confidence,
        cause,
        frames: vec![offer.frame, frame, aborted.ending.frame],
        explains: true,
    })
}

/// The signature over the server's key: against the protocol, and the last thing before the alert.
fn key_exchange(aborted: &Aborted, offer: &ClientHello) -> Option<(String, u64, Confidence)> {
    let exchange = aborted.tls.server_key_exchange.as_ref()?;
    let algorithm = exchange.signature_algorithm.as_ref()?;
    if offer.signature_algorithms.contains(algorithm) {
        return None;
    }
    let what = format!(
        "The server signs its key with {algorithm} (frame {})",
        exchange.frame
    );
    let about_certificate = aborted
        .ending
        .code()
        .is_some_and(|code| ABOUT_CERTIFICATE.contains(&code));
    let confidence = match about_certificate {
        true => Confidence::Medium,
        false => Confidence::High,
    };
    Some((what, exchange.frame, confidence))
}

/// The signature under a certificate; clients that do not look at the list have other reasons.
fn certificate(aborted: &Aborted, offer: &ClientHello) -> Option<(String, u64, Confidence)> {
    let list = match offer.signature_algorithms_cert.is_empty() {
        true => &offer.signature_algorithms,
        false => &offer.signature_algorithms_cert,
    };
    let mut certificates = aborted.tls.certificates.server.iter();
    let certificate = certificates.find(|certificate| {
        certificate.self_signed == Some(false) && is_listed(certificate, list) == Some(false)
    })?;
    let what = format!(
        "A certificate of the server (frame {}) is signed with {}",
        certificate.frame,
        certificate.signature.as_deref()?
    );
    Some((what, certificate.frame, Confidence::Medium))
}

/// Whether the list holds the algorithm of the certificate's signature; `None` for those that
/// cannot be told from the name.
fn is_listed(certificate: &Certificate, list: &[String]) -> Option<bool> {
    let hash = certificate.signature_hash?.replace('-', "").to_lowercase();
    let signature = certificate.signature.as_deref()?;
    let family = match signature {
        _ if signature.ends_with("WithRSAEncryption") => "rsa_pkcs1_",
        _ if signature.starts_with("ecdsa-with-") => "ecdsa_",
        _ => return None,
    };
    let mut names = list.iter();
    Some(names.any(|name| name.starts_with(family) && name.ends_with(&hash)))
}

const SHA2: [&str; 3] = ["_sha256", "_sha384", "_sha512"];

/// The client takes no RSA signature with SHA-2, which is what most servers make.
pub(super) fn not_made(session: &Session) -> Option<Observation> {
    let refused = not_suited(session)?;
    let list = &refused.hello.signature_algorithms;
    let sha2 = |name: &String| SHA2.iter().any(|hash| name.ends_with(hash));
    let usual = |name: &String| name.starts_with("rsa_") && sha2(name);
    if list.is_empty() || list.iter().any(usual) {
        return None;
    }
    let cause = format!(
        "The client at {} accepts the signatures {} only, none of RSA with SHA-2 (frame {}), and \
         the server at {} {}: most likely it cannot sign in any of these ways.",
        session.client.ip,
        list.join(", "),
        refused.hello.frame,
        session.server.ip,
        refused.words()
    );
    Some(Observation {
        severity: Severity::High,
        confidence: Confidence::Medium,
        cause,
        frames: refused.frames(),
        explains: true,
    })
}
