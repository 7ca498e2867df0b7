//! Certificate messages, and single certificates.
#![no_main]

use libfuzzer_sys::fuzz_target;
use starttap::tls::certs;

fuzz_target!(|bytes: &[u8]| {
    let _ = certs::certificate(bytes, 1);
    for der in certs::chain(bytes) {
        let _ = certs::certificate(der, 1);
    }
});
