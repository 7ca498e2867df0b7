//! Sessions of SSL 2.0 (draft-hickman-netscape-ssl-00): hellos, the client's choice, and when both
//! sides have gone encrypted.

use super::Handshake;
use crate::model::handshake::{MasterKey, Ssl2Error};
use crate::model::tls::{HelloFormat, SuiteCode, Version};
use crate::model::{self, Peer};
use crate::tls::record::{Moment, RecordReader};
use crate::tls::side::Framing;
use crate::tls::ssl2_record::{Ssl2Reader, Ssl2Record};
use crate::tls::{certs, registry, sslv2};

/// MSG-CLIENT-MASTER-KEY.
const CLIENT_MASTER_KEY: u8 = 0x02;
/// Length of an ERROR message. Encrypted ones are longer: they carry an authentication code of 16
/// bytes.
const ERROR_LEN: usize = 3;
/// ERROR messages kept; one ends the session.
const MAX_ERRORS: usize = 16;

/// How far a session of SSL 2.0 has come.
#[derive(Debug, Default)]
pub(super) struct State {
    /// The server takes up an earlier session: no CLIENT-MASTER-KEY comes.
    session_hit: bool,
    /// The client has sent its CLIENT-MASTER-KEY.
    keyed: bool,
}

impl Handshake {
    /// Whether what is no record of TLS goes on after a hello in SSL 2.0 format: what is in clear
    /// has no padding, so its first bit is set.
    pub(super) fn goes_on_in_ssl2(&self, from: Peer, rest: &[u8]) -> bool {
        let hello = self.tls.client_hello.as_ref();
        let is_ssl2 = hello.is_some_and(|hello| hello.format == HelloFormat::Sslv2);
        let version = self.tls.server_hello.as_ref().map(|hello| hello.version);
        let begins = rest.first().is_some_and(|first| first & 0x80 != 0);
        let answered = matches!(version, None | Some(Some(Version::SSL2)));
        from == Peer::Client && is_ssl2 && answered && begins && !self.ssl2.keyed
    }

    /// Whether the next record of SSL 2.0 of `from` is in clear: the hellos and the client's key.
    pub(super) fn ssl2_in_clear(&self, from: Peer) -> bool {
        match from {
            Peer::Client => !self.ssl2.keyed && !self.ssl2.session_hit,
            Peer::Server => self.tls.server_hello.is_none(),
        }
    }

    pub(super) fn ssl2_record(&mut self, from: Peer, record: &Ssl2Record, at: Moment) {
        let error = match record.body[..] {
            [sslv2::ERROR, high, low] if record.len == ERROR_LEN => Some([high, low]),
            _ => None,
        };
        let hello_seen = match from {
            Peer::Client => self.tls.client_hello.is_some(),
            Peer::Server => self.tls.server_hello.is_some(),
        };
        match (from, error) {
            (_, Some(code)) => self.ssl2_error(from, u16::from_be_bytes(code), at),
            (Peer::Client, None) if !hello_seen => self.ssl2_client_hello(record, at),
            (Peer::Server, None) if !hello_seen => self.ssl2_server_hello(record, at),
            (Peer::Client, None) if !self.ssl2.keyed && !self.ssl2.session_hit => {
                self.client_master_key(&record.body, at);
            }
            _ => self.ssl2_encrypted(from, at),
        }
    }

    fn ssl2_client_hello(&mut self, record: &Ssl2Record, at: Moment) {
        // What follows is of SSL 2.0 only if the server says so.
        let side = &mut self.sides[Peer::Client.index()];
        side.framing = Framing::Records(RecordReader::default());
        if let Some(mut hello) = sslv2::client_hello_prefix(&record.body, record.len) {
            hello.frame = at.frame;
            self.client_hello_at = Some(at);
            self.tls.client_hello = Some(hello);
            self.ssl2_said(Peer::Client, "ClientHello", at);
        }
    }

    fn ssl2_server_hello(&mut self, record: &Ssl2Record, at: Moment) {
        let Some(parsed) = sslv2::server_hello(&record.body, record.len) else {
            return;
        };
        let mut hello = parsed.hello;
        hello.frame = at.frame;
        self.ssl2.session_hit = hello.resumed == Some(true);
        let list = certs::List {
            certificates: parsed.certificate.into_iter().collect(),
            whole: true,
        };
        let certificates = &mut self.tls.certificates;
        (certificates.server, certificates.chain.server) =
            certs::presented(&list, Peer::Server, at.frame);
        self.tls.server_hello = Some(hello);
        self.tls.ssl2.get_or_insert_default();
        self.ssl2_said(Peer::Server, "ServerHello", at);
        let client = &mut self.sides[Peer::Client.index()].framing;
        if matches!(client, Framing::Records(_)) {
            *client = Framing::Ssl2(Ssl2Reader::default());
        }
    }

    fn client_master_key(&mut self, body: &[u8], at: Moment) {
        let [CLIENT_MASTER_KEY, a, b, c, ..] = *body else {
            return;
        };
        let frame = at.frame;
        let kind = u32::from_be_bytes([0, a, b, c]);
        let cipher_suite = registry::suite(SuiteCode::Ssl2(kind));
        let ssl2 = self.tls.ssl2.get_or_insert_default();
        ssl2.client_master_key = Some(MasterKey {
            frame,
            cipher_suite,
        });
        self.ssl2.keyed = true;
        self.client_answered = true;
        self.ssl2_said(Peer::Client, "ClientMasterKey", at);
    }

    fn ssl2_error(&mut self, from: Peer, code: u16, at: Moment) {
        let errors = &mut self.tls.ssl2.get_or_insert_default().errors;
        if errors.len() < MAX_ERRORS {
            let frame = at.frame;
            errors.push(Ssl2Error { frame, from, code });
        }
    }

    /// After the keys everything is encrypted. Both sides are once each has sent a record: the
    /// client its CLIENT-FINISHED, the server its SERVER-VERIFY, which proves that it has the key.
    fn ssl2_encrypted(&mut self, from: Peer, at: Moment) {
        /// SERVER-VERIFY and SERVER-FINISHED; the client has CLIENT-FINISHED alone.
        const HANDSHAKE_RECORDS: [u64; 2] = [1, 2];
        let side = &mut self.sides[from.index()];
        side.ssl2_records += 1;
        if side.ssl2_records > HANDSHAKE_RECORDS[from.index()] {
            side.data_records += 1;
        }
        self.client_answered |= from == Peer::Client;
        self.encrypted_record(from, at);
    }

    fn ssl2_said(&mut self, from: Peer, name: &'static str, at: Moment) {
        let side = &mut self.sides[from.index()];
        side.said_hello = true;
        side.last_message = Some((at.frame, model::Message::Named(name)));
        self.note(name, at);
    }

    /// A message whose rest is missing.
    pub(super) fn ssl2_cut(&mut self, from: Peer) {
        let side = &mut self.sides[from.index()];
        let (_, at) = side.last;
        let framing = std::mem::replace(&mut side.framing, Framing::Done);
        if let Framing::Ssl2(mut reader) = framing
            && let Some(record) = reader.cut()
        {
            self.ssl2_record(from, &record, at);
            self.sides[from.index()].framing = Framing::Done;
        }
    }
}
