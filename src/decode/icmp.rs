//! ICMP errors (RFC 792, RFC 4443) that quote a TCP segment.

use super::ip::{self, Packet, protocol};
use super::tcp;
use super::view::View;
use super::{Context, IcmpError, Nothing};

/// Bytes of an ICMP header of an error.
const HEADER: usize = 8;

/// The quote is the start of a packet whose own header says how long it was: at most this.
const LONGEST_PACKET: usize = 40 + 0xffff;

/// The error that `packet` reports about a TCP segment.
pub(super) fn error<'a>(
    packet: &Packet<'a>,
    context: &Context<'_, 'a>,
) -> Result<IcmpError<'a>, Nothing> {
    let header: &[u8; HEADER] = packet.payload.first()?;
    let [icmp_type, icmp_code, ..] = *header;
    // RFC 4884: where extensions may follow, this byte counts the words of the quote, if not zero.
    let (mtu, quote_words) = match (packet.protocol, icmp_type, icmp_code) {
        // Destination unreachable; "fragmentation needed" names an MTU (RFC 1191 section 4).
        (protocol::ICMP, 3, 4) => (
            u16::from_be_bytes([header[6], header[7]]).into(),
            usize::from(header[5]) * 4,
        ),
        // Destination unreachable, time exceeded, parameter problem.
        (protocol::ICMP, 3 | 11 | 12, _) => (0, usize::from(header[5]) * 4),
        // Source quench, redirect.
        (protocol::ICMP, 4 | 5, _) => (0, 0),
        // Destination unreachable, time exceeded.
        (protocol::ICMPV6, 1 | 3, _) => (0, usize::from(header[4]) * 8),
        // Packet too big.
        (protocol::ICMPV6, 2, _) => (
            u32::from_be_bytes([header[4], header[5], header[6], header[7]]),
            0,
        ),
        // Parameter problem.
        (protocol::ICMPV6, 4, _) => (0, 0),
        _ => return Err(Nothing::NotTcp),
    };
    let mut quote = packet.payload.skip(HEADER)?;
    if quote_words != 0 {
        quote = quote.limit(quote_words);
    }
    let quoted = ip::packet(View::new(quote.bytes, LONGEST_PACKET))?;
    if quoted.protocol != protocol::TCP || quoted.fragment.is_some_and(|part| part.offset != 0) {
        return Err(Nothing::NotTcp);
    }
    let (quoted, full_header) = tcp::quoted(quoted.header, quoted.payload, context)?;
    Ok(IcmpError {
        sender: packet.header.source(),
        icmp_type,
        icmp_code,
        mtu,
        quoted,
        full_header,
    })
}
