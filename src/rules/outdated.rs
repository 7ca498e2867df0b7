//! Old clients that a server turns away: their versions, their format, second attempts.

use super::ending::{Refused, refused};
use super::{Observation, Rule, words};
use crate::model::tls::{HelloFormat, Version, named};
use crate::model::{Confidence, Peer, Session, Severity};

pub const ONLY_SSL3: Rule = Rule {
    id: "T01",
    title: "The server turns away a client of SSL 3.0",
    severity: Severity::High,
    meaning: "The client has nothing newer than SSL 3.0, and the server ends the handshake \
              because of it. No mail passes until the client is changed.",
    evidence: "A whole ClientHello that offers at most SSL 3.0, and the server leaves by FIN, RST \
               or alert 40 or 70 before any ServerHello.",
    trap: "A record of version 3.0 around a newer hello proves nothing. The hello may be the last \
           step of a client that tried newer versions in connections before (X01).",
    advice: "Lift the client to TLS 1.2 or later: update it, or the versions it is configured for \
             (.NET: SystemDefaultTlsVersions and SchUseStrongCrypto). Do not switch SSL 3.0 on at \
             the server.",
    references: &["RFC 7568"],
    tls_rpt: Some("validation-failure"),
    check: only_ssl3,
};

pub const BELOW_FLOOR: Rule = Rule {
    id: "T02",
    title: "The client's versions are too old for the server",
    severity: Severity::High,
    meaning: "The client offers TLS 1.0 or 1.1 at most and the server wants more. No mail passes \
              until the client is changed.",
    evidence: "A whole ClientHello that offers at most TLS 1.1, and the server answers with alert \
               70 (protocol_version) or leaves without a word.",
    trap: "The version of the record says nothing, only that of the hello or supported_versions. \
           A server that just closes may have another reason; one that sends another alert has, and \
           one that closed before the hello reached it was not asked.",
    advice: "Lift the client to TLS 1.2 or later; .NET programs: SystemDefaultTlsVersions and \
             SchUseStrongCrypto. Until then only a server kept for old devices will take it.",
    references: &["RFC 8996", "RFC 8446 section 6.2"],
    tls_rpt: Some("validation-failure"),
    check: below_floor,
};

pub const SSL2_FORMAT: Rule = Rule {
    id: "T31",
    title: "The ClientHello comes in the format of SSL 2.0",
    severity: Severity::Medium,
    meaning: "An ancient client. Such a hello cannot name extensions, and servers of today do not \
              read it.",
    evidence: "A record header of two bytes with message type 1 instead of a TLS record.",
    trap: "The version inside may be a new one: the format alone does not make it SSL 2.0.",
    advice: "Update the client, or switch SSL 2.0 off in it: then it sends a TLS record.",
    references: &["RFC 6176", "RFC 5246 appendix E.2"],
    tls_rpt: None,
    check: ssl2_format,
};

pub const FALLBACK: Rule = Rule {
    id: "T06",
    title: "The client tries again with an older version",
    severity: Severity::High,
    meaning: "An attempt before this one failed, and the client stepped down and says so. A \
              server that has a newer version refuses such a step.",
    evidence: "TLS_FALLBACK_SCSV (0x5600) among the suites, or alert 86 (inappropriate_fallback).",
    trap: "This connection is the second act: why the first attempt failed stands in the \
           connection before it.",
    advice: "Find out why the attempt before this one failed; that is the fault. Switch the \
             fallback off in the client.",
    references: &["RFC 7507", "RFC 8996"],
    tls_rpt: Some("validation-failure"),
    check: fallback,
};

/// protocol_version (RFC 8446 section 6.2).
const PROTOCOL_VERSION: u8 = 70;
/// handshake_failure.
const HANDSHAKE_FAILURE: u8 = 40;
/// inappropriate_fallback (RFC 7507).
const INAPPROPRIATE_FALLBACK: u8 = 86;

fn only_ssl3(session: &Session) -> Option<Observation> {
    let refused = refused(session)?;
    if refused.hello.max_version? > Version::SSL3 {
        return None;
    }
    let confidence = match refused.ending.code() {
        Some(PROTOCOL_VERSION) => Confidence::High,
        None if refused.heard && refused.is_prompt() => Confidence::High,
        None | Some(HANDSHAKE_FAILURE) => Confidence::Medium,
        Some(_) => return None,
    };
    let standard = match refused.hello.max_version {
        Some(Version::SSL3) => "RFC 7568",
        _ => "RFC 6176",
    };
    let verb = format!("is prohibited ({standard})");
    Some(too_old(session, &refused, confidence, &verb))
}

fn below_floor(session: &Session) -> Option<Observation> {
    let refused = refused(session)?;
    let best = refused.hello.max_version?;
    if best <= Version::SSL3 || best >= Version::TLS12 {
        return None;
    }
    let confidence = match refused.ending.code() {
        Some(PROTOCOL_VERSION) => Confidence::High,
        None if refused.is_prompt() => Confidence::Medium,
        _ => return None,
    };
    Some(too_old(
        session,
        &refused,
        confidence,
        "is deprecated (RFC 8996)",
    ))
}

/// Who offered what, who left when, and what to do, in this order.
fn too_old(
    session: &Session,
    refused: &Refused,
    confidence: Confidence,
    verb: &str,
) -> Observation {
    let hello = refused.hello;
    let best = named(hello.max_version);
    let reply = session.smtp.as_ref().and_then(|smtp| smtp.reply.as_ref());
    let granted = reply.map_or_else(String::new, |reply| {
        let verb = session.smtp.as_ref().and_then(|it| it.tls_verb.as_deref());
        let verb = verb.unwrap_or("STARTTLS");
        format!(
            " answered {verb} with {} (frame {}) and then",
            reply.code, reply.frame
        )
    });
    let cause = format!(
        "The client at {} offered at most {best} (frame {}: {}). The server at {}{granted} {} \
         and before any ServerHello. {best} {verb}: lift the client to TLS 1.2 or later.",
        session.client.ip,
        hello.frame,
        words::hello_versions(hello),
        session.server.ip,
        refused.words()
    );
    let frames = reply.map(|reply| reply.frame).into_iter();
    // A second attempt does not show what the client can do (T06).
    let second = hello.fallback_scsv == Some(true);
    Observation {
        severity: Severity::High,
        confidence: match second {
            true => confidence.max(Confidence::Medium),
            false => confidence,
        },
        cause,
        frames: frames.chain(refused.frames()).collect(),
        explains: true,
    }
}

fn ssl2_format(session: &Session) -> Option<Observation> {
    let hello = session.tls.as_ref()?.client_hello.as_ref()?;
    if hello.format != HelloFormat::Sslv2 {
        return None;
    }
    let best = named(hello.max_version);
    let mut cause = format!(
        "The client at {} sent its ClientHello in the format of SSL 2.0 (frame {}; the version in \
         it is {best}).",
        session.client.ip, hello.frame
    );
    let refused = refused(session);
    if let Some(refused) = &refused {
        let text = format!(" The server at {} {}.", session.server.ip, refused.words());
        cause += &text;
    }
    let frame = refused.as_ref().map(|refused| refused.ending.frame);
    Some(Observation {
        severity: Severity::Medium,
        confidence: match refused {
            Some(_) => Confidence::Medium,
            None => Confidence::High,
        },
        cause,
        frames: frame.into_iter().chain([hello.frame]).collect(),
        explains: refused.is_some(),
    })
}

fn fallback(session: &Session) -> Option<Observation> {
    let tls = session.tls.as_ref()?;
    let hello = tls.client_hello.as_ref();
    let marked = hello.filter(|hello| hello.fallback_scsv == Some(true));
    let mut alerts = tls.alerts.iter();
    let alert = alerts.find(|alert| {
        alert.code == Some(INAPPROPRIATE_FALLBACK)
            && alert.from == Peer::Server
            && alert.level.as_deref() == Some("fatal")
    });
    if marked.is_none() && alert.is_none() {
        return None;
    }
    let offer = marked.map_or_else(String::new, |hello| {
        format!(
            "The client at {} offers at most {} and marks that as a second attempt \
             (TLS_FALLBACK_SCSV, frame {}).",
            session.client.ip,
            named(hello.max_version),
            hello.frame
        )
    });
    let answer = alert.map_or_else(String::new, |alert| {
        format!(
            " The server at {} has a newer version and refused the step down: {} (frame {}).",
            session.server.ip,
            words::alert(alert),
            alert.frame
        )
    });
    Some(Observation {
        severity: match alert {
            Some(_) => Severity::High,
            None => Severity::Medium,
        },
        confidence: Confidence::High,
        cause: format!("{offer}{answer}").trim_start().to_owned(),
        frames: marked
            .map(|hello| hello.frame)
            .into_iter()
            .chain(alert.map(|alert| alert.frame))
            .collect(),
        explains: alert.is_some(),
    })
}
