//! When each side goes encrypted, and what the order of encrypted records gives away.

use super::Handshake;
use crate::model::handshake::{EarlyData, SentAt};
use crate::model::tls::{SuiteCode, Version};
use crate::model::{At, Peer};
use crate::tls::record::{Moment, Record};
use crate::tls::registry;

/// TLS_AES_128_CCM_8_SHA256, the one suite of TLS 1.3 with a tag of 8 bytes (RFC 8446 appendix B.4).
const CCM_8: SuiteCode = SuiteCode::Tls(0x1305);

/// Zeros that the TLS of Java puts behind the contents of every record of TLS 1.3 (RFC 8446 section
/// 5.4 allows any number).
const JSSE_PADDING: usize = 16;

impl Handshake {
    pub(super) fn change_cipher_spec(&mut self, from: Peer, at: Moment) {
        self.note("ChangeCipherSpec", at);
        let frame = at.frame;
        let place = self.tls.change_cipher_spec.of(from);
        place.get_or_insert(At { frame });
        let side = &mut self.sides[from.index()];
        if from == Peer::Server && !side.changed && !side.holed {
            let certified = !self.tls.certificates.server.is_empty() || side.has_key_exchange;
            self.abbreviated = !certified;
        }
        side.changed = true;
    }

    /// Whether application data of `from` is known to be encrypted: a suite without encryption
    /// hides nothing.
    pub(super) fn hides_data(&self, from: Peer) -> bool {
        let hello = self.tls.server_hello.as_ref();
        let suite = hello.and_then(|hello| hello.cipher_suite);
        let encrypts = suite.is_some_and(|suite| {
            registry::profile(suite.code).is_some() && !registry::is_null(suite.code)
        });
        encrypts && (self.is_tls13() || self.sides[from.index()].encrypted_at.is_some())
    }

    /// TLS 1.2 and below: both sides are encrypted once each has sent a record after its
    /// ChangeCipherSpec.
    pub(super) fn encrypted_record(&mut self, from: Peer, at: Moment) {
        self.goes_encrypted(from, at);
        self.sides[from.index()].encrypted_at.get_or_insert(at);
        if self.sides.iter().all(|side| side.encrypted_at.is_some()) {
            self.establish(at);
        }
    }

    pub(super) fn goes_encrypted(&mut self, from: Peer, at: Moment) {
        let frame = at.frame;
        self.tls.encrypted.of(from).get_or_insert(At { frame });
    }

    pub(super) fn establish(&mut self, at: Moment) {
        let frame = at.frame;
        self.tls.established.get_or_insert(At { frame });
        self.established_at.get_or_insert(at);
    }

    pub(super) fn application_data(&mut self, from: Peer, record: &Record) {
        if self.tls.established.is_some() {
            self.sides[from.index()].data_records += 1;
        }
        if record.complete {
            self.note("ApplicationData", record.at);
        }
        self.goes_encrypted(from, record.at);
        match self.tls.server_hello.as_ref().and_then(|it| it.version) {
            Some(version) if version.is_tls13() => self.data_record_13(from, record),
            Some(_) => self.data_before_finished(from, record.at),
            None => self.data_before_server_hello(from, record.at),
        }
    }

    /// TLS 1.3: both sides are encrypted at the server's first application data after a client
    /// record that is no lone alert.
    fn data_record_13(&mut self, from: Peer, record: &Record) {
        let is_lone_alert = record.len == self.lone_alert_len();
        // As a first record: too short for a Finished, whatever else it were.
        let is_padded_alert = record.len == self.lone_alert_len() + JSSE_PADDING;
        let finished = self.sides[Peer::Client.index()].data_13.more_than_alert;
        let data = &mut self.sides[from.index()].data_13;
        if from == Peer::Client || finished {
            let is_first = data.records == 0;
            data.records += 1;
            let looks_so = is_lone_alert || is_first && is_padded_alert;
            data.lone_alert = (is_first && looks_so).then_some(record.at);
            data.more_than_alert |= !looks_so;
            data.said_goodbye = is_lone_alert && !is_first;
        }
        match from {
            Peer::Client => self.client_answered = true,
            Peer::Server if finished => self.establish(record.at),
            Peer::Server => {}
        }
        if self.tls.established.is_some() && is_lone_alert {
            self.close_notify_seen = true;
        }
    }

    /// Length of a TLS 1.3 record that holds nothing but an alert: two bytes, the content type and
    /// the tag (RFC 8446 section 5.2).
    fn lone_alert_len(&self) -> usize {
        let hello = self.tls.server_hello.as_ref();
        match hello.and_then(|hello| hello.cipher_suite) {
            Some(suite) if suite.code == CCM_8 => 2 + 1 + 8,
            _ => 2 + 1 + 16,
        }
    }

    /// Data of the client between its hello and the server's: early data, if the server's hello
    /// is not among missing bytes.
    fn data_before_server_hello(&mut self, from: Peer, at: Moment) {
        let answered = self.tls.hello_retry_request.is_some();
        if from == Peer::Server || !self.early_data_offered || answered {
            return;
        }
        let frame = at.frame;
        let early = self
            .early_data
            .get_or_insert(EarlyData { frame, records: 0 });
        early.records += 1;
    }

    /// Data of the client after its Finished and before the server's ChangeCipherSpec: a false
    /// start (RFC 7918), if the ChangeCipherSpec is not among missing bytes.
    fn data_before_finished(&mut self, from: Peer, at: Moment) {
        let [client, server] = &self.sides;
        if from == Peer::Client && client.encrypted_at.is_some() && !server.changed {
            self.false_start.get_or_insert(at);
        }
    }

    /// A record of the server shows that it was still talking when the client's data came, so that
    /// what was seen to be missing before is not for lack of a direction in the capture.
    pub(super) fn server_goes_on(&mut self, from: Peer) {
        if from == Peer::Client {
            return;
        }
        let is_holed = self.sides[from.index()].holed;
        if let Some(at) = self.false_start.take().filter(|_| !is_holed) {
            let frame = at.frame;
            self.tls.false_start.get_or_insert(At { frame });
        }
        if let Some(early) = self.early_data.take().filter(|_| !is_holed) {
            self.tls.early_data.get_or_insert(early);
        }
    }

    /// An encrypted handshake message up to TLS 1.2. The first ones of each side are its Finished;
    /// after application data they are about another handshake.
    pub(super) fn encrypted_handshake(&mut self, from: Peer, at: Moment) {
        let is_finished = self.sides[from.index()].encrypted_at.is_none();
        let data_seen = self.sides.iter().any(|side| side.data_records > 0);
        if data_seen && !is_finished {
            let frame = at.frame;
            let renegotiation = &mut self.tls.renegotiation;
            renegotiation.get_or_insert(SentAt { frame, from });
        }
    }

    /// The version by which messages in clear are read: that of the ServerHello, else of the record.
    pub(super) fn reading_version(&self, record_version: Version) -> Version {
        self.version().unwrap_or(record_version)
    }
}
