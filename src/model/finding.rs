//! What the rules say about a session.

use std::borrow::Cow;
use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Credentials or mail exposed, SSL 2/3 or NULL chosen.
    Critical,
    /// The session fails, or would with a current peer.
    High,
    /// Worth a change.
    Medium,
    /// Worth knowing.
    Low,
    /// A fact.
    Info,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Critical => "critical",
            Self::High => "high",
            Self::Medium => "medium",
            Self::Low => "low",
            Self::Info => "info",
        })
    }
}

/// How sure the cause is; the observation itself is a fact.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// The evidence is complete.
    High,
    /// Another cause remains possible.
    Medium,
    /// A hint.
    #[default]
    Low,
}

impl fmt::Display for Confidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::High => "high",
            Self::Medium => "medium",
            Self::Low => "low",
        })
    }
}

/// One finding with the frames that prove it.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Finding {
    /// Id of the rule.
    pub id: &'static str,
    /// Title of the rule.
    pub title: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// How sure the cause is.
    pub confidence: Confidence,
    /// What happened, in words.
    pub cause: String,
    /// What to do.
    pub advice: Cow<'static, str>,
    /// Frames that prove it.
    pub frames: Vec<u64>,
    /// A Wireshark display filter that shows them.
    pub filter: String,
    /// Standards behind it.
    pub references: Vec<Cow<'static, str>>,
    /// Result type of RFC 8460, where one fits.
    pub tls_rpt: Option<&'static str>,
}

/// The one cause that explains the ending.
///
/// The default is a session not yet judged.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct Verdict {
    /// The finding it rests on; `None` when nothing is wrong or nothing can be said.
    pub finding: Option<&'static str>,
    /// A sentence for people.
    pub text: String,
    /// How sure.
    pub confidence: Confidence,
    /// Frames that prove it.
    pub frames: Vec<u64>,
    /// Findings that are consequences of the cause.
    pub consequences: Vec<&'static str>,
}
