//! Whose frame is this? The sessions of one input by their endpoints.

use std::collections::BTreeMap;

use foldhash::fast::RandomState;
use hashbrown::HashMap;

use crate::decode::{Decoded, Segment};
use crate::flow::key::Key;
use crate::model::{Endpoint, Kept, Peer, Session};

/// The sessions of one input, of which some are wanted.
#[derive(Debug, Default)]
pub struct Sessions {
    /// By endpoints, then by first frame: those on the same ports follow one another.
    by_key: HashMap<Key, BTreeMap<u64, Option<Owner>>, RandomState>,
    cost: usize,
    cut: bool,
}

/// A session that is wanted.
#[derive(Debug)]
pub struct Owner {
    client: Endpoint,
    last_frame: u64,
    kept: Kept,
}

impl Sessions {
    /// Takes a session that has ended; `room` is how many bytes may be shown of all.
    pub fn add(&mut self, session: Session, room: usize) {
        let end = |end: Endpoint| (end.ip, end.port);
        let (key, _) = Key::between(end(session.client), end(session.server));
        let owner = session.evidence.kept.map(|kept| {
            self.cut |= kept.is_cut() || self.cost + kept.cost() > room;
            let kept = match self.cost + kept.cost() <= room {
                true => *kept,
                false => Kept::new(0),
            };
            self.cost += kept.cost();
            Owner {
                client: session.client,
                last_frame: session.capture.last_frame,
                kept,
            }
        });
        let sessions = self.by_key.entry(key).or_default();
        sessions.insert(session.capture.first_frame, owner);
    }

    /// Something that might have been shown found no room.
    pub fn is_cut(&self) -> bool {
        self.cut
    }

    /// What is kept of all sessions that are wanted.
    pub fn kept_mut(&mut self) -> impl Iterator<Item = &mut Kept> {
        let sessions = self.by_key.values_mut().flat_map(BTreeMap::values_mut);
        sessions.flatten().map(|owner| &mut owner.kept)
    }

    /// The wanted session that a frame belongs to, and the segment in it or quoted by it.
    pub fn owner<'a, 'd>(
        &'a self,
        frame: u64,
        decoded: &'d Decoded<'d>,
    ) -> Option<(&'a Owner, &'d Segment<'d>)> {
        match decoded {
            Decoded::Tcp(segment) => Some((self.owner_of(frame, segment)?, segment)),
            // It may come when the session is over.
            Decoded::Icmp(error) => Some((self.latest(frame, &error.quoted)?, &error.quoted)),
            // Nobody knows where their payload begins, and they prove nothing.
            Decoded::Broken(_) | Decoded::Nothing(_) => None,
        }
    }

    /// The wanted session that a segment belongs to.
    pub fn owner_of(&self, frame: u64, segment: &Segment<'_>) -> Option<&Owner> {
        let owner = self.latest(frame, segment)?;
        (frame <= owner.last_frame).then_some(owner)
    }

    /// The last session on these ports that had begun, if it is wanted.
    fn latest(&self, frame: u64, segment: &Segment<'_>) -> Option<&Owner> {
        let (key, _) = Key::of(segment);
        let (_, owner) = self.by_key.get(&key)?.range(..=frame).next_back()?;
        owner.as_ref()
    }
}

impl Owner {
    /// What may be shown of the payload of a segment of this session.
    pub fn shown(&self, frame: u64, segment: &Segment<'_>) -> Vec<u8> {
        let from = match (segment.source, segment.source_port) == (self.client.ip, self.client.port)
        {
            true => Peer::Client,
            false => Peer::Server,
        };
        let flags = segment.flags;
        // The payload of a reset is no part of the stream.
        if flags.rst() {
            return vec![0; segment.payload.len()];
        }
        let seq = segment.seq.wrapping_add(u32::from(flags.syn()));
        self.kept.of(from).shown(frame, seq, segment.payload)
    }
}
