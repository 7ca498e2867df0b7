//! What clients dislike in the server's flight up to TLS 1.2.

use super::ending::{Aborted, aborted};
use super::{Observation, Rule};
use crate::model::tls::{Renegotiation, Version};
use crate::model::{Confidence, Peer, Session, Severity};

pub const WEAK_DH: Rule = Rule {
    id: "T11",
    title: "The server's Diffie-Hellman prime is too small",
    severity: Severity::High,
    meaning: "Primes below 2048 bits are within reach of big players, and clients of today leave \
              on seeing 1024 bits or less.",
    evidence: "The size of the prime in ServerKeyExchange; where it made the client leave, its \
               alert 40, 47 or 71 behind it.",
    trap: "A client may leave at that point for another reason, too: of a certificate it speaks \
           by alerts of their own, of a missing renegotiation_info (T16) by the same.",
    advice: "Give the server a prime of 2048 bits or more (Postfix: smtpd_tls_dh1024_param_file = \
             auto), or let it prefer ECDHE.",
    references: &["RFC 9325 section 4.5", "RFC 7919"],
    tls_rpt: Some("validation-failure"),
    check: weak_dh,
};

pub const NO_EXTENDED_SECRET: Rule = Rule {
    id: "T15",
    title: "The client leaves a server without extended master secret",
    severity: Severity::High,
    meaning: "Clients under FIPS rules insist on that extension in TLS 1.2.",
    evidence: "TLS 1.2, extended_master_secret in the ClientHello and not in the ServerHello, and \
               the client's alert 40 or 47 right after.",
    trap: "Most clients do not insist, and one may leave here for another reason: a missing \
           renegotiation_info (T16) or a weak prime (T11) is named before.",
    advice: "Update the server so that it knows extended master secret, or use TLS 1.3.",
    references: &["RFC 7627 section 5.2"],
    tls_rpt: Some("validation-failure"),
    check: no_extended_secret,
};

pub const NO_RENEGOTIATION_INFO: Rule = Rule {
    id: "T16",
    title: "The client leaves a server without secure renegotiation",
    severity: Severity::High,
    meaning: "The server lacks the fix of 2010, and OpenSSL 3 and others do not talk to such \
              servers.",
    evidence: "Secure renegotiation is offered (extension or SCSV) and missing in the ServerHello, \
               and the client sends alert 40 right after.",
    trap: "Most clients tolerate it. Without the alert it is only an old server.",
    advice: "Patch the server (RFC 5746). For the time being a client with OpenSSL 3 can be told \
             to put up with it: UnsafeLegacyServerConnect.",
    references: &["RFC 5746 section 3.4"],
    tls_rpt: Some("validation-failure"),
    check: no_renegotiation_info,
};

pub const COMPRESSION: Rule = Rule {
    id: "T17",
    title: "TLS compression was chosen",
    severity: Severity::Medium,
    meaning: "Compression below encryption lets an attacker who can add text find out secrets \
              (CRIME).",
    evidence: "A compression method other than null in the ServerHello.",
    trap: "Compression of certificates (RFC 8879) is another thing, and harmless.",
    advice: "Switch compression off, on the server first.",
    references: &["RFC 9325 section 3.3"],
    tls_rpt: None,
    check: compression,
};

/// handshake_failure, illegal_parameter, insufficient_security (RFC 8446 section 6.2).
const ABOUT_KEYS: [u8; 3] = [40, 47, 71];
/// handshake_failure.
const HANDSHAKE_FAILURE: u8 = 40;

/// The client left after the server's flight, which it does not want, with one of these alerts.
fn objected<'a>(session: &'a Session, codes: &[u8]) -> Option<Aborted<'a>> {
    let aborted = aborted(session, Peer::Client)?;
    let alert = aborted.ending.alert?;
    let answers = alert.answers.as_ref()?;
    // Later it has sent its own keys, and what follows is about those.
    let to_flight = FLIGHT.contains(&answers.message.as_str()) && !session.evidence.client_answered;
    (to_flight && codes.contains(&alert.code?)).then_some(aborted)
}

/// Messages of the server's flight (RFC 5246 section 7.3).
const FLIGHT: [&str; 6] = [
    "ServerHello",
    "Certificate",
    "CertificateStatus",
    "ServerKeyExchange",
    "CertificateRequest",
    "ServerHelloDone",
];

fn weak_dh(session: &Session) -> Option<Observation> {
    /// RFC 9325 section 4.5.
    const ENOUGH: u32 = 2048;
    /// What current clients refuse whatever their settings.
    const REFUSED: u32 = 1024;
    let tls = session.tls.as_ref()?;
    let exchange = tls.server_key_exchange.as_ref()?;
    let bits = exchange.dh_bits.filter(|bits| *bits < ENOUGH)?;
    let objected = objected(session, &ABOUT_KEYS);
    let then = objected.as_ref().map_or_else(String::new, |aborted| {
        format!(
            ", and the client at {} {}",
            session.client.ip,
            aborted.words()
        )
    });
    let cause = format!(
        "The server at {} uses a Diffie-Hellman prime of {bits} bits (frame {}){then}.",
        session.server.ip, exchange.frame
    );
    let left = objected.as_ref().map(|aborted| aborted.ending.frame);
    let other = objected.as_ref().is_some_and(lacks_renegotiation_info);
    Some(Observation {
        severity: match objected {
            Some(_) => Severity::High,
            None => Severity::Medium,
        },
        confidence: match objected {
            Some(_) if bits > REFUSED || other => Confidence::Medium,
            _ => Confidence::High,
        },
        cause,
        frames: [exchange.frame].into_iter().chain(left).collect(),
        explains: objected.is_some(),
    })
}

/// What T16 is about: the client offers secure renegotiation and the server does not know it.
fn lacks_renegotiation_info(aborted: &Aborted<'_>) -> bool {
    let offer = aborted.tls.client_hello.as_ref();
    let offered = offer.and_then(|offer| offer.renegotiation_info);
    offered.is_some_and(|how| how != Renegotiation::None)
        && aborted.hello.renegotiation_info == Some(false)
}

fn no_extended_secret(session: &Session) -> Option<Observation> {
    let aborted = objected(session, &[HANDSHAKE_FAILURE, 47])?;
    let offer = aborted.tls.client_hello.as_ref()?;
    let hello = aborted.hello;
    let missing = offer.extended_master_secret == Some(true)
        && hello.extended_master_secret == Some(false)
        && hello.version? == Version::TLS12
        && hello.resumed != Some(true);
    let other_reason = hello.renegotiation_info == Some(false) || weak_dh(session).is_some();
    if !missing || other_reason {
        return None;
    }
    let cause = format!(
        "The server at {} does not take up the extended master secret that the client offers \
         (frame {}; offered in frame {}), and the client at {} {}. That it insists on it is \
         likely; the alert does not say so.",
        session.server.ip,
        hello.frame,
        offer.frame,
        session.client.ip,
        aborted.words()
    );
    Some(Observation {
        severity: Severity::High,
        confidence: Confidence::Medium,
        cause,
        frames: aborted.frames(offer),
        explains: true,
    })
}

fn no_renegotiation_info(session: &Session) -> Option<Observation> {
    let aborted = objected(session, &[HANDSHAKE_FAILURE])?;
    let offer = aborted.tls.client_hello.as_ref()?;
    let hello = aborted.hello;
    let offered = offer
        .renegotiation_info
        .filter(|it| *it != Renegotiation::None)?;
    let missing = hello.renegotiation_info == Some(false) && !hello.version?.is_tls13();
    if !missing || weak_dh(session).is_some() {
        return None;
    }
    let how = match offered {
        Renegotiation::Scsv => "by SCSV",
        _ => "by extension",
    };
    let cause = format!(
        "The server at {} does not know secure renegotiation (no renegotiation_info in frame {}; \
         offered {how} in frame {}), and the client at {} {}, as OpenSSL 3 does then.",
        session.server.ip,
        hello.frame,
        offer.frame,
        session.client.ip,
        aborted.words()
    );
    Some(Observation {
        severity: Severity::High,
        confidence: Confidence::Medium,
        cause,
        frames: aborted.frames(offer),
        explains: true,
    })
}

fn compression(session: &Session) -> Option<Observation> {
    let hello = session.tls.as_ref()?.server_hello.as_ref()?;
    let method = hello.compression_method.as_deref()?;
    if method == "null" {
        return None;
    }
    let cause = format!(
        "The server at {} chose the compression {method} (frame {}).",
        session.server.ip, hello.frame
    );
    Some(Observation {
        severity: Severity::Medium,
        confidence: Confidence::High,
        cause,
        frames: vec![hello.frame],
        explains: false,
    })
}
