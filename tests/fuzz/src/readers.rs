//! Captures and frames.

use std::io::Cursor;
use std::path::Path;

use starttap::capture::open::from_reader;
use starttap::capture::{Frame, FrameId, LinkType};
use starttap::decode::{Decoded, Decoder};
use starttap::limits::Limits;
use starttap::time::Timestamp;

/// The readers: pcap, pcapng, gzip, and what is none of them.
pub fn capture(bytes: &[u8]) {
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
}

/// Frames of any link type, several in a row: fragments are kept between them.
///
/// Each begins with its link type and its length, two bytes each.
pub fn decode(bytes: &[u8]) {
    let mut decoder = Decoder::new(&Limits {
        fragmented_datagrams: 4,
        fragment_bytes: 1 << 12,
        ..Limits::default()
    });
    let mut rest = bytes;
    let mut number = 0;
    while let Some((&[a, b, c, d], tail)) = rest.split_first_chunk() {
        let len = usize::from(u16::from_le_bytes([c, d])).min(tail.len());
        let (bytes, tail) = tail.split_at(len);
        rest = tail;
        number += 1;
        let frame = Frame {
            id: FrameId {
                number,
                ..FrameId::default()
            },
            time: Timestamp::from_parts(number as i64, 0),
            interface: 0,
            link_type: LinkType(u16::from_le_bytes([a, b])),
            bytes,
            wire_len: len as u32 + u32::from(d),
        };
        if let Decoded::Tcp(segment) = decoder.decode(&frame) {
            assert!(segment.payload.len() <= segment.payload_len as usize);
        }
    }
}
