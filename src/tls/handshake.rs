//! The handshake as a bystander sees it: which messages are in clear, what they say, and when both
//! sides have gone encrypted.

use super::alerts;
use super::certs;
use super::keyex;
use super::message::Message;
use super::parse;
use super::record::{self, Moment, Record, RecordReader, Step};
use super::registry;
use super::side::{Framing, SSL2_HEADER, Side, collect_ssl2};
use super::sslv2;
use crate::limits::Limits;
use crate::model::tls::{SuiteCode, Tls, Version};
use crate::model::{self, At, MessageLog, Peer};

const CLIENT_HELLO: u8 = 1;
const SERVER_HELLO: u8 = 2;
const CERTIFICATE: u8 = 11;
const SERVER_KEY_EXCHANGE: u8 = 12;
const CERTIFICATE_REQUEST: u8 = 13;
const CLIENT_KEY_EXCHANGE: u8 = 16;

/// Length of a TLS 1.3 record that holds nothing but an alert: two bytes, the content type and a
/// 16-byte tag (RFC 8446 section 5.2).
const ENCRYPTED_ALERT_13: usize = 19;

/// What became of the bytes given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// All of them.
    All,
    /// This many; what follows is no TLS.
    Until(usize),
}

/// The handshake of one connection.
#[derive(Debug, Default)]
pub struct Handshake {
    tls: Tls,
    sides: [Side; 2],
    psk_selected: bool,
    client_hello_at: Option<Moment>,
    established_at: Option<Moment>,
    /// The server went encrypted without certificate or key exchange.
    abbreviated: bool,
    client_answered: bool,
    close_notify_seen: bool,
    messages: MessageLog,
}

impl Handshake {
    /// What was seen so far.
    pub fn facts(&self) -> &Tls {
        &self.tls
    }

    /// When the first ClientHello was complete.
    pub fn client_hello_at(&self) -> Option<Moment> {
        self.client_hello_at
    }

    /// When both sides had gone encrypted.
    pub fn established_at(&self) -> Option<Moment> {
        self.established_at
    }

    /// Application data records of client and server since then.
    pub fn data_records(&self) -> [u64; 2] {
        [0, 1].map(|side: usize| self.sides[side].data_records)
    }

    /// The client has answered the server's flight.
    pub fn client_answered(&self) -> bool {
        self.client_answered
    }

    /// An alert was seen after a side went encrypted: most likely an orderly close.
    pub fn close_notify_seen(&self) -> bool {
        self.close_notify_seen
    }

    /// Messages and encrypted records as they complete, once switched on.
    pub fn messages(&mut self) -> &mut MessageLog {
        &mut self.messages
    }

    /// The bytes of `from` begin with an SSL 2.0 message instead of a record.
    pub fn start_sslv2(&mut self, from: Peer) {
        self.sides[from.index()].framing = Framing::Ssl2(Vec::new());
    }

    /// Takes bytes of one direction.
    pub fn push(&mut self, from: Peer, bytes: &[u8], at: Moment, limits: &Limits) -> Taken {
        let mut rest = bytes;
        loop {
            let in_clear = self.in_clear(from);
            let side = &mut self.sides[from.index()];
            match &mut side.framing {
                Framing::Done => return Taken::All,
                Framing::Ssl2(message) => {
                    side.last.1 = at;
                    let Some(whole) = collect_ssl2(message, &mut rest) else {
                        return Taken::All;
                    };
                    side.framing = Framing::Records(RecordReader::default());
                    let body = &whole[SSL2_HEADER..];
                    self.ssl2_message(from, body, body.len(), at);
                }
                Framing::Records(reader) => match reader.push(&mut rest, at, in_clear, limits) {
                    Step::More => return Taken::All,
                    Step::NotTls => return Taken::Until(bytes.len() - rest.len()),
                    Step::Record(record) => self.record(from, &record, limits),
                },
            }
        }
    }

    /// Bytes of one direction are missing.
    pub fn gap(&mut self, from: Peer, len: u64, limits: &Limits) {
        let established = self.tls.established.is_some();
        let side = &mut self.sides[from.index()];
        side.holed = true;
        side.half_alert = None;
        match &mut side.framing {
            Framing::Records(reader) => {
                let cut = reader.gap(len);
                // Encrypted bytes offer no certain place to go on.
                if established {
                    side.framing = Framing::Done;
                }
                if let Some(record) = cut {
                    self.record(from, &record, limits);
                }
            }
            Framing::Ssl2(_) => self.ssl2_cut(from),
            Framing::Done => {}
        }
    }

    /// Nothing more will come.
    pub fn finish(&mut self, limits: &Limits) -> Tls {
        for from in [Peer::Client, Peer::Server] {
            match &mut self.sides[from.index()].framing {
                Framing::Records(reader) => {
                    if let Some(record) = reader.finish() {
                        self.record(from, &record, limits);
                    }
                }
                Framing::Ssl2(_) => self.ssl2_cut(from),
                Framing::Done => {}
            }
            let (version, at) = self.sides[from.index()].last;
            self.cut_message(from, version, at);
        }
        self.decide_resumption();
        std::mem::take(&mut self.tls)
    }

    /// Whether handshake and alert bodies of `from` are readable now.
    fn in_clear(&self, from: Peer) -> bool {
        let side = &self.sides[from.index()];
        !side.changed || self.is_tls13() || self.version().is_none()
    }

    /// The version chosen, as far as known.
    fn version(&self) -> Option<Version> {
        let chosen = self.tls.server_hello.as_ref();
        let retry = self.tls.hello_retry_request.as_ref();
        chosen.or(retry).and_then(|hello| hello.version)
    }

    fn is_tls13(&self) -> bool {
        self.version().is_some_and(Version::is_tls13)
    }

    fn record(&mut self, from: Peer, record: &Record, limits: &Limits) {
        let is_13 =
            self.tls.server_hello.is_some() && self.version().is_some_and(Version::is_tls13);
        // A hello after ChangeCipherSpec is of TLS 1.3, where the HelloRetryRequest before it is
        // missing (RFC 8446 section 4.1.4).
        let hello_again = self.version().is_none() && is_whole_hello(from, record);
        // Every cipher adds an authentication code (RFC 5246 section 6.2.3): two bytes are in clear.
        let bare_alert = record.content_type == record::ALERT && record.len == 2;
        let in_clear = self.is_tls13() || hello_again || bare_alert;
        let side_encrypted = self.sides[from.index()].changed && !in_clear;
        if record.content_type == record::APPLICATION_DATA && self.tls.established.is_some() {
            self.sides[from.index()].data_records += 1;
        }
        if record.content_type == record::APPLICATION_DATA && record.complete {
            self.note("ApplicationData", record.at);
        }
        match record.content_type {
            record::CHANGE_CIPHER_SPEC => self.change_cipher_spec(from, record.at),
            record::ALERT => self.alert(from, record, side_encrypted),
            record::HANDSHAKE => self.handshake(from, record, side_encrypted, limits),
            record::APPLICATION_DATA if is_13 => self.data_record_13(from, record),
            _ => {}
        }
        if side_encrypted && record.content_type != record::CHANGE_CIPHER_SPEC {
            self.encrypted_record(from, record.at);
        }
    }

    fn note(&mut self, name: &'static str, at: Moment) {
        self.messages.note(at.frame, model::Message::Named(name));
    }

    fn change_cipher_spec(&mut self, from: Peer, at: Moment) {
        self.note("ChangeCipherSpec", at);
        let side = &mut self.sides[from.index()];
        if from == Peer::Server && !side.changed && !side.holed {
            let certified = !self.tls.certificates.server.is_empty() || side.has_key_exchange;
            self.abbreviated = !certified;
        }
        side.changed = true;
        self.client_answered |= from == Peer::Client;
    }

    /// TLS 1.2 and below: both sides are encrypted once each has sent a record after its
    /// ChangeCipherSpec.
    fn encrypted_record(&mut self, from: Peer, at: Moment) {
        self.sides[from.index()].encrypted_at.get_or_insert(at);
        if self.sides.iter().all(|side| side.encrypted_at.is_some()) {
            self.establish(at);
        }
    }

    fn establish(&mut self, at: Moment) {
        let frame = at.frame;
        self.tls.established.get_or_insert(At { frame });
        self.established_at.get_or_insert(at);
    }

    /// TLS 1.3: the server's first application data after a client record that is no lone alert.
    fn data_record_13(&mut self, from: Peer, record: &Record) {
        let side = &mut self.sides[from.index()];
        side.more_than_alert |= record.len != ENCRYPTED_ALERT_13;
        if from == Peer::Client {
            self.client_answered = true;
        } else if self.sides[Peer::Client.index()].more_than_alert {
            self.establish(record.at);
        }
        if self.tls.established.is_some() && record.len == ENCRYPTED_ALERT_13 {
            self.close_notify_seen = true;
        }
    }

    fn alert(&mut self, from: Peer, record: &Record, side_encrypted: bool) {
        let found = if side_encrypted || !alerts::is_readable(&record.body, record.len) {
            // Before both sides are encrypted it is more likely a complaint.
            self.close_notify_seen |=
                self.tls.established.is_some() || self.tls.client_hello.is_none();
            vec![alerts::encrypted(from, record)]
        } else {
            alerts::read(from, record, &mut self.sides[from.index()].half_alert)
        };
        for alert in &found {
            self.messages.note(alert.frame, alerts::message(alert));
        }
        let room = alerts::MAX_ALERTS.saturating_sub(self.tls.alerts.len());
        self.tls.alerts.extend(found.into_iter().take(room));
    }

    fn handshake(&mut self, from: Peer, record: &Record, side_encrypted: bool, limits: &Limits) {
        if side_encrypted {
            self.note("EncryptedHandshake", record.at);
            return;
        }
        let side = &mut self.sides[from.index()];
        side.last = (record.version, record.at);
        side.messages.push(&record.body);
        while let Some(message) = self.sides[from.index()].messages.next(limits) {
            self.message(from, &message, record.version, record.at);
        }
        if !record.complete {
            self.cut_message(from, record.version, record.at);
        }
    }

    fn message(&mut self, from: Peer, message: &Message, record_version: Version, at: Moment) {
        let body = message.body.as_slice();
        // Hellos are noted where they become facts.
        if !matches!(message.kind, CLIENT_HELLO | SERVER_HELLO) {
            let name = registry::handshake_name(message.kind);
            let message = model::Message::Handshake(message.kind);
            let message = name.map_or(message, model::Message::Named);
            self.messages.note(at.frame, message);
        }
        match (from, message.kind) {
            (Peer::Client, CLIENT_HELLO) => self.client_hello(message, record_version, at),
            (Peer::Server, SERVER_HELLO) => self.server_hello(message, record_version, at),
            (_, CERTIFICATE) if !self.is_tls13() => self.certificates(from, body, at),
            (Peer::Server, SERVER_KEY_EXCHANGE) => {
                self.sides[from.index()].has_key_exchange = true;
                self.server_key_exchange(body);
            }
            (Peer::Server, CERTIFICATE_REQUEST) => {
                let frame = at.frame;
                self.tls.certificate_request.get_or_insert(At { frame });
            }
            (Peer::Client, CLIENT_KEY_EXCHANGE) => self.client_answered = true,
            _ => {}
        }
    }

    fn client_hello(&mut self, message: &Message, record_version: Version, at: Moment) {
        let parsed = match message.is_whole() {
            true => parse::client_hello(&message.body),
            false => parse::client_hello_prefix(&message.body, message.len),
        };
        let Some(parsed) = parsed else {
            return;
        };
        let mut hello = parsed.hello;
        hello.frame = at.frame;
        hello.record_version = record_version;
        self.note("ClientHello", at);
        if self.tls.client_hello.is_none() {
            self.client_hello_at = Some(at);
            self.tls.client_hello = Some(hello);
        } else if self.tls.second_client_hello.is_none() {
            self.tls.second_client_hello = Some(hello);
        }
    }

    fn server_hello(&mut self, message: &Message, record_version: Version, at: Moment) {
        let parsed = match message.is_whole() {
            true => parse::server_hello(&message.body),
            false => parse::server_hello_prefix(&message.body, message.len),
        };
        let Some(parsed) = parsed else {
            return;
        };
        let mut hello = parsed.hello;
        hello.frame = at.frame;
        hello.record_version = record_version;
        let name = match parsed.facts.is_retry {
            true => "HelloRetryRequest",
            false => "ServerHello",
        };
        self.note(name, at);
        if parsed.facts.is_retry {
            self.tls.hello_retry_request.get_or_insert(hello);
        } else if self.tls.server_hello.is_none() {
            self.psk_selected = parsed.facts.psk_selected.is_some();
            self.tls.server_hello = Some(hello);
        }
    }

    fn certificates(&mut self, from: Peer, body: &[u8], at: Moment) {
        /// More certificates than any chain that validates.
        const MAX_CHAIN: usize = 32;
        /// More names than any certification authority puts into a certificate.
        const MAX_NAMES: usize = 1024;
        let list = match from {
            Peer::Client => &mut self.tls.certificates.client,
            Peer::Server => &mut self.tls.certificates.server,
        };
        if list.is_empty() {
            let chain = certs::chain(body).into_iter().take(MAX_CHAIN);
            list.extend(chain.map(|der| certs::certificate(der, at.frame)));
            for certificate in list {
                certificate.sans.truncate(MAX_NAMES);
            }
        }
        self.client_answered |= from == Peer::Client;
    }

    fn server_key_exchange(&mut self, body: &[u8]) {
        let Some(hello) = self.tls.server_hello.as_mut() else {
            return;
        };
        let Some(suite) = hello.cipher_suite else {
            return;
        };
        let version = hello.version.unwrap_or(Version::TLS12);
        let exchange = keyex::server_key_exchange(body, suite.code, version);
        hello.group = exchange.group.or(hello.group.take());
        hello.dh_bits = exchange.dh_bits;
    }

    /// An SSL 2.0 message without its header; `len` is its whole length.
    fn ssl2_message(&mut self, from: Peer, body: &[u8], len: usize, at: Moment) {
        match from {
            Peer::Client if self.tls.client_hello.is_none() => {
                if let Some(parsed) = sslv2::client_hello_prefix(body, len) {
                    let mut hello = parsed.hello;
                    hello.frame = at.frame;
                    self.note("ClientHello", at);
                    self.client_hello_at = Some(at);
                    self.tls.client_hello = Some(hello);
                }
            }
            Peer::Server if self.tls.server_hello.is_none() => {
                if let Some(parsed) = sslv2::server_hello(body, len) {
                    let mut hello = parsed.hello;
                    hello.frame = at.frame;
                    self.tls.server_hello = Some(hello);
                    self.note("ServerHello", at);
                    let certificate = parsed.certificate.into_iter();
                    let list = &mut self.tls.certificates.server;
                    list.extend(certificate.map(|der| certs::certificate(der, at.frame)));
                }
                // What follows is encrypted after messages of no further use.
                for side in &mut self.sides {
                    side.framing = Framing::Done;
                }
            }
            _ => {}
        }
    }

    /// An SSL 2.0 message whose rest is missing.
    fn ssl2_cut(&mut self, from: Peer) {
        let side = &mut self.sides[from.index()];
        let Framing::Ssl2(message) = std::mem::replace(&mut side.framing, Framing::Done) else {
            return;
        };
        let (_, at) = side.last;
        if let Some((&[high, low], body)) = message.split_first_chunk() {
            let len = usize::from(u16::from_be_bytes([high & 0x7F, low]));
            self.ssl2_message(from, body, len, at);
        }
    }

    /// A message whose rest is missing: hellos are read as far as they go.
    fn cut_message(&mut self, from: Peer, record_version: Version, at: Moment) {
        if let Some(message) = self.sides[from.index()].messages.cut() {
            match (from, message.kind) {
                (Peer::Client, CLIENT_HELLO) => self.client_hello(&message, record_version, at),
                (Peer::Server, SERVER_HELLO) => self.server_hello(&message, record_version, at),
                (_, CERTIFICATE) if !self.is_tls13() => {
                    self.note("Certificate", at);
                    self.certificates(from, &message.body, at);
                }
                _ => {}
            }
        }
    }

    /// Resumption shows in TLS 1.3 as a selected PSK; below as an echoed session id or ticket and a
    /// ChangeCipherSpec without certificate (semantics page, section 5.3).
    fn decide_resumption(&mut self) {
        let server = &self.sides[Peer::Server.index()];
        let certified = !self.tls.certificates.server.is_empty() || server.has_key_exchange;
        let Some(hello) = self.tls.server_hello.as_mut() else {
            return;
        };
        let is_ssl2 = hello
            .cipher_suite
            .is_some_and(|suite| matches!(suite.code, SuiteCode::Ssl2(_)));
        hello.resumed = if hello.version.is_some_and(Version::is_tls13) {
            (!hello.partial).then_some(self.psk_selected)
        } else if hello.version == Some(Version::SSL2) || is_ssl2 {
            None
        } else if certified {
            Some(false)
        } else {
            (server.changed && self.abbreviated).then_some(true)
        };
    }
}

/// Whether a record is exactly one hello of this side.
fn is_whole_hello(from: Peer, record: &Record) -> bool {
    let hello = match from {
        Peer::Client => CLIENT_HELLO,
        Peer::Server => SERVER_HELLO,
    };
    match *record.body {
        [kind, a, b, c, ref rest @ ..] if record.content_type == record::HANDSHAKE => {
            let len = usize::from(a) << 16 | usize::from(b) << 8 | usize::from(c);
            kind == hello && rest.len() == len
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests;
