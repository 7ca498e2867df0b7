//! What the TLS handshake showed in clear.

use std::fmt;

use serde::{Serialize, Serializer};

pub use super::certificate::{Certificate, Certificates};
use super::session::{At, Peer};

/// A protocol version as the wire writes it.
///
/// `Display`: `SSL 2.0`, `SSL 3.0`, `TLS 1.0` … `TLS 1.3`; unknown ones keep their number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
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

/// How a ClientHello was framed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum HelloFormat {
    /// SSL 3.0 and TLS records.
    Tls,
    /// The SSL 2.0 format (RFC 5246 appendix E.2).
    Sslv2,
}

/// What the client offered.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ClientHello {
    /// Frame that completes the record with its last byte.
    pub frame: u64,
    /// Framing.
    pub format: HelloFormat,
    /// Version in the record header; says nothing about the offer.
    pub record_version: Version,
    /// `client_version` / `legacy_version` in the hello.
    pub legacy_version: Version,
    /// The highest version offered: of `supported_versions`, else the legacy version; `None` when
    /// the hello is cut before it could list more.
    pub max_version: Option<Version>,
    /// All versions offered, without GREASE; empty when cut off.
    pub versions: Vec<Version>,
    /// Cipher suites in the client's order.
    pub cipher_suites: Vec<CipherSuite>,
    /// Named groups, in order.
    pub groups: Vec<String>,
    /// Signature algorithms, in order.
    pub signature_algorithms: Vec<String>,
    /// ALPN protocols.
    pub alpn: Vec<String>,
    /// Server name.
    pub sni: Option<String>,
    /// Size of the handshake message in bytes, its header included.
    pub size: u32,
    /// The snap length or a hole cut it; what follows is unknown.
    pub partial: bool,
    /// JA3 digest; `None` for SSLv2 hellos and partial ones.
    pub ja3: Option<String>,
    /// JA4 fingerprint; `None` for SSLv2 hellos and partial ones.
    pub ja4: Option<String>,
}

/// What the server chose.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ServerHello {
    /// Frame that completes the record with its last byte.
    pub frame: u64,
    /// Version in the record header.
    pub record_version: Version,
    /// The version chosen; `None` when the hello is cut before it could name another one than its
    /// legacy version.
    pub version: Option<Version>,
    /// The suite chosen; `None` in SSL 2.0, where the client chooses, and in a cut hello.
    pub cipher_suite: Option<CipherSuite>,
    /// Group of the key exchange, from key_share or ServerKeyExchange.
    pub group: Option<String>,
    /// Size of the Diffie-Hellman prime in bits.
    pub dh_bits: Option<u32>,
    /// An earlier session was resumed; `None` where that cannot be told.
    pub resumed: Option<bool>,
    /// The snap length or a hole cut it.
    pub partial: bool,
    /// JA3S digest.
    pub ja3s: Option<String>,
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
