//! Frames in, sessions out. No clock, no files: capture time comes in with the frames.
//!
//! Joins the two strands that must not know of each other: what the wire did ([`crate::tcp`]) and
//! what the peers said ([`crate::stream`], [`crate::smtp`], [`crate::tls`]).

mod building;
mod clock;
mod conversation;
pub mod frames;
mod outcome;
pub mod ports;
mod tracker;
mod undecided;

use self::ports::Ports;
use self::tracker::Tracker;
use crate::capture::Frame;
use crate::decode::{Decoded, Decoder, Nothing};
use crate::limits::Limits;
use crate::model::{Session, Skipped};
use crate::time::Timestamp;

/// Turns the frames of one input into sessions.
pub struct Engine {
    decoder: Decoder,
    tracker: Tracker,
    skipped: Skipped,
}

impl Engine {
    /// An engine for an input of this name.
    pub fn new(input: &str, ports: Ports, limits: Limits) -> Self {
        let decoder = Decoder::new(&limits);
        let finds_mail = !ports.are_named();
        let mut tracker = Tracker::new(input, ports, limits);
        if finds_mail {
            tracker.find_mail();
        }
        Self {
            decoder,
            tracker,
            skipped: Skipped::default(),
        }
    }

    /// Notes what may be shown of the sessions that begin with these frames; `with_payload`: also
    /// encrypted data.
    pub fn show(&mut self, first_frames: impl IntoIterator<Item = u64>, with_payload: bool) {
        self.tracker.show(first_frames, with_payload);
    }

    /// Takes the next frame; sessions that end are handed to `sink`.
    #[inline]
    pub fn push(&mut self, frame: &Frame<'_>, sink: &mut impl FnMut(Session)) {
        self.tracker.tick(frame.time, sink);
        match self.decoder.decode(frame) {
            Decoded::Tcp(segment) => {
                self.tracker.segment(&segment, sink);
            }
            Decoded::Broken(broken) => {
                self.tracker.broken(&broken);
                self.skip(Nothing::Malformed);
            }
            Decoded::Icmp(error) => {
                self.tracker.icmp_error(&error, sink);
            }
            Decoded::Nothing(why) => self.skip(why),
        }
    }

    /// How far capture time has come.
    pub fn now(&self) -> Timestamp {
        self.tracker.now()
    }

    /// The capture itself says that it went on until then.
    pub fn listened_until(&mut self, time: Timestamp, sink: &mut impl FnMut(Session)) {
        self.tracker.listened_until(time, sink);
    }

    /// Capture time has come this far.
    pub fn tick(&mut self, now: Timestamp, sink: &mut impl FnMut(Session)) {
        self.tracker.tick(now, sink);
    }

    /// A frame that the capture filter dropped: it keeps its number and is not looked at.
    pub fn pass_over(&mut self) {
        self.skipped.filtered += 1;
    }

    /// The end of the input: every open session ends, oldest first.
    pub fn finish(&mut self, sink: &mut impl FnMut(Session)) {
        self.tracker.finish(sink);
    }

    /// Frames that gave no TCP segment so far.
    pub fn skipped(&self) -> Skipped {
        self.skipped
    }

    /// Limits that were hit, in words.
    pub fn limits_hit(&self) -> Vec<String> {
        self.tracker.limits_hit()
    }

    fn skip(&mut self, why: Nothing) {
        let counter = match why {
            Nothing::Fragment => &mut self.skipped.fragments,
            Nothing::Malformed => &mut self.skipped.malformed,
            Nothing::NotIp => &mut self.skipped.not_ip,
            Nothing::NotTcp => &mut self.skipped.not_tcp,
            Nothing::SnapLength => &mut self.skipped.snap_length,
            Nothing::UnknownLinkType => &mut self.skipped.unknown_link_type,
        };
        *counter += 1;
    }
}

#[cfg(test)]
mod tests;
