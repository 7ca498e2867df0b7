//! Tunnels.

use super::build::{ETHERNET, MACS, RAW, ethernet, ipv4, ipv6, join, packet, packet6, udp, whole};
use super::*;

#[test]
fn ip_in_ip_uses_the_inner_header() {
    for (outer, inner) in [(4, packet()), (41, packet6())] {
        let mut carrier = ipv4(outer, &inner);
        // Another TTL and another identification outside.
        carrier[8] = 9;
        carrier[4] = 0;
        let seen = segment(RAW, &carrier);
        assert_eq!(seen.tunnel_depth, 1);
        assert_eq!(seen.ttl, 63);
        assert_eq!(
            seen,
            Seen {
                tunnel_depth: 1,
                ..segment(RAW, &inner)
            }
        );
        segment(RAW, &ipv6(outer, &inner));
    }
}

#[test]
fn gre_with_its_optional_fields() {
    for (flags, fields) in [(0x00, 0), (0x80, 4), (0x20, 4), (0x10, 4), (0xb0, 12)] {
        let header = join(&[&[flags, 0, 0x08, 0], &[0; 12][..fields]]);
        segment(RAW, &ipv4(47, &join(&[&header, &packet()])));
        let header = join(&[&[flags, 0, 0x86, 0xdd], &[0; 12][..fields]]);
        segment(RAW, &ipv6(47, &join(&[&header, &packet6()])));
    }
    let routed = join(&[&[0x40, 0, 8, 0, 0, 0, 0, 0], &packet()]);
    assert_eq!(nothing(RAW, &ipv4(47, &routed)), Nothing::NotTcp);
}

#[test]
fn gre_with_ethernet_shows_the_inner_frame() {
    let tagged = ethernet(0x8100, &join(&[&[0, 5, 8, 0], &packet()]));
    let gre = join(&[&[0, 0, 0x65, 0x58], &tagged]);
    let outer = ethernet(0x8100, &join(&[&[0, 9, 8, 0], &ipv4(47, &gre)]));
    let seen = segment(ETHERNET, &outer);
    assert_eq!((seen.vlan, seen.macs), (5, Some(MACS)));
}

#[test]
fn gre_with_mpls_and_wccp() {
    let mpls = join(&[&[0, 0, 0x88, 0x47, 0, 0, 0x11, 0xff], &packet()]);
    segment(RAW, &ipv4(47, &mpls));
    segment(RAW, &ipv4(47, &join(&[&[0, 0, 0x88, 0x3e], &packet()])));
    let redirect = join(&[&[0, 0, 0x88, 0x3e, 0, 1, 0, 0], &packet()]);
    segment(RAW, &ipv4(47, &redirect));
}

#[test]
fn erspan_in_its_three_versions() {
    let first = join(&[&[0, 0, 0x88, 0xbe], &whole()]);
    segment(RAW, &ipv4(47, &first));
    let second = join(&[
        &[0x10, 0, 0x88, 0xbe, 0, 0, 0, 1],
        &[0x10, 0, 0, 0, 0, 0, 0, 0],
        &whole(),
    ]);
    segment(RAW, &ipv4(47, &second));
    for (last, platform) in [(0, 0), (1, 8)] {
        let header = [0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last];
        let third = join(&[
            &[0x10, 0, 0x22, 0xeb, 0, 0, 0, 1],
            &header,
            &[0; 8][..platform],
            &whole(),
        ]);
        segment(RAW, &ipv4(47, &third));
    }
}

#[test]
fn pptp_carries_ppp() {
    let header = [0x30, 0x81, 0x88, 0x0b, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1];
    let frame = join(&[&header, &[0xff, 3, 0, 0x21], &packet()]);
    segment(RAW, &ipv4(47, &frame));
    let acknowledgment = [0x20, 0x81, 0x88, 0x0b, 0, 0, 0, 0, 0, 0, 0, 1];
    assert_eq!(nothing(RAW, &ipv4(47, &acknowledgment)), Nothing::NotTcp);
}

#[test]
fn vxlan_on_both_ports() {
    for port in [4789, 8472] {
        let header = [0x08, 0, 0, 0, 0, 0, 0x2a, 0];
        let seen = segment(RAW, &ipv4(17, &udp(port, &join(&[&header, &whole()]))));
        assert_eq!((seen.tunnel_depth, seen.macs), (1, Some(MACS)));
    }
    let other = join(&[&[0; 8], &whole()]);
    assert_eq!(nothing(RAW, &ipv4(17, &udp(4789, &other))), Nothing::NotTcp);
}

#[test]
fn geneve_with_options() {
    let ethernet = join(&[&[0x02, 0, 0x65, 0x58, 0, 0, 1, 0], &[0; 8], &whole()]);
    segment(RAW, &ipv4(17, &udp(6081, &ethernet)));
    let ip = join(&[&[0, 0, 0x86, 0xdd, 0, 0, 1, 0], &packet6()]);
    segment(RAW, &ipv6(17, &udp(6081, &ip)));
    let next_version = join(&[&[0x40, 0, 0x08, 0, 0, 0, 1, 0], &packet()]);
    assert_eq!(
        nothing(RAW, &ipv4(17, &udp(6081, &next_version))),
        Nothing::NotTcp
    );
}

#[test]
fn gtp_with_extensions() {
    let tunnel = |header: &[u8]| ipv4(17, &udp(2152, &join(&[header, &packet()])));
    segment(RAW, &tunnel(&[0x30, 0xff, 0, 0, 0, 0, 0, 1]));
    segment(RAW, &tunnel(&[0x32, 0xff, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0]));
    let extended = [
        0x34, 0xff, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0x85, 1, 0, 0, 0xc0, 1, 0, 0, 0,
    ];
    segment(RAW, &tunnel(&extended));
    let endless = [0x34, 0xff, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0x85, 0, 0, 0, 0x85];
    assert_eq!(nothing(RAW, &tunnel(&endless)), Nothing::Malformed);
    let echo = [0x32, 0x01, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0];
    assert_eq!(nothing(RAW, &tunnel(&echo)), Nothing::NotTcp);
}

#[test]
fn teredo_with_its_indications() {
    let tunnel = |header: &[u8]| ipv4(17, &udp(3544, &join(&[header, &packet6()])));
    segment(RAW, &tunnel(&[]));
    segment(RAW, &tunnel(&[0, 0, 1, 2, 3, 4, 5, 6]));
    segment(
        RAW,
        &tunnel(&[
            0, 1, 1, 1, 7, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6,
        ]),
    );
}

#[test]
fn ethernet_in_ip_and_mpls_in_ip() {
    segment(RAW, &ipv4(97, &join(&[&[0x30, 0], &whole()])));
    segment(RAW, &ipv4(137, &join(&[&[0, 0, 0x11, 0xff], &packet()])));
}

#[test]
fn tunnels_in_tunnels_have_an_end() {
    let mut bytes = packet();
    for depth in 1..=limits::TUNNEL_DEPTH {
        bytes = ipv4(4, &bytes);
        assert_eq!(segment(RAW, &bytes).tunnel_depth, depth);
    }
    assert_eq!(nothing(RAW, &ipv4(4, &bytes)), Nothing::NotTcp);
}
