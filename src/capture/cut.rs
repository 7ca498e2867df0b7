//! The mark of frames whose end an evidence file leaves out because it holds nothing but zeros.
//!
//! Without it such a frame would look as if a short snap length had cut it, and its bytes would be
//! missing from the stream. A comment says how many zeros there were, in words for people, and the
//! reader puts them back. Who forges the mark gets zeros.

use std::ops::Range;

/// `opt_comment`.
const COMMENT: u16 = 1;
/// What stands before the number.
const BEFORE: &str = "starttap: ";
/// What stands behind it.
const AFTER: &str = " bytes of encrypted data left out";

/// Fewest zeros that are left out: the mark itself takes about as many bytes.
pub const WORTH_IT: usize = 64;

/// The longest frame that is put together again: that of libpcap's `MAXIMUM_SNAPLEN`.
const LONGEST: usize = 262_144;

/// The mark.
pub fn comment(zeros: usize) -> String {
    format!("{BEFORE}{zeros}{AFTER}")
}

/// The number in a mark.
fn zeros(comment: &[u8]) -> Option<usize> {
    let text = std::str::from_utf8(comment).ok()?;
    text.strip_prefix(BEFORE)?.strip_suffix(AFTER)?.parse().ok()
}

/// The first option of this code, in options written as `u16` says.
pub(super) fn option(options: &[u8], code: u16, u16: impl Fn(&[u8]) -> u16) -> Option<&[u8]> {
    options_of(options, u16).find_map(|(found, value)| (found == code).then_some(value))
}

/// Zeros left out behind `captured` of `wire` bytes, as the options of a packet say.
pub(super) fn left_out(
    options: &[u8],
    captured: usize,
    wire: usize,
    u16: impl Fn(&[u8]) -> u16,
) -> usize {
    let mut comments = options_of(options, u16).filter(|&(code, _)| code == COMMENT);
    let zeros = comments.find_map(|(_, value)| zeros(value));
    let fits = |zeros: &usize| {
        let whole = captured.checked_add(*zeros);
        whole.is_some_and(|whole| whole <= wire.min(LONGEST))
    };
    zeros.filter(fits).unwrap_or(0)
}

fn options_of(options: &[u8], u16: impl Fn(&[u8]) -> u16) -> impl Iterator<Item = (u16, &[u8])> {
    let mut rest = options;
    std::iter::from_fn(move || {
        let (head, tail) = rest.split_at_checked(4)?;
        let (code, len) = (u16(&head[..2]), usize::from(u16(&head[2..])));
        let value = tail.get(..len)?;
        rest = tail.get(len.next_multiple_of(4)..).unwrap_or_default();
        (code != 0).then_some((code, value))
    })
}

/// A frame with its zeros.
#[derive(Debug, Default)]
pub(super) struct Filled {
    /// Zeros behind the last frame.
    bytes: Vec<u8>,
    /// Length of the last frame without its zeros.
    dirty: usize,
}

impl Filled {
    /// The frame with so many zeros behind it. Costs no more than the frame without them.
    pub(super) fn fill(&mut self, frame: &[u8], zeros: usize) -> &[u8] {
        let whole: Range<usize> = 0..frame.len() + zeros;
        if self.bytes.len() < whole.end {
            self.bytes.resize(whole.end, 0);
        }
        let dirty = frame.len()..self.dirty.max(frame.len());
        self.bytes[dirty].fill(0);
        self.bytes[..frame.len()].copy_from_slice(frame);
        self.dirty = frame.len();
        &self.bytes[whole]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(comments: &[&str]) -> Vec<u8> {
        let mut bytes = vec![2, 0, 4, 0, 1, 0, 0, 0];
        for comment in comments {
            bytes.extend([1, 0]);
            bytes.extend((comment.len() as u16).to_le_bytes());
            bytes.extend(comment.as_bytes());
            bytes.resize(bytes.len().next_multiple_of(4), 0);
        }
        bytes
    }

    fn zeros(comments: &[&str], captured: usize, wire: usize) -> usize {
        let u16 = |bytes: &[u8]| u16::from_le_bytes([bytes[0], bytes[1]]);
        left_out(&options(comments), captured, wire, u16)
    }

    #[test]
    fn the_mark_is_found_and_held_against_the_length() {
        let mark = comment(1000);
        assert_eq!(mark, "starttap: 1000 bytes of encrypted data left out");
        assert_eq!(zeros(&["frame 7", &mark], 60, 1060), 1000);
        assert_eq!(zeros(&[&mark], 60, 9000), 1000);
        assert_eq!(zeros(&[&mark], 61, 1060), 0);
        assert_eq!(zeros(&[&comment(262_144)], 1, usize::MAX), 0);
        assert_eq!(zeros(&[&comment(usize::MAX)], 1, usize::MAX), 0);
        for other in ["starttap: -1 bytes of encrypted data left out", "1000", ""] {
            assert_eq!(zeros(&[other], 60, 1060), 0);
        }
        assert_eq!(zeros(&[], 60, 1060), 0);
    }

    #[test]
    fn the_frame_before_leaves_nothing_behind() {
        let mut filled = Filled::default();
        assert_eq!(filled.fill(b"abcdef", 2), b"abcdef\0\0");
        assert_eq!(filled.fill(b"xy", 5), b"xy\0\0\0\0\0");
        assert_eq!(filled.fill(b"abcd", 1), b"abcd\0");
        assert_eq!(filled.fill(b"", 9), [0; 9]);
    }
}
