//! Handshakes.

use super::Named;
use crate::trace::tls::{
    ClientHello, ServerHello, alert, client_finished, encrypted, server_done, server_finished,
};
use crate::trace::{CLIENT, SERVER, Trace};

pub const TRACES: &[Named] = &[
    ("old-record-version", old_record_version),
    ("new-versions-in-extension", new_versions_in_extension),
    ("rc4-offered-aes-chosen", rc4_offered_aes_chosen),
];

/// A hello for TLS 1.2 in a record of SSL 3.0.
fn old_record_version() -> Trace {
    let mut trace = Trace::new();
    let mut hello = ClientHello::tls12();
    hello.record_version = 0x0300;
    trace.granted().client_tls(&hello.record());
    trace.server_tls(&alert(2, 40)).close(SERVER);
    trace
}

/// A hello whose own version is TLS 1.0; `supported_versions` has newer ones.
fn new_versions_in_extension() -> Trace {
    let mut trace = Trace::new();
    let mut hello = ClientHello::tls13();
    hello.version = 0x0301;
    trace.granted().client_tls(&hello.record());
    trace.server_tls(&alert(2, 40)).close(SERVER);
    trace
}

/// TLS 1.2, where both sides know RC4 and the server prefers AES.
fn rc4_offered_aes_chosen() -> Trace {
    let mut trace = Trace::new();
    let hello = ClientHello::tls12().suites(&[0x0005, 0x0004, 0x009C]);
    trace.granted().client_tls(&hello.record());
    trace.server_tls(&[ServerHello::tls12(0x009C).record(), server_done()].concat());
    trace.client_tls(&client_finished());
    trace.server_tls(&server_finished());
    trace.client_tls(&encrypted(60)).server_tls(&encrypted(200));
    trace.client_tls(&encrypted(40)).close(CLIENT);
    trace
}
