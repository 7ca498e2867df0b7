//! Connections made up segment by segment: two hosts, a clock, and a capture file at the end.
//!
//! A [`Trace`] is written as it would be told. The clock goes on by itself where one side waits for
//! the other, and [`Trace::wait`] lets more time pass; acknowledgments ride on the next data.
//!
//! ```
//! let mut trace = Trace::new();                     // client 192.0.2.10, server 192.0.2.25:25
//! trace.hosts[SERVER].port = 587;                   // also: ttl, id, window, next, got
//! trace.connect();                                  // SYN, SYN+ACK, ACK
//! trace.server("220 mail.example.com ESMTP");       // a round trip later, CRLF is added
//! trace.client("EHLO hub.example.net");             // at once
//! trace.server("250-mail.example.com\r\n250 STARTTLS");
//! trace.client("STARTTLS").server("220 ready");     // so far: the same as trace.granted()
//! trace.client_tls(&ClientHello::tls12().suites(&[0x0005]).record());
//! trace.server_tls(&[ServerHello::tls12(0x0005).record(), server_done()].concat());
//! trace.client_tls(&client_finished());             // keys, ChangeCipherSpec, Finished
//! trace.server_tls(&server_finished());             // established
//! trace.client_tls(&encrypted(120));                // application data of this many bytes
//! trace.wait(5_000.0).close(CLIENT);                // five seconds later: FIN, FIN
//! let session = trace.session("name");              // the JSON record; also trace.write("name")
//! ```
//!
//! Below that: [`Trace::data`] (arrives), [`Trace::lost`] (captured, does not arrive),
//! [`Trace::unseen`] (not captured), [`Trace::again`] (sent again), [`Trace::bare`] (flags only),
//! [`Trace::reset`], [`Trace::icmp`], and [`Trace::raw`] with every header field of a [`Seg`]. They
//! give the number of their frame. TLS messages are in [`tls`], certificates in [`x509`].

mod dialogue;
mod tests;
pub mod tls;
pub mod x509;

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::support::report;

pub const FIN: u8 = 0x01;
pub const SYN: u8 = 0x02;
pub const RST: u8 = 0x04;
pub const ACK: u8 = 0x10;

/// The two hosts.
pub const CLIENT: usize = 0;
pub const SERVER: usize = 1;

/// 2026-01-01T00:00:00Z, where the clock of every trace starts.
const EPOCH: u64 = 1_767_225_600;

/// What differs from an ordinary acknowledgment.
#[derive(Clone, Debug, Default)]
pub struct Seg {
    pub flags: u8,
    pub seq: Option<u32>,
    pub ack: Option<u32>,
    pub payload: Vec<u8>,
    pub ttl: Option<u8>,
    pub id: Option<u16>,
    pub window: Option<u16>,
    pub options: Vec<u8>,
}

/// One host.
pub struct Host {
    pub ip: [u8; 4],
    pub port: u16,
    pub ttl: u8,
    /// IP identification of its next packet.
    pub id: u16,
    pub window: u16,
    /// Next sequence number, and what it has got of the other.
    pub next: u32,
    pub got: u32,
}

pub struct Trace {
    /// Milliseconds.
    pub now: f64,
    pub hosts: [Host; 2],
    /// One way, in milliseconds.
    pub delay: f64,
    /// The server numbers its SYN+ACK.
    pub numbers_all: bool,
    frames: Vec<(f64, Vec<u8>)>,
}

impl Trace {
    /// Captured at the client; the server is seven hops away.
    pub fn new() -> Self {
        let host = |ip, port, ttl, id, next| Host {
            ip,
            port,
            ttl,
            id,
            window: 502,
            next,
            got: 0,
        };
        Self {
            now: 1_000.0,
            hosts: [
                host([192, 0, 2, 10], 40_000, 64, 0x1000, 5_000),
                host([192, 0, 2, 25], 25, 57, 0x8000, 900_000),
            ],
            delay: 20.0,
            numbers_all: false,
            frames: Vec::new(),
        }
    }

    /// Lets time pass.
    pub fn wait(&mut self, milliseconds: f64) -> &mut Self {
        self.now += milliseconds;
        self
    }

    /// Any segment of a host, without effect on what it will send next. Gives its frame number.
    pub fn raw(&mut self, from: usize, seg: Seg) -> u64 {
        let host = &mut self.hosts[from];
        let id = seg.id.unwrap_or(host.id);
        if seg.id.is_none() {
            host.id = host.id.wrapping_add(1);
        }
        let (own, other) = (&self.hosts[from], &self.hosts[1 - from]);
        let mut options = seg.options.clone();
        options.resize(options.len().next_multiple_of(4), 1);
        let mut tcp = Vec::new();
        tcp.extend(own.port.to_be_bytes());
        tcp.extend(other.port.to_be_bytes());
        tcp.extend(seg.seq.unwrap_or(own.next).to_be_bytes());
        tcp.extend(seg.ack.unwrap_or(own.got).to_be_bytes());
        tcp.push(((20 + options.len()) as u8 / 4) << 4);
        tcp.push(seg.flags);
        tcp.extend(seg.window.unwrap_or(own.window).to_be_bytes());
        tcp.extend([0; 4]);
        tcp.extend(options);
        tcp.extend(&seg.payload);
        let ttl = seg.ttl.unwrap_or(own.ttl);
        let packet = ip(own.ip, other.ip, id, ttl, 6, &tcp);
        self.add(packet)
    }

    /// A router's ICMP error about the packet of this frame.
    pub fn icmp(&mut self, kind: u8, code: u8, mtu: u16, about: u64) -> u64 {
        let quoted = &self.frames[about as usize - 1].1;
        let source: [u8; 4] = quoted[12..16].try_into().expect("an address");
        let mut icmp = vec![kind, code, 0, 0, 0, 0];
        icmp.extend(mtu.to_be_bytes());
        icmp.extend(&quoted[..28]);
        let packet = ip([198, 51, 100, 1], source, 7, 250, 1, &icmp);
        self.add(packet)
    }

    fn add(&mut self, packet: Vec<u8>) -> u64 {
        self.frames.push((self.now, packet));
        self.frames.len() as u64
    }

    /// SYN, SYN+ACK, ACK.
    pub fn connect(&mut self) -> &mut Self {
        self.syn(CLIENT);
        self.wait(2.0 * self.delay).syn(SERVER);
        self.raw(
            CLIENT,
            Seg {
                flags: ACK,
                ..Seg::default()
            },
        );
        self
    }

    /// A SYN or SYN+ACK as Linux sends them: the latter without an IP identification.
    pub fn syn(&mut self, from: usize) -> u64 {
        let id = (from == SERVER && !self.numbers_all).then_some(0);
        let flags = if from == CLIENT { SYN } else { SYN | ACK };
        let frame = self.raw(
            from,
            Seg {
                flags,
                id,
                window: Some(64_240),
                // Maximum segment size 1460, selective acknowledgments, window scale 7.
                options: vec![2, 4, 0x05, 0xB4, 4, 2, 3, 3, 7],
                ..Seg::default()
            },
        );
        self.hosts[from].next = self.hosts[from].next.wrapping_add(1);
        self.hosts[1 - from].got = self.hosts[from].next;
        frame
    }

    /// Data that arrives.
    pub fn data(&mut self, from: usize, payload: &[u8]) -> u64 {
        let frame = self.lost(from, payload);
        self.hosts[1 - from].got = self.hosts[from].next;
        frame
    }

    /// Data that is captured and does not arrive.
    pub fn lost(&mut self, from: usize, payload: &[u8]) -> u64 {
        let frame = self.again(from, self.hosts[from].next, payload);
        self.unseen(from, payload.len());
        frame
    }

    /// Data that is not in the capture and does not arrive.
    pub fn unseen(&mut self, from: usize, len: usize) {
        let host = &mut self.hosts[from];
        host.next = host.next.wrapping_add(len as u32);
    }

    /// These bytes at this sequence number.
    pub fn again(&mut self, from: usize, seq: u32, payload: &[u8]) -> u64 {
        self.raw(
            from,
            Seg {
                flags: ACK,
                seq: Some(seq),
                payload: payload.to_vec(),
                ..Seg::default()
            },
        )
    }

    /// A bare segment with these flags.
    pub fn bare(&mut self, from: usize, flags: u8) -> u64 {
        let frame = self.raw(
            from,
            Seg {
                flags,
                ..Seg::default()
            },
        );
        if flags & FIN != 0 {
            self.unseen(from, 1);
            self.hosts[1 - from].got = self.hosts[from].next;
        }
        frame
    }

    /// A reset as Linux sends it.
    pub fn reset(&mut self, from: usize) -> u64 {
        self.raw(
            from,
            Seg {
                flags: RST,
                ack: Some(0),
                id: Some(0),
                window: Some(0),
                ..Seg::default()
            },
        )
    }

    /// The report on the only session.
    pub fn session(&self, name: &str) -> Value {
        let report = report(&self.write(name));
        let sessions = report["sessions"].as_array().expect("sessions");
        assert_eq!(sessions.len(), 1, "{name}");
        sessions[0].clone()
    }

    /// Writes a capture; gives its path. Two tests must not take the same name.
    pub fn write(&self, name: &str) -> String {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("traces");
        fs::create_dir_all(&folder).expect("a folder");
        let path = folder.join(format!("{name}.pcap"));
        let mut file = Vec::new();
        // Microseconds; link type 101, raw IP.
        for word in [0xA1B2_C3D4_u32, 0x0004_0002, 0, 0, 262_144, 101] {
            file.extend(word.to_le_bytes());
        }
        for (time, packet) in &self.frames {
            let micros = EPOCH * 1_000_000 + (time * 1000.0).round() as u64;
            let len = packet.len() as u32;
            for word in [
                (micros / 1_000_000) as u32,
                (micros % 1_000_000) as u32,
                len,
                len,
            ] {
                file.extend(word.to_le_bytes());
            }
            file.extend(packet);
        }
        fs::write(&path, file).expect("a capture");
        path.to_string_lossy().into_owned()
    }
}

fn ip(source: [u8; 4], to: [u8; 4], id: u16, ttl: u8, protocol: u8, payload: &[u8]) -> Vec<u8> {
    let mut packet = vec![0x45, 0];
    packet.extend((20 + payload.len() as u16).to_be_bytes());
    packet.extend(id.to_be_bytes());
    packet.extend([0x40, 0, ttl, protocol, 0, 0]);
    packet.extend(source);
    packet.extend(to);
    packet.extend(payload);
    packet
}
