//! A classic pcap file and its clock.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::time::Duration;

use super::packet::Packet;

/// The file being written.
pub struct Capture {
    out: BufWriter<File>,
    frame: Vec<u8>,
    now: Duration,
    bytes: u64,
    packets: u64,
}

/// 2025-01-01T00:00:00Z, in seconds since the epoch.
const START: u64 = 1_735_689_600;

impl Capture {
    /// A capture without packets.
    pub fn create(path: &Path) -> io::Result<Self> {
        let mut out = BufWriter::with_capacity(1 << 20, File::create(path)?);
        // Magic number of microsecond captures, version 2.4, two unused words, snap length,
        // Ethernet.
        for word in [0xa1b2_c3d4, 0x0004_0002, 0, 0, 262_144, 1_u32] {
            out.write_all(&word.to_le_bytes())?;
        }
        Ok(Self {
            out,
            frame: Vec::new(),
            now: Duration::ZERO,
            bytes: 24,
            packets: 0,
        })
    }

    /// Appends a packet; its bytes then take the time they take on a line of 200 Mbit/s.
    pub fn write(&mut self, packet: &Packet<'_>) -> io::Result<()> {
        packet.build(&mut self.frame, self.packets);
        let len = self.frame.len() as u32;
        let seconds = (START + self.now.as_secs()) as u32;
        for word in [seconds, self.now.subsec_micros(), len, len] {
            self.out.write_all(&word.to_le_bytes())?;
        }
        self.out.write_all(&self.frame)?;
        self.now += Duration::from_nanos(u64::from(len) * 40 + 960);
        self.bytes += 16 + u64::from(len);
        self.packets += 1;
        Ok(())
    }

    /// Nothing is sent before this time.
    pub fn wait_until(&mut self, time: Duration) {
        self.now = self.now.max(time);
    }

    /// Everything is written.
    pub fn finish(mut self) -> io::Result<()> {
        self.out.flush()
    }

    /// Time since the start of the capture.
    pub fn now(&self) -> Duration {
        self.now
    }

    /// Size of the file.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Packets so far.
    pub fn packets(&self) -> u64 {
        self.packets
    }
}
