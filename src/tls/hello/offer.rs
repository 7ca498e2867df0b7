//! What a ClientHello offers.

use super::{ClientFixed, MAX_LISTED, hex, lossy, plain};
use crate::model::tls::{ClientHello, HelloFormat, KeyShare, PskOffer, Renegotiation, Version};
use crate::tls::extensions::{Extensions, kind};
use crate::tls::fingerprint::{self, Offer};
use crate::tls::registry;

/// Handshake type and length before the body (RFC 8446 section 4).
const HANDSHAKE_HEADER: usize = 4;

/// Puts the fixed part and the extensions together; `body_len` is the length the header announced.
/// `frame` and `record_version` are the caller's to set.
pub(in crate::tls) fn finish_client(
    fixed: ClientFixed<'_>,
    extensions: &Extensions,
    body_len: usize,
    partial: bool,
) -> ClientHello {
    let offer = Offer {
        legacy_version: fixed.version,
        suites: &fixed.suites,
        extensions,
    };
    let malformed = fixed.malformed || extensions.truncated;
    let is_whole = !partial && !malformed;
    let renegotiation_signal = fixed.suites.contains(&registry::RENEGOTIATION_SCSV);
    let fallback = fixed.suites.contains(&registry::FALLBACK_SCSV);
    let legacy_version = Version(fixed.version);
    let mut versions: Vec<Version> = plain(&extensions.versions).map(Version).collect();
    // A cut hello of TLS 1.2 may go on with supported_versions; an older one has none worth
    // waiting for (RFC 8446 section 4.1.2 fixes the legacy version at TLS 1.2).
    let unread = extensions.malformed.contains(&kind::SUPPORTED_VERSIONS);
    if versions.is_empty() && !unread && (!partial || legacy_version < Version::TLS12) {
        versions.push(legacy_version);
    }
    let suites = fixed.suites.iter().copied().map(registry::tls_suite);
    let compression = fixed.compression.iter().copied();
    ClientHello {
        format: HelloFormat::Tls,
        random: fixed.random,
        legacy_version,
        max_version: match max_version(&versions) {
            None if !versions.is_empty() => Some(legacy_version),
            max => max,
        },
        versions,
        session_id: hex(fixed.session_id).filter(|_| fixed.complete_session_id),
        cipher_suites: suites.take(MAX_LISTED).collect(),
        compression_methods: compression.map(registry::compression_name).collect(),
        renegotiation_info: renegotiation(
            renegotiation_signal,
            extensions.says(kind::RENEGOTIATION_INFO, is_whole),
        ),
        fallback_scsv: (fallback || fixed.complete_suites).then_some(fallback),
        size: u32::try_from(body_len.saturating_add(HANDSHAKE_HEADER)).unwrap_or(u32::MAX),
        partial,
        malformed: (!partial).then_some(malformed),
        ja3: (!partial).then(|| fingerprint::ja3(offer)),
        ja4: (!partial).then(|| fingerprint::ja4(offer)),
        ..offer_of(extensions, is_whole)
    }
}

/// What the extensions alone say; where `is_whole`, there are no others.
pub(in crate::tls) fn offer_of(extensions: &Extensions, is_whole: bool) -> ClientHello {
    let says = |kind| extensions.says(kind, is_whole);
    let methods = extensions.compress_certificate.iter().copied();
    let modes = extensions.psk_modes.iter().copied();
    let formats = extensions.point_formats.iter().copied();
    let alpn = extensions.alpn.iter().map(|it| lossy(it));
    ClientHello {
        extensions: extensions.listed(),
        malformed_extensions: extensions.malformed.clone(),
        duplicate_extensions: extensions.duplicate.clone(),
        sni: extensions.server_name.clone(),
        groups: plain(&extensions.groups)
            .map(registry::group_name)
            .collect(),
        key_shares: key_shares(extensions),
        signature_algorithms: signatures(&extensions.signature_algorithms),
        signature_algorithms_cert: signatures(&extensions.signature_algorithms_cert),
        alpn: alpn.take(MAX_LISTED).collect(),
        point_formats: formats.map(registry::point_format_name).collect(),
        psk_modes: modes.map(registry::psk_mode_name).collect(),
        psk: extensions.psk.map(|(identities, binders)| PskOffer {
            identities,
            binders,
        }),
        early_data: says(kind::EARLY_DATA),
        session_ticket: extensions.session_ticket,
        extended_master_secret: says(kind::EXTENDED_MASTER_SECRET),
        encrypt_then_mac: says(kind::ENCRYPT_THEN_MAC),
        renegotiation_info: renegotiation(false, says(kind::RENEGOTIATION_INFO)),
        status_request: says(kind::STATUS_REQUEST),
        status_request_v2: says(kind::STATUS_REQUEST_V2),
        signed_certificate_timestamp: says(kind::SIGNED_CERTIFICATE_TIMESTAMP),
        ech: says(kind::ENCRYPTED_CLIENT_HELLO)
            .filter(|&is_there| is_there)
            .or_else(|| says(kind::ENCRYPTED_SERVER_NAME)),
        record_size_limit: extensions.record_size_limit,
        max_fragment_length: extensions.max_fragment_length,
        compress_certificate: methods
            .take(MAX_LISTED)
            .map(registry::certificate_compression_name)
            .collect(),
        cookie: says(kind::COOKIE),
        delegated_credential: signatures(&extensions.delegated_credential),
        ..ClientHello::default()
    }
}

/// The signal counts before the extension: it stands in front, so a cut hello says the same.
pub(in crate::tls) fn renegotiation(
    signal: bool,
    extension: Option<bool>,
) -> Option<Renegotiation> {
    match (signal, extension) {
        (true, _) => Some(Renegotiation::Scsv),
        (false, Some(true)) => Some(Renegotiation::Extension),
        (false, Some(false)) => Some(Renegotiation::None),
        (false, None) => None,
    }
}

fn key_shares(extensions: &Extensions) -> Vec<KeyShare> {
    let shares = extensions.key_shares.iter();
    let shares = shares.filter(|share| !registry::is_grease(share.group));
    shares
        .take(MAX_LISTED)
        .filter_map(|share| share.named())
        .collect()
}

fn signatures(numbers: &[u16]) -> Vec<String> {
    plain(numbers)
        .map(registry::signature_algorithm_name)
        .collect()
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
