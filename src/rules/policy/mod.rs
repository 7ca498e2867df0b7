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

/// Ids, titles and advice of the findings.
struct Family {
    id: &'static str,
    title: &'static str,
    advice: &'static str,
}

const VERSION: Family = Family {
    id: "N01",
    title: "The version breaks the policy",
    advice: "Enable the versions that the policy asks for on both sides, and switch the older ones \
             off.",
};
const SUITE: Family = Family {
    id: "N02",
    title: "The cipher suite breaks the policy",
    advice: "Give both sides suites that the policy allows, and take the others out of the lists.",
};
const KEY_EXCHANGE: Family = Family {
    id: "N03",
    title: "The key exchange breaks the policy",
    advice: "Configure groups that the policy allows; for finite-field Diffie-Hellman a larger \
             prime, or switch it off.",
};
const CERTIFICATE: Family = Family {
    id: "N04",
    title: "A certificate breaks the policy",
    advice: "Have the certificate issued anew, with a key and a signature that the policy allows.",
};
const FEATURE: Family = Family {
    id: "N05",
    title: "A property of the handshake breaks the policy",
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
