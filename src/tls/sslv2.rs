//! Hellos in the format of SSL 2.0.
//!
//! Clients that still knew SSL 2.0 framed their first hello its way and offered TLS in it (RFC 5246
//! appendix E.2); old mail gateways do so to this day. tls-parser does not read this format.

use super::extensions::Extensions;
use super::hello::{MAX_LISTED, hex, offer_of, renegotiation};
use super::reader::Reader;
use super::registry;
use crate::model::tls::{CipherSuite, ClientHello, HelloFormat, ServerHello, SuiteCode, Version};

/// MSG-CLIENT-HELLO.
pub const CLIENT_HELLO: u8 = 0x01;
/// MSG-SERVER-HELLO.
pub const SERVER_HELLO: u8 = 0x04;
/// MSG-ERROR.
pub const ERROR: u8 = 0x00;

/// A record header of SSL 2.0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Its own length: two bytes, or three with padding.
    pub len: usize,
    /// Bytes that follow it, padding included.
    pub body: usize,
    /// Padding at the end of the body.
    pub padding: usize,
}

/// Reads a record header (SSL 2.0 specification, section 1.1); `None` when bytes are missing or a
/// body would be smaller than its padding.
pub fn header(bytes: &[u8]) -> Option<Header> {
    let mut reader = Reader::new(bytes);
    let first = reader.u16()?;
    if first & 0x8000 != 0 {
        return Some(Header {
            len: 2,
            body: usize::from(first & 0x7FFF),
            padding: 0,
        });
    }
    let padding = usize::from(reader.u8()?);
    // 0x4000 is the security escape.
    let body = usize::from(first & 0x3FFF);
    (padding <= body).then_some(Header {
        len: 3,
        body,
        padding,
    })
}

/// Reads a complete CLIENT-HELLO: the body of its record, message type first. `None` when its
/// lengths do not fit.
pub fn client_hello(body: &[u8]) -> Option<ClientHello> {
    read_client(body, false)
}

/// Reads as much of a CLIENT-HELLO as was captured; `full_len` is the length its record announced.
/// `None` when the fixed part is not there.
pub fn client_hello_prefix(body: &[u8], full_len: usize) -> Option<ClientHello> {
    let mut found = read_client(body, body.len() < full_len)?;
    found.size = size(full_len);
    Some(found)
}

fn read_client(body: &[u8], partial: bool) -> Option<ClientHello> {
    let mut reader = Reader::new(body);
    if reader.u8()? != CLIENT_HELLO {
        return None;
    }
    let version = Version(reader.u16()?);
    let kinds_len = usize::from(reader.u16()?);
    let session_id_len = usize::from(reader.u16()?);
    let challenge_len = usize::from(reader.u16()?);
    let wanted = kinds_len + session_id_len + challenge_len;
    if kinds_len % 3 != 0 || (!partial && wanted > reader.rest().len()) {
        return None;
    }
    let kinds = reader.take_up_to(kinds_len);
    let has_suites = kinds.len() == kinds_len;
    let mut cipher_suites = suites(kinds);
    let session_id = reader.take_up_to(session_id_len);
    let has_session_id = session_id.len() == session_id_len;
    reader.take_up_to(challenge_len);
    let signal = |number| {
        let code = SuiteCode::Tls(number);
        cipher_suites.iter().any(|it| it.code == code)
    };
    let renegotiation_signal = signal(registry::RENEGOTIATION_SCSV);
    let fallback_signal = signal(registry::FALLBACK_SCSV);
    cipher_suites.truncate(MAX_LISTED);
    let malformed = !reader.is_empty();
    // This format has no extensions: none are missing behind a cut.
    Some(ClientHello {
        format: HelloFormat::Sslv2,
        record_version: Version::SSL2,
        legacy_version: version,
        max_version: Some(version),
        versions: vec![version],
        session_id: hex(session_id).filter(|_| has_session_id),
        challenge_length: u16::try_from(challenge_len).ok(),
        renegotiation_info: renegotiation(renegotiation_signal, has_suites.then_some(false)),
        fallback_scsv: (fallback_signal || has_suites).then_some(fallback_signal),
        cipher_suites,
        size: size(body.len()),
        partial,
        malformed: (!partial).then_some(malformed),
        ..offer_of(&Extensions::default(), true)
    })
}

/// A SERVER-HELLO of SSL 2.0.
#[derive(Clone, Debug, PartialEq)]
pub struct ParsedServerHello<'a> {
    /// For the record; `frame` is the caller's to set. The suite is `None`: the client chooses.
    pub hello: ServerHello,
    /// Its certificate, DER; `None` when a session is resumed or the body is cut before its end.
    pub certificate: Option<&'a [u8]>,
}

/// Reads a SERVER-HELLO, complete or cut: the body of its record, message type first. `None`
/// when the fixed part is not there, or is not of SSL 2.0.
pub fn server_hello(body: &[u8], full_len: usize) -> Option<ParsedServerHello<'_>> {
    let mut reader = Reader::new(body);
    if reader.u8()? != SERVER_HELLO {
        return None;
    }
    let session_id_hit = reader.u8()?;
    let _certificate_type = reader.u8()?;
    let version = Version(reader.u16()?);
    if version != Version::SSL2 {
        return None;
    }
    let certificate_len = usize::from(reader.u16()?);
    let kinds_len = usize::from(reader.u16()?);
    let connection_id_len = usize::from(reader.u16()?);
    let partial = body.len() < full_len;
    let wanted = certificate_len + kinds_len + connection_id_len;
    if !partial && wanted > reader.rest().len() {
        return None;
    }
    let malformed = wanted < reader.rest().len();
    let certificate = reader.take_up_to(certificate_len);
    let mut accepted = suites(reader.take_up_to(kinds_len));
    accepted.truncate(MAX_LISTED);
    let hello = ServerHello {
        record_version: Version::SSL2,
        legacy_version: version,
        version: Some(version),
        resumed: Some(session_id_hit != 0),
        sslv2_cipher_suites: accepted,
        connection_id_length: u16::try_from(connection_id_len).ok(),
        partial,
        malformed: (!partial).then_some(malformed),
        ..ServerHello::default()
    };
    Some(ParsedServerHello {
        hello,
        certificate: (!certificate.is_empty() && certificate.len() == certificate_len)
            .then_some(certificate),
    })
}

/// Suites of three bytes; a cut last one is dropped.
fn suites(bytes: &[u8]) -> Vec<CipherSuite> {
    bytes
        .chunks_exact(3)
        .map(|it| {
            registry::suite(SuiteCode::Ssl2(u32::from_be_bytes([
                0, it[0], it[1], it[2],
            ])))
        })
        .collect()
}

fn size(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::tls::Renegotiation;

    /// An SSLv2 hello that offers TLS 1.0: three suites, no session, a challenge of 16 bytes.
    fn hello() -> Vec<u8> {
        let mut body = vec![1, 3, 1, 0, 9, 0, 0, 0, 16];
        body.extend([1, 0, 0x80, 0, 0, 4, 0, 0, 0xFF]);
        body.extend([0xAA; 16]);
        body
    }

    #[test]
    fn headers() {
        let two = Header {
            len: 2,
            body: 46,
            padding: 0,
        };
        assert_eq!(header(&[0x80, 0x2E, 1]), Some(two));
        let three = Header {
            len: 3,
            body: 0x10,
            padding: 5,
        };
        assert_eq!(header(&[0x00, 0x10, 5]), Some(three));
        assert_eq!(header(&[0x00, 0x04, 5]), None);
        assert_eq!(header(&[0x80]), None);
        assert_eq!(header(&[0x00, 0x10]), None);
    }

    #[test]
    fn client_hello_offers_tls() {
        let body = hello();
        let found = client_hello(&body).expect("complete");
        assert_eq!(found.format, HelloFormat::Sslv2);
        assert_eq!(found.max_version, Some(Version::TLS10));
        let names: Vec<String> = found
            .cipher_suites
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(
            names,
            [
                "SSL2_RC4_128_WITH_MD5",
                "TLS_RSA_WITH_RC4_128_MD5",
                "TLS_EMPTY_RENEGOTIATION_INFO_SCSV"
            ]
        );
        assert_eq!(found.renegotiation_info, Some(Renegotiation::Scsv));
        assert_eq!(found.malformed, Some(false));
        assert_eq!(
            (found.session_id.as_ref(), found.challenge_length),
            (None, Some(16))
        );
        // What only an extension could offer is not offered.
        assert_eq!((found.ech, found.session_ticket), (Some(false), None));
        assert_eq!((found.size, found.ja3), (34, None));
    }

    #[test]
    fn cut_client_hellos() {
        let body = hello();
        for cut in 0..body.len() {
            assert_eq!(client_hello(&body[..cut]), None, "{cut}");
            let prefix = client_hello_prefix(&body[..cut], body.len());
            assert_eq!(prefix.is_some(), cut >= 9, "{cut}");
            if let Some(prefix) = prefix {
                assert!(prefix.partial);
                assert_eq!(prefix.cipher_suites.len(), ((cut - 9) / 3).min(3));
                assert_eq!(prefix.size, 34);
            }
        }
        assert_eq!(client_hello_prefix(&body, body.len()), client_hello(&body));
    }

    #[test]
    fn server_hello_with_certificate() {
        let mut body = vec![4, 0, 1, 0, 2, 0, 5, 0, 3, 0, 4];
        body.extend([0x30, 3, 2, 1, 7]);
        body.extend([7, 0, 0xC0]);
        body.extend([9; 4]);
        let found = server_hello(&body, body.len()).expect("complete");
        assert_eq!(found.hello.version, Some(Version::SSL2));
        assert_eq!(found.certificate, Some(&[0x30, 3, 2, 1, 7][..]));
        assert_eq!(
            found.hello.sslv2_cipher_suites[0].to_string(),
            "SSL2_DES_192_EDE3_CBC_WITH_MD5"
        );
        assert_eq!(found.hello.connection_id_length, Some(4));
        assert_eq!(found.hello.resumed, Some(false));
        for cut in 0..body.len() {
            let found = server_hello(&body[..cut], body.len());
            assert_eq!(found.is_some(), cut >= 11, "{cut}");
            if let Some(found) = found {
                assert_eq!(found.certificate.is_some(), cut >= 16, "{cut}");
                assert!(found.hello.partial);
            }
            assert_eq!(server_hello(&body[..cut], cut), None, "{cut}");
        }
    }

    #[test]
    fn other_messages_are_none() {
        assert_eq!(client_hello(&[2, 0, 2, 0, 0, 0, 0, 0, 0]), None);
        assert_eq!(client_hello(&[1, 0, 2, 0, 2, 0, 0, 0, 0, 1, 1]), None);
        // A SERVER-HELLO of another version than 2.0 does not exist.
        assert_eq!(server_hello(&[4, 0, 1, 3, 1, 0, 0, 0, 0, 0, 0], 11), None);
    }

    proptest! {
        #[test]
        fn random_bytes(body in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = header(&body);
            for first in [CLIENT_HELLO, SERVER_HELLO] {
                let mut body = body.clone();
                body.insert(0, first);
                let _ = client_hello(&body);
                let _ = client_hello_prefix(&body, body.len() + 1);
                let _ = server_hello(&body, body.len());
                let _ = server_hello(&body, body.len() + 1);
            }
        }
    }
}
