//! Cipher suites that protect little or nothing, and offers of nothing else.

use super::ending::{Refused, chosen, refused};
use super::{Observation, Rule};
use crate::model::tls::SuiteCode;
use crate::model::{Confidence, Outcome, Session, Severity};
use crate::tls::registry::{
    Cipher, KeyExchange, Profile, is_3des, is_anonymous, is_export, is_null, profile, suite,
};

pub const TRIPLE_DES: Rule = Rule {
    id: "T09",
    title: "3DES is all there is in common",
    severity: Severity::High,
    meaning: "The cipher is slow, its blocks are short, and peers give it up: Gmail takes no mail \
              over it since May 2025.",
    evidence: "A suite with 3DES in the ServerHello; or a hello with 3DES at best that is refused.",
    trap: "A server may prefer 3DES and have better: only its configuration tells. Sure only where \
           the whole hello is there and has nothing better.",
    advice: "Give both sides AES suites and switch 3DES off.",
    references: &["RFC 8429", "RFC 9325 section 4.1"],
    tls_rpt: None,
    check: triple_des,
};

pub const NO_PROTECTION: Rule = Rule {
    id: "T10",
    title: "A suite without encryption, or one weakened for export, was chosen",
    severity: Severity::Critical,
    meaning: "TLS was agreed on and protects nothing: with NULL everybody on the path reads the \
              mail, with 40 or 56 bits everybody who wants to.",
    evidence: "The suite in the ServerHello (SSL 2.0: in the client's key) has NULL encryption or \
               is an export suite.",
    trap: "Such a suite that is only offered harms as long as no server takes it.",
    advice: "Take NULL and EXPORT suites out of both configurations. What was sent over this \
             connection counts as read: change the passwords in it.",
    references: &["RFC 9325 section 4.1"],
    tls_rpt: Some("validation-failure"),
    check: no_protection,
};

pub const ANONYMOUS: Rule = Rule {
    id: "T36",
    title: "An anonymous suite was chosen",
    severity: Severity::Low,
    meaning: "The connection is encrypted and nobody proved who he is. For opportunistic mail \
              that is as good as a certificate that nobody checks.",
    evidence: "The suite in the ServerHello has no authentication (aNULL), and no certificate is \
               sent.",
    trap: "Usual between two Postfix servers, which prefer it where the certificate would not be \
           checked.",
    advice: "Nothing for opportunistic mail. Where the server's identity matters (DANE, MTA-STS, \
             submission) switch aNULL off.",
    references: &["RFC 7435", "RFC 7672 section 2.2"],
    tls_rpt: None,
    check: anonymous,
};

fn triple_des(session: &Session) -> Option<Observation> {
    let tls = session.tls.as_ref()?;
    let Some((suite, frame)) = chosen(tls) else {
        return weak_offer_refused(session, Weak::TripleDes);
    };
    if !is_3des(suite.code) || is_export(suite.code) {
        return None;
    }
    let offer = tls.client_hello.as_ref().filter(|offer| !offer.partial);
    let better = offer.map(|offer| {
        let mut suites = offer.cipher_suites.iter();
        suites.any(|suite| suite.weakness.is_none() && is_for_tls12(suite.code))
    });
    let why = match better {
        Some(true) => {
            ", although the client offers better ones: most likely the server has nothing else"
        }
        Some(false) => ", the best that the client offers",
        None => "; what else the client offers is not in the capture",
    };
    let cause = format!(
        "Between {} and {} the suite is {suite} (frame {frame}){why}.",
        session.client.ip, session.server.ip
    );
    let offer = offer.map(|offer| offer.frame);
    Some(Observation {
        severity: Severity::High,
        confidence: match better {
            Some(false) => Confidence::High,
            Some(true) | None => Confidence::Medium,
        },
        cause,
        frames: offer.into_iter().chain([frame]).collect(),
        explains: false,
    })
}

/// No signal, no GREASE, none of TLS 1.3, where 3DES does not exist.
fn is_for_tls12(code: SuiteCode) -> bool {
    profile(code).is_some_and(|it| it.key_exchange != KeyExchange::Tls13)
}

fn no_protection(session: &Session) -> Option<Observation> {
    let (suite, frame) = chosen(session.tls.as_ref()?)?;
    let what = match (is_null(suite.code), is_export(suite.code)) {
        (true, _) => "which encrypts nothing: everybody on the path can read what followed",
        (false, true) => "weakened for export: whoever recorded it can decrypt it",
        _ => return None,
    };
    let cause = format!(
        "Between {} and {} the suite is {suite} (frame {frame}), {what}.",
        session.client.ip, session.server.ip
    );
    Some(Observation {
        severity: Severity::Critical,
        confidence: Confidence::High,
        cause,
        frames: vec![frame],
        explains: session.outcome == Outcome::TlsEstablished,
    })
}

fn anonymous(session: &Session) -> Option<Observation> {
    let (suite, frame) = chosen(session.tls.as_ref()?)?;
    if !is_anonymous(suite.code) {
        return None;
    }
    let cause = format!(
        "The server at {} chose {suite} (frame {frame}), which proves nobody's identity.",
        session.server.ip
    );
    Some(Observation {
        severity: Severity::Low,
        confidence: Confidence::High,
        cause,
        frames: vec![frame],
        explains: false,
    })
}

/// The best of an offer that is all weak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Weak {
    TripleDes,
    Rc4,
}

/// handshake_failure, insufficient_security (RFC 8446 section 6.2).
const ABOUT_SUITES: [u8; 2] = [40, 71];

/// Every suite of the offer is weak, and this is the best of them.
fn best_of_weak(refused: &Refused) -> Option<Weak> {
    let suites = refused.suites();
    let weak = |(code, _): &(_, Profile)| suite(*code).weakness.is_some();
    if suites.is_empty() || !suites.iter().all(weak) {
        return None;
    }
    let has = |cipher| {
        let mut strong = suites.iter().filter(|(_, profile)| !profile.export);
        strong.any(|(_, profile)| profile.cipher == cipher)
    };
    match (has(Cipher::TripleDes), has(Cipher::Rc4)) {
        (true, _) => Some(Weak::TripleDes),
        (false, true) => Some(Weak::Rc4),
        (false, false) => None,
    }
}

/// The server turned an offer away that has nothing better than this.
pub(super) fn weak_offer_refused(session: &Session, best: Weak) -> Option<Observation> {
    let refused = refused(session)?;
    let code = refused.ending.code()?;
    if !ABOUT_SUITES.contains(&code) || best_of_weak(&refused) != Some(best) {
        return None;
    }
    let name = match best {
        Weak::TripleDes => "3DES",
        Weak::Rc4 => "RC4",
    };
    let count = refused.suites().len();
    let cause = format!(
        "The best of the {count} suites that the client at {} offers is {name} (frame {}), which \
         servers give up. The server at {} {}.",
        session.client.ip,
        refused.hello.frame,
        session.server.ip,
        refused.words()
    );
    Some(Observation {
        severity: Severity::High,
        confidence: Confidence::Medium,
        cause,
        frames: refused.frames(),
        explains: true,
    })
}
