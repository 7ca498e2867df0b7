//! Protocol versions offered and chosen.

use super::{Observation, Rule, words};
use crate::model::tls::Version;
use crate::model::{Confidence, Session, Severity};

pub const BEST_OFFER: Rule = Rule {
    id: "T37",
    title: "The client's best offer is outdated",
    advice: "Update the client or lift the versions it is configured for to TLS 1.2 or 1.3; \
             .NET programs: SystemDefaultTlsVersions and SchUseStrongCrypto.",
    references: &["RFC 7568", "RFC 8996"],
    tls_rpt: None,
    check: best_offer,
};

pub const CHOSEN: Rule = Rule {
    id: "T38",
    title: "An outdated version was chosen",
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
        severity,
        confidence: Confidence::High,
        cause,
        frames: frames.chain([hello.frame]).collect(),
    })
}
