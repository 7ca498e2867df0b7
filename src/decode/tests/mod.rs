//! Packets built byte by byte, one for every way to wrap a TCP segment.

mod build;
mod defrag;
mod hostile;
mod icmp;
mod ip;
mod link;
mod tunnel;

use std::net::IpAddr;

use super::*;
use crate::capture::LinkType;
use build::{ACK, PAYLOAD, SEQ};

/// A frame of `wire_len` bytes of which `bytes` were captured.
fn frame(link_type: u16, bytes: &[u8], wire_len: usize) -> Frame<'_> {
    Frame {
        id: FrameId {
            input: 0,
            number: 7,
            offset: 24,
        },
        time: Timestamp::from_parts(1, 0),
        interface: 3,
        link_type: LinkType(link_type),
        bytes,
        wire_len: u32::try_from(wire_len).unwrap(),
    }
}

/// What a segment says besides what every built segment says.
#[derive(Debug, Default, PartialEq)]
struct Seen {
    addresses: Option<(IpAddr, IpAddr)>,
    vlan: u32,
    macs: Option<[u8; 12]>,
    tunnel_depth: u8,
    ttl: u8,
    ip_id: Option<u16>,
    flow_label: u32,
}

/// Decodes a frame that holds the segment of [`build::tcp`], and the frame cut at every length: a
/// cut frame may say less, never anything else.
fn segment(link_type: u16, bytes: &[u8]) -> Seen {
    let mut decoder = Decoder::new(&Limits::default());
    let mut cut_segments = 0;
    for len in 0..bytes.len() {
        let cut = frame(link_type, &bytes[..len], bytes.len());
        match decoder.decode(&cut) {
            Decoded::Tcp(segment) => {
                check(&segment);
                cut_segments += 1;
            }
            Decoded::Nothing(nothing) => assert_eq!(nothing, Nothing::SnapLength, "at {len}"),
            decoded => panic!("{decoded:?}"),
        }
        // The same bytes, sent that way: anything but a panic.
        decoder.decode(&frame(link_type, &bytes[..len], len));
    }
    assert!(cut_segments >= PAYLOAD.len());
    let Decoded::Tcp(segment) = decoder.decode(&frame(link_type, bytes, bytes.len())) else {
        panic!(
            "{:?}",
            decoder.decode(&frame(link_type, bytes, bytes.len()))
        );
    };
    assert_eq!(segment.payload, PAYLOAD);
    check(&segment)
}

fn check(segment: &Segment<'_>) -> Seen {
    assert_eq!(segment.frame.number, 7);
    assert_eq!(segment.interface, 3);
    assert_eq!(
        (segment.source_port, segment.destination_port),
        (49_152, 25)
    );
    assert_eq!((segment.seq, segment.ack), (SEQ, ACK));
    assert_eq!(segment.flags, Flags(Flags::PSH | Flags::ACK));
    assert_eq!((segment.window, segment.urgent), (0x1234, 0x0042));
    assert_eq!(segment.payload_len, u32::try_from(PAYLOAD.len()).unwrap());
    assert!(PAYLOAD.starts_with(segment.payload));
    assert!(build::OPTIONS.starts_with(segment.options));
    Seen {
        addresses: Some((segment.source, segment.destination)),
        vlan: segment.vlan,
        macs: segment.macs,
        tunnel_depth: segment.tunnel_depth,
        ttl: segment.ttl,
        ip_id: segment.ip_id,
        flow_label: segment.flow_label,
    }
}

/// What a frame without a segment is called.
fn nothing(link_type: u16, bytes: &[u8]) -> Nothing {
    let mut decoder = Decoder::new(&Limits::default());
    match decoder.decode(&frame(link_type, bytes, bytes.len())) {
        Decoded::Nothing(nothing) => nothing,
        Decoded::Broken(_) => Nothing::Malformed,
        decoded => panic!("{decoded:?}"),
    }
}
