//! Bytes that nobody would send in good faith.

use proptest::prelude::*;

use super::build::{ETHERNET, RAW, ipv4, ipv6_part, packet, packet6, tcp, udp, whole};
use super::*;
use crate::decode::ip;

/// Every link type with a decoder of its own, and one without.
const LINK_TYPES: [u16; 24] = [
    0, 1, 9, 12, 14, 50, 51, 101, 104, 105, 108, 113, 127, 147, 166, 192, 204, 228, 229, 239, 274,
    276, 189, 65535,
];

/// EtherTypes and IP protocols that lead somewhere, to be planted among random bytes.
const ETHER_TYPES: [u16; 12] = [
    0x0800, 0x86dd, 0x8100, 0x88a8, 0x8847, 0x8864, 0x8909, 0x8926, 0x88e7, 0x6558, 0x0030, 0x8870,
];
const PROTOCOLS: [u8; 15] = [0, 1, 4, 6, 17, 41, 43, 44, 47, 51, 58, 60, 97, 137, 50];
const PORTS: [u16; 5] = [4789, 8472, 6081, 2152, 3544];

/// Whatever was decoded lies within the frame's lengths.
fn sound(decoded: &Decoded<'_>) {
    let segment = match decoded {
        Decoded::Tcp(segment) => segment,
        Decoded::Broken(broken) => &broken.header,
        Decoded::Icmp(error) => &error.quoted,
        Decoded::Nothing(_) => return,
    };
    assert!(segment.payload.len() <= segment.payload_len as usize || segment.payload.is_empty());
    assert!(segment.options.len() <= 40);
    assert!(segment.tunnel_depth <= limits::TUNNEL_DEPTH);
}

proptest! {
    #[test]
    fn random_bytes_do_no_harm(bytes in prop::collection::vec(any::<u8>(), 0..200), extra in 0usize..100) {
        let mut decoder = Decoder::new(&Limits::default());
        for link_type in LINK_TYPES {
            sound(&decoder.decode(&frame(link_type, &bytes, bytes.len() + extra)));
        }
    }

    #[test]
    fn random_layers_do_no_harm(
        layers in prop::collection::vec((0usize..4, any::<prop::sample::Index>(), any::<[u8; 8]>()), 0..12),
        extra in 0usize..100,
    ) {
        let mut bytes = tcp();
        for (kind, choice, noise) in layers {
            bytes = match kind {
                0 => super::build::ethernet(ETHER_TYPES[choice.index(ETHER_TYPES.len())], &bytes),
                1 => ipv4(PROTOCOLS[choice.index(PROTOCOLS.len())], &bytes),
                2 => udp(PORTS[choice.index(PORTS.len())], &bytes),
                _ => [&noise[..], &bytes].concat(),
            };
        }
        let mut decoder = Decoder::new(&Limits::default());
        for link_type in LINK_TYPES {
            sound(&decoder.decode(&frame(link_type, &bytes, bytes.len() + extra)));
        }
    }

    #[test]
    fn random_changes_do_no_harm(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        cut in any::<prop::sample::Index>(),
    ) {
        let vxlan = [&[8, 0, 0, 0, 0, 0, 1, 0], &whole()[..]].concat();
        for mut bytes in [packet(), ipv4(17, &udp(4789, &vxlan)), ipv6_part(1, 0, false, 6, &tcp())] {
            let wire = bytes.len();
            for (at, value) in &changes {
                bytes[at.index(wire)] = *value;
            }
            let mut decoder = Decoder::new(&Limits::default());
            sound(&decoder.decode(&frame(RAW, &bytes[..cut.index(wire)], wire)));
            sound(&decoder.decode(&frame(RAW, &bytes, wire)));
        }
    }

    /// The fast way and the general way are one.
    #[test]
    fn plain_packets_are_the_same_the_long_way(
        changes in prop::collection::vec((0usize..40, any::<u8>()), 0..4),
        cut in any::<prop::sample::Index>(),
    ) {
        for mut bytes in [packet(), packet6()] {
            let wire = bytes.len();
            for (at, value) in &changes {
                bytes[*at] = *value;
            }
            let view = View::new(&bytes[..cut.index(wire + 1)], wire);
            if let Some((header, payload)) = ip::plain_tcp(view) {
                let packet = ip::packet(view).unwrap();
                prop_assert_eq!((packet.protocol, packet.fragment), (ip::protocol::TCP, None));
                prop_assert_eq!(packet.payload.bytes, payload.bytes);
                prop_assert_eq!(packet.payload.wire, payload.wire);
                prop_assert_eq!(packet.header.source(), header.source());
                prop_assert_eq!(packet.header.id(), header.id());
            }
        }
    }

    /// The oracle of reassembly: every byte as the first fragment that brought it had it.
    #[test]
    fn any_fragments_give_a_datagram_of_first_bytes(
        pieces in prop::collection::vec((0u16..8, 1usize..8, any::<u8>()), 1..24),
    ) {
        let mut decoder = Decoder::new(&Limits::default());
        let mut model = [None::<u8>; 128];
        // The end comes first, so that the datagram is whole when the last of 14 units is there.
        let end = super::build::ipv4_part(1, 112, false, 6, &[0; 8]);
        decoder.decode(&frame(RAW, &end, end.len()));
        model[112..120].fill(Some(0));
        for (unit, units, value) in pieces {
            let (offset, len) = (unit * 8, units * 8);
            // A data offset of five and a zero rest: any bytes make a header.
            let bytes = vec![value & 0x0f | 0x50; len];
            let part = super::build::ipv4_part(1, offset, true, 6, &bytes);
            for byte in &mut model[usize::from(offset)..usize::from(offset) + len] {
                byte.get_or_insert(bytes[0]);
            }
            let decoded = decoder.decode(&frame(RAW, &part, part.len()));
            let whole: Option<Vec<u8>> = model[..120].iter().copied().collect();
            match decoded {
                Decoded::Tcp(segment) => {
                    let whole = whole.expect("whole too early");
                    let header_len = usize::from(whole[12] >> 4) * 4;
                    prop_assert_eq!(segment.payload, &whole[header_len..]);
                    break;
                }
                Decoded::Nothing(Nothing::Fragment) => prop_assert_eq!(whole, None),
                other => prop_assert!(false, "{:?}", other),
            }
        }
    }
}

#[test]
fn endless_nesting_costs_no_stack() {
    // As long as the largest block of a capture file: tags, labels and frames in each other.
    let units: [&[u8]; 3] = [
        &[0x81, 0x00, 0x00, 0x01],
        &[0xaa, 0xaa, 0x03, 0x00, 0x00, 0x00, 0x00, 0x40],
        &[0x65, 0x58, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    ];
    for unit in units {
        let mut bytes = vec![0; 12];
        while bytes.len() < 16 << 20 {
            bytes.extend_from_slice(unit);
        }
        let mut decoder = Decoder::new(&Limits::default());
        sound(&decoder.decode(&frame(ETHERNET, &bytes, bytes.len())));
    }
}
