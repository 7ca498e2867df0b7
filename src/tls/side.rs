//! What is known of one direction of a handshake.

use super::message::MessageJoiner;
use super::record::{Moment, RecordReader};
use crate::model::tls::Version;

/// Length and high bit before an SSL 2.0 hello, which has no padding.
pub(super) const SSL2_HEADER: usize = 2;

/// How the bytes of one direction are framed.
#[derive(Debug)]
pub(super) enum Framing {
    /// SSL 3.0 and TLS.
    Records(RecordReader),
    /// An SSL 2.0 message, collected up to its announced length.
    Ssl2(Vec<u8>),
    /// Nothing more to learn.
    Done,
}

/// One direction.
#[derive(Debug)]
pub(super) struct Side {
    /// Records, or something older.
    pub(super) framing: Framing,
    /// Handshake messages in the making.
    pub(super) messages: MessageJoiner,
    /// First byte of an alert split over two records.
    pub(super) half_alert: Option<u8>,
    /// A ChangeCipherSpec record was seen.
    pub(super) changed: bool,
    /// A record after it was seen (TLS 1.2 and below).
    pub(super) encrypted_at: Option<Moment>,
    /// A TLS 1.3 record was seen that is more than a lone alert.
    pub(super) more_than_alert: bool,
    /// Application data records since both sides went encrypted.
    pub(super) data_records: u64,
    /// Bytes of this side are missing.
    pub(super) holed: bool,
    /// A ServerKeyExchange was seen.
    pub(super) has_key_exchange: bool,
    /// Version and moment of the last handshake record.
    pub(super) last: (Version, Moment),
}

impl Default for Side {
    fn default() -> Self {
        Self {
            framing: Framing::Records(RecordReader::default()),
            messages: MessageJoiner::default(),
            half_alert: None,
            changed: false,
            encrypted_at: None,
            more_than_alert: false,
            data_records: 0,
            holed: false,
            has_key_exchange: false,
            last: (Version(0), Moment::default()),
        }
    }
}

/// Adds to an SSL 2.0 message; gives it, header included, once it is whole.
pub(super) fn collect_ssl2(message: &mut Vec<u8>, rest: &mut &[u8]) -> Option<Vec<u8>> {
    while message.len() < SSL2_HEADER {
        let (&byte, tail) = rest.split_first()?;
        message.push(byte);
        *rest = tail;
    }
    let len = usize::from(u16::from_be_bytes([message[0] & 0x7F, message[1]]));
    let len = len + SSL2_HEADER;
    let taken = (len - message.len()).min(rest.len());
    let (body, tail) = rest.split_at(taken);
    message.extend_from_slice(body);
    *rest = tail;
    (message.len() == len).then(|| std::mem::take(message))
}
