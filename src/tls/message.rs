//! Handshake messages out of handshake records (RFC 8446 section 4): one record may hold several,
//! and one message may need several records.

use crate::limits::Limits;

/// A handshake message, or the beginning of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Handshake type.
    pub kind: u8,
    /// The body; shorter than `len` when the rest is missing, or beyond the limit.
    pub body: Vec<u8>,
    /// Length from the header.
    pub len: usize,
}

impl Message {
    /// Nothing of it is missing.
    pub fn is_whole(&self) -> bool {
        self.body.len() == self.len
    }
}

/// Joins the messages of one direction.
#[derive(Debug, Default)]
pub struct MessageJoiner {
    buffer: Vec<u8>,
    /// Bytes of `buffer` already handed out.
    done: usize,
    /// Of a message beyond the limit, the bytes still to come, which are not kept.
    surplus: Option<usize>,
}

const HEADER: usize = 4;

impl MessageJoiner {
    /// Takes the body of a handshake record.
    pub fn push(&mut self, body: &[u8]) {
        self.buffer.drain(..std::mem::take(&mut self.done));
        let dropped = self.surplus.map_or(0, |surplus| surplus.min(body.len()));
        self.surplus = self.surplus.map(|surplus| surplus - dropped);
        self.buffer.extend_from_slice(&body[dropped..]);
    }

    /// The next complete message; of one that is larger than the limit, the beginning.
    pub fn next(&mut self, limits: &Limits) -> Option<Message> {
        let (kind, len, rest) = self.header()?;
        let kept = len.min(limits.handshake_message);
        if self.surplus.is_none() && kept < len && rest.len() >= kept {
            let there = rest.len().min(len);
            let start = self.done + HEADER;
            self.buffer.drain(start + kept..start + there);
            self.surplus = Some(len - there);
        }
        if self.surplus.is_some_and(|surplus| surplus > 0) {
            return None;
        }
        let (_, _, rest) = self.header()?;
        let body = rest.get(..kept)?.to_vec();
        self.done += HEADER + kept;
        self.surplus = None;
        Some(Message { kind, body, len })
    }

    /// Type and length of the message that has begun.
    pub fn announced(&self) -> Option<(u8, usize)> {
        let (kind, len, _) = self.header()?;
        Some((kind, len))
    }

    /// The beginning of a message whose rest is missing.
    pub fn cut(&mut self) -> Option<Message> {
        let message = self.header().map(|(kind, len, rest)| Message {
            kind,
            body: rest.to_vec(),
            len,
        });
        *self = Self::default();
        message
    }

    fn header(&self) -> Option<(u8, usize, &[u8])> {
        header(&self.buffer[self.done..])
    }
}

/// Type and length of the message that begins here, and what follows its header.
fn header(bytes: &[u8]) -> Option<(u8, usize, &[u8])> {
    let (&[kind, a, b, c], rest) = bytes.split_first_chunk::<HEADER>()?;
    let len = usize::from(a) << 16 | usize::from(b) << 8 | usize::from(c);
    Some((kind, len, rest))
}

/// The types of the messages in a record that begins with one, were it a new beginning; the last
/// message may go on in the next record.
pub fn kinds(record: &[u8]) -> impl Iterator<Item = u8> {
    let mut rest = record;
    std::iter::from_fn(move || {
        let (kind, len, body) = header(rest)?;
        rest = body.get(len..).unwrap_or_default();
        Some(kind)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_over_and_within_records() {
        let limits = Limits::default();
        let mut joiner = MessageJoiner::default();
        joiner.push(b"\x0B\x00\x00");
        assert_eq!(joiner.next(&limits), None);
        joiner.push(b"\x02hi\x0E\x00\x00\x00\x01");
        let first = joiner.next(&limits).expect("a message");
        assert_eq!((first.kind, first.body.as_slice()), (11, &b"hi"[..]));
        assert_eq!(joiner.next(&limits).map(|message| message.kind), Some(14));
        assert_eq!(joiner.next(&limits), None);
        joiner.push(b"\x00\x00\x09abc");
        let cut = joiner.cut().expect("a beginning");
        assert_eq!(
            (cut.kind, cut.len, cut.body.as_slice()),
            (1, 9, &b"abc"[..])
        );
    }

    /// However it is cut, the beginning of a large message comes once all of it has, and the next
    /// message follows.
    #[test]
    fn of_a_large_message_the_beginning_is_kept() {
        let limits = Limits {
            handshake_message: 10,
            ..Limits::default()
        };
        let large = [&[11, 0, 0, 25][..], &[7; 25]].concat();
        let bytes = [&large[..], &[14, 0, 0, 0], &large, &[16, 0, 0, 1, 9]].concat();
        for size in 1..=bytes.len() {
            let mut joiner = MessageJoiner::default();
            let mut found = Vec::new();
            for part in bytes.chunks(size) {
                joiner.push(part);
                assert!(joiner.buffer.len() <= size + 10 + 2 * HEADER, "{size}");
                found.extend(std::iter::from_fn(|| joiner.next(&limits)));
            }
            let found: Vec<_> = found
                .iter()
                .map(|it| (it.kind, it.body.len(), it.len))
                .collect();
            assert_eq!(
                found,
                [(11, 10, 25), (14, 0, 0), (11, 10, 25), (16, 1, 1)],
                "{size}"
            );
            assert_eq!(joiner.cut(), None);
        }
    }

    #[test]
    fn kinds_of_a_record() {
        let record = b"\x0E\0\0\0\x0B\0\0\x02hi\x10\0\0\x09abc";
        assert_eq!(kinds(record).collect::<Vec<_>>(), [14, 11, 16]);
        assert_eq!(kinds(b"\x0E\0\0").count(), 0);
    }
}
