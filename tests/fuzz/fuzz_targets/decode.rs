//! Frames of any link type, several in a row: fragments are kept between them.
//!
//! Each begins with its link type and its length, two bytes each.
#![no_main]

use libfuzzer_sys::fuzz_target;
use starttap::capture::{Frame, FrameId, LinkType};
use starttap::decode::{Decoded, Decoder};
use starttap::limits::Limits;
use starttap::time::Timestamp;

fuzz_target!(|bytes: &[u8]| {
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
});
