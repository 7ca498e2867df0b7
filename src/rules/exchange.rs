//! Signatures of Exchange, on premises and in the cloud.

use super::seen::whole;
use super::{Observation, Rule, words};
use crate::model::tls::Version;
use crate::model::{Confidence, EndedBy, Session, Severity};

pub const NO_EXCHANGE_LOGIN: Rule = Rule {
    id: "S22",
    title: "One Exchange server finds no Exchange login at the other",
    severity: Severity::Medium,
    meaning: "Exchange servers of one organisation log in to each other by X-ANONYMOUSTLS and \
              X-EXPS. Where neither is on offer the sender gives up (5.7.3 Cannot achieve Exchange \
              Server authentication).",
    evidence: "An Exchange server that offers neither, and a client of the same domain that leaves \
               after EHLO.",
    trap: "Edge servers and connectors for strangers offer neither by design; a health check under \
           a name of the same domain looks alike.",
    advice: "Give the receive connector back its Exchange server authentication (AuthMechanism), \
             and look for mail inspection in between (S02).",
    references: &[
        "RFC 3207 section 4",
        "TechNet bb430790 (Set-ReceiveConnector)",
    ],
    tls_rpt: None,
    check: no_exchange_login,
};

pub const OLD_TLS_TO_CLOUD: Rule = Rule {
    id: "S24",
    title: "Microsoft 365 ends a session of TLS 1.0 or 1.1",
    severity: Severity::Medium,
    meaning: "Exchange Online completes the handshake of an old client and turns it away inside \
              TLS: 421 4.7.66, TLS 1.0 and 1.1 are not supported.",
    evidence: "A server of outlook.com or office365.com, TLS 1.0 or 1.1 established, a few records, \
               and the server closes first.",
    trap: "The words are encrypted: a wrong password ends as early.",
    advice: "Update the client or printer to TLS 1.2, or let it send to smtp-legacy.office365.com \
             for as long as that exists.",
    references: &["RFC 8996"],
    tls_rpt: None,
    check: old_tls_to_cloud,
};

pub(super) fn no_exchange_login(session: &Session) -> Option<Observation> {
    let smtp = session.smtp.as_ref()?;
    let (banner, ehlo, quit) = (smtp.banner.as_ref()?, smtp.ehlo.as_ref()?, smtp.quit?);
    let is_exchange = banner.text.contains("Microsoft ESMTP MAIL Service");
    let same = domain(banner.host.as_deref()?)? == domain(&ehlo.name)?;
    let offers = |name: &str| {
        let keyword = |line: &String| line.split([' ', '=']).next().map(str::to_ascii_uppercase);
        let mut keywords = smtp.capabilities.iter().filter_map(keyword);
        keywords.any(|keyword| keyword == name)
    };
    let left = smtp.requested.is_none()
        && smtp.cleartext_auth.is_none()
        && smtp.cleartext_mail.is_none()
        && smtp.masked.is_empty()
        && smtp.rejected.is_none()
        && session.tls.is_none()
        && session.evidence.hello_answered;
    // Submission is for people, not for servers.
    if session.server.port == 587
        || !is_exchange
        || !same
        || !left
        || offers("X-ANONYMOUSTLS")
        || offers("X-EXPS")
    {
        return None;
    }
    let cause = format!(
        "The Exchange server at {} ({}) offers neither X-ANONYMOUSTLS nor X-EXPS, and the client at \
         {}, which calls itself {} (frame {}), quits (frame {}). If it is an Exchange server of the \
         same organisation, it cannot log in there.",
        session.server.ip,
        words::quoted(banner.host.as_deref()?),
        session.client.ip,
        words::quoted(&ehlo.name),
        ehlo.frame,
        quit.frame
    );
    Some(Observation {
        severity: Severity::Medium,
        confidence: Confidence::Medium,
        cause,
        frames: vec![banner.frame, ehlo.frame, quit.frame],
        explains: true,
    })
}

/// What follows the first label of a host name, in lower case.
fn domain(host: &str) -> Option<String> {
    let (_, domain) = host.split_once('.')?;
    domain.contains('.').then(|| domain.to_ascii_lowercase())
}

fn old_tls_to_cloud(session: &Session) -> Option<Observation> {
    /// EHLO and a login need no more; a delivery does.
    const FEW_RECORDS: u64 = 4;
    let tls = session.tls.as_ref()?;
    let hello = tls.server_hello.as_ref()?;
    let old = hello.version.filter(|version| *version < Version::TLS12)?;
    let established = tls.established?;
    let banner = session.smtp.as_ref().and_then(|smtp| smtp.banner.as_ref());
    let host = banner.and_then(|banner| banner.host.as_deref());
    let sni = tls
        .client_hello
        .as_ref()
        .and_then(|hello| hello.sni.as_deref());
    let name = [host, sni]
        .into_iter()
        .flatten()
        .find(|name| is_cloud(name))?;
    let few = session.evidence.data_records[0] <= FEW_RECORDS;
    if !few || session.ended.by != EndedBy::Server || !whole(session) {
        return None;
    }
    let frame = session.ended.frame?;
    let cause = format!(
        "{} agreed to {old} (frame {}), and after {} records of the client {} (frame {frame}): \
         likely 421 4.7.66 inside TLS, since Microsoft 365 takes no TLS below 1.2.",
        words::quoted(name),
        hello.frame,
        session.evidence.data_records[0],
        words::how(session.ended.how)
    );
    Some(Observation {
        severity: Severity::Medium,
        confidence: Confidence::Medium,
        cause,
        frames: vec![hello.frame, established.frame, frame],
        explains: true,
    })
}

fn is_cloud(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    [".outlook.com", ".office365.com"]
        .iter()
        .any(|end| name.ends_with(end))
}
