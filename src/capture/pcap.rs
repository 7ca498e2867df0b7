//! Classic pcap files, in both byte orders, with micro- or nanoseconds.
//!
//! The 16 bytes of a record header are parsed here and not by `pcap-parser`: its functions know
//! neither the big-endian "modified" files nor the swapped lengths of old versions, and an
//! unchecked length makes them ask for 4 GiB before anybody can call it damage.
//!
//! The format: <https://www.ietf.org/archive/id/draft-ietf-opsawg-pcap-05.html>.

use super::window::Window;
use super::{Frame, FrameId, Interface, LinkType, Source};
use crate::error::Error;
use crate::limits::Limits;
use crate::time::Timestamp;

/// The frames of a pcap file.
pub struct Pcap {
    window: Window,
    input: u32,
    frames: u64,
    layout: Layout,
    largest_packet: u32,
    interface: Interface,
}

impl Pcap {
    /// Reads the file header; `input` is the index of this input.
    pub fn new(mut window: Window, limits: &Limits, input: u32) -> Result<Self, Error> {
        if !window.ensure(FILE_HEADER, 0)? {
            return Err(Error::NotACapture {
                path: window.path().to_owned(),
                looks_like: format!(
                    "a pcap header of {FILE_HEADER} bytes that is cut after {}",
                    window.peek().len()
                ),
                remedy: "copy or record it again".to_owned(),
            });
        }
        let header = window.peek();
        let Some(mut layout) = Layout::of_magic(header) else {
            return Err(window.damaged(0, 0, "the pcap magic number is missing".to_owned()));
        };
        let half = |at: usize| layout.order.u16(header, at);
        let word = |at: usize| layout.order.u32(header, at);
        let (major, minor) = (half(4), half(6));
        // Bits 16 to 25 are reserved, bit 26 and the four upper ones tell the length of a frame
        // check sequence behind each packet.
        let interface = Interface {
            name: None,
            link_type: LinkType((word(20) & 0xffff) as u16),
            snap_len: word(16),
            resolution: (layout.unit == 1).then_some(NANOSECONDS),
        };
        layout.lengths = match (major, minor) {
            // The two lengths changed places in 2.3; 2.3 itself was written both ways. 543.0 is
            // what DG/UX tcpdump writes. (As libpcap and Wireshark read them.)
            (2, 0..=2) | (543, 0) => Lengths::WireFirst,
            (2, 3) => Lengths::SmallerIsCaptured,
            (2, _) => Lengths::CapturedFirst,
            _ => {
                return Err(Error::NotACapture {
                    path: window.path().to_owned(),
                    looks_like: format!("pcap version {major}.{minor}, which nobody has defined"),
                    remedy: "convert it: editcap -F pcapng IN OUT".to_owned(),
                });
            }
        };
        window.take(FILE_HEADER);
        Ok(Self {
            window,
            input,
            frames: 0,
            layout,
            largest_packet: LARGEST_PACKET.min(u32::try_from(limits.block).unwrap_or(u32::MAX)),
            interface,
        })
    }

    /// What stands where a record header should be, when it is not whole.
    #[cold]
    fn end(&mut self) -> Option<Error> {
        match self.window.peek().len() {
            0 => None,
            left => {
                let whole = self.layout.record_header;
                let what = format!("{left} of the {whole} bytes of the record header are there");
                Some(
                    self.window
                        .cut_short(self.frames, self.window.offset(), what),
                )
            }
        }
    }

    #[cold]
    fn cut(&mut self, captured: u32) -> Error {
        let left = self.window.peek().len() - self.layout.record_header;
        let what = format!("{left} of the {captured} bytes of the packet are there");
        self.window
            .cut_short(self.frames, self.window.offset(), what)
    }

    #[cold]
    fn too_long(&mut self, captured: u32) -> Error {
        let what = format!(
            "a packet of {captured} bytes, more than the {} bytes a capture program writes",
            self.largest_packet
        );
        self.window.damaged(self.frames, self.window.offset(), what)
    }
}

impl Source for Pcap {
    // A few nanoseconds a packet: no intermediate result is built on the way.
    fn next(&mut self) -> Result<Option<Frame<'_>>, Error> {
        let header_len = self.layout.record_header;
        if !self.window.ensure(header_len, self.frames)? {
            return self.end().map_or(Ok(None), Err);
        }
        let record = self.layout.record(self.window.peek());
        if record.captured > self.largest_packet {
            return Err(self.too_long(record.captured));
        }
        let len = header_len + record.captured as usize;
        if !self.window.ensure(len, self.frames)? {
            return Err(self.cut(record.captured));
        }
        self.frames += 1;
        let offset = self.window.offset();
        Ok(Some(Frame {
            id: FrameId {
                input: self.input,
                number: self.frames,
                offset,
            },
            time: record.time,
            interface: 0,
            link_type: self.interface.link_type,
            bytes: &self.window.take(len)[header_len..],
            wire_len: record.wire,
        }))
    }

    fn interfaces(&self) -> &[Interface] {
        std::slice::from_ref(&self.interface)
    }

    fn format(&self) -> &str {
        if self.window.is_compressed() {
            "pcap (gzip)"
        } else {
            "pcap"
        }
    }

    fn position(&self) -> u64 {
        self.window.position()
    }
}

/// What a record header says.
struct Record {
    time: Timestamp,
    /// Bytes captured.
    captured: u32,
    /// Bytes on the wire.
    wire: u32,
}

/// How this file writes its records.
#[derive(Clone, Copy)]
struct Layout {
    order: Order,
    /// Nanoseconds in one unit of the fraction.
    unit: u32,
    /// Bytes in front of each packet.
    record_header: usize,
    lengths: Lengths,
}

/// Which of the two lengths of a record comes first.
#[derive(Clone, Copy)]
enum Lengths {
    CapturedFirst,
    WireFirst,
    SmallerIsCaptured,
}

impl Layout {
    /// From the magic number that opens the file.
    fn of_magic(header: &[u8]) -> Option<Self> {
        let magic = Order::Big.u32(header, 0);
        let (order, magic) = match magic {
            0xd4c3_b2a1 | 0x4d3c_b2a1 | 0x34cd_b2a1 => (Order::Little, magic.swap_bytes()),
            _ => (Order::Big, magic),
        };
        let (unit, record_header) = match magic {
            0xa1b2_c3d4 => (1_000, 16),
            0xa1b2_3c4d => (1, 16),
            // Alexey Kuznetzov's libpcap patch: interface index, protocol and packet type follow
            // the lengths.
            0xa1b2_cd34 => (1_000, 24),
            _ => return None,
        };
        Some(Self {
            order,
            unit,
            record_header,
            lengths: Lengths::CapturedFirst,
        })
    }

    #[inline]
    fn record(self, header: &[u8]) -> Record {
        let [seconds, fraction, first, second] = [0, 4, 8, 12].map(|at| self.order.u32(header, at));
        let (captured, wire) = match self.lengths {
            Lengths::CapturedFirst => (first, second),
            Lengths::WireFirst => (second, first),
            Lengths::SmallerIsCaptured => (first.min(second), first.max(second)),
        };
        // A fraction of a second or more is added as it stands, as Wireshark does.
        let nanos = i64::from(seconds) * 1_000_000_000 + i64::from(fraction) * i64::from(self.unit);
        Record {
            time: Timestamp::from_nanos(nanos),
            captured,
            wire,
        }
    }
}

/// Byte order of a file or section.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Big,
    Little,
}

impl Order {
    /// The two bytes at `at`, which the caller has checked to be there; otherwise 0.
    #[inline]
    pub(super) fn u16(self, bytes: &[u8], at: usize) -> u16 {
        let pair = bytes.get(at..).and_then(<[u8]>::first_chunk);
        let pair = pair.copied().unwrap_or_default();
        match self {
            Self::Big => u16::from_be_bytes(pair),
            Self::Little => u16::from_le_bytes(pair),
        }
    }

    /// The four bytes at `at`, which the caller has checked to be there; otherwise 0.
    #[inline]
    pub(super) fn u32(self, bytes: &[u8], at: usize) -> u32 {
        let word = bytes.get(at..).and_then(<[u8]>::first_chunk);
        let word = word.copied().unwrap_or_default();
        match self {
            Self::Big => u32::from_be_bytes(word),
            Self::Little => u32::from_le_bytes(word),
        }
    }
}

/// Whether these first four bytes open a pcap file.
pub(super) fn is_pcap(start: &[u8]) -> bool {
    start.len() >= 4 && Layout::of_magic(start).is_some()
}

const FILE_HEADER: usize = 24;

/// As in pcapng.
const NANOSECONDS: u8 = 9;

/// libpcap's `MAXIMUM_SNAPLEN` and Wireshark's limit: nothing they write is longer, and what is
/// longer is a length read from the wrong place.
const LARGEST_PACKET: u32 = 262_144;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::samples::{self, Seen, pcap_header, pcap_record};

    fn read(bytes: Vec<u8>) -> (Vec<Seen>, Option<Error>) {
        let window = samples::window(bytes);
        let mut source = match Pcap::new(window, &Limits::default(), 3) {
            Ok(source) => source,
            Err(error) => return (Vec::new(), Some(error)),
        };
        samples::drain(&mut source)
    }

    #[test]
    fn reads_every_magic_in_both_orders() {
        for (magic, nanos) in [
            (0xa1b2_c3d4, 5_000),
            (0xa1b2_3c4d, 5),
            (0xa1b2_cd34_u32, 5_000),
        ] {
            for order in [Order::Big, Order::Little] {
                let mut file = pcap_header(order, magic, (2, 4), 0x3400_0001);
                for payload in [&b"first"[..], b"", b"third"] {
                    let cooked = magic == 0xa1b2_cd34;
                    file.extend(pcap_record(order, [7, 5], [payload.len(), 99], cooked));
                    file.extend(payload);
                }
                let (frames, error) = read(file);
                assert!(error.is_none(), "{magic:x} {order:?}: {error:?}");
                assert_eq!(frames.len(), 3);
                assert_eq!(frames[0].id.offset, 24);
                assert_eq!((frames[2].id.input, frames[2].id.number), (3, 3));
                assert_eq!(frames[2].bytes, b"third");
                assert_eq!(frames[2].wire_len, 99);
                assert_eq!(frames[2].link_type, LinkType(1));
                assert_eq!(frames[2].time.as_nanos(), 7_000_000_000 + nanos);
            }
        }
    }

    #[test]
    fn old_versions_swap_the_lengths() {
        for (minor, lengths) in [(1, [60, 3]), (2, [60, 3]), (3, [60, 3]), (3, [3, 60])] {
            let mut file = pcap_header(Order::Big, 0xa1b2_c3d4, (2, minor), 1);
            file.extend(pcap_record(Order::Big, [1, 0], lengths, false));
            file.extend(b"abc");
            let (frames, error) = read(file);
            assert!(error.is_none(), "2.{minor}: {error:?}");
            assert_eq!((frames[0].bytes.len(), frames[0].wire_len), (3, 60));
        }
    }

    #[test]
    fn times_beyond_2038_and_broken_fractions_are_kept() {
        let mut file = pcap_header(Order::Little, 0xa1b2_c3d4, (2, 4), 1);
        file.extend(pcap_record(
            Order::Little,
            [u32::MAX, u32::MAX],
            [0, 0],
            false,
        ));
        let (frames, _) = read(file);
        assert_eq!(
            frames[0].time.as_nanos(),
            4_294_967_295_000_000_000 + 4_294_967_295_000
        );
    }

    #[test]
    fn a_cut_record_comes_after_all_complete_frames() {
        let mut file = pcap_header(Order::Little, 0xa1b2_c3d4, (2, 4), 1);
        file.extend(pcap_record(Order::Little, [1, 0], [4, 4], false));
        file.extend(b"abcd");
        file.extend(pcap_record(Order::Little, [1, 0], [9, 9], false));
        file.extend(b"ab");
        let (frames, error) = read(file.clone());
        assert_eq!(frames.len(), 1);
        assert_eq!(
            error.map(|e| e.to_string()).as_deref(),
            Some("x: cut short in frame 2 at byte 44: 2 of the 9 bytes of the packet are there")
        );
        file.truncate(50);
        let (frames, error) = read(file);
        assert_eq!(frames.len(), 1);
        assert!(matches!(
            error,
            Some(Error::CutShort {
                frame: 2,
                offset: 44,
                ..
            })
        ));
    }

    #[test]
    fn an_absurd_length_is_damage() {
        let mut file = pcap_header(Order::Little, 0xa1b2_c3d4, (2, 4), 1);
        file.extend(pcap_record(Order::Little, [1, 0], [0, 0], false));
        file.extend(pcap_record(Order::Little, [1, 0], [262_145, 0], false));
        file.resize(400_000, 0);
        let (frames, error) = read(file);
        assert_eq!(frames.len(), 1);
        assert!(matches!(
            error,
            Some(Error::Damaged {
                frame: 1,
                offset: 40,
                ..
            })
        ));
    }

    #[test]
    fn a_cut_header_and_an_unknown_version_are_no_captures() {
        let mut file = pcap_header(Order::Little, 0xa1b2_c3d4, (2, 4), 1);
        file.truncate(20);
        assert!(matches!(read(file).1, Some(Error::NotACapture { .. })));
        let file = pcap_header(Order::Little, 0xa1b2_c3d4, (7, 4), 1);
        assert!(matches!(read(file).1, Some(Error::NotACapture { .. })));
    }
}
