//! Ethernet frames around a payload, with the checksums right.

use std::net::{IpAddr, SocketAddr};

/// What is sent.
pub struct Packet<'a> {
    pub source: SocketAddr,
    pub destination: SocketAddr,
    pub transport: Transport<'a>,
    /// A header of the payload, and the rest of it.
    pub payload: [&'a [u8]; 2],
}

/// The header in front of the payload.
pub enum Transport<'a> {
    Tcp {
        seq: u32,
        ack: u32,
        flags: u8,
        window: u16,
        options: &'a [u8],
    },
    Udp,
}

const TCP: u8 = 6;
const UDP: u8 = 17;

impl Packet<'_> {
    /// Writes the frame to `frame`, in place of what it held; `number` becomes its IP
    /// identification.
    pub fn build(&self, frame: &mut Vec<u8>, number: u64) {
        frame.clear();
        // Documentation addresses (RFC 7042): the routers on both sides of the mirror port.
        let inwards = self.source.port() < self.destination.port();
        let (to, from) = if inwards { (1, 2) } else { (2, 1) };
        frame.extend([0x00, 0x00, 0x5e, 0x00, 0x53, to]);
        frame.extend([0x00, 0x00, 0x5e, 0x00, 0x53, from]);
        let [head, body] = self.payload;
        let (protocol, header_len) = match &self.transport {
            Transport::Tcp { options, .. } => (TCP, 20 + options.len()),
            Transport::Udp => (UDP, 8),
        };
        let len = (header_len + head.len() + body.len()) as u16;
        let mut pseudo = u64::from(protocol) + u64::from(len);
        match (self.source.ip(), self.destination.ip()) {
            (IpAddr::V4(source), IpAddr::V4(destination)) => {
                frame.extend([0x08, 0x00]);
                let at = frame.len();
                frame.extend([0x45, 0x00]);
                frame.extend((20 + len).to_be_bytes());
                frame.extend((number as u16).to_be_bytes());
                // Don't fragment; time to live 57; checksum to come.
                frame.extend([0x40, 0x00, 57, protocol, 0, 0]);
                frame.extend(source.octets());
                frame.extend(destination.octets());
                pseudo += sum(&frame[at + 12..]);
                let checksum = finish(sum(&frame[at..]));
                frame[at + 10..at + 12].copy_from_slice(&checksum);
            }
            (source, destination) => {
                frame.extend([0x86, 0xdd, 0x60, 0x00, 0x00, 0x00]);
                frame.extend(len.to_be_bytes());
                frame.extend([protocol, 57]);
                let at = frame.len();
                for address in [source, destination] {
                    let address = match address {
                        IpAddr::V4(address) => address.to_ipv6_mapped(),
                        IpAddr::V6(address) => address,
                    };
                    frame.extend(address.octets());
                }
                pseudo += sum(&frame[at..]);
            }
        }
        let at = frame.len();
        frame.extend(self.source.port().to_be_bytes());
        frame.extend(self.destination.port().to_be_bytes());
        let checksum_at = match self.transport {
            Transport::Tcp {
                seq,
                ack,
                flags,
                window,
                options,
            } => {
                frame.extend(seq.to_be_bytes());
                frame.extend(ack.to_be_bytes());
                frame.extend([(header_len as u8 / 4) << 4, flags]);
                frame.extend(window.to_be_bytes());
                frame.extend([0; 4]);
                frame.extend(options);
                at + 16
            }
            Transport::Udp => {
                frame.extend(len.to_be_bytes());
                frame.extend([0; 2]);
                at + 6
            }
        };
        frame.extend(head);
        frame.extend(body);
        let checksum = finish(pseudo + sum(&frame[at..]));
        frame[checksum_at..checksum_at + 2].copy_from_slice(&checksum);
    }
}

/// The sum of RFC 1071 before it is folded.
fn sum(bytes: &[u8]) -> u64 {
    let words = bytes.chunks_exact(2);
    let odd = words.remainder().first().copied().unwrap_or(0);
    let sum: u64 = words
        .map(|word| u64::from(u16::from_be_bytes([word[0], word[1]])))
        .sum();
    sum + u64::from(u16::from_be_bytes([odd, 0]))
}

fn finish(mut sum: u64) -> [u8; 2] {
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    (!(sum as u16)).to_be_bytes()
}
