//! How far a session came, and what became of it.

use crate::model::smtp::Smtp;
use crate::model::tcp::{Handshake, Tcp};
use crate::model::tls::Tls;
use crate::model::{Ended, Evidence, How, Outcome, Phase};

/// The last milestone reached.
pub fn phase(smtp: Option<&Smtp>, tls: Option<&Tls>, evidence: &Evidence) -> Phase {
    if let Some(tls) = tls {
        if tls.established.is_some() {
            return Phase::Established;
        }
        if evidence.client_answered && tls.server_hello.is_some() {
            return Phase::KeyExchange;
        }
        if tls.server_hello.is_some() {
            return Phase::ServerFlight;
        }
        if tls.client_hello.is_some() {
            return Phase::ClientHello;
        }
    }
    let Some(smtp) = smtp else {
        return Phase::TcpHandshake;
    };
    if smtp.quit.is_some() {
        Phase::Quit
    } else if smtp.cleartext_mail.is_some() || smtp.cleartext_auth.is_some() {
        Phase::Mail
    } else if smtp.requested.is_some() || smtp.reply.is_some() {
        Phase::Starttls
    } else if smtp.ehlo.is_some() || !smtp.capabilities.is_empty() {
        Phase::Ehlo
    } else if smtp.banner.is_some() || smtp.rejected.is_some() {
        Phase::Banner
    } else {
        Phase::TcpHandshake
    }
}

/// What became of the session; `holed` when bytes of it are not in the capture.
pub fn outcome(
    smtp: Option<&Smtp>,
    tls: Option<&Tls>,
    tcp: &Tcp,
    ended: &Ended,
    holed: bool,
) -> Outcome {
    let in_clear =
        smtp.is_some_and(|smtp| smtp.cleartext_mail.is_some() || smtp.cleartext_auth.is_some());
    let refused = smtp
        .and_then(|smtp| smtp.reply.as_ref())
        .is_some_and(|reply| reply.code != 220);
    let asked = tls.is_some_and(|tls| tls.client_hello.is_some())
        || smtp.is_some_and(|smtp| smtp.requested.is_some() || smtp.reply.is_some());
    let fatal = tls.is_some_and(|tls| {
        let fatal = |level: Option<&str>| level == Some("fatal");
        tls.alerts.iter().any(|alert| fatal(alert.level.as_deref()))
    });
    if tls.is_some_and(|tls| tls.established.is_some()) {
        Outcome::TlsEstablished
    } else if smtp.is_some_and(|smtp| smtp.decrypted.is_some()) {
        // What was on the wire is not what was captured, or nobody spoke TLS: the same to look at.
        Outcome::NotObservable
    } else if in_clear {
        Outcome::Cleartext
    } else if fatal || refused {
        Outcome::TlsFailed
    } else if asked && (holed || ended.how == How::CaptureEnd && !is_stalled(tcp)) {
        // The rest of the handshake may have happened unseen.
        Outcome::NotObservable
    } else if asked {
        Outcome::TlsFailed
    } else if tls.is_some() {
        Outcome::NotObservable
    } else if smtp.is_some() {
        Outcome::NoMail
    } else if tcp.client.bytes + tcp.server.bytes > 0
        && (holed || tcp.handshake == Handshake::Midstream)
    {
        Outcome::NotObservable
    } else {
        Outcome::NoSmtp
    }
}

/// One side went on sending the same bytes until the capture ended: it did fail.
fn is_stalled(tcp: &Tcp) -> bool {
    tcp.client.retransmissions >= 3 || tcp.server.retransmissions >= 3
}
