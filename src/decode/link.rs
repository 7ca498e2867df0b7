//! Link layers, peeled by hand down to the IP packet.
//!
//! etherparse rejects SLL frames of a loopback `any` capture and lacks SLL2, MPLS, PPPoE and most
//! of what mirror ports add. LINKTYPE numbers: <https://www.tcpdump.org/linktypes.html>.

use super::Nothing;
use super::view::View;
use super::wireless;
use crate::capture::LinkType;

/// LINKTYPE numbers this room understands.
mod link_type {
    pub(super) const NULL: u16 = 0;
    pub(super) const ETHERNET: u16 = 1;
    pub(super) const PPP: u16 = 9;
    /// What libpcap calls DLT_RAW on most systems, and files hold against the registry.
    pub(super) const DLT_RAW: u16 = 12;
    pub(super) const DLT_RAW_OPENBSD: u16 = 14;
    pub(super) const PPP_HDLC: u16 = 50;
    pub(super) const PPP_ETHER: u16 = 51;
    pub(super) const RAW: u16 = 101;
    pub(super) const C_HDLC: u16 = 104;
    pub(super) const IEEE802_11: u16 = 105;
    pub(super) const LOOP: u16 = 108;
    pub(super) const LINUX_SLL: u16 = 113;
    pub(super) const IEEE802_11_RADIOTAP: u16 = 127;
    pub(super) const PPP_PPPD: u16 = 166;
    pub(super) const PPI: u16 = 192;
    pub(super) const PPP_WITH_DIR: u16 = 204;
    pub(super) const IPV4: u16 = 228;
    pub(super) const IPV6: u16 = 229;
    pub(super) const NFLOG: u16 = 239;
    pub(super) const ETHERNET_MPACKET: u16 = 274;
    pub(super) const LINUX_SLL2: u16 = 276;
}

/// EtherTypes (IEEE 802 numbers at IANA).
pub(super) mod ether_type {
    pub(crate) const IPV4: u16 = 0x0800;
    pub(crate) const TRANSPARENT_ETHERNET: u16 = 0x6558;
    pub(crate) const VLAN: u16 = 0x8100;
    pub(crate) const IPV6: u16 = 0x86dd;
    pub(crate) const MPLS: u16 = 0x8847;
    pub(crate) const MPLS_UPSTREAM: u16 = 0x8848;
    pub(crate) const PPPOE_SESSION: u16 = 0x8864;
    pub(crate) const JUMBO_LLC: u16 = 0x8870;
    pub(crate) const PROVIDER_VLAN: u16 = 0x88a8;
    pub(crate) const PROVIDER_BACKBONE: u16 = 0x88e7;
    pub(crate) const CISCO_METADATA: u16 = 0x8909;
    pub(crate) const VN_TAG: u16 = 0x8926;
    pub(crate) const OLD_QINQ: u16 = 0x9100;
    pub(crate) const OLD_QINQ_2: u16 = 0x9200;
}

/// What the link layer says about a frame; of the innermost Ethernet header where tunnels hold
/// several.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Link<'a> {
    /// VLAN identifiers as in [`super::Segment::vlan`].
    pub(super) vlan: u32,
    pub(super) header: Header<'a>,
}

/// Where the addresses of a link layer stand; read only when a segment is made of them.
#[derive(Clone, Copy, Debug, Default)]
pub(super) enum Header<'a> {
    #[default]
    None,
    Ethernet(&'a [u8; 14]),
    LinuxSll(&'a [u8; 16]),
    LinuxSll2(&'a [u8; 20]),
    /// Destination and source.
    Wireless(&'a [u8; 6], &'a [u8; 6]),
}

impl Header<'_> {
    /// As in [`super::Segment::macs`].
    #[inline(always)]
    pub(super) fn macs(&self) -> Option<[u8; 12]> {
        match self {
            Header::None => None,
            Header::Ethernet(header) => header.first_chunk().copied(),
            other => other.rare_macs(),
        }
    }

    fn rare_macs(&self) -> Option<[u8; 12]> {
        let mut macs = [0; 12];
        let (destination, source) = macs.split_at_mut(6);
        match self {
            Header::None => return None,
            Header::Ethernet(header) => macs.copy_from_slice(&header[..12]),
            Header::LinuxSll(header) => {
                destination[5] = header[1];
                source.copy_from_slice(&header[6..12]);
            }
            Header::LinuxSll2(header) => {
                destination[..4].copy_from_slice(&header[4..8]);
                destination[5] = header[10];
                source.copy_from_slice(&header[12..18]);
            }
            Header::Wireless(to, from) => {
                destination.copy_from_slice(*to);
                source.copy_from_slice(*from);
            }
        }
        Some(macs)
    }
}

/// What the next bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layer {
    /// An Ethernet frame.
    Ethernet,
    /// What this EtherType says; up to 1500 an LLC frame of that length.
    EtherType(u16),
    /// An LLC header.
    Llc,
    /// An MPLS label stack.
    Mpls,
    /// A PPP frame.
    Ppp,
    /// A PPPoE session header.
    PppOe,
    /// An IP packet: the end of the link layer.
    Ip,
}

/// A layer and its bytes; every step from one to the next is shorter.
pub(super) type Step<'a> = Result<(Layer, View<'a>), Nothing>;

/// The header and the IP packet of an untagged Ethernet frame; everything else is for [`peel`].
#[inline(always)]
pub(super) fn plain_ip<'a>(link_type: LinkType, view: View<'a>) -> Option<(Header<'a>, View<'a>)> {
    let header: &[u8; 14] = view.bytes.first_chunk()?;
    let ether_type = u16::from_be_bytes([header[12], header[13]]);
    if link_type.0 != link_type::ETHERNET
        || !matches!(ether_type, ether_type::IPV4 | ether_type::IPV6)
    {
        return None;
    }
    Some((Header::Ethernet(header), view.skip(header.len()).ok()?))
}

/// Peels the link layer: the rest is an IP packet.
pub(super) fn peel<'a>(
    link_type: LinkType,
    view: View<'a>,
    link: &mut Link<'a>,
) -> Result<View<'a>, Nothing> {
    if link_type.0 == link_type::ETHERNET {
        return follow(Layer::Ethernet, view, link);
    }
    let (layer, view) = start(link_type.0, view, link)?;
    follow(layer, view, link)
}

/// Goes on from `layer` to the IP packet. Nothing recurses and every turn consumes bytes, so the
/// frame bounds the work whatever it claims to nest.
pub(super) fn follow<'a>(
    mut layer: Layer,
    mut view: View<'a>,
    link: &mut Link<'a>,
) -> Result<View<'a>, Nothing> {
    loop {
        (layer, view) = match layer {
            Layer::Ethernet => ethernet(view, link),
            Layer::EtherType(ether_type) => by_ether_type(ether_type, view, link),
            Layer::Llc => llc(view),
            Layer::Mpls => mpls(view),
            Layer::Ppp => ppp(view),
            Layer::PppOe => pppoe(view),
            Layer::Ip => return Ok(view),
        }?;
    }
}

/// The first step of every link type.
fn start<'a>(link_type: u16, view: View<'a>, link: &mut Link<'a>) -> Step<'a> {
    match link_type {
        link_type::ETHERNET => Ok((Layer::Ethernet, view)),
        link_type::NULL | link_type::LOOP => loopback(view),
        link_type::PPP | link_type::PPP_HDLC => Ok((Layer::Ppp, view)),
        link_type::PPP_PPPD | link_type::PPP_WITH_DIR => Ok((Layer::Ppp, view.skip(1)?)),
        link_type::PPP_ETHER => Ok((Layer::PppOe, view)),
        link_type::RAW
        | link_type::DLT_RAW
        | link_type::DLT_RAW_OPENBSD
        | link_type::IPV4
        | link_type::IPV6 => Ok((Layer::Ip, view)),
        link_type::C_HDLC => cisco_hdlc(view),
        link_type::IEEE802_11 => wireless::ieee80211(view, link),
        link_type::IEEE802_11_RADIOTAP => wireless::radiotap(view, link),
        link_type::PPI => per_packet_information(view, link),
        link_type::LINUX_SLL => sll(view, link),
        link_type::LINUX_SLL2 => sll2(view, link),
        link_type::NFLOG => nflog(view),
        // Preamble and start delimiter stand before the frame (IEEE 802.3br).
        link_type::ETHERNET_MPACKET => Ok((Layer::Ethernet, view.skip(8)?)),
        _ => Err(Nothing::UnknownLinkType),
    }
}

#[inline(always)]
fn ethernet<'a>(view: View<'a>, link: &mut Link<'a>) -> Step<'a> {
    let header: &[u8; 14] = view.first()?;
    link.header = Header::Ethernet(header);
    link.vlan = 0;
    let ether_type = u16::from_be_bytes([header[12], header[13]]);
    Ok((Layer::EtherType(ether_type), view.skip(header.len())?))
}

/// Tags are peeled one a turn.
#[inline(always)]
fn by_ether_type<'a>(ether_type: u16, view: View<'a>, link: &mut Link<'a>) -> Step<'a> {
    let tag_len = match ether_type {
        ether_type::IPV4 | ether_type::IPV6 => return Ok((Layer::Ip, view)),
        ether_type::MPLS | ether_type::MPLS_UPSTREAM => return Ok((Layer::Mpls, view)),
        ether_type::PPPOE_SESSION => return Ok((Layer::PppOe, view)),
        ether_type::TRANSPARENT_ETHERNET => return Ok((Layer::Ethernet, view)),
        // Service identifier, then the customer's whole frame (IEEE 802.1ah).
        ether_type::PROVIDER_BACKBONE => return Ok((Layer::Ethernet, view.skip(4)?)),
        ether_type::JUMBO_LLC => return Ok((Layer::Llc, view)),
        // Up to 1500 the field is the length of an LLC frame (IEEE 802.3); padding follows it.
        length @ 0..=1500 => return Ok((Layer::Llc, view.limit(length.into()))),
        ether_type::VLAN
        | ether_type::PROVIDER_VLAN
        | ether_type::OLD_QINQ
        | ether_type::OLD_QINQ_2 => {
            link.vlan = link.vlan << 12 | u32::from(view.u16(0)? & 0x0fff);
            2
        }
        // Virtual interface numbers.
        ether_type::VN_TAG => 4,
        // Version, length, then one option: type and security group tag.
        ether_type::CISCO_METADATA => 6,
        _ => return Err(Nothing::NotIp),
    };
    let next = view.u16(tag_len)?;
    Ok((Layer::EtherType(next), view.skip(tag_len + 2)?))
}

/// LLC (IEEE 802.2), mostly with SNAP.
fn llc(view: View<'_>) -> Step<'_> {
    match view.first()? {
        // Organisation 0 and the bridge tunnel 0x0000f8 are followed by an EtherType.
        [0xaa, 0xaa, 0x03] => match view.first()? {
            [_, _, _, 0x00, 0x00, 0x00 | 0xf8, high, low] => {
                let ether_type = u16::from_be_bytes([*high, *low]);
                Ok((Layer::EtherType(ether_type), view.skip(8)?))
            }
            _ => Err(Nothing::NotIp),
        },
        // The service access point of IP itself.
        [0x06, 0x06, 0x03] => Ok((Layer::Ip, view.skip(3)?)),
        _ => Err(Nothing::NotIp),
    }
}

/// An MPLS label stack (RFC 3032). What follows the bottom is not named: an IP version, or a
/// pseudowire with or without its control word (RFC 4448).
fn mpls(mut view: View<'_>) -> Step<'_> {
    loop {
        let label: &[u8; 4] = view.first()?;
        view = view.skip(label.len())?;
        if label[2] & 1 != 0 {
            break;
        }
    }
    match view.u8(0)? >> 4 {
        4 | 6 => Ok((Layer::Ip, view)),
        // The control word of an associated channel: no data.
        1 => Err(Nothing::NotIp),
        // A control word, unless an address that starts with the same digit makes better sense.
        0 if !is_common(view.u16(12)?) => Ok((Layer::Ethernet, view.skip(4)?)),
        _ => Ok((Layer::Ethernet, view)),
    }
}

/// EtherTypes that show a guess about an Ethernet header to be right.
fn is_common(ether_type: u16) -> bool {
    matches!(
        ether_type,
        ether_type::IPV4 | ether_type::IPV6 | ether_type::VLAN | ether_type::PROVIDER_VLAN
    )
}

/// The PPPoE session header (RFC 2516 section 4).
fn pppoe(view: View<'_>) -> Step<'_> {
    let header: &[u8; 6] = view.first()?;
    // Version 1, type 1, code 0 = session data.
    if header[0] != 0x11 || header[1] != 0x00 {
        return Err(Nothing::NotIp);
    }
    let rest = view.skip(header.len())?;
    // The length ends the frame before Ethernet's padding; offload may leave it 0.
    match u16::from_be_bytes([header[4], header[5]]) {
        0 => Ok((Layer::Ppp, rest)),
        len => Ok((Layer::Ppp, rest.limit(len.into()))),
    }
}

/// PPP, with or without HDLC address and control, with or without protocol field compression
/// (RFC 1661 section 6.5, RFC 1662).
fn ppp(mut view: View<'_>) -> Step<'_> {
    match view.first()? {
        [0xff, 0x03] => view = view.skip(2)?,
        [0x0f | 0x8f, 0x00] => return cisco_hdlc(view),
        _ => {}
    }
    // An odd first byte is the whole of a compressed protocol field.
    let first = view.u8(0)?;
    let (protocol, len) = if first & 1 != 0 {
        (first.into(), 1)
    } else {
        (view.u16(0)?, 2)
    };
    let layer = match protocol {
        0x0021 | 0x0057 => Layer::Ip,
        0x0281 | 0x0283 => Layer::Mpls,
        _ => return Err(Nothing::NotIp),
    };
    Ok((layer, view.skip(len)?))
}

/// Cisco HDLC: address, control, EtherType.
fn cisco_hdlc(view: View<'_>) -> Step<'_> {
    let ether_type = view.u16(2)?;
    Ok((Layer::EtherType(ether_type), view.skip(4)?))
}

/// BSD loopback: an address family in the byte order of the capturing host (NULL) or of the
/// network (LOOP).
fn loopback(view: View<'_>) -> Step<'_> {
    let family: &[u8; 4] = view.first()?;
    let family = match family {
        [0, 0, _, _] => u32::from_be_bytes(*family),
        _ => u32::from_le_bytes(*family),
    };
    match family {
        // AF_INET; AF_INET6 of Linux, Windows, NetBSD and OpenBSD, FreeBSD, macOS.
        2 | 10 | 23 | 24 | 28 | 30 => Ok((Layer::Ip, view.skip(4)?)),
        _ => Err(Nothing::NotIp),
    }
}

/// Linux cooked capture: packet type, device type, address length and address, protocol.
fn sll<'a>(view: View<'a>, link: &mut Link<'a>) -> Step<'a> {
    let header: &[u8; 16] = view.first()?;
    link.header = Header::LinuxSll(header);
    let device = u16::from_be_bytes([header[2], header[3]]);
    let protocol = u16::from_be_bytes([header[14], header[15]]);
    Ok((cooked(device, protocol)?, view.skip(header.len())?))
}

/// Linux cooked capture, second version: protocol, interface index, device type, packet type,
/// address length and address.
fn sll2<'a>(view: View<'a>, link: &mut Link<'a>) -> Step<'a> {
    let header: &[u8; 20] = view.first()?;
    link.header = Header::LinuxSll2(header);
    let device = u16::from_be_bytes([header[8], header[9]]);
    let protocol = u16::from_be_bytes([header[0], header[1]]);
    Ok((cooked(device, protocol)?, view.skip(header.len())?))
}

fn cooked(device: u16, protocol: u16) -> Result<Layer, Nothing> {
    match (device, protocol) {
        // Linux's ARPHRD number of netlink, which has protocols of its own.
        (824, _) => Err(Nothing::NotIp),
        // Linux's ETH_P_802_2.
        (_, 0x0004) => Ok(Layer::Llc),
        // The other small numbers are Linux's own, not lengths.
        (_, 0..=1535) => Err(Nothing::NotIp),
        (_, ether_type) => Ok(Layer::EtherType(ether_type)),
    }
}

/// Linux netfilter log: family, version, resource, then attributes of which one is the packet.
fn nflog(view: View<'_>) -> Step<'_> {
    const PAYLOAD: u16 = 9;
    let mut view = view.skip(4)?;
    loop {
        let [length, kind] = match view.first()? {
            // Attributes have the byte order of the capturing host. No type is above 255 and none
            // is 0, so the zero byte of the type tells.
            [a, b, 0, c] => [[*a, *b], [0, *c]].map(u16::from_be_bytes),
            [a, b, c, d] => [[*a, *b], [*c, *d]].map(u16::from_le_bytes),
        };
        let length = usize::from(length);
        if length < 4 {
            return Err(Nothing::Malformed);
        }
        if kind == PAYLOAD {
            return Ok((Layer::Ip, view.limit(length).skip(4)?));
        }
        view = view.skip(length.next_multiple_of(4))?;
    }
}

/// Per-Packet Information: a little-endian header that names the link type beneath it.
fn per_packet_information<'a>(view: View<'a>, link: &mut Link<'a>) -> Step<'a> {
    let header: &[u8; 8] = view.first()?;
    let length = usize::from(u16::from_le_bytes([header[2], header[3]]));
    if length < header.len() {
        return Err(Nothing::Malformed);
    }
    let rest = view.skip(length)?;
    let inner = u32::from_le_bytes([header[4], header[5], header[6], header[7]]);
    match u16::try_from(inner) {
        // One level only: nothing may hold itself.
        Ok(link_type::PPI) | Err(_) => Err(Nothing::UnknownLinkType),
        Ok(inner) => start(inner, rest, link),
    }
}
