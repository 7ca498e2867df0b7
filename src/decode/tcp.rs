//! The TCP header (RFC 9293 section 3.1).
//!
//! Read by hand: etherparse's `TcpSlice` refuses a header whose options the snap length cut, but
//! such a segment still counts. The checksum is not looked at: offload leaves it unfinished.

use super::ip::Header;
use super::view::View;
use super::{Broken, Context, Flags, Nothing, Segment};

/// Bytes of a TCP header without options.
pub(super) const HEADER: usize = 20;
/// Bytes of a segment that every router quotes (RFC 792).
const QUOTE: usize = 8;

/// A segment whose lengths are consistent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Checked<'a> {
    header: &'a [u8; HEADER],
    header_len: usize,
    view: View<'a>,
}

/// Checks the lengths of a TCP segment.
#[inline(always)]
pub(super) fn check(view: View<'_>) -> Result<Checked<'_>, Nothing> {
    let header: &[u8; HEADER] = view.first()?;
    let header_len = claimed_len(header);
    if header_len < HEADER || header_len > view.wire {
        return Err(Nothing::Malformed);
    }
    Ok(Checked {
        header,
        header_len,
        view,
    })
}

/// What a header says of its own length, in bytes.
#[inline(always)]
fn claimed_len(header: &[u8; HEADER]) -> usize {
    usize::from(header[12] >> 4) * 4
}

/// The segment in an IP packet.
#[inline(always)]
pub(super) fn segment<'a>(
    ip: Header<'a>,
    tcp: Checked<'a>,
    context: &Context<'_, 'a>,
) -> Segment<'a> {
    let bytes = tcp.view.bytes;
    Segment {
        options: bytes
            .get(HEADER..tcp.header_len)
            .unwrap_or(&bytes[HEADER..]),
        payload: bytes.get(tcp.header_len..).unwrap_or(&[]),
        payload_len: u32::try_from(tcp.view.wire - tcp.header_len).unwrap_or(u32::MAX),
        ..fields(ip, tcp.header, context)
    }
}

/// What is left of a segment that [`check`] refuses.
pub(super) fn broken<'a>(
    ip: Header<'a>,
    header: &[u8; HEADER],
    view: View<'a>,
    context: &Context<'_, 'a>,
) -> Broken<'a> {
    let claimed = claimed_len(header);
    let too_short = claimed < HEADER;
    let rest = if too_short { view.wire - claimed } else { 0 };
    Broken {
        header: Segment {
            payload_len: u32::try_from(rest).unwrap_or(u32::MAX),
            ..fields(ip, header, context)
        },
        too_short,
    }
}

/// The segment an ICMP error quotes, and whether its whole 20-byte header is there.
pub(super) fn quoted<'a>(
    ip: Header<'a>,
    quote: View<'a>,
    context: &Context<'_, 'a>,
) -> Result<(Segment<'a>, bool), Nothing> {
    if let Ok(tcp) = check(quote) {
        return Ok((segment(ip, tcp, context), true));
    }
    if let Some(header) = quote.bytes.first_chunk() {
        return Ok((fields(ip, header, context), true));
    }
    let mut header = [0; HEADER];
    header[..QUOTE].copy_from_slice(quote.first::<QUOTE>()?);
    Ok((fields(ip, &header, context), false))
}

/// The fields of fixed place; no options and no payload.
#[inline(always)]
fn fields<'a>(ip: Header<'a>, tcp: &[u8; HEADER], context: &Context<'_, 'a>) -> Segment<'a> {
    Segment {
        frame: context.frame.id,
        time: context.frame.time,
        interface: context.frame.interface,
        vlan: context.link.vlan,
        macs: context.link.header.macs(),
        tunnel_depth: context.tunnel_depth,
        source: ip.source(),
        destination: ip.destination(),
        source_port: u16::from_be_bytes([tcp[0], tcp[1]]),
        destination_port: u16::from_be_bytes([tcp[2], tcp[3]]),
        seq: u32::from_be_bytes([tcp[4], tcp[5], tcp[6], tcp[7]]),
        ack: u32::from_be_bytes([tcp[8], tcp[9], tcp[10], tcp[11]]),
        flags: Flags(tcp[13]),
        window: u16::from_be_bytes([tcp[14], tcp[15]]),
        urgent: u16::from_be_bytes([tcp[18], tcp[19]]),
        options: &[],
        payload: &[],
        payload_len: 0,
        ttl: ip.ttl(),
        ip_id: ip.id(),
        flow_label: ip.flow_label(),
    }
}
