//! Records and messages of both sides, with holes, in both formats.

use starttap::limits::Limits;
use starttap::model::Peer;
use starttap::model::tls::Tls;
use starttap::time::Timestamp;
use starttap::tls::handshake::{Handshake, Taken};
use starttap::tls::record::Moment;

use super::pieces::{Piece, pieces};

/// The facts are the same however the bytes of a frame are handed over.
pub fn handshake(bytes: &[u8]) {
    let Some((&first, rest)) = bytes.split_first() else {
        return;
    };
    let whole = facts(first, rest, usize::MAX);
    let in_parts = facts(first, rest, usize::from(first >> 2) % 7 + 1);
    assert_eq!(whole, in_parts);
    assert!(whole.alerts.len() <= 16 && whole.certificates.server.len() <= 33);
}

fn facts(first: u8, bytes: &[u8], part: usize) -> Tls {
    let limits = Limits::default();
    let mut handshake = Handshake::default();
    for (bit, peer) in [(1, Peer::Client), (2, Peer::Server)] {
        if first & bit != 0 {
            handshake.start_sslv2(peer);
        }
    }
    pieces(bytes, |from, piece, frame| match piece {
        Piece::Hole(len) => handshake.gap(from, len, &limits),
        Piece::Bytes(bytes) => {
            let time = Timestamp::from_parts(frame as i64, 0);
            let at = Moment { frame, time };
            for bytes in bytes.chunks(part.min(bytes.len())) {
                if let Taken::Until(taken) = handshake.push(from, bytes, at, &limits) {
                    assert!(taken < bytes.len());
                    assert!(!(0x14..=0x18).contains(&bytes[taken]), "this is a record");
                    return;
                }
            }
        }
    });
    handshake.finish(true, &limits)
}
