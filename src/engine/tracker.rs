//! The open sessions: which segment belongs to which, and when each is over.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use foldhash::fast::RandomState;
use hashbrown::{HashMap, HashSet};

use super::building::{Building, Close};
use super::clock::Clock;
use super::ports::{Ports, Role};
use super::undecided::{Known, Undecided};
use crate::decode::{Broken, IcmpError, Segment};
use crate::flow::key::{Key, Side};
use crate::flow::table::{Arrival, Located, Status, Table};
use crate::limits::Limits;
use crate::model::{LeftOut, Message, Peer, Session};
use crate::smtp::reply::ReplyLine;
use crate::time::Timestamp;

/// When a session is to be looked at again, if this is still what its `scheduled` says. Ordered by
/// time, then by age: repeatable.
type Deadline = Reverse<(Timestamp, u64)>;

/// Deadlines that are always worth keeping: a few pages.
const MANY_DEADLINES: usize = 1024;

/// The open sessions of one input.
pub struct Tracker {
    limits: Limits,
    ports: Ports,
    input: String,
    table: Table,
    sessions: HashMap<Key, Box<Building>, RandomState>,
    /// Key of each open session, for the deadlines.
    keys: HashMap<u64, Key, RandomState>,
    deadlines: BinaryHeap<Deadline>,
    clock: Clock,
    /// Memory taken by bytes behind holes, over all sessions.
    waiting_cost: usize,
    unseen_sessions: u64,
    /// What did not fit into the bounds of the sessions that are over.
    left_out: LeftOut,
    /// Connections of other ports are sessions too.
    all_ports: bool,
    /// Connections of other ports that may turn out to be mail.
    undecided: Undecided,
    /// Messages with their frames since the last look, where they are noted at all.
    messages: Option<Vec<(u64, Message)>>,
    /// First frames of the sessions of which is noted what may be shown.
    shown: HashSet<u64, RandomState>,
    /// Of these, encrypted data too.
    with_payload: bool,
}

/// Where a segment of a session stands.
#[derive(Clone, Copy, Debug)]
pub struct Seen {
    /// Its connection; `None` where there was no room for it.
    pub located: Option<Located>,
    /// The frame it is a capture copy of.
    pub copy_of: Option<u64>,
}

impl Tracker {
    /// No sessions yet.
    pub fn new(input: &str, ports: Ports, limits: Limits) -> Self {
        Self {
            table: Table::new(&limits),
            limits,
            ports,
            input: input.to_owned(),
            sessions: HashMap::with_hasher(RandomState::default()),
            keys: HashMap::with_hasher(RandomState::default()),
            deadlines: BinaryHeap::new(),
            clock: Clock::default(),
            waiting_cost: 0,
            unseen_sessions: 0,
            left_out: LeftOut::default(),
            all_ports: false,
            undecided: Undecided::default(),
            messages: None,
            shown: HashSet::with_hasher(RandomState::default()),
            with_payload: false,
        }
    }

    /// Takes connections of all ports for sessions.
    pub fn all_ports(&mut self) {
        self.all_ports = true;
    }

    /// Takes connections of other ports for sessions whose first lines are those of mail.
    pub fn find_mail(&mut self) {
        self.table.watch();
    }

    /// Notes from now on which messages complete in which frame; they are to be taken after every
    /// frame.
    pub fn note_messages(&mut self) {
        self.messages = Some(Vec::new());
    }

    /// Notes what may be shown of the sessions that begin with these frames; `with_payload`: also
    /// encrypted data.
    pub fn show(&mut self, first_frames: impl IntoIterator<Item = u64>, with_payload: bool) {
        self.shown.extend(first_frames);
        self.with_payload = with_payload;
    }

    /// What was noted since the last call, in the order it was found.
    pub fn take_messages(&mut self) -> Vec<(u64, Message)> {
        self.messages
            .as_mut()
            .map(std::mem::take)
            .unwrap_or_default()
    }

    /// Capture time has come this far.
    #[inline]
    pub fn tick(&mut self, now: Timestamp, sink: &mut impl FnMut(Session)) {
        let now = self
            .clock
            .advance(now, self.limits.linger, self.limits.idle);
        if let Some(Reverse((time, _))) = self.deadlines.peek()
            && *time <= now
        {
            self.expire(now, sink);
        }
    }

    /// How far capture time has come.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The capture itself says that it went on until then.
    pub fn listened_until(&mut self, time: Timestamp, sink: &mut impl FnMut(Session)) {
        let now = self.clock.listened_until(time);
        self.expire(now, sink);
    }

    fn expire(&mut self, now: Timestamp, sink: &mut impl FnMut(Session)) {
        while let Some(&Reverse((time, connection))) = self.deadlines.peek() {
            if time > now {
                return;
            }
            self.deadlines.pop();
            let Some(&key) = self.keys.get(&connection) else {
                continue;
            };
            let Some(building) = self.sessions.get_mut(&key) else {
                continue;
            };
            if building.scheduled != time {
                continue;
            }
            let deadline = building.deadline(&self.limits);
            if deadline > now {
                building.scheduled = deadline;
                self.deadlines.push(Reverse((deadline, connection)));
            } else {
                let why = building.close_reason();
                self.close(&key, why, sink);
            }
        }
    }

    /// The end of the input: every open session ends, oldest first.
    pub fn finish(&mut self, sink: &mut impl FnMut(Session)) {
        let mut open: Vec<(u64, Key)> = self.keys.drain().collect();
        open.sort_unstable_by_key(|&(connection, _)| connection);
        for (_, key) in open {
            self.close(&key, Close::CaptureEnd, sink);
        }
    }

    /// Limits that were hit, in words.
    pub fn limits_hit(&self) -> Vec<String> {
        let mut hits = Vec::new();
        if self.unseen_sessions > 0 {
            hits.push(format!(
                "{} segments of mail connections were not analysed: more than {} connections were open",
                self.unseen_sessions, self.limits.sessions
            ));
        }
        if !self.table.is_numbering() && self.limits.other_connections > 0 {
            hits.push(format!(
                "stream numbers are missing: the capture holds more than {} other connections",
                self.limits.other_connections
            ));
        }
        hits.extend(self.left_out.words());
        hits
    }

    /// Takes an ICMP error: it counts for the numbering of connections. Gives the session it
    /// quotes, if it does so with a full header.
    pub fn icmp_error(
        &mut self,
        error: &IcmpError<'_>,
        sink: &mut impl FnMut(Session),
    ) -> Option<Seen> {
        let keep = self.is_chosen(&error.quoted);
        let located = self.table.locate_quoted(error, keep);
        let (key, side) = Key::of(&error.quoted);
        if let Some(located) = located
            && (keep || located.status == Status::Tracked)
        {
            // A quoted SYN takes the ports over like one that was captured.
            if matches!(located.arrival, Arrival::PortReuse) {
                self.close(&key, Close::Over, sink);
            }
            if let Some(building) = self.sessions.get_mut(&key) {
                building.icmp_error(side, error);
            }
        }
        self.header(&error.quoted, located, keep && error.full_header)
    }

    /// Takes a header that cannot be right; it counts for the numbering of connections, too.
    pub fn broken(&mut self, broken: &Broken<'_>) -> Option<Seen> {
        let header = &broken.header;
        let keep = self.is_chosen(header);
        let located = match broken.too_short {
            true => self.table.locate(header, keep),
            false => self.table.locate_header(header, keep),
        };
        self.header(header, located, keep)
    }

    fn header(
        &mut self,
        header: &Segment<'_>,
        located: Option<Located>,
        is_row: bool,
    ) -> Option<Seen> {
        if let Some(located) = located {
            let (key, _) = Key::of(header);
            if !self.sessions.contains_key(&key) {
                self.table.release(&key, located.connection);
            }
        }
        is_row.then_some(Seen {
            located,
            copy_of: None,
        })
    }

    fn is_chosen(&self, segment: &Segment<'_>) -> bool {
        self.all_ports
            || self.ports.role(segment.source_port).is_some()
            || self.ports.role(segment.destination_port).is_some()
    }

    /// Takes a segment of any port; says where those of sessions stand.
    #[inline]
    pub fn segment(
        &mut self,
        segment: &Segment<'_>,
        sink: &mut impl FnMut(Session),
    ) -> Option<Seen> {
        let keep = self.is_chosen(segment);
        let located = self.table.locate(segment, keep);
        if !keep && located.is_none_or(|it| it.status == Status::Other) {
            return None;
        }
        let copy_of = match located {
            Some(located) if located.status == Status::Undecided => {
                self.undecided(*segment, located, sink);
                return None;
            }
            Some(located) => self.mail(*segment, located, None, sink),
            None => {
                self.unseen_sessions += 1;
                None
            }
        };
        Some(Seen { located, copy_of })
    }

    /// Takes a segment of a connection that may yet turn out to be mail; apart and by value like
    /// [`Self::mail`].
    #[inline(never)]
    fn undecided(
        &mut self,
        segment: Segment<'_>,
        located: Located,
        sink: &mut impl FnMut(Session),
    ) {
        let segment = &segment;
        let (kept, server) = match self.undecided.segment(segment, located) {
            Known::Nothing => return,
            Known::Other => {
                let (key, _) = Key::of(segment);
                return self.table.decide(&key);
            }
            Known::Mail(kept, server) => (kept, server),
        };
        let Some(located) = self.table.locate(segment, true) else {
            self.unseen_sessions += 1;
            return;
        };
        for kept in &kept {
            let (segment, located) = kept.lend();
            self.mail(segment, located, Some(server), sink);
        }
        self.mail(*segment, located, Some(server), sink);
    }

    /// Takes a segment of a mail connection. Apart and by value, so that the way of all others
    /// stays short: only here a segment is ever put together in memory. `server` where it is known
    /// already. Gives the frame it is a copy of.
    #[inline(never)]
    fn mail(
        &mut self,
        segment: Segment<'_>,
        located: Located,
        server: Option<Side>,
        sink: &mut impl FnMut(Session),
    ) -> Option<u64> {
        let segment = &segment;
        let (key, _) = Key::of(segment);
        if matches!(located.arrival, Arrival::PortReuse) {
            self.close(&key, Close::Over, sink);
        }
        let known = self.sessions.get(&key);
        let was_idle = known.map(|known| known.was_idle(segment.time, self.limits.idle));
        if was_idle == Some(true) {
            self.close(&key, Close::Idle, sink);
        }
        if was_idle != Some(false) {
            let sender = match server {
                Some(server) if server == located.side => Peer::Server,
                Some(_) => Peer::Client,
                None => self.sender(segment),
            };
            self.open(key, segment, located, sender);
        }
        let building = self.sessions.get_mut(&key)?;
        building.active = self.clock.now();
        let before = building.waiting_cost();
        let copy_of = building.segment(segment, located, &self.limits);
        let mut after = building.waiting_cost();
        if after > before && self.waiting_cost + after - before > self.limits.pending_bytes_total {
            self.left_out.holes += 1;
            building.give_up_holes(&self.limits);
            after = building.waiting_cost();
        }
        self.waiting_cost = self.waiting_cost + after - before;
        let due = building.deadline(&self.limits);
        if due < building.scheduled {
            building.scheduled = due;
            self.deadlines.push(Reverse((due, located.connection)));
        }
        if let Some(messages) = &mut self.messages {
            messages.extend(building.take_messages());
        }
        copy_of
    }

    fn open(&mut self, key: Key, segment: &Segment<'_>, located: Located, sender: Peer) {
        let now = self.clock.now();
        let mut building = Building::new(segment, located, sender, now);
        if self.messages.is_some() {
            building.note_messages();
        }
        if self.shown.contains(&segment.frame.number) {
            building.show(self.with_payload, &self.limits);
        }
        let deadline = building.deadline(&self.limits);
        building.scheduled = deadline;
        // Deadlines of closed sessions go with time; time may stand still.
        if self.deadlines.len() > 4 * self.keys.len() + MANY_DEADLINES {
            let scheduled = |connection: &u64| {
                let key = self.keys.get(connection)?;
                Some(self.sessions.get(key)?.scheduled)
            };
            self.deadlines
                .retain(|Reverse((time, connection))| scheduled(connection) == Some(*time));
        }
        self.deadlines.push(Reverse((deadline, located.connection)));
        self.keys.insert(located.connection, key);
        self.sessions.insert(key, Box::new(building));
    }

    /// Who sent the first segment of a session: the sender of a SYN is the client, of a SYN+ACK the
    /// server; else the side on the mail port is the server, and where that says nothing the one
    /// that sends replies.
    fn sender(&self, segment: &Segment<'_>) -> Peer {
        let roles = [segment.source_port, segment.destination_port]
            .map(|port| self.ports.role(port).is_some());
        match (segment.flags.syn(), segment.flags.ack(), roles) {
            (true, false, _) => Peer::Client,
            (true, true, _) => Peer::Server,
            (_, _, [true, false]) => Peer::Server,
            (_, _, [source, destination]) if source == destination && replies(segment) => {
                Peer::Server
            }
            _ => Peer::Client,
        }
    }

    fn close(&mut self, key: &Key, why: Close, sink: &mut impl FnMut(Session)) {
        let Some(building) = self.sessions.remove(key) else {
            return;
        };
        self.keys.remove(&building.connection);
        self.table.release(key, building.connection);
        self.waiting_cost -= building.waiting_cost();
        let mut session = building.close(why, self.clock.now(), &self.input, &self.limits);
        session.evidence.implicit_tls = self.ports.role(session.server.port) == Some(Role::Smtps);
        self.left_out.add(&session.evidence.left_out);
        session.evidence.taken_over = why == Close::Over && session.ended.frame.is_none();
        if let Some(messages) = &mut self.messages {
            messages.append(&mut session.evidence.messages);
        }
        sink(session);
    }
}

/// Whether a segment begins with a reply of a server.
fn replies(segment: &Segment<'_>) -> bool {
    let line = segment.payload.split(|&byte| byte == b'\n').next();
    line.is_some_and(|line| ReplyLine::parse(line).is_some())
}

#[cfg(test)]
mod tests;
