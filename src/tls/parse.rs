//! Hello bodies become facts. The only file that names tls_parser.
//!
//! tls-parser reads well-formed hellos; what it refuses or misreads is read here, so that an odd
//! hello, which is what one looks for in a failed handshake, still shows its facts. Known quirks
//! of version 0.12, held by the tests below: a ServerHello of SSL 3.0 loses its extensions; one
//! with another version than 3.0 to 3.3 is refused; in server hellos extension 21 is taken for 22;
//! its GREASE test is loose; an extension list whose length leaves the message is dropped whole.

use std::collections::HashSet;

use tls_parser::TlsExtension;

use super::extensions::{self, Extensions, Tlv, kind, walk};
use super::hello::{self, ClientFixed, MAX_LISTED, ServerFixed, lossy};
pub use super::hello::{ParsedServerHello, RETRY_RANDOM, max_version};
use super::reader::Reader;
use crate::model::tls::ClientHello;

/// Reads a complete ClientHello body (RFC 8446 section 4.1.2); `None` when not even version,
/// random and session id are there.
pub fn client_hello(body: &[u8]) -> Option<ClientHello> {
    let fixed = client_fixed(body).or_else(|| ClientFixed::read(body))?;
    fixed.complete_session_id.then(|| {
        let extensions = read_extensions(fixed.block, Side::Client, false);
        hello::finish_client(fixed, &extensions, body.len(), false)
    })
}

/// Reads as much of a ClientHello body as was captured; `full_len` is the length its header
/// announced. `None` without a version.
pub fn client_hello_prefix(body: &[u8], full_len: usize) -> Option<ClientHello> {
    let partial = body.len() < full_len;
    let fixed = ClientFixed::read(body)?;
    let extensions = read_extensions(fixed.block, Side::Client, partial);
    Some(hello::finish_client(fixed, &extensions, full_len, partial))
}

/// Reads a complete ServerHello or HelloRetryRequest body (RFC 8446 section 4.1.3), with the
/// layout of TLS 1.3 drafts before 22 too; `None` when it has no suite.
pub fn server_hello(body: &[u8]) -> Option<ParsedServerHello> {
    let fixed = server_fixed(body).or_else(|| ServerFixed::read(body))?;
    fixed.suite?;
    let extensions = read_extensions(fixed.block, Side::Server, false);
    Some(hello::finish_server(fixed, &extensions, false))
}

/// Reads as much of a ServerHello body as was captured; `full_len` is the length its header
/// announced. `None` without a version.
pub fn server_hello_prefix(body: &[u8], full_len: usize) -> Option<ParsedServerHello> {
    let partial = body.len() < full_len;
    let fixed = ServerFixed::read(body)?;
    let extensions = read_extensions(fixed.block, Side::Server, partial);
    Some(hello::finish_server(fixed, &extensions, partial))
}

/// Reads a HelloRetryRequest as drafts of TLS 1.3 before 22 had it: a message of its own, in
/// drafts 16 to 18 without a suite. `None` without a version of these drafts.
pub fn old_retry_request(body: &[u8]) -> Option<ParsedServerHello> {
    let mut reader = Reader::new(body);
    let version = reader.u16()?;
    let suite = match version {
        0x7F00..=0x7F12 => None,
        0x7F13..=0x7F15 => Some(reader.u16()?),
        _ => return None,
    };
    let fixed = ServerFixed {
        version,
        random: &RETRY_RANDOM,
        session_id: &[],
        suite,
        compression: None,
        block: reader.vec16()?,
        malformed: !reader.is_empty(),
    };
    let extensions = read_extensions(fixed.block, Side::Server, false);
    Some(hello::finish_server(fixed, &extensions, false))
}

/// The fixed part as tls-parser reads it; `None` when it refuses the hello or drops a part of it.
fn client_fixed(body: &[u8]) -> Option<ClientFixed<'_>> {
    let (rest, hello) = tls_parser::parse_tls_handshake_client_hello(body).ok()?;
    if hello.ext.is_none() && !rest.is_empty() {
        return None;
    }
    let compression = hello.comp.len();
    // tls-parser owns the list; the bytes stand before the extensions.
    let end = body.len() - rest.len() - hello.ext.map_or(0, |ext| ext.len() + 2);
    Some(ClientFixed {
        version: hello.version.0,
        random: hello.random.try_into().ok(),
        session_id: hello.session_id.unwrap_or_default(),
        complete_session_id: true,
        suites: hello.ciphers.iter().map(|it| it.0).collect(),
        complete_suites: true,
        compression: body.get(end.checked_sub(compression)?..end)?,
        block: hello.ext.unwrap_or_default(),
        malformed: !rest.is_empty(),
    })
}

/// The fixed part as tls-parser reads it; `None` when it refuses the hello or drops a part of it.
fn server_fixed(body: &[u8]) -> Option<ServerFixed<'_>> {
    let (rest, hello) = tls_parser::parse_tls_handshake_server_hello(body).ok()?;
    // Of SSL 3.0 tls-parser leaves the extensions unread, of others those with a wrong length.
    if hello.ext.is_none() && !rest.is_empty() {
        return None;
    }
    Some(ServerFixed {
        version: hello.version.0,
        random: hello.random,
        session_id: hello.session_id.unwrap_or_default(),
        suite: Some(hello.cipher.0),
        compression: Some(hello.compression.0),
        block: hello.ext.unwrap_or_default(),
        malformed: !rest.is_empty(),
    })
}

/// Whose hello an extension stands in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Client,
    Server,
}

fn read_extensions(block: &[u8], side: Side, partial: bool) -> Extensions {
    let mut found = Extensions::default();
    let mut list = walk(block);
    // A hostile hello holds 16,000 extensions: not to be searched for each.
    let mut seen = HashSet::new();
    let mut seen_again = HashSet::new();
    for tlv in list.by_ref() {
        found.kinds.push(tlv.kind);
        // A repeated extension is against RFC 8446 section 4.2; the first one counts.
        if !seen.insert(tlv.kind) {
            if seen_again.insert(tlv.kind) && found.duplicate.len() < MAX_LISTED {
                found.duplicate.push(tlv.kind);
            }
        } else if read_extension(&mut found, tlv, side).is_none()
            && found.malformed.len() < MAX_LISTED
        {
            found.malformed.push(tlv.kind);
        }
    }
    found.truncated = !list.rest().is_empty();
    if let (true, Some(&[high, low])) = (partial, list.rest().first_chunk()) {
        found.kinds.push(u16::from_be_bytes([high, low]));
    }
    found
}

/// Reads one extension into `found`; `None` when it is malformed.
fn read_extension(found: &mut Extensions, tlv: Tlv<'_>, side: Side) -> Option<()> {
    let body = tlv.body;
    match (tlv.kind, side) {
        // tls-parser leaves these as bytes, or guesses the side by the length.
        (kind::SUPPORTED_VERSIONS, Side::Client) => found.versions = extensions::numbers8(body)?,
        (kind::SUPPORTED_VERSIONS, Side::Server) => {
            found.versions = vec![extensions::selected(body)?];
        }
        (kind::KEY_SHARE | kind::KEY_SHARE_OLD, Side::Client) => {
            found.key_shares = extensions::client_key_shares(body)?;
        }
        (kind::KEY_SHARE | kind::KEY_SHARE_OLD, Side::Server) => {
            found.key_shares = vec![extensions::server_key_share(body)?];
        }
        (kind::PRE_SHARED_KEY, Side::Client) => found.psk = Some(extensions::client_psk(body)?),
        (kind::PRE_SHARED_KEY, Side::Server) => {
            found.psk_selected = Some(extensions::selected(body)?);
        }
        (kind::PSK_KEY_EXCHANGE_MODES, Side::Client) => {
            found.psk_modes = extensions::bytes8(body)?.to_vec();
        }
        (kind::SIGNATURE_ALGORITHMS_CERT, Side::Client) => {
            found.signature_algorithms_cert = extensions::numbers16(body)?;
        }
        (kind::DELEGATED_CREDENTIAL, Side::Client) => {
            found.delegated_credential = extensions::numbers16(body)?;
        }
        (kind::COMPRESS_CERTIFICATE, Side::Client) => {
            found.compress_certificate = extensions::numbers8(body)?;
        }
        (kind::RECORD_SIZE_LIMIT, _) => {
            found.record_size_limit = Some(extensions::selected(body)?);
        }
        (kind::MAX_FRAGMENT_LENGTH, _) => {
            found.max_fragment_length = Some(extensions::max_fragment_length(body)?);
        }
        (kind::SESSION_TICKET, _) => found.session_ticket = u16::try_from(body.len()).ok(),
        (
            kind::SERVER_NAME
            | kind::SUPPORTED_GROUPS
            | kind::EC_POINT_FORMATS
            | kind::SIGNATURE_ALGORITHMS
            | kind::ALPN,
            _,
        ) => return read_with_tls_parser(found, tlv),
        // Of the others only the presence counts; tls-parser takes 21 for 22 in a ServerHello.
        _ => {}
    }
    Some(())
}

fn read_with_tls_parser(found: &mut Extensions, tlv: Tlv<'_>) -> Option<()> {
    // The client's table reads a superset of the server's.
    let (_, extension) = tls_parser::parse_tls_client_hello_extension(tlv.whole).ok()?;
    match extension {
        TlsExtension::SNI(names) => {
            found.server_name = names
                .iter()
                .find(|(name_type, _)| name_type.0 == 0)
                .map(|(_, name)| lossy(name));
        }
        TlsExtension::ALPN(names) => found.alpn = names.iter().map(|it| it.to_vec()).collect(),
        TlsExtension::EllipticCurves(groups) => {
            found.groups = groups.iter().map(|it| it.0).collect();
        }
        TlsExtension::EcPointFormats(formats) => found.point_formats = formats.to_vec(),
        TlsExtension::SignatureAlgorithms(schemes) => found.signature_algorithms = schemes,
        _ => {}
    }
    Some(())
}

#[cfg(test)]
mod registry_tests;
#[cfg(test)]
mod tests;
