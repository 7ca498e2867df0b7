//! What the path and the hosts did to a connection, for the rules: resets and whether they are
//! genuine, segments that do not get through, closed windows, silence.
//!
//! Plain facts in frames, bytes and capture time; what they mean stands in the rules. All lists are
//! bounded by the modules that fill them.

use std::net::IpAddr;

use super::finding::Confidence;
use super::session::Peer;
use crate::time::Timestamp;

/// A frame and its time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Seen {
    /// 1-based frame number.
    pub frame: u64,
    /// Capture time.
    pub time: Timestamp,
}

/// What a SYN or SYN+ACK says (RFC 9293 section 3.1, RFC 7323).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opening {
    /// Initial sequence number.
    pub isn: u32,
    /// TTL or hop limit.
    pub ttl: u8,
    /// Maximum segment size announced, in bytes.
    pub mss: Option<u16>,
    /// Window scale shift.
    pub window_scale: Option<u8>,
    /// Selective acknowledgments are permitted.
    pub sack: bool,
    /// The sender's time stamp, where time stamps are offered. Real stacks begin them at random for
    /// each pair of hosts or ports (RFC 7323 section 7.1), and few devices touch them.
    pub timestamp: Option<u32>,
}

/// A RST.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reset {
    /// Its frame.
    pub frame: u64,
    /// Its time.
    pub time: Timestamp,
    /// Whose address it carries.
    pub from: Peer,
    /// Normal noise: after a FIN, QUIT, a fatal alert, or the end of a working session.
    pub noise: bool,
    /// It acknowledges something, as the answer to a SYN does (RFC 9293 section 3.10.7.1).
    pub acknowledges: bool,
    /// Its TTL or hop limit.
    pub ttl: u8,
    /// Median of what that peer's other packets have; `None` with fewer than three of them, or
    /// when they differ among themselves.
    pub usual_ttl: Option<u8>,
    /// The last segment with data before it, of either side.
    pub after: Option<(Peer, Seen)>,
    /// Silence of the whole connection just before it, from the last frame before to the first
    /// frame after; only long ones.
    pub idle: Option<(Seen, Seen)>,
    /// What speaks against the peer whose address it carries.
    pub signs: Signs,
    /// How sure somebody else sent it; `None` when nothing says so.
    pub foreign: Option<Confidence>,
}

/// Signs that a reset did not come from the peer whose address it carries.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Signs {
    /// The hop limit is at least 3 off.
    pub ttl: Option<TtlSign>,
    /// The IP identification does not continue the peer's.
    pub ip_id: Option<IpIdSign>,
    /// The window field: the one of the other side, or far above all of the peer's own.
    pub window: Option<u16>,
    /// It acknowledges data sent this short a time before, in nanoseconds, though the shortest
    /// round trip to that peer takes so long.
    pub too_early: Option<(i64, i64)>,
    /// The first frame in which the peer goes on as if nothing had happened.
    pub went_on: Option<Seen>,
    /// A reset in the other direction at the same instant.
    pub both_ways: Option<Seen>,
}

/// What the hop limit of a foreign reset says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TtlSign {
    /// Hop limit of the reset.
    pub reset: u8,
    /// Median of the peer's other packets.
    pub usual: u8,
}

impl TtlSign {
    /// The hops differ, and not only the initial value a host may give its resets.
    pub const fn other_distance(self) -> bool {
        hops(self.reset).abs_diff(hops(self.usual)) >= 3
    }
}

/// Hops between the sender and the capture point, if the sender began with 64, 128 or 255.
pub const fn hops(ttl: u8) -> u8 {
    match ttl {
        0..=64 => 64 - ttl,
        65..=128 => 128 - ttl,
        129.. => 255 - ttl,
    }
}

/// What the IP identification of a foreign reset says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IpIdSign {
    /// It is the one of the packet the reset answers.
    Copied(u16),
    /// The peer counts, and this is not its next number.
    OutOfSequence {
        /// Identification of the reset.
        reset: u16,
        /// The peer's last one.
        last: u16,
    },
    /// Zero, from a peer that numbers even its SYN+ACK.
    Zero,
}

/// A full-size segment that does not get through, seen where it is sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Stuck {
    /// Payload bytes.
    pub len: u32,
    /// Every transmission of this size, the first one included.
    pub sent: Vec<Seen>,
    /// The intervals grow.
    pub backs_off: bool,
    /// Segments of this sender that were acknowledged, and the largest of them in bytes.
    pub passed: u32,
    /// The largest of them, in bytes.
    pub largest_passed: u32,
    /// The smaller of the two maximum segment sizes announced; `None` when a SYN is missing.
    pub mss: Option<u16>,
    /// A later segment of the receiver: the path as such is alive.
    pub receiver_alive: Option<Seen>,
    /// Later, smaller segments got through: a selective acknowledgment, or repeated ones that stay
    /// before it.
    pub later_passed: Option<Seen>,
    /// The same bytes got through in smaller pieces: largest piece in bytes.
    pub smaller_passed: Option<u32>,
    /// Frames above the segment size were captured: the sender's card cuts them.
    pub offload: bool,
}

/// Bytes that never arrive, seen where they are received.
#[derive(Clone, Debug, PartialEq)]
pub struct Hole {
    /// The first frame from beyond it.
    pub seen: Seen,
    /// Missing bytes.
    pub missing: u32,
    /// The largest segment of that sender that did arrive, in bytes.
    pub largest_seen: u32,
    /// The receiver's acknowledgments that stay before the hole.
    pub acks: Vec<u64>,
    /// The smaller of the two maximum segment sizes announced; `None` when a SYN is missing.
    pub mss: Option<u16>,
    /// The last segment of either side.
    pub last: Timestamp,
}

/// The longest time a receiver kept its window closed.
#[derive(Clone, Debug, PartialEq)]
pub struct Stall {
    /// Where it closed.
    pub from: Seen,
    /// Where it opened again; `None` = not in the capture.
    pub until: Option<Seen>,
    /// The last frame of the connection while it was closed.
    pub last: Seen,
    /// Probes of the sender meanwhile.
    pub probes: Vec<u64>,
}

/// What became of a stretch of one side's bytes.
#[derive(Clone, Debug, PartialEq)]
pub struct Delivery {
    /// When it was complete.
    pub sent: Seen,
    /// Later transmissions of bytes of it that were not acknowledged.
    pub again: Vec<Seen>,
    /// The acknowledgment of all of it.
    pub acked: Option<Seen>,
    /// An acknowledgment of a part of it.
    pub part_acked: Option<Seen>,
    /// The first new data of the other side afterwards.
    pub answer: Option<Seen>,
}

/// An ICMP error that quotes a segment of the connection.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct IcmpNote {
    /// Its frame and time.
    pub seen: Seen,
    /// Who sent it.
    pub sender: IpAddr,
    /// ICMP type (of ICMPv6 when the addresses are IPv6).
    pub kind: u8,
    /// ICMP code.
    pub code: u8,
    /// Next-hop MTU in bytes; 0 = not given.
    pub mtu: u32,
    /// Who sent the quoted segment.
    pub to: Peer,
    /// First later segment of that peer which is still larger than the MTU.
    pub ignored: Option<u64>,
}

impl IcmpNote {
    /// "Fragmentation needed" (RFC 792, RFC 1191) or "packet too big" (RFC 4443).
    pub const fn is_too_big(&self) -> bool {
        match self.sender {
            IpAddr::V4(_) => self.kind == 3 && self.code == 4,
            IpAddr::V6(_) => self.kind == 2,
        }
    }

    /// "Destination unreachable" of another kind.
    pub const fn is_unreachable(&self) -> bool {
        match self.sender {
            IpAddr::V4(_) => self.kind == 3 && self.code != 4,
            IpAddr::V6(_) => self.kind == 1,
        }
    }
}

/// Everything the path did to one connection. Pairs are indexed by [`Peer::index`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Path {
    /// The client's SYNs.
    pub syns: Vec<Seen>,
    /// By sender.
    pub stuck: [Option<Stuck>; 2],
    /// By sender.
    pub holes: [Option<Hole>; 2],
    /// By the receiver whose window is closed.
    pub stalls: [Option<Stall>; 2],
    /// What became of the ClientHello.
    pub hello: Option<Delivery>,
    /// ICMP errors about the connection.
    pub icmp: Vec<IcmpNote>,
    /// Bytes of this sender were acknowledged that the capture does not hold.
    pub unseen: [bool; 2],
    /// The last segment of either side, capture copies aside.
    pub last: Option<Seen>,
    /// Capture time had come this far when the session was closed.
    pub observed_until: Timestamp,
}
