//! Alerts that name their reason: a name, the server itself, keys, tickets.

use super::ending::{Ending, aborted, ending, refused};
use super::{Observation, Rule, words};
use crate::model::tls::{Alert, Version};
use crate::model::{Confidence, Outcome, Peer, Session, Severity};

pub const UNKNOWN_NAME: Rule = Rule {
    id: "T21",
    title: "The server does not know the name that the client asked for",
    severity: Severity::High,
    meaning: "The client names a host in its hello (SNI) for which the server has no certificate, \
              and the server insists on one.",
    evidence: "The server's fatal alert 112 (unrecognized_name).",
    trap: "As a warning it is harmless: the server goes on with its default certificate.",
    advice: "Correct the name that the client asks for, or give the server a certificate for it \
             or a default one.",
    references: &["RFC 6066 section 3"],
    tls_rpt: Some("validation-failure"),
    check: unknown_name,
};

pub const SERVER_FAULT: Rule = Rule {
    id: "T22",
    title: "The server has an internal error",
    severity: Severity::High,
    meaning: "The server gave up over something of its own: a key it may not read, a hardware \
              module, a broken configuration.",
    evidence: "The server's fatal alert 80 (internal_error) at once after the ClientHello.",
    trap: "OpenSSL 3 sends it also where it may not sign with SHA-1, as TLS 1.1 and older want. \
           From a client it is an objection to a signature (T14).",
    advice: "Look at the server's log of that second; check who may read its private key, and the \
             certificate that is bound to the service.",
    references: &["RFC 8446 section 6.2"],
    tls_rpt: Some("validation-failure"),
    check: server_fault,
};

pub const BAD_RECORD: Rule = Rule {
    id: "T23",
    title: "The two sides do not arrive at the same keys",
    severity: Severity::High,
    meaning: "A record of the handshake could not be decrypted or verified: a fault of one \
              implementation, a wrong key, or somebody who changes bytes on the way.",
    evidence: "Fatal alert 20, 21 or 51 after the keys were exchanged and before both sides are \
               encrypted.",
    trap: "After ChangeCipherSpec alerts of that side are encrypted, and only their length shows.",
    advice: "Capture on both sides and compare the handshake byte by byte; if it is the same, \
             update the implementations, and leave out the suite for a try.",
    references: &["RFC 5246 section 7.2.2", "RFC 8446 section 6.2"],
    tls_rpt: Some("validation-failure"),
    check: bad_record,
};

pub const STALE_SESSION: Rule = Rule {
    id: "T27",
    title: "A resumed session has other keys on the two sides",
    severity: Severity::High,
    meaning: "The server took up an old session or ticket, and the keys of it are not those of \
              the client: backends that do not share their ticket keys, most likely.",
    evidence: "The ServerHello resumes a session, then alert 20, 21, 40, 47 or 51 instead of the \
               end of the handshake.",
    trap: "The full handshake that follows it works: look for it among the connections (X03).",
    advice: "Give all backends of the pool the same ticket keys, or none; a restart of the server \
             with a fresh key helps for the moment.",
    references: &["RFC 5077 section 5.5", "RFC 8446 section 4.6.1"],
    tls_rpt: Some("validation-failure"),
    check: stale_session,
};

/// unrecognized_name (RFC 6066).
const UNRECOGNIZED_NAME: u8 = 112;
/// internal_error (RFC 8446 section 6.2).
const INTERNAL_ERROR: u8 = 80;
/// bad_record_mac, decryption_failed, decrypt_error.
const ABOUT_RECORDS: [u8; 3] = [20, 21, 51];
/// These, and handshake_failure and illegal_parameter.
const ABOUT_RESUMPTION: [u8; 5] = [20, 21, 40, 47, 51];

/// What it may be with a client below TLS 1.2.
const OLD_SIGNATURES: &str = " Servers with OpenSSL 3 say so as well where they may not sign with \
                              MD5 and SHA-1, as versions below TLS 1.2 want it.";

/// The alert that ended the handshake.
fn alerted(session: &Session) -> Option<(Ending<'_>, &Alert)> {
    let ending = ending(session)?;
    let failed = session.outcome == Outcome::TlsFailed;
    Some((ending, ending.alert.filter(|_| failed)?))
}

fn unknown_name(session: &Session) -> Option<Observation> {
    let (ending, alert) = alerted(session)?;
    if ending.from != Peer::Server || alert.code != Some(UNRECOGNIZED_NAME) {
        return None;
    }
    let offer = session.tls.as_ref()?.client_hello.as_ref();
    let asked = match offer.map(|offer| (offer.frame, offer.sni.as_deref())) {
        Some((frame, Some(name))) => format!("for {} (frame {frame})", words::quoted(name)),
        Some((frame, None)) => format!("for no name at all (frame {frame})"),
        None => "for a name".to_owned(),
    };
    let cause = format!(
        "The client at {} asks {asked}, and the server at {} does not know it: {} (frame {}).",
        session.client.ip,
        session.server.ip,
        words::alert(alert),
        alert.frame
    );
    Some(Observation {
        severity: Severity::High,
        confidence: match offer {
            Some(_) => Confidence::High,
            None => Confidence::Medium,
        },
        cause,
        frames: offer
            .map(|offer| offer.frame)
            .into_iter()
            .chain([alert.frame])
            .collect(),
        explains: true,
    })
}

fn server_fault(session: &Session) -> Option<Observation> {
    let refused = refused(session).filter(|it| it.ending.code() == Some(INTERNAL_ERROR))?;
    let cause = format!(
        "The server at {} {} (frame {}): an error of its own.{}",
        session.server.ip,
        refused.words(),
        refused.hello.frame,
        match refused.hello.max_version? < Version::TLS12 {
            true => OLD_SIGNATURES,
            false => "",
        }
    );
    Some(Observation {
        severity: Severity::High,
        confidence: Confidence::Medium,
        cause,
        frames: refused.frames(),
        explains: true,
    })
}

fn bad_record(session: &Session) -> Option<Observation> {
    let (ending, alert) = alerted(session)?;
    let keys = session.evidence.client_answered;
    if !keys || !ABOUT_RECORDS.contains(&alert.code?) || stale_session(session).is_some() {
        return None;
    }
    let ip = match ending.from {
        Peer::Client => session.client.ip,
        Peer::Server => session.server.ip,
    };
    let cause = format!(
        "The {} at {ip} could not verify what the {} sent when both went encrypted: {} (frame {}).",
        ending.from,
        ending.from.other(),
        words::alert(alert),
        alert.frame
    );
    Some(Observation {
        severity: Severity::High,
        confidence: Confidence::Medium,
        cause,
        frames: vec![alert.frame],
        explains: true,
    })
}

fn stale_session(session: &Session) -> Option<Observation> {
    let peers = [Peer::Client, Peer::Server];
    let aborted = peers.iter().find_map(|peer| aborted(session, *peer))?;
    let code = aborted.ending.code()?;
    if aborted.hello.resumed != Some(true) || !ABOUT_RESUMPTION.contains(&code) {
        return None;
    }
    let means = aborted
        .hello
        .resumption
        .map_or_else(String::new, |means| format!(" ({means})"));
    let cause = format!(
        "The server at {} resumed an earlier session{means} (frame {}); then the {} {}.",
        session.server.ip,
        aborted.hello.frame,
        aborted.ending.from,
        aborted.words()
    );
    Some(Observation {
        severity: Severity::High,
        confidence: Confidence::Medium,
        cause,
        frames: vec![aborted.hello.frame, aborted.ending.frame],
        explains: true,
    })
}
