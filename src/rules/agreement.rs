//! Offers in which the server found nothing that suits it.

use super::ending::{Refused, ending, refused};
use super::suites::{Weak, weak_offer_refused};
use super::{Observation, Rule, words};
use crate::model::tls::{SuiteCode, Version};
use crate::model::{Confidence, Outcome, Peer, Session, Severity};
use crate::tls::registry::{Authentication, KeyExchange, Profile};

pub const NOTHING_COMMON: Rule = Rule {
    id: "T07",
    title: "The server finds nothing in the offer that suits it",
    severity: Severity::High,
    meaning: "Client and server have no cipher suite in common, or no curve or signature for it. \
              No mail passes over TLS between the two.",
    evidence: "A hello with versions of today that the server answers at once with alert 40 \
               (handshake_failure).",
    trap: "The alert does not say what is missing. A server whose key or certificate cannot be \
           used says the same; the kind of its certificate or a curve may be the real blocker.",
    advice: "List the suites of both sides and look for a common one; then the curves, and whether \
             the server's certificate is RSA or ECDSA. Look at its log for “no shared cipher”.",
    references: &["RFC 8446 section 6.2", "RFC 5246 section 7.4.1.2"],
    tls_rpt: Some("validation-failure"),
    check: nothing_common,
};

pub const NO_CURVE: Rule = Rule {
    id: "T12",
    title: "The client's curves are not those that servers use",
    severity: Severity::High,
    meaning: "The client offers neither X25519 nor P-256, and the server has no other curve in \
              common with it.",
    evidence: "supported_groups without X25519 and P-256, and the server's alert 40 at once.",
    trap: "Which curves this server has is not on the wire until it chooses one; in TLS 1.3 it \
           may ask for another by HelloRetryRequest (T18).",
    advice: "Let the client offer X25519 and P-256, and widen the server's curves (Postfix: \
             smtpd_tls_eecdh_grade = auto, tls_eecdh_auto_curves).",
    references: &["RFC 8446 section 4.2.7", "RFC 8422 section 5.1.1"],
    tls_rpt: Some("validation-failure"),
    check: no_curve,
};

pub const KEY_TRANSPORT_ONLY: Rule = Rule {
    id: "T13",
    title: "The client knows RSA key transport only",
    severity: Severity::High,
    meaning: "The client offers no suite with Diffie-Hellman, and servers of today want one.",
    evidence: "All suites of the hello are of the kind TLS_RSA_WITH_…, and the server answers \
               with alert 40 at once.",
    trap: "A server with a certificate for signing only, or without an RSA key, refuses as well.",
    advice: "Update the client so that it offers ECDHE suites, or allow TLS_RSA suites at the \
             server until then.",
    references: &["RFC 9325 section 4.1", "RFC 9325 section 4.2"],
    tls_rpt: Some("validation-failure"),
    check: key_transport_only,
};

pub const TOO_WEAK: Rule = Rule {
    id: "T26",
    title: "A peer's policy wants stronger security",
    severity: Severity::High,
    meaning: "The two have something in common, and it is not strong enough for one of them.",
    evidence: "Fatal alert 71 (insufficient_security).",
    trap: "Which of the parameters is too weak the alert does not say.",
    advice: "Raise what the other side offers: suites with AES-GCM, keys and DH primes of 2048 \
             bits or more, SHA-256.",
    references: &["RFC 8446 section 6.2", "RFC 5246 section 7.2.2"],
    tls_rpt: Some("validation-failure"),
    check: too_weak,
};

pub const SIXTY_FOUR: Rule = Rule {
    id: "T28",
    title: "Windows 2003 reads 64 suites only",
    severity: Severity::High,
    meaning: "The server's Schannel looks at the first 64 suites of a hello. The ones it knows \
              come later in this one, so it finds none.",
    evidence: "A banner with version 6.0.3790, more than 64 suites, the first one that Windows \
               2003 knows behind the 64th, and a server that leaves.",
    trap: "Without the banner it is any lack of a common suite (T07); another alert than 40, or a \
           server that waits before it leaves, has another reason.",
    advice: "Retire the server. Until then shorten the sender's list for it (Postfix: \
             smtp_tls_exclude_ciphers, or a policy with TLS off for this one destination).",
    references: &["RFC 5246 section 7.4.1.2"],
    tls_rpt: Some("validation-failure"),
    check: sixty_four,
};

/// handshake_failure (RFC 8446 section 6.2).
const HANDSHAKE_FAILURE: u8 = 40;
/// insufficient_security.
const INSUFFICIENT_SECURITY: u8 = 71;

/// A hello with versions of today, and alert 40 as the answer.
pub(super) fn not_suited(session: &Session) -> Option<Refused<'_>> {
    let refused = refused(session)?;
    let current = refused.hello.max_version? >= Version::TLS12;
    let failure = refused.ending.code() == Some(HANDSHAKE_FAILURE);
    (current && failure).then_some(refused)
}

fn failed(refused: &Refused, confidence: Confidence, cause: String) -> Observation {
    Observation {
        severity: Severity::High,
        confidence,
        cause,
        frames: refused.frames(),
        explains: true,
    }
}

fn nothing_common(session: &Session) -> Option<Observation> {
    let refused = not_suited(session)?;
    let narrower = [
        sixty_four,
        no_curve,
        key_transport_only,
        super::signature::not_made,
        weak_offer,
    ];
    if narrower.iter().any(|check| check(session).is_some()) {
        return None;
    }
    let unnamed = match refused.hello.sni {
        Some(_) => "",
        None => " The hello names no host (SNI), which some servers want.",
    };
    let cause = format!(
        "The client at {} offers {} (frame {}: {}), and the server at {} {}: by that alert it \
         finds no acceptable parameters in the offer. Over the version it would have sent another \
         one (70); more likely there is no common suite, no common curve, or none that fits the \
         server's certificate.{unnamed}",
        session.client.ip,
        classes(&refused),
        refused.hello.frame,
        words::hello_versions(refused.hello),
        session.server.ip,
        refused.words()
    );
    Some(failed(&refused, Confidence::Medium, cause))
}

/// T08 or T09: all that is offered is weak.
fn weak_offer(session: &Session) -> Option<Observation> {
    weak_offer_refused(session, Weak::Rc4).or_else(|| weak_offer_refused(session, Weak::TripleDes))
}

/// How many suites there are of which kind.
fn classes(refused: &Refused) -> String {
    let suites = refused.suites();
    let mut kinds: Vec<(&str, usize)> = Vec::new();
    for kind in suites.iter().map(|(_, profile)| kind(*profile)) {
        match kinds.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, count)) => *count += 1,
            None => kinds.push((kind, 1)),
        }
    }
    let kinds: Vec<String> = kinds
        .iter()
        .map(|(kind, count)| format!("{count} {kind}"))
        .collect();
    let word = match suites.len() {
        1 => "suite",
        _ => "suites",
    };
    format!("{} {word} ({})", suites.len(), kinds.join(", "))
}

fn kind(profile: Profile) -> &'static str {
    match (profile.key_exchange, profile.authentication) {
        (KeyExchange::Tls13, _) => "of TLS 1.3",
        (_, Authentication::Anonymous) => "anonymous",
        (KeyExchange::Ecdhe, Authentication::Ecdsa) => "ECDHE with ECDSA",
        (KeyExchange::Ecdhe, Authentication::Rsa) => "ECDHE with RSA",
        (KeyExchange::Dhe, Authentication::Rsa) => "DHE with RSA",
        (KeyExchange::Dhe, Authentication::Dss) => "DHE with DSS",
        (KeyExchange::Rsa, Authentication::Rsa) => "RSA key transport",
        _ => "of other kinds",
    }
}

fn no_curve(session: &Session) -> Option<Observation> {
    /// Every server with curves has one of these.
    const USUAL: [&str; 2] = ["x25519", "secp256r1"];
    let refused = not_suited(session)?;
    let mut groups = refused.hello.groups.clone();
    groups.retain(|group| group != "GREASE");
    if groups.is_empty() || groups.iter().any(|group| USUAL.contains(&group.as_str())) {
        return None;
    }
    let cause = format!(
        "The client at {} offers the groups {} only, not the usual X25519 and P-256 (frame {}), \
         and the server at {} {}: most likely it has no curve in common with the client.",
        session.client.ip,
        groups.join(", "),
        refused.hello.frame,
        session.server.ip,
        refused.words()
    );
    Some(failed(&refused, Confidence::Medium, cause))
}

fn key_transport_only(session: &Session) -> Option<Observation> {
    let refused = not_suited(session)?;
    let suites = refused.suites();
    let transport = |profile: &Profile| profile.key_exchange == KeyExchange::Rsa;
    if suites.is_empty() || !suites.iter().all(|(_, profile)| transport(profile)) {
        return None;
    }
    if weak_offer(session).is_some() {
        return None;
    }
    let cause = format!(
        "All {} suites that the client at {} offers use RSA key transport (frame {}), and the \
         server at {} {}: most likely it takes suites with Diffie-Hellman only.",
        suites.len(),
        session.client.ip,
        refused.hello.frame,
        session.server.ip,
        refused.words()
    );
    Some(failed(&refused, Confidence::Medium, cause))
}

fn too_weak(session: &Session) -> Option<Observation> {
    let ending = ending(session).filter(|_| session.outcome == Outcome::TlsFailed)?;
    let alert = ending
        .alert
        .filter(|alert| alert.code == Some(INSUFFICIENT_SECURITY))?;
    let ip = match alert.from {
        Peer::Client => session.client.ip,
        Peer::Server => session.server.ip,
    };
    let about = alert.answers.as_ref().map_or_else(String::new, |answered| {
        format!(
            " in answer to the {}'s {} (frame {})",
            alert.from.other(),
            answered.message,
            answered.frame
        )
    });
    let answered = alert.answers.as_ref().map(|answered| answered.frame);
    let cause = format!(
        "The {} at {ip} ended the handshake{about}: {} (frame {}). What is offered is too weak for \
         its policy.",
        alert.from,
        words::alert(alert),
        alert.frame
    );
    Some(Observation {
        severity: Severity::High,
        confidence: Confidence::High,
        cause,
        frames: answered.into_iter().chain([alert.frame]).collect(),
        explains: true,
    })
}

fn sixty_four(session: &Session) -> Option<Observation> {
    /// What Schannel of Windows 2003 looks at.
    const READ: usize = 64;
    /// Version of the SMTP service of Windows 2003 in its banner.
    const WINDOWS_2003: &str = "6.0.3790";
    let refused = refused(session)?;
    // Another alert has another reason, and so has a server that waits before it leaves.
    let fits = match refused.ending.code() {
        Some(code) => code == HANDSHAKE_FAILURE,
        None => refused.heard && refused.is_prompt(),
    };
    if !fits {
        return None;
    }
    let banner = session.smtp.as_ref()?.banner.as_ref()?;
    let place = refused.hello.cipher_suites.iter().position(|suite| {
        let is_known = |code: &u16| suite.code == SuiteCode::Tls(*code);
        SUITES_OF_2003.iter().any(is_known)
    })?;
    if place < READ || !banner.text.contains(WINDOWS_2003) {
        return None;
    }
    let cause = format!(
        "The server at {} is a Windows 2003 by its banner (frame {}), which reads {READ} suites of \
         a hello; the client at {} offers {} and the first one that Windows 2003 knows is number \
         {} (frame {}). The server {}.",
        session.server.ip,
        banner.frame,
        session.client.ip,
        refused.hello.cipher_suites.len(),
        place + 1,
        refused.hello.frame,
        refused.words()
    );
    let mut observation = failed(&refused, Confidence::High, cause);
    observation.frames.push(banner.frame);
    Some(observation)
}

/// Suites of Windows 2003, those of hotfix 948963 (AES) included.
const SUITES_OF_2003: [u16; 12] = [
    0x0003, 0x0004, 0x0005, 0x0006, 0x0009, 0x000A, 0x0012, 0x0013, 0x002F, 0x0035, 0x0062, 0x0064,
];
