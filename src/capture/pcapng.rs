//! pcapng files: sections, interfaces and packets in blocks.
//!
//! Section headers and interface descriptions are parsed by `pcap-parser`'s block functions.
//! Packet blocks are parsed here: they are the hot path and their head is fixed, while
//! `pcap-parser` collects the options of each packet in a new vector, does not know the obsolete
//! Packet Block, and calls a packet that is longer than its block "incomplete". All other blocks
//! are passed over without being held in memory.
//!
//! The format: <https://www.ietf.org/archive/id/draft-ietf-opsawg-pcapng-03.html>.

use pcap_parser::pcapng::{
    CB_MAGIC, DCB_MAGIC, EPB_MAGIC, IDB_MAGIC, ISB_MAGIC, OptionCode, PcapNGOption, SHB_MAGIC,
    SJE_MAGIC, SPB_MAGIC, parse_interfacedescriptionblock_be, parse_interfacedescriptionblock_le,
    parse_sectionheaderblock,
};

use super::cut::{self, Filled};
use super::pcap::Order;
use super::ticks::Ticks;
use super::window::Window;
use super::{Frame, FrameId, Interface, LinkType, Source};
use crate::error::Error;
use crate::limits::Limits;
use crate::time::Timestamp;

/// The frames of a pcapng file, over all its sections.
pub struct Pcapng {
    window: Window,
    input: u32,
    frames: u64,
    order: Order,
    /// All interfaces of all sections.
    interfaces: Vec<Interface>,
    /// How each of them counts time.
    ticks: Vec<Ticks>,
    /// Index of the first interface of this section.
    section: usize,
    /// Time of the last frame: a Simple Packet Block has none of its own.
    time: Timestamp,
    largest_block: usize,
    most_interfaces: usize,
    /// A frame whose end was left out, with its zeros.
    filled: Filled,
    listened_until: Option<Timestamp>,
}

impl Pcapng {
    /// `input` is the index of this input. The first block must be a section header.
    pub fn new(window: Window, limits: &Limits, input: u32) -> Self {
        Self {
            window,
            input,
            frames: 0,
            order: Order::Little,
            interfaces: Vec::new(),
            ticks: Vec::new(),
            section: 0,
            time: Timestamp::default(),
            largest_block: limits.block,
            most_interfaces: limits.interfaces,
            filled: Filled::default(),
            listened_until: None,
        }
    }

    /// The next packet block, whole in the window; `None` at the end. Everything before it is
    /// consumed and remembered as far as it matters.
    #[inline]
    fn advance(&mut self) -> Result<Option<Packet>, Error> {
        while let Some(block) = self.next_block()? {
            match block.kind {
                EPB_MAGIC | PB_MAGIC => return self.timed(block).map(Some),
                SPB_MAGIC => return self.simple(block).map(Some),
                SHB_MAGIC => self.section_header(block)?,
                IDB_MAGIC => self.interface_description(block)?,
                ISB_MAGIC if (24..=LARGEST_DESCRIPTION).contains(&block.len) => {
                    self.statistics(block)?;
                }
                _ => self.pass_over(block)?,
            }
        }
        Ok(None)
    }

    /// Kind and length of the next block, without consuming it; `None` at the end.
    #[inline]
    fn next_block(&mut self) -> Result<Option<Block>, Error> {
        if !self.window.ensure(8, self.frames)? {
            return match self.window.peek().len() {
                0 => Ok(None),
                left => Err(self.cut(format!(
                    "{left} of the 8 bytes of the block header are there"
                ))),
            };
        }
        let mut head = self.window.peek();
        let kind = self.order.u32(head, 0);
        // The type of a section header reads the same in both byte orders; what follows does not.
        if kind == SHB_MAGIC {
            if !self.window.ensure(12, self.frames)? {
                return Err(self.cut("the section header ends early".to_owned()));
            }
            head = self.window.peek();
            self.order = match head[8..12] {
                [0x1a, 0x2b, 0x3c, 0x4d] => Order::Big,
                [0x4d, 0x3c, 0x2b, 0x1a] => Order::Little,
                _ => return Err(self.damage("the section has no byte-order magic".to_owned())),
            };
        }
        let announced = self.order.u32(head, 4);
        if announced < BLOCK_FRAME as u32 {
            return Err(self.damage(format!(
                "a block of type {kind:#010x} with {announced} bytes, fewer than a block can have"
            )));
        }
        // Lengths are multiples of four; like Wireshark we accept writers that forgot to count
        // the padding.
        let len = u64::from(announced).next_multiple_of(4);
        Ok(Some(Block { kind, len }))
    }

    /// Holds the whole block in the window; its length is at least `least` bytes.
    #[inline]
    fn hold(&mut self, block: Block, least: usize) -> Result<usize, Error> {
        let len = usize::try_from(block.len).unwrap_or(usize::MAX);
        if len > self.largest_block || len < least {
            return Err(self.damage(format!(
                "a block of type {:#010x} with {len} bytes; {least} to {} are possible",
                block.kind, self.largest_block
            )));
        }
        if !self.window.ensure(len, self.frames)? {
            let left = self.window.peek().len();
            return Err(self.cut(format!("{left} of the {len} bytes of the block are there")));
        }
        let trailer = self.order.u32(self.window.peek(), len - 4);
        self.check_trailer(block, trailer)?;
        Ok(len)
    }

    #[inline]
    fn check_trailer(&mut self, block: Block, trailer: u32) -> Result<(), Error> {
        if u64::from(trailer).next_multiple_of(4) == block.len {
            return Ok(());
        }
        Err(self.damage(format!(
            "a block of type {:#010x} begins with length {} and ends with length {trailer}",
            block.kind, block.len
        )))
    }

    /// An Enhanced Packet Block, or the obsolete Packet Block, whose interface number has two bytes
    /// and is followed by a drop count.
    #[inline]
    fn timed(&mut self, block: Block) -> Result<Packet, Error> {
        let len = self.hold(block, 32)?;
        let head = self.window.peek();
        let head = head.first_chunk::<28>().copied().unwrap_or_default();
        let [interface, high, low, captured, wire] =
            [8, 12, 16, 20, 24].map(|at| self.order.u32(&head, at));
        let interface = match block.kind {
            PB_MAGIC => u32::from(self.order.u16(&head, 8)),
            _ => interface,
        };
        let interface = self.global(interface)?;
        self.time = self.ticks[interface].time((u64::from(high) << 32) | u64::from(low));
        self.packet(len, 28, interface, captured, wire)
    }

    /// A Simple Packet Block: interface 0, no time, captured up to the snap length.
    fn simple(&mut self, block: Block) -> Result<Packet, Error> {
        let len = self.hold(block, 16)?;
        let wire = self.order.u32(self.window.peek(), 8);
        let interface = self.global(0)?;
        let captured = match self.interfaces[interface].snap_len {
            0 => wire,
            snap_len => wire.min(snap_len),
        };
        self.packet(len, 12, interface, captured, wire)
    }

    #[inline]
    fn packet(
        &mut self,
        block: usize,
        at: usize,
        interface: usize,
        captured: u32,
        wire: u32,
    ) -> Result<Packet, Error> {
        let room = block - at - 4;
        let captured = captured as usize;
        if captured > room {
            return Err(self.damage(format!(
                "a packet of {captured} bytes in a block that has room for {room}"
            )));
        }
        let wire_len = usize::try_from(wire).unwrap_or(usize::MAX);
        let left_out = match captured < wire_len {
            true => self.left_out(block, at, captured, wire_len),
            false => 0,
        };
        Ok(Packet {
            block,
            data: (at, at + captured),
            left_out,
            interface,
            wire,
        })
    }

    /// Zeros behind the captured bytes that an evidence file has left out.
    fn left_out(&self, block: usize, at: usize, captured: usize, wire: usize) -> usize {
        let options = at + captured.next_multiple_of(4)..block - 4;
        let options = self.window.peek().get(options).unwrap_or_default();
        let order = self.order;
        cut::left_out(options, captured, wire, |bytes| order.u16(bytes, 0))
    }

    /// An Interface Statistics Block may say until when was listened.
    fn statistics(&mut self, block: Block) -> Result<(), Error> {
        let len = self.hold(block, 24)?;
        let order = self.order;
        let bytes = &self.window.peek()[..len];
        let interface = order.u32(bytes, 8) as usize;
        let options = bytes.get(20..len - 4).unwrap_or_default();
        let ticks = cut::option(options, END_TIME, |bytes| order.u16(bytes, 0));
        let ticks = ticks.filter(|ticks| ticks.len() == 8);
        // What is wrong here takes nothing away from the packets.
        if let (Some(ticks), Some(each)) = (ticks, self.ticks.get(self.section + interface)) {
            let [high, low] = [0, 4].map(|at| u64::from(order.u32(ticks, at)));
            let time = each.time(high << 32 | low);
            self.listened_until = self.listened_until.max(Some(time));
        }
        self.window.take(len);
        Ok(())
    }

    /// Index over all sections of an interface of this section.
    #[inline]
    fn global(&mut self, interface: u32) -> Result<usize, Error> {
        let known = self.interfaces.len() - self.section;
        match usize::try_from(interface) {
            Ok(index) if index < known => Ok(self.section + index),
            _ => Err(self.damage(format!(
                "a packet of interface {interface}; the section has described {known}"
            ))),
        }
    }

    fn section_header(&mut self, block: Block) -> Result<(), Error> {
        let len = self.hold_description(block, 28)?;
        let Ok((_, section)) = parse_sectionheaderblock(&self.window.peek()[..len]) else {
            return Err(self.damage("the section header cannot be parsed".to_owned()));
        };
        // 1.2 is what some writers put there by mistake; the draft tells readers to accept it.
        if !matches!((section.major_version, section.minor_version), (1, 0 | 2)) {
            return Err(self.damage(format!(
                "pcapng version {}.{}, which nobody has defined",
                section.major_version, section.minor_version
            )));
        }
        self.section = self.interfaces.len();
        self.window.take(len);
        Ok(())
    }

    fn interface_description(&mut self, block: Block) -> Result<(), Error> {
        let len = self.hold_description(block, 20)?;
        if self.interfaces.len() >= self.most_interfaces {
            return Err(self.damage(format!("more than {} interfaces", self.most_interfaces)));
        }
        let bytes = &self.window.peek()[..len];
        let parsed = match self.order {
            Order::Big => parse_interfacedescriptionblock_be(bytes),
            Order::Little => parse_interfacedescriptionblock_le(bytes),
        };
        let Ok((_, description)) = parsed else {
            return Err(self.damage("the interface description cannot be parsed".to_owned()));
        };
        let options = &description.options;
        let resolution = option(options, OptionCode::IfTsresol).and_then(|value| value.first());
        let offset = option(options, OptionCode::IfTsoffset).and_then(|v| v.first_chunk::<8>());
        let offset = offset.map_or(0, |bytes| match self.order {
            Order::Big => i64::from_be_bytes(*bytes),
            Order::Little => i64::from_le_bytes(*bytes),
        });
        let name = option(options, OptionCode::IfName).map(|name| {
            String::from_utf8_lossy(&name[..name.len().min(LONGEST_NAME)]).into_owned()
        });
        let resolution = resolution.copied();
        let ticks = Ticks::new(resolution.unwrap_or(MICROSECONDS), offset);
        self.ticks.push(ticks);
        self.interfaces.push(Interface {
            name,
            link_type: LinkType(self.order.u16(bytes, 8)),
            snap_len: description.snaplen,
            resolution,
        });
        self.window.take(len);
        Ok(())
    }

    /// Holds a block whose options `pcap-parser` collects in a vector of 32 bytes each: four-byte
    /// options make that eight times the block, so it may not be as large as a packet block.
    fn hold_description(&mut self, block: Block, least: usize) -> Result<usize, Error> {
        if block.len > LARGEST_DESCRIPTION {
            return Err(self.damage(format!(
                "a block of type {:#010x} with {} bytes; {LARGEST_DESCRIPTION} are possible",
                block.kind, block.len
            )));
        }
        self.hold(block, least)
    }

    /// Consumes a block that holds no packet.
    fn pass_over(&mut self, block: Block) -> Result<(), Error> {
        let start = self.window.offset();
        let whole =
            self.window.skip(block.len - 4, self.frames)? && self.window.ensure(4, self.frames)?;
        if !whole {
            return Err(self.window.cut_short(
                self.frames,
                start,
                format!("the block of {} bytes ends early", block.len),
            ));
        }
        let trailer = self.order.u32(self.window.peek(), 0);
        if u64::from(trailer).next_multiple_of(4) != block.len {
            return Err(self.window.damaged(
                self.frames,
                start,
                format!(
                    "a block of type {:#010x} begins with length {} and ends with length {trailer}",
                    block.kind, block.len
                ),
            ));
        }
        self.window.take(4);
        // Wireshark shows these as records of their own, so they have frame numbers.
        if matches!(
            block.kind,
            CB_MAGIC | DCB_MAGIC | SJE_MAGIC | SYSDIG_EVENT | SYSDIG_EVENT_V2 | SYSDIG_EVENT_LARGE
        ) {
            self.frames += 1;
        }
        Ok(())
    }

    #[cold]
    fn cut(&mut self, what: String) -> Error {
        self.window
            .cut_short(self.frames, self.window.offset(), what)
    }

    #[cold]
    fn damage(&mut self, what: String) -> Error {
        self.window.damaged(self.frames, self.window.offset(), what)
    }
}

impl Source for Pcapng {
    #[inline]
    fn next(&mut self) -> Result<Option<Frame<'_>>, Error> {
        let Some(packet) = self.advance()? else {
            return Ok(None);
        };
        self.frames += 1;
        let offset = self.window.offset();
        let bytes = &self.window.take(packet.block)[packet.data.0..packet.data.1];
        Ok(Some(Frame {
            id: FrameId {
                input: self.input,
                number: self.frames,
                offset,
            },
            time: self.time,
            interface: packet.interface as u32,
            link_type: self.interfaces[packet.interface].link_type,
            bytes: match packet.left_out {
                0 => bytes,
                zeros => self.filled.fill(bytes, zeros),
            },
            wire_len: packet.wire,
        }))
    }

    fn interfaces(&self) -> &[Interface] {
        &self.interfaces
    }

    fn listened_until(&self) -> Option<Timestamp> {
        self.listened_until
    }

    fn format(&self) -> &str {
        if self.window.is_compressed() {
            "pcapng (gzip)"
        } else {
            "pcapng"
        }
    }

    fn position(&self) -> u64 {
        self.window.position()
    }
}

/// The first eight bytes of a block.
#[derive(Clone, Copy)]
struct Block {
    kind: u32,
    /// Length of the whole block, padding counted.
    len: u64,
}

/// A packet block that is whole in the window.
struct Packet {
    /// Length of the block.
    block: usize,
    /// Where in the block the captured bytes begin and end.
    data: (usize, usize),
    /// Zeros that follow.
    left_out: usize,
    /// Index over all sections.
    interface: usize,
    /// Bytes on the wire.
    wire: u32,
}

/// Value of the first option with this code; what follows the end of the options does not count.
fn option<'a>(options: &'a [PcapNGOption<'_>], code: OptionCode) -> Option<&'a [u8]> {
    options
        .iter()
        .take_while(|option| option.code != OptionCode::EndOfOpt)
        .find(|option| option.code == code)
        .and_then(|option| option.as_bytes().ok())
}

/// Whether these first four bytes open a pcapng file.
pub(super) fn is_pcapng(start: &[u8]) -> bool {
    start.starts_with(&SHB_MAGIC.to_be_bytes())
}

/// `isb_endtime`.
const END_TIME: u16 = 3;
/// Type and length in front, length behind.
const BLOCK_FRAME: usize = 12;
/// The obsolete Packet Block.
const PB_MAGIC: u32 = 0x0000_0002;
/// Events of the sysdig program, small and large.
const SYSDIG_EVENT: u32 = 0x0000_0204;
const SYSDIG_EVENT_V2: u32 = 0x0000_0216;
const SYSDIG_EVENT_LARGE: u32 = 0x0000_0221;
/// `if_tsresol` of an interface that does not say otherwise.
const MICROSECONDS: u8 = 6;
/// Windows names are 50 bytes, Linux ones 15.
const LONGEST_NAME: usize = 256;
/// Sixteen of the longest options.
const LARGEST_DESCRIPTION: u64 = 1 << 20;

#[cfg(test)]
#[path = "pcapng_tests.rs"]
mod tests;
