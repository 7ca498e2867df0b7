//! The header that load balancers put in front of everything (PROXY protocol, versions 1 and 2).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::model::Endpoint;

/// What the first bytes of a client are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preamble {
    /// No such header.
    No,
    /// Too few bytes to tell, or the rest of a header is still to come.
    Maybe,
    /// A header of this many bytes, of which the last ones (a version 2 header's extensions) need
    /// not be there yet.
    Yes {
        /// Its length.
        len: usize,
        /// 1 or 2.
        version: u8,
        /// Source and destination, where stated.
        ends: Option<(Endpoint, Endpoint)>,
    },
}

/// How a version 2 header begins.
const SIGNATURE: &[u8; 12] = b"\r\n\r\n\0\r\nQUIT\n";

/// Signature, version and command, family, and the length of the rest.
const HEADER: usize = 16;

/// Longest version 1 header, its line end included.
const LONGEST_LINE: usize = 107;

/// Reads the beginning of a stream.
pub fn read(bytes: &[u8]) -> Preamble {
    let line_start = b"PROXY ";
    let shared = |start: &[u8]| {
        let len = bytes.len().min(start.len());
        bytes[..len] == start[..len]
    };
    if shared(line_start) {
        text(bytes)
    } else if shared(SIGNATURE) {
        binary(bytes)
    } else {
        Preamble::No
    }
}

fn text(bytes: &[u8]) -> Preamble {
    let Some(end) = bytes.iter().take(LONGEST_LINE).position(|&it| it == b'\n') else {
        return match bytes.len() < LONGEST_LINE {
            true => Preamble::Maybe,
            false => Preamble::No,
        };
    };
    let line = String::from_utf8_lossy(&bytes[..end]);
    let mut words = line.split_ascii_whitespace().skip(1);
    let family = words.next();
    if !matches!(family, Some("TCP4" | "TCP6" | "UNKNOWN")) {
        return Preamble::No;
    }
    let mut address = || words.next()?.parse::<IpAddr>().ok();
    let addresses = address().zip(address());
    let mut port = || words.next()?.parse::<u16>().ok();
    let ports = port().zip(port());
    let ends = addresses.zip(ports).map(|((source, target), (from, to))| {
        let end = |ip, port| Endpoint { ip, port };
        (end(source, from), end(target, to))
    });
    Preamble::Yes {
        len: end + 1,
        version: 1,
        ends: ends.filter(|_| family != Some("UNKNOWN")),
    }
}

fn binary(bytes: &[u8]) -> Preamble {
    /// Version 2, command PROXY; LOCAL (0x20) speaks for the proxy itself.
    const PROXY: u8 = 0x21;
    let Some(&[command, family, high, low]) = bytes.get(SIGNATURE.len()..HEADER) else {
        return Preamble::Maybe;
    };
    if command >> 4 != 2 {
        return Preamble::No;
    }
    let rest = usize::from(u16::from_be_bytes([high, low]));
    // Address family in the high half; the low half is the transport.
    let address = match family >> 4 {
        1 => 4,
        2 => 16,
        _ => 0,
    };
    let needed = 2 * address + 4;
    let stated = command == PROXY && address > 0 && rest >= needed;
    if stated && bytes.len() < HEADER + needed {
        return Preamble::Maybe;
    }
    let ends = stated.then(|| {
        let (addresses, ports) = bytes[HEADER..HEADER + needed].split_at(2 * address);
        let (source, target) = addresses.split_at(address);
        let end = |ip: &[u8], port: &[u8]| {
            Some(Endpoint {
                ip: ip_address(ip)?,
                port: u16::from_be_bytes(port.try_into().ok()?),
            })
        };
        end(source, &ports[..2]).zip(end(target, &ports[2..]))
    });
    Preamble::Yes {
        len: HEADER + rest,
        version: 2,
        ends: ends.flatten(),
    }
}

fn ip_address(bytes: &[u8]) -> Option<IpAddr> {
    let v4 = <[u8; 4]>::try_from(bytes).map(|it| Ipv4Addr::from(it).into());
    let v6 = <[u8; 16]>::try_from(bytes).map(|it| Ipv6Addr::from(it).into());
    v4.or(v6).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ends(preamble: Preamble) -> Option<[String; 2]> {
        match preamble {
            Preamble::Yes { ends, .. } => {
                ends.map(|(from, to)| [from, to].map(|it| it.to_string()))
            }
            _ => None,
        }
    }

    #[test]
    fn a_line_of_version_1() {
        let line = b"PROXY TCP4 198.51.100.7 192.0.2.25 51000 25\r\nEHLO a\r\n";
        for cut in 0..45 {
            assert_eq!(read(&line[..cut]), Preamble::Maybe, "{cut}");
        }
        assert!(matches!(
            read(line),
            Preamble::Yes {
                len: 45,
                version: 1,
                ..
            }
        ));
        let stated = ["198.51.100.7:51000", "192.0.2.25:25"].map(str::to_owned);
        assert_eq!(ends(read(line)), Some(stated));
        let unknown = read(b"PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n");
        assert!(matches!(unknown, Preamble::Yes { ends: None, .. }));
        for other in [&b"PROXY TCP5 a b 1 2\r\n"[..], b"PROXIMITY\r\n", b"EHLO a"] {
            assert_eq!(read(other), Preamble::No);
        }
        assert_eq!(read(&[&b"PROXY "[..], &[b'x'; 200]].concat()), Preamble::No);
    }

    #[test]
    fn a_header_of_version_2() {
        let mut bytes = SIGNATURE.to_vec();
        bytes.extend([0x21, 0x11, 0, 15]);
        bytes.extend([198, 51, 100, 7, 192, 0, 2, 25, 0xC7, 0x38, 0, 25]);
        for cut in 1..bytes.len() {
            assert_eq!(read(&bytes[..cut]), Preamble::Maybe, "{cut}");
        }
        // Three bytes of extensions are still to come.
        assert!(matches!(
            read(&bytes),
            Preamble::Yes {
                len: 31,
                version: 2,
                ..
            }
        ));
        let stated = ["198.51.100.7:51000", "192.0.2.25:25"].map(str::to_owned);
        assert_eq!(ends(read(&bytes)), Some(stated));
        bytes[12] = 0x20;
        assert_eq!(ends(read(&bytes)), None);
        bytes[12] = 0x31;
        assert_eq!(read(&bytes), Preamble::No);
    }
}
