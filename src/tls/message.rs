//! Handshake messages out of handshake records (RFC 8446 section 4): one record may hold several,
//! and one message may need several records.

use crate::limits::Limits;

/// A handshake message, or the beginning of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Handshake type.
    pub kind: u8,
    /// The body; shorter than `len` when the rest is missing.
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
}

const HEADER: usize = 4;

impl MessageJoiner {
    /// Takes the body of a handshake record.
    pub fn push(&mut self, body: &[u8]) {
        self.buffer.drain(..std::mem::take(&mut self.done));
        self.buffer.extend_from_slice(body);
    }

    /// The next complete message. Bytes that announce more than the limit are dropped: they are
    /// encrypted or damaged.
    pub fn next(&mut self, limits: &Limits) -> Option<Message> {
        let (kind, len, rest) = self.header()?;
        if len > limits.handshake_message {
            self.clear();
            return None;
        }
        let body = rest.get(..len)?.to_vec();
        self.done += HEADER + len;
        Some(Message { kind, body, len })
    }

    /// The beginning of a message whose rest is missing.
    pub fn cut(&mut self) -> Option<Message> {
        let message = self.header().map(|(kind, len, rest)| Message {
            kind,
            body: rest.to_vec(),
            len,
        });
        self.clear();
        message
    }

    fn clear(&mut self) {
        self.buffer.clear();
        self.done = 0;
    }

    fn header(&self) -> Option<(u8, usize, &[u8])> {
        let (&[kind, a, b, c], rest) = self.buffer[self.done..].split_first_chunk::<HEADER>()?;
        let len = usize::from(a) << 16 | usize::from(b) << 8 | usize::from(c);
        Some((kind, len, rest))
    }
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

    #[test]
    fn an_absurd_length_is_dropped() {
        let mut joiner = MessageJoiner::default();
        joiner.push(b"\x01\xFF\xFF\xFFabc");
        assert_eq!(joiner.next(&Limits::default()), None);
        assert_eq!(joiner.cut(), None);
    }
}
