//! IP headers.

use super::build::{
    ETHERNET, RAW, ethernet, ipv4, ipv4_part, ipv6, ipv6_part, join, packet, packet6, tcp, whole,
};
use super::*;

#[test]
fn ipv4_options_are_skipped() {
    let mut packet = packet();
    packet[0] = 0x46;
    packet[3] += 4;
    packet.splice(20..20, [1, 1, 1, 0]);
    segment(RAW, &packet);
}

#[test]
fn a_zero_total_length_is_segmentation_offload() {
    let mut frame = whole();
    frame[16..18].copy_from_slice(&[0, 0]);
    segment(ETHERNET, &frame);
    let mut frame = ethernet(0x86dd, &packet6());
    frame[18..20].copy_from_slice(&[0, 0]);
    segment(ETHERNET, &frame);
}

#[test]
fn a_total_length_beyond_the_frame_ends_with_it() {
    let mut frame = whole();
    frame[17] += 6;
    segment(ETHERNET, &frame);
}

#[test]
fn contradicting_headers_are_malformed() {
    let broken = |at: usize, value: u8| {
        let mut packet = packet();
        packet[at] = value;
        nothing(RAW, &packet)
    };
    // Header length below 20; total length below the header's; TCP header below 20 or too long.
    assert_eq!(broken(0, 0x44), Nothing::Malformed);
    assert_eq!(broken(3, 19), Nothing::Malformed);
    assert_eq!(broken(32, 0x40), Nothing::Malformed);
    assert_eq!(broken(32, 0xf0), Nothing::Malformed);
    assert_eq!(nothing(RAW, &ipv4(6, &tcp()[..19])), Nothing::Malformed);
    assert_eq!(
        nothing(RAW, &ipv6(51, &[6, 0, 0, 0, 0, 0, 0, 0])),
        Nothing::Malformed
    );
}

#[test]
fn authentication_headers_hide_nothing() {
    let authenticated = join(&[&[6, 4, 0, 0], &[0x5a; 20], &tcp()]);
    segment(RAW, &ipv4(51, &authenticated));
    segment(RAW, &ipv6(51, &authenticated));
}

#[test]
fn ipv6_extension_headers_in_any_order() {
    let options = |next: u8| [next, 0, 1, 4, 0, 0, 0, 0];
    let routing = |next: u8| {
        let mut header = [0; 24];
        (header[0], header[1]) = (next, 2);
        header
    };
    let chain = join(&[&options(43), &routing(60), &options(6), &tcp()]);
    segment(RAW, &ipv6(0, &chain));
    let unusual = join(&[&options(0), &options(6), &tcp()]);
    segment(RAW, &ipv6(60, &unusual));
}

#[test]
fn an_atomic_fragment_is_a_whole_packet() {
    let seen = segment(RAW, &ipv6_part(9, 0, false, 6, &tcp()));
    assert_eq!(seen.tunnel_depth, 0);
}

#[test]
fn what_is_not_tcp_is_said() {
    assert_eq!(nothing(RAW, &ipv4(17, &[0; 8])), Nothing::NotTcp);
    assert_eq!(nothing(RAW, &ipv6(59, &[])), Nothing::NotTcp);
    assert_eq!(nothing(RAW, &ipv4(50, &tcp())), Nothing::NotTcp);
    assert_eq!(nothing(RAW, &[]), Nothing::Malformed);
}

#[test]
fn a_lone_fragment_is_nothing() {
    let first = ipv4_part(1, 0, true, 6, &tcp());
    assert_eq!(nothing(RAW, &first), Nothing::Fragment);
    let later = ipv6_part(1, 8, false, 6, &tcp());
    assert_eq!(nothing(RAW, &later), Nothing::Fragment);
}
