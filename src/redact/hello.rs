//! Hellos, redacted in place.

use std::collections::BTreeSet;

use super::Pseudonyms;
use super::message::{BLANK, Cursor};
use super::stream::each_text;
use crate::tls::extensions::kind as extension;

/// Who sends a hello: some extensions look different.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Client,
    Server,
}

/// The random of a HelloRetryRequest begins like this (RFC 8446 section 4.1.3).
const RETRY: [u8; 4] = [0xCF, 0x21, 0xAD, 0x74];
/// The last eight bytes of a random that tells of a downgrade begin like this.
const DOWNGRADE: &[u8; 7] = b"DOWNGRD";

impl Pseudonyms {
    /// A hello, without the header of the message.
    pub(super) fn hello(&mut self, mut hello: Cursor<'_>, side: Side) {
        hello.take(2);
        self.random(hello.take(32));
        let mut id = hello.vector(1);
        self.noise(id.take(id.len()));
        match side {
            Side::Client => {
                hello.vector(2);
                hello.vector(1);
            }
            Side::Server => {
                hello.take(3);
            }
        }
        let mut list = hello.vector(2);
        while !list.is_empty() {
            let kind = list.number(2);
            let body = list.vector(2);
            self.extension(kind, body, side);
        }
        hello.blank();
    }

    /// What rules read in a random stays: that it is none, too, as by that they tell made-up hellos
    /// from real ones.
    pub(super) fn random(&self, random: &mut [u8]) {
        if random.starts_with(&RETRY) {
            return;
        }
        let end = match random.get(24..31) {
            Some(end) if end == DOWNGRADE => 24,
            _ => random.len(),
        };
        match is_random(&random[..end]) {
            true => self.noise(&mut random[..end]),
            false => random[..end].fill(BLANK),
        }
    }

    fn extension(&mut self, kind: usize, mut body: Cursor<'_>, side: Side) {
        let Ok(kind) = u16::try_from(kind) else {
            return body.blank();
        };
        match (kind, side) {
            (extension::SERVER_NAME, _) => {
                let mut list = body.vector(2);
                while !list.is_empty() {
                    let is_host = list.number(1) == 0;
                    let mut name = list.vector(2);
                    match is_host {
                        true => each_text(name.take(name.len()), |text| self.name(text)),
                        false => name.blank(),
                    }
                }
            }
            (extension::ALPN, _) => {
                let mut list = body.vector(2);
                while !list.is_empty() {
                    let mut name = list.vector(1);
                    each_text(name.take(name.len()), |text| self.protocol(text));
                }
            }
            (extension::KEY_SHARE | extension::KEY_SHARE_OLD, Side::Client) => {
                let mut list = body.vector(2);
                while !list.is_empty() {
                    list.take(2);
                    list.vector(2).blank();
                }
            }
            (extension::KEY_SHARE | extension::KEY_SHARE_OLD, Side::Server) => {
                body.take(2);
                body.vector(2).blank();
            }
            (extension::PRE_SHARED_KEY, Side::Client) => {
                let mut identities = body.vector(2);
                while !identities.is_empty() {
                    identities.vector(2).blank();
                    identities.take(4).fill(BLANK);
                }
                let mut binders = body.vector(2);
                while !binders.is_empty() {
                    binders.vector(1).blank();
                }
            }
            (extension::PRE_SHARED_KEY, Side::Server) => {
                body.take(2);
            }
            (extension::COOKIE, _) => body.vector(2).blank(),
            (extension::RENEGOTIATION_INFO, _) => body.vector(1).blank(),
            // A type, then lists of responders and of extensions, which name nobody if empty.
            (extension::STATUS_REQUEST, Side::Client) => {
                body.take(1);
                body.vector(2).blank();
                body.vector(2).blank();
            }
            (extension::STATUS_REQUEST_V2, Side::Client) => {
                let mut list = body.vector(2);
                while !list.is_empty() {
                    list.take(1);
                    let mut request = list.vector(2);
                    request.vector(2).blank();
                    request.vector(2).blank();
                    request.blank();
                }
            }
            (kind, _) if TELLING.contains(&kind) => return,
            _ => {}
        }
        body.blank();
    }
}

/// Whether bytes neither repeat themselves nor count; of 24 random ones 16 at least differ.
fn is_random(bytes: &[u8]) -> bool {
    const DIFFERENT: usize = 16;
    let different: BTreeSet<&u8> = bytes.iter().collect();
    let mut pairs = bytes.windows(2);
    different.len() >= DIFFERENT && !pairs.all(|pair| pair[1].wrapping_sub(pair[0]) == 1)
}

/// Extensions that hold versions, sizes and numbers of algorithms, or nothing.
const TELLING: [u16; 13] = [
    extension::MAX_FRAGMENT_LENGTH,
    extension::SUPPORTED_GROUPS,
    extension::EC_POINT_FORMATS,
    extension::SIGNATURE_ALGORITHMS,
    extension::ENCRYPT_THEN_MAC,
    extension::EXTENDED_MASTER_SECRET,
    extension::COMPRESS_CERTIFICATE,
    extension::RECORD_SIZE_LIMIT,
    extension::DELEGATED_CREDENTIAL,
    extension::EARLY_DATA,
    extension::SUPPORTED_VERSIONS,
    extension::PSK_KEY_EXCHANGE_MODES,
    extension::SIGNATURE_ALGORITHMS_CERT,
];
