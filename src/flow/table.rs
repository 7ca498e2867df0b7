//! Every TCP connection of an input, in as few bytes as numbering them takes.
//!
//! Only mail connections are analysed, but every connection of every port moves the counter that
//! `tcp.stream` comes from, and on most captures nearly all packets are of other ports: the table
//! holds 32 bytes for an IPv4 connection and answers without touching anything else. Identity needs no
//! more than the two initial sequence numbers, which is why they live here and not with the
//! analysis of the connection.
//!
//! FIN, RST and idle time never end a stream; only a SYN with another sequence number begins a new
//! one on the same endpoints, and from then on late packets of the old connection belong to it.

use std::hash::Hash;

use foldhash::fast::RandomState;
use hashbrown::HashMap;

use super::key::{Key, Pair, PairV4, PairV6, Side};
use crate::decode::{Flags, IcmpError, Segment};
use crate::limits::Limits;

/// Where a segment belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Located {
    /// Unique in this table, never used twice; counts up in order of appearance.
    pub connection: u64,
    /// Wireshark's `tcp.stream`. `None` once the table of other connections was full, because
    /// then connections were missed and later numbers would be wrong.
    pub stream: Option<u32>,
    /// The end of the key that sent the segment.
    pub side: Side,
    /// What the segment means for the identity of the connection.
    pub arrival: Arrival,
    /// What the caller makes of the connection.
    pub status: Status,
}

/// What the caller makes of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Remembered for numbering only.
    Other,
    /// The caller tracks it.
    Tracked,
    /// Not known yet: see [`Table::watch`].
    Undecided,
}

/// What a segment means for the identity of its connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// One more segment of a known connection.
    Known,
    /// The first segment of a connection on endpoints not seen before.
    First,
    /// A SYN with another initial sequence number: the first segment of a new connection that
    /// takes the endpoints over. The old one gets no more segments.
    PortReuse,
    /// A SYN that repeats the known initial sequence number.
    SameIsnSyn,
    /// A SYN/ACK with another initial sequence number; the connection stays the same.
    SynAckNewIsn,
}

/// All connections of one input (or of several read as one time line).
pub struct Table {
    v4: HashMap<PairV4, Entry, RandomState>,
    v6: HashMap<PairV6, Entry, RandomState>,
    /// The last connection asked for, a copy of what its map holds: packets come in trains.
    last: Option<(Key, Entry)>,
    /// Identities given out so far; the next stream number as long as none was missed.
    created: u64,
    /// No connection was missed so far.
    numbering: bool,
    /// Entries with [`OPEN`], at most `max_open`.
    open: usize,
    max_open: usize,
    /// Entries without [`OPEN`], at most `max_others`.
    others: usize,
    max_others: usize,
    /// New connections that the caller does not track are undecided.
    watching: bool,
}

impl Table {
    /// An empty table, bounded by `limits.sessions` and `limits.other_connections`.
    pub fn new(limits: &Limits) -> Self {
        Self {
            v4: HashMap::with_hasher(RandomState::default()),
            v6: HashMap::with_hasher(RandomState::default()),
            last: None,
            created: 0,
            numbering: limits.other_connections > 0,
            open: 0,
            max_open: limits.sessions,
            others: 0,
            max_others: limits.other_connections,
            watching: false,
        }
    }

    /// From now on new connections that are not kept are [`Status::Undecided`], until
    /// [`Table::decide`] or until they are kept after all.
    pub fn watch(&mut self) {
        self.watching = true;
    }

    /// An undecided connection is one of the others.
    pub fn decide(&mut self, key: &Key) {
        let Some(mut entry) = self.find(key) else {
            return;
        };
        entry.clear(UNDECIDED);
        self.store(key, entry);
        self.last = Some((*key, entry));
    }

    /// Finds or creates the connection of a segment and learns its initial sequence numbers.
    ///
    /// `keep` says that the caller tracks this connection (a mail port); it may become true during
    /// a connection, and stays true until [`Table::release`]. Other connections are remembered for
    /// numbering only. `None` means that the bound for this kind of connection is reached; the
    /// segment must then be counted as not analysed.
    #[inline]
    pub fn locate(&mut self, segment: &Segment<'_>, keep: bool) -> Option<Located> {
        let (key, side) = Key::of(segment);
        // Nearly every segment: it belongs to the same connection as the one before, and there is
        // nothing to learn from it.
        if let Some((last, entry)) = &self.last
            && *last == key
            && entry.is_settled(Numbers::of(segment), keep)
        {
            return Some(entry.located(side, Arrival::Known));
        }
        self.search(key, side, Numbers::of(segment), keep)
    }

    fn search(&mut self, key: Key, side: Side, segment: Numbers, keep: bool) -> Option<Located> {
        let Some(known) = self.find(&key) else {
            let mut entry = self.create(keep)?;
            entry.learn(segment, side);
            return self.settle(&key, None, entry, side, Arrival::First, keep);
        };
        if known.is_settled(segment, keep) {
            self.last = Some((key, known));
            return Some(known.located(side, Arrival::Known));
        }
        let (mut entry, arrival) = self.arrive(known, segment, side);
        entry.learn(segment, side);
        self.settle(&key, Some(known), entry, side, arrival, keep)
    }

    /// Finds the connection that an ICMP error is about.
    ///
    /// Like in Wireshark, a quote of a full TCP header takes or creates a stream, also by port
    /// reuse, but teaches no initial sequence numbers; a shorter quote only finds a connection that
    /// is known already. [`Located::side`] is the sender of the quoted segment.
    pub fn locate_quoted(&mut self, error: &IcmpError<'_>, keep: bool) -> Option<Located> {
        if !error.full_header {
            let (key, side) = Key::of(&error.quoted);
            let known = self.find(&key);
            return known.map(|entry| entry.located(side, Arrival::Known));
        }
        self.locate_header(&error.quoted, keep)
    }

    /// Finds or creates the connection of a header that stands for no segment: one that is quoted,
    /// or broken. Teaches no initial sequence numbers.
    pub fn locate_header(&mut self, header: &Segment<'_>, keep: bool) -> Option<Located> {
        let (key, side) = Key::of(header);
        let Some(known) = self.find(&key) else {
            let entry = self.create(keep)?;
            return self.settle(&key, None, entry, side, Arrival::First, keep);
        };
        let (entry, arrival) = self.arrive(known, Numbers::of(header), side);
        self.settle(&key, Some(known), entry, side, arrival, keep)
    }

    /// The caller no longer tracks this connection; its endpoints are remembered for numbering
    /// where there is room. Does nothing when another connection has taken the endpoints over.
    pub fn release(&mut self, key: &Key, connection: u64) {
        let Some(mut entry) = self.find(key) else {
            return;
        };
        if entry.id() != connection || !entry.has(OPEN) {
            return;
        }
        self.last = None;
        self.open -= 1;
        let room = self.others < self.max_others;
        if room && entry.has(NUMBERED) {
            self.others += 1;
            entry.clear(OPEN);
            self.store(key, entry);
        } else {
            // A packet that comes later will look like a new connection: from here on numbers
            // would be wrong.
            self.numbering = false;
            match &key.0 {
                Pair::V4(pair) => self.v4.remove(pair),
                Pair::V6(pair) => self.v6.remove(pair),
            };
        }
    }

    /// Whether stream numbers are still those of Wireshark, that is, no connection was missed.
    pub fn is_numbering(&self) -> bool {
        self.numbering
    }

    /// Connections seen so far, without those that found the table full.
    pub fn connections(&self) -> u64 {
        self.created
    }

    /// Tracked connections that were not released yet.
    pub fn open(&self) -> usize {
        self.open
    }

    fn find(&self, key: &Key) -> Option<Entry> {
        match &key.0 {
            Pair::V4(pair) => lookup(&self.v4, pair),
            Pair::V6(pair) => lookup(&self.v6, pair),
        }
    }

    /// What a segment means for a known connection, and the entry after it.
    fn arrive(&mut self, known: Entry, segment: Numbers, side: Side) -> (Entry, Arrival) {
        let mut entry = known;
        let arrival = entry.arrival(segment, side);
        match arrival {
            Arrival::PortReuse => {
                let bits = match entry.has(OPEN) {
                    true => OPEN,
                    false if self.watching => UNDECIDED,
                    false => 0,
                };
                entry = Entry::new(self.created, self.numbering, bits);
                self.created += 1;
            }
            Arrival::SynAckNewIsn => entry.set_isn(side, segment.seq),
            Arrival::Known | Arrival::First | Arrival::SameIsnSyn => {}
        }
        (entry, arrival)
    }

    /// A new identity, not yet stored and not yet counted as open; `None` when there is no room.
    fn create(&mut self, keep: bool) -> Option<Entry> {
        let openable = keep && self.open < self.max_open;
        if !openable && self.others >= self.max_others {
            self.numbering = false;
            return None;
        }
        let bits = if self.watching { UNDECIDED } else { 0 };
        let entry = Entry::new(self.created, self.numbering, bits);
        self.created += 1;
        self.others += 1;
        Some(entry)
    }

    /// Stores what changed and answers; a kept connection is opened first, if there is room.
    fn settle(
        &mut self,
        key: &Key,
        stored: Option<Entry>,
        mut entry: Entry,
        side: Side,
        arrival: Arrival,
        keep: bool,
    ) -> Option<Located> {
        let mut refused = false;
        if keep && !entry.has(OPEN) {
            refused = self.open >= self.max_open;
            if !refused {
                entry.set(OPEN);
                entry.clear(UNDECIDED);
                self.open += 1;
                self.others -= 1;
            }
        }
        if stored != Some(entry) {
            self.store(key, entry);
        }
        self.last = Some((*key, entry));
        (!refused).then(|| entry.located(side, arrival))
    }

    fn store(&mut self, key: &Key, entry: Entry) {
        match &key.0 {
            Pair::V4(pair) => self.v4.insert(*pair, entry),
            Pair::V6(pair) => self.v6.insert(*pair, entry),
        };
    }
}

fn lookup<K: Hash + Eq>(map: &HashMap<K, Entry, RandomState>, key: &K) -> Option<Entry> {
    map.get(key).copied()
}

/// What a segment says about the identity of its connection.
#[derive(Clone, Copy)]
struct Numbers {
    flags: Flags,
    seq: u32,
    ack: u32,
}

impl Numbers {
    #[inline]
    fn of(segment: &Segment<'_>) -> Self {
        Self {
            flags: segment.flags,
            seq: segment.seq,
            ack: segment.ack,
        }
    }
}

/// The caller tracks this connection.
const OPEN: u64 = 0x1;
/// The identity is also the stream number.
const NUMBERED: u64 = 0x2;
/// The initial sequence number of [`Side::Low`] is known; the next bit is for [`Side::High`].
const ISN_KNOWN: u64 = 0x4;
/// Whether the caller will track this connection is not known yet.
const UNDECIDED: u64 = 0x10;
/// Bits of [`Entry::tag`] below the identity.
const TAG_BITS: u32 = 5;

/// What is remembered of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Entry {
    /// Identity, shifted left by [`TAG_BITS`], and the bits above.
    tag: u64,
    /// Initial sequence number of each side, by [`Side::index`].
    isn: [u32; 2],
}

impl Entry {
    fn new(id: u64, numbered: bool, bits: u64) -> Self {
        // A stream number has 32 bits.
        let numbered = numbered && u32::try_from(id).is_ok();
        let mut tag = id << TAG_BITS | bits;
        if numbered {
            tag |= NUMBERED;
        }
        Self { tag, isn: [0; 2] }
    }

    fn has(&self, bit: u64) -> bool {
        self.tag & bit != 0
    }

    fn set(&mut self, bit: u64) {
        self.tag |= bit;
    }

    fn clear(&mut self, bit: u64) {
        self.tag &= !bit;
    }

    /// Nothing about the entry can change with this segment, which is one of many.
    fn is_settled(&self, segment: Numbers, keep: bool) -> bool {
        const BOTH: u64 = ISN_KNOWN | ISN_KNOWN << 1;
        !segment.flags.syn() && self.tag & BOTH == BOTH && (!keep || self.has(OPEN))
    }

    fn id(&self) -> u64 {
        self.tag >> TAG_BITS
    }

    fn isn(&self, side: Side) -> Option<u32> {
        self.has(ISN_KNOWN << side.index())
            .then(|| self.isn[side.index()])
    }

    fn set_isn(&mut self, side: Side, isn: u32) {
        self.set(ISN_KNOWN << side.index());
        self.isn[side.index()] = isn;
    }

    /// What a segment of a known connection means; needs the sender's initial sequence number.
    fn arrival(&self, segment: Numbers, side: Side) -> Arrival {
        if !segment.flags.syn() {
            return Arrival::Known;
        }
        let Some(isn) = self.isn(side) else {
            return Arrival::Known;
        };
        match (segment.flags.ack(), segment.seq == isn) {
            (false, false) => Arrival::PortReuse,
            (false, true) => Arrival::SameIsnSyn,
            (true, false) => Arrival::SynAckNewIsn,
            (true, true) => Arrival::Known,
        }
    }

    /// Takes initial sequence numbers from the first segment that tells them: the sender's own
    /// from its number, the peer's from what is acknowledged.
    fn learn(&mut self, segment: Numbers, side: Side) {
        if self.isn(side).is_none() {
            let offset = u32::from(!segment.flags.syn());
            self.set_isn(side, segment.seq.wrapping_sub(offset));
        }
        let peer = side.peer();
        if segment.flags.ack() && self.isn(peer).is_none() {
            self.set_isn(peer, segment.ack.wrapping_sub(1));
        }
    }

    fn located(&self, side: Side, arrival: Arrival) -> Located {
        Located {
            connection: self.id(),
            stream: self
                .has(NUMBERED)
                .then(|| u32::try_from(self.id()).ok())
                .flatten(),
            side,
            arrival,
            status: match (self.has(OPEN), self.has(UNDECIDED)) {
                (true, _) => Status::Tracked,
                (_, true) => Status::Undecided,
                _ => Status::Other,
            },
        }
    }
}

#[cfg(test)]
mod tests;
