//! Certificate messages, and single certificates.
#![no_main]

use libfuzzer_sys::fuzz_target;
use starttap::model::Peer;
use starttap::tls::certs;

fuzz_target!(|bytes: &[u8]| {
    let _ = certs::certificate(bytes, 1);
    let _ = certs::presented(&certs::list(bytes), Peer::Server, 1);
});
