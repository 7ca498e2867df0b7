//! Who ended a connection: the first FIN or RST. What follows is a consequence.

use crate::decode::Flags;
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
}

/// Follows the end of one connection.
#[derive(Clone, Debug, Default)]
pub struct Ending {
    first: Option<End>,
    fins: [bool; 2],
    reset: bool,
}

impl Ending {
    /// Takes the flags of a segment. For a reset it says whether that is normal noise; `expected`
    /// that the peers had already said goodbye.
    pub fn segment(
        &mut self,
        from: Peer,
        flags: Flags,
        frame: u64,
        time: Timestamp,
        expected: bool,
    ) -> Option<bool> {
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

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_parts(seconds, 0)
    }

    #[test]
    fn a_reset_after_a_fin_is_noise() {
        let mut ending = Ending::default();
        let fin = Flags(Flags::FIN | Flags::ACK);
        let rst = Flags(Flags::RST);
        assert_eq!(ending.segment(Peer::Server, fin, 5, at(1), false), None);
        let reset = ending.segment(Peer::Client, rst, 6, at(2), false);
        assert_eq!(reset, Some(true));
        let first = ending.first().expect("an end");
        assert_eq!(
            (first.by, first.how, first.frame),
            (Peer::Server, How::Fin, 5)
        );
        assert!(ending.is_over());
    }

    #[test]
    fn a_reset_out_of_the_blue_is_not() {
        let mut ending = Ending::default();
        let reset = ending.segment(Peer::Server, Flags(Flags::RST), 5, at(1), false);
        assert_eq!(reset, Some(false));
        assert_eq!(ending.first().map(|end| end.how), Some(How::Rst));
    }
}
