//! Fragments put together again, within bounds (RFC 791 section 3.2, RFC 8200 section 4.5).
//!
//! Fragments are the cheapest way to make a reader hold on to memory or to compare everything with
//! everything. So: a bit per 8 bytes says what is there (no lists, no searches), the oldest
//! datagram goes first when a bound is hit, and what counts against the bound is the memory taken,
//! not the bytes received.
//!
//! Bytes that two fragments both claim are kept from the one that came first. Wireshark keeps those
//! of the lower offset (of the first to come at the same offset); systems drop the datagram (RFC
//! 5722, and Linux also for IPv4). Overlaps are counted, so that nobody trusts such a datagram
//! unawares.

use std::collections::VecDeque;
use std::net::IpAddr;

use hashbrown::HashMap;

use super::Nothing;
use super::ip::{Fragment, Header, Packet};
use super::view;
use crate::capture::Frame;
use crate::limits::Limits;
use crate::time::Timestamp;

/// The unit of fragment offsets, in bytes.
const UNIT: usize = 8;
/// Longest payload of an IP datagram.
const LONGEST: usize = 0xffff;
/// Units of the longest datagram, in words of a bit map.
const WORDS: usize = (LONGEST + 1) / UNIT / 64;

/// What became of fragmented datagrams.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FragmentCounts {
    /// Datagrams put together.
    pub completed: u64,
    /// Datagrams given up because the rest did not come in time.
    pub expired: u64,
    /// Datagrams given up to stay within the bounds.
    pub evicted: u64,
    /// Fragments that claimed bytes that were already there.
    pub overlapping: u64,
    /// Fragments that could not be used: cut by the snap length, beyond 65,535 bytes, or at odds
    /// with the end of the datagram.
    pub unusable: u64,
    /// Datagrams that still wait for a part.
    pub waiting: u64,
}

/// A fragment of a datagram that was put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// Number of its frame.
    pub frame: u64,
    /// Where in the frame it begins; `None` when that frame was put together itself.
    pub at: Option<usize>,
    /// Where in the datagram's payload it begins.
    pub offset: usize,
    /// Its length in bytes.
    pub len: usize,
}

/// Datagrams of which a part is there.
#[derive(Debug)]
pub(super) struct Fragments {
    datagrams: HashMap<Key, Datagram, foldhash::fast::RandomState>,
    /// Creation order. Entries outlive their datagram; the serial number tells.
    order: VecDeque<(Key, u64)>,
    serial: u64,
    /// Memory taken by the datagrams, in bytes.
    bytes: usize,
    most_datagrams: usize,
    most_bytes: usize,
    wait: std::time::Duration,
    counts: FragmentCounts,
    /// Of the datagram that was complete last.
    parts: Vec<Part>,
}

/// What fragments of one datagram have in common. As in tshark 4.0.17 neither VLAN nor interface
/// belongs to it: of a datagram captured on both sides of a router, the first copies complete it
/// and the rest waits in vain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Key {
    source: IpAddr,
    destination: IpAddr,
    id: u32,
    /// IPv4 only: IPv6 fragments after the first may name another header.
    protocol: u8,
}

#[derive(Debug)]
struct Datagram {
    serial: u64,
    started: Timestamp,
    /// What the payload starts with, once the first fragment is there.
    protocol: Option<u8>,
    /// Length, once the last fragment is there.
    len: Option<usize>,
    /// The payload up to the highest byte seen; holes are zero.
    bytes: Vec<u8>,
    /// Which units are there.
    map: Box<[u64; WORDS]>,
    /// How many units are there.
    units: usize,
    /// The fragments that brought them.
    parts: Vec<Part>,
}

impl Fragments {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            datagrams: HashMap::default(),
            order: VecDeque::new(),
            serial: 0,
            bytes: 0,
            most_datagrams: limits.fragmented_datagrams,
            most_bytes: limits.fragment_bytes,
            wait: limits.fragment_wait,
            counts: FragmentCounts::default(),
            parts: Vec::new(),
        }
    }

    pub(super) fn counts(&self) -> FragmentCounts {
        FragmentCounts {
            waiting: u64::try_from(self.datagrams.len()).unwrap_or(u64::MAX),
            ..self.counts
        }
    }

    /// The fragments of the datagram that was complete last.
    pub(super) fn take_parts(&mut self) -> Vec<Part> {
        std::mem::take(&mut self.parts)
    }

    /// Entries of the queue that says what is oldest.
    #[cfg(test)]
    pub(super) fn queue_len(&self) -> usize {
        self.order.len()
    }

    /// Takes the fragment that `packet` is. When it was the last one missing, `whole` becomes the
    /// datagram's payload, and the result is the protocol it starts with.
    pub(super) fn add(
        &mut self,
        packet: &Packet<'_>,
        fragment: Fragment,
        frame: &Frame<'_>,
        whole: &mut Vec<u8>,
    ) -> Result<u8, Nothing> {
        let now = frame.time;
        self.expire(now);
        let Some(piece) = Piece::new(packet, fragment) else {
            self.counts.unusable += 1;
            return Err(Nothing::Fragment);
        };
        let key = Key {
            source: packet.header.source(),
            destination: packet.header.destination(),
            id: fragment.id,
            protocol: match packet.header {
                Header::V4(_) => packet.protocol,
                Header::V6(_) => 0,
            },
        };
        let datagram = match self.datagrams.entry(key) {
            hashbrown::hash_map::Entry::Occupied(entry) => entry.into_mut(),
            hashbrown::hash_map::Entry::Vacant(entry) => {
                self.serial += 1;
                self.order.push_back((key, self.serial));
                self.bytes += Datagram::OVERHEAD;
                entry.insert(Datagram::new(self.serial, now))
            }
        };
        let (before, units) = (datagram.cost(), datagram.units);
        match datagram.add(piece, packet.protocol) {
            Added::New => {}
            Added::Overlapping => self.counts.overlapping += 1,
            Added::Unusable => self.counts.unusable += 1,
        }
        if datagram.units > units {
            datagram.parts.push(Part {
                frame: frame.id.number,
                at: view::position(piece.bytes, frame.bytes),
                offset: piece.offset,
                len: piece.bytes.len(),
            });
        }
        self.bytes += datagram.cost() - before;
        if let Some(protocol) = datagram.complete() {
            if let Some(done) = self.remove(&key) {
                *whole = done.bytes;
                self.parts = done.parts;
            }
            self.counts.completed += 1;
            return Ok(protocol);
        }
        self.shrink();
        Err(Nothing::Fragment)
    }

    /// Gives up what has waited too long.
    fn expire(&mut self, now: Timestamp) {
        while let Some((key, serial)) = self.order.front().copied() {
            match self.datagrams.get(&key) {
                Some(datagram) if datagram.serial == serial => {
                    if !now.is_after(datagram.started, self.wait) {
                        return;
                    }
                    self.remove(&key);
                    self.counts.expired += 1;
                }
                _ => {}
            }
            self.order.pop_front();
        }
    }

    /// Gives up the oldest until the bounds hold.
    fn shrink(&mut self) {
        while self.datagrams.len() > self.most_datagrams || self.bytes > self.most_bytes {
            let Some((key, serial)) = self.order.pop_front() else {
                break;
            };
            if self.is_alive(&key, serial) {
                self.remove(&key);
                self.counts.evicted += 1;
            }
        }
        // Entries of completed datagrams stay behind an old one that waits: clear them out before
        // they outnumber the rest, which costs nothing on average.
        if self.order.len() > 2 * self.datagrams.len() + 64 {
            let datagrams = &self.datagrams;
            self.order.retain(|(key, serial)| {
                datagrams
                    .get(key)
                    .is_some_and(|datagram| datagram.serial == *serial)
            });
        }
    }

    fn is_alive(&self, key: &Key, serial: u64) -> bool {
        self.datagrams
            .get(key)
            .is_some_and(|datagram| datagram.serial == serial)
    }

    fn remove(&mut self, key: &Key) -> Option<Datagram> {
        let datagram = self.datagrams.remove(key)?;
        self.bytes -= Datagram::OVERHEAD + datagram.cost();
        Some(datagram)
    }
}

/// A fragment's bytes, checked.
#[derive(Clone, Copy, Debug)]
struct Piece<'a> {
    offset: usize,
    bytes: &'a [u8],
    last: bool,
}

impl<'a> Piece<'a> {
    fn new(packet: &Packet<'a>, fragment: Fragment) -> Option<Self> {
        let view = packet.payload;
        let mut bytes = view.bytes;
        if bytes.len() < view.wire {
            return None;
        }
        if fragment.more {
            // Only the last fragment may end between two units (RFC 791 section 3.2). Linux cuts
            // the rest off.
            bytes = &bytes[..bytes.len() / UNIT * UNIT];
        }
        let end = fragment.offset + bytes.len();
        (!bytes.is_empty() && end <= LONGEST).then_some(Self {
            offset: fragment.offset,
            bytes,
            last: !fragment.more,
        })
    }

    fn end(&self) -> usize {
        self.offset + self.bytes.len()
    }
}

enum Added {
    New,
    Overlapping,
    Unusable,
}

impl Datagram {
    /// Memory of a datagram besides its bytes: this structure, its map, its place in table and
    /// order.
    const OVERHEAD: usize = size_of::<Self>() + WORDS * 8 + 2 * size_of::<Key>() + 16;

    fn new(serial: u64, started: Timestamp) -> Self {
        Self {
            serial,
            started,
            protocol: None,
            len: None,
            bytes: Vec::new(),
            map: Box::new([0; WORDS]),
            units: 0,
            parts: Vec::new(),
        }
    }

    /// Memory of the bytes and of the list of fragments.
    fn cost(&self) -> usize {
        self.bytes.capacity() + self.parts.capacity() * size_of::<Part>()
    }

    fn add(&mut self, piece: Piece<'_>, protocol: u8) -> Added {
        let end = piece.end();
        // The first end that was claimed holds; nothing may lie beyond it.
        let highest = self.len.unwrap_or(LONGEST);
        if end > highest || piece.last && end < self.bytes.len() {
            return Added::Unusable;
        }
        if piece.offset == 0 && self.protocol.is_none() {
            self.protocol = Some(protocol);
        }
        if piece.last {
            self.len = Some(end);
        }
        if end > self.bytes.len() {
            self.bytes.resize(end, 0);
        }
        let mut overlapping = false;
        for (number, unit) in piece.bytes.chunks(UNIT).enumerate() {
            let number = piece.offset / UNIT + number;
            let (word, bit) = (&mut self.map[number / 64], 1 << (number % 64));
            if *word & bit != 0 {
                overlapping = true;
                continue;
            }
            *word |= bit;
            self.units += 1;
            let at = number * UNIT;
            self.bytes[at..at + unit.len()].copy_from_slice(unit);
        }
        if overlapping {
            Added::Overlapping
        } else {
            Added::New
        }
    }

    /// The protocol of the payload when all of it is there.
    fn complete(&self) -> Option<u8> {
        (self.units == self.len?.div_ceil(UNIT)).then_some(self.protocol)?
    }
}
