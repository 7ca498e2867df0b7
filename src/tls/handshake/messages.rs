//! What the messages of a handshake say, each as far as it was captured.

use super::Handshake;
use crate::model::tls::{SuiteCode, Version};
use crate::model::{self, At, Peer};
use crate::tls::message::Message;
use crate::tls::record::Moment;
use crate::tls::registry;
use crate::tls::side::Framing;
use crate::tls::{certs, keyex, parse, sslv2};

pub(super) const CLIENT_HELLO: u8 = 1;
pub(super) const SERVER_HELLO: u8 = 2;
const CERTIFICATE: u8 = 11;
const SERVER_KEY_EXCHANGE: u8 = 12;
const CERTIFICATE_REQUEST: u8 = 13;
const CLIENT_KEY_EXCHANGE: u8 = 16;

impl Handshake {
    pub(super) fn message(
        &mut self,
        from: Peer,
        message: &Message,
        record_version: Version,
        at: Moment,
    ) {
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
            (Peer::Client, CLIENT_KEY_EXCHANGE) => {
                self.sides[from.index()].has_key_exchange = true;
                self.client_answered = true;
            }
            _ => {}
        }
    }

    fn client_hello(&mut self, message: &Message, record_version: Version, at: Moment) {
        let parsed = match message.is_whole() {
            true => parse::client_hello(&message.body),
            false => parse::client_hello_prefix(&message.body, message.len),
        };
        let Some(mut hello) = parsed else {
            return;
        };
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
        // A list of no certificates: the client has none to show (RFC 5246 section 7.4.6).
        if from == Peer::Client && body == [0; 3] {
            let frame = at.frame;
            self.tls.no_client_certificate.get_or_insert(At { frame });
        }
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
    pub(super) fn ssl2_message(&mut self, from: Peer, body: &[u8], len: usize, at: Moment) {
        match from {
            Peer::Client if self.tls.client_hello.is_none() => {
                if let Some(mut hello) = sslv2::client_hello_prefix(body, len) {
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
    pub(super) fn ssl2_cut(&mut self, from: Peer) {
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
    pub(super) fn cut_message(&mut self, from: Peer, record_version: Version, at: Moment) {
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
