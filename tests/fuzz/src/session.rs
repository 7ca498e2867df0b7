//! One connection from its first line to its reports: where text becomes TLS and TLS text.

use starttap::model::Peer;

use super::packets::{DATA, FIN, Packets, RST};
use super::pieces::{Piece, pieces};
use super::reports;

/// The first byte says what stands around the pieces.
pub fn session(bytes: &[u8]) {
    let Some((&first, rest)) = bytes.split_first() else {
        return;
    };
    let port = [25, 587, 465, 2525][usize::from(first & 3)];
    let mut packets = Packets::new(port);
    if first & 4 == 0 {
        packets.open();
    }
    pieces(rest, |from, piece, _| match piece {
        Piece::Bytes(bytes) => packets.send(from, DATA, bytes),
        Piece::Hole(len) => packets.skip(from, len as u32),
    });
    for (bit, from, flags) in [
        (8, Peer::Client, DATA | FIN),
        (16, Peer::Server, DATA | FIN),
        (32, Peer::Client, RST),
        (64, Peer::Server, RST),
    ] {
        if first & bit != 0 {
            packets.send(from, flags, b"");
        }
    }
    let (mut sessions, _) = packets.finish();
    let _ = reports::some(&mut sessions, bytes);
}
