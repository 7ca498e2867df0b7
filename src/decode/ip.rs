//! IPv4 (RFC 791) and IPv6 (RFC 8200) headers, down to the transport protocol.
//!
//! The fixed headers are etherparse's slices. Its `LaxIpSlice` is not used whole: it reads on past
//! a fragment header as if the data of a later fragment were extension headers, keeps the
//! fragment's identification to itself, and takes a zero length for the captured length where the
//! length on the wire is meant. So the chain of extension headers is walked here.

use std::net::IpAddr;

use etherparse::{Ipv4HeaderSlice, Ipv6Header, Ipv6HeaderSlice};

use super::Nothing;
use super::view::View;

/// IANA protocol numbers of what this room looks into.
pub(super) mod protocol {
    pub(crate) const HOP_BY_HOP: u8 = 0;
    pub(crate) const ICMP: u8 = 1;
    pub(crate) const IPV4: u8 = 4;
    pub(crate) const TCP: u8 = 6;
    pub(crate) const UDP: u8 = 17;
    pub(crate) const IPV6: u8 = 41;
    pub(crate) const ROUTING: u8 = 43;
    pub(crate) const FRAGMENT: u8 = 44;
    pub(crate) const GRE: u8 = 47;
    pub(crate) const AUTHENTICATION: u8 = 51;
    pub(crate) const ICMPV6: u8 = 58;
    pub(crate) const DESTINATION: u8 = 60;
    pub(crate) const ETHER_IP: u8 = 97;
    pub(crate) const MPLS: u8 = 137;
}

/// An IP header, read only when a segment is made of it: copying addresses from layer to layer
/// cost more than all the rest.
#[derive(Clone, Copy, Debug)]
pub(super) enum Header<'a> {
    V4(Ipv4HeaderSlice<'a>),
    V6(Ipv6HeaderSlice<'a>),
}

impl Header<'_> {
    #[inline(always)]
    pub(super) fn source(&self) -> IpAddr {
        match self {
            Header::V4(header) => header.source_addr().into(),
            Header::V6(header) => header.source_addr().into(),
        }
    }

    #[inline(always)]
    pub(super) fn destination(&self) -> IpAddr {
        match self {
            Header::V4(header) => header.destination_addr().into(),
            Header::V6(header) => header.destination_addr().into(),
        }
    }

    /// TTL or hop limit.
    #[inline(always)]
    pub(super) fn ttl(&self) -> u8 {
        match self {
            Header::V4(header) => header.ttl(),
            Header::V6(header) => header.hop_limit(),
        }
    }

    /// IPv4 identification.
    #[inline(always)]
    pub(super) fn id(&self) -> Option<u16> {
        match self {
            Header::V4(header) => Some(header.identification()),
            Header::V6(_) => None,
        }
    }

    /// IPv6 flow label; 0 for IPv4.
    #[inline(always)]
    pub(super) fn flow_label(&self) -> u32 {
        match self {
            Header::V4(_) => 0,
            Header::V6(header) => header.flow_label().value(),
        }
    }
}

/// An IP packet whose headers are peeled off.
#[derive(Clone, Copy, Debug)]
pub(super) struct Packet<'a> {
    pub(super) header: Header<'a>,
    /// What `payload` is; for a fragment what its datagram starts with.
    pub(super) protocol: u8,
    /// What follows the headers, padding removed.
    pub(super) payload: View<'a>,
    /// Set when `payload` is only a part of a datagram.
    pub(super) fragment: Option<Fragment>,
}

/// Where a fragment belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fragment {
    /// Identification; IPv4 has 16 bits of it.
    pub(super) id: u32,
    /// Offset of the payload in the datagram, in bytes; a multiple of 8, at most 65,528.
    pub(super) offset: usize,
    /// More fragments follow.
    pub(super) more: bool,
}

impl<'a> Packet<'a> {
    /// The same packet once its datagram is whole; `protocol` is what the first fragment named.
    pub(super) fn reassembled(self, protocol: u8, datagram: &'a [u8]) -> Result<Self, Nothing> {
        let whole = Self {
            protocol,
            payload: View::whole(datagram),
            fragment: None,
            ..self
        };
        match self.header {
            Header::V4(_) => whole.authentication(),
            Header::V6(_) => whole.extensions(),
        }
    }

    /// Peels IPv4 authentication headers (RFC 4302): they do not hide the payload.
    fn authentication(mut self) -> Result<Self, Nothing> {
        while self.protocol == protocol::AUTHENTICATION {
            (self.protocol, self.payload) = authentication(self.payload)?;
        }
        Ok(self)
    }

    /// Walks the IPv6 extension headers (RFC 8200 section 4) up to the transport header or to a
    /// fragment. Any order is taken: who follows the recommended one is nobody's business here.
    fn extensions(mut self) -> Result<Self, Nothing> {
        loop {
            let view = self.payload;
            match self.protocol {
                protocol::HOP_BY_HOP | protocol::ROUTING | protocol::DESTINATION => {
                    // Length in 8-byte units, less the first.
                    let len = (usize::from(view.u8(1)?) + 1) * 8;
                    self.protocol = view.u8(0)?;
                    self.payload = view.skip(len)?;
                }
                protocol::AUTHENTICATION => {
                    (self.protocol, self.payload) = authentication(view)?;
                }
                protocol::FRAGMENT => {
                    let header: &[u8; 8] = view.first()?;
                    self.protocol = header[0];
                    self.payload = view.skip(header.len())?;
                    // 13 bits of offset in 8-byte units, two reserved, one "more fragments".
                    let field = u16::from_be_bytes([header[2], header[3]]);
                    let fragment = Fragment {
                        id: u32::from_be_bytes([header[4], header[5], header[6], header[7]]),
                        offset: usize::from(field & 0xfff8),
                        more: field & 1 != 0,
                    };
                    // An atomic fragment (RFC 6946) is a whole packet.
                    if fragment.more || fragment.offset != 0 {
                        self.fragment = Some(fragment);
                        return Ok(self);
                    }
                }
                _ => return Ok(self),
            }
        }
    }
}

/// The header and the payload of a plain packet: no options or extension headers, not fragmented,
/// says its length and carries TCP. Everything else is for [`packet`].
///
/// Both give the same segment; this one is here because it needs no [`Packet`], which is large
/// enough for its copies to take more time than the decoding.
#[inline(always)]
pub(super) fn plain_tcp(view: View<'_>) -> Option<(Header<'_>, View<'_>)> {
    let first: &[u8; 20] = view.bytes.first_chunk()?;
    if first[0] == 0x45 {
        let total_len = usize::from(u16::from_be_bytes([first[2], first[3]]));
        // Offset and "more fragments" are zero; "do not fragment" may be set.
        let is_fragment = u16::from_be_bytes([first[6], first[7]]) & 0x3fff != 0;
        if is_fragment || first[9] != protocol::TCP || total_len < first.len() {
            return None;
        }
        let header = Ipv4HeaderSlice::from_slice(first).ok()?;
        let payload = view.limit(total_len).skip(first.len()).ok()?;
        return Some((Header::V4(header), payload));
    }
    let payload_len = usize::from(u16::from_be_bytes([first[4], first[5]]));
    if first[0] >> 4 != 6 || first[6] != protocol::TCP || payload_len == 0 {
        return None;
    }
    let header = Ipv6HeaderSlice::from_slice(view.bytes).ok()?;
    let payload = view.skip(header.slice().len()).ok()?.limit(payload_len);
    Some((Header::V6(header), payload))
}

/// Reads an IP packet of the version its first byte names.
pub(super) fn packet(view: View<'_>) -> Result<Packet<'_>, Nothing> {
    match view.u8(0)? >> 4 {
        4 => ipv4(view),
        6 => ipv6(view),
        _ => Err(Nothing::Malformed),
    }
}

fn ipv4(view: View<'_>) -> Result<Packet<'_>, Nothing> {
    let Ok(header) = Ipv4HeaderSlice::from_slice(view.bytes) else {
        return Err(broken_ipv4(view));
    };
    let header_len = header.slice().len();
    let total_len = match usize::from(header.total_len()) {
        // Segmentation offload: the field has 16 bits, the packet may be longer.
        0 => view.wire,
        len if len < header_len => return Err(Nothing::Malformed),
        len => len,
    };
    let offset = usize::from(header.fragments_offset().value()) * 8;
    let more = header.more_fragments();
    let packet = Packet {
        header: Header::V4(header),
        protocol: header.protocol().0,
        payload: view.limit(total_len).skip(header_len)?,
        fragment: (more || offset != 0).then(|| Fragment {
            id: header.identification().into(),
            offset,
            more,
        }),
    };
    if packet.protocol == protocol::AUTHENTICATION && packet.fragment.is_none() {
        return packet.authentication();
    }
    Ok(packet)
}

/// Why there is no IPv4 header.
#[cold]
fn broken_ipv4(view: View<'_>) -> Nothing {
    match view.u8(0) {
        Ok(first) => {
            let header_len = usize::from(first & 0x0f) * 4;
            if header_len < 20 {
                return Nothing::Malformed;
            }
            view.lacks(header_len)
        }
        Err(nothing) => nothing,
    }
}

fn ipv6(view: View<'_>) -> Result<Packet<'_>, Nothing> {
    let header =
        Ipv6HeaderSlice::from_slice(view.bytes).map_err(|_| view.lacks(Ipv6Header::LEN))?;
    let rest = view.skip(Ipv6Header::LEN)?;
    let payload = match usize::from(header.payload_length()) {
        // A jumbogram (RFC 2675) or segmentation offload.
        0 => rest,
        len => rest.limit(len),
    };
    Packet {
        header: Header::V6(header),
        protocol: header.next_header().0,
        payload,
        fragment: None,
    }
    .extensions()
}

/// Peels one authentication header: what follows it, and the rest.
fn authentication(view: View<'_>) -> Result<(u8, View<'_>), Nothing> {
    // RFC 4302 section 2.2: length in 4-byte units, less 2; 12 bytes stand before the check value.
    let len = (usize::from(view.u8(1)?) + 2) * 4;
    if len < 12 {
        return Err(Nothing::Malformed);
    }
    Ok((view.u8(0)?, view.skip(len)?))
}
