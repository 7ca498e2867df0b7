//! Hellos and certificates, each as far as it was captured.

use super::Handshake;
use super::flight::Reading;
use crate::limits::Limits;
use crate::model::tls::{SuiteCode, Version};
use crate::model::{self, At, Peer};
use crate::tls::message::Message;
use crate::tls::record::Moment;
use crate::tls::registry;
use crate::tls::{certs, parse};

pub(super) const CLIENT_HELLO: u8 = 1;
pub(super) const SERVER_HELLO: u8 = 2;
/// HelloRetryRequest of drafts of TLS 1.3 before 22.
const OLD_RETRY_REQUEST: u8 = 6;
pub(super) const CERTIFICATE: u8 = 11;

impl Handshake {
    pub(super) fn message(
        &mut self,
        from: Peer,
        message: &Message,
        record_version: Version,
        at: Moment,
    ) {
        self.note_message(from, message.kind, at);
        let reading = match (from, message.kind) {
            (Peer::Client, CLIENT_HELLO) if message.is_whole() => {
                let is_readable = self.client_hello(message, record_version, at);
                self.hello_read(from, is_readable, at)
            }
            (Peer::Server, SERVER_HELLO) if message.is_whole() => {
                let is_readable = self.server_hello(message, record_version, at);
                self.hello_read(from, is_readable, at)
            }
            (Peer::Server, OLD_RETRY_REQUEST) => self.old_retry(message, record_version, at),
            (_, CERTIFICATE) if !self.is_tls13() => {
                self.certificates(from, &message.body, at);
                Reading::of(!message.is_whole() || certs::is_chain(&message.body))
            }
            _ => self.flight_message(from, message, record_version, at),
        };
        self.keep_if_odd(from, message, reading, at);
    }

    /// Notes a message; hellos are noted where they become facts.
    fn note_message(&mut self, from: Peer, kind: u8, at: Moment) {
        let name = match kind {
            OLD_RETRY_REQUEST => Some("HelloRetryRequest"),
            kind => registry::handshake_name(kind),
        };
        let message = model::Message::Handshake(kind);
        let message = name.map_or(message, model::Message::Named);
        if !matches!(kind, CLIENT_HELLO | SERVER_HELLO) {
            self.messages.note(at.frame, message);
        }
        self.sides[from.index()].last_message = Some((at.frame, message));
    }

    fn hello_read(&mut self, from: Peer, is_readable: bool, at: Moment) -> Reading {
        let side = &mut self.sides[from.index()];
        side.said_hello |= is_readable;
        let retry = self.tls.hello_retry_request.as_ref();
        if from == Peer::Server && retry.is_some_and(|retry| retry.frame == at.frame) {
            let name = model::Message::Named("HelloRetryRequest");
            side.last_message = Some((at.frame, name));
        }
        Reading::of(is_readable)
    }

    fn old_retry(&mut self, message: &Message, record_version: Version, at: Moment) -> Reading {
        let Some(parsed) = parse::old_retry_request(&message.body) else {
            return Reading::Malformed;
        };
        let mut hello = parsed.hello;
        hello.frame = at.frame;
        hello.record_version = record_version;
        self.tls.hello_retry_request.get_or_insert(hello);
        self.hello_read(Peer::Server, true, at)
    }

    /// Whether it could be read.
    fn client_hello(&mut self, message: &Message, record_version: Version, at: Moment) -> bool {
        let parsed = match message.is_whole() {
            true => parse::client_hello(&message.body),
            false => parse::client_hello_prefix(&message.body, message.len),
        };
        let Some(mut hello) = parsed else {
            return false;
        };
        self.early_data_offered |= hello.early_data == Some(true);
        hello.frame = at.frame;
        hello.record_version = record_version;
        self.note("ClientHello", at);
        if self.tls.client_hello.is_none() {
            self.client_hello_at = Some(at);
            self.tls.client_hello = Some(hello);
        } else if self.tls.second_client_hello.is_none() {
            self.tls.second_client_hello = Some(hello);
        }
        true
    }

    /// Whether it could be read.
    fn server_hello(&mut self, message: &Message, record_version: Version, at: Moment) -> bool {
        let parsed = match message.is_whole() {
            true => parse::server_hello(&message.body),
            false => parse::server_hello_prefix(&message.body, message.len),
        };
        let Some(parsed) = parsed else {
            return false;
        };
        let mut hello = parsed.hello;
        hello.frame = at.frame;
        hello.record_version = record_version;
        let name = match parsed.is_retry {
            true => "HelloRetryRequest",
            false => "ServerHello",
        };
        self.note(name, at);
        if parsed.is_retry {
            self.tls.hello_retry_request.get_or_insert(hello);
        } else if self.tls.server_hello.is_none() {
            self.psk_selected = hello.psk_selected.is_some();
            self.tls.server_hello = Some(hello);
        }
        true
    }

    pub(super) fn certificates(&mut self, from: Peer, body: &[u8], at: Moment) {
        let certificates = &mut self.tls.certificates;
        let (list, chain) = match from {
            Peer::Client => (&mut certificates.client, &mut certificates.chain.client),
            Peer::Server => (&mut certificates.server, &mut certificates.chain.server),
        };
        // A list of no certificates: the client has none to show (RFC 5246 section 7.4.6).
        if from == Peer::Client && body == [0; 3] {
            let frame = at.frame;
            self.tls.no_client_certificate.get_or_insert(At { frame });
        }
        if list.is_empty() {
            (*list, *chain) = certs::presented(&certs::list(body), from, at.frame);
            self.left_out.certificates += certs::count(body).saturating_sub(list.len()) as u64;
            for certificate in list {
                let surplus = certificate
                    .name_count
                    .saturating_sub(certificate.names.len());
                self.left_out.names += surplus as u64;
            }
        }
        self.client_answered |= from == Peer::Client;
    }

    /// A message whose rest is missing: hellos and lists are read as far as they go.
    pub(super) fn cut_message(
        &mut self,
        from: Peer,
        record_version: Version,
        at: Moment,
        limits: &Limits,
    ) {
        let Some(message) = self.sides[from.index()].messages.cut() else {
            return;
        };
        let is_hello = matches!(message.kind, CLIENT_HELLO | SERVER_HELLO);
        if message.len > limits.handshake_message {
            self.keep_if_odd(from, &message, Reading::Read, at);
            // No hello is so large, and without one it is no message.
            if is_hello || !self.sides[from.index()].said_hello {
                return;
            }
        }
        match (from, message.kind) {
            (Peer::Client, CLIENT_HELLO) => {
                self.client_hello(&message, record_version, at);
            }
            (Peer::Server, SERVER_HELLO) => {
                self.server_hello(&message, record_version, at);
            }
            (_, CERTIFICATE) if !self.is_tls13() => {
                self.note("Certificate", at);
                self.certificates(from, &message.body, at);
            }
            _ => self.cut_flight_message(from, &message, record_version, at),
        }
        if is_hello {
            let side = &mut self.sides[from.index()];
            let name = registry::handshake_name(message.kind).unwrap_or_default();
            side.last_message = Some((at.frame, model::Message::Named(name)));
            side.said_hello = true;
        }
    }

    /// Resumption shows in TLS 1.3 as a selected PSK; below as an echoed session id or ticket and a
    /// ChangeCipherSpec without certificate (semantics page, section 5.3).
    pub(super) fn decide_resumption(&mut self) {
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
        } else if certified || self.sides[Peer::Client.index()].has_key_exchange {
            Some(false)
        } else {
            (server.changed && self.abbreviated).then_some(true)
        };
    }
}
