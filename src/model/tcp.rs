//! What TCP did: Wireshark's counters on the frames left after copies are set aside.

use schemars::JsonSchema;
use serde::Serialize;

use super::session::Peer;

/// TCP facts of a session.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Tcp {
    /// How far the three-way handshake came.
    pub handshake: Handshake,
    /// Initial round-trip time in seconds (Wireshark's `tcp.analysis.initial_rtt`).
    pub rtt: Option<f64>,
    /// What the client sent.
    pub client: Counters,
    /// What the server sent.
    pub server: Counters,
    /// Frames that are a second copy of a packet already seen.
    pub capture_copies: u64,
    /// Where the packets of each side were seen, and how often; empty without copies.
    pub vantages: Vec<Vantage>,
    /// Frames that may be such copies, and are counted as packets of their own.
    pub possible_copies: u64,
    /// Frames seen at the first of two vantages and never at the second: lost in between.
    pub lost_between: Vec<u64>,
}

/// A place at which packets of one side were seen: an interface, or one side of a router.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Vantage {
    /// Whose packets.
    pub from: Peer,
    /// TTL or hop limit.
    pub ttl: u8,
    /// Interface of the capture.
    pub interface: u32,
    /// VLAN identifiers, outermost first.
    pub vlans: Vec<u16>,
    /// Source MAC address, where the link layer has one.
    pub source_mac: Option<String>,
    /// Tunnel headers around the packets.
    pub tunnel_depth: u8,
    /// Packets first seen here.
    pub packets: u64,
    /// Copies of packets seen elsewhere, or here, before.
    pub copies: u64,
}

/// How far the three-way handshake came (RFC 9293 section 3.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Handshake {
    /// SYN, SYN+ACK, ACK.
    Complete,
    /// SYN without an answer.
    SynOnly,
    /// SYN+ACK without the final ACK.
    HalfOpen,
    /// SYN answered by RST.
    Refused,
    /// The capture began later.
    Midstream,
}

/// Counters of one direction.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Counters {
    /// Segments.
    pub packets: u64,
    /// Payload bytes on the wire, retransmissions included.
    pub bytes: u64,
    /// Retransmitted segments, fast and spurious ones included.
    pub retransmissions: u64,
    /// Of these, fast retransmissions.
    pub fast_retransmissions: u64,
    /// Of these, retransmissions of bytes already acknowledged.
    pub spurious_retransmissions: u64,
    /// Segments that arrived out of order.
    pub out_of_order: u64,
    /// Duplicate acknowledgments.
    pub duplicate_acks: u64,
    /// Segments before which one is missing at that moment.
    pub lost_segments: u64,
    /// Segments that close the window.
    pub zero_windows: u64,
    /// Stream bytes that are not in the capture.
    pub missing_bytes: u64,
}
