//! Hellos of both formats, and what their first bytes tell.

use starttap::model::Peer;
use starttap::tls::sniff::{self, Sniff};
use starttap::tls::{parse as read, sslv2 as ssl2};

/// Bodies of hellos, whole and cut.
pub fn parse(bytes: &[u8]) {
    let Some((&first, body)) = bytes.split_first() else {
        return;
    };
    let full_len = body.len() + usize::from(first);
    let _ = read::client_hello(body);
    let _ = read::client_hello_prefix(body, full_len);
    let _ = read::server_hello(body);
    let _ = read::server_hello_prefix(body, full_len);
    let _ = read::old_retry_request(body);
}

/// Hellos of SSL 2.0.
pub fn sslv2(bytes: &[u8]) {
    let Some((&first, body)) = bytes.split_first() else {
        return;
    };
    let full_len = body.len() + usize::from(first);
    let _ = ssl2::header(body);
    let _ = ssl2::client_hello(body);
    let _ = ssl2::client_hello_prefix(body, full_len);
    let _ = ssl2::server_hello(body, full_len);
    steady(body, sniff::record);
    steady(body, sniff::sslv2_client_hello);
    steady(body, sniff::sslv2_client_hello_anywhere);
    steady(body, sniff::sslv2_server_hello);
    for peer in [Peer::Client, Peer::Server] {
        steady(body, |bytes| sniff::text(peer, bytes));
    }
}

/// What the first bytes decide, more bytes do not change.
fn steady(bytes: &[u8], sniff: impl Fn(&[u8]) -> Sniff) {
    let whole = sniff(bytes);
    for len in 0..bytes.len().min(16) {
        let told = sniff(&bytes[..len]);
        assert!(told == Sniff::Maybe || told == whole);
    }
}
