//! Protocol versions offered and chosen.

use super::ending::{aborted, refused};
use super::{Observation, Rule, words};
use crate::model::tls::Version;
use crate::model::{Confidence, Peer, Session, Severity};

pub const BEST_OFFER: Rule = Rule {
    id: "T37",
    title: "The client's best offer is outdated",
    severity: Severity::High,
    meaning: "The client speaks SSL 3.0, TLS 1.0 or TLS 1.1 and nothing newer. Servers that \
              follow the standards refuse it, often without saying why.",
    evidence: "The highest entry of supported_versions in the ClientHello, or its version field \
               where it has no such extension, is below TLS 1.2.",
    trap: "The version of the record around the hello proves nothing: new clients put an old \
           number there. And the hello may be the last step of a client that tried newer versions \
           before.",
    advice: "Update the client or lift the versions it is configured for to TLS 1.2 or 1.3; \
             .NET programs: SystemDefaultTlsVersions and SchUseStrongCrypto.",
    references: &["RFC 7568", "RFC 8996"],
    tls_rpt: None,
    check: best_offer,
};

pub const CHOSEN: Rule = Rule {
    id: "T38",
    title: "An outdated version was chosen",
    severity: Severity::High,
    meaning: "Both sides agreed on a version that is prohibited (SSL) or deprecated (TLS 1.0 and \
              1.1). This connection works; peers of today refuse it.",
    evidence: "The version in the ServerHello: its supported_versions, else its version field.",
    trap: "A server kept for old devices on purpose looks the same. Whether the client could do \
           better is said with it.",
    advice: "Enable TLS 1.2 or 1.3 on both sides and switch the old version off.",
    references: &["RFC 7568", "RFC 8996"],
    tls_rpt: None,
    check: chosen,
};

pub const NONE_COMMON: Rule = Rule {
    id: "T41",
    title: "A client of today and the server have no version in common",
    severity: Severity::High,
    meaning: "Each side speaks a version, and not the same one: mostly one has TLS 1.3 only and the \
              other TLS 1.2 only.",
    evidence: "A ClientHello of TLS 1.2 or later and the server's alert 70 (protocol_version); or a \
               ServerHello of TLS 1.2 or later that is not among the versions offered, and the \
               client's alert 70.",
    trap: "Clients below TLS 1.2 are T01 and T02, servers below it T03. Unless the client lists one \
           version only, an old server that stumbles over new hellos looks alike: not sure then.",
    advice: "Let both sides have TLS 1.2 and TLS 1.3 (Postfix: smtpd_tls_protocols = >=TLSv1.2), and \
             look which of them was narrowed down.",
    references: &["RFC 8446 section 6.2", "RFC 8446 section 4.2.1"],
    tls_rpt: Some("validation-failure"),
    check: none_common,
};

/// protocol_version (RFC 8446 section 6.2).
const PROTOCOL_VERSION: u8 = 70;

/// The maximum of `supported_versions`, else the hello's own version; the record version says
/// nothing (semantics page, section 5.1).
fn best_offer(session: &Session) -> Option<Observation> {
    let hello = session.tls.as_ref()?.client_hello.as_ref()?;
    let best = hello.max_version?;
    let severity = match best {
        _ if best <= Version::SSL3 => Severity::High,
        Version::TLS10 | Version::TLS11 => Severity::Medium,
        _ => return None,
    };
    // What was cut off may list more versions, and a second attempt lists fewer than there are.
    let confidence = match hello.partial || hello.fallback_scsv == Some(true) {
        true => Confidence::Medium,
        false => Confidence::High,
    };
    let cause = format!(
        "The client at {} offers nothing above {} (frame {}: {}).",
        session.client.ip,
        best,
        hello.frame,
        words::hello_versions(hello)
    );
    Some(Observation {
        explains: false,
        severity,
        confidence,
        cause,
        frames: vec![hello.frame],
    })
}

fn chosen(session: &Session) -> Option<Observation> {
    let tls = session.tls.as_ref()?;
    let hello = tls.server_hello.as_ref()?;
    let version = hello.version?;
    let severity = match version {
        _ if version <= Version::SSL3 => Severity::Critical,
        Version::TLS10 | Version::TLS11 => Severity::High,
        _ => return None,
    };
    let offer = tls.client_hello.as_ref().filter(|offer| !offer.partial);
    let offered = match offer.and_then(|offer| offer.max_version) {
        Some(best) if best > version => {
            format!(", although the client offered up to {best}")
        }
        Some(_) => ", the client's best offer".to_owned(),
        None => String::new(),
    };
    let cause = format!(
        "The server at {} chose {} (frame {}){offered}.",
        session.server.ip, version, hello.frame
    );
    let frames = offer.map(|offer| offer.frame).into_iter();
    Some(Observation {
        explains: false,
        severity,
        confidence: Confidence::High,
        cause,
        frames: frames.chain([hello.frame]).collect(),
    })
}

fn none_common(session: &Session) -> Option<Observation> {
    none_accepted(session).or_else(|| another_chosen(session))
}

/// The server takes none of the versions offered.
fn none_accepted(session: &Session) -> Option<Observation> {
    let refused = refused(session).filter(|it| it.ending.code() == Some(PROTOCOL_VERSION))?;
    let hello = refused.hello;
    let best = hello.max_version.filter(|best| *best >= Version::TLS12)?;
    // Without the extension every version up to the best one is offered.
    let only = match hello.versions.as_slice() {
        [_] if best.is_tls13() => format!("{best} only"),
        [_] => format!("{best} at most"),
        several => {
            let several: Vec<String> = several.iter().map(ToString::to_string).collect();
            several.join(", ")
        }
    };
    let cause = format!(
        "The client at {} offers {only} (frame {}: {}), and the server at {} accepts no such \
         version: it {}.",
        session.client.ip,
        hello.frame,
        words::hello_versions(hello),
        session.server.ip,
        refused.words()
    );
    Some(Observation {
        severity: Severity::High,
        // An old server may stumble over a newer version, though it has an older one in common.
        confidence: match hello.versions.as_slice() {
            [_] if best.is_tls13() => Confidence::High,
            _ => Confidence::Medium,
        },
        cause,
        frames: refused.frames(),
        explains: true,
    })
}

/// The server knows no list of versions and takes the best it has, which the client does not.
fn another_chosen(session: &Session) -> Option<Observation> {
    let aborted = aborted(session, Peer::Client)?;
    let offer = aborted
        .tls
        .client_hello
        .as_ref()
        .filter(|offer| !offer.partial)?;
    let chosen = aborted.hello.version.filter(|it| *it >= Version::TLS12)?;
    let newer = offer.max_version.is_some_and(|best| best > chosen);
    if !newer || aborted.ending.code() != Some(PROTOCOL_VERSION) || offer.versions.contains(&chosen)
    {
        return None;
    }
    let offered: Vec<String> = offer.versions.iter().map(ToString::to_string).collect();
    let cause = format!(
        "The client at {} offers {} (frame {}: {}), and the server at {} chose \
         {chosen} (frame {}), which it has instead; the client {}.",
        session.client.ip,
        offered.join(", "),
        offer.frame,
        words::hello_versions(offer),
        session.server.ip,
        aborted.hello.frame,
        aborted.words()
    );
    Some(Observation {
        severity: Severity::High,
        confidence: Confidence::High,
        cause,
        frames: vec![offer.frame, aborted.hello.frame, aborted.ending.frame],
        explains: true,
    })
}
