//! Facts that the rules need and the record does not carry.

use super::kept::Kept;
use super::left_out::LeftOut;
use super::message::Message;
use super::path::{Opening, Path, Reset, Seen};
use crate::time::Timestamp;

/// Evidence gathered beside the record. Lists are bounded by `Limits::labels`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Evidence {
    /// Frames that carry data or a flag that opens or ends the connection, in order.
    pub times: Vec<Seen>,
    /// Frames of genuine retransmissions, in order.
    pub retransmissions: Vec<u64>,
    /// Of these, the ones that the client sent.
    pub client_retransmissions: Vec<u64>,
    /// Of all of them, the ones that carried bytes of the handshake.
    pub handshake_retransmissions: Vec<u64>,
    /// Bytes of client and server that were sent and, as far as the capture shows, never arrived.
    pub undelivered: [u64; 2],
    /// The SYN of the client and the SYN+ACK of the server.
    pub openings: [Option<Opening>; 2],
    /// Resets, in order.
    pub resets: Vec<Reset>,
    /// When the ClientHello was complete.
    pub client_hello_at: Option<Timestamp>,
    /// The reply to the last EHLO was seen whole.
    pub hello_answered: bool,
    /// A message, or a part of one, was sent in clear.
    pub message_seen: bool,
    /// The port carries TLS from the first byte: nobody waits for a banner there.
    pub implicit_tls: bool,
    /// The same ports were used for a new connection before this one was seen to end.
    pub taken_over: bool,
    /// When both sides had gone encrypted.
    pub established_at: Option<Timestamp>,
    /// Application data records of client and server after that.
    pub data_records: [u64; 2],
    /// The client has answered the server's flight.
    pub client_answered: bool,
    /// Messages that showed when the session ended, with their frames, where messages are noted.
    pub messages: Vec<(u64, Message)>,
    /// What the path and the hosts did.
    pub path: Path,
    /// What did not fit into the bounds.
    pub left_out: LeftOut,
    /// What may be shown of the bytes, where an evidence file is wanted.
    pub kept: Option<Box<Kept>>,
}

impl Evidence {
    /// When a frame was captured; `None` for frames that are not among [`Self::times`].
    pub fn time_of(&self, frame: u64) -> Option<Timestamp> {
        let at = self.times.binary_search_by_key(&frame, |seen| seen.frame);
        Some(self.times[at.ok()?].time)
    }
}
