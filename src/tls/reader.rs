//! A cursor over bytes that strangers chose: every read may find too few of them.

/// Reads from the front; a read that finds too few bytes takes nothing.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(super) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    pub(super) fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(len)?;
        self.rest = rest;
        Some(taken)
    }

    /// As many as there are, up to `len`.
    pub(super) fn take_up_to(&mut self, len: usize) -> &'a [u8] {
        let (taken, rest) = self.rest.split_at(len.min(self.rest.len()));
        self.rest = rest;
        taken
    }

    pub(super) fn u8(&mut self) -> Option<u8> {
        self.take(1).map(|it| it[0])
    }

    pub(super) fn u16(&mut self) -> Option<u16> {
        self.take(2).map(|it| u16::from_be_bytes([it[0], it[1]]))
    }

    pub(super) fn u24(&mut self) -> Option<u32> {
        self.take(3)
            .map(|it| u32::from_be_bytes([0, it[0], it[1], it[2]]))
    }

    /// A vector with a length of one byte.
    pub(super) fn vec8(&mut self) -> Option<&'a [u8]> {
        let mut ahead = *self;
        let len = ahead.u8()?;
        let taken = ahead.take(usize::from(len))?;
        *self = ahead;
        Some(taken)
    }

    /// A vector with a length of two bytes.
    pub(super) fn vec16(&mut self) -> Option<&'a [u8]> {
        let mut ahead = *self;
        let len = ahead.u16()?;
        let taken = ahead.take(usize::from(len))?;
        *self = ahead;
        Some(taken)
    }

    /// A vector with a length of three bytes.
    pub(super) fn vec24(&mut self) -> Option<&'a [u8]> {
        let mut ahead = *self;
        let len = ahead.u24()?;
        let taken = ahead.take(len as usize)?;
        *self = ahead;
        Some(taken)
    }
}

/// Big-endian pairs; an odd last byte is dropped.
pub(super) fn u16s(bytes: &[u8]) -> Vec<u16> {
    bytes
        .chunks_exact(2)
        .map(|pair| u16::from_be_bytes([pair[0], pair[1]]))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_read_takes_nothing() {
        let mut reader = Reader::new(&[0, 3, 1, 2]);
        assert_eq!(reader.vec16(), None);
        assert_eq!(reader.u24(), Some(0x0301));
        assert_eq!(reader.u16(), None);
        assert_eq!(reader.take_up_to(9), [2]);
        assert!(reader.is_empty());
    }
}
