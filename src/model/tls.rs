//! What the TLS handshake showed in clear.

mod hello;

use std::fmt;

pub use hello::{
    ClientHello, Extension, HelloFormat, KeyShare, PskOffer, Renegotiation, Resumption, Sentinel,
    ServerHello, SuiteProperties, Weakness,
};
use serde::{Serialize, Serializer};

use super::session::{At, Peer};
use crate::time::Timestamp;

/// A protocol version as the wire writes it.
///
/// `Display`: `SSL 2.0`, `SSL 3.0`, `TLS 1.0` … `TLS 1.3`; unknown ones keep their number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(pub u16);

impl Version {
    /// SSL 2.0.
    pub const SSL2: Self = Self(0x0002);
    /// SSL 3.0 (RFC 6101).
    pub const SSL3: Self = Self(0x0300);
    /// TLS 1.0 (RFC 2246).
    pub const TLS10: Self = Self(0x0301);
    /// TLS 1.1 (RFC 4346).
    pub const TLS11: Self = Self(0x0302);
    /// TLS 1.2 (RFC 5246).
    pub const TLS12: Self = Self(0x0303);
    /// TLS 1.3 (RFC 8446).
    pub const TLS13: Self = Self(0x0304);

    /// Whether this is TLS 1.3 or one of its drafts (0x7F00 + draft number).
    pub const fn is_tls13(self) -> bool {
        self.0 == 0x0304 || self.0 >> 8 == 0x7F
    }

    /// Number of the TLS 1.3 draft this is (0x7F00 + draft number).
    pub const fn draft(self) -> Option<u16> {
        match self.0 {
            0x7F00..=0x7FFF => Some(self.0 & 0xFF),
            _ => None,
        }
    }
}

/// A version that may not be known.
pub fn named(version: Option<Version>) -> String {
    version.map_or_else(
        || "an unknown version".to_owned(),
        |version| version.to_string(),
    )
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::SSL2 => f.write_str("SSL 2.0"),
            Self::SSL3 => f.write_str("SSL 3.0"),
            Self::TLS10 => f.write_str("TLS 1.0"),
            Self::TLS11 => f.write_str("TLS 1.1"),
            Self::TLS12 => f.write_str("TLS 1.2"),
            Self::TLS13 => f.write_str("TLS 1.3"),
            Self(other) => write!(f, "0x{other:04X}"),
        }
    }
}

impl Serialize for Version {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Number of a cipher suite: two bytes, or three for SSL 2.0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SuiteCode {
    /// SSL 3.0 and TLS.
    Tls(u16),
    /// SSL 2.0 cipher kind; never with a leading zero byte, which makes it a TLS suite.
    Ssl2(u32),
}

impl fmt::Display for SuiteCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tls(code) => write!(f, "0x{code:04X}"),
            Self::Ssl2(code) => write!(f, "0x{code:06X}"),
        }
    }
}

impl Serialize for SuiteCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A cipher suite, offered or chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct CipherSuite {
    /// Its number.
    pub code: SuiteCode,
    /// Its registered name; `None` when unknown.
    pub name: Option<&'static str>,
    /// What is wrong with it whoever uses it; `None` when nothing is known to be.
    pub weakness: Option<Weakness>,
}

impl fmt::Display for CipherSuite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name {
            Some(name) => f.write_str(name),
            None => self.code.fmt(f),
        }
    }
}

/// The handshake as far as it was seen.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Tls {
    /// The first ClientHello.
    pub client_hello: Option<ClientHello>,
    /// A HelloRetryRequest (RFC 8446 section 4.1.4).
    pub hello_retry_request: Option<ServerHello>,
    /// The next ClientHello in clear, after a HelloRetryRequest or not.
    pub second_client_hello: Option<ClientHello>,
    /// The ServerHello.
    pub server_hello: Option<ServerHello>,
    /// Certificates as sent.
    pub certificates: Certificates,
    /// Where the server asked for a client certificate.
    pub certificate_request: Option<At>,
    /// Where the client answered that it has no certificate.
    pub no_client_certificate: Option<At>,
    /// Alerts in clear, and encrypted ones where only their presence shows.
    pub alerts: Vec<Alert>,
    /// When both sides were encrypted.
    pub established: Option<At>,
}

/// Certificates by sender, in the order sent.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Certificates {
    /// The server's chain.
    pub server: Vec<Certificate>,
    /// The client's chain.
    pub client: Vec<Certificate>,
}

/// One X.509 certificate.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Certificate {
    /// Frame that completes the record with its last byte.
    pub frame: u64,
    /// Subject as Windows writes it.
    pub subject: Option<String>,
    /// Issuer as Windows writes it.
    pub issuer: Option<String>,
    /// Serial number, upper-case hex.
    pub serial: Option<String>,
    /// SHA-1 thumbprint, upper-case hex.
    pub sha1: String,
    /// SHA-256 thumbprint, upper-case hex.
    pub sha256: String,
    /// Start of validity.
    pub not_before: Option<Timestamp>,
    /// End of validity.
    pub not_after: Option<Timestamp>,
    /// Subject alternative names.
    pub sans: Vec<String>,
    /// Key type and size: `RSA 2048`, `EC P-256`.
    pub key: Option<String>,
    /// Signature algorithm: `sha256WithRSAEncryption`.
    pub signature: Option<String>,
    /// Subject equals issuer.
    pub self_signed: Option<bool>,
}

/// A TLS alert.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Alert {
    /// Frame that completes its record.
    pub frame: u64,
    /// Who sent it.
    pub from: Peer,
    /// `warning`, `fatal` or a number; `None` when encrypted.
    pub level: Option<String>,
    /// Description number; `None` when encrypted.
    pub code: Option<u8>,
    /// Registered name of the description.
    pub name: Option<String>,
    /// Only its presence shows.
    pub encrypted: bool,
}
