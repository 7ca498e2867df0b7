//! What the TLS handshake showed in clear.

mod hello;

use std::borrow::Cow;
use std::fmt;

pub use hello::{
    ClientHello, Extension, HelloFormat, KeyShare, PskOffer, Renegotiation, Resumption, Sentinel,
    ServerHello, SuiteProperties, Weakness,
};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};

pub use super::certificate::{Certificate, Certificates};
use super::finding::Confidence;
use super::handshake::{
    Answered, CertificateRequest, CertificateStatus, CertificateVerify, EarlyData,
    NewSessionTicket, OddMessage, PerSide, SentAt, ServerKeyExchange, Ssl2,
};
use super::session::{At, Peer};

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

impl JsonSchema for Version {
    fn schema_name() -> Cow<'static, str> {
        "Version".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A protocol version: `SSL 2.0` to `TLS 1.3`, unknown ones by their number.",
            "type": "string",
            "pattern": r"^(SSL [23]\.0|TLS 1\.[0-3]|0x[0-9A-F]{4})$",
        })
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

impl JsonSchema for SuiteCode {
    fn schema_name() -> Cow<'static, str> {
        "SuiteCode".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "Number of a cipher suite: four hexadecimal digits, of SSL 2.0 six.",
            "type": "string",
            "pattern": r"^0x([0-9A-F]{4}|[0-9A-F]{6})$",
        })
    }
}

/// A cipher suite, offered or chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
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
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
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
    /// The server's ephemeral key.
    pub server_key_exchange: Option<ServerKeyExchange>,
    /// Where the server asked for a client certificate, and for which.
    pub certificate_request: Option<CertificateRequest>,
    /// The OCSP response that the server stapled.
    pub certificate_status: Option<CertificateStatus>,
    /// The end of the server's flight, up to TLS 1.2.
    pub server_hello_done: Option<At>,
    /// Where the client answered that it has no certificate.
    pub no_client_certificate: Option<At>,
    /// The client's key exchange.
    pub client_key_exchange: Option<At>,
    /// The client's proof that it holds the key of its certificate.
    pub certificate_verify: Option<CertificateVerify>,
    /// A ticket in clear.
    pub new_session_ticket: Option<NewSessionTicket>,
    /// The server's request for a handshake, in clear; after the handshake it is encrypted and
    /// counts as renegotiation.
    pub hello_request: Option<At>,
    /// What followed the hellos of SSL 2.0.
    pub ssl2: Option<Ssl2>,
    /// Alerts in clear, and encrypted ones where only their presence shows.
    pub alerts: Vec<Alert>,
    /// First ChangeCipherSpec of each side. In TLS 1.3 it changes nothing (RFC 8446 appendix D.4).
    pub change_cipher_spec: PerSide,
    /// First encrypted record of each side that was captured.
    pub encrypted: PerSide,
    /// When both sides were encrypted. In SSL 2.0: when both have sent a record after the one
    /// that gave the keys.
    pub established: Option<At>,
    /// Up to TLS 1.2: the first encrypted handshake message after application data, and its
    /// sender: a renegotiation was asked for or begun.
    pub renegotiation: Option<SentAt>,
    /// Up to TLS 1.2: application data of the client before the server's Finished (RFC 7918).
    pub false_start: Option<At>,
    /// Data that the client sent with its ClientHello.
    pub early_data: Option<EarlyData>,
    /// Messages without a field of their own; at most 16.
    pub other_messages: Vec<OddMessage>,
    /// Messages larger than the bound: what is told of them rests on their beginning; at most 16.
    pub oversized_messages: Vec<OddMessage>,
    /// Messages whose bodies do not follow their own lengths; at most 16.
    pub malformed_messages: Vec<OddMessage>,
    /// Where TLS was expected and came neither TLS nor a line of text: the first place of each
    /// side.
    pub not_tls: Vec<SentAt>,
}

/// A TLS alert.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
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
    /// Of an encrypted one, how sure it is that it is an alert at all: high where the record says
    /// so, less in TLS 1.3, where only its length and its place hint at it.
    pub confidence: Option<Confidence>,
    /// What an encrypted one most likely says, where its place tells: no more than a hint.
    pub guess: Option<&'static str>,
    /// Of one in clear, the last handshake message of the other side in clear before it; `None`
    /// without one, behind missing bytes, and once both sides are encrypted.
    pub answers: Option<Answered>,
}
