//! The handshake as a bystander sees it: which messages are in clear, what they say, and when both
//! sides have gone encrypted.

mod messages;

use self::messages::{CLIENT_HELLO, SERVER_HELLO};
use super::alerts;
use super::hello;
use super::record::{self, Moment, Record, RecordReader, Step};
use super::side::{Framing, SSL2_HEADER, Side, collect_ssl2};
use crate::limits::Limits;
use crate::model::tls::{Tls, Version};
use crate::model::{self, At, MessageLog, Peer};

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
        hello::relate(&mut self.tls);
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
