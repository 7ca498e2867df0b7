//! Keys and signatures that are no longer accepted.

use super::refusal::{BAD, Fit, INSUFFICIENT_SECURITY, UNKNOWN, UNSUPPORTED};
use super::{Fault, either};
use crate::model::certificate::Certificate;
use crate::model::tls::Version;
use crate::model::{Confidence, Peer, Session, Severity};
use crate::rules::{Observation, Rule};

pub const WEAK_SIGNATURE: Rule = Rule {
    id: "C08",
    title: "A certificate is signed with MD5 or SHA-1",
    severity: Severity::Medium,
    meaning: "Such signatures can be forged. OpenSSL 3 refuses them at its default security level, \
              Schannel where the client does not list them.",
    evidence: "The signature algorithm of the certificate, or of an issuer sent with it, uses MD2, \
               MD5 or SHA-1; the cause of a failure where alert 42, 43 or 46 answers it, surely so \
               where the ClientHello does not list it.",
    trap: "The signature of a self-signed certificate does not matter: nobody checks it, and it is \
           not reported.",
    advice: "Have the certificate issued anew; every CA signs with SHA-256 today. An internal CA \
             must be set to SHA-256 first.",
    references: &["RFC 5246 section 7.4.2", "RFC 9325 section 4.5"],
    tls_rpt: Some("validation-failure"),
    check: weak_signature,
};

pub const SMALL_KEY: Rule = Rule {
    id: "C09",
    title: "A certificate has an RSA key below 2048 bits",
    severity: Severity::Medium,
    meaning: "Keys of that size are too weak for today's rules. OpenSSL 3 refuses them at the \
              security level that Debian and Ubuntu set.",
    evidence: "The modulus of the certificate, or of an issuer sent with it, has fewer than 2048 \
               bits; the cause of a failure where alert 42, 43, 46 or 71 answers it.",
    trap: "Many opportunistic senders take such keys. A refusal may have another reason that is not \
           on the wire, so the verdict is not sure.",
    advice: "Make a new key of 2048 bits or more, or an elliptic-curve key, and have the certificate \
             issued for it.",
    references: &["NIST SP 800-131A Rev. 2", "RFC 9325 section 4.5"],
    tls_rpt: Some("validation-failure"),
    check: small_key,
};

const NOT_LISTED: Fit = Fit {
    alerts: &[
        (BAD, Confidence::High),
        (UNSUPPORTED, Confidence::High),
        (UNKNOWN, Confidence::Medium),
    ],
    closed: None,
};

/// The peer's own rules decide, and those are not on the wire.
const TOO_WEAK: Fit = Fit {
    alerts: &[
        (INSUFFICIENT_SECURITY, Confidence::High),
        (BAD, Confidence::Medium),
        (UNSUPPORTED, Confidence::Medium),
        (UNKNOWN, Confidence::Medium),
    ],
    closed: None,
};

fn weak_signature(session: &Session) -> Option<Observation> {
    either(session, |presented| {
        let weak = |certificate: &Certificate| {
            let hash = certificate.signature_hash.unwrap_or_default();
            ["MD2", "MD5", "SHA-1"].contains(&hash) && certificate.self_signed == Some(false)
        };
        let (at, certificate) = presented.path().find(|(_, it)| weak(it))?;
        let signature = certificate.signature.as_deref().unwrap_or_default();
        let (listed, frame) = listed(session, presented.by, certificate);
        let (not_listed, fit) = match listed {
            false => (" (the client does not list that)", &NOT_LISTED),
            true => ("", &TOO_WEAK),
        };
        let what = format!(
            "{}, which is signed with {signature}{not_listed}.",
            presented.words(at)
        );
        Some(presented.observe(&Fault {
            at,
            what,
            severity: Severity::Medium,
            otherwise: "This connection works all the same.",
            fit,
            surest: Confidence::High,
            frames: frame.as_slice(),
        }))
    })
}

/// Whether the client's hello allows the signature of a server's certificate (RFC 5246 section
/// 7.4.1.4.1, RFC 8446 section 4.2.3), and the frame of a hello that does not.
fn listed(session: &Session, by: Peer, certificate: &Certificate) -> (bool, Option<u64>) {
    let hello = session.tls.as_ref().and_then(|it| it.client_hello.as_ref());
    let Some(hello) = hello.filter(|hello| by == Peer::Server && !hello.partial) else {
        return (true, None);
    };
    // Older versions do not know the list.
    let answer = session.tls.as_ref().and_then(|it| it.server_hello.as_ref());
    if answer.and_then(|answer| answer.version) != Some(Version::TLS12) {
        return (true, None);
    }
    let schemes = match hello.signature_algorithms_cert.is_empty() {
        true => &hello.signature_algorithms,
        false => &hello.signature_algorithms_cert,
    };
    let hash = match certificate.signature_hash {
        Some("SHA-1") => "sha1",
        Some("MD5") => "md5",
        _ => return (true, None),
    };
    let allowed = schemes.is_empty() || schemes.iter().any(|scheme| scheme.contains(hash));
    (allowed, (!allowed).then_some(hello.frame))
}

fn small_key(session: &Session) -> Option<Observation> {
    /// RFC 9325 section 4.5.
    const LEAST: u32 = 2048;
    either(session, |presented| {
        let small = |certificate: &Certificate| {
            let is_rsa = certificate.key_algorithm.as_deref() == Some("RSA");
            is_rsa && certificate.key_bits.is_some_and(|bits| bits < LEAST)
        };
        let (at, certificate) = presented.path().find(|(_, it)| small(it))?;
        let what = format!(
            "{}, whose RSA key has {} bits.",
            presented.words(at),
            certificate.key_bits.unwrap_or_default()
        );
        Some(presented.observe(&Fault {
            at,
            what,
            severity: Severity::Medium,
            otherwise: "This connection works all the same.",
            fit: &TOO_WEAK,
            surest: Confidence::High,
            frames: &[],
        }))
    })
}
