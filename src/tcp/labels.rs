//! The labels a segment can carry, by Wireshark's names.

use std::fmt;

/// One item of Wireshark's `tcp.analysis.*`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Label {
    /// Bytes sent before, or at least a sequence number passed before.
    Retransmission,
    /// A retransmission within 20 ms of the acknowledgments that asked for it.
    FastRetransmission,
    /// Bytes the peer had acknowledged already.
    SpuriousRetransmission,
    /// Late by less than the round-trip time: reordered rather than sent again.
    OutOfOrder,
    /// An acknowledgment that repeats the one before it and carries nothing else.
    DuplicateAck,
    /// Bytes before this segment are not in the capture so far.
    LostSegment,
    /// Acknowledges bytes that are not in the capture.
    AckLostSegment,
    /// Probes an idle connection: at most one byte, one below the next.
    KeepAlive,
    /// The answer to a keep-alive.
    KeepAliveAck,
    /// The receive window is closed.
    ZeroWindow,
    /// One byte against a closed window.
    ZeroWindowProbe,
    /// The answer to a zero-window probe, window still closed.
    ZeroWindowProbeAck,
    /// Nothing new but the window.
    WindowUpdate,
    /// Ends exactly at the edge of the peer's window.
    WindowFull,
    /// A new connection on endpoints used before, or a new SYN/ACK number.
    ReusedPorts,
}

impl Label {
    /// All labels, in the order they are printed.
    pub const ALL: [Self; 15] = [
        Self::Retransmission,
        Self::FastRetransmission,
        Self::SpuriousRetransmission,
        Self::OutOfOrder,
        Self::DuplicateAck,
        Self::LostSegment,
        Self::AckLostSegment,
        Self::KeepAlive,
        Self::KeepAliveAck,
        Self::ZeroWindow,
        Self::ZeroWindowProbe,
        Self::ZeroWindowProbeAck,
        Self::WindowUpdate,
        Self::WindowFull,
        Self::ReusedPorts,
    ];

    /// Wireshark's name without the `tcp.analysis.` prefix.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Retransmission => "retransmission",
            Self::FastRetransmission => "fast_retransmission",
            Self::SpuriousRetransmission => "spurious_retransmission",
            Self::OutOfOrder => "out_of_order",
            Self::DuplicateAck => "duplicate_ack",
            Self::LostSegment => "lost_segment",
            Self::AckLostSegment => "ack_lost_segment",
            Self::KeepAlive => "keep_alive",
            Self::KeepAliveAck => "keep_alive_ack",
            Self::ZeroWindow => "zero_window",
            Self::ZeroWindowProbe => "zero_window_probe",
            Self::ZeroWindowProbeAck => "zero_window_probe_ack",
            Self::WindowUpdate => "window_update",
            Self::WindowFull => "window_full",
            Self::ReusedPorts => "reused_ports",
        }
    }

    const fn bit(self) -> u16 {
        1 << self as u8
    }
}

/// The labels of one segment and the numbers that belong to them.
///
/// Prints as a comma list of [`Label::name`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Labels {
    bits: u16,
    /// Which duplicate acknowledgment in a row this is, from 1; 0 without
    /// [`Label::DuplicateAck`].
    pub dup_ack_num: u32,
    /// The frame whose acknowledgment is repeated; 0 without [`Label::DuplicateAck`].
    pub dup_ack_frame: u64,
    /// Nanoseconds since the segment that was not acknowledged in time, on plain
    /// retransmissions; 0 = none. Negative when capture time ran backwards.
    pub rto: i64,
    /// The frame of that segment; 0 = none.
    pub rto_frame: u64,
}

impl Labels {
    /// Whether the segment carries a label. Fast and spurious retransmissions carry
    /// [`Label::Retransmission`] too.
    pub const fn has(&self, label: Label) -> bool {
        self.bits & label.bit() != 0
    }

    /// Whether the segment carries no label.
    pub const fn is_empty(&self) -> bool {
        self.bits == 0
    }

    /// The labels in printing order.
    pub fn iter(&self) -> impl Iterator<Item = Label> + use<> {
        let labels = *self;
        Label::ALL
            .into_iter()
            .filter(move |label| labels.has(*label))
    }

    pub(super) const fn set(&mut self, label: Label) {
        self.bits |= label.bit();
    }
}

impl fmt::Display for Labels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, label) in self.iter().enumerate() {
            if at > 0 {
                f.write_str(",")?;
            }
            f.write_str(label.name())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_label_is_listed_once_in_order() {
        for (at, label) in Label::ALL.into_iter().enumerate() {
            assert_eq!(label as usize, at);
        }
    }

    #[test]
    fn prints_a_comma_list() {
        let mut labels = Labels::default();
        assert_eq!(labels.to_string(), "");
        labels.set(Label::LostSegment);
        labels.set(Label::Retransmission);
        assert_eq!(labels.to_string(), "retransmission,lost_segment");
    }
}
