//! Whether a session breaks a line. Each check answers with a breach, or not at all: what is
//! unknown, unnamed or not in the capture is no breach.

use super::suites::SuiteMatch;
use super::{Condition, Line, certificates, features};
use crate::model::Session;
use crate::model::tls::{CipherSuite, ServerHello, Tls, Version};

/// What breaks a line.
#[derive(Debug, PartialEq)]
pub struct Breach {
    /// In words, without the full stop.
    pub what: String,
    /// Frames that prove it.
    pub frames: Vec<u64>,
}

/// How a session breaks a line, if it does.
pub fn breach(line: &Line, session: &Session) -> Option<Breach> {
    let tls = session.tls.as_ref()?;
    if !applies(line, session, tls) {
        return None;
    }
    match &line.condition {
        Condition::MinVersion(least) => min_version(*least, session, tls),
        Condition::MinOffer(least) => min_offer(*least, session, tls),
        Condition::AllowSuites(allowed) => allow_suites(allowed, session, tls),
        Condition::ForbidSuites(forbidden) => forbid_suites(forbidden, session, tls),
        Condition::ForbidOfferedSuites(forbidden) => forbid_offered(forbidden, session, tls),
        Condition::AllowGroups(allowed) => group(session, tls, |group| !has(allowed, group)),
        Condition::ForbidGroups(forbidden) => group(session, tls, |group| has(forbidden, group)),
        Condition::MinDhBits(least) => min_dh_bits(*least, session, tls),
        Condition::MinRsaBits(least) => certificates::min_rsa_bits(*least, line.peer, tls),
        Condition::AllowCurves(allowed) => certificates::allow_curves(allowed, line.peer, tls),
        Condition::ForbidHashes(hashes) => certificates::forbid_hashes(hashes, line.peer, tls),
        Condition::ForbidSignatures(names) => {
            certificates::forbid_signatures(names, line.peer, tls)
        }
        Condition::Require(feature) => features::require(*feature, session, tls),
        Condition::ForbidCompression => features::forbid_compression(session, tls),
    }
}

fn applies(line: &Line, session: &Session, tls: &Tls) -> bool {
    if line.from.is_some_and(|from| session.started < from) {
        return false;
    }
    let version = tls.server_hello.as_ref().and_then(|hello| hello.version);
    line.versions.is_empty() || version.is_some_and(|version| line.versions.contains(&version))
}

fn min_version(least: Version, session: &Session, tls: &Tls) -> Option<Breach> {
    let hello = tls.server_hello.as_ref()?;
    let version = hello.version.filter(|&version| version < least)?;
    Some(of_server_hello(
        hello,
        format!(
            "The server at {} chose {version} (frame {}); {least} is the least allowed",
            session.server.ip, hello.frame
        ),
    ))
}

fn min_offer(least: Version, session: &Session, tls: &Tls) -> Option<Breach> {
    // What was cut off may offer more.
    let hello = tls.client_hello.as_ref().filter(|hello| !hello.partial)?;
    let best = hello.max_version.filter(|&best| best < least)?;
    Some(Breach {
        what: format!(
            "The client at {} offers nothing above {best} (frame {}); {least} is the least allowed",
            session.client.ip, hello.frame
        ),
        frames: vec![hello.frame],
    })
}

fn allow_suites(allowed: &[SuiteMatch], session: &Session, tls: &Tls) -> Option<Breach> {
    let (hello, suite) = chosen(tls)?;
    if suite.name.is_none() || allowed.iter().any(|entry| entry.fits(suite)) {
        return None;
    }
    Some(of_server_hello(
        hello,
        format!(
            "The server at {} chose {suite} (frame {}), which is not among the allowed suites",
            session.server.ip, hello.frame
        ),
    ))
}

fn forbid_suites(forbidden: &[SuiteMatch], session: &Session, tls: &Tls) -> Option<Breach> {
    let (hello, suite) = chosen(tls)?;
    let entry = forbidden.iter().find(|entry| entry.fits(suite))?;
    Some(of_server_hello(
        hello,
        format!(
            "The server at {} chose {suite} (frame {}), which {}",
            session.server.ip,
            hello.frame,
            entry.words()
        ),
    ))
}

fn forbid_offered(forbidden: &[SuiteMatch], session: &Session, tls: &Tls) -> Option<Breach> {
    /// Suites named in a sentence; the record lists them all.
    const NAMED: usize = 6;
    let hello = tls.client_hello.as_ref()?;
    let offered: Vec<String> = hello
        .cipher_suites
        .iter()
        .filter(|suite| forbidden.iter().any(|entry| entry.fits(**suite)))
        .map(ToString::to_string)
        .collect();
    if offered.is_empty() {
        return None;
    }
    let more = match offered.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    Some(Breach {
        what: format!(
            "The client at {} offers what is not allowed (frame {}): {}{more}",
            session.client.ip,
            hello.frame,
            offered[..offered.len().min(NAMED)].join(", ")
        ),
        frames: vec![hello.frame],
    })
}

/// The group of the key exchange, where `breaks` says so; numbers without a name break nothing.
fn group(session: &Session, tls: &Tls, breaks: impl Fn(&str) -> bool) -> Option<Breach> {
    let hello = tls.server_hello.as_ref()?;
    let group = hello.group.as_deref()?;
    if group.starts_with("0x") || !breaks(group) {
        return None;
    }
    Some(of_server_hello(
        hello,
        format!(
            "The key exchange of the server at {} uses the group {group} (ServerHello in frame \
             {}), which is not allowed",
            session.server.ip, hello.frame
        ),
    ))
}

fn min_dh_bits(least: u32, session: &Session, tls: &Tls) -> Option<Breach> {
    let hello = tls.server_hello.as_ref()?;
    // The groups of RFC 7919 have their size in the name.
    let of_group = || hello.group.as_deref()?.strip_prefix("ffdhe")?.parse().ok();
    let bits = hello.dh_bits.or_else(of_group)?;
    if bits >= least {
        return None;
    }
    Some(of_server_hello(
        hello,
        format!(
            "The Diffie-Hellman prime of the server at {} has {bits} bits (ServerHello in frame \
             {}); {least} are the least allowed",
            session.server.ip, hello.frame
        ),
    ))
}

fn chosen(tls: &Tls) -> Option<(&ServerHello, CipherSuite)> {
    let hello = tls.server_hello.as_ref()?;
    Some((hello, hello.cipher_suite?))
}

fn of_server_hello(hello: &ServerHello, what: String) -> Breach {
    Breach {
        what,
        frames: vec![hello.frame],
    }
}

fn has(list: &[String], name: &str) -> bool {
    list.iter().any(|entry| entry == name)
}
