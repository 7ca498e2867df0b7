//! Lines of one direction, ended by LF, split anywhere.

/// Collects one line at a time.
#[derive(Debug, Default)]
pub struct LineBuffer {
    /// The line so far, at most the kept length.
    text: Vec<u8>,
    /// Bytes of the line so far, dropped ones included.
    len: usize,
    /// After a hole: drop everything up to the next line end.
    resync: bool,
}

impl LineBuffer {
    /// Nothing of the current line has arrived.
    pub fn is_empty(&self) -> bool {
        self.len == 0 && !self.resync
    }

    /// Takes bytes up to and including the next line end. Returns how many it took and whether the
    /// line is complete; then [`Self::take`] gives it.
    pub fn push(&mut self, bytes: &[u8], kept: usize) -> (usize, bool) {
        let (taken, complete) = match bytes.iter().position(|&byte| byte == b'\n') {
            Some(end) => (end + 1, true),
            None => (bytes.len(), false),
        };
        let room = kept.saturating_sub(self.text.len()).min(taken);
        self.text.extend_from_slice(&bytes[..room]);
        self.len += taken;
        (taken, complete)
    }

    /// The line so far is longer than what was kept of it.
    pub fn is_cut(&self) -> bool {
        self.len > self.text.len() && !self.resync
    }

    /// The complete line without its end; `None` when a hole cut its beginning.
    pub fn take(&mut self) -> Option<Vec<u8>> {
        let mut text = std::mem::take(&mut self.text);
        self.len = 0;
        while matches!(text.last(), Some(b'\n' | b'\r')) {
            text.pop();
        }
        (!std::mem::take(&mut self.resync)).then_some(text)
    }

    /// Bytes are missing here.
    pub fn gap(&mut self) {
        self.text.clear();
        self.len = 0;
        self.resync = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_whole_however_they_are_split() {
        let mut buffer = LineBuffer::default();
        assert_eq!(buffer.push(b"EH", 100), (2, false));
        assert!(!buffer.is_empty());
        assert_eq!(buffer.push(b"LO a\r\nNOOP", 100), (6, true));
        assert_eq!(buffer.take().as_deref(), Some(&b"EHLO a"[..]));
        assert!(buffer.is_empty());
    }

    #[test]
    fn a_long_line_is_cut_but_counted() {
        let mut buffer = LineBuffer::default();
        assert_eq!(buffer.push(&[b'x'; 50], 10), (50, false));
        assert_eq!(buffer.push(b"yy\n", 10), (3, true));
        assert!(buffer.is_cut());
        assert_eq!(buffer.take().as_deref(), Some(&[b'x'; 10][..]));
        assert!(!buffer.is_cut());
    }

    #[test]
    fn the_line_with_a_hole_is_not_believed() {
        let mut buffer = LineBuffer::default();
        buffer.push(b"MAIL", 100);
        buffer.gap();
        assert!(!buffer.is_empty());
        assert_eq!(buffer.push(b"M:<a>\r\n", 100), (7, true));
        assert_eq!(buffer.take(), None);
        assert!(buffer.is_empty());
    }
}
