//! The TCP header (RFC 9293 section 3.1).
//!
//! Read by hand: etherparse's `TcpSlice` refuses a header whose options the snap length cut, but
//! such a segment still counts. The checksum is not looked at: offload leaves it unfinished.

use super::ip::Packet;
use super::{Context, Flags, Nothing, Segment};

/// Bytes of a TCP header without options.
pub(super) const HEADER: usize = 20;

/// The segment that `packet` carries.
#[inline]
pub(super) fn segment<'a>(packet: &Packet<'a>, context: &Context) -> Result<Segment<'a>, Nothing> {
    let view = packet.payload;
    let header: &[u8; HEADER] = view.first()?;
    let header_len = usize::from(header[12] >> 4) * 4;
    if header_len < HEADER || header_len > view.wire {
        return Err(Nothing::Malformed);
    }
    let options = view.bytes.get(HEADER..header_len);
    Ok(Segment {
        ack: u32::from_be_bytes([header[8], header[9], header[10], header[11]]),
        flags: Flags(header[13]),
        window: u16::from_be_bytes([header[14], header[15]]),
        urgent: u16::from_be_bytes([header[18], header[19]]),
        options: options.unwrap_or(&view.bytes[HEADER..]),
        payload: view.bytes.get(header_len..).unwrap_or(&[]),
        payload_len: u32::try_from(view.wire - header_len).unwrap_or(u32::MAX),
        ..start(
            packet,
            context,
            header.first_chunk().ok_or(Nothing::Malformed)?,
        )
    })
}

/// What the first eight bytes of a header say: all that old routers quote of a segment.
#[inline]
fn start<'a>(packet: &Packet<'a>, context: &Context, header: &[u8; 8]) -> Segment<'a> {
    Segment {
        frame: context.frame,
        time: context.time,
        interface: context.interface,
        vlan: context.link.vlan,
        macs: context.link.macs,
        tunnel_depth: context.tunnel_depth,
        source: packet.source,
        destination: packet.destination,
        source_port: u16::from_be_bytes([header[0], header[1]]),
        destination_port: u16::from_be_bytes([header[2], header[3]]),
        seq: u32::from_be_bytes([header[4], header[5], header[6], header[7]]),
        ack: 0,
        flags: Flags(0),
        window: 0,
        urgent: 0,
        options: &[],
        payload: &[],
        payload_len: 0,
        ttl: packet.ttl,
        ip_id: packet.ip_id,
        flow_label: packet.flow_label,
    }
}

/// The segment an ICMP error quotes, and whether its whole 20-byte header is there.
pub(super) fn quoted<'a>(
    packet: &Packet<'a>,
    context: &Context,
) -> Result<(Segment<'a>, bool), Nothing> {
    match segment(packet, context) {
        Ok(segment) => Ok((segment, true)),
        Err(_) => {
            let segment = start(packet, context, packet.payload.first()?);
            Ok((segment, packet.payload.bytes.len() >= HEADER))
        }
    }
}
