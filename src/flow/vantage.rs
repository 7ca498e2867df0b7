//! From where the packets of one direction were seen, and what that says about the capture point.

use std::fmt::Write;
use std::time::Duration;

use crate::decode::Segment;
use crate::model::{self, Peer};
use crate::time::Timestamp;

/// Shortest retransmission timeout in use (Linux): what repeats sooner, from elsewhere, is a copy.
const MIN_RTO: Duration = Duration::from_millis(200);

/// How quickly the packets of a newcomer must follow once a direction is known to be seen from one
/// place: forwarding takes microseconds, a retransmission over another path a round trip.
const NEWCOMER: Duration = Duration::from_millis(2);

/// Packets after which a direction seen from one place only counts as known.
const KNOWN: u64 = 8;

/// Coarsest timestamp clock in use: later than this an equal timestamp proves one packet.
const CLOCK_TICK: Duration = Duration::from_millis(100);

/// Vantages told apart per direction; more than four copies of a packet are not worth telling.
const MAX_VANTAGES: usize = 15;

/// Packets remembered as seen from one place only.
const MAX_LONE: usize = 64;

/// A place that a packet was seen at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vantage {
    /// TTL or hop limit.
    pub ttl: u8,
    /// Interface of the capture.
    pub interface: u32,
    /// VLAN tags.
    pub vlan: u32,
    /// MAC addresses.
    pub macs: Option<[u8; 12]>,
    /// Tunnel headers peeled off.
    pub tunnel_depth: u8,
}

impl Vantage {
    /// Where this segment was seen.
    pub fn of(segment: &Segment<'_>) -> Self {
        Self {
            ttl: segment.ttl,
            interface: segment.interface,
            vlan: segment.vlan,
            macs: segment.macs,
            tunnel_depth: segment.tunnel_depth,
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Place {
    vantage: Vantage,
    originals: u64,
    copies: u64,
}

impl Place {
    /// Greatest where packets come by first: before a router the hop limit is higher. The order in
    /// the file does not tell, because programs that capture on several interfaces write in blocks.
    fn order(&self) -> (u8, u64) {
        (self.vantage.ttl, self.originals)
    }
}

/// The vantages of one direction of a connection.
#[derive(Clone, Debug, Default)]
pub struct Vantages {
    places: Vec<Place>,
    /// Equal packets that could be copies and were counted as packets.
    pub possible: u64,
    /// Packets seen from several places.
    shared: u64,
    /// Packets seen from one place only: frame and place.
    lone: Vec<(u64, usize)>,
    lone_count: u64,
}

impl Vantages {
    /// Index of a vantage; those beyond the bound share the last one.
    pub(super) fn index(&mut self, vantage: Vantage) -> usize {
        let known = self
            .places
            .iter()
            .position(|place| place.vantage == vantage);
        known.unwrap_or_else(|| {
            if self.places.len() < MAX_VANTAGES {
                self.places.push(Place {
                    vantage,
                    originals: 0,
                    copies: 0,
                });
            }
            self.places.len() - 1
        })
    }

    /// Whether an equal packet without identification, seen from this vantage now and from another
    /// at `first`, may count as its copy.
    pub(super) fn believes(&self, at: usize, segment: &Segment<'_>, first: Timestamp) -> bool {
        let place = &self.places[at];
        let now = segment.time;
        let repeats_most = place.copies > place.originals;
        let originals: u64 = self.places.iter().map(|place| place.originals).sum();
        // A clock that has moved on since proves a second packet by a second timestamp; the
        // timestamp is part of what was compared.
        let same_clock = has_timestamp(segment) && !(segment.flags.syn() && segment.flags.ack());
        repeats_most
            || !now.is_after(first, NEWCOMER)
            || originals < KNOWN && !now.is_after(first, MIN_RTO)
            || same_clock && now.is_after(first, CLOCK_TICK)
    }

    pub(super) fn original(&mut self, at: usize) {
        self.places[at].originals += 1;
    }

    pub(super) fn copied(&mut self, at: usize) {
        self.places[at].copies += 1;
    }

    /// No more copies of this packet will come; `seen` holds a bit for each vantage.
    pub(super) fn settled(&mut self, frame: u64, seen: u16) {
        if seen.count_ones() > 1 {
            self.shared += 1;
            return;
        }
        self.lone_count += 1;
        if self.lone.len() < MAX_LONE {
            self.lone.push((frame, seen.trailing_zeros() as usize));
        }
    }

    /// The vantages with their counts, where there were copies.
    pub fn counts(&self, from: Peer) -> Vec<model::tcp::Vantage> {
        let places = self.places.iter().filter(|_| self.copies() > 0);
        let counts = places.map(|place| model::tcp::Vantage {
            from,
            ttl: place.vantage.ttl,
            interface: place.vantage.interface,
            vlans: vlans(place.vantage.vlan),
            source_mac: place.vantage.macs.map(|macs| {
                let bytes = macs[6..].iter().map(|byte| format!("{byte:02x}"));
                bytes.collect::<Vec<_>>().join(":")
            }),
            tunnel_depth: place.vantage.tunnel_depth,
            packets: place.originals,
            copies: place.copies,
        });
        counts.collect()
    }

    /// Copies that were set aside.
    pub fn copies(&self) -> u64 {
        self.places.iter().map(|place| place.copies).sum()
    }

    /// Frames of packets that were seen at the first vantage and never at the others, where nearly
    /// all are seen at several: they were lost in between.
    pub fn lost_between(&self) -> Vec<u64> {
        /// Packets that must have been seen at several places before one missing means anything.
        const ENOUGH: u64 = 4;
        let rule = self.shared >= ENOUGH && self.shared > 4 * self.lone_count;
        let first = self
            .places
            .iter()
            .enumerate()
            .max_by_key(|(_, place)| place.order());
        match first {
            Some((first, _)) if rule => self
                .lone
                .iter()
                .filter(|&&(_, at)| at == first)
                .map(|&(frame, _)| frame)
                .collect(),
            _ => Vec::new(),
        }
    }

    /// What the copies say about the capture point, such as `each packet twice, TTL 64 and 63: a
    /// router's two interfaces`; `None` without copies.
    pub fn describe(&self) -> Option<String> {
        let originals: u64 = self.places.iter().map(|place| place.originals).sum();
        let copies = self.copies();
        if copies == 0 {
            return None;
        }
        let mut places: Vec<&Place> = self.places.iter().collect();
        places.sort_by_key(|place| std::cmp::Reverse(place.order()));
        // A vantage of a packet or two is an accident of routing.
        places.retain(|place| (place.originals + place.copies) * 4 >= originals.min(copies));
        if copies * 10 < originals * 9 {
            // A few say nothing about the capture point: the network may have doubled them.
            return Some(format!("{copies} of {originals} packets more than once"));
        }
        let mut text = match copies / originals.max(1) {
            0 => "each packet twice".to_owned(),
            1 => "each packet twice".to_owned(),
            2 => "each packet three times".to_owned(),
            more => format!("each packet {} times", more + 1),
        };
        // Writing to a String cannot fail.
        let _ = write!(text, ", {}", difference(&places));
        Some(text)
    }
}

/// The tags that the decoder has shifted together, outermost first (IEEE 802.1Q: 12 bits each).
fn vlans(packed: u32) -> Vec<u16> {
    let tags = [packed >> 24, packed >> 12, packed].map(|tag| (tag & 0x0FFF) as u16);
    tags.into_iter().skip_while(|&tag| tag == 0).collect()
}

/// What tells the vantages apart, the strongest sign first.
fn difference(places: &[&Place]) -> String {
    let differ = |value: &dyn Fn(&Vantage) -> u64| {
        let mut values: Vec<u64> = Vec::new();
        for place in places {
            let value = value(&place.vantage);
            if !values.contains(&value) {
                values.push(value);
            }
        }
        (values.len() > 1).then(|| {
            let words: Vec<String> = values.iter().map(u64::to_string).collect();
            words.join(" and ")
        })
    };
    if let Some(depths) = differ(&|vantage| u64::from(vantage.tunnel_depth)) {
        format!("with {depths} tunnel headers: both ends of a tunnel")
    } else if let Some(ttls) = differ(&|vantage| u64::from(vantage.ttl)) {
        format!("TTL {ttls}: a router's two interfaces")
    } else if differ(&|vantage| u64::from(vantage.vlan)).is_some() {
        "tagged and untagged or in two VLANs: both sides of a switch".to_owned()
    } else if let Some(interfaces) = differ(&|vantage| u64::from(vantage.interface)) {
        format!("on interfaces {interfaces} of the capture")
    } else if places
        .iter()
        .any(|place| place.vantage.macs != places[0].vantage.macs)
    {
        "with other MAC addresses: a bridge, or one device captured on several interfaces"
            .to_owned()
    } else {
        "from one vantage: a mirror port that sees both directions twice".to_owned()
    }
}

/// Whether the segment carries a timestamp (RFC 7323 section 3.2).
fn has_timestamp(segment: &Segment<'_>) -> bool {
    let mut options = segment.options;
    while let Some((&kind, rest)) = options.split_first() {
        options = match (kind, rest.first()) {
            (8, _) => return true,
            (0, _) => return false,
            (1, _) => rest,
            (_, Some(&len)) if len >= 2 => options.get(usize::from(len)..).unwrap_or_default(),
            _ => return false,
        };
    }
    false
}
