//! Tunnels: IP in IP, GRE and what mirror ports and overlays build on it, UDP overlays.
//!
//! A UDP port proves nothing, so every UDP tunnel's header is checked before it is believed.

use super::Nothing;
use super::ip::{Packet, protocol};
use super::link::{self, Layer, Link, Step, ether_type};
use super::view::View;

/// UDP ports of tunnels (IANA, and Linux's first VXLAN port).
mod port {
    pub(super) const GTP_U: u16 = 2152;
    pub(super) const TEREDO: u16 = 3544;
    pub(super) const VXLAN: u16 = 4789;
    pub(super) const GENEVE: u16 = 6081;
    pub(super) const OLD_VXLAN: u16 = 8472;
}

/// The IP packet that `packet` carries.
pub(super) fn peel<'a>(packet: &Packet<'a>, link: &mut Link<'a>) -> Result<View<'a>, Nothing> {
    let view = packet.payload;
    let (layer, view) = match packet.protocol {
        protocol::IPV4 | protocol::IPV6 => (Layer::Ip, view),
        protocol::GRE => gre(view)?,
        protocol::UDP => udp(view)?,
        // Two bytes of version, then the frame (RFC 3378).
        protocol::ETHER_IP => (Layer::Ethernet, view.skip(2)?),
        // RFC 4023.
        protocol::MPLS => (Layer::Mpls, view),
        _ => return Err(Nothing::NotTcp),
    };
    link::follow(layer, view, link)
}

/// GRE (RFC 2784, RFC 2890) and its PPTP variant (RFC 2637 section 4.1).
fn gre(view: View<'_>) -> Step<'_> {
    const CHECKSUM: u16 = 0x8000;
    const ROUTING: u16 = 0x4000;
    const KEY: u16 = 0x2000;
    const SEQUENCE: u16 = 0x1000;
    const ACKNOWLEDGMENT: u16 = 0x0080;
    const PPP: u16 = 0x880b;
    const WCCP: u16 = 0x883e;
    const ERSPAN: u16 = 0x88be;
    const ERSPAN_3: u16 = 0x22eb;

    let flags = view.u16(0)?;
    let protocol = view.u16(2)?;
    let counted = |flag| if flags & flag != 0 { 4 } else { 0 };
    let len = 4 + counted(CHECKSUM) + counted(KEY) + counted(SEQUENCE);
    match protocol {
        // The version, 1 for PPTP and else 0, says no more than the protocol does.
        PPP => {
            let rest = view.skip(len + counted(ACKNOWLEDGMENT))?;
            // An acknowledgment alone carries no frame.
            if rest.wire == 0 {
                return Err(Nothing::NotTcp);
            }
            Ok((Layer::Ppp, rest))
        }
        // RFC 2784 took source routes out again, and nobody sends them.
        _ if flags & ROUTING != 0 => Err(Nothing::NotTcp),
        ERSPAN if flags & SEQUENCE == 0 => Ok((Layer::Ethernet, view.skip(len)?)),
        ERSPAN | ERSPAN_3 => erspan(view.skip(len)?),
        WCCP => {
            let rest = view.skip(len)?;
            // The second version puts four bytes before the packet; they do not start like one.
            let redirect = if rest.u8(0)? >> 4 == 4 { 0 } else { 4 };
            Ok((Layer::Ip, rest.skip(redirect)?))
        }
        ether_type => Ok((Layer::EtherType(ether_type), view.skip(len)?)),
    }
}

/// ERSPAN of a mirror port (draft-foschiano-erspan-03 section 4).
fn erspan(view: View<'_>) -> Step<'_> {
    let len = match view.u8(0)? >> 4 {
        1 => 8,
        // The last bit says that eight bytes of the platform follow.
        2 => 12 + usize::from(view.u8(11)? & 1) * 8,
        _ => return Err(Nothing::NotTcp),
    };
    Ok((Layer::Ethernet, view.skip(len)?))
}

fn udp(view: View<'_>) -> Step<'_> {
    let header: &[u8; 8] = view.first()?;
    let source = u16::from_be_bytes([header[0], header[1]]);
    let destination = u16::from_be_bytes([header[2], header[3]]);
    let rest = view.skip(header.len())?;
    // Overlays answer from whatever port their hash gives, so the destination tells; but some
    // answer from their own port.
    for port in [destination, source] {
        match port {
            port::VXLAN | port::OLD_VXLAN => return vxlan(rest),
            port::GENEVE => return geneve(rest),
            port::GTP_U => return gtp(rest),
            port::TEREDO => return teredo(rest),
            _ => {}
        }
    }
    Err(Nothing::NotTcp)
}

/// VXLAN (RFC 7348 section 5).
fn vxlan(view: View<'_>) -> Step<'_> {
    let header: &[u8; 8] = view.first()?;
    // The network identifier is always valid.
    if header[0] & 0x08 == 0 {
        return Err(Nothing::NotTcp);
    }
    Ok((Layer::Ethernet, view.skip(header.len())?))
}

/// Geneve (RFC 8926 section 3.4).
fn geneve(view: View<'_>) -> Step<'_> {
    let header: &[u8; 8] = view.first()?;
    let layer = match u16::from_be_bytes([header[2], header[3]]) {
        ether_type::TRANSPARENT_ETHERNET => Layer::Ethernet,
        ether_type::IPV4 | ether_type::IPV6 => Layer::Ip,
        _ => return Err(Nothing::NotTcp),
    };
    // Two bits of version, six of the length of the options in 4-byte units.
    if header[0] >> 6 != 0 {
        return Err(Nothing::NotTcp);
    }
    let options = usize::from(header[0] & 0x3f) * 4;
    Ok((layer, view.skip(header.len() + options)?))
}

/// GTP-U, version 1 (3GPP TS 29.281 section 5).
fn gtp(view: View<'_>) -> Step<'_> {
    const PACKET: u8 = 0xff;
    let header: &[u8; 8] = view.first()?;
    // Version 1, GTP and not GTP', a user's packet.
    if header[0] & 0xf0 != 0x30 || header[1] != PACKET {
        return Err(Nothing::NotTcp);
    }
    let mut rest = view.skip(header.len())?;
    // If any of extension, sequence and N-PDU number is flagged, room for all three is there.
    if header[0] & 0x07 != 0 {
        let extended = header[0] & 0x04 != 0;
        let mut next = rest.u8(3)?;
        rest = rest.skip(4)?;
        while extended && next != 0 {
            // Length in 4-byte units; the last byte names the next extension.
            let len = usize::from(rest.u8(0)?) * 4;
            if len == 0 {
                return Err(Nothing::Malformed);
            }
            next = rest.u8(len - 1)?;
            rest = rest.skip(len)?;
        }
    }
    if !matches!(rest.u8(0)? >> 4, 4 | 6) {
        return Err(Nothing::NotTcp);
    }
    Ok((Layer::Ip, rest))
}

/// Teredo (RFC 4380 section 5.1.1): authentication and origin may stand before the IPv6 packet.
fn teredo(mut view: View<'_>) -> Step<'_> {
    if view.u16(0)? == 0x0001 {
        let (client, key) = (view.u8(2)?, view.u8(3)?);
        view = view.skip(13 + usize::from(client) + usize::from(key))?;
    }
    if view.u16(0)? == 0x0000 {
        view = view.skip(8)?;
    }
    if view.u8(0)? >> 4 != 6 {
        return Err(Nothing::NotTcp);
    }
    Ok((Layer::Ip, view))
}
