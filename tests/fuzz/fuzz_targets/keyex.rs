//! ServerKeyExchange and CertificateRequest, under any suite and version: four bytes in front.
#![no_main]

use libfuzzer_sys::fuzz_target;
use starttap::model::tls::{SuiteCode, Version};
use starttap::tls::keyex;

fuzz_target!(|bytes: &[u8]| {
    let Some((&[a, b, c, d], body)) = bytes.split_first_chunk() else {
        return;
    };
    let suite = SuiteCode::Tls(u16::from_be_bytes([a, b]));
    let version = Version(u16::from_be_bytes([c, d]));
    let _ = keyex::server_key_exchange(body, suite, version);
    for is_whole in [true, false] {
        let (request, _) = keyex::certificate_request(body, is_whole, version);
        assert!(request.authority_names.len() <= keyex::MAX_AUTHORITY_NAMES);
    }
});
