//! Reassembly, friendly and hostile.

use super::build::{ETHERNET, PAYLOAD, RAW, ipv4, ipv4_part, ipv6_part, join, tcp, udp, whole};
use super::*;

fn small() -> Limits {
    Limits {
        fragmented_datagrams: 4,
        fragment_bytes: 64 << 10,
        ..Limits::default()
    }
}

/// Decodes `packets` in order at one a second; the payload of every segment that came out, with
/// the index of its frame.
fn decode(decoder: &mut Decoder, packets: &[Vec<u8>]) -> Vec<(usize, Vec<u8>)> {
    let mut segments = Vec::new();
    for (index, bytes) in packets.iter().enumerate() {
        let frame = Frame {
            time: Timestamp::from_parts(i64::try_from(index).unwrap(), 0),
            ..frame(RAW, bytes, bytes.len())
        };
        if let Decoded::Tcp(segment) = decoder.decode(&frame) {
            assert_eq!(segment.payload.len(), segment.payload_len as usize);
            segments.push((index, segment.payload.to_vec()));
        }
    }
    segments
}

/// `datagram` in parts of `size` bytes.
fn parts(id: u16, size: usize, datagram: &[u8]) -> Vec<Vec<u8>> {
    let count = datagram.len().div_ceil(size);
    datagram
        .chunks(size)
        .enumerate()
        .map(|(at, part)| {
            let offset = u16::try_from(at * size).unwrap();
            ipv4_part(id, offset, at + 1 < count, 6, part)
        })
        .collect()
}

#[test]
fn the_last_fragment_to_come_gives_the_segment() {
    for rotation in 0..7 {
        let mut packets = parts(1, 8, &tcp());
        packets.rotate_left(rotation);
        let mut decoder = Decoder::new(&Limits::default());
        let last = packets.len() - 1;
        assert_eq!(decode(&mut decoder, &packets), [(last, PAYLOAD.to_vec())]);
        let counts = decoder.fragment_counts();
        assert_eq!((counts.completed, counts.waiting), (1, 0));
        assert_eq!((counts.overlapping, counts.unusable), (0, 0));
    }
}

#[test]
fn ipv6_takes_the_protocol_of_the_first_fragment() {
    let options = join(&[&[6, 0, 1, 4, 0, 0, 0, 0], &tcp()]);
    let packets = [
        // A later fragment may name anything (RFC 8200 section 4.5).
        ipv6_part(7, 24, false, 17, &options[24..]),
        ipv6_part(7, 0, true, 60, &options[..24]),
    ];
    let mut decoder = Decoder::new(&Limits::default());
    assert_eq!(decode(&mut decoder, &packets), [(1, PAYLOAD.to_vec())]);
}

#[test]
fn fragments_of_two_vlans_belong_together_as_in_tshark() {
    let mut decoder = Decoder::new(&Limits::default());
    let tagged =
        |vlan: u8, part: &[u8]| super::build::ethernet(0x8100, &join(&[&[0, vlan, 8, 0], part]));
    let parts = parts(1, 40, &tcp());
    let (first, last) = (tagged(5, &parts[0]), tagged(6, &parts[1]));
    decoder.decode(&frame(ETHERNET, &first, first.len()));
    let Decoded::Tcp(segment) = decoder.decode(&frame(ETHERNET, &last, last.len())) else {
        panic!("not put together");
    };
    assert_eq!((segment.vlan, segment.payload), (6, PAYLOAD));
}

#[test]
fn datagrams_do_not_mix() {
    let mut packets = Vec::new();
    for (one, other) in parts(1, 16, &tcp()).into_iter().zip(parts(2, 16, &tcp())) {
        packets.extend([one, other]);
    }
    let mut decoder = Decoder::new(&Limits::default());
    assert_eq!(decode(&mut decoder, &packets).len(), 2);
}

#[test]
fn a_fragmented_tunnel_holds_a_fragmented_packet() {
    let vxlan = |inner: &[u8]| {
        let frame = super::build::ethernet(0x0800, inner);
        udp(4789, &join(&[&[8, 0, 0, 0, 0, 0, 1, 0], &frame]))
    };
    let mut packets = Vec::new();
    for (id, inner) in (10..).zip(parts(1, 32, &tcp())) {
        let outer = vxlan(&inner);
        packets.push(ipv4_part(id, 0, true, 17, &outer[..40]));
        packets.push(ipv4_part(id, 40, false, 17, &outer[40..]));
    }
    let mut decoder = Decoder::new(&Limits::default());
    let last = packets.len() - 1;
    assert_eq!(decode(&mut decoder, &packets), [(last, PAYLOAD.to_vec())]);
}

#[test]
fn a_fragment_inside_a_reassembled_packet_inside_another_has_an_end() {
    let mut bytes = ipv4(4, &whole());
    for id in 0..5 {
        bytes = ipv4_part(id, 0, false, 4, &bytes);
    }
    nothing(RAW, &bytes);
}

#[test]
fn overlaps_keep_the_bytes_that_came_first() {
    let datagram = tcp();
    let mut forged = datagram[..40].to_vec();
    forged[32..].fill(b'#');
    let packets = [
        ipv4_part(1, 24, true, 6, &datagram[24..40]),
        ipv4_part(1, 0, true, 6, &forged),
        ipv4_part(1, 40, false, 6, &datagram[40..]),
    ];
    let mut decoder = Decoder::new(&Limits::default());
    assert_eq!(decode(&mut decoder, &packets), [(2, PAYLOAD.to_vec())]);
    assert_eq!(decoder.fragment_counts().overlapping, 1);
}

#[test]
fn teardrop_is_refused() {
    let packets = [
        ipv4_part(1, 0, true, 6, &[0; 40]),
        // Ends inside the first one, and claims to be the last.
        ipv4_part(1, 24, false, 6, &[0; 4]),
        ipv4_part(1, 48, false, 6, &[0; 8]),
        // Beyond the end that was claimed.
        ipv4_part(1, 56, true, 6, &[0; 16]),
    ];
    let mut decoder = Decoder::new(&Limits::default());
    decode(&mut decoder, &packets);
    assert_eq!(decoder.fragment_counts().unusable, 2);
}

#[test]
fn nothing_is_longer_than_a_datagram_can_be() {
    let packets = [
        ipv4_part(1, 65_528, false, 6, &[0; 8]),
        ipv4_part(1, 65_520, false, 6, &[0; 1480]),
        ipv4_part(1, 65_528, false, 6, &[0; 7]),
    ];
    let mut decoder = Decoder::new(&Limits::default());
    decode(&mut decoder, &packets);
    let counts = decoder.fragment_counts();
    assert_eq!((counts.unusable, counts.waiting), (2, 1));
}

#[test]
fn a_fragment_without_bytes_is_refused() {
    let packets = [
        ipv4_part(1, 8, true, 6, &[]),
        ipv4_part(1, 8, true, 6, &[0; 7]),
    ];
    let mut decoder = Decoder::new(&Limits::default());
    decode(&mut decoder, &packets);
    let counts = decoder.fragment_counts();
    assert_eq!((counts.unusable, counts.waiting), (2, 0));
}

#[test]
fn a_cut_fragment_completes_nothing() {
    let mut decoder = Decoder::new(&Limits::default());
    let packets = parts(1, 40, &tcp());
    let cut = &packets[0][..50];
    decoder.decode(&frame(RAW, cut, packets[0].len()));
    assert!(decode(&mut decoder, &packets[1..]).is_empty());
    assert_eq!(decoder.fragment_counts().unusable, 1);
}

#[test]
fn the_oldest_goes_first() {
    let mut decoder = Decoder::new(&small());
    let mut packets: Vec<_> = (0..5).map(|id| parts(id, 40, &tcp()).remove(0)).collect();
    packets.extend((0..5).rev().map(|id| parts(id, 40, &tcp()).remove(1)));
    // Datagram 0 was given up for datagram 4.
    assert_eq!(decode(&mut decoder, &packets).len(), 4);
    let counts = decoder.fragment_counts();
    assert_eq!(
        (counts.evicted, counts.completed, counts.waiting),
        (1, 4, 1)
    );
}

#[test]
fn memory_stays_within_its_bound() {
    let mut decoder = Decoder::new(&small());
    let packets: Vec<_> = (0..100)
        .map(|id| ipv4_part(id, 40_000, true, 6, &[0; 8]))
        .collect();
    decode(&mut decoder, &packets);
    let counts = decoder.fragment_counts();
    assert_eq!((counts.waiting, counts.evicted), (1, 99));
}

#[test]
fn what_waits_too_long_is_given_up() {
    let mut decoder = Decoder::new(&Limits::default());
    let mut packets = vec![parts(1, 40, &tcp()).remove(0)];
    packets.resize(30, ipv4(17, &[0; 8]));
    packets.extend(parts(2, 40, &tcp()));
    assert_eq!(decode(&mut decoder, &packets).len(), 1);
    let counts = decoder.fragment_counts();
    assert_eq!((counts.expired, counts.waiting), (1, 0));
}

#[test]
fn order_does_not_grow_behind_one_that_waits() {
    let mut decoder = Decoder::new(&Limits::default());
    let waiting = ipv4_part(9, 0, true, 17, &[0; 8]);
    decoder.decode(&frame(RAW, &waiting, waiting.len()));
    for id in 0..10_000 {
        for part in parts(id, 40, &tcp()) {
            decoder.decode(&frame(RAW, &part, part.len()));
        }
    }
    assert!(decoder.fragments.queue_len() < 200);
    assert_eq!(decoder.fragment_counts().completed, 10_000);
}
