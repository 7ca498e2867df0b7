//! The messages up to TLS 1.2 that are neither hellos nor certificates, and the messages that are
//! remarkable by their type, size or form.

use super::Handshake;
use super::messages::{CLIENT_HELLO, SERVER_HELLO};
use crate::model::handshake::{CertificateStatus, CertificateVerify, NewSessionTicket, OddMessage};
use crate::model::tls::Version;
use crate::model::{At, Peer};
use crate::tls::keyex;
use crate::tls::message::Message;
use crate::tls::reader::Reader;
use crate::tls::record::Moment;
use crate::tls::registry;

const HELLO_REQUEST: u8 = 0;
const NEW_SESSION_TICKET: u8 = 4;
const SERVER_KEY_EXCHANGE: u8 = 12;
const CERTIFICATE_REQUEST: u8 = 13;
const SERVER_HELLO_DONE: u8 = 14;
const CERTIFICATE_VERIFY: u8 = 15;
const CLIENT_KEY_EXCHANGE: u8 = 16;
const CERTIFICATE_STATUS: u8 = 22;

/// Messages kept of each kind of oddity: more say nothing new.
const MAX_ODD: usize = 16;

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// It was read.
    Read,
    /// It does not follow its own lengths.
    Malformed,
    /// Nothing is known of its type, or nobody expects it here.
    Other,
}

impl Reading {
    pub(super) fn of(is_readable: bool) -> Self {
        match is_readable {
            true => Self::Read,
            false => Self::Malformed,
        }
    }
}

impl Handshake {
    /// A message in clear, of which the limit may have cut the end.
    pub(super) fn flight_message(
        &mut self,
        from: Peer,
        message: &Message,
        record_version: Version,
        at: Moment,
    ) -> Reading {
        let hello_seen = self.sides.iter().any(|side| side.said_hello);
        if self.is_tls13() || !hello_seen {
            return Reading::Other;
        }
        let frame = at.frame;
        let version = self.reading_version(record_version);
        let body = message.body.as_slice();
        match (from, message.kind) {
            (Peer::Server, HELLO_REQUEST) => {
                self.tls.hello_request.get_or_insert(At { frame });
                Reading::of(body.is_empty())
            }
            (Peer::Server, NEW_SESSION_TICKET) => self.new_session_ticket(body, frame),
            (Peer::Server, SERVER_KEY_EXCHANGE) => {
                let is_readable = self.server_key_exchange(body, version, frame);
                Reading::of(is_readable || !message.is_whole())
            }
            (Peer::Server, CERTIFICATE_REQUEST) => {
                let is_readable = self.certificate_request(message, version, frame);
                Reading::of(is_readable || !message.is_whole())
            }
            (Peer::Server, SERVER_HELLO_DONE) => {
                self.tls.server_hello_done.get_or_insert(At { frame });
                Reading::of(body.is_empty())
            }
            (Peer::Server, CERTIFICATE_STATUS) => self.certificate_status(body, frame),
            (Peer::Client, CERTIFICATE_VERIFY) => self.certificate_verify(body, version, frame),
            (Peer::Client, CLIENT_KEY_EXCHANGE) => {
                self.tls.client_key_exchange.get_or_insert(At { frame });
                self.sides[from.index()].has_key_exchange = true;
                self.client_answered = true;
                Reading::Read
            }
            _ => Reading::Other,
        }
    }

    /// The same with its end missing: what its beginning tells.
    pub(super) fn cut_flight_message(
        &mut self,
        from: Peer,
        message: &Message,
        record_version: Version,
        at: Moment,
    ) {
        let hello_seen = self.sides.iter().any(|side| side.said_hello);
        if self.is_tls13() || !hello_seen {
            return;
        }
        let version = self.reading_version(record_version);
        match (from, message.kind) {
            (Peer::Server, SERVER_KEY_EXCHANGE) => {
                self.server_key_exchange(&message.body, version, at.frame);
            }
            (Peer::Server, CERTIFICATE_REQUEST) => {
                self.certificate_request(message, version, at.frame);
            }
            _ => {}
        }
    }

    fn server_key_exchange(&mut self, body: &[u8], version: Version, frame: u64) -> bool {
        self.sides[Peer::Server.index()].has_key_exchange = true;
        let hello = self.tls.server_hello.as_mut();
        let suite = hello.as_ref().and_then(|hello| hello.cipher_suite);
        // Without the suite nobody knows the layout.
        let (mut exchange, is_readable) = match suite {
            Some(suite) => keyex::server_key_exchange(body, suite.code, version),
            None => (Default::default(), true),
        };
        exchange.frame = frame;
        if let Some(hello) = hello {
            hello.group = exchange.group.clone().or(hello.group.take());
            hello.dh_bits = hello.dh_bits.or(exchange.dh_bits);
        }
        self.tls.server_key_exchange.get_or_insert(exchange);
        is_readable
    }

    fn certificate_request(&mut self, message: &Message, version: Version, frame: u64) -> bool {
        let is_whole = message.is_whole();
        let (mut request, is_readable) =
            keyex::certificate_request(&message.body, is_whole, version);
        request.frame = frame;
        self.tls.certificate_request.get_or_insert(request);
        is_readable
    }

    fn new_session_ticket(&mut self, body: &[u8], frame: u64) -> Reading {
        let mut reader = Reader::new(body);
        let mut number = || Some(u32::from(reader.u16()?) << 16 | u32::from(reader.u16()?));
        let (Some(lifetime_hint), Some(bytes)) = (number(), reader.u16()) else {
            return Reading::Malformed;
        };
        let ticket = NewSessionTicket {
            frame,
            lifetime_hint,
            bytes,
        };
        self.tls.new_session_ticket.get_or_insert(ticket);
        Reading::of(reader.rest().len() == usize::from(bytes))
    }

    fn certificate_status(&mut self, body: &[u8], frame: u64) -> Reading {
        let mut reader = Reader::new(body);
        let (Some(status_type), Some(bytes)) = (reader.u8(), reader.u24()) else {
            return Reading::Malformed;
        };
        let status_type = match status_type {
            1 => "ocsp".to_owned(),
            2 => "ocsp_multi".to_owned(),
            other => other.to_string(),
        };
        let status = CertificateStatus {
            frame,
            status_type,
            bytes,
        };
        self.tls.certificate_status.get_or_insert(status);
        Reading::of(reader.rest().len() == bytes as usize)
    }

    fn certificate_verify(&mut self, body: &[u8], version: Version, frame: u64) -> Reading {
        let mut reader = Reader::new(body);
        let algorithm = match version {
            Version::TLS12 => reader.u16(),
            _ => None,
        };
        let verify = CertificateVerify {
            frame,
            signature_algorithm: algorithm.map(registry::signature_algorithm_name),
        };
        self.tls.certificate_verify.get_or_insert(verify);
        Reading::of(reader.vec16().is_some() && reader.is_empty())
    }

    /// Lists a message of an unknown type, one beyond the limit, and one that is unreadable, where
    /// it is certain that a message begins here.
    pub(super) fn keep_if_odd(
        &mut self,
        from: Peer,
        message: &Message,
        reading: Reading,
        at: Moment,
    ) {
        let is_oversized = !message.is_whole() && reading != Reading::Malformed;
        let side = &self.sides[from.index()];
        let hello_type = match from {
            Peer::Client => CLIENT_HELLO,
            Peer::Server => SERVER_HELLO,
        };
        // Encrypted messages of a connection whose beginning is missing look like anything.
        let may_be_hello =
            message.kind == hello_type && matches!(message.body[..], [0x03 | 0x7F, 0..=0x1C, ..]);
        let is_certain = match side.said_hello {
            true => is_oversized || !side.holed,
            false => may_be_hello && !side.holed,
        };
        let list = match reading {
            _ if !is_certain => return,
            _ if is_oversized => &mut self.tls.oversized_messages,
            Reading::Read => return,
            Reading::Malformed => &mut self.tls.malformed_messages,
            Reading::Other => &mut self.tls.other_messages,
        };
        self.left_out.large_messages += u64::from(is_oversized);
        if list.len() == MAX_ODD {
            self.left_out.odd_messages += 1;
            return;
        }
        list.push(OddMessage {
            frame: at.frame,
            from,
            kind: message.kind,
            name: registry::handshake_name(message.kind),
            bytes: u32::try_from(message.len).unwrap_or(u32::MAX),
        });
    }
}
