//! The handshake as a bystander sees it: which messages are in clear, what they say, and when both
//! sides have gone encrypted.

mod complaints;
mod encryption;
mod flight;
mod messages;
mod ssl2;

use self::flight::Reading;
use self::messages::{CLIENT_HELLO, SERVER_HELLO};
use super::hello;
use super::message;
use super::record::{self, Moment, Record, Step};
use super::registry;
use super::side::{Framing, Side};
use super::spans::Spans;
use super::ssl2_record::{Ssl2Reader, Ssl2Step};
use crate::limits::Limits;
use crate::model::handshake::{EarlyData, SentAt};
use crate::model::tls::{Tls, Version};
use crate::model::{self, LeftOut, MessageLog, Peer};

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
    early_data_offered: bool,
    /// What will be early data, or a false start, once the server is seen to answer later.
    early_data: Option<EarlyData>,
    false_start: Option<Moment>,
    ssl2: ssl2::State,
    left_out: LeftOut,
    messages: MessageLog,
    spans: Spans,
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
        let changed = self.sides[Peer::Client.index()].changed;
        // In TLS 1.3 ChangeCipherSpec says nothing and may come with the ClientHello.
        self.client_answered || changed && !self.is_tls13()
    }

    /// An alert was seen after a side went encrypted: most likely an orderly close.
    pub fn close_notify_seen(&self) -> bool {
        self.close_notify_seen
    }

    /// A fatal alert in clear was seen: the connection is given up (RFC 8446 section 6.2).
    pub fn fatal_alert_seen(&self) -> bool {
        let mut levels = self.tls.alerts.iter().filter_map(|it| it.level.as_deref());
        levels.any(|level| level == "fatal")
    }

    /// What did not fit into the bounds.
    pub fn left_out(&self) -> LeftOut {
        self.left_out
    }

    /// Messages and encrypted records as they complete, once switched on.
    pub fn messages(&mut self) -> &mut MessageLog {
        &mut self.messages
    }

    /// What may be shown of the bytes of the last push, once switched on.
    pub fn spans(&mut self) -> &mut Spans {
        &mut self.spans
    }

    /// The bytes of `from` begin with an SSL 2.0 message instead of a record.
    pub fn start_sslv2(&mut self, from: Peer) {
        self.sides[from.index()].framing = Framing::Ssl2(Ssl2Reader::default());
    }

    /// Takes bytes of one direction.
    pub fn push(&mut self, from: Peer, bytes: &[u8], at: Moment, limits: &Limits) -> Taken {
        let mut rest = bytes;
        self.spans.begin(bytes.len());
        loop {
            let in_clear = self.in_clear(from);
            let ssl2_in_clear = self.ssl2_in_clear(from);
            self.spans.encrypted(self.hides_data(from));
            let spans = &mut self.spans;
            let side = &mut self.sides[from.index()];
            match &mut side.framing {
                Framing::Done => return Taken::All,
                Framing::Ssl2(reader) => {
                    side.last.1 = at;
                    match reader.push(&mut rest, ssl2_in_clear, spans) {
                        Ssl2Step::More => return Taken::All,
                        Ssl2Step::Damaged => side.framing = Framing::Done,
                        Ssl2Step::Record(record) => self.ssl2_record(from, &record, at),
                    }
                }
                Framing::Records(reader) => {
                    match reader.push(&mut rest, at, in_clear, limits, spans) {
                        Step::More => return Taken::All,
                        Step::NotTls if self.goes_on_in_ssl2(from, rest) => self.start_sslv2(from),
                        Step::NotTls => return Taken::Until(bytes.len() - rest.len()),
                        Step::Garbled => self.not_tls(from, at),
                        Step::Record(record) => self.record(from, &record, limits),
                    }
                }
            }
        }
    }

    /// What follows the records of `from` is neither a record nor text: the next record is looked
    /// for.
    pub fn not_tls(&mut self, from: Peer, at: Moment) {
        let side = &mut self.sides[from.index()];
        side.half_alert = None;
        side.out_of_step = true;
        if let Framing::Records(reader) = &mut side.framing {
            reader.skip();
        }
        // Encrypted bytes offer no certain place to go on.
        if self.tls.established.is_some() {
            side.framing = Framing::Done;
        }
        let frame = at.frame;
        let known = self.tls.not_tls.iter().any(|it| it.from == from);
        if !known && !side.holed && self.sides.iter().any(|side| side.said_hello) {
            self.tls.not_tls.push(SentAt { frame, from });
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
                self.sides[from.index()].out_of_step = true;
            }
            Framing::Ssl2(_) => self.ssl2_cut(from),
            Framing::Done => {}
        }
    }

    /// Nothing more will come; `ended` when that is because one of the peers closed or reset the
    /// connection.
    pub fn finish(&mut self, ended: bool, limits: &Limits) -> Tls {
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
            self.cut_message(from, version, at, limits);
        }
        self.decide_resumption();
        hello::relate(&mut self.tls);
        if ended {
            self.infer_alerts();
        }
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
        // A hello after ChangeCipherSpec is of TLS 1.3, where the HelloRetryRequest before it is
        // missing (RFC 8446 section 4.1.4).
        let hello_again = self.version().is_none() && is_whole_hello(from, record);
        // Every cipher adds an authentication code (RFC 5246 section 6.2.3): two bytes are in clear.
        let bare_alert = record.content_type == record::ALERT && record.len == 2;
        let in_clear = self.is_tls13() || hello_again || bare_alert;
        let side_encrypted = self.sides[from.index()].changed && !in_clear;
        self.sides[from.index()].ends_in_alert = None;
        self.server_goes_on(from);
        match record.content_type {
            record::CHANGE_CIPHER_SPEC => self.change_cipher_spec(from, record.at),
            record::ALERT => self.alert(from, record, side_encrypted),
            record::HANDSHAKE => self.handshake(from, record, side_encrypted, limits),
            record::APPLICATION_DATA => self.application_data(from, record),
            _ => {}
        }
        if side_encrypted && record.content_type != record::CHANGE_CIPHER_SPEC {
            self.encrypted_record(from, record.at);
        }
    }

    fn note(&mut self, name: &'static str, at: Moment) {
        self.messages.note(at.frame, model::Message::Named(name));
    }

    fn handshake(&mut self, from: Peer, record: &Record, side_encrypted: bool, limits: &Limits) {
        if side_encrypted {
            self.note("EncryptedHandshake", record.at);
            self.encrypted_handshake(from, record.at);
            return;
        }
        let side = &mut self.sides[from.index()];
        side.last = (record.version, record.at);
        if side.out_of_step {
            side.messages.cut();
            side.out_of_step = !begins_with_message(&record.body);
            if side.out_of_step {
                return;
            }
        }
        side.messages.push(&record.body);
        while !self.is_no_message(from, record.at, limits)
            && let Some(message) = self.sides[from.index()].messages.next(limits)
        {
            self.message(from, &message, record.version, record.at);
        }
        if !record.complete {
            self.cut_message(from, record.version, record.at, limits);
        }
    }

    /// Bytes where a message should begin, of a type and a size that no message has: those of a
    /// message before went on for longer than it said, or they are encrypted. Drops them.
    fn is_no_message(&mut self, from: Peer, at: Moment, limits: &Limits) -> bool {
        let side = &mut self.sides[from.index()];
        let Some((kind, len)) = side.messages.announced() else {
            return false;
        };
        if len <= limits.handshake_message || registry::handshake_name(kind).is_some() {
            return false;
        }
        if let Some(message) = side.messages.cut() {
            self.keep_if_odd(from, &message, Reading::Malformed, at);
        }
        self.sides[from.index()].out_of_step = true;
        true
    }
}

/// Whether a record after a hole begins with a message: it holds nothing but messages that have a
/// name. Bytes out of the middle of one seldom look like that.
fn begins_with_message(record: &[u8]) -> bool {
    let mut kinds = message::kinds(record).peekable();
    // A HelloRequest is nothing but zeros, and encrypted messages often begin with some.
    let is_likely = |kind| kind != 0 && registry::handshake_name(kind).is_some();
    kinds.peek().is_some() && kinds.all(is_likely)
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
