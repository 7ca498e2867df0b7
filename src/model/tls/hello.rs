//! What the hellos say.
//!
//! Of a cut hello only what was captured is known. A list holds what was seen of it; a field that
//! may stand behind the cut is `None`: that something was not offered is said of whole hellos only.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};

use super::{CipherSuite, Version};

/// How a ClientHello was framed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum HelloFormat {
    /// SSL 3.0 and TLS records.
    #[default]
    Tls,
    /// The SSL 2.0 format (RFC 5246 appendix E.2).
    Sslv2,
}

/// What the client offered.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct ClientHello {
    /// Frame that completes the record with its last byte.
    pub frame: u64,
    /// Framing.
    pub format: HelloFormat,
    /// Version in the record header; says nothing about the offer.
    pub record_version: Version,
    /// Its random, by which the same hello is known elsewhere; `None` in the SSL 2.0 format and when
    /// cut. Not part of the record.
    #[serde(skip)]
    pub random: Option<[u8; 32]>,
    /// `client_version` / `legacy_version` in the hello.
    pub legacy_version: Version,
    /// The highest version offered: of `supported_versions`, else the legacy version; `None` when
    /// the hello is cut before it could list more, or its list cannot be read.
    pub max_version: Option<Version>,
    /// All versions offered, without GREASE; empty when cut off.
    pub versions: Vec<Version>,
    /// Session id, lower-case hex: the session to resume, or in TLS 1.3 mere camouflage (RFC 8446
    /// appendix D.4). `None` when empty.
    pub session_id: Option<String>,
    /// Length of the challenge in bytes, in the SSL 2.0 format only.
    pub challenge_length: Option<u16>,
    /// Cipher suites in the client's order, GREASE included.
    pub cipher_suites: Vec<CipherSuite>,
    /// Compression methods; `null` compresses nothing.
    pub compression_methods: Vec<String>,
    /// Extensions in the client's order, GREASE included.
    pub extensions: Vec<Extension>,
    /// Extensions whose body could not be read; what they say is unknown.
    pub malformed_extensions: Vec<u16>,
    /// Extensions that stand there more than once, against RFC 8446 section 4.2; the first counts.
    pub duplicate_extensions: Vec<u16>,
    /// Server name.
    pub sni: Option<String>,
    /// Named groups, in order.
    pub groups: Vec<String>,
    /// Key shares (RFC 8446 section 4.2.8), in order, without GREASE.
    pub key_shares: Vec<KeyShare>,
    /// Signature algorithms, in order.
    pub signature_algorithms: Vec<String>,
    /// Signature algorithms accepted in certificates, where they differ (RFC 8446 section 4.2.3).
    pub signature_algorithms_cert: Vec<String>,
    /// ALPN protocols.
    pub alpn: Vec<String>,
    /// Point formats (RFC 8422 section 5.1.2).
    pub point_formats: Vec<String>,
    /// How a pre-shared key may be used (RFC 8446 section 4.2.9).
    pub psk_modes: Vec<String>,
    /// Pre-shared keys offered, most of them sessions to resume (RFC 8446 section 4.2.11).
    pub psk: Option<PskOffer>,
    /// Data is sent before the server answers (RFC 8446 section 4.2.10).
    pub early_data: Option<bool>,
    /// Length of the session ticket in bytes (RFC 5077): 0 asks for one, more presents one.
    pub session_ticket: Option<u16>,
    /// extended_master_secret (RFC 7627).
    pub extended_master_secret: Option<bool>,
    /// encrypt_then_mac (RFC 7366).
    pub encrypt_then_mac: Option<bool>,
    /// How secure renegotiation is offered (RFC 5746).
    pub renegotiation_info: Option<Renegotiation>,
    /// The client has come down from a higher version (RFC 7507).
    pub fallback_scsv: Option<bool>,
    /// An OCSP response is asked for (RFC 6066 section 8).
    pub status_request: Option<bool>,
    /// Several OCSP responses are asked for (RFC 6961).
    pub status_request_v2: Option<bool>,
    /// Certificate Transparency is asked for (RFC 6962).
    pub signed_certificate_timestamp: Option<bool>,
    /// encrypted_client_hello or its forerunner encrypted_server_name is there. Whether it is in
    /// earnest or GREASE cannot be told; if it is, `sni` is the name of the outer hello.
    pub ech: Option<bool>,
    /// Largest record the client takes, in bytes (RFC 8449).
    pub record_size_limit: Option<u16>,
    /// Largest fragment asked for, in bytes (RFC 6066 section 4).
    pub max_fragment_length: Option<u16>,
    /// Ways to compress certificates (RFC 8879).
    pub compress_certificate: Vec<String>,
    /// The cookie of a HelloRetryRequest is given back (RFC 8446 section 4.2.2).
    pub cookie: Option<bool>,
    /// Signature algorithms accepted in delegated credentials (RFC 9345).
    pub delegated_credential: Vec<String>,
    /// Size of the handshake message in bytes, its header included.
    pub size: u32,
    /// The snap length or a hole cut it; what follows is unknown.
    pub partial: bool,
    /// The body does not follow its own lengths; `None` when cut.
    pub malformed: Option<bool>,
    /// JA3 digest; `None` for SSLv2 hellos and partial ones.
    pub ja3: Option<String>,
    /// JA4 fingerprint; `None` for SSLv2 hellos and partial ones.
    pub ja4: Option<String>,
}

/// What the server chose. From TLS 1.3 on most of its answers are encrypted: these stay `None`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct ServerHello {
    /// Frame that completes the record with its last byte.
    pub frame: u64,
    /// Version in the record header.
    pub record_version: Version,
    /// `server_version` / `legacy_version` in the hello.
    pub legacy_version: Version,
    /// The version in supported_versions (RFC 8446 section 4.2.1).
    pub selected_version: Option<Version>,
    /// The version chosen; `None` when the hello is cut before it could name another one than its
    /// legacy version.
    pub version: Option<Version>,
    /// Downgrade sentinel in the random (RFC 8446 section 4.1.3).
    pub downgrade_sentinel: Option<Sentinel>,
    /// Session id, lower-case hex; `None` when empty.
    pub session_id: Option<String>,
    /// It is the session id of the ClientHello: up to TLS 1.2 the mark of a resumption, in TLS 1.3
    /// of nothing. `None` when the client gave none.
    pub session_id_echoed: Option<bool>,
    /// The suite chosen; `None` in SSL 2.0, where the client chooses, and in a cut hello.
    pub cipher_suite: Option<CipherSuite>,
    /// What the suite chosen is made of; `None` when it is unknown.
    pub suite_properties: Option<SuiteProperties>,
    /// Compression method chosen; `null` compresses nothing.
    pub compression_method: Option<String>,
    /// Extensions in the server's order.
    pub extensions: Vec<Extension>,
    /// Extensions whose body could not be read; what they say is unknown.
    pub malformed_extensions: Vec<u16>,
    /// Extensions that stand there more than once, against RFC 8446 section 4.2; the first counts.
    pub duplicate_extensions: Vec<u16>,
    /// Group of the key exchange, from key_share or ServerKeyExchange.
    pub group: Option<String>,
    /// Key share (RFC 8446 section 4.2.8); a HelloRetryRequest names the group alone.
    pub key_share: Option<KeyShare>,
    /// Size of the Diffie-Hellman prime in bits.
    pub dh_bits: Option<u32>,
    /// ALPN protocol chosen.
    pub alpn: Option<String>,
    /// The server name was used (RFC 6066 section 3).
    pub sni_acknowledged: Option<bool>,
    /// extended_master_secret (RFC 7627).
    pub extended_master_secret: Option<bool>,
    /// encrypt_then_mac (RFC 7366).
    pub encrypt_then_mac: Option<bool>,
    /// Secure renegotiation (RFC 5746).
    pub renegotiation_info: Option<bool>,
    /// A session ticket is promised (RFC 5077).
    pub session_ticket: Option<bool>,
    /// An OCSP response may follow (RFC 6066 section 8).
    pub status_request: Option<bool>,
    /// Largest record the server takes, in bytes (RFC 8449).
    pub record_size_limit: Option<u16>,
    /// Largest fragment agreed on, in bytes (RFC 6066 section 4).
    pub max_fragment_length: Option<u16>,
    /// Index of the pre-shared key chosen (RFC 8446 section 4.2.11).
    pub psk_selected: Option<u16>,
    /// A HelloRetryRequest carries a cookie (RFC 8446 section 4.2.2); `None` in a ServerHello.
    pub cookie: Option<bool>,
    /// An earlier session was resumed; `None` where that cannot be told.
    pub resumed: Option<bool>,
    /// By which means; `None` when none was, or it cannot be told.
    pub resumption: Option<Resumption>,
    /// Suites a server of SSL 2.0 accepts; the client chooses among them.
    pub sslv2_cipher_suites: Vec<CipherSuite>,
    /// Length of the connection id in bytes, in SSL 2.0 only.
    pub connection_id_length: Option<u16>,
    /// The snap length or a hole cut it.
    pub partial: bool,
    /// The body does not follow its own lengths; `None` when cut.
    pub malformed: Option<bool>,
    /// JA3S digest.
    pub ja3s: Option<String>,
}

/// A hello extension.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Extension {
    /// Its type.
    pub code: u16,
    /// Its registered name, `GREASE` for the values of RFC 8701; `None` when unknown.
    pub name: Option<&'static str>,
}

impl fmt::Display for Extension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name {
            Some(name) => f.write_str(name),
            None => write!(f, "{}", self.code),
        }
    }
}

/// One side's part of a key exchange.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct KeyShare {
    /// Its group.
    pub group: String,
    /// Size of the public key in bytes.
    pub size: u16,
    /// The group holds against quantum computers too.
    pub post_quantum: bool,
}

/// Pre-shared keys offered in TLS 1.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PskOffer {
    /// How many identities are named.
    pub identities: u16,
    /// How many binders prove that the client has the keys; as many as identities, if it is right.
    pub binders: u16,
}

/// How a client offers secure renegotiation (RFC 5746 section 3.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Renegotiation {
    /// By the signal among the cipher suites, whether the extension is there or not.
    Scsv,
    /// By the extension.
    Extension,
    /// Not at all.
    None,
}

/// What the end of a server's random gives away (RFC 8446 section 4.1.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sentinel {
    /// It could do TLS 1.3 and came down to TLS 1.2.
    Tls12,
    /// It could do TLS 1.2 at least and came down to TLS 1.1 or below.
    Tls11,
}

impl fmt::Display for Sentinel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tls12 => "TLS 1.2",
            Self::Tls11 => "TLS 1.1 or below",
        })
    }
}

impl Serialize for Sentinel {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl JsonSchema for Sentinel {
    fn schema_name() -> Cow<'static, str> {
        "Sentinel".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "What the end of a server's random gives away (RFC 8446 section 4.1.3).",
            "type": "string",
            "enum": [Self::Tls12.to_string(), Self::Tls11.to_string()],
        })
    }
}

/// By which means a session was resumed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Resumption {
    /// The server knew the session id (RFC 5246 section 7.4.1.2).
    SessionId,
    /// The client presented a ticket (RFC 5077 section 3.4).
    Ticket,
    /// A pre-shared key was chosen; one agreed on elsewhere looks the same (RFC 8446 section 2.2).
    Psk,
}

impl fmt::Display for Resumption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SessionId => "session id",
            Self::Ticket => "ticket",
            Self::Psk => "pre-shared key",
        })
    }
}

/// What a cipher suite is made of, in the words of its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SuiteProperties {
    /// How keys are agreed on; `None` from TLS 1.3 on, where `group` and PSK tell.
    pub key_exchange: Option<&'static str>,
    /// How the server is authenticated; `None` from TLS 1.3 on, where the certificate tells.
    pub authentication: Option<&'static str>,
    /// Bulk cipher.
    pub encryption: &'static str,
    /// Key strength in bits: what is secret (40 for export suites, 112 for Triple DES).
    pub bits: u16,
    /// What keeps records from being changed.
    pub mac: &'static str,
}

/// What is wrong with a cipher suite, the gravest thing of several. Suites without forward secrecy
/// or with CBC are not among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Weakness {
    /// Nothing is encrypted.
    NoEncryption,
    /// Nobody is authenticated.
    Anonymous,
    /// Weakened for export: 40 or 56 bits on purpose.
    Export,
    /// RC4 (RFC 7465).
    Rc4,
    /// Keys of less than 112 bits (RFC 9325 section 4.1).
    ShortKey,
    /// Blocks of 64 bits: Triple DES, IDEA, RC2 (RFC 8429, SWEET32).
    SmallBlock,
}

impl fmt::Display for Weakness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoEncryption => "no encryption",
            Self::Anonymous => "anonymous",
            Self::Export => "export",
            Self::Rc4 => "RC4",
            Self::ShortKey => "short key",
            Self::SmallBlock => "small block",
        })
    }
}
