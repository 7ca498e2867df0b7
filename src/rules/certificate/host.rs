//! The name that was expected, against those in the server's certificate.

use std::net::IpAddr;

use super::refusal::{BAD, Fit, UNKNOWN};
use super::{Fault, Presented, listed};
use crate::escape::shown;
use crate::model::certificate::NameKind;
use crate::model::tls::ClientHello;
use crate::model::{Confidence, Peer, Session, Severity};
use crate::rules::names::fit;
use crate::rules::{Observation, Rule, Settings, words};

pub const WRONG_NAME: Rule = Rule {
    id: "C04",
    title: "The certificate is for another name",
    severity: Severity::Medium,
    meaning: "The server presents a certificate that does not bear the name by which it is reached. \
              Who verifies names refuses it; opportunistic senders do not look.",
    evidence: "None of its names fits --expect-name, else the name in the ClientHello (SNI), else the \
               host in the banner; the cause of a failure where alert 42 or 46 answers it.",
    trap: "What the client expects need not be on the wire: senders to an MX compare with the MX \
           name. The banner is a weak hint only, an address in the SNI none. Wildcards stand for \
           one label.",
    advice: "Give the connector a certificate with that name, or reach it by a name that the \
             certificate bears. With --expect-name NAME the certificate is held against a name that \
             the capture does not show.",
    references: &["RFC 9525", "RFC 8461 section 4.2", "RFC 8460 section 4.3"],
    tls_rpt: Some("certificate-host-mismatch"),
    check: |session| wrong_name(session, &Settings::default()),
};

pub const NO_ALTERNATIVE_NAME: Rule = Rule {
    id: "C14",
    title: "The certificate has a common name only",
    severity: Severity::Medium,
    meaning: "It bears its host name in the subject and has no subject alternative names. Clients \
              of today do not look at the subject.",
    evidence: "The server's certificate has no alternative names of any kind; the cause of a failure \
               where alert 42 or 46 answers it.",
    trap: "Many mail programs still take the common name. Self-signed certificates are not reported: \
           there the name is the smaller fault.",
    advice: "Have the certificate issued anew with all host names as subject alternative names.",
    references: &["RFC 9525 section 2"],
    tls_rpt: Some("certificate-host-mismatch"),
    check: no_alternative_name,
};

const NOT_ITS_NAME: Fit = Fit {
    alerts: &[(BAD, Confidence::High), (UNKNOWN, Confidence::High)],
    closed: Some(Confidence::Medium),
};

/// Another client may take the common name.
const NAME_NOT_SEEN: Fit = Fit {
    alerts: &[(BAD, Confidence::Medium), (UNKNOWN, Confidence::Medium)],
    closed: None,
};

/// A name by which the server is reached, as far as can be told.
struct Expected<'a> {
    names: Vec<&'a str>,
    /// `the name in the ClientHello (frame 11)`.
    from: String,
    frame: Option<u64>,
    surest: Confidence,
    severity: Severity,
}

fn expected<'a>(session: &'a Session, settings: &'a Settings) -> Option<Expected<'a>> {
    let asked = &settings.expect_names;
    if !asked.is_empty() {
        return Some(Expected {
            names: asked.iter().map(String::as_str).collect(),
            from: "the name expected by --expect-name".to_owned(),
            frame: None,
            surest: Confidence::High,
            severity: Severity::Medium,
        });
    }
    let hello = session.tls.as_ref()?.client_hello.as_ref();
    // An address is no host name (RFC 6066 section 3): scanners and scripts put in what they dial.
    let name = |hello: &'a ClientHello| {
        let sni = hello.sni.as_deref()?;
        sni.parse::<IpAddr>().is_err().then_some((hello, sni))
    };
    if let Some((hello, sni)) = hello.and_then(name) {
        return Some(Expected {
            names: vec![sni],
            from: format!("the name that the client asked for (frame {})", hello.frame),
            frame: Some(hello.frame),
            surest: Confidence::High,
            severity: Severity::Medium,
        });
    }
    // A hello without a name; without a hello there may have been one.
    hello.filter(|hello| !hello.partial)?;
    let banner = session.smtp.as_ref()?.banner.as_ref()?;
    let host = banner.host.as_deref().filter(|host| host.contains('.'))?;
    Some(Expected {
        names: vec![host],
        from: format!("the host in the banner (frame {})", banner.frame),
        frame: Some(banner.frame),
        surest: Confidence::Medium,
        severity: Severity::Low,
    })
}

pub fn wrong_name(session: &Session, settings: &Settings) -> Option<Observation> {
    let presented = Presented::of(session, Peer::Server)?;
    let expected = expected(session, settings)?;
    let is_told = !settings.expect_names.is_empty();
    // Nobody means a banner by a certificate that a server has made for itself.
    let is_own = presented.leaf.self_signed == Some(true) && expected.surest != Confidence::High;
    if is_own || (presented.is_anonymous() && !is_told) {
        return None;
    }
    let names = presented.hosts()?;
    let fits = |expected: &&str| names.iter().any(|name| fit(name, expected).is_some());
    if expected.names.iter().any(fits) {
        return None;
    }
    let bears = match names.is_empty() {
        true => "no host name at all".to_owned(),
        false => listed(names.iter().copied()),
    };
    let what = format!(
        "{}, which is not for {}, {}: it bears {bears}.",
        presented.words(0),
        listed(expected.names.iter().copied()),
        expected.from
    );
    Some(presented.observe(&Fault {
        at: 0,
        what,
        severity: expected.severity,
        otherwise: "This connection works all the same; a peer that verifies names refuses.",
        fit: &NOT_ITS_NAME,
        surest: expected.surest,
        frames: expected.frame.as_slice(),
    }))
}

/// Whether the server's certificate bears the host name in its banner.
pub fn fits_banner(session: &Session) -> bool {
    let fits = || {
        let host = session.smtp.as_ref()?.banner.as_ref()?.host.as_deref()?;
        let names = Presented::of(session, Peer::Server)?.hosts()?;
        Some(names.iter().any(|name| fit(name, host).is_some()))
    };
    fits().unwrap_or(false)
}

impl<'a> Presented<'a> {
    /// The host names of the sender's own certificate: its alternative names, else its common name
    /// (RFC 6125 section 6.4.4). `None` where there may be others.
    pub(super) fn hosts(self) -> Option<Vec<&'a str>> {
        let leaf = self.leaf;
        if !leaf.malformed.is_empty() || leaf.name_count > leaf.names.len() {
            return None;
        }
        let names = leaf.names.iter();
        let hosts = names.filter(|name| name.kind == NameKind::Dns);
        let mut hosts: Vec<&str> = hosts.map(|name| name.value.as_str()).collect();
        if hosts.is_empty() {
            hosts.extend(leaf.common_name.as_deref());
        }
        Some(hosts)
    }
}

fn no_alternative_name(session: &Session) -> Option<Observation> {
    let presented = Presented::of(session, Peer::Server)?;
    let leaf = presented.leaf;
    let name = leaf.common_name.as_deref()?;
    let none = leaf.name_count == 0 && leaf.names.is_empty() && leaf.malformed.is_empty();
    if !none || leaf.self_signed != Some(false) || presented.is_anonymous() {
        return None;
    }
    let what = format!(
        "{}, which bears {} as its common name and has no subject alternative names.",
        presented.words(0),
        match name.contains('.') {
            true => shown(name),
            false => words::quoted(name),
        }
    );
    Some(presented.observe(&Fault {
        at: 0,
        what,
        severity: Severity::Medium,
        otherwise: "This client does not mind.",
        fit: &NAME_NOT_SEEN,
        surest: Confidence::High,
        frames: &[],
    }))
}
