//! Which client certificates the pattern of a connector takes.
//!
//! Exchange Online tells whose mail it gets by the names in the client's certificate: an inbound
//! connector has a name or a pattern like `*.example.com` (`TlsSenderCertificateName`). What the
//! pattern of a connector is cannot be seen on the wire, so it has to be told.

use super::{Presented, listed, subject};
use crate::escape::shown;
use crate::model::certificate::NameKind;
use crate::model::tls::Version;
use crate::model::{Confidence, Peer, Session, Severity};
use crate::rules::names::{Caught, caught};
use crate::rules::{Observation, Rule, Settings};

pub const PATTERN: Rule = Rule {
    id: "C12",
    title: "The client's certificate and the patterns of connectors",
    severity: Severity::Medium,
    meaning: "The receiver attributes the mail to the connector, and so to the organisation, whose \
              pattern fits a name in the client's certificate. A wildcard fits other senders, too.",
    evidence: "A name of the client's certificate fits a pattern given by --connector-pattern: by the \
               same name, or by what stands behind `*.`.",
    trap: "How the receiver is set up is not on the wire: the pattern is what you say it is. In TLS \
           1.3 and in resumed sessions the certificate does not show, and that is said.",
    advice: "Give each connector the exact name of one certificate, and each mail flow a certificate \
             of its own that no other customer presents.",
    references: &[
        "learn.microsoft.com: Set-InboundConnector -TlsSenderCertificateName",
        "RFC 9525 section 6.3",
    ],
    tls_rpt: None,
    // Without a pattern there is nothing to take.
    check: |_| None,
};

/// What the patterns make of the client's certificate.
pub fn taken(session: &Session, settings: &Settings) -> Option<Observation> {
    let patterns = &settings.connector_patterns;
    if patterns.is_empty() {
        return None;
    }
    let Some(presented) = Presented::of(session, Peer::Client) else {
        return hidden(session);
    };
    let matches: Vec<Match<'_>> = patterns
        .iter()
        .filter_map(|pattern| matched(presented, pattern))
        .collect();
    let said: Vec<String> = matches.iter().map(Match::words).collect();
    let whose = format!(
        "{} presented {} (frame {})",
        super::who(session, Peer::Client),
        subject(presented.leaf),
        presented.leaf.frame
    );
    let cause = match said.is_empty() {
        true => format!(
            "{whose}, which {} does not take.",
            listed(patterns.iter().map(String::as_str))
        ),
        false => format!("{whose}. {}", said.join(" ")),
    };
    let exact = matches.iter().all(|it| it.how == Caught::ByName);
    let unsure = matches.iter().any(|it| it.how == Caught::Deeper);
    Some(Observation {
        severity: match exact {
            true => Severity::Info,
            false => Severity::Medium,
        },
        confidence: match unsure {
            true => Confidence::Medium,
            false => Confidence::High,
        },
        cause,
        frames: vec![presented.leaf.frame],
        explains: false,
    })
}

/// Whether a pattern takes the client's certificate.
pub fn takes(session: &Session, pattern: &str) -> bool {
    let presented = Presented::of(session, Peer::Client);
    presented.is_some_and(|presented| matched(presented, pattern).is_some())
}

/// How a pattern takes a certificate.
struct Match<'a> {
    pattern: &'a str,
    how: Caught,
    /// The names that fit best.
    names: Vec<&'a str>,
}

/// All names count, the common name among them; the closest fit is told.
fn matched<'a>(presented: Presented<'a>, pattern: &'a str) -> Option<Match<'a>> {
    let leaf = presented.leaf;
    let names = leaf.names.iter();
    let hosts = names.filter(|name| name.kind == NameKind::Dns);
    let hosts = hosts.map(|name| name.value.as_str());
    let common = leaf.common_name.as_deref();
    let mut fitting: Vec<(Caught, &str)> = Vec::new();
    for name in common.into_iter().chain(hosts) {
        let known = fitting.iter().any(|(_, other)| *other == name);
        if let Some(how) = caught(pattern, name).filter(|_| !known) {
            fitting.push((how, name));
        }
    }
    let how = fitting.iter().map(|(how, _)| *how).min()?;
    let best = fitting.into_iter().filter(|(other, _)| *other == how);
    Some(Match {
        pattern,
        how,
        names: best.map(|(_, name)| name).collect(),
    })
}

impl Match<'_> {
    fn words(&self) -> String {
        let pattern = shown(self.pattern);
        let names = listed(self.names.iter().copied());
        let domain = pattern.strip_prefix("*.").unwrap_or(&pattern);
        match self.how {
            Caught::ByName => format!("{pattern} takes it by its very name {names}."),
            Caught::ByWildcard => format!(
                "{pattern} takes it by {names}, as it takes every certificate for a host of \
                 {domain}."
            ),
            Caught::Deeper => format!(
                "{pattern} takes it by {names} only if the receiver lets a wildcard stand for \
                 several labels."
            ),
        }
    }
}

/// A certificate that may have been presented and does not show.
fn hidden(session: &Session) -> Option<Observation> {
    let tls = session.tls.as_ref()?;
    let hello = tls.server_hello.as_ref()?;
    let version = hello.version?;
    let asked = tls.certificate_request.as_ref();
    let (why, frame) = if hello.resumed == Some(true) {
        let why = "the session is resumed, and certificates were exchanged in an earlier one";
        (why, hello.frame)
    } else if version.is_tls13() {
        ("TLS 1.3 encrypts it", hello.frame)
    } else {
        let unanswered = tls.no_client_certificate.is_none();
        let request = asked.filter(|_| unanswered && version <= Version::TLS12)?;
        let why = "the server asked for one and the answer is not in the capture";
        (why, request.frame)
    };
    let cause = format!(
        "Which certificate the client presented, if any, is not observable: {why} (frame {frame})."
    );
    Some(Observation {
        severity: Severity::Info,
        confidence: Confidence::High,
        cause,
        frames: vec![frame],
        explains: false,
    })
}
