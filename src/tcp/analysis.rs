//! The sequence analysis of one connection, as Wireshark 4.0.17 does it.
//!
//! A target of agreement, not of taste: where a rule looks odd (a zero that means "unset", a
//! counter whose sentinel satisfies a comparison, a window that is not scaled), it is odd in
//! Wireshark, and the comment says what follows from it. Every segment of the connection must
//! come through here in capture order, retransmissions and copies included.

use super::completeness;
use super::labels::{Label, Labels};
use super::options::window_scale;
use super::outstanding::{CAPACITY, Outstanding};
use super::seq::{after, at_or_before, before};
use crate::decode::{Broken, Flags, Segment};
use crate::flow::key::Side;
use crate::flow::table::Arrival;
use crate::time::Timestamp;

/// A retransmission later than this after the peer's last segment is not a fast one, in
/// nanoseconds.
const FAST: u64 = 20_000_000;
/// Takes the place of the round-trip time while that is unknown, in nanoseconds.
const REORDERING: u64 = 3_000_000;
/// Value of [`Half::dup`] after an acknowledgment of unseen bytes was reported once.
const REPORTED: u32 = u32::MAX;

/// The state of both directions of a connection.
#[derive(Clone, Debug, Default)]
pub struct Connection {
    halves: [Half; 2],
    /// When the most recent SYN without ACK of either side came.
    syn_time: Option<Timestamp>,
    /// Nanoseconds from that SYN to the first ACK without SYN; 0 = unknown.
    initial_rtt: i64,
    completeness: u8,
}

/// What is known of one direction. In `top`, `contig` and `last_ack` 0 means "unset"; a real 0 is
/// taken for that too.
#[derive(Clone, Debug)]
struct Half {
    /// Highest sequence number reached, and when and where it last advanced.
    top: u32,
    top_time: Timestamp,
    top_frame: u64,
    /// End of the coverage without gaps: what the peer may acknowledge.
    contig: u32,
    /// Acknowledgment field and time of the last segment, of any kind, ACK flag or not.
    last_ack: u32,
    last_time: Timestamp,
    /// Frame in which the acknowledgment field last changed.
    ack_frame: u64,
    /// Duplicate acknowledgments in a row, or [`REPORTED`].
    dup: u32,
    /// Window field of the last segment; all ones before the first.
    window: u32,
    scale: Scale,
    /// The last segments were SYNs: their window is not scaled (RFC 7323 section 2.2).
    syn_last: bool,
    /// What matters later of the labels of the last segment.
    was_keep_alive: bool,
    was_probe: bool,
    outstanding: Outstanding,
}

impl Default for Half {
    fn default() -> Self {
        Self {
            top: 0,
            top_time: Timestamp::default(),
            top_frame: 0,
            contig: 0,
            last_ack: 0,
            last_time: Timestamp::default(),
            ack_frame: 0,
            dup: 0,
            window: u32::MAX,
            scale: Scale::Unknown,
            syn_last: false,
            was_keep_alive: false,
            was_probe: false,
            outstanding: Outstanding::default(),
        }
    }
}

/// Window scaling of one direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scale {
    /// No SYN seen.
    Unknown,
    /// Not in use.
    Off,
    /// Shift, at most 14.
    By(u8),
}

/// What the rules look at in a segment.
#[derive(Clone, Copy)]
struct Facts {
    frame: u64,
    now: Timestamp,
    seq: u32,
    ack: u32,
    len: u32,
    window: u32,
    flags: Flags,
    syn_or_fin: bool,
}

impl Connection {
    /// A connection of which nothing was seen yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Labels one segment. `side` and `arrival` come from the
    /// [`Table`](crate::flow::table::Table); after [`Arrival::PortReuse`] the connection is a new
    /// one.
    pub fn analyse(&mut self, segment: &Segment<'_>, side: Side, arrival: Arrival) -> Labels {
        let facts = Facts::of(segment);
        let labels = self.label(&facts, side, arrival);
        self.afterwards(&facts, segment.options, side, arrival);
        labels
    }

    /// Takes notice of a header whose own length cannot be right.
    ///
    /// Wireshark gives up before it shows a label, but not at once: a header that claims to be
    /// shorter than a header is analysed like any other first, one that claims to be longer than its
    /// packet counts for completeness and round-trip time, and both take ports over.
    pub fn broken(&mut self, broken: &Broken<'_>, side: Side, arrival: Arrival) {
        let facts = Facts::of(&broken.header);
        if broken.too_short {
            let _ = self.label(&facts, side, arrival);
            if arrival == Arrival::PortReuse {
                self.completeness |= completeness::SYN;
            }
        } else {
            let _ = self.arrive(side, arrival);
            self.completeness |= completeness::of(facts.flags, 0, arrival);
            self.handshake(&facts, side);
        }
    }

    /// Labels a segment (blocks A to F).
    fn label(&mut self, facts: &Facts, side: Side, arrival: Arrival) -> Labels {
        let mut labels = self.arrive(side, arrival);
        let (fwd, rev) = self.split(side);
        forward(facts, fwd, rev, &mut labels);
        if facts.ack != fwd.last_ack {
            fwd.ack_frame = facts.frame;
            fwd.dup = 0;
        }
        acknowledged_unseen(facts, rev, &mut labels);
        if (facts.len > 0 || facts.syn_or_fin) && !labels.has(Label::KeepAlive) {
            let rtt = self.initial_rtt.cast_unsigned();
            let (fwd, rev) = self.split(side);
            sent_again(facts, fwd, rev, rtt, &mut labels);
        }
        let (fwd, rev) = self.split(side);
        record(facts, fwd, rev, &labels);
        labels
    }

    /// Takes notice of a segment that an ICMP error quotes with its full header.
    ///
    /// The analysis passes it over, but to Wireshark it is a sign of the connection like any
    /// other: it counts for completeness (as a segment without data), window scaling and
    /// round-trip time, and its time is that of the error.
    pub fn quoted(&mut self, segment: &Segment<'_>, side: Side, arrival: Arrival) {
        let facts = Facts {
            len: 0,
            ..Facts::of(segment)
        };
        // A quote has no labels of its own.
        let _ = self.arrive(side, arrival);
        self.afterwards(&facts, segment.options, side, arrival);
    }

    /// Nanoseconds from the most recent SYN to the first ACK without SYN after it, taken once;
    /// `None` while unknown. Negative when capture time ran backwards.
    pub fn initial_rtt(&self) -> Option<i64> {
        (self.initial_rtt != 0).then_some(self.initial_rtt)
    }

    /// What of a connection was seen so far: the bits in [`completeness`].
    pub fn completeness(&self) -> u8 {
        self.completeness
    }

    fn split(&mut self, side: Side) -> (&mut Half, &mut Half) {
        let [low, high] = &mut self.halves;
        match side {
            Side::Low => (low, high),
            Side::High => (high, low),
        }
    }

    /// What the identity of the connection does to its state, before anything else.
    fn arrive(&mut self, side: Side, arrival: Arrival) -> Labels {
        let mut labels = Labels::default();
        match arrival {
            // Repairs what a stray reset or junk did to the state: the SYN begins again.
            Arrival::SameIsnSyn => {
                let half = &mut self.halves[side.index()];
                half.top = half.contig;
            }
            Arrival::PortReuse | Arrival::SynAckNewIsn => labels.set(Label::ReusedPorts),
            Arrival::Known | Arrival::First => {}
        }
        labels
    }

    /// What is updated once the segment has its labels (block G).
    fn afterwards(&mut self, facts: &Facts, options: &[u8], side: Side, arrival: Arrival) {
        self.completeness |= completeness::of(facts.flags, facts.len, arrival);
        self.scaling(facts, options, side);
        self.handshake(facts, side);
    }

    /// Window scaling, for the segments that follow.
    fn scaling(&mut self, facts: &Facts, options: &[u8], side: Side) {
        let (fwd, rev) = self.split(side);
        if let Some(shift) = window_scale(options) {
            fwd.scale = Scale::By(shift);
        }
        if facts.flags.syn() {
            // Scaling needs the option in both SYNs (RFC 7323 section 2.2).
            if fwd.scale == Scale::Unknown {
                fwd.scale = Scale::Off;
                rev.scale = Scale::Off;
            } else if facts.flags.ack() && rev.scale == Scale::Off {
                fwd.scale = Scale::Off;
            }
        }
    }

    /// Round-trip time, and whose windows are scaled from here on.
    fn handshake(&mut self, facts: &Facts, side: Side) {
        let (fwd, _) = self.split(side);
        match (facts.flags.syn(), facts.flags.ack()) {
            (true, has_ack) => {
                fwd.syn_last = true;
                if !has_ack {
                    self.syn_time = Some(facts.now);
                }
            }
            (false, true) => {
                fwd.syn_last = false;
                if let Some(start) = self.syn_time
                    && self.initial_rtt == 0
                {
                    self.initial_rtt = facts.now.nanos_since(start);
                }
            }
            (false, false) => {}
        }
    }
}

impl Facts {
    fn of(segment: &Segment<'_>) -> Self {
        let flags = segment.flags;
        Self {
            frame: segment.frame.number,
            now: segment.time,
            seq: segment.seq,
            ack: segment.ack,
            len: segment.payload_len,
            window: u32::from(segment.window),
            flags,
            syn_or_fin: flags.syn() || flags.fin(),
        }
    }

    /// No data, and neither number moved since this side's last segment.
    fn repeats(&self, fwd: &Half) -> bool {
        self.len == 0 && self.seq == fwd.top && self.ack == fwd.last_ack
    }

    /// Nanoseconds since `then`; a huge number when time ran backwards, so that "less than" is
    /// false.
    fn since(&self, then: Timestamp) -> u64 {
        self.now.nanos_since(then).cast_unsigned()
    }
}

/// What the segment says about its own direction, windows and probes (block B).
fn forward(facts: &Facts, fwd: &mut Half, rev: &Half, labels: &mut Labels) {
    if facts.len == 1 && facts.seq == fwd.top && rev.window == 0 {
        labels.set(Label::ZeroWindowProbe);
        return;
    }
    let plain = !facts.syn_or_fin && !facts.flags.rst();
    if facts.window == 0 && plain {
        labels.set(Label::ZeroWindow);
    }
    if fwd.top != 0 && after(facts.seq, fwd.top) && !facts.flags.rst() {
        labels.set(Label::LostSegment);
    }
    if !plain {
        return;
    }
    if facts.len <= 1 && facts.seq == fwd.top.wrapping_sub(1) {
        labels.set(Label::KeepAlive);
    }
    if facts.len > 0 && rev.scale != Scale::Unknown {
        let shift = match rev.scale {
            Scale::By(shift) if !rev.syn_last => shift,
            _ => 0,
        };
        let edge = rev.last_ack.wrapping_add(rev.window << shift);
        if facts.seq.wrapping_add(facts.len) == edge {
            labels.set(Label::WindowFull);
        }
    }
    if !facts.repeats(fwd) {
        return;
    }
    let same_window = facts.window == fwd.window;
    if facts.window == 0 {
        if same_window && rev.was_probe {
            labels.set(Label::ZeroWindowProbeAck);
        }
    } else if !same_window {
        labels.set(Label::WindowUpdate);
    } else if rev.was_keep_alive {
        labels.set(Label::KeepAliveAck);
    } else {
        fwd.dup = if fwd.dup == REPORTED {
            1
        } else {
            fwd.dup.wrapping_add(1)
        };
        labels.set(Label::DuplicateAck);
        labels.dup_ack_num = fwd.dup;
        labels.dup_ack_frame = fwd.ack_frame;
    }
}

/// Whether the segment acknowledges what the capture does not hold (block D).
fn acknowledged_unseen(facts: &Facts, rev: &mut Half, labels: &mut Labels) {
    if !facts.flags.ack() || rev.contig == 0 || !after(facts.ack, rev.contig) {
        return;
    }
    if before(rev.contig, rev.top) {
        rev.contig = rev.top;
        labels.set(Label::AckLostSegment);
        return;
    }
    if rev.dup == 0 {
        labels.set(Label::AckLostSegment);
    }
    // Silences repeats until the acknowledgment field of that side changes.
    rev.dup = REPORTED;
}

/// Whether the segment, or a part of it, was sent before (block E).
fn sent_again(facts: &Facts, fwd: &mut Half, rev: &Half, rtt: u64, labels: &mut Labels) {
    let end = facts.seq.wrapping_add(facts.len);
    if facts.len > 0 && rev.last_ack != 0 && at_or_before(end, rev.last_ack) {
        labels.set(Label::SpuriousRetransmission);
        labels.set(Label::Retransmission);
        return;
    }
    let old = fwd.top != 0 && before(facts.seq, fwd.top);
    // New data after a probe of one byte.
    let after_probe = facts.len > 1 && facts.seq == fwd.top.wrapping_sub(1);
    if !old || after_probe {
        return;
    }
    // [`REPORTED`] passes as "two or more": a fast retransmission without a duplicate ACK.
    if rev.dup >= 2 && rev.last_ack == facts.seq && facts.since(rev.last_time) < FAST {
        labels.set(Label::FastRetransmission);
        labels.set(Label::Retransmission);
        return;
    }
    let threshold = if rtt == 0 { REORDERING } else { rtt };
    let counted = end.wrapping_add(u32::from(facts.syn_or_fin));
    if facts.since(fwd.top_time) < threshold && fwd.top != counted {
        labels.set(Label::OutOfOrder);
        return;
    }
    labels.set(Label::Retransmission);
    let (time, frame) = match fwd.outstanding.oldest() {
        Some(sent) => (sent.time, sent.frame),
        None => (fwd.top_time, fwd.top_frame),
    };
    labels.rto = facts.now.nanos_since(time);
    if labels.rto != 0 {
        labels.rto_frame = frame;
    }
}

/// Remembers the segment for those that follow (block F).
fn record(facts: &Facts, fwd: &mut Half, rev: &mut Half, labels: &Labels) {
    let mut end = facts.seq.wrapping_add(facts.len);
    if (facts.len > 0 || facts.syn_or_fin) && fwd.outstanding.len() < CAPACITY {
        // SYN and FIN occupy a number, but once the list is full Wireshark forgets that.
        end = end.wrapping_add(u32::from(facts.syn_or_fin));
        fwd.outstanding.push(end, facts.frame, facts.now);
    }
    if !labels.has(Label::ZeroWindowProbe) {
        if fwd.top == 0 || after(end, fwd.top) {
            fwd.top = end;
            fwd.top_time = facts.now;
            fwd.top_frame = facts.frame;
        }
        if fwd.contig == 0 || facts.seq == fwd.contig {
            fwd.contig = fwd.top;
        }
    }
    fwd.window = facts.window;
    fwd.last_ack = facts.ack;
    fwd.last_time = facts.now;
    fwd.was_keep_alive = labels.has(Label::KeepAlive);
    fwd.was_probe = labels.has(Label::ZeroWindowProbe);
    rev.outstanding.acknowledge(facts.ack);
}
