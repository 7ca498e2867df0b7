//! Certificates that their owners issued themselves.

use super::refusal::{BAD, Fit, UNKNOWN, UNKNOWN_CA};
use super::{Fault, Presented, either};
use crate::model::{Confidence, Peer, Session, Severity};
use crate::rules::{Observation, Rule};

pub const SELF_SIGNED: Rule = Rule {
    id: "C03",
    title: "The certificate is self-signed",
    severity: Severity::High,
    meaning: "Nobody but its owner vouches for it. Opportunistic senders take it; mail programs and \
              senders that verify (MTA-STS, a connector with a certificate check) refuse it.",
    evidence: "Issuer and subject of the sender's own certificate are the same; the cause of a \
               failure where alert 48, 46 or 42 answers it.",
    trap: "Between servers it is common and no fault: with opportunistic TLS, with DANE-EE, and on \
           X-ANONYMOUSTLS, where it is not reported. A peer may know the certificate and trust it.",
    advice: "Where clients or partners verify, present a certificate that a CA has issued for the \
             name they expect.",
    references: &["RFC 8460 section 4.3", "RFC 7672 section 3.1.1"],
    tls_rpt: Some("certificate-not-trusted"),
    check: self_signed,
};

pub const DEFAULT: Rule = Rule {
    id: "C05",
    title: "The server presents its self-signed default certificate",
    severity: Severity::High,
    meaning: "The mail server shows the certificate it made at installation, under its short host \
              name. The proper one is not bound to this connector or service.",
    evidence: "A self-signed certificate whose common name is a host name without a domain, while \
               banner or alternative names have the same host with its domain.",
    trap: "Self-signed certificates are tolerated by opportunistic senders, and normal on \
           X-ANONYMOUSTLS, where nothing is reported. It stands in place of C03.",
    advice: "On Exchange, bind the proper certificate to the connector: $c = Get-ExchangeCertificate \
             THUMBPRINT; Set-ReceiveConnector NAME -TlsCertificateName \
             \"<I>$($c.Issuer)<S>$($c.Subject)\". Then restart the transport service.",
    references: &[
        "learn.microsoft.com: Set-ReceiveConnector -TlsCertificateName",
        "RFC 8460 section 4.3",
    ],
    tls_rpt: Some("certificate-not-trusted"),
    check: default_certificate,
};

/// GnuTLS and Go mean many things by 42; with other stacks it is the name.
const NOT_TRUSTED: Fit = Fit {
    alerts: &[
        (UNKNOWN_CA, Confidence::High),
        (UNKNOWN, Confidence::High),
        (BAD, Confidence::Medium),
    ],
    closed: Some(Confidence::Medium),
};

fn self_signed(session: &Session) -> Option<Observation> {
    either(session, |presented| {
        let own = presented.leaf.self_signed == Some(true);
        if !own || presented.is_anonymous() || is_default(presented) {
            return None;
        }
        let what = format!("{}, a self-signed certificate.", presented.words(0));
        Some(observe(presented, what))
    })
}

fn default_certificate(session: &Session) -> Option<Observation> {
    let presented = Presented::of(session, Peer::Server)?;
    if presented.is_anonymous() || !is_default(presented) {
        return None;
    }
    let what = format!(
        "{}, a self-signed certificate under its short host name, as mail servers make one for \
         themselves.",
        presented.words(0)
    );
    Some(observe(presented, what))
}

fn observe(presented: Presented<'_>, what: String) -> Observation {
    /// Other servers talk to this port, and they seldom verify.
    const SMTP: u16 = 25;
    let severity = match (presented.by, presented.session.server.port) {
        (Peer::Client, _) | (_, SMTP) => Severity::Low,
        _ => Severity::Medium,
    };
    presented.observe(&Fault {
        at: 0,
        what,
        severity,
        otherwise: "This connection works all the same; a peer that verifies refuses.",
        fit: &NOT_TRUSTED,
        surest: match presented.may_be_anonymous() {
            true => Confidence::Medium,
            false => Confidence::High,
        },
        frames: &[],
    })
}

/// A host name without a domain, of which banner or alternative names have the whole.
pub(super) fn is_default(presented: Presented<'_>) -> bool {
    let leaf = presented.leaf;
    let Some(short) = leaf.common_name.as_deref() else {
        return false;
    };
    if leaf.self_signed != Some(true) || presented.by != Peer::Server {
        return false;
    }
    let smtp = presented.session.smtp.as_ref();
    let banner = smtp.and_then(|smtp| smtp.banner.as_ref()?.host.as_deref());
    let whole = leaf.sans.iter().map(String::as_str).chain(banner);
    let is_host = !short.is_empty() && !short.contains(['.', ' ', '*']);
    let is_of = |name: &str| {
        let label = name.split_once('.').map(|(label, _)| label);
        label.is_some_and(|label| label.eq_ignore_ascii_case(short))
    };
    is_host && whole.into_iter().any(is_of)
}
