//! A layer's bytes and how many of them there were on the wire.
//!
//! Every decoder of this room takes a [`View`] and hands on a shorter one, so the two lengths that
//! matter (captured, and on the wire) are kept together and no decoder indexes by hand.

use super::Nothing;

/// The rest of a packet from the start of some layer on.
///
/// Invariant: `bytes.len() <= wire`.
#[derive(Clone, Copy, Debug)]
pub(super) struct View<'a> {
    /// What was captured.
    pub(super) bytes: &'a [u8],
    /// How many bytes the layer had on the wire.
    pub(super) wire: usize,
}

impl<'a> View<'a> {
    /// A view of `bytes` that were `wire` bytes long; a `wire` below the captured length is a
    /// damaged record and is raised.
    pub(super) fn new(bytes: &'a [u8], wire: usize) -> Self {
        Self {
            bytes,
            wire: wire.max(bytes.len()),
        }
    }

    /// A view of bytes that were captured whole.
    pub(super) fn whole(bytes: &'a [u8]) -> Self {
        Self::new(bytes, bytes.len())
    }

    /// Without the first `count` bytes.
    pub(super) fn skip(self, count: usize) -> Result<Self, Nothing> {
        match self.bytes.get(count..) {
            Some(bytes) => Ok(Self {
                bytes,
                wire: self.wire - count,
            }),
            None => Err(self.lacks(count)),
        }
    }

    /// At most the first `count` bytes: drops padding and trailers.
    pub(super) fn limit(self, count: usize) -> Self {
        Self {
            bytes: self.bytes.get(..count).unwrap_or(self.bytes),
            wire: self.wire.min(count),
        }
    }

    /// The first `N` bytes.
    pub(super) fn first<const N: usize>(self) -> Result<&'a [u8; N], Nothing> {
        self.bytes.first_chunk().ok_or_else(|| self.lacks(N))
    }

    /// The big-endian number `at` bytes from the start.
    pub(super) fn u16(self, at: usize) -> Result<u16, Nothing> {
        self.skip(at)?
            .first()
            .map(|bytes| u16::from_be_bytes(*bytes))
    }

    /// The byte `at` bytes from the start.
    pub(super) fn u8(self, at: usize) -> Result<u8, Nothing> {
        self.bytes
            .get(at)
            .copied()
            .ok_or_else(|| self.lacks(at.saturating_add(1)))
    }

    /// Why `need` bytes are not there: cut by the snap length, or never sent.
    pub(super) fn lacks(self, need: usize) -> Nothing {
        if need <= self.wire {
            Nothing::SnapLength
        } else {
            Nothing::Malformed
        }
    }
}

/// Where a part of a frame stands in it; `None` when it is no part of it.
pub(super) fn position(part: &[u8], frame: &[u8]) -> Option<usize> {
    let at = part.as_ptr().addr().checked_sub(frame.as_ptr().addr())?;
    (at + part.len() <= frame.len()).then_some(at)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn tells_a_cut_frame_from_a_short_one() {
        let cut = View::new(&[1, 2, 3], 10);
        assert_eq!(cut.skip(4).unwrap_err(), Nothing::SnapLength);
        assert_eq!(cut.skip(11).unwrap_err(), Nothing::Malformed);
        assert_eq!(cut.skip(3).unwrap().wire, 7);
        assert_eq!(cut.u8(usize::MAX).unwrap_err(), Nothing::Malformed);
    }

    #[test]
    fn a_wire_length_below_the_captured_one_is_raised() {
        assert_eq!(View::new(&[0; 8], 2).wire, 8);
    }

    #[test]
    fn limit_keeps_the_wire_length_of_what_was_cut() {
        let view = View::new(&[0; 8], 100).limit(50);
        assert_eq!((view.bytes.len(), view.wire), (8, 50));
        assert_eq!(View::whole(&[0; 8]).limit(3).bytes.len(), 3);
    }
}
