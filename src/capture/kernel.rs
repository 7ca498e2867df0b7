//! The filter the kernel applies before a packet is copied: whatever may belong to mail.
//!
//! Mail is one packet in thousands on a busy link, and only the kernel can drop the others for
//! nothing. It lets through too much rather than too little: fragments, which have no ports, ICMP
//! errors, and tunnels, in which the decoder looks for itself.

/// An expression for an interface, and a simpler one for link types on which libpcap knows no VLAN
/// tags.
#[derive(Debug, PartialEq, Eq)]
pub struct Expressions {
    /// With tags.
    pub tagged: String,
    /// Without.
    pub plain: String,
}

/// What may belong to a connection of these ports, and passes the filter given by the user.
pub fn expressions(ports: &[u16], user: Option<&str>) -> Expressions {
    let ports: Vec<String> = ports
        .iter()
        .map(|port| format!("tcp port {port}"))
        .collect();
    let mail = format!("{} or {OTHERS}", ports.join(" or "));
    let Some(user) = user else {
        return Expressions {
            tagged: at_every_depth(&mail),
            // All tagged frames: the engine asks for the ports again.
            plain: format!("{mail} or ether proto 0x8100 or ether proto 0x88a8"),
        };
    };
    let plain = format!("({user}) and ({mail})");
    Expressions {
        // The user's own `vlan` already moves what follows it behind the tag.
        tagged: match user.split(|c: char| !c.is_alphanumeric()).any(shifts) {
            true => plain.clone(),
            false => at_every_depth(&plain),
        },
        plain,
    }
}

/// Without a tag, with one, and with two: `vlan` moves the rest of the expression behind a tag, so
/// it comes last and each one adds a tag.
fn at_every_depth(filter: &str) -> String {
    format!("({filter}) or (vlan and ({filter})) or (vlan and ({filter}))")
}

/// Words after which libpcap looks at other offsets.
fn shifts(word: &str) -> bool {
    matches!(word, "geneve" | "mpls" | "pppoes" | "vlan")
}

/// What has no ports of its own and may carry mail all the same: fragments of IPv4, the extension
/// headers of IPv6 (hop-by-hop, routing, fragment, authentication, destination), ICMP errors;
/// IP in IP, GRE, EtherIP and MPLS; GTP-U, Teredo, VXLAN, Geneve; MPLS, PPPoE, 802.1ah, VN-Tag and
/// Cisco MetaData.
const OTHERS: &str = "ip[6:2] & 0x3fff != 0 \
    or ip6 proto 0 or ip6 proto 43 or ip6 proto 44 or ip6 proto 60 or proto 51 \
    or icmp[0] = 3 or icmp[0] = 4 or icmp[0] = 5 or icmp[0] = 11 or icmp[0] = 12 \
    or (icmp6 and ip6[40] < 128) \
    or proto 4 or proto 41 or proto 47 or proto 97 or proto 137 \
    or udp port 2152 or udp port 3544 or udp port 4789 or udp port 6081 or udp port 8472 \
    or ether proto 0x8847 or ether proto 0x8848 or ether proto 0x8864 or ether proto 0x88e7 \
    or ether proto 0x8926 or ether proto 0x8909";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::filter::Filter;
    use crate::capture::{Frame, FrameId, LinkType};
    use crate::time::Timestamp;

    /// Ethernet with these tags around an IPv4 packet of this protocol to this port; an ICMP message
    /// is of type 3.
    fn frame(tags: usize, protocol: u8, fragment: u16, port: u16) -> Vec<u8> {
        let mut bytes = vec![0; 12];
        for _ in 0..tags {
            bytes.extend([0x81, 0x00, 0x00, 0x05]);
        }
        bytes.extend([0x08, 0x00, 0x45, 0, 0, 40, 0, 0]);
        bytes.extend(fragment.to_be_bytes());
        bytes.extend([64, protocol, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2]);
        bytes.extend([0x03, 0x00]);
        bytes.extend(port.to_be_bytes());
        bytes.resize(bytes.len() + 16, 0);
        bytes
    }

    fn passes(filter: &mut Filter, bytes: &[u8]) -> bool {
        let frame = Frame {
            id: FrameId::default(),
            time: Timestamp::default(),
            interface: 0,
            link_type: LinkType(1),
            bytes,
            wire_len: bytes.len() as u32,
        };
        filter.matches(&frame).expect("compiles")
    }

    #[test]
    fn mail_passes_at_every_depth() {
        let expressions = expressions(&[25, 587], None);
        let mut filter = Filter::new(&expressions.tagged).expect("valid");
        for tags in 0..=2 {
            assert!(passes(&mut filter, &frame(tags, 6, 0, 25)), "{tags}");
            assert!(passes(&mut filter, &frame(tags, 6, 0, 587)), "{tags}");
            assert!(!passes(&mut filter, &frame(tags, 6, 0, 443)), "{tags}");
            assert!(!passes(&mut filter, &frame(tags, 17, 0, 25)), "{tags}");
            // The second fragment, ICMP, GRE, VXLAN.
            assert!(passes(&mut filter, &frame(tags, 6, 185, 443)), "{tags}");
            assert!(passes(&mut filter, &frame(tags, 1, 0, 443)), "{tags}");
            assert!(passes(&mut filter, &frame(tags, 47, 0, 443)), "{tags}");
            assert!(passes(&mut filter, &frame(tags, 17, 0, 4789)), "{tags}");
        }
    }

    #[test]
    fn the_users_filter_narrows_it_at_every_depth() {
        let wide = expressions(&[25], Some("host 10.0.0.1 or host 192.0.2.1"));
        let narrow = expressions(&[25], Some("host 192.0.2.1"));
        let mut wide = Filter::new(&wide.tagged).expect("valid");
        let mut narrow = Filter::new(&narrow.tagged).expect("valid");
        for tags in 0..=2 {
            assert!(passes(&mut wide, &frame(tags, 6, 0, 25)), "{tags}");
            assert!(!passes(&mut wide, &frame(tags, 6, 0, 443)), "{tags}");
            assert!(!passes(&mut narrow, &frame(tags, 6, 0, 25)), "{tags}");
        }
    }

    #[test]
    fn the_users_own_vlan_is_left_alone() {
        let expressions = expressions(&[25], Some("vlan 5"));
        assert_eq!(expressions.tagged, expressions.plain);
        let mut filter = Filter::new(&expressions.tagged).expect("valid");
        assert!(passes(&mut filter, &frame(1, 6, 0, 25)));
        assert!(!passes(&mut filter, &frame(1, 6, 0, 443)));
        assert!(!passes(&mut filter, &frame(0, 6, 0, 25)));
    }

    #[test]
    fn link_types_of_interfaces_get_one_of_the_two() {
        let expressions = expressions(&[25], None);
        for number in [0, 1, 9, 101, 105, 108, 113, 127, 228, 229, 276] {
            let capture = pcap::Capture::dead(crate::capture::dlt::to_dlt(LinkType(number)))
                .expect("a dead handle");
            let tagged = capture.compile(&expressions.tagged, true);
            let plain = capture.compile(&expressions.plain, true);
            assert!(
                tagged.is_ok() || plain.is_ok(),
                "{number}: {:?}",
                plain.err()
            );
            if number == 1 {
                assert!(tagged.is_ok());
            }
        }
    }
}
