//! What is known of one direction of a handshake.

use super::message::MessageJoiner;
use super::record::{Moment, RecordReader};
use super::ssl2_record::Ssl2Reader;
use crate::model;
use crate::model::tls::Version;

/// How the bytes of one direction are framed.
#[derive(Debug)]
pub(super) enum Framing {
    /// SSL 3.0 and TLS.
    Records(RecordReader),
    /// SSL 2.0.
    Ssl2(Ssl2Reader),
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
    /// Its hello was read: what else it says is TLS as well.
    pub(super) said_hello: bool,
    /// The last handshake message in clear.
    pub(super) last_message: Option<(u64, model::Message)>,
    /// A ChangeCipherSpec record was seen.
    pub(super) changed: bool,
    /// A record after it was seen (TLS 1.2 and below), or after the keys of SSL 2.0.
    pub(super) encrypted_at: Option<Moment>,
    /// Encrypted records of SSL 2.0.
    pub(super) ssl2_records: u64,
    /// Application data after a ServerHello of TLS 1.3.
    pub(super) data_13: Data13,
    /// Application data records since both sides went encrypted.
    pub(super) data_records: u64,
    /// Bytes of this side are missing.
    pub(super) holed: bool,
    /// After a hole nobody knows whether the next record begins with a message.
    pub(super) out_of_step: bool,
    /// A ServerKeyExchange was seen.
    pub(super) has_key_exchange: bool,
    /// Its last record was an encrypted alert: its place in the list of alerts.
    pub(super) ends_in_alert: Option<usize>,
    /// Version and moment of the last handshake record.
    pub(super) last: (Version, Moment),
}

/// Application data of one side after a ServerHello of TLS 1.3; of the server, after the client's
/// Finished.
#[derive(Debug, Default)]
pub(super) struct Data13 {
    /// How many records.
    pub(super) records: u64,
    /// The first one, if it is as long as a lone alert.
    pub(super) lone_alert: Option<Moment>,
    /// One is more than a lone alert.
    pub(super) more_than_alert: bool,
    /// The last one, after others, is as long as a lone alert: a goodbye.
    pub(super) said_goodbye: bool,
}

impl Default for Side {
    fn default() -> Self {
        Self {
            framing: Framing::Records(RecordReader::default()),
            messages: MessageJoiner::default(),
            half_alert: None,
            said_hello: false,
            last_message: None,
            changed: false,
            encrypted_at: None,
            ssl2_records: 0,
            data_13: Data13::default(),
            data_records: 0,
            holed: false,
            out_of_step: false,
            has_key_exchange: false,
            ends_in_alert: None,
            last: (Version(0), Moment::default()),
        }
    }
}
