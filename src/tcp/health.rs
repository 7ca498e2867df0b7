//! Counts what one direction sent and what its labels say, for the session record.

use super::labels::{Label, Labels};
use crate::decode::Segment;
use crate::model::tcp::Counters;

/// Counts a segment of this direction and its labels.
pub fn count(counters: &mut Counters, segment: &Segment<'_>, labels: &Labels) {
    counters.packets += 1;
    counters.bytes += u64::from(segment.payload_len);
    if labels.is_empty() {
        return;
    }
    for (label, counter) in [
        (Label::Retransmission, &mut counters.retransmissions),
        (
            Label::FastRetransmission,
            &mut counters.fast_retransmissions,
        ),
        (
            Label::SpuriousRetransmission,
            &mut counters.spurious_retransmissions,
        ),
        (Label::OutOfOrder, &mut counters.out_of_order),
        (Label::DuplicateAck, &mut counters.duplicate_acks),
        (Label::LostSegment, &mut counters.lost_segments),
        (Label::ZeroWindow, &mut counters.zero_windows),
    ] {
        *counter += u64::from(labels.has(label));
    }
}
