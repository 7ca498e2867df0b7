//! Where frames come from: files, standard input, interfaces.
//!
//! A [`Source`] lends one [`Frame`] at a time; nothing is copied on the way to the decoder.

mod ahead;
pub mod cut;
#[cfg(feature = "live")]
pub mod devices;
#[cfg(feature = "live")]
mod dlt;
pub mod filter;
mod foreign;
#[cfg(feature = "compress")]
mod gzip;
#[cfg(feature = "live")]
mod kernel;
#[cfg(feature = "live")]
pub mod live;
pub mod open;
pub mod pcap;
pub mod pcapng;
mod ticks;
pub mod window;
pub mod write;

#[cfg(test)]
mod samples;

use std::fmt;

use crate::error::Error;
use crate::time::Timestamp;

/// Which frame of which input.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FrameId {
    /// Index of the input, in the order given.
    pub input: u32,
    /// 1-based number of the frame in its input, as Wireshark counts: every packet record counts,
    /// also those that no decoder understands.
    pub number: u64,
    /// Byte offset of the packet record in the (decompressed) input.
    pub offset: u64,
}

/// A LINKTYPE number as registered at tcpdump.org (not libpcap's internal DLT numbers).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkType(pub u16);

/// The usual name; other types by their number.
impl fmt::Display for LinkType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            0 => "BSD loopback",
            1 => "Ethernet",
            9 => "PPP",
            12 | 101 => "raw IP",
            104 => "Cisco HDLC",
            105 => "802.11",
            108 => "OpenBSD loopback",
            113 => "Linux cooked (SLL)",
            127 => "802.11 with radiotap",
            228 => "raw IPv4",
            229 => "raw IPv6",
            239 => "NFLOG",
            276 => "Linux cooked (SLL2)",
            other => return write!(f, "link type {other}"),
        })
    }
}

/// One captured frame, lent by its source until the next one is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    /// Which frame this is.
    pub id: FrameId,
    /// When it was captured. A Simple Packet Block of pcapng does not say: it carries the time of
    /// the frame before, or the epoch.
    pub time: Timestamp,
    /// Index into [`Source::interfaces`].
    pub interface: u32,
    /// Link type of that interface.
    pub link_type: LinkType,
    /// The captured bytes.
    pub bytes: &'a [u8],
    /// Length on the wire, in bytes; more than `bytes.len()` when the snap length cut the frame.
    pub wire_len: u32,
}

/// What a capture says about one of its interfaces.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Interface {
    /// Name, where the capture holds one.
    pub name: Option<String>,
    /// Link type of its frames.
    pub link_type: LinkType,
    /// Snap length in bytes; 0 = no limit.
    pub snap_len: u32,
    /// How finely it counts time, as `if_tsresol` of pcapng says it: 10^-n seconds, with the upper
    /// bit 2^-n. `None` = microseconds.
    pub resolution: Option<u8>,
}

/// A stream of frames.
pub trait Source {
    /// The next frame, `None` at the end. After an error there is nothing more to read; what was
    /// read before stays valid.
    fn next(&mut self) -> Result<Option<Frame<'_>>, Error>;

    /// The interfaces seen so far, over all sections of the input.
    fn interfaces(&self) -> &[Interface];

    /// Name of the format, for the report: `pcap`, `pcapng`, `pcap (gzip)` …
    fn format(&self) -> &str;

    /// Until when was listened, as far as the capture has said so yet: later than its last frame
    /// where nothing more came.
    fn listened_until(&self) -> Option<Timestamp> {
        None
    }

    /// Bytes of the underlying input consumed so far, for the progress bar.
    fn position(&self) -> u64;
}
