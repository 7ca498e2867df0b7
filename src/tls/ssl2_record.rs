//! Records of SSL 2.0 of one direction (draft-hickman-netscape-ssl-00 section 1.1), out of chunks
//! split anywhere.

use super::spans::Spans;
use super::sslv2;

/// One record, which is one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ssl2Record {
    /// The message as far as it was captured, without padding.
    pub body: Vec<u8>,
    /// Its whole length.
    pub len: usize,
}

/// What a push came to.
#[derive(Debug, PartialEq, Eq)]
pub enum Ssl2Step {
    /// All bytes are used; more are needed.
    More,
    /// A record is complete; bytes may be left.
    Record(Ssl2Record),
    /// No record of SSL 2.0.
    Damaged,
}

/// Reads the records of one direction. A record has at most 32 KiB.
#[derive(Debug, Default)]
pub struct Ssl2Reader {
    bytes: Vec<u8>,
}

impl Ssl2Reader {
    /// Takes bytes from the front of `rest` until a record is complete. `in_clear`: the record is
    /// not encrypted. `spans` notes what may be shown.
    pub fn push(&mut self, rest: &mut &[u8], in_clear: bool, spans: &mut Spans) -> Ssl2Step {
        while sslv2::header(&self.bytes).is_none() {
            if self.bytes.len() == LONGEST_HEADER {
                return Ssl2Step::Damaged;
            }
            let Some((&byte, tail)) = rest.split_first() else {
                return Ssl2Step::More;
            };
            self.bytes.push(byte);
            *rest = tail;
            spans.before(rest, 1);
        }
        let Some(header) = sslv2::header(&self.bytes) else {
            return Ssl2Step::Damaged;
        };
        let whole = header.len + header.body;
        let taken = (whole - self.bytes.len()).min(rest.len());
        let (body, tail) = rest.split_at(taken);
        self.bytes.extend_from_slice(body);
        *rest = tail;
        if in_clear || whole <= LONGEST_CLEAR || spans.payload() {
            spans.before(rest, taken);
        }
        match self.bytes.len() == whole {
            true => self.cut().map_or(Ssl2Step::Damaged, Ssl2Step::Record),
            false => Ssl2Step::More,
        }
    }

    /// What there is of the record that has begun.
    pub fn cut(&mut self) -> Option<Ssl2Record> {
        let bytes = std::mem::take(&mut self.bytes);
        let header = sslv2::header(&bytes)?;
        let len = header.body - header.padding;
        let body = &bytes[header.len..];
        Some(Ssl2Record {
            body: body[..len.min(body.len())].to_vec(),
            len,
        })
    }
}

/// Bytes of the header of a record with padding.
const LONGEST_HEADER: usize = 3;
/// Bytes of an ERROR record, which may come in clear at any time; encrypted ones are longer.
const LONGEST_CLEAR: usize = 5;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_however_they_are_cut() {
        let bytes = b"\x80\x03\0\0\x01\0\x06\x02abcdPP\x80\0\x80\x05ab";
        for size in 1..=bytes.len() {
            let mut reader = Ssl2Reader::default();
            let spans = &mut Spans::default();
            let mut found = Vec::new();
            for mut part in bytes.chunks(size) {
                while let Ssl2Step::Record(record) = reader.push(&mut part, true, spans) {
                    assert_eq!(record.body.len(), record.len);
                    found.push(record.body);
                }
            }
            assert_eq!(found, [&b"\0\0\x01"[..], b"abcd", b""], "{size}");
            let cut = reader.cut().expect("a beginning");
            assert_eq!((&cut.body[..], cut.len), (&b"ab"[..], 5));
        }
    }

    #[test]
    fn more_padding_than_body() {
        let mut reader = Ssl2Reader::default();
        let step = reader.push(&mut &b"\0\x04\x05"[..], true, &mut Spans::default());
        assert_eq!(step, Ssl2Step::Damaged);
    }
}
