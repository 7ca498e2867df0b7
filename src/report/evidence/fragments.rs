//! Segments in fragmented datagrams: what each fragment's frame may show.

use hashbrown::HashMap;

use super::Owner;
use super::rewrite::{CHECKSUM, HEADER, Rewritten, mended};
use crate::decode::{Part, Segment};

/// Bytes of fragmented segments that are remembered; of more, their frames are left out.
const MOST: usize = 16 << 20;

/// The fragmented segments of a capture, from the second pass to the third.
#[derive(Debug, Default)]
pub struct Fragments {
    wholes: Vec<Whole>,
    /// By frame: which segment, and which part of it.
    parts: HashMap<u64, (usize, Part), foldhash::fast::RandomState>,
    bytes: usize,
}

/// A segment that was put together.
#[derive(Debug)]
pub struct Whole {
    header: Segment<'static>,
    payload: Vec<u8>,
    /// Bytes of its header.
    header_len: usize,
    /// Where in the datagram the payload begins.
    start: usize,
}

impl Whole {
    /// A segment of these bytes of a frame, if it is no part of them alone. Not those in tunnels:
    /// nobody knows what follows their payload.
    pub fn of(segment: &Segment<'_>, frame: &[u8]) -> Option<Self> {
        let elsewhere = !segment.payload.is_empty() && segment.position(frame).is_none();
        (elsewhere && segment.tunnel_depth == 0).then(|| Self {
            header: Segment {
                options: &[],
                payload: &[],
                ..*segment
            },
            payload: segment.payload.to_vec(),
            header_len: HEADER + segment.options.len(),
            start: 0,
        })
    }

    /// The segment without options and payload; its frame is that of the last fragment to come.
    pub fn header(&self) -> &Segment<'static> {
        &self.header
    }
}

impl Fragments {
    /// Takes a segment and the fragments it came in.
    pub fn add(&mut self, mut whole: Whole, parts: &[Part]) {
        self.bytes += whole.payload.len();
        if self.bytes > MOST {
            return;
        }
        // The payload is the end of the datagram; perhaps more than one header stands before it.
        let end = parts.iter().map(|part| part.offset + part.len).max();
        whole.start = end.unwrap_or(0).saturating_sub(whole.payload.len());
        let number = self.wholes.len();
        self.wholes.push(whole);
        let parts = parts.iter().map(|part| (part.frame, (number, *part)));
        self.parts.extend(parts);
    }

    /// The segment of which a frame holds a part.
    pub fn of(&self, frame: u64) -> Option<(&Whole, Part)> {
        let &(number, part) = self.parts.get(&frame)?;
        Some((self.wholes.get(number)?, part))
    }
}

/// Rewrites the frame of a fragment.
pub fn rewrite(frame: &[u8], whole: &Whole, part: Part, owner: &Owner) -> Option<Rewritten> {
    let shown = |seq: u32, payload: &[u8]| {
        let seq = whole.header.seq.wrapping_add(seq);
        let segment = Segment {
            seq,
            payload,
            ..whole.header
        };
        owner.shown(whole.header.frame.number, &segment)
    };
    let at = part.at?;
    let end = part.offset + part.len;
    let start = whole.start;
    let header = start.checked_sub(whole.header_len)?;
    let mut bytes = frame.to_vec();
    bytes.get_mut(at + part.len..)?.fill(0);
    let first = start.clamp(part.offset, end);
    let place = at + first - part.offset;
    let range = place..at + part.len;
    let ours = shown((first - start.min(first)) as u32, &frame[range.clone()]);
    bytes[range].copy_from_slice(&ours);
    let field = header + CHECKSUM;
    if field >= part.offset && field + 2 <= end {
        let field = at + field - part.offset;
        let checksum = u16::from_be_bytes([frame[field], frame[field + 1]]);
        let checksum = mended(checksum, &whole.payload, &shown(0, &whole.payload));
        bytes[field..field + 2].copy_from_slice(&checksum.to_be_bytes());
    }
    Some(Rewritten::new(bytes, place))
}
