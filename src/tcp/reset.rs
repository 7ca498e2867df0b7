//! Resets, and whether they came from the peer whose address they carry.
//!
//! A device that wants a connection gone writes a RST in the name of one or both peers. It cannot
//! copy everything: its packet travels another number of hops, its IP stack numbers packets on its
//! own, it may answer sooner than the peer could, and the peer knows nothing of it and goes on. One
//! such sign may have a harmless reason, so two are needed to be sure:
//!
//! - other hop limit: at least 3 off, because routes of unequal length explain 1 or 2; where only
//!   the initial value differs (64, 128, 255) at an equal distance, a host may do that for its
//!   resets, so this counts half;
//! - IP identification: Linux resets carry 0 always, so 0 counts only for a peer that numbers even
//!   its SYN+ACK; counts half;
//! - window: counts half;
//! - too early, peer goes on, two resets both ways at one instant: each counts whole.

use super::profile::{IdFit, Profile};
use super::rtt::Rtt;
use crate::decode::Segment;
use crate::model::path::{IpIdSign, Reset, Seen, Signs, TtlSign};
use crate::model::{Confidence, Peer};

/// Two resets in opposite directions within this time, in nanoseconds, are one act: nobody answers
/// a reset by a reset (RFC 9293 section 3.10.7).
const INSTANT: i64 = 1_000_000;
/// A silence of the connection worth naming, in nanoseconds: peers that talk do not pause so long.
const IDLE: i64 = 5_000_000_000;
/// A reset this soon after the first frame that follows a silence belongs to it, in nanoseconds:
/// whoever lost the state answers the first packet, or a repetition of it.
const AFTER_IDLE: i64 = 5_000_000_000;
/// A round trip below this cannot be told from the jitter of a capture, in nanoseconds.
const SHORTEST_TRIP: i64 = 2_000_000;
/// Packets sent before a reset may arrive so much after it, in nanoseconds, or two round trips.
const IN_FLIGHT: i64 = 20_000_000;
/// The same where the round trip is not known.
const IN_FLIGHT_UNKNOWN: i64 = 500_000_000;

/// Judges the resets of one connection.
#[derive(Clone, Debug, Default)]
pub struct Resets {
    found: Vec<Reset>,
    profiles: [Profile; 2],
    rtt: [Rtt; 2],
    /// Identification of each side's last packet with data.
    last_data_id: [Option<u16>; 2],
    last: Option<Seen>,
    silence: Option<(Seen, Seen)>,
    /// The reset of each side after which it might go on.
    open: [Option<usize>; 2],
}

impl Resets {
    /// Takes a segment. `reset` says that it is one to keep, and whether it is normal noise;
    /// `after` is the last data before.
    pub fn segment(
        &mut self,
        from: Peer,
        segment: &Segment<'_>,
        reset: Option<bool>,
        after: Option<(Peer, Seen)>,
    ) {
        let seen = Seen {
            frame: segment.frame.number,
            time: segment.time,
        };
        if let Some(last) = self.last
            && seen.time.nanos_since(last.time) >= IDLE
        {
            self.silence = Some((last, seen));
        }
        self.last = Some(seen);
        if segment.flags.rst() {
            if let Some(noise) = reset {
                self.reset(from, segment, seen, noise, after);
            }
            return;
        }
        if segment.flags.syn() {
            // Somebody begins anew: what follows proves nothing about resets before.
            self.open = [None, None];
        } else {
            self.goes_on(from, seen);
        }
        self.profiles[from.index()].learn(segment);
        self.rtt[from.index()].answers(segment);
        self.rtt[from.other().index()].asks(segment);
        if segment.payload_len > 0 {
            self.last_data_id[from.index()] = segment.ip_id.filter(|&id| id != 0);
        }
    }

    /// Whether any reset was kept.
    pub fn count(&self) -> usize {
        self.found.len()
    }

    /// The resets with what is known about each now.
    pub fn finish(mut self) -> Vec<Reset> {
        for reset in &mut self.found {
            reset.foreign = weigh(&reset.signs);
        }
        self.found
    }

    fn reset(
        &mut self,
        from: Peer,
        segment: &Segment<'_>,
        seen: Seen,
        noise: bool,
        after: Option<(Peer, Seen)>,
    ) {
        let profile = &self.profiles[from.index()];
        let usual_ttl = profile.usual_ttl();
        let silence = self
            .silence
            .filter(|(_, end)| seen.time.nanos_since(end.time) < AFTER_IDLE);
        let signs = match noise {
            true => Signs::default(),
            false => self.signs(from, segment, usual_ttl),
        };
        let index = self.found.len();
        self.found.push(Reset {
            frame: seen.frame,
            time: seen.time,
            from,
            noise,
            acknowledges: segment.flags.ack(),
            ttl: segment.ttl,
            usual_ttl,
            after,
            idle: silence,
            signs,
            foreign: None,
        });
        if noise {
            return;
        }
        if let Some(other) = self.open[from.other().index()]
            && let Some(before) = self.found.get_mut(other)
            && seen.time.nanos_since(before.time).abs() <= INSTANT
        {
            before.signs.both_ways = Some(seen);
            let (frame, time) = (before.frame, before.time);
            self.found[index].signs.both_ways = Some(Seen { frame, time });
        }
        // A host that resets a stray packet of an earlier connection goes on with this one.
        if self.rtt[from.other().index()].is_near(segment.seq) {
            self.open[from.index()].get_or_insert(index);
        }
    }

    fn signs(&self, from: Peer, segment: &Segment<'_>, usual_ttl: Option<u8>) -> Signs {
        let profile = &self.profiles[from.index()];
        let other = &self.profiles[from.other().index()];
        let ttl = usual_ttl
            .filter(|usual| usual.abs_diff(segment.ttl) >= 3)
            .map(|usual| TtlSign {
                reset: segment.ttl,
                usual,
            });
        let ip_id = segment.ip_id.and_then(|id| {
            if id != 0 && self.last_data_id[from.other().index()] == Some(id) {
                return Some(IpIdSign::Copied(id));
            }
            match profile.fit(id, segment.time) {
                IdFit::Fits => None,
                IdFit::Zero => Some(IpIdSign::Zero),
                IdFit::OutOfSequence { last } => Some(IpIdSign::OutOfSequence { reset: id, last }),
            }
        });
        let too_early = self.rtt[from.index()]
            .reaction(segment)
            .filter(|&(reaction, shortest)| {
                shortest >= SHORTEST_TRIP && reaction >= 0 && reaction < shortest / 4 * 3
            });
        Signs {
            ttl,
            ip_id,
            window: profile
                .is_strange_window(segment.window, other)
                .then_some(segment.window),
            too_early,
            went_on: None,
            both_ways: None,
        }
    }

    /// A segment of a peer in whose name a reset was sent.
    fn goes_on(&mut self, from: Peer, seen: Seen) {
        let Some(index) = self.open[from.index()] else {
            return;
        };
        let wait = match self.rtt[from.index()].shortest() {
            Some(trip) => (2 * trip).max(IN_FLIGHT),
            None => IN_FLIGHT_UNKNOWN,
        };
        if let Some(reset) = self.found.get_mut(index)
            && reset.signs.went_on.is_none()
            && seen.time.nanos_since(reset.time) > wait
        {
            reset.signs.went_on = Some(seen);
        }
    }
}

/// How much the signs weigh together: a whole sign alone makes it possible, a second one sure.
fn weigh(signs: &Signs) -> Option<Confidence> {
    let ttl = match signs.ttl {
        Some(ttl) if ttl.other_distance() => 2,
        Some(_) => 1,
        None => 0,
    };
    let whole = u8::from(signs.too_early.is_some())
        + u8::from(signs.went_on.is_some())
        + u8::from(signs.both_ways.is_some());
    let half = u8::from(signs.ip_id.is_some()) + u8::from(signs.window.is_some());
    match ttl + 2 * whole + half {
        0 => None,
        1 => Some(Confidence::Low),
        2 => Some(Confidence::Medium),
        // Three halves, or a whole sign and a half: two independent ones at least.
        _ => Some(Confidence::High),
    }
}
