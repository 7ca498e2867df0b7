//! TLS records of one direction (RFC 8446 section 5.1), out of chunks split anywhere.
//!
//! Bodies are kept only while they are in clear and of a type that matters here; the rest is
//! counted. After a hole the reader goes on at the next record: exactly, when the hole lies inside
//! a record whose length is known, else at the next plausible header.

use super::spans::Spans;
use crate::limits::Limits;
use crate::model::tls::Version;
use crate::time::Timestamp;

/// Content type of ChangeCipherSpec records.
pub const CHANGE_CIPHER_SPEC: u8 = 20;
/// Content type of alert records.
pub const ALERT: u8 = 21;
/// Content type of handshake records.
pub const HANDSHAKE: u8 = 22;
/// Content type of application data records.
pub const APPLICATION_DATA: u8 = 23;
/// Content type of heartbeat records (RFC 6520).
const HEARTBEAT: u8 = 24;

const HEADER: usize = 5;

/// When something became complete.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moment {
    /// Frame that completed it.
    pub frame: u64,
    /// Capture time of that frame.
    pub time: Timestamp,
}

/// One record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Content type.
    pub content_type: u8,
    /// Version in the header.
    pub version: Version,
    /// Length from the header.
    pub len: usize,
    /// The body as far as it was kept.
    pub body: Vec<u8>,
    /// The whole record was captured.
    pub complete: bool,
    /// When its last byte became available.
    pub at: Moment,
}

/// What a push came to.
#[derive(Debug, PartialEq, Eq)]
pub enum Step {
    /// All bytes are used; more are needed.
    More,
    /// A record is complete; bytes may be left.
    Record(Record),
    /// The next bytes are no record.
    NotTls,
    /// What began like a record is none; the search for the next one has begun.
    Garbled,
}

/// Reads the records of one direction.
#[derive(Debug)]
pub struct RecordReader {
    header: Vec<u8>,
    body: Vec<u8>,
    /// Bytes of the body still to come.
    left: usize,
    /// Bytes are missing in this record.
    holed: bool,
    /// A hole hides where the next record starts.
    lost: bool,
    last: Moment,
}

impl Default for RecordReader {
    fn default() -> Self {
        Self {
            header: Vec::with_capacity(HEADER),
            body: Vec::new(),
            left: 0,
            holed: false,
            lost: false,
            last: Moment::default(),
        }
    }
}

impl RecordReader {
    /// Takes bytes from the front of `bytes` until a record is complete. `in_clear`: bodies of
    /// handshake and alert records are readable and kept. `spans` notes what may be shown.
    pub fn push(
        &mut self,
        bytes: &mut &[u8],
        at: Moment,
        in_clear: bool,
        limits: &Limits,
        spans: &mut Spans,
    ) -> Step {
        self.last = at;
        while self.header.len() < HEADER {
            let Some((&byte, rest)) = bytes.split_first() else {
                spans.before(bytes, self.header.len());
                return Step::More;
            };
            if self.header.is_empty() && !self.lost && !is_content_type(byte) {
                return Step::NotTls;
            }
            *bytes = rest;
            self.header.push(byte);
            if !self.lost {
                spans.before(bytes, 1);
            }
            if !is_plausible(&self.header, limits) {
                // Only a hole or a liar brings us here: look for the next header.
                let was_lost = std::mem::replace(&mut self.lost, true);
                while !is_plausible(&self.header, limits) {
                    self.header.remove(0);
                }
                if !was_lost {
                    return Step::Garbled;
                }
            }
            if self.header.len() == HEADER {
                spans.before(bytes, HEADER);
                self.lost = false;
                self.left = usize::from(u16::from_be_bytes([self.header[3], self.header[4]]));
                self.body.clear();
            }
        }
        let taken = self.left.min(bytes.len());
        let (body, rest) = bytes.split_at(taken);
        // Alerts are short, and in clear in spite of what came before where they are of two bytes
        // or the cipher only authenticates.
        let readable = match self.header[0] {
            ALERT => in_clear || self.header[3] == 0,
            CHANGE_CIPHER_SPEC | HANDSHAKE => in_clear,
            _ => false,
        };
        if readable && !self.holed {
            self.body.extend_from_slice(body);
        }
        *bytes = rest;
        self.left -= taken;
        let shown = match self.header[0] {
            CHANGE_CIPHER_SPEC | ALERT | HANDSHAKE => true,
            APPLICATION_DATA => spans.payload(),
            _ => false,
        };
        if shown {
            spans.before(bytes, taken);
        }
        match self.left {
            0 => Step::Record(self.emit()),
            _ => Step::More,
        }
    }

    /// The next bytes are no record: look for the next header.
    pub fn skip(&mut self) {
        self.lost = true;
    }

    /// `len` bytes are missing here. Gives the record that the hole cut off.
    pub fn gap(&mut self, len: u64) -> Option<Record> {
        if self.header.len() < HEADER {
            self.header.clear();
            self.lost = true;
            return None;
        }
        self.holed = true;
        match usize::try_from(len) {
            Ok(len) if len < self.left => {
                self.left -= len;
                None
            }
            reach => {
                self.lost = reach != Ok(self.left);
                Some(self.emit())
            }
        }
    }

    /// Nothing more will come. Gives the record that is incomplete.
    pub fn finish(&mut self) -> Option<Record> {
        if self.header.len() < HEADER {
            return None;
        }
        self.holed = true;
        Some(self.emit())
    }

    fn emit(&mut self) -> Record {
        let record = Record {
            content_type: self.header[0],
            version: Version(u16::from_be_bytes([self.header[1], self.header[2]])),
            len: usize::from(u16::from_be_bytes([self.header[3], self.header[4]])),
            body: std::mem::take(&mut self.body),
            complete: !self.holed,
            at: self.last,
        };
        self.header.clear();
        self.left = 0;
        self.holed = false;
        record
    }
}

fn is_content_type(byte: u8) -> bool {
    (CHANGE_CIPHER_SPEC..=HEARTBEAT).contains(&byte)
}

/// Whether the bytes seen so far can be a record header.
fn is_plausible(header: &[u8], limits: &Limits) -> bool {
    header.first().is_none_or(|&byte| is_content_type(byte))
        && header.get(1).is_none_or(|&major| major == 0x03)
        && header.get(2).is_none_or(|&minor| minor <= 0x04)
        && (header.len() < HEADER
            || usize::from(u16::from_be_bytes([header[3], header[4]])) <= limits.tls_record)
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: Moment = Moment {
        frame: 1,
        time: Timestamp::from_nanos(0),
    };

    fn read(reader: &mut RecordReader, mut bytes: &[u8]) -> (Vec<Record>, bool) {
        let mut records = Vec::new();
        loop {
            let limits = Limits::default();
            match reader.push(&mut bytes, AT, true, &limits, &mut Spans::default()) {
                Step::Record(record) => records.push(record),
                Step::More => return (records, true),
                Step::NotTls => return (records, false),
                Step::Garbled => {}
            }
        }
    }

    #[test]
    fn records_split_into_single_bytes() {
        let mut reader = RecordReader::default();
        let mut records = Vec::new();
        for byte in b"\x16\x03\x01\x00\x03abc\x15\x03\x03\x00\x02\x02\x28" {
            records.extend(read(&mut reader, &[*byte]).0);
        }
        assert_eq!(records.len(), 2);
        assert_eq!(records[0].body, b"abc");
        assert_eq!(records[1].content_type, ALERT);
        assert_eq!(records[1].version, Version::TLS12);
    }

    #[test]
    fn text_after_a_record_is_not_tls() {
        let mut reader = RecordReader::default();
        let (records, tls) = read(&mut reader, b"\x15\x03\x01\x00\x02\x02\x28454 no TLS\r\n");
        assert_eq!(records.len(), 1);
        assert!(!tls);
    }

    #[test]
    fn a_hole_inside_a_record_costs_only_that_record() {
        let mut reader = RecordReader::default();
        assert!(read(&mut reader, b"\x16\x03\x01\x00\x0Aab").0.is_empty());
        assert_eq!(reader.gap(5), None);
        let (records, _) = read(&mut reader, b"xyz\x15\x03\x01\x00\x02\x02\x28");
        assert_eq!(records.len(), 2);
        assert!(!records[0].complete);
        assert_eq!(records[0].body, b"ab");
        assert!(records[1].complete);
    }

    #[test]
    fn a_hole_over_a_record_end_finds_the_next_header() {
        let mut reader = RecordReader::default();
        read(&mut reader, b"\x16\x03\x01\x00\x0Aab");
        let cut = reader.gap(20).expect("the cut record");
        assert!(!cut.complete);
        let (records, _) = read(&mut reader, b"rest\x16\x16\x03\x01\x00\x02hi");
        assert_eq!(records.len(), 1);
        assert_eq!(records[0].body, b"hi");
    }
}
