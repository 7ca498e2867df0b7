//! Writes pcapng files: sections, interfaces, packets with comments.
//!
//! Four kinds of blocks, little-endian. `pcap-parser` reads only as far as it is used here, and
//! `pcap-file`, which writes, has had nothing but a release candidate for its current format.
//!
//! The format: <https://www.ietf.org/archive/id/draft-ietf-opsawg-pcapng-03.html>.

use std::io::{self, Write};

use super::{Interface, cut};
use crate::time::Timestamp;

/// A packet to be written.
#[derive(Clone, Copy, Debug)]
pub struct Packet<'a> {
    /// Index of its interface in this section.
    pub interface: u32,
    /// When it was captured.
    pub time: Timestamp,
    /// What is written of it.
    pub bytes: &'a [u8],
    /// Zeros behind these bytes, which are not written: a comment tells of them.
    pub left_out: usize,
    /// Length on the wire, in bytes.
    pub wire_len: u32,
    /// Comments, each an option of its own.
    pub comments: &'a [String],
}

/// Writes one section after the other.
pub struct Writer<W> {
    out: W,
    /// How each interface of this section counts time, in powers of ten of a nanosecond.
    units: Vec<u32>,
    block: Vec<u8>,
}

impl<W: Write> Writer<W> {
    /// Nothing is written yet; a section has to come first.
    pub fn new(out: W) -> Self {
        Self {
            out,
            units: Vec::new(),
            block: Vec::new(),
        }
    }

    /// A Section Header Block: begins a section, which has no interfaces yet.
    pub fn section(&mut self, comments: &[String]) -> io::Result<()> {
        self.units.clear();
        self.begin(SECTION_HEADER);
        self.word(BYTE_ORDER_MAGIC);
        self.block.extend([1, 0, 0, 0]);
        // The length of the section is not told.
        self.block.extend([0xff; 8]);
        self.comments(comments);
        let application = concat!("starttap ", env!("CARGO_PKG_VERSION"));
        self.option(APPLICATION, application.as_bytes());
        self.end()
    }

    /// An Interface Description Block. Times are counted as finely as the interface counts them,
    /// in nanoseconds where that is no power of ten of them.
    pub fn interface(&mut self, interface: &Interface) -> io::Result<()> {
        let resolution = match interface.resolution.unwrap_or(MICROSECONDS) {
            decimal @ 0..=NANOSECONDS => decimal,
            _ => NANOSECONDS,
        };
        self.units.push(u32::from(NANOSECONDS - resolution));
        self.begin(INTERFACE_DESCRIPTION);
        let link_type = interface.link_type.0.to_le_bytes();
        self.block.extend([link_type[0], link_type[1], 0, 0]);
        self.word(interface.snap_len);
        if let Some(name) = &interface.name {
            self.option(NAME, name.as_bytes());
        }
        self.option(RESOLUTION, &[resolution]);
        self.end()
    }

    /// How many interfaces this section has.
    pub fn interfaces(&self) -> usize {
        self.units.len()
    }

    /// An Enhanced Packet Block.
    pub fn packet(&mut self, packet: &Packet<'_>) -> io::Result<()> {
        let captured = u32::try_from(packet.bytes.len()).map_err(io::Error::other)?;
        self.begin(ENHANCED_PACKET);
        self.word(packet.interface);
        self.time(packet.interface, packet.time);
        self.word(captured);
        self.word(packet.wire_len.max(captured));
        self.block.extend_from_slice(packet.bytes);
        self.pad();
        self.comments(packet.comments);
        if packet.left_out > 0 {
            self.comments(&[cut::comment(packet.left_out)]);
        }
        self.end()
    }

    /// An Interface Statistics Block that tells until when the interface was listened on.
    pub fn listened_until(&mut self, interface: u32, time: Timestamp) -> io::Result<()> {
        self.begin(INTERFACE_STATISTICS);
        self.word(interface);
        self.time(interface, time);
        let start = self.block.len() - 8;
        let ticks = self.block[start..].to_vec();
        self.option(END_TIME, &ticks);
        self.end()
    }

    /// Everything is written; gives back what it was written to.
    pub fn finish(mut self) -> io::Result<W> {
        self.out.flush()?;
        Ok(self.out)
    }

    /// Type, and room for the length.
    fn begin(&mut self, kind: u32) {
        self.block.clear();
        self.word(kind);
        self.word(0);
    }

    /// Ends the options, enters the length in front and behind, and writes the block.
    fn end(&mut self) -> io::Result<()> {
        self.word(END_OF_OPTIONS);
        let len = u32::try_from(self.block.len() + 4).map_err(io::Error::other)?;
        self.block[4..8].copy_from_slice(&len.to_le_bytes());
        self.word(len);
        self.out.write_all(&self.block)
    }

    fn word(&mut self, value: u32) {
        self.block.extend(value.to_le_bytes());
    }

    fn pad(&mut self) {
        self.block.resize(self.block.len().next_multiple_of(4), 0);
    }

    /// The upper half of the count first. Times before 1970 cannot be told.
    fn time(&mut self, interface: u32, time: Timestamp) {
        let unit = self.units.get(interface as usize).copied().unwrap_or(0);
        let nanos = u64::try_from(time.as_nanos()).unwrap_or(0);
        let ticks = nanos / 10_u64.pow(unit);
        self.word((ticks >> 32) as u32);
        self.word(ticks as u32);
    }

    fn comments(&mut self, comments: &[String]) {
        for comment in comments {
            let mut longest = comment.len().min(LONGEST_COMMENT);
            while !comment.is_char_boundary(longest) {
                longest -= 1;
            }
            self.option(COMMENT, &comment.as_bytes()[..longest]);
        }
    }

    /// Code, length, value; padded. What is longer than an option can be is cut.
    fn option(&mut self, code: u16, value: &[u8]) {
        let value = &value[..value.len().min(usize::from(u16::MAX))];
        self.block.extend(code.to_le_bytes());
        self.block.extend((value.len() as u16).to_le_bytes());
        self.block.extend_from_slice(value);
        self.pad();
    }
}

const SECTION_HEADER: u32 = 0x0a0d_0d0a;
const INTERFACE_DESCRIPTION: u32 = 1;
const INTERFACE_STATISTICS: u32 = 5;
const ENHANCED_PACKET: u32 = 6;
const BYTE_ORDER_MAGIC: u32 = 0x1a2b_3c4d;

/// Options of every block.
const END_OF_OPTIONS: u32 = 0;
const COMMENT: u16 = 1;
/// `shb_userappl`.
const APPLICATION: u16 = 4;
/// `if_name`.
const NAME: u16 = 2;
/// `if_tsresol`.
const RESOLUTION: u16 = 9;
/// `isb_endtime`.
const END_TIME: u16 = 3;

/// `if_tsresol` where an interface does not say it.
const MICROSECONDS: u8 = 6;
const NANOSECONDS: u8 = 9;

/// Longest comment: programs show it in a line or a box.
const LONGEST_COMMENT: usize = 32 << 10;

#[cfg(test)]
mod tests {
    use super::super::pcapng::Pcapng;
    use super::super::{LinkType, Source, samples};
    use super::*;
    use crate::limits::Limits;

    fn interface(link_type: u16, resolution: Option<u8>) -> Interface {
        Interface {
            name: Some("eth0".to_owned()),
            link_type: LinkType(link_type),
            snap_len: 96,
            resolution,
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        let mut bytes = Vec::new();
        let mut writer = Writer::new(&mut bytes);
        let interfaces = [
            interface(1, None),
            interface(113, Some(9)),
            interface(101, Some(0x94)),
        ];
        let time = Timestamp::from_nanos(1_700_000_000_123_456_789);
        let comments = ["ä".repeat(40_000), "two".to_owned()];
        for _ in 0..2 {
            writer.section(&comments).expect("memory takes everything");
            for interface in &interfaces {
                writer
                    .interface(interface)
                    .expect("memory takes everything");
            }
            for number in 0..3 {
                let packet = Packet {
                    interface: number,
                    time,
                    bytes: &b"abcde"[..number as usize + 3],
                    left_out: 9 * number as usize,
                    wire_len: 99 * number,
                    comments: &comments[..number as usize],
                };
                writer.packet(&packet).expect("memory takes everything");
            }
            writer
                .listened_until(1, time)
                .expect("memory takes everything");
        }
        writer.finish().expect("memory takes everything");
        let mut source = Pcapng::new(samples::window(bytes), &Limits::default(), 0);
        let (frames, error) = samples::drain(&mut source);
        assert!(error.is_none(), "{error:?}");
        assert_eq!(frames.len(), 6);
        assert_eq!(frames[0].time.as_nanos(), 1_700_000_000_123_456_000);
        assert_eq!(frames[1].time, time);
        assert_eq!(frames[5].time, time);
        assert_eq!((frames[0].bytes.len(), frames[0].wire_len), (3, 3));
        assert_eq!(frames[1].bytes, b"abcd\0\0\0\0\0\0\0\0\0");
        assert_eq!((frames[2].bytes.len(), frames[2].wire_len), (23, 198));
        assert_eq!(source.listened_until(), Some(time));
        assert_eq!(frames[5].link_type, LinkType(101));
        assert_eq!(source.interfaces()[0], interface(1, Some(6)));
        assert_eq!(source.interfaces()[1], interfaces[1]);
    }
}
