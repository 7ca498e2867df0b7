//! Versions that the server should not have chosen.

use super::ending::{Ending, aborted};
use super::{Observation, Rule};
use crate::model::tls::{ClientHello, Sentinel, ServerHello, Version};
use crate::model::{Confidence, Peer, Session, Severity};

pub const LEGACY_SERVER: Rule = Rule {
    id: "T03",
    title: "The server has nothing newer than TLS 1.1",
    severity: Severity::High,
    meaning: "The client offers TLS 1.2 or better and the server chooses TLS 1.1 or less. Clients \
              of today leave then, and mail to this server stays in their queues.",
    evidence: "The version in the ServerHello is below TLS 1.2 and the best one of the ClientHello \
               is not.",
    trap: "A server kept for old devices on purpose looks the same. Something between the peers \
           may have removed the newer versions: where T05 is the sign of that nothing is said here.",
    advice: "Update the server, or switch TLS 1.2 on there (Windows: the Schannel keys in the \
             registry, and for Exchange its own guide to TLS 1.2).",
    references: &["RFC 8996", "RFC 9325 section 3.1.1"],
    tls_rpt: Some("validation-failure"),
    check: legacy_server,
};

pub const NOT_OFFERED: Rule = Rule {
    id: "T04",
    title: "The server chose a version that was not offered",
    severity: Severity::High,
    meaning: "No server that follows the standards does that: it is broken, or something in \
              between changes the hellos. The client cannot go on.",
    evidence: "The version of the ServerHello is above the best one of the ClientHello, or no \
               version at all.",
    trap: "Reserved values (GREASE) and drafts of TLS 1.3 are offered too and may be chosen where \
           they are known to both.",
    advice: "Capture on both sides: if the hellos differ there, find the device that changes them, \
             else update the server.",
    references: &["RFC 8446 section 4.1.3", "RFC 8701"],
    tls_rpt: Some("validation-failure"),
    check: not_offered,
};

pub const SENTINEL: Rule = Rule {
    id: "T05",
    title: "The server's random says that the version was lowered on the way",
    severity: Severity::High,
    meaning: "The server knows a newer version, and so does the client; something in between took \
              it out of the offer: an inspecting device, or an attacker.",
    evidence: "The random of the ServerHello ends in DOWNGRD and the client's hello, as captured, \
               offers the version that the server did not see.",
    trap: "A client without the newer version gets the same mark, rightly. Proxies that copy the \
           random of the server behind them show it without any attack.",
    advice: "Look for a device that inspects TLS between the peers and take mail out of its \
             inspection; without one, treat it as an attack.",
    references: &["RFC 8446 section 4.1.3"],
    tls_rpt: Some("validation-failure"),
    check: sentinel,
};

/// The hellos as they were seen whole.
fn hellos(session: &Session) -> Option<(&ClientHello, &ServerHello, Version)> {
    let tls = session.tls.as_ref()?;
    let offer = tls.client_hello.as_ref().filter(|offer| !offer.partial)?;
    let hello = tls.server_hello.as_ref()?;
    Some((offer, hello, hello.version?))
}

/// Alerts by which a client says that the version is the reason: protocol_version,
/// illegal_parameter.
const ABOUT_VERSION: [u8; 2] = [70, 47];

/// Whether the client left because of the version, how sure that is, and the words.
fn consequence(session: &Session) -> (Option<Confidence>, String, Option<u64>) {
    let aborted = aborted(session, Peer::Client);
    let Some(aborted) = aborted.filter(|aborted| is_about_version(&aborted.ending)) else {
        return (None, String::new(), None);
    };
    let sure = match aborted.ending.alert {
        Some(_) => Confidence::High,
        None => Confidence::Medium,
    };
    let words = format!(" The client at {} {}.", session.client.ip, aborted.words());
    (Some(sure), words, Some(aborted.ending.frame))
}

/// Both hellos, and what came of them.
fn cited(offer: &ClientHello, hello: &ServerHello, end: Option<u64>) -> Vec<u64> {
    [offer.frame, hello.frame].into_iter().chain(end).collect()
}

fn is_about_version(ending: &Ending) -> bool {
    ending
        .code()
        .is_none_or(|code| ABOUT_VERSION.contains(&code))
}

fn legacy_server(session: &Session) -> Option<Observation> {
    let (offer, hello, version) = hellos(session)?;
    let best = offer.max_version.filter(|best| *best >= Version::TLS12)?;
    // The mark of T05 says that this server has TLS 1.2 or better, and is asked for less.
    let has_newer = hello.downgrade_sentinel == Some(Sentinel::Tls11);
    if !(Version::SSL3..=Version::TLS11).contains(&version) || has_newer {
        return None;
    }
    let (left, then, frame) = consequence(session);
    let cause = format!(
        "The server at {} chose {version} (frame {}) although the client offered {best} (frame \
         {}).{then}",
        session.server.ip, hello.frame, offer.frame
    );
    Some(Observation {
        // That the version is outdated is said by T38.
        severity: match left {
            Some(_) => Severity::High,
            None => Severity::Medium,
        },
        confidence: left.unwrap_or(Confidence::High),
        cause,
        frames: cited(offer, hello, frame),
        explains: left.is_some(),
    })
}

fn not_offered(session: &Session) -> Option<Observation> {
    let (offer, hello, version) = hellos(session)?;
    let best = offer.max_version?;
    let known = (Version::SSL3..=Version::TLS13).contains(&version)
        || version == Version::SSL2
        || version.is_tls13();
    if offer.versions.contains(&version) || known && version <= best {
        return None;
    }
    let (left, then, frame) = consequence(session);
    let cause = format!(
        "The server at {} chose {version} (frame {}); the client at {} offers at most {best} \
         (frame {}).{then}",
        session.server.ip, hello.frame, session.client.ip, offer.frame
    );
    Some(Observation {
        severity: Severity::High,
        confidence: Confidence::Medium,
        cause,
        frames: cited(offer, hello, frame),
        explains: left.is_some(),
    })
}

/// Which version the server believes not to have been offered.
fn removed(offer: &ClientHello, hello: &ServerHello, version: Version) -> Option<Version> {
    let offered = |version: &Version| offer.versions.contains(version);
    let candidates: &[Version] = match hello.downgrade_sentinel? {
        Sentinel::Tls12 if version <= Version::TLS12 => &[Version::TLS13],
        Sentinel::Tls11 if version <= Version::TLS11 => &[Version::TLS13, Version::TLS12],
        _ => return None,
    };
    candidates.iter().copied().find(offered)
}

fn sentinel(session: &Session) -> Option<Observation> {
    let (offer, hello, version) = hellos(session)?;
    let removed = removed(offer, hello, version)?;
    let (left, then, frame) = consequence(session);
    let cause = format!(
        "The server at {} chose {version} and its random ends in the mark of a server that was not \
         offered anything newer (DOWNGRD, frame {}), but the client at {} offers {removed} (frame \
         {}): something in between took it out, or answers in the server's place.{then}",
        session.server.ip, hello.frame, session.client.ip, offer.frame
    );
    Some(Observation {
        severity: Severity::High,
        confidence: left.unwrap_or(Confidence::High),
        cause,
        frames: cited(offer, hello, frame),
        explains: left.is_some(),
    })
}
