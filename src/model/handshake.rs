//! What the TLS handshake showed beside hellos and certificates: its other messages, and when each
//! side changed to encryption.

use schemars::JsonSchema;
use serde::Serialize;

use super::session::{At, Peer};
use super::tls::CipherSuite;

/// A ServerKeyExchange (RFC 5246 section 7.4.3, RFC 8422 section 5.4).
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct ServerKeyExchange {
    /// Frame that completes the record with its last byte.
    pub frame: u64,
    /// Named group of an elliptic-curve exchange.
    pub group: Option<String>,
    /// How the curve is given: `named_curve`, `explicit_prime` or `explicit_char2`.
    pub curve_type: Option<&'static str>,
    /// Size of the Diffie-Hellman prime in bits.
    pub dh_bits: Option<u32>,
    /// Size of the ephemeral RSA key of an export suite in bits (RFC 2246 section 7.4.3).
    pub rsa_bits: Option<u32>,
    /// Algorithm of the signature, named in TLS 1.2 only.
    pub signature_algorithm: Option<String>,
    /// A PSK identity hint was given (RFC 4279 section 2); `None` where the suite has none.
    pub psk_hint: Option<bool>,
}

/// A CertificateRequest up to TLS 1.2 (RFC 5246 section 7.4.4).
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct CertificateRequest {
    /// Frame that completes the record with its last byte.
    pub frame: u64,
    /// Certificate types by name, unknown ones by number.
    pub certificate_types: Vec<String>,
    /// Signature algorithms, in TLS 1.2 only.
    pub signature_algorithms: Vec<String>,
    /// Whole names of certificate authorities in the list, as far as it was captured.
    pub authorities: u64,
    /// Bytes of the list as announced, with the lengths of the names; `None` when the message is
    /// cut before that.
    pub authority_bytes: Option<u64>,
    /// Bytes of the list that are there.
    pub authority_bytes_seen: u64,
    /// The first names, as Windows writes them; at most 32.
    pub authority_names: Vec<String>,
    /// The server cut its list: the list leaves the message, or its last name leaves the list.
    /// `None` where that cannot be told: the capture cut the message, or the list is just below
    /// 0x3000 or 0x4000 bytes, where Schannel leaves out the names that do not fit (KB 2464556).
    pub truncated: Option<bool>,
}

/// A CertificateStatus: the OCSP response that the server staples (RFC 6066 section 8).
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct CertificateStatus {
    /// Frame that completes the record with its last byte.
    pub frame: u64,
    /// `ocsp`, `ocsp_multi` (RFC 6961) or a number.
    #[serde(rename = "type")]
    pub status_type: String,
    /// Size of the response in bytes.
    pub bytes: u32,
}

/// A NewSessionTicket in clear, up to TLS 1.2 (RFC 5077 section 3.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct NewSessionTicket {
    /// Frame that completes the record with its last byte.
    pub frame: u64,
    /// How long the ticket may be used, in seconds; 0 = not said.
    pub lifetime_hint: u32,
    /// Size of the ticket in bytes.
    pub bytes: u16,
}

/// A CertificateVerify of the client in clear, up to TLS 1.2 (RFC 5246 section 7.4.8).
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct CertificateVerify {
    /// Frame that completes the record with its last byte.
    pub frame: u64,
    /// Algorithm of the signature, named in TLS 1.2 only.
    pub signature_algorithm: Option<String>,
}

/// Something that one of the peers sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SentAt {
    /// 1-based frame number in the input.
    pub frame: u64,
    /// Who sent it.
    pub from: Peer,
}

/// Something that both sides do, each on its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PerSide {
    /// Where the client did.
    pub client: Option<At>,
    /// Where the server did.
    pub server: Option<At>,
}

impl PerSide {
    /// That of one side.
    pub const fn of(&mut self, peer: Peer) -> &mut Option<At> {
        match peer {
            Peer::Client => &mut self.client,
            Peer::Server => &mut self.server,
        }
    }
}

/// Data that the client sent before the server answered its hello (RFC 8446 section 4.2.10).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct EarlyData {
    /// Frame of the first record.
    pub frame: u64,
    /// Application data records before the server's first answer. Later ones may be early data,
    /// too, but look like all others.
    pub records: u64,
}

/// A handshake message that is remarkable: of a type without a field of its own, too large, or
/// unreadable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct OddMessage {
    /// Frame that completes the record with its last byte; of a message that is not complete, the
    /// frame of its last record.
    pub frame: u64,
    /// Who sent it.
    pub from: Peer,
    /// Handshake type.
    pub kind: u8,
    /// Its name; `None` when unknown.
    pub name: Option<&'static str>,
    /// Size of its body as announced.
    pub bytes: u32,
}

/// What followed the hellos of SSL 2.0 (draft-hickman-netscape-ssl-00).
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct Ssl2 {
    /// CLIENT-MASTER-KEY, in which the client chooses the suite.
    pub client_master_key: Option<MasterKey>,
    /// ERROR messages in clear.
    pub errors: Vec<Ssl2Error>,
}

/// A CLIENT-MASTER-KEY.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct MasterKey {
    /// Frame that completes it.
    pub frame: u64,
    /// The suite chosen.
    pub cipher_suite: CipherSuite,
}

/// An ERROR message of SSL 2.0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Ssl2Error {
    /// Frame that completes it.
    pub frame: u64,
    /// Who sent it.
    pub from: Peer,
    /// 1 = no cipher, 2 = no certificate, 4 = bad certificate, 6 = unsupported certificate type.
    pub code: u16,
}

/// The message before an alert.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Answered {
    /// Frame that completes the message.
    pub frame: u64,
    /// Its name, or `Handshake(99)`.
    pub message: String,
}
