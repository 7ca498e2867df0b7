//! A segment for the tests of every room behind this one.

use super::{Flags, Segment};
use crate::capture::FrameId;
use crate::time::Timestamp;

/// An empty ACK from 192.0.2.7:40000 to 192.0.2.25:25: tests change what matters to them.
pub fn segment() -> Segment<'static> {
    Segment {
        frame: FrameId::default(),
        time: Timestamp::default(),
        interface: 0,
        vlan: 0,
        macs: None,
        tunnel_depth: 0,
        source: [192, 0, 2, 7].into(),
        destination: [192, 0, 2, 25].into(),
        source_port: 40_000,
        destination_port: 25,
        seq: 0,
        ack: 0,
        flags: Flags(Flags::ACK),
        window: 1000,
        urgent: 0,
        options: &[],
        payload: &[],
        payload_len: 0,
        ttl: 64,
        ip_id: None,
        flow_label: 0,
    }
}
