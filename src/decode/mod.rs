//! From a frame to the TCP segment in it.
//!
//! Peels link layer, tags, tunnels and IP, reassembles fragments, and gives a borrowed [`Segment`].

mod defrag;
mod icmp;
mod ip;
mod link;
#[cfg(test)]
pub mod samples;
mod tcp;
#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests;
mod tunnel;
mod view;
mod wireless;

use std::net::IpAddr;

use crate::capture::{Frame, FrameId};
use crate::limits::{self, Limits};
use crate::time::Timestamp;

use defrag::Fragments;
use link::Link;
use view::View;

pub use defrag::{FragmentCounts, Part};

/// Finds the TCP segment of one frame after another.
///
/// Fragments of IP datagrams are kept from frame to frame, within [`Limits`]; there is no other
/// state.
#[derive(Debug)]
pub struct Decoder {
    fragments: Fragments,
    /// Reassembled datagrams of the current frame, one per nested reassembly.
    whole: [Vec<u8>; limits::NESTED_REASSEMBLIES],
}

impl Decoder {
    /// A decoder that keeps fragments within `limits`.
    pub fn new(limits: &Limits) -> Self {
        Self {
            fragments: Fragments::new(limits),
            whole: Default::default(),
        }
    }

    /// What `frame` holds. The bytes of the result are borrowed from the frame or, when the frame
    /// completes a fragmented datagram, from the decoder.
    pub fn decode<'a>(&'a mut self, frame: &Frame<'a>) -> Decoded<'a> {
        let wire = usize::try_from(frame.wire_len).unwrap_or(usize::MAX);
        let view = View::new(frame.bytes, wire);
        let mut context = Context {
            frame,
            link: Link::default(),
            tunnel_depth: 0,
        };
        // Nearly every frame is plain TCP in IP in Ethernet. The general way gives the same result
        // and takes three times as long: most of it is copying what the layers hand on.
        if let Some((link, packet)) = link::plain_ip(frame.link_type, view)
            && let Some((ip, payload)) = ip::plain_tcp(packet)
            && let Ok(tcp) = tcp::check(payload)
        {
            context.link.header = link;
            return Decoded::Tcp(tcp::segment(ip, tcp, &context));
        }
        match self.find(view, &mut context) {
            Ok(Found::Tcp(ip, tcp)) => Decoded::Tcp(tcp::segment(ip, tcp, &context)),
            Ok(Found::Broken(ip, header, view)) => {
                Decoded::Broken(tcp::broken(ip, header, view, &context))
            }
            Ok(Found::Icmp(error)) => Decoded::Icmp(error),
            Err(nothing) => Decoded::Nothing(nothing),
        }
    }

    /// The fragments of the datagram that was put together last.
    pub fn take_parts(&mut self) -> Vec<Part> {
        self.fragments.take_parts()
    }

    /// What became of fragmented datagrams so far.
    pub fn fragment_counts(&self) -> FragmentCounts {
        self.fragments.counts()
    }

    /// Looks through tags, fragments and tunnels.
    #[inline(never)]
    fn find<'a>(
        &'a mut self,
        view: View<'a>,
        context: &mut Context<'_, 'a>,
    ) -> Result<Found<'a>, Nothing> {
        let mut view = link::peel(context.frame.link_type, view, &mut context.link)?;
        let mut free: &'a mut [Vec<u8>] = &mut self.whole;
        loop {
            if let Some((ip, payload)) = ip::plain_tcp(view) {
                return tcp(ip, payload);
            }
            let mut packet = ip::packet(view)?;
            while let Some(fragment) = packet.fragment {
                let Some((whole, rest)) = std::mem::take(&mut free).split_first_mut() else {
                    return Err(Nothing::Fragment);
                };
                free = rest;
                let protocol = self
                    .fragments
                    .add(&packet, fragment, context.frame, whole)?;
                packet = packet.reassembled(protocol, whole)?;
            }
            match packet.protocol {
                ip::protocol::TCP => {
                    return tcp(packet.header, packet.payload);
                }
                ip::protocol::ICMP | ip::protocol::ICMPV6 => {
                    return icmp::error(&packet, context).map(Found::Icmp);
                }
                _ if context.tunnel_depth == limits::TUNNEL_DEPTH => return Err(Nothing::NotTcp),
                _ => {}
            }
            view = tunnel::peel(&packet, &mut context.link)?;
            context.tunnel_depth += 1;
        }
    }
}

/// Where a segment stands, or the error about one.
enum Found<'a> {
    Tcp(ip::Header<'a>, tcp::Checked<'a>),
    Broken(ip::Header<'a>, &'a [u8; tcp::HEADER], View<'a>),
    Icmp(IcmpError<'a>),
}

/// A TCP header whose fixed part is there, whatever its length field says.
fn tcp<'a>(ip: ip::Header<'a>, payload: View<'a>) -> Result<Found<'a>, Nothing> {
    match tcp::check(payload) {
        Ok(checked) => Ok(Found::Tcp(ip, checked)),
        Err(nothing) => match payload.bytes.first_chunk() {
            Some(header) => Ok(Found::Broken(ip, header, payload)),
            None => Err(nothing),
        },
    }
}

/// What every segment of a frame has in common.
#[derive(Clone, Copy, Debug)]
struct Context<'f, 'a> {
    frame: &'f Frame<'a>,
    link: Link<'a>,
    tunnel_depth: u8,
}

/// TCP header flags (RFC 9293 section 3.1), low byte of the flags field.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Flags(pub u8);

impl Flags {
    /// FIN bit.
    pub const FIN: u8 = 0x01;
    /// SYN bit.
    pub const SYN: u8 = 0x02;
    /// RST bit.
    pub const RST: u8 = 0x04;
    /// PSH bit.
    pub const PSH: u8 = 0x08;
    /// ACK bit.
    pub const ACK: u8 = 0x10;

    /// FIN is set.
    pub const fn fin(self) -> bool {
        self.0 & Self::FIN != 0
    }

    /// SYN is set.
    pub const fn syn(self) -> bool {
        self.0 & Self::SYN != 0
    }

    /// RST is set.
    pub const fn rst(self) -> bool {
        self.0 & Self::RST != 0
    }

    /// ACK is set.
    pub const fn ack(self) -> bool {
        self.0 & Self::ACK != 0
    }
}

/// A TCP segment as it stood on the wire, borrowed from its frame (or from the fragment buffer).
#[derive(Clone, Copy, Debug)]
pub struct Segment<'a> {
    /// The frame it came in; for a reassembled datagram the frame of its last fragment.
    pub frame: FrameId,
    /// Capture time of that frame.
    pub time: Timestamp,
    /// Interface the frame was captured on.
    pub interface: u32,
    /// VLAN identifiers, outermost first, 12 bits each, shifted together; 0 = untagged. Those of
    /// the innermost Ethernet header when a tunnel carries Ethernet.
    pub vlan: u32,
    /// Destination and source MAC address as captured; `None` where the link layer has none.
    /// Linux cooked captures know only the source: in place of the destination stand the interface
    /// index (four bytes, SLL2 only), a zero and the packet type, which tell copies apart as well.
    pub macs: Option<[u8; 12]>,
    /// How many tunnel headers were peeled off.
    pub tunnel_depth: u8,
    /// Source address (innermost).
    pub source: IpAddr,
    /// Destination address (innermost).
    pub destination: IpAddr,
    /// Source port.
    pub source_port: u16,
    /// Destination port.
    pub destination_port: u16,
    /// Sequence number, raw.
    pub seq: u32,
    /// Acknowledgment number field, raw, read even when the ACK flag is clear.
    pub ack: u32,
    /// Flags.
    pub flags: Flags,
    /// Window field, raw and unscaled.
    pub window: u16,
    /// Urgent pointer.
    pub urgent: u16,
    /// TCP options, raw; cut where the snap length cut them.
    pub options: &'a [u8],
    /// The captured part of the payload.
    pub payload: &'a [u8],
    /// Payload length on the wire, in bytes (IP total length less headers).
    pub payload_len: u32,
    /// TTL or hop limit.
    pub ttl: u8,
    /// IPv4 identification; `None` for IPv6.
    pub ip_id: Option<u16>,
    /// IPv6 flow label; 0 for IPv4.
    pub flow_label: u32,
}

impl Segment<'_> {
    /// Where in the bytes of its frame the payload begins; `None` for that of a reassembled
    /// datagram, and where the header itself was cut.
    pub fn position(&self, frame: &[u8]) -> Option<usize> {
        view::position(self.payload, frame)
    }
}

/// An ICMP error and the TCP segment it quotes.
#[derive(Clone, Copy, Debug)]
pub struct IcmpError<'a> {
    /// Who sent the error.
    pub sender: IpAddr,
    /// ICMP type (ICMPv6 type when the addresses are IPv6).
    pub icmp_type: u8,
    /// ICMP code.
    pub icmp_code: u8,
    /// Next-hop MTU of "fragmentation needed" / "packet too big", in bytes; 0 = not given.
    pub mtu: u32,
    /// The quoted segment: addresses, ports and sequence number are always there.
    pub quoted: Segment<'a>,
    /// Whether at least the 20 bytes of a whole TCP header were quoted.
    pub full_header: bool,
}

/// A TCP header whose own length cannot be right: malformed, but its ports name a connection, and
/// Wireshark counts it.
#[derive(Clone, Copy, Debug)]
pub struct Broken<'a> {
    /// The fields of fixed place, without options and payload. If the header is too short, the
    /// payload length is what is left when the claimed length is taken away.
    pub header: Segment<'a>,
    /// It claims less than the 20 bytes of a header; otherwise more than its packet holds.
    pub too_short: bool,
}

/// Why a frame gave no TCP segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Nothing {
    /// A fragment that waits for the rest of its datagram, or never got it.
    Fragment,
    /// Headers that contradict themselves.
    Malformed,
    /// A network protocol other than IP.
    NotIp,
    /// IP, but not TCP.
    NotTcp,
    /// The snap length cut the headers.
    SnapLength,
    /// A link type this program does not know.
    UnknownLinkType,
}

/// What a frame holds.
#[derive(Clone, Copy, Debug)]
pub enum Decoded<'a> {
    /// A TCP segment.
    Tcp(Segment<'a>),
    /// A TCP header whose own length cannot be right.
    Broken(Broken<'a>),
    /// An ICMP error about a TCP segment.
    Icmp(IcmpError<'a>),
    /// Nothing for this program.
    Nothing(Nothing),
}
