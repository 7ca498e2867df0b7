//! Packets for a redacted evidence file, made anew from what the decoder read of the captured ones.
//!
//! Headers hold more than addresses: options that record routes, trailers, names of wireless
//! networks, tunnels from site to site. Nothing of a frame gets through but what is written here:
//! MAC addresses and VLAN tags, how many tunnels were around it, addresses, ports and the TCP
//! header. Checksums are right wherever the whole segment was captured.

use std::net::IpAddr;

use super::{Pseudonyms, address};
use crate::capture::{Interface, LinkType};
use crate::decode::{Decoded, IcmpError, Segment};

/// A packet to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packet {
    /// As far as it was captured.
    pub bytes: Vec<u8>,
    /// How many there were on the wire.
    pub wire_len: u32,
    /// How many of the captured ones are no headers.
    pub payload: usize,
}

/// LINKTYPE numbers (<https://www.tcpdump.org/linktypes.html>).
const ETHERNET: LinkType = LinkType(1);
const RAW: LinkType = LinkType(101);

/// EtherTypes.
const IPV4: u16 = 0x0800;
const IPV6: u16 = 0x86DD;
const VLAN: u16 = 0x8100;
const TRANSPARENT_ETHERNET: u16 = 0x6558;

/// Protocol numbers.
const ICMP: u8 = 1;
const IP_IN_IP: u8 = 4;
const TCP: u8 = 6;
const IPV6_IN_IP: u8 = 41;
const GRE: u8 = 47;
const ICMPV6: u8 = 58;

/// Bytes of a TCP header without options.
const TCP_HEADER: usize = 20;

/// What link type the packets have that are made from frames of this one: Ethernet where those
/// have MAC addresses.
fn link_type(of: LinkType) -> LinkType {
    match of.0 {
        // Ethernet, 802.11, Linux cooked, 802.11 with radiotap, PPI, mPackets, SLL2.
        1 | 105 | 113 | 127 | 192 | 274 | 276 => ETHERNET,
        _ => RAW,
    }
}

impl Pseudonyms {
    /// Redacts what a capture says of an interface.
    pub fn interface(&mut self, interface: &Interface) -> Interface {
        Interface {
            name: interface.name.as_deref().map(|name| self.name(name)),
            link_type: link_type(interface.link_type),
            snap_len: interface.snap_len,
            resolution: interface.resolution,
        }
    }

    /// Makes a packet anew from a frame of this link type; `shown` is what may be shown of the
    /// payload. `None` for frames that hold no segment.
    pub fn packet(&mut self, decoded: &Decoded<'_>, shown: &[u8], of: LinkType) -> Option<Packet> {
        let (segment, mut packet) = match decoded {
            Decoded::Tcp(segment) => (segment, self.tcp_packet(segment, shown)),
            Decoded::Icmp(error) => (&error.quoted, self.icmp_packet(error)),
            Decoded::Broken(_) | Decoded::Nothing(_) => return None,
        };
        let is_ethernet = link_type(of) == ETHERNET;
        let mut tunnels = segment.tunnel_depth;
        if let Some(macs) = segment.macs.filter(|_| !is_ethernet && tunnels > 0) {
            // Only the inner frame had addresses.
            for _ in 1..tunnels {
                packet = tunnel(packet);
            }
            packet = ip_in_gre(self.ethernet(packet, macs, segment.vlan));
            tunnels = 0;
        }
        for _ in 0..tunnels {
            packet = tunnel(packet);
        }
        if is_ethernet {
            packet = self.ethernet(packet, segment.macs.unwrap_or_default(), segment.vlan);
        }
        Some(packet)
    }

    fn tcp_packet(&mut self, segment: &Segment<'_>, shown: &[u8]) -> Packet {
        let ends = [segment.source, segment.destination].map(|mut ip| {
            self.ip(&mut ip);
            ip
        });
        let header = tcp_header(segment);
        let len = header.len() as u32 + segment.payload_len;
        let mut bytes = [header.as_slice(), shown].concat();
        let sum = !checksum(&[&pseudo_header(ends, TCP, len), &bytes]);
        put(&mut bytes, 16, sum);
        let packet = Packet {
            bytes,
            wire_len: len,
            payload: shown.len(),
        };
        ip_packet(&IpHeader::of(segment, ends, TCP), packet)
    }

    fn icmp_packet(&mut self, error: &IcmpError<'_>) -> Packet {
        let quoted = &error.quoted;
        let ends = [quoted.source, quoted.destination].map(|mut ip| {
            self.ip(&mut ip);
            ip
        });
        let mut sender = error.sender;
        self.ip(&mut sender);
        let header = tcp_header(quoted);
        let len = header.len() as u32 + quoted.payload_len;
        // Ports and sequence number are always there.
        let seen = if error.full_header { header.len() } else { 8 };
        let mut bytes = header[..seen].to_vec();
        // Right for what is quoted.
        let sum = checksum(&[&pseudo_header(ends, TCP, seen as u32), &bytes]);
        put(&mut bytes, 16, !sum);
        let quote = Packet {
            bytes,
            wire_len: len,
            payload: 0,
        };
        let quote = ip_packet(&IpHeader::of(quoted, ends, TCP), quote).bytes;
        let mut bytes = vec![error.icmp_type, error.icmp_code, 0, 0];
        match sender {
            IpAddr::V4(_) => {
                let mtu = u16::try_from(error.mtu).unwrap_or(u16::MAX);
                bytes.extend([0, 0]);
                bytes.extend(mtu.to_be_bytes());
            }
            IpAddr::V6(_) => bytes.extend(error.mtu.to_be_bytes()),
        }
        bytes.extend(quote);
        let len = bytes.len() as u32;
        let ends = [sender, ends[0]];
        let (protocol, sum) = match sender {
            IpAddr::V4(_) => (ICMP, checksum(&[&bytes])),
            IpAddr::V6(_) => (
                ICMPV6,
                checksum(&[&pseudo_header(ends, ICMPV6, len), &bytes]),
            ),
        };
        put(&mut bytes, 2, !sum);
        let header = IpHeader {
            protocol,
            ends,
            ttl: HOPS,
            id: 0,
            flow_label: 0,
        };
        let packet = Packet {
            bytes,
            wire_len: len,
            payload: 0,
        };
        ip_packet(&header, packet)
    }

    /// Puts Ethernet and VLAN headers before a packet.
    fn ethernet(&self, packet: Packet, macs: [u8; 12], vlan: u32) -> Packet {
        let mut header = Vec::new();
        for mac in macs.as_chunks::<6>().0 {
            header.extend(address::mac(&self.key, *mac));
        }
        let tags = [vlan >> 24, vlan >> 12, vlan].map(|tag| (tag & 0x0FFF) as u16);
        for tag in tags.into_iter().skip_while(|&tag| tag == 0) {
            header.extend(VLAN.to_be_bytes());
            header.extend(tag.to_be_bytes());
        }
        header.extend(ether_type(&packet.bytes).to_be_bytes());
        before(header, packet)
    }
}

/// Time to live of packets that hosts of no interest send.
const HOPS: u8 = 64;

/// A TCP header, its checksum zero.
fn tcp_header(segment: &Segment<'_>) -> Vec<u8> {
    let mut options = options(segment.options);
    options.resize(options.len().next_multiple_of(4).min(40), 0);
    let mut header = Vec::with_capacity(TCP_HEADER + options.len());
    header.extend(segment.source_port.to_be_bytes());
    header.extend(segment.destination_port.to_be_bytes());
    header.extend(segment.seq.to_be_bytes());
    header.extend(segment.ack.to_be_bytes());
    let words = (TCP_HEADER + options.len()) / 4;
    header.extend([(words << 4) as u8, segment.flags.0]);
    header.extend(segment.window.to_be_bytes());
    header.extend([0, 0]);
    header.extend(segment.urgent.to_be_bytes());
    header.extend(options);
    header
}

/// TCP options; of other kinds than those everybody uses only kind and length.
fn options(options: &[u8]) -> Vec<u8> {
    let mut found = options.to_vec();
    let mut at = 0;
    while let Some(&kind) = options.get(at) {
        let len = match (kind, options.get(at + 1)) {
            // End, no operation.
            (0, _) => break,
            (1, _) => 1,
            (_, Some(&len)) if len >= 2 => usize::from(len),
            _ => break,
        };
        let end = (at + len).min(found.len());
        // Segment size, window scale, selective acknowledgments, timestamps.
        if !matches!(kind, 1..=5 | 8) {
            found[(at + 2).min(end)..end].fill(0);
        }
        at += len;
    }
    // Behind the end, or where no option can be read.
    if let Some(rest) = found.get_mut(at..) {
        rest.fill(0);
    }
    found
}

struct IpHeader {
    protocol: u8,
    ends: [IpAddr; 2],
    ttl: u8,
    id: u16,
    flow_label: u32,
}

impl IpHeader {
    fn of(segment: &Segment<'_>, ends: [IpAddr; 2], protocol: u8) -> Self {
        Self {
            protocol,
            ends,
            ttl: segment.ttl,
            id: segment.ip_id.unwrap_or_default(),
            flow_label: segment.flow_label,
        }
    }
}

/// Puts an IP header before what it carries.
fn ip_packet(header: &IpHeader, packet: Packet) -> Packet {
    let len = packet.wire_len;
    let mut bytes = Vec::new();
    match header.ends {
        [IpAddr::V4(source), IpAddr::V4(destination)] => {
            // More than the field can hold is written as zero, as segmentation offload does.
            let total = u16::try_from(len + 20).unwrap_or(0);
            bytes.extend([0x45, 0]);
            bytes.extend(total.to_be_bytes());
            bytes.extend(header.id.to_be_bytes());
            bytes.extend([0, 0, header.ttl, header.protocol, 0, 0]);
            bytes.extend(source.octets());
            bytes.extend(destination.octets());
            let sum = !checksum(&[&bytes]);
            put(&mut bytes, 10, sum);
        }
        ends => {
            let word = 6 << 28 | header.flow_label & 0x000F_FFFF;
            bytes.extend(word.to_be_bytes());
            bytes.extend(u16::try_from(len).unwrap_or(0).to_be_bytes());
            bytes.extend([header.protocol, header.ttl]);
            bytes.extend(ends.iter().flat_map(|end| octets(*end)));
        }
    }
    before(bytes, packet)
}

/// Puts a tunnel around an IP packet, between addresses that say nothing.
fn tunnel(packet: Packet) -> Packet {
    let protocol = match ether_type(&packet.bytes) {
        IPV4 => IP_IN_IP,
        _ => IPV6_IN_IP,
    };
    around(packet, protocol)
}

/// Puts a tunnel around an Ethernet frame.
fn ip_in_gre(packet: Packet) -> Packet {
    let mut header = vec![0, 0];
    header.extend(TRANSPARENT_ETHERNET.to_be_bytes());
    around(before(header, packet), GRE)
}

fn around(packet: Packet, protocol: u8) -> Packet {
    let header = IpHeader {
        protocol,
        ends: [[192, 0, 2, 1], [192, 0, 2, 2]].map(IpAddr::from),
        ttl: HOPS,
        id: 0,
        flow_label: 0,
    };
    ip_packet(&header, packet)
}

fn before(mut header: Vec<u8>, packet: Packet) -> Packet {
    let wire_len = packet.wire_len + header.len() as u32;
    header.extend(&packet.bytes);
    Packet {
        bytes: header,
        wire_len,
        ..packet
    }
}

fn ether_type(packet: &[u8]) -> u16 {
    match packet.first().map(|first| first >> 4) {
        Some(4) => IPV4,
        _ => IPV6,
    }
}

fn octets(ip: IpAddr) -> Vec<u8> {
    match ip {
        IpAddr::V4(ip) => ip.octets().to_vec(),
        IpAddr::V6(ip) => ip.octets().to_vec(),
    }
}

/// What a checksum covers beside the segment (RFC 9293 section 3.1, RFC 8200 section 8.1).
fn pseudo_header(ends: [IpAddr; 2], protocol: u8, len: u32) -> Vec<u8> {
    let mut bytes: Vec<u8> = ends.into_iter().flat_map(octets).collect();
    bytes.extend(len.to_be_bytes());
    bytes.extend([0, 0, 0, protocol]);
    bytes
}

/// Ones' complement sum of 16-bit words (RFC 1071); all parts but the last have an even length.
fn checksum(parts: &[&[u8]]) -> u16 {
    let words = parts.iter().flat_map(|part| part.chunks(2)).map(|pair| {
        let low = pair.get(1).copied().unwrap_or(0);
        u64::from(u16::from_be_bytes([pair[0], low]))
    });
    let mut sum: u64 = words.sum();
    while sum > 0xFFFF {
        sum = (sum >> 16) + (sum & 0xFFFF);
    }
    sum as u16
}

fn put(bytes: &mut [u8], at: usize, number: u16) {
    if let Some(place) = bytes.get_mut(at..at + 2) {
        place.copy_from_slice(&number.to_be_bytes());
    }
}
