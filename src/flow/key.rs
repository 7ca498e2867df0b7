//! The unordered pair of endpoints that names a connection, and the side a segment came from.
//!
//! VLAN, MAC address, interface and tunnel are deliberately not part of it: Wireshark leaves them
//! out too, and a mirror port that sees one packet on two VLANs sees one connection.

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use crate::decode::Segment;

/// One end of a [`Key`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// The endpoint that sorts first by address, then port.
    Low,
    /// The endpoint that sorts last.
    High,
}

impl Side {
    /// The other end.
    pub const fn peer(self) -> Self {
        match self {
            Self::Low => Self::High,
            Self::High => Self::Low,
        }
    }

    /// 0 for [`Side::Low`], 1 for [`Side::High`]: for arrays of two.
    pub const fn index(self) -> usize {
        match self {
            Self::Low => 0,
            Self::High => 1,
        }
    }
}

/// The unordered pair {(address, port), (address, port)} of a TCP connection.
///
/// Both directions of a connection have the same key; [`Side`] tells them apart. When both
/// endpoints are equal (a packet sent to itself) every segment comes from [`Side::Low`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key(pub(super) Pair);

impl Key {
    /// The key of a segment and the side that sent it.
    #[inline(always)]
    pub fn of(segment: &Segment<'_>) -> (Self, Side) {
        let ports = [segment.source_port, segment.destination_port];
        Self::new(&segment.source, &segment.destination, ports)
    }

    /// The key of two endpoints and the side that `source` is.
    #[inline(always)]
    pub fn between(source: (IpAddr, u16), destination: (IpAddr, u16)) -> (Self, Side) {
        Self::new(&source.0, &destination.0, [source.1, destination.1])
    }

    /// By reference: copying addresses just written in pieces costs more than all the rest.
    #[inline]
    fn new(source: &IpAddr, destination: &IpAddr, ports: [u16; 2]) -> (Self, Side) {
        match (source, destination) {
            (IpAddr::V4(source), IpAddr::V4(destination)) => {
                let (pair, side) = PairV4::new([source.to_bits(), destination.to_bits()], ports);
                (Self(Pair::V4(pair)), side)
            }
            // No IP packet mixes families; mapping keeps the function total.
            (source, destination) => {
                let (pair, side) = PairV6::new([octets(source), octets(destination)], ports);
                (Self(Pair::V6(pair)), side)
            }
        }
    }

    /// Address and port of one end.
    pub fn endpoint(&self, side: Side) -> SocketAddr {
        let at = side.index();
        match &self.0 {
            Pair::V4(pair) => pair.endpoint(side),
            Pair::V6(pair) => {
                SocketAddr::from((Ipv6Addr::from(pair.addresses[at]), pair.ports[at]))
            }
        }
    }
}

/// A key by address family: the table keeps one map for each, so that IPv4 costs 16 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Pair {
    V4(PairV4),
    V6(PairV6),
}

/// Two IPv4 endpoints, low end first; each is the address in bits 16 to 47 and the port below, so
/// that ordering, comparing and hashing take one step for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct PairV4([u64; 2]);

impl PairV4 {
    #[inline(always)]
    fn new(addresses: [u32; 2], ports: [u16; 2]) -> (Self, Side) {
        let end = |at: usize| u64::from(addresses[at]) << 16 | u64::from(ports[at]);
        let (source, destination) = (end(0), end(1));
        // Directions alternate at random: no branch to mispredict.
        let pair = Self([source.min(destination), source.max(destination)]);
        let side = [Side::Low, Side::High][usize::from(source > destination)];
        (pair, side)
    }

    #[expect(clippy::cast_possible_truncation, reason = "the parts are cut out")]
    fn endpoint(self, side: Side) -> SocketAddr {
        let end = self.0[side.index()];
        SocketAddr::from((Ipv4Addr::from_bits((end >> 16) as u32), end as u16))
    }
}

/// Two IPv6 endpoints, low end first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PairV6 {
    addresses: [[u8; 16]; 2],
    ports: [u16; 2],
}

impl PairV6 {
    fn new(addresses: [[u8; 16]; 2], ports: [u16; 2]) -> (Self, Side) {
        let order = u128::from_be_bytes(addresses[0])
            .cmp(&u128::from_be_bytes(addresses[1]))
            .then(ports[0].cmp(&ports[1]));
        if order == Ordering::Greater {
            let swapped = Self {
                addresses: [addresses[1], addresses[0]],
                ports: [ports[1], ports[0]],
            };
            (swapped, Side::High)
        } else {
            (Self { addresses, ports }, Side::Low)
        }
    }
}

/// Three writes instead of the six of the derived implementation: this runs for every packet.
impl Hash for PairV6 {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u128(u128::from_ne_bytes(self.addresses[0]));
        state.write_u128(u128::from_ne_bytes(self.addresses[1]));
        state.write_u32(u32::from(self.ports[0]) << 16 | u32::from(self.ports[1]));
    }
}

fn octets(address: &IpAddr) -> [u8; 16] {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().octets(),
        IpAddr::V6(address) => address.octets(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ends(a: &str, b: &str) -> ((IpAddr, u16), (IpAddr, u16)) {
        let a: SocketAddr = a.parse().expect("an address");
        let b: SocketAddr = b.parse().expect("an address");
        ((a.ip(), a.port()), (b.ip(), b.port()))
    }

    #[test]
    fn both_directions_share_a_key_and_differ_in_side() {
        for (a, b) in [
            ("192.0.2.7:49152", "192.0.2.25:587"),
            ("192.0.2.7:25", "192.0.2.7:49152"),
            ("[2001:db8::7]:49152", "[2001:db8::25]:587"),
            ("[2001:db8::7]:25", "[2001:db8::7]:26"),
        ] {
            let (low, high) = ends(a, b);
            let (there, sent) = Key::between(low, high);
            let (back, answered) = Key::between(high, low);
            assert_eq!(there, back);
            assert_eq!((sent, answered), (Side::Low, Side::High));
            assert_eq!(there.endpoint(Side::Low).to_string(), a);
            assert_eq!(there.endpoint(Side::High).to_string(), b);
        }
    }

    #[test]
    fn a_packet_to_itself_has_one_side() {
        let (a, b) = ends("192.0.2.7:25", "192.0.2.7:25");
        assert_eq!(Key::between(a, b).1, Side::Low);
        let (a, b) = ends("[::1]:25", "[::1]:25");
        assert_eq!(Key::between(a, b).1, Side::Low);
    }

    #[test]
    fn a_mapped_address_is_not_the_ipv4_address() {
        let (a, b) = ends("192.0.2.7:25", "192.0.2.8:25");
        let (c, d) = ends("[::ffff:192.0.2.7]:25", "[::ffff:192.0.2.8]:25");
        assert_ne!(Key::between(a, b), Key::between(c, d));
    }
}
