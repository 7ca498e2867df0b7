//! Capture bytes built by hand for the tests of this room.

use std::io::Cursor;
use std::path::Path;

use super::pcap::Order;
use super::window::Window;
use super::{FrameId, LinkType, Source};
use crate::error::Error;
use crate::limits::Limits;
use crate::time::Timestamp;

/// A frame that outlives its source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) id: FrameId,
    pub(super) time: Timestamp,
    pub(super) interface: u32,
    pub(super) link_type: LinkType,
    pub(super) bytes: Vec<u8>,
    pub(super) wire_len: u32,
}

/// All frames of a source, and how it ended.
pub(super) fn drain(source: &mut dyn Source) -> (Vec<Seen>, Option<Error>) {
    let mut frames = Vec::new();
    let error = loop {
        match source.next() {
            Ok(Some(frame)) => frames.push(Seen {
                id: frame.id,
                time: frame.time,
                interface: frame.interface,
                link_type: frame.link_type,
                bytes: frame.bytes.to_vec(),
                wire_len: frame.wire_len,
            }),
            Ok(None) => break None,
            Err(error) => break Some(error),
        }
    };
    assert!(
        matches!(source.next(), Ok(None)),
        "after the end there is nothing"
    );
    (frames, error)
}

/// A window over these bytes.
pub(super) fn window(bytes: Vec<u8>) -> Window {
    Window::new(
        Path::new("x"),
        Box::new(Cursor::new(bytes)),
        &Limits::default(),
    )
}

/// The bytes of a number in this byte order.
pub(super) fn word(order: Order, value: u32) -> [u8; 4] {
    match order {
        Order::Big => value.to_be_bytes(),
        Order::Little => value.to_le_bytes(),
    }
}

/// The bytes of a number in this byte order.
pub(super) fn half(order: Order, value: u16) -> [u8; 2] {
    match order {
        Order::Big => value.to_be_bytes(),
        Order::Little => value.to_le_bytes(),
    }
}

/// The file header of a pcap file.
pub(super) fn pcap_header(
    order: Order,
    magic: u32,
    (major, minor): (u16, u16),
    network: u32,
) -> Vec<u8> {
    let mut header = word(order, magic).to_vec();
    header.extend(half(order, major));
    header.extend(half(order, minor));
    for field in [0, 0, 65_535, network] {
        header.extend(word(order, field));
    }
    header
}

/// The header of a pcap record; `cooked` adds the eight bytes of the modified format.
pub(super) fn pcap_record(
    order: Order,
    time: [u32; 2],
    lengths: [usize; 2],
    cooked: bool,
) -> Vec<u8> {
    let mut header = time.map(|field| word(order, field)).concat();
    for len in lengths {
        header.extend(word(order, len as u32));
    }
    if cooked {
        header.extend([0xee; 8]);
    }
    header
}

/// A pcapng block around a body.
pub(super) fn block(order: Order, kind: u32, body: &[u8]) -> Vec<u8> {
    let padded = body.len().next_multiple_of(4);
    let len = word(order, padded as u32 + 12);
    let mut block = [word(order, kind), len].concat();
    block.extend(body);
    block.resize(8 + padded, 0);
    block.extend(len);
    block
}

/// A section header of unknown length.
pub(super) fn section(order: Order) -> Vec<u8> {
    let mut body = word(order, 0x1a2b_3c4d).to_vec();
    body.extend(half(order, 1));
    body.extend(half(order, 0));
    body.extend([0xff; 8]);
    block(order, 0x0a0d_0d0a, &body)
}

/// An interface description.
pub(super) fn interface(
    order: Order,
    link_type: u16,
    snap_len: u32,
    options: &[(u16, &[u8])],
) -> Vec<u8> {
    let mut body = half(order, link_type).to_vec();
    body.extend([0; 2]);
    body.extend(word(order, snap_len));
    for (code, value) in options {
        body.extend(half(order, *code));
        body.extend(half(order, value.len() as u16));
        body.extend(*value);
        body.resize(body.len().next_multiple_of(4), 0);
    }
    block(order, 1, &body)
}

/// An Enhanced Packet Block.
pub(super) fn packet(order: Order, interface: u32, ticks: u64, bytes: &[u8]) -> Vec<u8> {
    let len = bytes.len() as u32;
    let mut body = [interface, (ticks >> 32) as u32, ticks as u32, len, len]
        .map(|field| word(order, field))
        .concat();
    body.extend(bytes);
    block(order, 6, &body)
}
