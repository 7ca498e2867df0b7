//! Hellos of SSL 2.0.
#![no_main]

use libfuzzer_sys::fuzz_target;
use starttap::tls::sslv2;

fuzz_target!(|bytes: &[u8]| {
    let Some((&first, body)) = bytes.split_first() else {
        return;
    };
    let full_len = body.len() + usize::from(first);
    let _ = sslv2::header(body);
    let _ = sslv2::client_hello(body);
    let _ = sslv2::client_hello_prefix(body, full_len);
    let _ = sslv2::server_hello(body, full_len);
});
