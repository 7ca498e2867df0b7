//! Servers that ask for a client certificate.

use super::ending::{aborted, ending};
use super::seen::whole;
use super::{Observation, Rule, words};
use crate::model::tls::{Alert, Tls};
use crate::model::{Confidence, Outcome, Peer, Session, Severity};

pub const LONG_LIST: Rule = Rule {
    id: "T24",
    title: "The list of trusted authorities is too long for Windows",
    severity: Severity::High,
    meaning: "The server names so many authorities in its request for a client certificate that \
              Schannel cuts the list, and peers stumble over it.",
    evidence: "A CertificateRequest with 12 kB of names or more, cut or just below the limits of \
               Schannel, and a handshake that dies behind it.",
    trap: "A long list that is whole and comes to its end harms nobody, and an alert about the \
           server's certificate or keys has another reason.",
    advice: "Remove roots that the server does not need, or switch the list off: \
             SendTrustedIssuerList = 0 (Schannel).",
    references: &["RFC 5246 section 7.4.4", "KB 2464556"],
    tls_rpt: Some("validation-failure"),
    check: long_list,
};

pub const DEMANDED: Rule = Rule {
    id: "T25",
    title: "The server demands a client certificate and gets none",
    severity: Severity::High,
    meaning: "Mutual TLS is required here, and the client has no certificate to show or was not \
              told to.",
    evidence: "A CertificateRequest, an empty Certificate of the client, and the server's fatal \
               alert; in TLS 1.3 an encrypted alert in answer to the client's last flight.",
    trap: "Most servers ask and do not insist: then the session goes on. In TLS 1.3 neither \
           request nor answer can be read: there it may have got one that it does not accept.",
    advice: "Give the client a certificate that the server accepts, or tell the server not to \
             insist on one.",
    references: &["RFC 5246 section 7.4.6", "RFC 8446 section 4.4.2.4"],
    tls_rpt: Some("validation-failure"),
    check: demanded,
};

fn long_list(session: &Session) -> Option<Observation> {
    /// Where lists of Schannel begin to be cut, less the name that did not fit, in bytes.
    const LONG: u64 = 12_000;
    let request = session.tls.as_ref()?.certificate_request.as_ref()?;
    let bytes = request.authority_bytes.filter(|bytes| *bytes >= LONG)?;
    let cut = request.truncated;
    if cut == Some(false) || session.outcome != Outcome::TlsFailed || !whole(session) {
        return None;
    }
    let ending = ending(session)?;
    // An alert that names another reason has it.
    if ending
        .code()
        .is_some_and(|code| !ABOUT_THE_LIST.contains(&code))
    {
        return None;
    }
    let how = match cut {
        Some(true) => "cut in the middle",
        _ => "just below the limit at which Windows leaves names out",
    };
    let asked = session.evidence.time_of(request.frame)?;
    let cause = format!(
        "The server at {} asks for a client certificate and names {} authorities in {bytes} bytes, \
         {how} (frame {}); the {} {}.",
        session.server.ip,
        request.authorities,
        request.frame,
        ending.from,
        ending.words(asked)
    );
    Some(Observation {
        severity: Severity::High,
        confidence: match cut {
            Some(true) => Confidence::High,
            _ => Confidence::Medium,
        },
        cause,
        frames: vec![request.frame, ending.frame],
        explains: true,
    })
}

/// Alerts of peers that stumble over a list, or of servers that get no certificate because of it:
/// unexpected_message, handshake_failure, no_certificate (SSL 3.0), bad_certificate,
/// illegal_parameter, decode_error, internal_error, certificate_required.
const ABOUT_THE_LIST: [u8; 8] = [10, 40, 41, 42, 47, 50, 80, 116];

fn demanded(session: &Session) -> Option<Observation> {
    let tls = session.tls.as_ref()?;
    in_clear(session)
        .or_else(|| encrypted(session, tls))
        .or_else(|| after_handshake(session, tls))
}

/// bad_record_mac, decryption_failed, decrypt_error.
const ABOUT_KEYS: [u8; 3] = [20, 21, 51];
/// What servers say to an empty list: handshake_failure, no_certificate (SSL 3.0), bad_certificate,
/// certificate_unknown, access_denied, decode_error (GnuTLS), certificate_required.
const WANTS_ONE: [u8; 7] = [40, 41, 42, 46, 49, 50, 116];

/// Up to TLS 1.2: request, empty answer and alert can be read.
fn in_clear(session: &Session) -> Option<Observation> {
    let aborted = aborted(session, Peer::Server)?;
    let alert = aborted.ending.alert?;
    let asked = aborted.tls.certificate_request.as_ref()?;
    let none = aborted.tls.no_client_certificate?;
    // These are about the keys (T23).
    if alert.code.is_some_and(|code| ABOUT_KEYS.contains(&code)) {
        return None;
    }
    let says_so = alert.code.is_some_and(|code| WANTS_ONE.contains(&code));
    let cause = format!(
        "The server at {} asked for a client certificate (frame {}), the client at {} presented \
         none (frame {}), and the server ended the handshake: {} (frame {}).",
        session.server.ip,
        asked.frame,
        session.client.ip,
        none.frame,
        words::alert(alert),
        alert.frame
    );
    Some(Observation {
        severity: Severity::High,
        confidence: match says_so {
            true => Confidence::High,
            false => Confidence::Medium,
        },
        cause,
        frames: vec![asked.frame, none.frame, alert.frame],
        explains: true,
    })
}

/// An encrypted alert of which only length and place tell.
fn inferred(alert: &Alert, from: Peer) -> bool {
    alert.encrypted && alert.from == from && alert.confidence == Some(Confidence::Medium)
}

/// TLS 1.3: an alert is all the server has to say to the client's Finished.
fn encrypted(session: &Session, tls: &Tls) -> Option<Observation> {
    let mut alerts = tls.alerts.iter();
    let alert = alerts.find(|alert| inferred(alert, Peer::Server))?;
    if session.outcome != Outcome::TlsFailed || !whole(session) {
        return None;
    }
    let cause = format!(
        "The server at {} answered the end of the client's handshake by one short record (frame \
         {}), most likely an encrypted alert: it refuses what the client sent, as servers do that \
         demand a client certificate and get none, or none that they accept.",
        session.server.ip, alert.frame
    );
    Some(Observation {
        severity: Severity::High,
        confidence: Confidence::Medium,
        cause,
        frames: vec![alert.frame],
        explains: true,
    })
}

/// The handshake is done without the certificate asked for, and the server leaves at the first
/// command: a hint, no more.
fn after_handshake(session: &Session, tls: &Tls) -> Option<Observation> {
    let asked = tls.certificate_request.as_ref()?;
    let none = tls.no_client_certificate?;
    let done = tls.established?;
    let one = session.evidence.data_records[Peer::Client.index()] == 1;
    let mut goodbyes = tls.alerts.iter().filter(|it| it.frame >= done.frame);
    let goodbye = goodbyes.next().filter(|it| it.from == Peer::Server)?;
    if !one || !whole(session) {
        return None;
    }
    let cause = format!(
        "The server at {} asked for a client certificate (frame {}), the client at {} presented \
         none (frame {}); the server went on and closed after the client's first record (frame \
         {}), perhaps because of it.",
        session.server.ip, asked.frame, session.client.ip, none.frame, goodbye.frame
    );
    Some(Observation {
        severity: Severity::Medium,
        confidence: Confidence::Low,
        cause,
        frames: vec![asked.frame, none.frame, goodbye.frame],
        explains: false,
    })
}
