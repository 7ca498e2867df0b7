//! Who ended a connection: the first FIN or RST. What follows is a consequence.

use crate::decode::Segment;
use crate::model::path::Seen;
use crate::model::{EndedBy, How, Peer};
use crate::time::Timestamp;

/// The first FIN or RST of a connection.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct End {
    /// Whose address it carries.
    pub by: Peer,
    /// FIN or RST.
    pub how: How,
    /// Its frame.
    pub frame: u64,
    /// Its time.
    pub time: Timestamp,
    /// Sender and place of the last data up to then, that of a FIN included.
    pub after: Option<(Peer, Seen)>,
}

/// Follows the end of one connection.
#[derive(Clone, Debug, Default)]
pub struct Ending {
    first: Option<End>,
    fins: [bool; 2],
    reset: bool,
    last_data: Option<(Peer, Seen)>,
}

impl Ending {
    /// Takes a segment. For a reset it says whether that is normal noise; `expected` that the peers
    /// had already said goodbye.
    pub fn segment(&mut self, from: Peer, segment: &Segment<'_>, expected: bool) -> Option<bool> {
        let (flags, frame, time) = (segment.flags, segment.frame.number, segment.time);
        if segment.payload_len > 0 && !flags.rst() {
            self.last_data = Some((from, Seen { frame, time }));
        }
        // A client that resets a stray packet of an earlier connection, such as the acknowledgment
        // that answers a SYN out of place, repeats its SYN (RFC 9293 section 3.10.7.4).
        let restarts = flags.syn() && !flags.ack() && !self.fins[0] && !self.fins[1];
        if restarts && self.first.is_some_and(|end| end.by == from) {
            self.first = None;
            self.reset = false;
        }
        if !flags.fin() && !flags.rst() {
            return None;
        }
        let how = if flags.rst() { How::Rst } else { How::Fin };
        let noise = expected || self.first.is_some_and(|end| end.how == How::Fin);
        let by = from;
        self.first.get_or_insert(End {
            by,
            how,
            frame,
            time,
            after: self.last_data,
        });
        if flags.rst() {
            self.reset = true;
            return Some(noise);
        }
        self.fins[from.index()] = true;
        None
    }

    /// The first FIN or RST.
    pub fn first(&self) -> Option<End> {
        self.first
    }

    /// Sender and place of the last data so far.
    pub fn last_data(&self) -> Option<(Peer, Seen)> {
        self.last_data
    }

    /// Both sides have closed, or one has reset: only stragglers follow.
    pub fn is_over(&self) -> bool {
        self.reset || self.fins == [true, true]
    }
}

impl From<Peer> for EndedBy {
    fn from(peer: Peer) -> Self {
        match peer {
            Peer::Client => Self::Client,
            Peer::Server => Self::Server,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::FrameId;
    use crate::decode::{Flags, samples};

    fn segment(flags: u8, frame: u64, payload: &'static [u8]) -> Segment<'static> {
        Segment {
            frame: FrameId {
                number: frame,
                ..FrameId::default()
            },
            time: Timestamp::from_parts(frame as i64, 0),
            source_port: 49152,
            seq: 1,
            ack: 1,
            flags: Flags(flags),
            window: 64,
            payload,
            payload_len: payload.len() as u32,
            ip_id: Some(1),
            ..samples::segment()
        }
    }

    fn seen(segment: &Segment<'_>) -> Seen {
        Seen {
            frame: segment.frame.number,
            time: segment.time,
        }
    }

    #[test]
    fn a_reset_after_a_fin_is_noise() {
        let mut ending = Ending::default();
        let fin = segment(Flags::FIN | Flags::ACK, 5, b"");
        let rst = segment(Flags::RST, 6, b"");
        assert_eq!(ending.segment(Peer::Server, &fin, false), None);
        assert_eq!(ending.segment(Peer::Client, &rst, false), Some(true));
        let first = ending.first().expect("an end");
        assert_eq!(
            (first.by, first.how, first.frame),
            (Peer::Server, How::Fin, 5)
        );
        assert_eq!(first.after, None);
        assert!(ending.is_over());
    }

    #[test]
    fn a_reset_out_of_the_blue_is_not() {
        let mut ending = Ending::default();
        let data = segment(Flags::ACK, 3, b"EHLO a\r\n");
        let rst = segment(Flags::RST, 5, b"");
        assert_eq!(ending.segment(Peer::Client, &data, false), None);
        assert_eq!(ending.segment(Peer::Server, &rst, false), Some(false));
        let first = ending.first().expect("an end");
        assert_eq!(first.how, How::Rst);
        assert_eq!(first.after, Some((Peer::Client, seen(&data))));
    }

    #[test]
    fn a_client_that_resets_a_stray_packet_goes_on() {
        let mut ending = Ending::default();
        let syn = segment(Flags::SYN, 1, b"");
        let rst = segment(Flags::RST, 3, b"");
        ending.segment(Peer::Client, &syn, false);
        ending.segment(Peer::Client, &rst, false);
        assert!(ending.is_over());
        ending.segment(Peer::Client, &syn, false);
        assert_eq!(ending.first(), None);
        assert!(!ending.is_over());
    }

    #[test]
    fn the_data_of_a_fin_comes_before_the_end() {
        let mut ending = Ending::default();
        let last = segment(Flags::FIN | Flags::ACK, 5, b"221 bye\r\n");
        ending.segment(Peer::Server, &last, false);
        let first = ending.first().expect("an end");
        assert_eq!(first.after, Some((Peer::Server, seen(&last))));
    }
}
