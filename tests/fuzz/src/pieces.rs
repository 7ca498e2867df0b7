//! Bytes of two peers in pieces: a byte with the peer (high bit) and the length, then the bytes; a
//! length of 0 is a hole as long as the next byte says.

use starttap::model::Peer;

#[derive(Clone, Copy)]
pub enum Piece<'a> {
    Bytes(&'a [u8]),
    Hole(u64),
}

pub fn pieces(bytes: &[u8], mut take: impl FnMut(Peer, Piece<'_>, u64)) {
    let mut rest = bytes;
    let mut frame = 0;
    while let Some((&header, tail)) = rest.split_first() {
        frame += 1;
        let from = match header & 0x80 {
            0 => Peer::Client,
            _ => Peer::Server,
        };
        let len = usize::from(header & 0x7F).min(tail.len());
        let (piece, tail) = tail.split_at(len);
        rest = tail;
        if !piece.is_empty() {
            take(from, Piece::Bytes(piece), frame);
        } else if let Some((&len, tail)) = tail.split_first() {
            rest = tail;
            take(from, Piece::Hole(u64::from(len) + 1), frame);
        }
    }
}
