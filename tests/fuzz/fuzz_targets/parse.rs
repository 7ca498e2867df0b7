//! Bodies of hellos, whole and cut.
#![no_main]

use libfuzzer_sys::fuzz_target;
use starttap::tls::parse;

fuzz_target!(|bytes: &[u8]| {
    let Some((&first, body)) = bytes.split_first() else {
        return;
    };
    let full_len = body.len() + usize::from(first);
    let _ = parse::client_hello(body);
    let _ = parse::client_hello_prefix(body, full_len);
    let _ = parse::server_hello(body);
    let _ = parse::server_hello_prefix(body, full_len);
});
