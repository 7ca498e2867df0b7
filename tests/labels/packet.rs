//! Packets made up by the tests, the file they are written to, and the random numbers they come
//! from.

use std::io::{self, Write};
use std::net::IpAddr;
use std::path::Path;

/// A plain generator (splitmix64): the seed is printed, and the same seed gives the same packets
/// on every machine and with every version of every crate.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    /// True in `percent` of 100 calls.
    pub fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    pub fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as u64) as usize]
    }
}

pub const FIN: u8 = 0x01;
pub const SYN: u8 = 0x02;
pub const RST: u8 = 0x04;
pub const PSH: u8 = 0x08;
pub const ACK: u8 = 0x10;

/// A TCP segment, or the quote of one in an ICMP error.
#[derive(Clone, Debug)]
pub struct Packet {
    /// Nanoseconds since the epoch.
    pub time: i64,
    pub source: (IpAddr, u16),
    pub destination: (IpAddr, u16),
    pub seq: u32,
    pub ack: u32,
    pub flags: u8,
    pub window: u16,
    pub options: Vec<u8>,
    pub len: u16,
    /// Bytes of TCP quoted when this is an ICMP error.
    pub quoted: Option<usize>,
    /// Header length written into the header instead of the right one, in words.
    pub claimed: Option<u8>,
}

/// Payload bytes written to the file; the rest is cut as a snap length would.
const SNAP_PAYLOAD: usize = 32;

impl Packet {
    fn tcp(&self) -> Vec<u8> {
        let mut options = self.options.clone();
        options.resize(options.len().next_multiple_of(4), 0);
        let mut tcp = Vec::with_capacity(20 + options.len());
        tcp.extend(self.source.1.to_be_bytes());
        tcp.extend(self.destination.1.to_be_bytes());
        tcp.extend(self.seq.to_be_bytes());
        tcp.extend(self.ack.to_be_bytes());
        let words = (20 + options.len()) as u8 / 4;
        tcp.push(self.claimed.unwrap_or(words) << 4);
        tcp.push(self.flags);
        tcp.extend(self.window.to_be_bytes());
        tcp.extend([0; 4]);
        tcp.extend(options);
        tcp
    }

    /// The captured bytes from the IP header on, and the length on the wire.
    fn bytes(&self) -> (Vec<u8>, u32) {
        let tcp = self.tcp();
        let segment_len = tcp.len() + usize::from(self.len);
        let mut inner = ip(self.source.0, self.destination.0, 6, segment_len);
        let header = inner.len();
        let Some(quoted) = self.quoted else {
            inner.extend(&tcp);
            inner.resize(header + segment_len.min(tcp.len() + SNAP_PAYLOAD), 0x2E);
            return (inner, (header + segment_len) as u32);
        };
        inner.extend(&tcp[..quoted.min(tcp.len())]);
        // Destination unreachable, fragmentation needed; packet too big.
        let (protocol, mut icmp) = match self.source.0 {
            IpAddr::V4(_) => (1, vec![3, 4, 0, 0, 0, 0, 0x05, 0x78]),
            IpAddr::V6(_) => (58, vec![2, 0, 0, 0, 0, 0, 0x05, 0x78]),
        };
        icmp.extend(inner);
        let mut outer = ip(self.destination.0, self.source.0, protocol, icmp.len());
        outer.extend(icmp);
        let len = outer.len() as u32;
        (outer, len)
    }
}

fn ip(source: IpAddr, destination: IpAddr, protocol: u8, payload: usize) -> Vec<u8> {
    let mut header = Vec::with_capacity(40);
    match (source, destination) {
        (IpAddr::V4(source), IpAddr::V4(destination)) => {
            header.extend([0x45, 0]);
            header.extend(((20 + payload) as u16).to_be_bytes());
            header.extend([0x12, 0x34, 0x40, 0, 64, protocol, 0, 0]);
            header.extend(source.octets());
            header.extend(destination.octets());
        }
        (IpAddr::V6(source), IpAddr::V6(destination)) => {
            header.extend([0x60, 0, 0, 0]);
            header.extend((payload as u16).to_be_bytes());
            header.extend([protocol, 64]);
            header.extend(source.octets());
            header.extend(destination.octets());
        }
        _ => unreachable!("one packet, one family"),
    }
    header
}

/// Writes a pcap file with nanosecond times and raw IP frames.
pub fn write(path: &Path, packets: &[Packet]) -> io::Result<()> {
    let mut file = io::BufWriter::new(std::fs::File::create(path)?);
    for word in [0xA1B2_3C4D_u32, 0x0004_0002, 0, 0, 262_144, 101] {
        file.write_all(&word.to_le_bytes())?;
    }
    for packet in packets {
        let (bytes, len) = packet.bytes();
        let seconds = (packet.time / 1_000_000_000) as u32;
        let nanos = (packet.time % 1_000_000_000) as u32;
        for word in [seconds, nanos, bytes.len() as u32, len] {
            file.write_all(&word.to_le_bytes())?;
        }
        file.write_all(&bytes)?;
    }
    file.flush()
}
