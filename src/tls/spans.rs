//! Which bytes of TLS may be shown in an evidence file: headers of records, and what is no
//! application data.

use std::ops::Range;

/// Parts of the bytes handed over last. Switched off it costs a branch.
#[derive(Debug, Default)]
pub struct Spans {
    on: bool,
    /// Encrypted application data may be shown as well, where somebody has asked for it.
    with_payload: bool,
    /// The application data read now is known to be encrypted.
    encrypted: bool,
    /// How many bytes were handed over.
    total: usize,
    found: Vec<Range<usize>>,
}

impl Spans {
    /// Notes from now on.
    pub fn switch_on(&mut self, with_payload: bool) {
        self.on = true;
        self.with_payload = with_payload;
    }

    /// So many bytes are handed over.
    pub fn begin(&mut self, total: usize) {
        self.total = total;
        self.found.clear();
    }

    /// Whether the application data that comes next is known to be encrypted.
    pub fn encrypted(&mut self, encrypted: bool) {
        self.encrypted = encrypted;
    }

    /// Application data may be shown.
    pub fn payload(&self) -> bool {
        self.with_payload && self.encrypted
    }

    /// The last `count` bytes before `rest`, as far as they were handed over this time.
    pub fn before(&mut self, rest: &[u8], count: usize) {
        if !self.on || count == 0 {
            return;
        }
        let end = self.total.saturating_sub(rest.len());
        let start = end.saturating_sub(count);
        match self.found.last_mut() {
            Some(last) if start <= last.end => last.end = last.end.max(end),
            _ => self.found.push(start..end),
        }
    }

    /// The parts, in order.
    pub fn found(&self) -> &[Range<usize>] {
        &self.found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_joined_and_cut_at_the_start() {
        let bytes = [0; 20];
        let mut spans = Spans::default();
        spans.switch_on(false);
        spans.begin(bytes.len());
        spans.before(&bytes[3..], 5);
        spans.before(&bytes[5..], 2);
        spans.before(&bytes[12..], 5);
        spans.before(&bytes[13..], 4);
        assert_eq!(spans.found(), [0..5, 7..13]);
        spans.begin(4);
        assert!(spans.found().is_empty());
    }
}
