//! A frame as it may be shown: every byte behind the TCP header comes from what is kept of the
//! stream, or is overwritten. Headers stay.

use crate::capture::cut;
use crate::decode::{Decoded, Segment};

/// A frame, rewritten.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rewritten {
    /// As many bytes as were captured.
    pub bytes: Vec<u8>,
    /// The last ones of them, overwritten with zeros, which need not be written.
    pub zeros: usize,
}

/// Rewrites a frame; `shown` is what may be shown of the payload of its segment, at equal length.
/// `None` when nobody can say where in the frame the payload begins.
pub fn rewrite(frame: &[u8], decoded: &Decoded<'_>, shown: &[u8]) -> Option<Rewritten> {
    let (segment, is_quoted, has_header) = match decoded {
        Decoded::Tcp(segment) => (segment, false, true),
        Decoded::Icmp(error) => (&error.quoted, true, error.full_header),
        Decoded::Broken(_) | Decoded::Nothing(_) => return None,
    };
    let mut bytes = frame.to_vec();
    let Some(start) = segment.position(frame) else {
        // The header itself is cut: nothing follows it.
        let is_cut = segment.payload.is_empty() && !(is_quoted && has_header);
        return is_cut.then_some(Rewritten { bytes, zeros: 0 });
    };
    let end = start + segment.payload.len();
    bytes[start..end].copy_from_slice(shown.get(..end - start)?);
    // Padding, a frame check sequence, or whatever a router puts behind its quote.
    bytes[end..].fill(0);
    let covered = if is_quoted { frame.len() } else { end };
    let header = start.checked_sub(HEADER + segment.options.len())?;
    if !is_offloaded(&frame[header..], segment) {
        mend(&mut bytes, frame, header, covered);
    }
    Some(Rewritten::new(bytes, start))
}

impl Rewritten {
    /// These bytes, of which those from `start` on need not be written where they are zero.
    pub(super) fn new(bytes: Vec<u8>, start: usize) -> Self {
        let zeros = bytes[start..].iter().rev().take_while(|&&byte| byte == 0);
        Self {
            zeros: zeros.count(),
            bytes,
        }
    }

    /// What is to be written, and how many zeros follow it that are not worth it.
    pub fn cut(&self) -> (&[u8], usize) {
        let zeros = match self.zeros < cut::WORTH_IT {
            true => 0,
            false => self.zeros,
        };
        (&self.bytes[..self.bytes.len() - zeros], zeros)
    }
}

/// Bytes of a TCP header without options.
pub(super) const HEADER: usize = 20;
/// Where in it the checksum stands.
pub(super) const CHECKSUM: usize = 16;
/// Protocol number of TCP.
const TCP: u32 = 6;

/// Adjusts the checksum of the segment whose header stands at `header` by what has changed up to
/// `end` (RFC 1624): one that was right is right again, one that was wrong stays wrong, and those
/// of tunnels and ICMP around it hold as they are, because the sum over all of it stays the same.
fn mend(bytes: &mut [u8], before: &[u8], header: usize, end: usize) {
    let at = header + CHECKSUM;
    let Some(&[high, low]) = before.get(at..at + 2) else {
        return;
    };
    let checksum = u16::from_be_bytes([high, low]);
    let mended = mended(checksum, &before[at + 2..end], &bytes[at + 2..end]);
    bytes[at..at + 2].copy_from_slice(&mended.to_be_bytes());
}

/// The checksum of what was `old` and is `new`.
pub(super) fn mended(checksum: u16, old: &[u8], new: &[u8]) -> u16 {
    let [without, old, new] = [!checksum, !sum(old), sum(new)].map(u64::from);
    !fold(without + old + new)
}

/// Whether the checksum is the one over the pseudo header alone, which a sender leaves to be
/// finished by its network card (RFC 9293 section 3.1).
fn is_offloaded(header: &[u8], segment: &Segment<'_>) -> bool {
    let Some(&[high, low]) = header.get(CHECKSUM..CHECKSUM + 2) else {
        return false;
    };
    let addresses = [segment.source, segment.destination].map(|address| match address {
        std::net::IpAddr::V4(address) => u64::from(sum(&address.octets())),
        std::net::IpAddr::V6(address) => u64::from(sum(&address.octets())),
    });
    let len = (HEADER + segment.options.len()) as u32 + segment.payload_len;
    let pseudo = addresses.iter().sum::<u64>() + u64::from(len) + u64::from(TCP);
    fold(pseudo) == u16::from_be_bytes([high, low])
}

/// Ones' complement sum of 16-bit words (RFC 1071).
fn sum(bytes: &[u8]) -> u16 {
    let words = bytes.chunks(2).map(|pair| {
        let low = pair.get(1).copied().unwrap_or(0);
        u64::from(u16::from_be_bytes([pair[0], low]))
    });
    fold(words.sum())
}

fn fold(mut sum: u64) -> u16 {
    while sum > 0xffff {
        sum = (sum >> 16) + (sum & 0xffff);
    }
    sum as u16
}
