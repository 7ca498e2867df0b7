//! Policies: what somebody demands of TLS, line by line with its source, and which lines a session
//! breaks.
//!
//! A policy is a dated data file. It is held against what was negotiated and presented, and against
//! what was merely offered only where a line says so. What the capture does not show breaks nothing.

mod certificates;
mod check;
mod features;
mod parse;
mod suites;
#[cfg(test)]
mod tests;

use std::path::Path;

use self::suites::SuiteMatch;
use super::words;
use crate::error::Error;
use crate::model::tls::Version;
use crate::model::{Confidence, Finding, Peer, PolicyInfo, Session, Severity};
use crate::time::Timestamp;

/// The policies that come along, by name.
static BUILT_IN: &[(&str, &str)] = &[
    ("default", include_str!("data/default.toml")),
    ("rfc9325", include_str!("data/rfc9325.toml")),
    ("nist-800-52r2", include_str!("data/nist-800-52r2.toml")),
    ("bsi-tr-02102-2", include_str!("data/bsi-tr-02102-2.toml")),
    ("ncsc-nl", include_str!("data/ncsc-nl.toml")),
    (
        "mozilla-intermediate",
        include_str!("data/mozilla-intermediate.toml"),
    ),
    ("exchange-online", include_str!("data/exchange-online.toml")),
];

/// A policy.
#[derive(Clone, Debug)]
pub struct Policy {
    /// What it is called and where it comes from.
    pub info: PolicyInfo,
    lines: Vec<Line>,
}

/// One demand.
#[derive(Clone, Debug)]
struct Line {
    /// Name of the line within its policy.
    id: String,
    /// How bad a breach is.
    severity: Severity,
    /// Document and section.
    source: String,
    /// What to do about a breach, where the general advice does not do.
    advice: Option<String>,
    /// Applies to sessions of these versions only; empty: to all.
    versions: Vec<Version>,
    /// Applies to the certificates of this side only.
    peer: Option<Peer>,
    /// Applies to sessions that started then or later.
    from: Option<Timestamp>,
    condition: Condition,
}

/// What a line demands.
#[derive(Clone, Debug)]
enum Condition {
    /// The version chosen is this one or later.
    MinVersion(Version),
    /// The client's best offer is this version or later.
    MinOffer(Version),
    /// The suite chosen is one of these.
    AllowSuites(Vec<SuiteMatch>),
    /// The suite chosen is none of these.
    ForbidSuites(Vec<SuiteMatch>),
    /// The client offers none of these.
    ForbidOfferedSuites(Vec<SuiteMatch>),
    /// The group of the key exchange is one of these.
    AllowGroups(Vec<String>),
    /// The group of the key exchange is none of these.
    ForbidGroups(Vec<String>),
    /// A finite-field Diffie-Hellman prime has at least so many bits.
    MinDhBits(u32),
    /// An RSA key has at least so many bits.
    MinRsaBits(u32),
    /// An elliptic-curve key is on one of these curves.
    AllowCurves(Vec<String>),
    /// No certificate but a self-signed one is signed over one of these hashes.
    ForbidHashes(Vec<&'static str>),
    /// A certificate is signed with none of these algorithms.
    ForbidSignatures(Vec<String>),
    /// The server agreed to it, where the version knows it.
    Require(Feature),
    /// TLS compression is not used.
    ForbidCompression,
}

/// What a server may agree to in its hello, up to TLS 1.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Feature {
    /// RFC 7627.
    ExtendedMasterSecret,
    /// RFC 5746.
    SecureRenegotiation,
    /// RFC 7366; where a suite in CBC mode was chosen.
    EncryptThenMac,
}

/// What is told of the findings of one kind, as of a [`Rule`](super::Rule).
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs)]
pub struct Family {
    pub id: &'static str,
    pub title: &'static str,
    /// Of most lines; each line has its own.
    pub severity: Severity,
    pub meaning: &'static str,
    pub evidence: &'static str,
    pub trap: &'static str,
    pub advice: &'static str,
    pub references: &'static [&'static str],
}

/// All kinds of findings that policies make.
pub static FAMILIES: [&Family; 5] = [&VERSION, &SUITE, &KEY_EXCHANGE, &CERTIFICATE, &FEATURE];

/// The line of the policy that is broken names the section; here is where policies come from.
const SOURCES: &[&str] = &["The policy given by --policy; each finding names the section"];

const VERSION: Family = Family {
    id: "N01",
    title: "The version breaks the policy",
    severity: Severity::High,
    meaning: "The policy given by --policy asks for a newer version than the one that was chosen or, \
              where a line says so, than the best one offered.",
    evidence: "The version in the ServerHello, or the highest one in a whole ClientHello, is below \
               that of the line.",
    trap: "A version below that of the policy may be agreed on for one partner on purpose. What is \
           cut off or encrypted breaks nothing.",
    references: SOURCES,
    advice: "Enable the versions that the policy asks for on both sides, and switch the older ones \
             off.",
};
const SUITE: Family = Family {
    id: "N02",
    title: "The cipher suite breaks the policy",
    severity: Severity::High,
    meaning: "The policy given by --policy forbids the suite that was chosen, does not have it among \
              those it allows, or forbids to offer it.",
    evidence: "The suite in the ServerHello; of lines about offers those in the ClientHello.",
    trap: "A suite that is not in the IANA registry breaks nothing, for nobody knows what it does. \
           Offered is not chosen: only lines that say so look at the offer.",
    references: SOURCES,
    advice: "Give both sides suites that the policy allows, and take the others out of the lists.",
};
const KEY_EXCHANGE: Family = Family {
    id: "N03",
    title: "The key exchange breaks the policy",
    severity: Severity::Medium,
    meaning: "The policy given by --policy wants another group, or a larger prime, for the keys of \
              the connection.",
    evidence: "The group in the key share or the ServerKeyExchange, or the size of its \
               Diffie-Hellman prime.",
    trap: "Groups without a name in the registry break nothing, and neither do sessions resumed up to \
           TLS 1.2, in which no keys are agreed on.",
    references: SOURCES,
    advice: "Configure groups that the policy allows; for finite-field Diffie-Hellman a larger \
             prime, or switch it off.",
};
const CERTIFICATE: Family = Family {
    id: "N04",
    title: "A certificate breaks the policy",
    severity: Severity::Medium,
    meaning: "A certificate that was presented has a key or a signature that the policy given by \
              --policy does not allow.",
    evidence: "Key size and curve of a peer's own certificate, and the signatures of all that were \
               sent.",
    trap: "TLS 1.3 encrypts certificates: they cannot be held against a policy. Nobody checks the \
           signature of a self-signed certificate, so it breaks nothing.",
    references: SOURCES,
    advice: "Have the certificate issued anew, with a key and a signature that the policy allows.",
};
const FEATURE: Family = Family {
    id: "N05",
    title: "A property of the handshake breaks the policy",
    severity: Severity::Medium,
    meaning: "The policy given by --policy asks for something that the server did not agree to, such \
              as secure renegotiation, or forbids compression, which it chose.",
    evidence: "The extensions and the compression method in the ServerHello, and whether the client \
               had offered them.",
    trap: "TLS 1.3 has all of it built in, or no longer, and SSL 3.0 does not know it: nothing is \
           said there.",
    references: SOURCES,
    advice: "Update or configure the TLS library of the side that lacks it.",
};

impl Condition {
    const fn family(&self) -> &'static Family {
        match self {
            Self::MinVersion(_) | Self::MinOffer(_) => &VERSION,
            Self::AllowSuites(_) | Self::ForbidSuites(_) | Self::ForbidOfferedSuites(_) => &SUITE,
            Self::AllowGroups(_) | Self::ForbidGroups(_) | Self::MinDhBits(_) => &KEY_EXCHANGE,
            Self::MinRsaBits(_)
            | Self::AllowCurves(_)
            | Self::ForbidHashes(_)
            | Self::ForbidSignatures(_) => &CERTIFICATE,
            Self::Require(_) | Self::ForbidCompression => &FEATURE,
        }
    }
}

impl Policy {
    /// The names of the policies that come along.
    pub fn names() -> impl Iterator<Item = &'static str> {
        BUILT_IN.iter().map(|row| row.0)
    }

    /// A policy that comes along.
    pub fn built_in(name: &str) -> Option<Result<Self, Error>> {
        let (name, text) = BUILT_IN.iter().find(|row| row.0 == name)?;
        Some(Self::parse(text, Path::new(name)))
    }

    /// Reads a policy; `path` is for the errors.
    pub fn parse(text: &str, path: &Path) -> Result<Self, Error> {
        parse::policy(text).map_err(|mistake| Error::Policy {
            path: path.to_owned(),
            line: mistake.line,
            reason: mistake.reason,
        })
    }

    /// A finding for each line that a session breaks, in the order of the lines.
    pub fn findings(&self, session: &Session) -> Vec<Finding> {
        self.lines
            .iter()
            .filter_map(|line| self.finding(line, session))
            .collect()
    }

    fn finding(&self, line: &Line, session: &Session) -> Option<Finding> {
        let breach = check::breach(line, session)?;
        let family = line.condition.family();
        let mut frames = breach.frames;
        frames.sort_unstable();
        frames.dedup();
        let cause = format!(
            "{}. Policy {} of {}, line {}.",
            breach.what, self.info.name, self.info.date, line.id
        );
        Some(Finding {
            id: family.id,
            title: family.title,
            severity: line.severity,
            confidence: Confidence::High,
            cause,
            advice: match &line.advice {
                Some(advice) => advice.clone().into(),
                None => family.advice.into(),
            },
            filter: words::filter(session, &frames),
            frames,
            references: vec![line.source.clone().into()],
            tls_rpt: None,
        })
    }
}
