//! Records and messages of both sides, with holes.
#![no_main]

mod pieces;

use libfuzzer_sys::fuzz_target;
use starttap::limits::Limits;
use starttap::model::Peer;
use starttap::time::Timestamp;
use starttap::tls::handshake::{Handshake, Taken};
use starttap::tls::record::Moment;

use pieces::{Piece, pieces};

fuzz_target!(|bytes: &[u8]| {
    let Some((&first, rest)) = bytes.split_first() else {
        return;
    };
    let limits = Limits::default();
    let mut handshake = Handshake::default();
    for (bit, peer) in [(1, Peer::Client), (2, Peer::Server)] {
        if first & bit != 0 {
            handshake.start_sslv2(peer);
        }
    }
    pieces(rest, |from, piece, frame| match piece {
        Piece::Hole(len) => handshake.gap(from, len, &limits),
        Piece::Bytes(bytes) => {
            let time = Timestamp::from_parts(frame as i64, 0);
            let at = Moment { frame, time };
            if let Taken::Until(taken) = handshake.push(from, bytes, at, &limits) {
                assert!(taken < bytes.len());
                assert!(!(0x14..=0x18).contains(&bytes[taken]), "this is a record");
            }
        }
    });
    let facts = handshake.finish(true, &limits);
    assert!(facts.alerts.len() <= 16 && facts.certificates.server.len() <= 33);
});
