//! Counters of one direction, for the session record.

use serde::Serialize;

use super::labels::{Label, Labels};
use crate::decode::Segment;

/// What one side of a connection sent, and what was wrong with it, in Wireshark's terms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Health {
    /// Segments.
    pub packets: u64,
    /// Payload bytes on the wire, each time they were sent.
    pub bytes: u64,
    /// Retransmissions, fast and spurious ones included.
    pub retransmissions: u64,
    /// Fast retransmissions.
    pub fast_retransmissions: u64,
    /// Retransmissions of what the peer had acknowledged already.
    pub spurious_retransmissions: u64,
    /// Segments out of order.
    pub out_of_order: u64,
    /// Duplicate acknowledgments.
    pub duplicate_acks: u64,
    /// Segments before which something is not in the capture.
    pub lost_segments: u64,
    /// Segments that acknowledge what is not in the capture.
    pub ack_lost_segments: u64,
    /// Segments that close the receive window.
    pub zero_windows: u64,
    /// Probes against a closed window.
    pub zero_window_probes: u64,
    /// Segments that fill the peer's receive window.
    pub window_full: u64,
    /// Keep-alive probes.
    pub keep_alives: u64,
}

impl Health {
    /// Counts a segment of this direction and its labels.
    pub fn count(&mut self, segment: &Segment<'_>, labels: &Labels) {
        self.packets += 1;
        self.bytes += u64::from(segment.payload_len);
        if labels.is_empty() {
            return;
        }
        for (label, counter) in [
            (Label::Retransmission, &mut self.retransmissions),
            (Label::FastRetransmission, &mut self.fast_retransmissions),
            (
                Label::SpuriousRetransmission,
                &mut self.spurious_retransmissions,
            ),
            (Label::OutOfOrder, &mut self.out_of_order),
            (Label::DuplicateAck, &mut self.duplicate_acks),
            (Label::LostSegment, &mut self.lost_segments),
            (Label::AckLostSegment, &mut self.ack_lost_segments),
            (Label::ZeroWindow, &mut self.zero_windows),
            (Label::ZeroWindowProbe, &mut self.zero_window_probes),
            (Label::WindowFull, &mut self.window_full),
            (Label::KeepAlive, &mut self.keep_alives),
        ] {
            *counter += u64::from(labels.has(label));
        }
    }
}
