//! Packets with their payload, made by tests, and the way they take through the engine.

use std::net::{IpAddr, SocketAddr};

use starttap::capture::{Frame, FrameId, LinkType};
use starttap::engine::Engine;
use starttap::engine::ports::Ports;
use starttap::limits::Limits;
use starttap::model::Session;
use starttap::rules;
use starttap::time::Timestamp;

pub const FIN: u8 = 0x01;
pub const SYN: u8 = 0x02;
pub const RST: u8 = 0x04;
pub const PSH: u8 = 0x08;
pub const ACK: u8 = 0x10;

/// Protocol number of TCP.
const TCP: u8 = 6;

/// A TCP segment with everything below it.
#[derive(Clone, Debug)]
pub struct Packet {
    /// Nanoseconds since the epoch.
    pub time: i64,
    pub from: SocketAddr,
    pub to: SocketAddr,
    pub seq: u32,
    pub ack: u32,
    pub flags: u8,
    /// IPv4 identification.
    pub id: u16,
    pub payload: Vec<u8>,
}

impl Packet {
    /// Ethernet, IP and TCP with valid checksums.
    pub fn frame(&self) -> Vec<u8> {
        let tcp = self.tcp();
        let mut frame = vec![2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1];
        match (self.from.ip(), self.to.ip()) {
            (IpAddr::V4(from), IpAddr::V4(to)) => {
                frame.extend([0x08, 0x00]);
                let start = frame.len();
                frame.extend([0x45, 0]);
                frame.extend(((20 + tcp.len()) as u16).to_be_bytes());
                frame.extend(self.id.to_be_bytes());
                frame.extend([0x40, 0, 64, TCP, 0, 0]);
                frame.extend(from.octets());
                frame.extend(to.octets());
                let sum = checksum(&[&frame[start..]]);
                frame[start + 10..start + 12].copy_from_slice(&sum.to_be_bytes());
            }
            (IpAddr::V6(from), IpAddr::V6(to)) => {
                frame.extend([0x86, 0xDD, 0x60, 0, 0, 0]);
                frame.extend((tcp.len() as u16).to_be_bytes());
                frame.extend([TCP, 64]);
                frame.extend(from.octets());
                frame.extend(to.octets());
            }
            _ => unreachable!("one packet, one family"),
        }
        frame.extend(tcp);
        frame
    }

    fn tcp(&self) -> Vec<u8> {
        let mut tcp = Vec::with_capacity(20 + self.payload.len());
        tcp.extend(self.from.port().to_be_bytes());
        tcp.extend(self.to.port().to_be_bytes());
        tcp.extend(self.seq.to_be_bytes());
        tcp.extend(self.ack.to_be_bytes());
        tcp.extend([0x50, self.flags, 0x20, 0, 0, 0, 0, 0]);
        tcp.extend(&self.payload);
        let addresses = match (self.from.ip(), self.to.ip()) {
            (IpAddr::V4(from), IpAddr::V4(to)) => [from.octets(), to.octets()].concat(),
            (IpAddr::V6(from), IpAddr::V6(to)) => [from.octets(), to.octets()].concat(),
            _ => unreachable!("one packet, one family"),
        };
        let len = (tcp.len() as u32).to_be_bytes();
        let sum = checksum(&[&addresses, &len, &[0, 0, 0, TCP], &tcp]);
        tcp[16..18].copy_from_slice(&sum.to_be_bytes());
        tcp
    }
}

/// RFC 1071 over parts; all but the last have an even length.
fn checksum(parts: &[&[u8]]) -> u16 {
    let mut sum: u64 = 0;
    for part in parts {
        for pair in part.chunks(2) {
            let low = pair.get(1).copied().unwrap_or(0);
            sum += u64::from(u16::from_be_bytes([pair[0], low]));
        }
    }
    while sum > 0xFFFF {
        sum = (sum >> 16) + (sum & 0xFFFF);
    }
    !(sum as u16)
}

/// An engine that is fed packets and keeps the sessions, judged.
pub struct Run {
    pub engine: Engine,
    pub sessions: Vec<Session>,
    frames: u64,
}

impl Run {
    pub fn new(limits: Limits) -> Self {
        Self {
            engine: Engine::new("made up", Ports::default(), limits),
            sessions: Vec::new(),
            frames: 0,
        }
    }

    /// Pushes a packet as the next frame.
    pub fn push(&mut self, packet: &Packet) {
        self.frame(packet.time, &packet.frame());
    }

    /// Pushes the bytes of an Ethernet frame.
    pub fn frame(&mut self, time: i64, bytes: &[u8]) {
        self.frames += 1;
        let frame = Frame {
            id: FrameId {
                number: self.frames,
                ..FrameId::default()
            },
            time: Timestamp::from_nanos(time),
            interface: 0,
            link_type: LinkType(1),
            bytes,
            wire_len: bytes.len() as u32,
        };
        let sessions = &mut self.sessions;
        self.engine
            .push(&frame, &mut |session| sessions.push(session));
    }

    /// Ends the input; gives the sessions.
    pub fn finish(mut self) -> Vec<Session> {
        let sessions = &mut self.sessions;
        self.engine.finish(&mut |session| sessions.push(session));
        let settings = rules::Settings::default();
        self.sessions
            .iter_mut()
            .for_each(|session| rules::judge(session, &settings));
        self.sessions
    }
}

/// A connection whose packets are written one after the other, in order.
pub struct Talk {
    pub packets: Vec<Packet>,
    pub client: SocketAddr,
    pub server: SocketAddr,
    /// Next sequence number of client and server.
    pub next: [u32; 2],
    pub time: i64,
}

/// Who sends, in [`Talk`].
pub const CLIENT: usize = 0;
pub const SERVER: usize = 1;

impl Talk {
    /// A connection to port 25 before its SYN.
    pub fn new() -> Self {
        Self::between("192.0.2.10:40000", "192.0.2.25:25")
    }

    pub fn between(client: &str, server: &str) -> Self {
        Self {
            packets: Vec::new(),
            client: client.parse().expect("an address"),
            server: server.parse().expect("an address"),
            next: [1000, 9000],
            time: 1_700_000_000_000_000_000,
        }
    }

    /// The three packets that open a connection.
    pub fn open(mut self) -> Self {
        self.send(CLIENT, SYN, b"");
        self.next[CLIENT] += 1;
        self.send(SERVER, SYN | ACK, b"");
        self.next[SERVER] += 1;
        self.send(CLIENT, ACK, b"");
        self
    }

    /// One segment.
    pub fn send(&mut self, from: usize, flags: u8, payload: &[u8]) {
        let (source, target) = match from {
            CLIENT => (self.client, self.server),
            _ => (self.server, self.client),
        };
        let ack = if flags & ACK == 0 {
            0
        } else {
            self.next[1 - from]
        };
        self.time += 100_000;
        self.packets.push(Packet {
            time: self.time,
            from: source,
            to: target,
            seq: self.next[from],
            ack,
            flags,
            id: self.packets.len() as u16,
            payload: payload.to_vec(),
        });
        self.next[from] = self.next[from].wrapping_add(payload.len() as u32);
    }

    pub fn client(mut self, text: &str) -> Self {
        self.send(CLIENT, PSH | ACK, text.as_bytes());
        self
    }

    pub fn server(mut self, text: &str) -> Self {
        self.send(SERVER, PSH | ACK, text.as_bytes());
        self
    }

    /// Both sides close.
    pub fn close(mut self) -> Self {
        for from in [CLIENT, SERVER] {
            self.send(from, FIN | ACK, b"");
            self.next[from] = self.next[from].wrapping_add(1);
        }
        self.send(CLIENT, ACK, b"");
        self
    }
}

/// All packets through an engine of their own.
pub fn sessions(packets: &[Packet]) -> Vec<Session> {
    let mut run = Run::new(Limits::default());
    for packet in packets {
        run.push(packet);
    }
    run.finish()
}
