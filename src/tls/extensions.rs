//! The extensions of a hello, each read on its own.
//!
//! tls-parser stops at the first extension it cannot read and hides all later ones; the facts that
//! explain a failure often stand behind it. So the type-length-value list is walked here, and a
//! malformed extension costs only itself.

use super::hello::MAX_LISTED;
use super::reader::{Reader, u16s};
use super::registry;
use crate::model::tls::{Extension, KeyShare};

/// Extension types (IANA "TLS ExtensionType Values").
pub mod kind {
    #![allow(missing_docs)]
    pub const SERVER_NAME: u16 = 0;
    pub const MAX_FRAGMENT_LENGTH: u16 = 1;
    pub const STATUS_REQUEST: u16 = 5;
    pub const SUPPORTED_GROUPS: u16 = 10;
    pub const EC_POINT_FORMATS: u16 = 11;
    pub const SIGNATURE_ALGORITHMS: u16 = 13;
    pub const ALPN: u16 = 16;
    pub const STATUS_REQUEST_V2: u16 = 17;
    pub const SIGNED_CERTIFICATE_TIMESTAMP: u16 = 18;
    pub const ENCRYPT_THEN_MAC: u16 = 22;
    pub const EXTENDED_MASTER_SECRET: u16 = 23;
    pub const COMPRESS_CERTIFICATE: u16 = 27;
    pub const RECORD_SIZE_LIMIT: u16 = 28;
    pub const DELEGATED_CREDENTIAL: u16 = 34;
    pub const SESSION_TICKET: u16 = 35;
    /// key_share up to draft 22 of TLS 1.3.
    pub const KEY_SHARE_OLD: u16 = 40;
    pub const PRE_SHARED_KEY: u16 = 41;
    pub const EARLY_DATA: u16 = 42;
    pub const SUPPORTED_VERSIONS: u16 = 43;
    pub const COOKIE: u16 = 44;
    pub const PSK_KEY_EXCHANGE_MODES: u16 = 45;
    pub const SIGNATURE_ALGORITHMS_CERT: u16 = 50;
    pub const KEY_SHARE: u16 = 51;
    pub const ENCRYPTED_CLIENT_HELLO: u16 = 0xFE0D;
    /// Forerunner of ECH (draft-ietf-tls-esni up to 06).
    pub const ENCRYPTED_SERVER_NAME: u16 = 0xFFCE;
    pub const RENEGOTIATION_INFO: u16 = 0xFF01;
}

/// One extension as it stands in a hello.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tlv<'a> {
    /// Its type.
    pub kind: u16,
    /// Its body.
    pub body: &'a [u8],
    /// Type, length and body.
    pub whole: &'a [u8],
}

/// Walks the list; ends at the first entry whose length leaves the block.
#[derive(Clone, Debug)]
pub struct Walk<'a> {
    reader: Reader<'a>,
}

/// Walks the extensions in `block`, the list without its length.
pub fn walk(block: &[u8]) -> Walk<'_> {
    Walk {
        reader: Reader::new(block),
    }
}

impl<'a> Walk<'a> {
    /// Bytes not walked: after the end, what no longer formed an extension.
    pub fn rest(&self) -> &'a [u8] {
        self.reader.rest()
    }
}

impl<'a> Iterator for Walk<'a> {
    type Item = Tlv<'a>;

    fn next(&mut self) -> Option<Tlv<'a>> {
        let start = self.reader.rest();
        let mut ahead = self.reader;
        let kind = ahead.u16()?;
        let body = ahead.vec16()?;
        self.reader = ahead;
        Some(Tlv {
            kind,
            body,
            whole: &start[..4 + body.len()],
        })
    }
}

/// What the extensions of a hello say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Extensions {
    /// Types in the order sent, GREASE included; of a cut hello also the one that the cut went
    /// through.
    pub kinds: Vec<u16>,
    /// Types whose body could not be read.
    pub malformed: Vec<u16>,
    /// Types sent more than once.
    pub duplicate: Vec<u16>,
    /// The list ended inside an extension.
    pub truncated: bool,
    /// Host name (RFC 6066 section 3), lossy UTF-8.
    pub server_name: Option<String>,
    /// Protocol names (RFC 7301), in order.
    pub alpn: Vec<Vec<u8>>,
    /// Named groups (RFC 8446 section 4.2.7), GREASE included.
    pub groups: Vec<u16>,
    /// Point formats (RFC 8422 section 5.1.2).
    pub point_formats: Vec<u8>,
    /// Signature algorithms (RFC 8446 section 4.2.3), GREASE included.
    pub signature_algorithms: Vec<u16>,
    /// Signature algorithms in certificates (RFC 8446 section 4.2.3).
    pub signature_algorithms_cert: Vec<u16>,
    /// Signature algorithms in delegated credentials (RFC 9345 section 4.1.1).
    pub delegated_credential: Vec<u16>,
    /// Versions offered, GREASE included, or the one selected (RFC 8446 section 4.2.1).
    pub versions: Vec<u16>,
    /// Key shares (RFC 8446 section 4.2.8), GREASE included.
    pub key_shares: Vec<Share>,
    /// How many PSK identities and binders a ClientHello has (RFC 8446 section 4.2.11).
    pub psk: Option<(u16, u16)>,
    /// Modes of PSK key exchange (RFC 8446 section 4.2.9).
    pub psk_modes: Vec<u8>,
    /// Index of the selected PSK, in a ServerHello (RFC 8446 section 4.2.11).
    pub psk_selected: Option<u16>,
    /// Length of the session ticket (RFC 5077 section 3.2).
    pub session_ticket: Option<u16>,
    /// Largest record in bytes (RFC 8449).
    pub record_size_limit: Option<u16>,
    /// Largest fragment in bytes (RFC 6066 section 4).
    pub max_fragment_length: Option<u16>,
    /// Ways to compress certificates (RFC 8879).
    pub compress_certificate: Vec<u16>,
}

/// A key share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// Its group.
    pub group: u16,
    /// Size of the public key; a HelloRetryRequest has none.
    pub size: Option<u16>,
}

impl Share {
    pub(super) fn named(self) -> Option<KeyShare> {
        self.size.map(|size| KeyShare {
            group: registry::group_name(self.group),
            size,
            post_quantum: registry::is_post_quantum(self.group),
        })
    }
}

impl Extensions {
    /// Whether an extension of this type was there, readable or not.
    pub fn has(&self, kind: u16) -> bool {
        self.kinds.contains(&kind)
    }

    /// The same, for the record: that it was not there is known of a whole hello only.
    pub(super) fn says(&self, kind: u16, is_whole: bool) -> Option<bool> {
        match self.has(kind) {
            true => Some(true),
            false => is_whole.then_some(false),
        }
    }

    /// Types with their names.
    pub(super) fn listed(&self) -> Vec<Extension> {
        let kinds = self.kinds.iter().copied().take(MAX_LISTED);
        kinds.map(registry::extension).collect()
    }
}

/// Key shares of a ClientHello (RFC 8446 section 4.2.8); `None` when malformed.
pub(super) fn client_key_shares(body: &[u8]) -> Option<Vec<Share>> {
    let mut list = Reader::new(Reader::new(body).vec16()?);
    let mut shares = Vec::new();
    while !list.is_empty() {
        shares.push(share(&mut list)?);
    }
    Some(shares)
}

/// The server's key share; a HelloRetryRequest names the group alone (RFC 8446 section 4.2.8).
pub(super) fn server_key_share(body: &[u8]) -> Option<Share> {
    match selected(body) {
        Some(group) => Some(Share { group, size: None }),
        None => share(&mut Reader::new(body)),
    }
}

fn share(reader: &mut Reader<'_>) -> Option<Share> {
    let group = reader.u16()?;
    let size = u16::try_from(reader.vec16()?.len()).ok();
    Some(Share { group, size })
}

/// How many identities and binders a client has (RFC 8446 section 4.2.11).
pub(super) fn client_psk(body: &[u8]) -> Option<(u16, u16)> {
    let mut reader = Reader::new(body);
    let mut list = Reader::new(reader.vec16()?);
    let mut identities = 0;
    while !list.is_empty() {
        list.vec16()?;
        let _age = list.take(4)?;
        identities += 1;
    }
    let mut list = Reader::new(reader.vec16()?);
    let mut binders = 0;
    while !list.is_empty() {
        list.vec8()?;
        binders += 1;
    }
    Some((identities, binders))
}

/// Bytes of 2^9 to 2^12 (RFC 6066 section 4).
pub(super) fn max_fragment_length(body: &[u8]) -> Option<u16> {
    match *body {
        [power @ 1..=4] => Some(0x100 << power),
        _ => None,
    }
}

/// Bytes behind a length of one byte.
pub(super) fn bytes8(body: &[u8]) -> Option<&[u8]> {
    Reader::new(body).vec8()
}

/// Numbers of two bytes behind a length of two bytes.
pub(super) fn numbers16(body: &[u8]) -> Option<Vec<u16>> {
    Reader::new(body).vec16().map(u16s)
}

/// A single number: selected version or selected PSK in a ServerHello.
pub(super) fn selected(body: &[u8]) -> Option<u16> {
    let mut reader = Reader::new(body);
    let value = reader.u16()?;
    reader.is_empty().then_some(value)
}

/// Numbers of two bytes behind a length of one byte: versions offered (RFC 8446 section 4.2.1; a
/// body of two bytes tls-parser takes for a ServerHello's), compression of certificates.
pub(super) fn numbers8(body: &[u8]) -> Option<Vec<u16>> {
    Reader::new(body).vec8().map(u16s)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn walks_to_the_first_broken_length() {
        let block = [0, 23, 0, 0, 0, 5, 0, 1, 9, 0, 7, 0, 9, 1];
        let mut list = walk(&block);
        let first = list.next().expect("first");
        assert_eq!(
            (first.kind, first.body.len(), first.whole.len()),
            (23, 0, 4)
        );
        let second = list.next().expect("second");
        assert_eq!((second.kind, second.body), (5, &[9][..]));
        assert_eq!(list.next(), None);
        assert_eq!(list.rest(), [0, 7, 0, 9, 1]);
    }

    #[test]
    fn key_shares() {
        let body = [0, 11, 0x0A, 0x0A, 0, 1, 0, 0, 29, 0, 2, 7, 7];
        let share = |group, size| Share { group, size };
        let both = vec![share(0x0A0A, Some(1)), share(29, Some(2))];
        assert_eq!(client_key_shares(&body), Some(both));
        for cut in 0..body.len() {
            assert_eq!(client_key_shares(&body[..cut]), None);
        }
        assert_eq!(server_key_share(&[0, 23]), Some(share(23, None)));
        assert_eq!(
            server_key_share(&[0, 29, 0, 1, 5]),
            Some(share(29, Some(1)))
        );
        assert_eq!(server_key_share(&[0, 29, 0, 2, 5]), None);
    }

    #[test]
    fn pre_shared_keys() {
        let body = [
            0, 15, 0, 1, 7, 0, 0, 0, 0, 0, 2, 8, 8, 0, 0, 0, 0, 0, 5, 1, 9, 2, 9, 9,
        ];
        assert_eq!(client_psk(&body), Some((2, 2)));
        for cut in 0..body.len() {
            assert_eq!(client_psk(&body[..cut]), None);
        }
    }

    #[test]
    fn fragment_lengths() {
        assert_eq!(max_fragment_length(&[1]), Some(512));
        assert_eq!(max_fragment_length(&[4]), Some(4096));
        for body in [&[0][..], &[5], &[], &[1, 1]] {
            assert_eq!(max_fragment_length(body), None);
        }
    }

    #[test]
    fn versions() {
        assert_eq!(numbers8(&[4, 0x7F, 0x1C, 3, 3]), Some(vec![0x7F1C, 0x0303]));
        assert_eq!(numbers8(&[4, 3, 3]), None);
        assert_eq!(selected(&[3, 4]), Some(0x0304));
        assert_eq!(selected(&[3, 4, 0]), None);
    }
}
