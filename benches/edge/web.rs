//! Everything that is not mail: web traffic over TCP and QUIC, and DNS.
//!
//! A fixed number of connections is open at a time. Most exchange little and rarely, a few carry
//! most of the bytes; packets come in trains, a request and its answer. Payloads are TLS records
//! of random bytes: nobody looks into them, but programs that try must not stumble.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use super::capture::Capture;
use super::packet::{Packet, Transport};
use super::random::Random;

const FIN: u8 = 0x01;
const SYN: u8 = 0x02;
const PSH: u8 = 0x08;
const ACK: u8 = 0x10;

/// Payload of a full segment beside the timestamp option.
const MSS: usize = 1428;

/// Maximum segment size, window scale, selective acknowledgments.
const SYN_OPTIONS: [u8; 12] = [2, 4, 0x05, 0xb4, 1, 3, 3, 7, 1, 1, 4, 2];

/// A connection.
struct Flow {
    /// Client and server.
    ends: [SocketAddr; 2],
    /// Next sequence number of each.
    next: [u32; 2],
    /// The capture shows it from its start, which is still to come.
    new: bool,
}

/// Who sends: an index into the pairs of [`Flow`].
const CLIENT: usize = 0;
const SERVER: usize = 1;

/// All other traffic of the capture.
pub struct Web {
    random: Random,
    payload: Vec<u8>,
    flows: Vec<Flow>,
    /// The next of the connections that take turns.
    turn: usize,
    connections: u64,
}

impl Web {
    /// Traffic with so many connections open at a time.
    pub fn new(mut random: Random, open: usize) -> Self {
        let payload = (0..1 << 17).map(|_| random.bits() as u8).collect();
        // The capture begins in the middle of half of them.
        let flows = (0..open)
            .map(|number| flow(&mut random, number % 2 == 0))
            .collect();
        Self {
            random,
            payload,
            flows,
            turn: 0,
            connections: open as u64,
        }
    }

    /// One thing that happens: an exchange on a connection, or over UDP.
    pub fn step(&mut self, capture: &mut Capture) -> io::Result<()> {
        match self.random.below(100) {
            0..8 => self.dns(capture),
            8..14 => self.quic(capture),
            // Every hundredth connection is a busy one, and comes up again and again.
            14..40 => {
                let busy = self.flows.len().div_ceil(100);
                let number = self.random.below(busy);
                self.exchange(number, 12, 1, capture)
            }
            _ => {
                // A stride, so that neighbours in the table are not neighbours in time.
                self.turn = (self.turn + 7_919) % self.flows.len();
                self.exchange(self.turn, 4, 6, capture)
            }
        }
    }

    /// Connections so far.
    pub fn connections(&self) -> u64 {
        self.connections
    }

    /// A request and an answer of at most `largest - 1` segments; in so many of 100 cases the end
    /// of the connection, whose place a new one takes.
    fn exchange(
        &mut self,
        number: usize,
        largest: usize,
        ends: usize,
        capture: &mut Capture,
    ) -> io::Result<()> {
        if std::mem::take(&mut self.flows[number].new) {
            self.send(number, CLIENT, SYN, &[], 0..0, capture)?;
            self.send(number, SERVER, SYN | ACK, &[], 0..0, capture)?;
            self.send(number, CLIENT, ACK, &[], 0..0, capture)?;
        }
        let len = self.random.between(80, 900);
        self.record(number, CLIENT, len, capture)?;
        let len = match self.random.percent(25) {
            true => self.random.between(40, 600),
            false => self.random.between(1, largest) * MSS - 5,
        };
        self.record(number, SERVER, len, capture)?;
        if self.random.percent(ends) {
            for (from, flags) in [(CLIENT, FIN | ACK), (SERVER, FIN | ACK), (CLIENT, ACK)] {
                self.send(number, from, flags, &[], 0..0, capture)?;
            }
            self.flows[number] = flow(&mut self.random, true);
            self.connections += 1;
        }
        Ok(())
    }

    /// A TLS record of so many bytes, in full segments, every second of them acknowledged.
    fn record(
        &mut self,
        number: usize,
        from: usize,
        len: usize,
        capture: &mut Capture,
    ) -> io::Result<()> {
        let [high, low] = (len as u16).to_be_bytes();
        let header = [0x17, 0x03, 0x03, high, low];
        let mut head = &header[..];
        let mut at = self.random.below(self.payload.len() - (1 << 14));
        let end = at + len;
        let mut unacknowledged = 0;
        while at < end {
            let until = end.min(at + MSS - head.len());
            let push = if until == end { PSH } else { 0 };
            self.send(number, from, ACK | push, head, at..until, capture)?;
            (head, at) = (&[], until);
            unacknowledged += 1;
            if unacknowledged == 2 {
                unacknowledged = 0;
                self.send(number, 1 - from, ACK, &[], 0..0, capture)?;
            }
        }
        Ok(())
    }

    /// One segment: `head`, then that part of the random bytes.
    fn send(
        &mut self,
        number: usize,
        from: usize,
        flags: u8,
        head: &[u8],
        body: std::ops::Range<usize>,
        capture: &mut Capture,
    ) -> io::Result<()> {
        let flow = &mut self.flows[number];
        let body = &self.payload[body];
        let len = head.len() + body.len() + usize::from(flags & (SYN | FIN) != 0);
        let mut timestamps = [1, 1, 8, 10, 0, 0, 0, 0, 0, 0, 0, 0];
        let millis = (capture.now().as_millis() as u32).to_be_bytes();
        timestamps[4..8].copy_from_slice(&millis);
        timestamps[8..].copy_from_slice(&millis);
        capture.write(&Packet {
            source: flow.ends[from],
            destination: flow.ends[1 - from],
            transport: Transport::Tcp {
                seq: flow.next[from],
                ack: if flags & ACK == 0 {
                    0
                } else {
                    flow.next[1 - from]
                },
                flags,
                window: 502,
                options: if flags & SYN == 0 {
                    &timestamps
                } else {
                    &SYN_OPTIONS
                },
            },
            payload: [head, body],
        })?;
        flow.next[from] = flow.next[from].wrapping_add(len as u32);
        Ok(())
    }

    /// A question and its answer.
    fn dns(&mut self, capture: &mut Capture) -> io::Result<()> {
        let [client, _] = ends(&mut self.random);
        let server = SocketAddr::from((Ipv4Addr::new(203, 0, 113, 53), 53));
        let client = SocketAddr::from((
            Ipv4Addr::from(self.random.bits() as u32 >> 8 | 0x0a00_0000),
            client.port(),
        ));
        let [high, low, ..] = self.random.bits().to_be_bytes();
        // Recursion desired, one question: example.com, A, IN.
        let mut message = vec![high, low, 0x01, 0x00, 0, 1, 0, 0, 0, 0, 0, 0];
        message.extend(b"\x07example\x03com\x00\x00\x01\x00\x01");
        self.datagram(client, server, &message, capture)?;
        // The answer: a pointer to the name, A, IN, an hour, four bytes.
        message[2] = 0x81;
        message[3] = 0x80;
        message[7] = 1;
        message.extend([
            0xc0, 0x0c, 0, 1, 0, 1, 0, 0, 0x0e, 0x10, 0, 4, 192, 0, 2, 80,
        ]);
        self.datagram(server, client, &message, capture)
    }

    /// A train of QUIC packets with short headers.
    fn quic(&mut self, capture: &mut Capture) -> io::Result<()> {
        let [client, server] = ends(&mut self.random);
        for _ in 0..self.random.between(2, 9) {
            let at = self.random.below(self.payload.len() - 2048);
            let mut packet = self.payload[at..at + self.random.between(900, 1250)].to_vec();
            packet[0] = 0x40 | packet[0] & 0x3f;
            self.datagram(server, client, &packet, capture)?;
        }
        Ok(())
    }

    fn datagram(
        &self,
        source: SocketAddr,
        destination: SocketAddr,
        payload: &[u8],
        capture: &mut Capture,
    ) -> io::Result<()> {
        capture.write(&Packet {
            source,
            destination,
            transport: Transport::Udp,
            payload: [payload, &[]],
        })
    }
}

fn flow(random: &mut Random, new: bool) -> Flow {
    Flow {
        ends: ends(random),
        next: [random.bits() as u32, random.bits() as u32],
        new,
    }
}

/// A client and a web server; every sixth pair over IPv6.
fn ends(random: &mut Random) -> [SocketAddr; 2] {
    let client_port = random.between(49_152, 65_536) as u16;
    let server_port = if random.percent(90) { 443 } else { 80 };
    let client = random.bits() as u32 >> 8;
    let server = random.below(5_000) as u32;
    if random.below(6) == 0 {
        let network = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0).to_bits();
        let client = Ipv6Addr::from_bits(network | 1 << 64 | u128::from(client));
        let server = Ipv6Addr::from_bits(network | 2 << 64 | u128::from(server));
        return [(client, client_port).into(), (server, server_port).into()];
    }
    let client = Ipv4Addr::from(0x0a00_0000 | client);
    let server = Ipv4Addr::from(0xac10_0000 | server);
    [(client, client_port).into(), (server, server_port).into()]
}
