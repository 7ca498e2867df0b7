//! ICMP errors.

use super::build::{RAW, SEQ, ipv4, ipv4_part, ipv6, join, packet, packet6, tcp};
use super::*;

/// The error in `bytes`: type, code, MTU, whether the header is whole, payload length.
fn error(bytes: &[u8]) -> Option<(u8, u8, u32, bool, u32)> {
    let mut decoder = Decoder::new(&Limits::default());
    for len in 0..bytes.len() {
        match decoder.decode(&frame(RAW, &bytes[..len], bytes.len())) {
            Decoded::Tcp(segment) => panic!("{segment:?}"),
            Decoded::Broken(broken) => panic!("{broken:?}"),
            Decoded::Icmp(error) => assert_eq!(error.quoted.seq, SEQ),
            Decoded::Nothing(_) => {}
        }
    }
    let Decoded::Icmp(error) = decoder.decode(&frame(RAW, bytes, bytes.len())) else {
        return None;
    };
    let quoted = error.quoted;
    assert_eq!((quoted.source_port, quoted.destination_port), (49_152, 25));
    assert_eq!(quoted.seq, SEQ);
    Some((
        error.icmp_type,
        error.icmp_code,
        error.mtu,
        error.full_header,
        quoted.payload_len,
    ))
}

fn v4(header: &[u8; 8], quote: &[u8]) -> Vec<u8> {
    ipv4(1, &join(&[header, quote]))
}

fn v6(header: &[u8; 8], quote: &[u8]) -> Vec<u8> {
    ipv6(58, &join(&[header, quote]))
}

#[test]
fn an_old_router_quotes_eight_bytes() {
    let bytes = v4(&[11, 0, 0, 0, 0, 0, 0, 0], &packet()[..28]);
    assert_eq!(error(&bytes), Some((11, 0, 0, false, 0)));
    let bytes = v4(&[11, 0, 0, 0, 0, 0, 0, 0], &packet()[..27]);
    assert_eq!(error(&bytes), None);
}

#[test]
fn a_whole_header_gives_the_length_of_the_segment() {
    let bytes = v4(&[3, 1, 0, 0, 0, 0, 0, 0], &packet()[..40]);
    assert_eq!(error(&bytes), Some((3, 1, 0, true, 21)));
    let bytes = v6(&[1, 4, 0, 0, 0, 0, 0, 0], &packet6());
    assert_eq!(error(&bytes), Some((1, 4, 0, true, 21)));
}

#[test]
fn too_big_names_the_mtu() {
    let bytes = v4(&[3, 4, 0, 0, 0, 0, 0x05, 0x78], &packet());
    assert_eq!(error(&bytes), Some((3, 4, 1400, true, 21)));
    let bytes = v6(&[2, 0, 0, 0, 0, 0, 0x05, 0x00], &packet6());
    assert_eq!(error(&bytes), Some((2, 0, 1280, true, 21)));
}

#[test]
fn extensions_are_no_part_of_the_quote() {
    // Seven words of quote, then what would otherwise be read as more of it.
    let bytes = v4(&[11, 0, 0, 0, 0, 7, 0, 0], &packet());
    assert_eq!(error(&bytes), Some((11, 0, 0, false, 0)));
}

#[test]
fn other_messages_are_not_errors() {
    assert_eq!(error(&v4(&[8, 0, 0, 0, 0, 0, 0, 0], &packet())), None);
    assert_eq!(error(&v6(&[129, 0, 0, 0, 0, 0, 0, 0], &packet6())), None);
    let about_udp = v4(&[3, 3, 0, 0, 0, 0, 0, 0], &ipv4(17, &[0; 20]));
    assert_eq!(error(&about_udp), None);
    let later = ipv4_part(1, 64, false, 6, &tcp());
    assert_eq!(error(&v4(&[3, 4, 0, 0, 0, 0, 0, 0], &later)), None);
    let first = ipv4_part(1, 0, true, 6, &tcp());
    assert!(error(&v4(&[3, 4, 0, 0, 0, 0, 0, 0], &first)).is_some());
}
