#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| starttap_fuzz::run("evidence", bytes));
