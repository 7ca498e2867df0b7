//! What each side says of itself when it opens a connection: the fields by which two capture points
//! recognise the same connection, and by which they show what was changed between them.

use super::options;
use crate::decode::Segment;
use crate::model::path::Opening;

/// Reads a SYN or SYN+ACK.
pub fn opening(segment: &Segment<'_>) -> Opening {
    Opening {
        isn: segment.seq,
        ttl: segment.ttl,
        mss: options::maximum_segment(segment.options),
        window_scale: options::window_scale(segment.options),
        sack: options::has(segment.options, options::SACK_PERMITTED),
        timestamp: options::timestamp(segment.options),
    }
}
