//! Community ID version 1: the same name for a connection in every tool that speaks of it.
//!
//! Specification: <https://github.com/corelight/community-id-spec>.

use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest, Sha1};

/// IANA protocol number of TCP.
const TCP: u8 = 6;

/// Community ID of a TCP connection, with the default seed 0; the same in both directions.
pub fn community_id(a: (IpAddr, u16), b: (IpAddr, u16)) -> String {
    // The smaller address comes first, as bytes in network order; then the smaller port.
    let swap = (octets(a.0), a.1) > (octets(b.0), b.1);
    let (first, second) = if swap { (b, a) } else { (a, b) };
    let digest = Sha1::new()
        .chain_update([0x00, 0x00])
        .chain_update(octets(first.0))
        .chain_update(octets(second.0))
        .chain_update([TCP, 0x00])
        .chain_update(first.1.to_be_bytes())
        .chain_update(second.1.to_be_bytes())
        .finalize();
    format!("1:{}", STANDARD.encode(digest))
}

fn octets(address: IpAddr) -> Vec<u8> {
    match address {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use super::*;

    /// Community ID between two ends written `address:port`, tried in both directions.
    fn id(a: &str, b: &str) -> String {
        let end = |text: &str| {
            let end: SocketAddr = text.parse().expect(text);
            (end.ip(), end.port())
        };
        let found = community_id(end(a), end(b));
        assert_eq!(community_id(end(b), end(a)), found);
        found
    }

    /// From the baseline of the specification.
    #[test]
    fn baseline() {
        assert_eq!(
            id("128.232.110.120:34855", "66.35.250.204:80"),
            "1:LQU9qZlK+B5F3KDmev6m5PMibrg="
        );
    }

    /// As `tshark -e communityid` (4.0.17) prints them, for packets of either direction.
    #[test]
    fn as_wireshark() {
        assert_eq!(
            id("10.16.1.11:34634", "142.250.123.27:25"),
            "1:diG3ZjKZV2+xR5bt9PPd4mEWRCQ="
        );
        assert_eq!(
            id("125.190.109.199:80", "141.42.64.125:56730"),
            "1:LVFv7pANz6SqFKLY+aEb3X7Jh1w="
        );
        assert_eq!(
            id(
                "[2001:470:e5bf:dead:4957:2174:e82c:4887]:63943",
                "[2607:f8b0:400c:c03::1a]:25"
            ),
            "1:/qFaeAR+gFe1KYjMzVDsMv+wgU4="
        );
    }

    #[test]
    fn equal_addresses_are_ordered_by_port() {
        id("127.0.0.1:25", "127.0.0.1:40000");
    }
}
