//! What two peers send, in packets.

use starttap::capture::write::{Packet as Written, Writer};
use starttap::capture::{Frame, FrameId, Interface, LinkType};
use starttap::engine::Engine;
use starttap::engine::ports::Ports;
use starttap::limits::Limits;
use starttap::model::{Peer, Session};
use starttap::time::Timestamp;

pub const FIN: u8 = 0x01;
pub const SYN: u8 = 0x02;
pub const RST: u8 = 0x04;
pub const DATA: u8 = 0x18;

const ACK: u8 = 0x10;

const MEMORY: &str = "memory takes everything";

/// IP without a link layer.
const RAW: LinkType = LinkType(101);

/// One connection on its way through the engine, a packet every millisecond.
pub struct Packets {
    engine: Engine,
    sessions: Vec<Session>,
    port: u16,
    /// Next sequence number of client and server.
    next: [u32; 2],
    number: u64,
    /// All of them, in a capture file.
    capture: Writer<Vec<u8>>,
}

impl Packets {
    /// Before the first packet.
    pub fn new(port: u16) -> Self {
        let mut capture = Writer::new(Vec::new());
        let interface = Interface {
            link_type: RAW,
            resolution: Some(9),
            ..Interface::default()
        };
        capture.section(&[]).expect(MEMORY);
        capture.interface(&interface).expect(MEMORY);
        Self {
            capture,
            engine: Engine::new("fuzz", Ports::default(), Limits::default()),
            sessions: Vec::new(),
            port,
            next: [1000, 9000],
            number: 0,
        }
    }

    /// The three packets that open a connection.
    pub fn open(&mut self) {
        self.send(Peer::Client, SYN, b"");
        self.send(Peer::Server, SYN | ACK, b"");
        self.send(Peer::Client, ACK, b"");
    }

    /// A packet.
    pub fn send(&mut self, from: Peer, flags: u8, payload: &[u8]) {
        let packet = self.packet(from, flags, payload);
        self.skip(
            from,
            payload.len() as u32 + u32::from(flags & (SYN | FIN) != 0),
        );
        self.number += 1;
        let number = self.number;
        let frame = Frame {
            id: FrameId {
                number,
                ..FrameId::default()
            },
            time: Timestamp::from_nanos(1_700_000_000_000_000_000 + number as i64 * 1_000_000),
            interface: 0,
            link_type: RAW,
            bytes: &packet,
            wire_len: packet.len() as u32,
        };
        let written = Written {
            interface: 0,
            time: frame.time,
            bytes: &packet,
            left_out: 0,
            wire_len: packet.len() as u32,
            comments: &[],
        };
        self.capture.packet(&written).expect(MEMORY);
        let sessions = &mut self.sessions;
        self.engine
            .push(&frame, &mut |session| sessions.push(session));
    }

    /// So many bytes that the capture does not hold.
    pub fn skip(&mut self, from: Peer, len: u32) {
        let next = &mut self.next[from.index()];
        *next = next.wrapping_add(len);
    }

    /// The end of the capture; gives its sessions and its bytes.
    pub fn finish(mut self) -> (Vec<Session>, Vec<u8>) {
        let sessions = &mut self.sessions;
        self.engine.finish(&mut |session| sessions.push(session));
        (self.sessions, self.capture.finish().expect(MEMORY))
    }

    /// IPv4 and TCP; nobody looks at the checksums.
    fn packet(&self, from: Peer, flags: u8, payload: &[u8]) -> Vec<u8> {
        let (client, server) = ([192, 0, 2, 10], [192, 0, 2, 25]);
        let ((source, target), (source_port, target_port)) = match from {
            Peer::Client => ((client, server), (40_000, self.port)),
            Peer::Server => ((server, client), (self.port, 40_000)),
        };
        let mine = from.index();
        let ack = match flags & ACK {
            0 => 0,
            _ => self.next[1 - mine],
        };
        let mut packet = vec![0x45, 0];
        packet.extend((40 + payload.len() as u16).to_be_bytes());
        packet.extend((self.number as u16).to_be_bytes());
        packet.extend([0x40, 0, 64, 6, 0, 0]);
        packet.extend(source);
        packet.extend(target);
        packet.extend(u16::to_be_bytes(source_port));
        packet.extend(u16::to_be_bytes(target_port));
        packet.extend(self.next[mine].to_be_bytes());
        packet.extend(ack.to_be_bytes());
        packet.extend([0x50, flags, 0x20, 0, 0, 0, 0, 0]);
        packet.extend(payload);
        packet
    }
}
