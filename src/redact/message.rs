//! Messages of TLS, redacted in place: every length stays, and of the contents what the analysis
//! reads and what identifies nobody. Everything else is overwritten: keys, signatures,
//! certificates, tickets, extensions that nobody has thought of.

use super::Pseudonyms;
use super::hello::Side;
use crate::model::Peer;
use crate::model::tls::Version;

/// The handshake of one direction.
pub(super) struct Handshake<'a> {
    side: Side,
    version: Option<Version>,
    /// Bodies of handshake records that are not encrypted, one after the other.
    clear: Vec<&'a mut [u8]>,
    /// The change to encryption was announced.
    encrypted: bool,
}

/// Bytes that are read from the front and changed on the way; what is not there is zero.
pub(super) struct Cursor<'a> {
    rest: &'a mut [u8],
}

impl<'a> Cursor<'a> {
    pub(super) fn new(bytes: &'a mut [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.rest.len()
    }

    /// The next bytes, as they are.
    pub(super) fn take(&mut self, count: usize) -> &'a mut [u8] {
        let rest = std::mem::take(&mut self.rest);
        let (bytes, rest) = rest.split_at_mut(count.min(rest.len()));
        self.rest = rest;
        bytes
    }

    /// A number of this many bytes.
    pub(super) fn number(&mut self, size: usize) -> usize {
        let bytes = self.take(size).iter();
        bytes.fold(0, |number, &byte| number << 8 | usize::from(byte))
    }

    /// What a length of this many bytes announces.
    pub(super) fn vector(&mut self, size: usize) -> Self {
        let len = self.number(size);
        Self::new(self.take(len))
    }

    /// Overwrites all the rest.
    pub(super) fn blank(self) {
        self.rest.fill(BLANK);
    }
}

/// What is left of keys, signatures and certificates. Not zero: an evidence file leaves zeros at the
/// end of its packets out, and other programs would miss the rest of the message.
pub(super) const BLANK: u8 = b'x';

/// Content types of records (RFC 5246 section 6.2.1).
mod record {
    pub(super) const CHANGE_CIPHER_SPEC: u8 = 20;
    pub(super) const ALERT: u8 = 21;
    pub(super) const HANDSHAKE: u8 = 22;
    pub(super) const HEARTBEAT: u8 = 24;
}

/// Handshake types (RFC 5246 section 7.4).
mod kind {
    pub(super) const CLIENT_HELLO: u8 = 1;
    pub(super) const SERVER_HELLO: u8 = 2;
    pub(super) const NEW_SESSION_TICKET: u8 = 4;
    pub(super) const CERTIFICATE: u8 = 11;
    pub(super) const SERVER_KEY_EXCHANGE: u8 = 12;
    pub(super) const CERTIFICATE_REQUEST: u8 = 13;
    pub(super) const CERTIFICATE_VERIFY: u8 = 15;
    pub(super) const CLIENT_KEY_EXCHANGE: u8 = 16;
    pub(super) const CERTIFICATE_STATUS: u8 = 22;
}

impl<'a> Handshake<'a> {
    /// Nothing was read yet; `version` is the one that was chosen.
    pub(super) fn new(from: Peer, version: Option<Version>) -> Self {
        let side = match from {
            Peer::Client => Side::Client,
            Peer::Server => Side::Server,
        };
        Self {
            side,
            version,
            clear: Vec::new(),
            encrypted: false,
        }
    }

    /// Takes bytes that begin with a record.
    pub(super) fn push(&mut self, pseudonyms: &Pseudonyms, bytes: &'a mut [u8]) {
        let mut rest = Cursor::new(bytes);
        while !rest.is_empty() {
            match *rest.rest {
                [record::CHANGE_CIPHER_SPEC..=record::HEARTBEAT, 3, ..] => {
                    let content = rest.take(3)[0];
                    let body = rest.vector(2);
                    self.record(pseudonyms, content, body);
                }
                [high, low, ..] => {
                    // A record of SSL 2.0, with a short header or a long one.
                    let is_short = high & 0x80 != 0;
                    let len = match is_short {
                        true => u16::from_be_bytes([high & 0x7F, low]),
                        false => u16::from_be_bytes([high & 0x3F, low]),
                    };
                    rest.take(if is_short { 2 } else { 3 });
                    let body = Cursor::new(rest.take(len.into()));
                    match is_short && !self.encrypted {
                        true => self.ssl2(pseudonyms, body),
                        false => pseudonyms.noise(body.rest),
                    }
                }
                _ => rest.take(1).fill(BLANK),
            }
        }
    }

    fn record(&mut self, pseudonyms: &Pseudonyms, content: u8, body: Cursor<'a>) {
        match (content, body.len()) {
            (record::CHANGE_CIPHER_SPEC, 1) => self.encrypted = true,
            (record::ALERT, 2) if !self.encrypted => {}
            (record::HANDSHAKE, _) if !self.encrypted || is_hello(body.rest) => {
                self.clear.push(body.rest);
            }
            (record::CHANGE_CIPHER_SPEC..=record::HANDSHAKE, _) => pseudonyms.noise(body.rest),
            _ => body.blank(),
        }
    }

    /// A message of SSL 2.0 (draft-hickman-netscape-ssl-00 section 2).
    fn ssl2(&mut self, pseudonyms: &Pseudonyms, mut body: Cursor<'a>) {
        let message = body.take(1).first().copied();
        match message {
            // ERROR
            Some(0) => {
                body.take(2);
            }
            // CLIENT-HELLO
            Some(1) => {
                body.take(2);
                let [suites, id, _] = [(); 3].map(|()| body.number(2));
                body.take(suites);
                pseudonyms.noise(body.take(id));
            }
            // CLIENT-MASTER-KEY: the suite, three lengths.
            Some(2) => {
                body.take(9);
                self.encrypted = true;
            }
            // SERVER-HELLO
            Some(4) => {
                body.take(4);
                let [certificate, suites, id] = [(); 3].map(|()| body.number(2));
                body.take(certificate).fill(BLANK);
                body.take(suites);
                pseudonyms.noise(body.take(id));
            }
            _ => return pseudonyms.noise(body.rest),
        }
        body.blank();
    }

    /// Redacts the messages that were taken.
    pub(super) fn finish(self, pseudonyms: &mut Pseudonyms) {
        let Self {
            side,
            version,
            clear,
            ..
        } = self;
        // A message may span records, and a record hold several messages.
        let mut all: Vec<u8> = clear.iter().flat_map(|body| body.iter().copied()).collect();
        let mut rest = Cursor::new(&mut all);
        while !rest.is_empty() {
            let kind = rest.take(1)[0];
            let body = rest.vector(3);
            pseudonyms.message(kind, body, side, version);
        }
        let mut rest = all.as_slice();
        for body in clear {
            let (part, tail) = rest.split_at(body.len());
            body.copy_from_slice(part);
            rest = tail;
        }
    }
}

/// Whether a record after a ChangeCipherSpec is in clear all the same: in TLS 1.3 that message
/// changes nothing, and hellos may follow it (RFC 8446 appendix D.4).
fn is_hello(body: &[u8]) -> bool {
    match *body {
        [kind::CLIENT_HELLO | kind::SERVER_HELLO, 0, high, low, ..] => {
            usize::from(u16::from_be_bytes([high, low])) + 4 == body.len()
        }
        _ => false,
    }
}

impl Pseudonyms {
    fn message(&mut self, kind: u8, mut body: Cursor<'_>, side: Side, version: Option<Version>) {
        match kind {
            kind::CLIENT_HELLO | kind::SERVER_HELLO => return self.hello(body, side),
            kind::CERTIFICATE => {
                let mut list = body.vector(3);
                while !list.is_empty() {
                    list.vector(3).blank();
                }
            }
            kind::SERVER_KEY_EXCHANGE => server_key_exchange(&mut body),
            kind::CERTIFICATE_REQUEST => {
                // Types of certificates, then algorithms of signatures, from TLS 1.2 on.
                body.vector(1);
                if version.is_none_or(|version| version >= Version::TLS12) {
                    body.vector(2);
                }
                // The list of names may leave its message.
                body.take(2);
                while !body.is_empty() {
                    body.vector(2).blank();
                }
            }
            kind::CERTIFICATE_VERIFY => {
                // The algorithm, from TLS 1.2 on.
                if version.is_none_or(|version| version >= Version::TLS12) {
                    body.take(2);
                }
                body.vector(2).blank();
            }
            kind::CERTIFICATE_STATUS => {
                body.take(1);
                body.vector(3).blank();
            }
            kind::NEW_SESSION_TICKET => {
                // Lifetime, ticket.
                body.take(4);
                body.vector(2).blank();
            }
            kind::CLIENT_KEY_EXCHANGE => match *body.rest {
                [high, low, ..]
                    if usize::from(u16::from_be_bytes([high, low])) + 2 == body.len() =>
                {
                    body.take(2);
                }
                [len, ..] if usize::from(len) + 1 == body.len() => {
                    body.take(1);
                }
                _ => {}
            },
            _ => {}
        }
        body.blank();
    }
}

/// Parameters and signature: a curve by its name with a point, or numbers, the first of which is
/// the prime.
fn server_key_exchange(body: &mut Cursor<'_>) {
    const NAMED_CURVE: u8 = 3;
    if body.rest.first() == Some(&NAMED_CURVE) {
        body.take(3);
        body.vector(1).blank();
    }
    while !body.is_empty() {
        let len = body.number(2);
        // What is no length names the algorithm of the signature.
        if len <= body.len() {
            let mut number = Cursor::new(body.take(len));
            // How many bits it has.
            number.take(2);
            number.blank();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Key;
    use super::*;

    fn redacted(from: Peer, bytes: &[u8]) -> Vec<u8> {
        let mut pseudonyms = Pseudonyms::new(Key::new(b"a secret of tests"));
        let mut bytes = bytes.to_vec();
        let mut handshake = Handshake::new(from, Some(Version::TLS12));
        handshake.push(&pseudonyms, &mut bytes);
        handshake.finish(&mut pseudonyms);
        bytes
    }

    #[test]
    fn certificates_are_blanked_and_keep_their_lengths() {
        let chain = b"\x16\x03\x03\0\x11\x0b\0\0\x0d\0\0\x0a\0\0\x02ab\0\0\x02cd";
        let blanked = b"\x16\x03\x03\0\x11\x0b\0\0\x0d\0\0\x0a\0\0\x02xx\0\0\x02xx";
        assert_eq!(redacted(Peer::Server, chain), blanked);
        // In two records.
        let parts = [
            b"\x16\x03\x03\0\x0b",
            &chain[5..16],
            b"\x16\x03\x03\0\x06",
            &chain[16..],
        ]
        .concat();
        let blanked = [
            b"\x16\x03\x03\0\x0b",
            &blanked[5..16],
            b"\x16\x03\x03\0\x06",
            &blanked[16..],
        ]
        .concat();
        assert_eq!(redacted(Peer::Server, &parts), blanked);
    }

    #[test]
    fn what_is_encrypted_becomes_noise() {
        let bytes =
            b"\x14\x03\x03\0\x01\x01\x16\x03\x03\0\x04abcd\x15\x03\x03\0\x02ef\x17\x03\x03\0\x09";
        let new = redacted(Peer::Client, bytes);
        assert_eq!(new[..11], bytes[..11]);
        assert!(new[11..15] != bytes[11..15] && new[20..22] != bytes[20..22]);
        assert_eq!(new[15..20], bytes[15..20]);
        assert_eq!(new[22..], bytes[22..]);
        assert_eq!(
            redacted(Peer::Client, b"\x15\x03\x03\0\x02\x02\x28"),
            b"\x15\x03\x03\0\x02\x02\x28"
        );
    }

    #[test]
    fn any_bytes_keep_their_length() {
        for len in 0..60 {
            for first in [1, 2, 11, 12, 13, 15, 16, 22, 4, 0x80] {
                let body: Vec<u8> = (0..len).map(|it| (it * 37 % 11) as u8).collect();
                let bytes = [&[22, 3, 3, 0, len as u8 + 1, first][..], &body].concat();
                assert_eq!(redacted(Peer::Server, &bytes).len(), bytes.len());
                assert_eq!(redacted(Peer::Client, &body).len(), body.len());
            }
        }
    }
}
