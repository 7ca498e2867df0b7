//! The readers: pcap, pcapng, gzip, and what is none of them.
#![no_main]

use std::io::Cursor;
use std::path::Path;

use libfuzzer_sys::fuzz_target;
use starttap::capture::open::from_reader;
use starttap::limits::Limits;

fuzz_target!(|bytes: &[u8]| {
    // Small, so that a few bytes reach the limits.
    let limits = Limits {
        read_window: 64,
        block: 1 << 16,
        interfaces: 8,
        ..Limits::default()
    };
    let reader = Box::new(Cursor::new(bytes.to_vec()));
    let Ok(mut source) = from_reader(Path::new("fuzz"), reader, &limits, 0) else {
        return;
    };
    let mut last = 0;
    while let Ok(Some(frame)) = source.next() {
        // Records that Wireshark numbers but that hold no frame lie between.
        assert!(frame.id.number > last);
        last = frame.id.number;
    }
    assert!(source.interfaces().len() <= 8);
});
