//! Link layers.

use super::build::{ETHERNET, MACS, ethernet, join, packet, packet6, whole};
use super::{Nothing, Seen, nothing, segment};

#[test]
fn ethernet_with_both_ip_versions() {
    let seen = segment(ETHERNET, &whole());
    assert_eq!(seen.macs, Some(MACS));
    assert_eq!((seen.vlan, seen.tunnel_depth), (0, 0));
    assert_eq!((seen.ttl, seen.ip_id), (63, Some(0xbeef)));
    let seen = segment(ETHERNET, &ethernet(0x86dd, &packet6()));
    assert_eq!((seen.ttl, seen.ip_id, seen.flow_label), (63, None, 0xabcde));
}

#[test]
fn ethernet_padding_is_no_payload() {
    let mut frame = whole();
    frame.extend([0; 6]);
    segment(ETHERNET, &frame);
}

#[test]
fn vlan_stacks_give_their_identifiers_outermost_first() {
    for outer in [0x8100, 0x88a8, 0x9100, 0x9200] {
        let tags = join(&[&[0x2e, 0x78, 0x81, 0x00, 0x09, 0xaa, 0x08, 0x00], &packet()]);
        assert_eq!(segment(ETHERNET, &ethernet(outer, &tags)).vlan, 0xe789aa);
    }
}

#[test]
fn other_tags_are_skipped() {
    let tagged = |tag: &[u8]| join(&[tag, &[0x08, 0x00], &packet()]);
    segment(ETHERNET, &ethernet(0x8926, &tagged(&[0x80, 1, 0, 2])));
    segment(ETHERNET, &ethernet(0x8909, &tagged(&[1, 1, 0, 1, 0, 9])));
    let backbone = join(&[&[0, 0, 0, 9], &whole()]);
    segment(ETHERNET, &ethernet(0x88e7, &backbone));
}

#[test]
fn mpls_before_ip_and_before_ethernet() {
    let labels = [0, 0x01, 0x00, 0xff, 0, 0x02, 0x01, 0xff];
    for ether_type in [0x8847, 0x8848] {
        segment(
            ETHERNET,
            &ethernet(ether_type, &join(&[&labels, &packet6()])),
        );
    }
    let with_control_word = join(&[&labels, &[0, 0, 0, 1], &whole()]);
    segment(ETHERNET, &ethernet(0x8847, &with_control_word));
    let without = join(&[&labels, &whole()]);
    segment(ETHERNET, &ethernet(0x8847, &without));
    let channel = join(&[&labels, &[0x10, 0, 0, 0x21], &whole()]);
    assert_eq!(
        nothing(ETHERNET, &ethernet(0x8847, &channel)),
        Nothing::NotIp
    );
}

#[test]
fn pppoe_ends_where_its_length_says() {
    let packet = packet();
    let len = u16::try_from(packet.len() + 2).unwrap().to_be_bytes();
    let session = join(&[&[0x11, 0, 0, 7], &len, &[0x00, 0x21], &packet, &[0; 4]]);
    segment(ETHERNET, &ethernet(0x8864, &session));
    segment(51, &session);
    let discovery = join(&[&[0x11, 9, 0, 0], &len, &[0x00, 0x21], &packet]);
    assert_eq!(
        nothing(ETHERNET, &ethernet(0x8864, &discovery)),
        Nothing::NotIp
    );
}

#[test]
fn llc_and_snap() {
    let snap = |organisation: u8| join(&[&[0xaa, 0xaa, 3, 0, 0, organisation, 8, 0], &packet()]);
    for frame in [snap(0), snap(0xf8), join(&[&[6, 6, 3], &packet()])] {
        let len = u16::try_from(frame.len()).unwrap();
        segment(ETHERNET, &ethernet(len, &join(&[&frame, &[0; 5]])));
        segment(ETHERNET, &ethernet(0x8870, &frame));
    }
    assert_eq!(
        nothing(ETHERNET, &ethernet(38, &[0x42; 38])),
        Nothing::NotIp
    );
}

#[test]
fn bsd_loopback_in_both_byte_orders() {
    for family in [2u32, 10, 23, 24, 28, 30] {
        for header in [family.to_le_bytes(), family.to_be_bytes()] {
            let seen = segment(0, &join(&[&header, &packet6()]));
            assert_eq!(seen.macs, None);
            segment(108, &join(&[&header, &packet()]));
        }
    }
    assert_eq!(
        nothing(0, &join(&[&[7, 0, 0, 0], &packet()])),
        Nothing::NotIp
    );
}

#[test]
fn raw_ip_under_all_its_numbers() {
    for link_type in [12, 14, 101, 228, 229] {
        segment(link_type, &packet());
        segment(link_type, &packet6());
        assert_eq!(nothing(link_type, &[0x70; 60]), Nothing::Malformed);
    }
}

#[test]
fn ppp_with_and_without_its_optional_bytes() {
    for protocol in [&[0x00, 0x21][..], &[0x21]] {
        let bare = join(&[protocol, &packet()]);
        let framed = join(&[&[0xff, 3], &bare]);
        for link_type in [9, 50] {
            segment(link_type, &bare);
            segment(link_type, &framed);
        }
        segment(166, &join(&[&[1], &framed]));
        segment(204, &join(&[&[0], &framed]));
    }
    segment(9, &join(&[&[0x00, 0x57], &packet6()]));
    segment(9, &join(&[&[0x02, 0x81, 0, 0, 1, 0xff], &packet()]));
    assert_eq!(nothing(9, &[0xc0, 0x21, 1, 1]), Nothing::NotIp);
}

#[test]
fn cisco_hdlc() {
    let frame = join(&[&[0x0f, 0, 8, 0], &packet()]);
    segment(104, &frame);
    segment(50, &frame);
}

#[test]
fn linux_cooked_capture() {
    let header = [0, 4, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 0x08, 0x00];
    let seen = segment(113, &join(&[&header, &packet()]));
    assert_eq!(seen.macs, Some([0, 0, 0, 0, 0, 4, 2, 0, 0, 0, 0, 1]));
    // A loopback device of an `any` capture: type 772, no address worth the name.
    let header = [0, 0, 3, 4, 0, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0x86, 0xdd];
    segment(113, &join(&[&header, &packet6()]));
    let tagged = join(&[&header[..14], &[0x81, 0, 0, 5, 8, 0], &packet()]);
    assert_eq!(segment(113, &tagged).vlan, 5);
    let netlink = [0, 4, 3, 0x38, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x08, 0x00];
    assert_eq!(nothing(113, &join(&[&netlink, &packet()])), Nothing::NotIp);
    let control = [0, 0, 3, 4, 0, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
    assert_eq!(nothing(113, &join(&[&control, &packet()])), Nothing::NotIp);
}

#[test]
fn linux_cooked_capture_2() {
    let header = [
        0x08, 0x00, 0, 0, 0, 0, 0, 9, 0, 1, 4, 6, 2, 0, 0, 0, 0, 1, 0, 0,
    ];
    let seen = segment(276, &join(&[&header, &packet()]));
    assert_eq!(seen.macs, Some([0, 0, 0, 9, 0, 4, 2, 0, 0, 0, 0, 1]));
}

#[test]
fn netfilter_log_in_both_byte_orders() {
    let packet = packet();
    let len = u16::try_from(packet.len() + 4).unwrap();
    // A prefix of five bytes, padded to eight, stands before the packet.
    let little = join(&[
        &[2, 0, 0, 1, 9, 0, 10, 0],
        b"mail\0\0\0\0",
        &len.to_le_bytes(),
        &[9, 0],
        &packet,
    ]);
    let big = join(&[
        &[2, 0, 0, 1, 0, 9, 0, 10],
        b"mail\0\0\0\0",
        &len.to_be_bytes(),
        &[0, 9],
        &packet,
    ]);
    assert_eq!(segment(239, &little), segment(239, &big));
    assert_eq!(nothing(239, &[2, 0, 0, 1, 3, 0, 9, 0]), Nothing::Malformed);
}

#[test]
fn wireless_data_frames() {
    let snap = join(&[&[0xaa, 0xaa, 3, 0, 0, 0, 8, 0], &packet()]);
    let mac = |control: u8, flags: u8, extra: &[u8]| {
        let addresses = [1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3];
        join(&[&[control, flags, 0, 0], &addresses, &[0, 0], extra, &snap])
    };
    let macs = |seen: Seen| seen.macs.map(|macs| (macs[0], macs[6]));
    assert_eq!(macs(segment(105, &mac(0x08, 0, &[]))), Some((1, 2)));
    assert_eq!(macs(segment(105, &mac(0x08, 1, &[]))), Some((3, 2)));
    assert_eq!(macs(segment(105, &mac(0x88, 2, &[0, 0]))), Some((1, 3)));
    let bridged = mac(0x88, 3, &[4, 4, 4, 4, 4, 4, 0, 0]);
    assert_eq!(macs(segment(105, &bridged)), Some((3, 4)));
    segment(105, &mac(0x88, 0x80, &[0; 6]));
    let radiotap = join(&[&[0, 0, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0], &bridged]);
    segment(127, &radiotap);
    let information = join(&[&[0, 0, 8, 0, 105, 0, 0, 0], &bridged]);
    segment(192, &information);
    assert_eq!(nothing(105, &mac(0x08, 0x40, &[])), Nothing::NotIp);
    assert_eq!(nothing(105, &mac(0x80, 0, &[])), Nothing::NotIp);
}

#[test]
fn ethernet_with_its_preamble() {
    segment(
        274,
        &join(&[&[0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0xd5], &whole()]),
    );
}

#[test]
fn what_is_not_ip_is_said() {
    assert_eq!(
        nothing(ETHERNET, &ethernet(0x0806, &[0; 28])),
        Nothing::NotIp
    );
    assert_eq!(nothing(ETHERNET, &[0; 5]), Nothing::Malformed);
    assert_eq!(nothing(189, &whole()), Nothing::UnknownLinkType);
    let nested = [0, 0, 8, 0, 192, 0, 0, 0];
    assert_eq!(nothing(192, &nested), Nothing::UnknownLinkType);
}
