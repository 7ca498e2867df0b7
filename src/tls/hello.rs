//! What a hello shows, and the reading of its fixed part that does not give up.
//!
//! tls-parser refuses some hellos and knows no cut ones; this reader takes what is there.

use super::extensions::{Extensions, kind};
use super::fingerprint::{self, Offer};
use super::reader::{Reader, u16s};
use super::registry::{self, is_grease};
use crate::model::tls::{ClientHello, HelloFormat, ServerHello, Version};

/// SHA-256 of `HelloRetryRequest`: the random of a ServerHello that asks for another ClientHello
/// (RFC 8446 section 4.1.3).
pub const RETRY_RANDOM: [u8; 32] = [
    0xCF, 0x21, 0xAD, 0x74, 0xE5, 0x9A, 0x61, 0x11, 0xBE, 0x1D, 0x8C, 0x02, 0x1E, 0x65, 0xB8, 0x91,
    0xC2, 0xA2, 0x11, 0x16, 0x7A, 0xBB, 0x8C, 0x5E, 0x07, 0x9E, 0x09, 0xE2, 0xC8, 0xA8, 0x33, 0x9C,
];

/// Handshake type and length before the body (RFC 8446 section 4).
const HANDSHAKE_HEADER: usize = 4;

/// A ClientHello for the record, and what else a passive observer needs of it.
#[derive(Clone, Debug, PartialEq)]
pub struct ParsedClientHello {
    /// For the record; `frame` and `record_version` are the caller's to set.
    pub hello: ClientHello,
    /// The rest.
    pub facts: ClientFacts,
}

/// Facts of a ClientHello that are no part of the record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientFacts {
    /// Its random.
    pub random: Vec<u8>,
    /// Session to resume, or the camouflage of TLS 1.3 (RFC 8446 appendix D.4).
    pub session_id: Vec<u8>,
    /// Compression methods.
    pub compression: Vec<u8>,
    /// Its extensions, as numbers.
    pub extensions: Extensions,
    /// Groups of the key shares, without GREASE.
    pub key_share_groups: Vec<String>,
    /// pre_shared_key was offered.
    pub psk: bool,
    /// early_data was offered.
    pub early_data: bool,
    /// extended_master_secret was offered (RFC 7627).
    pub extended_master_secret: bool,
    /// encrypt_then_mac was offered (RFC 7366).
    pub encrypt_then_mac: bool,
    /// Secure renegotiation, by extension or by SCSV (RFC 5746).
    pub renegotiation_info: bool,
    /// The client has come down from a higher version (RFC 7507).
    pub fallback_scsv: bool,
    /// session_ticket was offered (RFC 5077).
    pub session_ticket: bool,
    /// A ticket was presented: the offer to resume.
    pub session_ticket_presented: bool,
    /// An OCSP response was asked for (RFC 6066 section 8).
    pub status_request: bool,
    /// Encrypted ClientHello, real or GREASE: `server_name` is the outer one.
    pub encrypted_client_hello: bool,
    /// The body does not follow its own lengths, or goes on behind its end.
    pub malformed: bool,
}

/// A ServerHello or HelloRetryRequest for the record, and what else a passive observer needs of it.
#[derive(Clone, Debug, PartialEq)]
pub struct ParsedServerHello {
    /// For the record; `frame` and `record_version` are the caller's to set.
    pub hello: ServerHello,
    /// The rest.
    pub facts: ServerFacts,
}

/// Facts of a ServerHello that are no part of the record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServerFacts {
    /// `server_version` / `legacy_version`.
    pub legacy_version: u16,
    /// Its random.
    pub random: Vec<u8>,
    /// Session id; equal to the client's, non-empty one it resumes up to TLS 1.2.
    pub session_id: Vec<u8>,
    /// Compression method chosen.
    pub compression: Option<u8>,
    /// Its extensions, as numbers.
    pub extensions: Extensions,
    /// It is a HelloRetryRequest (RFC 8446 section 4.1.4).
    pub is_retry: bool,
    /// Highest version the server owns to when it negotiated a lower one: the downgrade sentinel
    /// of RFC 8446 section 4.1.3, `TLS 1.3` or `TLS 1.2`.
    pub downgraded_from: Option<Version>,
    /// Index of the selected PSK: TLS 1.3 resumed.
    pub psk_selected: Option<u16>,
    /// ALPN protocol chosen, lossy UTF-8 (up to TLS 1.2; later it is encrypted).
    pub alpn: Option<String>,
    /// extended_master_secret (RFC 7627).
    pub extended_master_secret: bool,
    /// encrypt_then_mac (RFC 7366).
    pub encrypt_then_mac: bool,
    /// Secure renegotiation (RFC 5746).
    pub renegotiation_info: bool,
    /// A ticket will follow (RFC 5077).
    pub session_ticket: bool,
    /// A CertificateStatus may follow (RFC 6066 section 8).
    pub status_request: bool,
    /// The body does not follow its own lengths, or goes on behind its end.
    pub malformed: bool,
}

/// The highest of several versions: TLS 1.3 before its drafts, these before TLS 1.2; numbers of no
/// known protocol come last.
pub fn max_version(versions: &[Version]) -> Option<Version> {
    versions.iter().copied().max_by_key(|version| {
        let rank = match version.0 {
            0x0300..=0x03FF => u32::from(version.0) << 8,
            // Drafts, newest highest; Facebook and Google ran some of their own.
            0x7F00..=0x7FFF | 0x7E00..=0x7EFF | 0xFB00..=0xFBFF => {
                0x0003_0300 | u32::from(version.0 & 0xFF)
            }
            0x0002 => 1,
            _ => 0,
        };
        (rank, version.0)
    })
}

/// The part of a ClientHello before its extensions.
pub(super) struct ClientFixed<'a> {
    pub(super) version: u16,
    pub(super) random: &'a [u8],
    pub(super) session_id: &'a [u8],
    pub(super) complete_session_id: bool,
    pub(super) suites: Vec<u16>,
    pub(super) compression: &'a [u8],
    pub(super) block: &'a [u8],
    pub(super) malformed: bool,
}

impl<'a> ClientFixed<'a> {
    /// Reads what is there; a length that leaves the body is taken as "up to the end".
    pub(super) fn read(body: &'a [u8]) -> Option<Self> {
        let mut reader = Reader::new(body);
        let version = reader.u16()?;
        let mut fixed = Self {
            version,
            random: reader.take_up_to(32),
            session_id: &[],
            complete_session_id: false,
            suites: Vec::new(),
            compression: &[],
            block: &[],
            malformed: true,
        };
        let Some(len) = reader.u8() else {
            return Some(fixed);
        };
        fixed.session_id = reader.take_up_to(usize::from(len));
        fixed.complete_session_id = fixed.session_id.len() == usize::from(len);
        let Some(len) = reader.u16() else {
            return Some(fixed);
        };
        fixed.suites = u16s(reader.take_up_to(usize::from(len)));
        let Some(len) = reader.u8() else {
            return Some(fixed);
        };
        fixed.compression = reader.take_up_to(usize::from(len));
        let compression_cut = fixed.compression.len() != usize::from(len);
        let Some(len) = reader.u16() else {
            fixed.malformed = !reader.is_empty() || compression_cut;
            return Some(fixed);
        };
        fixed.block = reader.take_up_to(usize::from(len));
        fixed.malformed = fixed.block.len() != usize::from(len) || !reader.is_empty();
        Some(fixed)
    }
}

/// Puts the fixed part and the extensions together; `body_len` is the length the header announced.
pub(super) fn finish_client(
    fixed: ClientFixed<'_>,
    extensions: Extensions,
    body_len: usize,
    partial: bool,
) -> ParsedClientHello {
    let offer = Offer {
        legacy_version: fixed.version,
        suites: &fixed.suites,
        extensions: &extensions,
    };
    let (ja3, ja4) = if partial {
        (None, None)
    } else {
        (Some(fingerprint::ja3(offer)), Some(fingerprint::ja4(offer)))
    };
    let legacy_version = Version(fixed.version);
    let mut versions: Vec<Version> = plain(&extensions.versions).map(Version).collect();
    // A cut hello of TLS 1.2 may go on with supported_versions; an older one has none worth
    // waiting for (RFC 8446 section 4.1.2 fixes the legacy version at TLS 1.2).
    if versions.is_empty() && (!partial || legacy_version < Version::TLS12) {
        versions.push(legacy_version);
    }
    let hello = ClientHello {
        frame: 0,
        format: HelloFormat::Tls,
        record_version: Version(0),
        legacy_version,
        max_version: match max_version(&versions) {
            None if !versions.is_empty() => Some(legacy_version),
            max => max,
        },
        versions,
        cipher_suites: fixed
            .suites
            .iter()
            .copied()
            .map(registry::tls_suite)
            .collect(),
        groups: plain(&extensions.groups)
            .map(registry::group_name)
            .collect(),
        signature_algorithms: plain(&extensions.signature_algorithms)
            .map(registry::signature_algorithm_name)
            .collect(),
        alpn: extensions.alpn.iter().map(|it| lossy(it)).collect(),
        sni: extensions.server_name.clone(),
        size: message_size(body_len),
        partial,
        ja3,
        ja4,
    };
    let facts = ClientFacts {
        random: fixed.random.to_vec(),
        session_id: fixed.session_id.to_vec(),
        compression: fixed.compression.to_vec(),
        key_share_groups: plain(&extensions.key_shares)
            .map(registry::group_name)
            .collect(),
        psk: extensions.has(kind::PRE_SHARED_KEY),
        early_data: extensions.has(kind::EARLY_DATA),
        extended_master_secret: extensions.has(kind::EXTENDED_MASTER_SECRET),
        encrypt_then_mac: extensions.has(kind::ENCRYPT_THEN_MAC),
        renegotiation_info: extensions.has(kind::RENEGOTIATION_INFO)
            || fixed.suites.contains(&registry::RENEGOTIATION_SCSV),
        fallback_scsv: fixed.suites.contains(&registry::FALLBACK_SCSV),
        session_ticket: extensions.has(kind::SESSION_TICKET),
        session_ticket_presented: extensions.session_ticket,
        status_request: extensions.has(kind::STATUS_REQUEST)
            || extensions.has(kind::STATUS_REQUEST_V2),
        encrypted_client_hello: extensions.has(kind::ENCRYPTED_CLIENT_HELLO)
            || extensions.has(kind::ENCRYPTED_SERVER_NAME),
        malformed: !partial && (fixed.malformed || extensions.truncated),
        extensions,
    };
    ParsedClientHello { hello, facts }
}

/// The part of a ServerHello before its extensions.
pub(super) struct ServerFixed<'a> {
    pub(super) version: u16,
    pub(super) random: &'a [u8],
    pub(super) session_id: &'a [u8],
    pub(super) suite: Option<u16>,
    pub(super) compression: Option<u8>,
    pub(super) block: &'a [u8],
    pub(super) malformed: bool,
}

impl<'a> ServerFixed<'a> {
    /// Reads what is there; a length that leaves the body is taken as "up to the end".
    pub(super) fn read(body: &'a [u8]) -> Option<Self> {
        let mut reader = Reader::new(body);
        let version = reader.u16()?;
        let mut fixed = Self {
            version,
            random: reader.take_up_to(32),
            session_id: &[],
            suite: None,
            compression: None,
            block: &[],
            malformed: true,
        };
        // Drafts 16 to 21 of TLS 1.3 had neither session id nor compression.
        let short = matches!(version, 0x7F00..=0x7F15);
        if !short {
            let Some(len) = reader.u8() else {
                return Some(fixed);
            };
            fixed.session_id = reader.take_up_to(usize::from(len));
        }
        fixed.suite = reader.u16();
        if !short {
            fixed.compression = reader.u8();
        }
        if fixed.suite.is_none() || (!short && fixed.compression.is_none()) {
            return Some(fixed);
        }
        let Some(len) = reader.u16() else {
            fixed.malformed = !reader.is_empty();
            return Some(fixed);
        };
        fixed.block = reader.take_up_to(usize::from(len));
        fixed.malformed = fixed.block.len() != usize::from(len) || !reader.is_empty();
        Some(fixed)
    }
}

/// Puts the fixed part and the extensions together.
pub(super) fn finish_server(
    fixed: ServerFixed<'_>,
    extensions: Extensions,
    partial: bool,
) -> ParsedServerHello {
    let legacy_version = Version(fixed.version);
    let selected = extensions.versions.first().copied().map(Version);
    let known = !partial || legacy_version < Version::TLS12;
    let version = selected.or(known.then_some(legacy_version));
    let is_retry = fixed.random == RETRY_RANDOM;
    let ja3s = match fixed.suite {
        Some(suite) if !partial => Some(fingerprint::ja3s(fixed.version, suite, &extensions.kinds)),
        _ => None,
    };
    let hello = ServerHello {
        frame: 0,
        record_version: Version(0),
        version,
        cipher_suite: fixed.suite.map(registry::tls_suite),
        group: extensions
            .key_shares
            .first()
            .copied()
            .map(registry::group_name),
        dh_bits: None,
        // Up to TLS 1.2 only what follows tells.
        resumed: (version.is_some_and(Version::is_tls13) && !is_retry && !partial)
            .then_some(extensions.psk_selected.is_some()),
        partial,
        ja3s,
    };
    let facts = ServerFacts {
        legacy_version: fixed.version,
        random: fixed.random.to_vec(),
        session_id: fixed.session_id.to_vec(),
        compression: fixed.compression,
        is_retry,
        downgraded_from: match fixed.random.get(24..) {
            Some(b"DOWNGRD\x01") => Some(Version::TLS13),
            Some(b"DOWNGRD\x00") => Some(Version::TLS12),
            _ => None,
        },
        psk_selected: extensions.psk_selected,
        alpn: extensions.alpn.first().map(|it| lossy(it)),
        extended_master_secret: extensions.has(kind::EXTENDED_MASTER_SECRET),
        encrypt_then_mac: extensions.has(kind::ENCRYPT_THEN_MAC),
        renegotiation_info: extensions.has(kind::RENEGOTIATION_INFO),
        session_ticket: extensions.has(kind::SESSION_TICKET),
        status_request: extensions.has(kind::STATUS_REQUEST)
            || extensions.has(kind::STATUS_REQUEST_V2),
        malformed: !partial && (fixed.malformed || extensions.truncated),
        extensions,
    };
    ParsedServerHello { hello, facts }
}

fn plain(numbers: &[u16]) -> impl Iterator<Item = u16> + '_ {
    numbers.iter().copied().filter(|&it| !is_grease(it))
}

pub(super) fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn message_size(body_len: usize) -> u32 {
    u32::try_from(body_len.saturating_add(HANDSHAKE_HEADER)).unwrap_or(u32::MAX)
}
