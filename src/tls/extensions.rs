//! The extensions of a hello, each read on its own.
//!
//! tls-parser stops at the first extension it cannot read and hides all later ones; the facts that
//! explain a failure often stand behind it. So the type-length-value list is walked here, and a
//! malformed extension costs only itself.

use super::reader::{Reader, u16s};

/// Extension types (IANA "TLS ExtensionType Values").
pub mod kind {
    #![allow(missing_docs)]
    pub const SERVER_NAME: u16 = 0;
    pub const STATUS_REQUEST: u16 = 5;
    pub const SUPPORTED_GROUPS: u16 = 10;
    pub const EC_POINT_FORMATS: u16 = 11;
    pub const SIGNATURE_ALGORITHMS: u16 = 13;
    pub const ALPN: u16 = 16;
    pub const STATUS_REQUEST_V2: u16 = 17;
    pub const ENCRYPT_THEN_MAC: u16 = 22;
    pub const EXTENDED_MASTER_SECRET: u16 = 23;
    pub const SESSION_TICKET: u16 = 35;
    /// key_share up to draft 22 of TLS 1.3.
    pub const KEY_SHARE_OLD: u16 = 40;
    pub const PRE_SHARED_KEY: u16 = 41;
    pub const EARLY_DATA: u16 = 42;
    pub const SUPPORTED_VERSIONS: u16 = 43;
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
    /// Types in the order sent, GREASE included.
    pub kinds: Vec<u16>,
    /// Types whose body could not be read.
    pub malformed: Vec<u16>,
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
    /// Versions offered, GREASE included, or the one selected (RFC 8446 section 4.2.1).
    pub versions: Vec<u16>,
    /// Groups of the key shares (RFC 8446 section 4.2.8), GREASE included.
    pub key_shares: Vec<u16>,
    /// Index of the selected PSK, in a ServerHello (RFC 8446 section 4.2.11).
    pub psk_selected: Option<u16>,
    /// The session ticket is not empty (RFC 5077 section 3.2).
    pub session_ticket: bool,
}

impl Extensions {
    /// Whether an extension of this type was there, readable or not.
    pub fn has(&self, kind: u16) -> bool {
        self.kinds.contains(&kind)
    }
}

/// Groups of the key shares in a ClientHello (RFC 8446 section 4.2.8); `None` when malformed.
pub(super) fn client_key_shares(body: &[u8]) -> Option<Vec<u16>> {
    let mut list = Reader::new(Reader::new(body).vec16()?);
    let mut groups = Vec::new();
    while !list.is_empty() {
        groups.push(list.u16()?);
        list.vec16()?;
    }
    Some(groups)
}

/// Group of the server's key share; a HelloRetryRequest names the group alone (RFC 8446 section
/// 4.2.8).
pub(super) fn server_key_share(body: &[u8]) -> Option<u16> {
    let mut reader = Reader::new(body);
    let group = reader.u16()?;
    if !reader.is_empty() {
        reader.vec16()?;
    }
    Some(group)
}

/// A single number: selected version or selected PSK in a ServerHello.
pub(super) fn selected(body: &[u8]) -> Option<u16> {
    let mut reader = Reader::new(body);
    let value = reader.u16()?;
    reader.is_empty().then_some(value)
}

/// Versions offered by a client (RFC 8446 section 4.2.1). tls-parser takes a body of two bytes for
/// a ServerHello's, so this is read here.
pub(super) fn client_versions(body: &[u8]) -> Option<Vec<u16>> {
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
        assert_eq!(client_key_shares(&body), Some(vec![0x0A0A, 29]));
        for cut in 0..body.len() {
            assert_eq!(client_key_shares(&body[..cut]), None);
        }
        assert_eq!(server_key_share(&[0, 23]), Some(23));
        assert_eq!(server_key_share(&[0, 29, 0, 1, 5]), Some(29));
        assert_eq!(server_key_share(&[0, 29, 0, 2, 5]), None);
    }

    #[test]
    fn versions() {
        assert_eq!(
            client_versions(&[4, 0x7F, 0x1C, 3, 3]),
            Some(vec![0x7F1C, 0x0303])
        );
        assert_eq!(client_versions(&[4, 3, 3]), None);
        assert_eq!(selected(&[3, 4]), Some(0x0304));
        assert_eq!(selected(&[3, 4, 0]), None);
    }
}
