//! What may be shown of the bytes of a session in an evidence file.
//!
//! Only what is entered here is shown there; all other bytes are overwritten. So a byte that nobody
//! has thought of stays hidden.

use super::Peer;

/// Overwrites what stands between lines of text. No line can begin like this, no mechanism be named
/// like this, and no reader takes it for TLS.
const HIDDEN_TEXT: u8 = b'x';

/// Overwrites what stands between the records of TLS; zeros can be left out of the file.
const HIDDEN_TLS: u8 = 0;

/// Changes of numbering that are remembered; more than one is rare.
const MAX_BASES: usize = 64;

/// Changes between text and TLS that are remembered; three are rare.
const MAX_CHANGES: usize = 64;

/// Both directions of a session.
#[derive(Clone, Debug, PartialEq)]
pub struct Kept {
    streams: [KeptStream; 2],
}

impl Kept {
    /// Nothing yet; at most `room` bytes of memory for each direction.
    pub fn new(room: usize) -> Self {
        Self {
            streams: [KeptStream::new(room), KeptStream::new(room)],
        }
    }

    /// What `from` has sent.
    pub fn of(&self, from: Peer) -> &KeptStream {
        &self.streams[from.index()]
    }

    /// What `from` has sent, to add to.
    pub fn of_mut(&mut self, from: Peer) -> &mut KeptStream {
        &mut self.streams[from.index()]
    }

    /// Memory in use, about.
    pub fn cost(&self) -> usize {
        self.streams.iter().map(KeptStream::cost).sum()
    }

    /// Something found no room and is hidden.
    pub fn is_cut(&self) -> bool {
        self.streams.iter().any(|stream| stream.cut)
    }
}

/// What is spoken from some point of a stream on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spoken {
    /// Lines of text.
    Text,
    /// Records of TLS.
    Tls,
}

/// One direction.
#[derive(Clone, Debug, PartialEq)]
pub struct KeptStream {
    /// From which frame on which sequence number is that of the stream's first byte.
    bases: Vec<(u64, u32)>,
    /// From which position on what is spoken.
    changes: Vec<(u64, Spoken)>,
    /// By position, never overlapping.
    pieces: Vec<Piece>,
    /// The bytes of all pieces, one after the other.
    bytes: Vec<u8>,
    /// What stands for them where they were changed; empty while nothing was.
    changed: Vec<u8>,
    room: usize,
    /// Something found no room, and nothing was entered since.
    cut: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Piece {
    /// Position in the stream.
    offset: u64,
    /// Where its bytes begin among those of all pieces.
    at: usize,
    len: usize,
    /// The bytes are those of the stream; otherwise some stand for what is hidden.
    exact: bool,
}

impl KeptStream {
    fn new(room: usize) -> Self {
        Self {
            bases: Vec::new(),
            changes: Vec::new(),
            pieces: Vec::new(),
            bytes: Vec::new(),
            changed: Vec::new(),
            room,
            cut: false,
        }
    }

    /// From this frame on the stream's first byte has this sequence number.
    pub fn begins_at(&mut self, frame: u64, seq: u32) {
        let known = self.bases.last().is_some_and(|&(_, last)| last == seq);
        if !known && self.bases.len() < MAX_BASES {
            self.bases.push((frame, seq));
        }
    }

    /// From this position on this is spoken.
    pub fn speaks(&mut self, offset: u64, spoken: Spoken) {
        let before = self.changes.last().map(|&(_, spoken)| spoken);
        if before.unwrap_or(Spoken::Text) == spoken || self.changes.len() >= MAX_CHANGES {
            return;
        }
        self.changes.push((offset, spoken));
    }

    /// From which position on what is spoken; text before the first.
    pub fn changes(&self) -> &[(u64, Spoken)] {
        &self.changes
    }

    /// These bytes of the stream may be shown.
    pub fn keep(&mut self, offset: u64, bytes: &[u8]) {
        self.add(offset, bytes, true);
    }

    /// These bytes may be shown in place of those of the stream.
    pub fn replace(&mut self, offset: u64, bytes: &[u8]) {
        self.add(offset, bytes, false);
    }

    /// These bytes may be shown after all, in place of those entered before.
    pub fn reveal(&mut self, offset: u64, bytes: &[u8]) {
        let at = self.pieces.partition_point(|piece| piece.offset <= offset);
        let piece = at.checked_sub(1).map(|at| self.pieces[at]);
        let Some(piece) = piece.filter(|it| offset < it.offset + it.len as u64) else {
            return;
        };
        let start = piece.at + (offset - piece.offset) as usize;
        let end = (piece.at + piece.len).min(start + bytes.len());
        self.bytes[start..end].copy_from_slice(&bytes[..end - start]);
    }

    fn add(&mut self, offset: u64, bytes: &[u8], exact: bool) {
        let last = self.pieces.last_mut();
        let end = last
            .as_ref()
            .map_or(0, |last| last.offset + last.len as u64);
        if self.cut || bytes.is_empty() || offset < end {
            return;
        }
        let at = self.bytes.len();
        match last {
            Some(last) if offset == end && last.exact == exact => last.len += bytes.len(),
            _ => self.pieces.push(Piece {
                offset,
                at,
                len: bytes.len(),
                exact,
            }),
        }
        self.bytes.extend_from_slice(bytes);
        if self.cost() > self.room {
            self.cut = true;
            self.bytes.truncate(at);
            if let Some(last) = self.pieces.last_mut() {
                last.len = at - last.at;
            }
            self.pieces.pop_if(|last| last.len == 0);
        }
    }

    fn cost(&self) -> usize {
        self.bytes.len() + self.changed.len() + self.pieces.len() * size_of::<Piece>()
    }

    /// The pieces in order, each with its position, to be overwritten in place: what is shown of
    /// them is what they are then.
    pub fn pieces_mut(&mut self) -> impl Iterator<Item = (u64, &mut [u8])> {
        if self.changed.is_empty() {
            self.changed.clone_from(&self.bytes);
        }
        let mut rest = self.changed.as_mut_slice();
        self.pieces.iter().filter_map(move |piece| {
            let (bytes, tail) = std::mem::take(&mut rest).split_at_mut_checked(piece.len)?;
            rest = tail;
            Some((piece.offset, bytes))
        })
    }

    /// What is shown of the payload of a segment. Of bytes that are not those that the receiver
    /// took at this place, as in a retransmission with other contents, nothing is shown.
    pub fn shown(&self, frame: u64, seq: u32, captured: &[u8]) -> Vec<u8> {
        let mut shown = vec![HIDDEN_TEXT; captured.len()];
        let Some(start) = self.offset_of(frame, seq) else {
            return shown;
        };
        let end = start + captured.len() as i64;
        // Positions of this payload's bytes that lie in a range of the stream.
        let within = |from: u64, until: u64| {
            let clamp = |at: u64| i64::try_from(at).unwrap_or(i64::MAX).clamp(start, end) - start;
            clamp(from) as usize..clamp(until) as usize
        };
        for (number, &(from, spoken)) in self.changes.iter().enumerate() {
            let until = self.changes.get(number + 1).map_or(u64::MAX, |it| it.0);
            if spoken == Spoken::Tls {
                shown[within(from, until)].fill(HIDDEN_TLS);
            }
        }
        let first = self.pieces.partition_point(|piece| {
            i64::try_from(piece.offset + piece.len as u64).is_ok_and(|end| end <= start)
        });
        for piece in &self.pieces[first..] {
            let range = within(piece.offset, piece.offset + piece.len as u64);
            if range.is_empty() {
                break;
            }
            let skipped = (start + range.start as i64 - piece.offset as i64) as usize;
            let at = piece.at + skipped;
            let changed = match self.changed.is_empty() {
                true => &self.bytes,
                false => &self.changed,
            };
            for (number, place) in range.enumerate() {
                if !piece.exact || captured[place] == self.bytes[at + number] {
                    shown[place] = changed[at + number];
                }
            }
        }
        shown
    }

    /// Position of a sequence number: that next to what is known of the stream.
    fn offset_of(&self, frame: u64, seq: u32) -> Option<i64> {
        let known = self.bases.partition_point(|&(from, _)| from <= frame);
        let &(_, base) = self.bases.get(known.saturating_sub(1))?;
        Some(i64::from(seq.wrapping_sub(base) as i32))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream() -> KeptStream {
        let mut stream = KeptStream::new(1000);
        stream.begins_at(1, 5000);
        stream.keep(0, b"EHLO a\r\n");
        stream.replace(8, b"AUTH PLAIN xxxx\r\n");
        stream.speaks(30, Spoken::Tls);
        stream.keep(30, b"\x17\x03\x03\x00\x04");
        stream
    }

    #[test]
    fn only_what_was_entered_is_shown() {
        let stream = stream();
        let sent = b"EHLO a\r\nAUTH PLAIN abcd\r\nJUNK!\x17\x03\x03\x00\x04data\x17";
        let shown = b"EHLO a\r\nAUTH PLAIN xxxx\r\nxxxxx\x17\x03\x03\x00\x04\0\0\0\0\0";
        assert_eq!(stream.shown(1, 5000, sent), shown);
        for at in 0..sent.len() {
            let part = &sent[at..(at + 7).min(sent.len())];
            let expected = &shown[at..at + part.len()];
            assert_eq!(stream.shown(1, 5000 + at as u32, part), expected, "{at}");
        }
    }

    #[test]
    fn other_bytes_at_a_known_place_are_hidden() {
        let stream = stream();
        assert_eq!(
            stream.shown(1, 5000, b"EHLO secret"),
            b"EHLO xxxxxx"[..8]
                .iter()
                .chain(b"AUT")
                .copied()
                .collect::<Vec<_>>()
        );
        assert_eq!(stream.shown(1, 4998, b"\0\0EH"), b"xxEH");
        assert_eq!(KeptStream::new(9).shown(1, 7, b"abc"), b"xxx");
    }

    #[test]
    fn pieces_are_changed_in_place() {
        let mut stream = stream();
        for (_, bytes) in stream.pieces_mut() {
            bytes
                .iter_mut()
                .filter(|byte| **byte == b'a')
                .for_each(|byte| *byte = b'b');
        }
        assert_eq!(stream.shown(1, 5000, b"EHLO a\r\n"), b"EHLO b\r\n");
        assert_eq!(stream.shown(1, 5000, b"EHLO b\r\n"), b"EHLO x\r\n");
    }

    #[test]
    fn what_turns_out_to_be_no_secret_is_shown_after_all() {
        let mut stream = stream();
        stream.reveal(19, b"abcd\r\n and what follows is no part of it");
        assert_eq!(
            stream.shown(1, 5008, b"AUTH PLAIN abcd"),
            b"AUTH PLAIN abcd"
        );
        assert_eq!(stream.shown(1, 5025, b"JUNK!"), b"xxxxx");
        stream.reveal(27, b"JUNK");
        assert_eq!(stream.shown(1, 5025, b"JUNK!"), b"xxxxx");
    }

    #[test]
    fn what_finds_no_room_is_hidden() {
        let mut stream = KeptStream::new(size_of::<Piece>() + 10);
        stream.begins_at(1, 0);
        stream.keep(0, b"12345678");
        stream.keep(8, b"90ab");
        stream.keep(12, b"cd");
        assert!(stream.cut);
        assert_eq!(stream.shown(1, 0, b"1234567890abcd"), b"12345678xxxxxx");
    }

    #[test]
    fn a_numbering_that_changes() {
        let mut stream = KeptStream::new(1000);
        stream.begins_at(3, 100);
        stream.begins_at(7, 900);
        stream.keep(0, b"220 a\r\n");
        assert_eq!(stream.shown(1, 100, b"220 "), b"220 ");
        assert_eq!(stream.shown(7, 900, b"220 "), b"220 ");
        assert_eq!(stream.shown(6, 900, b"220 "), b"xxxx");
    }
}
