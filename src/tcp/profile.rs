//! What the packets of one peer look like below TCP: hop limit, IP identification, window. A packet
//! that somebody else sends in its name mostly looks different.

use crate::decode::Segment;
use crate::time::Timestamp;

/// Different hop limits remembered; a peer with more of them has no usual one.
const TTLS: usize = 4;
/// Packets before anything is called usual.
const ENOUGH: u32 = 3;
/// Routes that change shift the hop limit by this much (load sharing over several links).
const ROUTES: u8 = 2;
/// Steps of one connection's own counter: one per packet, a few more where copies or a capture
/// filter hide packets.
const OWN_STEP: u16 = 8;
/// Steps of a counter that all connections of a host share.
const SHARED_STEP: u16 = 256;
/// A shared counter says nothing after a longer silence.
const SHARED_WAIT: i64 = 1_000_000_000;
/// Further off than this is out of sequence.
const FAR: u16 = 0x1000;

/// The packets of one peer so far, resets left out.
#[derive(Clone, Debug, Default)]
pub(super) struct Profile {
    ttls: [(u8, u32); TTLS],
    more_ttls: bool,
    /// Last IP identification that was not zero, and when.
    last_id: Option<(u16, Timestamp)>,
    /// Steps between identifications: small ones, and the largest of all.
    steps: u32,
    largest_step: u16,
    /// Identification of its SYN+ACK.
    syn_ack_id: Option<u16>,
    /// Window fields after the handshake: the last and the largest; the SYN's apart.
    last_window: Option<u16>,
    largest_window: u16,
    syn_window: Option<u16>,
    packets: u32,
}

/// How an identification compares with the ones before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum IdFit {
    /// It fits, or nothing can be said.
    Fits,
    /// Zero, where this peer numbers even its SYN+ACK.
    Zero,
    /// This was the last one.
    OutOfSequence { last: u16 },
}

impl Profile {
    /// Takes a segment of this peer that is no reset.
    pub(super) fn learn(&mut self, segment: &Segment<'_>) {
        self.packets = self.packets.saturating_add(1);
        let place = self
            .ttls
            .iter_mut()
            .find(|(ttl, count)| *count == 0 || *ttl == segment.ttl);
        match place {
            Some((ttl, count)) => {
                *ttl = segment.ttl;
                *count = count.saturating_add(1);
            }
            None => self.more_ttls = true,
        }
        if segment.flags.syn() {
            self.syn_window = Some(segment.window);
            self.syn_ack_id = segment.ip_id.filter(|_| segment.flags.ack());
        } else {
            self.last_window = Some(segment.window);
            self.largest_window = self.largest_window.max(segment.window);
        }
        if let Some(id) = segment.ip_id.filter(|&id| id != 0) {
            if let Some((last, _)) = self.last_id {
                self.steps = self.steps.saturating_add(1);
                self.largest_step = self.largest_step.max(id.wrapping_sub(last));
            }
            self.last_id = Some((id, segment.time));
        }
    }

    /// Median hop limit, if there is a usual one.
    pub(super) fn usual_ttl(&self) -> Option<u8> {
        let mut seen: Vec<(u8, u32)> = self.ttls.to_vec();
        seen.retain(|&(_, count)| count > 0);
        seen.sort_unstable();
        let all: u32 = seen.iter().map(|&(_, count)| count).sum();
        let (lowest, highest) = (seen.first()?.0, seen.last()?.0);
        if self.more_ttls || all < ENOUGH || highest - lowest > ROUTES {
            return None;
        }
        let mut before = 0;
        seen.iter()
            .find(|&&(_, count)| {
                before += count;
                before * 2 > all
            })
            .map(|&(ttl, _)| ttl)
    }

    /// Whether an identification can be the next one of this peer.
    ///
    /// Zero alone proves nothing: Linux numbers neither its SYN+ACK nor its resets.
    pub(super) fn fit(&self, id: u16, now: Timestamp) -> IdFit {
        let counts_alone = self.steps >= ENOUGH && self.largest_step <= OWN_STEP;
        let counts = self.steps >= 2 * ENOUGH && self.largest_step <= SHARED_STEP;
        if id == 0 {
            let numbers_all = self.syn_ack_id.is_some_and(|id| id != 0);
            return match numbers_all && (counts_alone || counts) {
                true => IdFit::Zero,
                false => IdFit::Fits,
            };
        }
        let Some((last, when)) = self.last_id else {
            return IdFit::Fits;
        };
        let off = id.wrapping_sub(last).min(last.wrapping_sub(id));
        let recent = now.nanos_since(when) < SHARED_WAIT;
        match off > FAR && (counts_alone || counts && recent) {
            true => IdFit::OutOfSequence { last },
            false => IdFit::Fits,
        }
    }

    /// Whether this peer would not send such a window field: it is the other side's, or far above
    /// all of its own. Zero is normal in a reset.
    pub(super) fn is_strange_window(&self, window: u16, other: &Self) -> bool {
        let own = [self.last_window, self.syn_window];
        if window == 0 || self.packets < ENOUGH || own.contains(&Some(window)) {
            return false;
        }
        let copied = other.last_window == Some(window) && window > self.largest_window;
        let far_above = self.last_window.is_some()
            && u32::from(window) > 4 * u32::from(self.largest_window)
            && self.syn_window.is_some_and(|syn| window > syn);
        copied || far_above
    }
}
