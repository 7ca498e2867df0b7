//! A receiver that keeps its window closed (RFC 9293 section 3.8.6.1).

use crate::decode::Segment;
use crate::model::path::{Seen, Stall};

/// Probes remembered as evidence.
const REMEMBERED: usize = 16;

/// The window of one receiver.
#[derive(Clone, Debug, Default)]
pub(super) struct Window {
    closed: Option<Stall>,
    longest: Option<Stall>,
    /// It has closed its side: its window matters no more.
    over: bool,
    /// The last acknowledgment number it sent.
    ack: Option<u32>,
}

impl Window {
    /// Takes a segment of the receiver. A zero is zero whatever the scale, so a missing SYN does no
    /// harm; that of a SYN, FIN or RST says nothing.
    pub(super) fn receiver(&mut self, segment: &Segment<'_>, seen: Seen) {
        let flags = segment.flags;
        if flags.ack() && !flags.rst() {
            self.ack = Some(segment.ack);
        }
        if flags.fin() || flags.rst() {
            self.over = true;
            self.open(None);
        }
        if self.over || flags.syn() {
            return;
        }
        if segment.window > 0 {
            self.open(Some(seen));
            return;
        }
        let stall = self.closed.get_or_insert(Stall {
            from: seen,
            until: None,
            last: seen,
            probes: Vec::new(),
        });
        stall.last = seen;
    }

    /// Takes a segment of the sender.
    pub(super) fn sender(&mut self, segment: &Segment<'_>, seen: Seen) {
        let Some(stall) = &mut self.closed else {
            return;
        };
        stall.last = seen;
        // A probe repeats the byte before the next one, or sends the next one (and Windows no more
        // than that): it is acknowledged, not accepted.
        let is_probe = self.ack.is_some_and(|ack| {
            segment.payload_len <= 1 && segment.seq == ack.wrapping_sub(1)
                || segment.payload_len == 1 && segment.seq == ack
        });
        let plain = !segment.flags.syn() && !segment.flags.fin() && !segment.flags.rst();
        if is_probe && plain && stall.probes.len() < REMEMBERED {
            stall.probes.push(seen.frame);
        }
    }

    /// The longest time it was closed.
    pub(super) fn finish(mut self) -> Option<Stall> {
        self.open(None);
        self.longest
    }

    fn open(&mut self, seen: Option<Seen>) {
        let Some(mut stall) = self.closed.take() else {
            return;
        };
        stall.until = seen;
        stall.last = seen.unwrap_or(stall.last);
        let length = |stall: &Stall| stall.last.time.nanos_since(stall.from.time);
        if self
            .longest
            .as_ref()
            .is_none_or(|longest| length(&stall) > length(longest))
        {
            self.longest = Some(stall);
        }
    }
}
