//! Protocol versions offered and chosen.

use super::{Observation, Rule, words};
use crate::model::tls::Version;
use crate::model::{Confidence, Session, Severity};

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
    // What was cut off may list more versions.
    let confidence = match hello.partial {
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
