//! What the two peers said: hands each direction's bytes to the mail dialogue or to the TLS
//! handshake, and finds the byte where one becomes the other.
//!
//! The switch is found in the bytes and not by frame numbers: TLS begins at the first line start,
//! outside of messages, whose bytes are a TLS record (no SMTP line can be one), or, where TLS was
//! asked for, an SSL 2.0 hello. So it does not matter how requests, replies and hellos share
//! segments, nor whether one direction is missing. Text may follow TLS again: some servers answer
//! a failed handshake in plain words.

mod showing;

use self::showing::Showing;
use crate::limits::Limits;
use crate::model::smtp::{Proxy, Smtp};
use crate::model::tls::{HelloFormat, Tls};
use crate::model::{Evidence, Message, MessageLog, Peer};
use crate::smtp::Dialogue;
use crate::smtp::proxy::{self, Preamble};
use crate::stream::Chunk;
use crate::time::Timestamp;
use crate::tls::handshake::{Handshake, Taken};
use crate::tls::record::Moment;
use crate::tls::sniff::{self, Sniff};

/// One direction.
#[derive(Debug, Default)]
struct Lane {
    in_tls: bool,
    /// Bytes that may or may not start TLS.
    held: Vec<u8>,
    /// Nothing was taken yet: the first byte of the stream is next.
    started: bool,
    /// Stream offset at which TLS began.
    tls_offset: Option<u64>,
    /// TLS has just ended; whether in text is not decided.
    after_tls: bool,
    /// Length of the proxy's header in front of everything.
    preamble: u64,
    /// Bytes of that header that are still to come.
    passed_over: usize,
}

/// Both directions of one connection.
#[derive(Debug)]
pub struct Conversation {
    dialogue: Dialogue,
    handshake: Handshake,
    lanes: [Lane; 2],
    from_start: bool,
    /// When the first and the last line of the greeting came.
    greeted: [Option<Timestamp>; 2],
    messages: MessageLog,
    /// What may be shown of the bytes, where that is wanted.
    showing: Option<Box<Showing>>,
}

impl Conversation {
    /// A conversation; `from_start` when the start of the connection was captured.
    pub fn new(from_start: bool) -> Self {
        Self {
            dialogue: Dialogue::new(from_start),
            handshake: Handshake::default(),
            lanes: Default::default(),
            from_start,
            greeted: [None; 2],
            messages: MessageLog::default(),
            showing: None,
        }
    }

    /// Notes from now on which messages complete in which frame.
    pub fn note_messages(&mut self) {
        let logs = [self.dialogue.messages(), self.handshake.messages()];
        logs.into_iter().for_each(MessageLog::switch_on);
        self.messages.switch_on();
    }

    /// Enters from now on what may be shown of the bytes; `with_payload`: also encrypted data.
    pub fn show(&mut self, with_payload: bool, limits: &Limits) {
        self.dialogue.show_lines();
        self.handshake.spans().switch_on(with_payload);
        self.showing = Some(Box::new(Showing::new(limits.shown_bytes)));
    }

    /// From this frame on the first byte of `from` has this sequence number.
    pub fn begins_at(&mut self, from: Peer, frame: u64, seq: Option<u32>) {
        if let (Some(showing), Some(seq)) = (&mut self.showing, seq) {
            showing.begins_at(from, frame, seq);
        }
    }

    /// What was noted since the last call.
    pub fn take_messages(&mut self) -> Vec<(u64, Message)> {
        self.messages.take()
    }

    /// The handshake so far.
    pub fn handshake(&self) -> &Handshake {
        &self.handshake
    }

    /// TLS has begun in this direction and is not yet established.
    pub fn in_handshake(&self, from: Peer) -> bool {
        self.lanes[from.index()].in_tls && self.handshake.facts().established.is_none()
    }

    /// The peers have said goodbye, as far as that can be seen.
    pub fn said_goodbye(&self) -> bool {
        self.dialogue.has_quit()
            || self.handshake.close_notify_seen()
            || self.handshake.fatal_alert_seen()
    }

    /// What comes next of this side acknowledges bytes of its peer that were not captured yet.
    pub fn reads_ahead(&mut self, from: Peer, ahead: bool) {
        self.dialogue.reads_ahead(from, ahead);
    }

    /// Takes what became available of one direction.
    pub fn take(&mut self, from: Peer, chunk: Chunk<'_>, limits: &Limits) {
        match chunk {
            Chunk::Gap { len, .. } => {
                self.gap(from, len, limits);
                self.messages.append(self.handshake.messages());
            }
            Chunk::Bytes {
                offset,
                bytes,
                frame,
                time,
            } => {
                let held = std::mem::take(&mut self.lanes[from.index()].held);
                let at = Moment { frame, time };
                if held.is_empty() {
                    self.bytes(from, offset, bytes, at, limits);
                } else {
                    let start = offset - held.len() as u64;
                    let joined = [held.as_slice(), bytes].concat();
                    self.bytes(from, start, &joined, at, limits);
                }
            }
        }
    }

    /// Nothing more will come; `ended` when that is because one of the peers closed or reset the
    /// connection. `accepted` is when the server accepted it.
    pub fn finish(
        mut self,
        ended: bool,
        accepted: Option<Timestamp>,
        limits: &Limits,
    ) -> (Option<Smtp>, Option<Tls>, Evidence) {
        let handshake = &self.handshake;
        let mut evidence = Evidence {
            client_hello_at: handshake.client_hello_at().map(|at| at.time),
            established_at: handshake.established_at().map(|at| at.time),
            data_records: handshake.data_records(),
            message_seen: self.dialogue.message_seen(),
            hello_answered: self.dialogue.hello_answered(),
            client_answered: handshake.client_answered(),
            ..Evidence::default()
        };
        let showing = self.showing;
        let discreet = self.dialogue.is_discreet();
        evidence.kept = showing.map(|showing| Box::new(showing.finish(discreet)));
        let tls = self.handshake.finish(ended, limits);
        evidence.left_out = self.handshake.left_out();
        evidence.left_out.add(&self.dialogue.left_out());
        self.messages.append(self.handshake.messages());
        evidence.messages = self.messages.take();
        let tls_seen = self.lanes.iter().any(|lane| lane.tls_offset.is_some());
        let at_once = self
            .lanes
            .iter()
            .any(|lane| lane.tls_offset == Some(lane.preamble));
        let implicit = self.from_start && at_once;
        let mut smtp = self.dialogue.into_facts();
        if let Some(banner) = smtp.as_mut().and_then(|smtp| smtp.banner.as_mut()) {
            let since = |time: Option<Timestamp>| Some(time?.seconds_since(accepted?));
            [banner.first_seconds, banner.seconds] = self.greeted.map(since);
        }
        if implicit {
            let smtp = smtp.get_or_insert_default();
            smtp.tls_verb.get_or_insert_with(|| "implicit".to_owned());
        }
        (smtp, tls_seen.then_some(tls), evidence)
    }

    fn bytes(&mut self, from: Peer, offset: u64, bytes: &[u8], at: Moment, limits: &Limits) {
        let mut rest = bytes;
        while !rest.is_empty() {
            let lane = &self.lanes[from.index()];
            let here = offset + (bytes.len() - rest.len()) as u64;
            if lane.in_tls {
                match self.tls(from, here, rest, at, limits) {
                    Taken::All => return,
                    Taken::Until(taken) => {
                        rest = &rest[taken..];
                        let lane = &mut self.lanes[from.index()];
                        lane.in_tls = false;
                        lane.after_tls = true;
                    }
                }
                continue;
            }
            let is_first = from == Peer::Client && !lane.started && lane.preamble == 0;
            if is_first || lane.passed_over > 0 {
                match self.preamble(from, rest, at) {
                    Some(0) => {}
                    Some(taken) => {
                        if let Some(showing) = &mut self.showing {
                            showing.preamble(from, here, &rest[..taken]);
                        }
                        rest = &rest[taken..];
                        continue;
                    }
                    None => {
                        self.lanes[from.index()].held = rest.to_vec();
                        return;
                    }
                }
            }
            let segment_start = rest.len() == bytes.len();
            let sniff = match self.sniff(from, rest, segment_start) {
                Sniff::No if self.lanes[from.index()].after_tls => {
                    let answer = sniff::text(from, rest);
                    // Random bytes after TLS must not become text.
                    if answer == Sniff::No {
                        self.handshake.not_tls(from, at);
                    }
                    not(answer)
                }
                answer => answer,
            };
            match sniff {
                Sniff::Yes => {
                    let lane = &mut self.lanes[from.index()];
                    lane.in_tls = true;
                    lane.after_tls = false;
                    lane.started = true;
                    lane.tls_offset.get_or_insert(here);
                }
                Sniff::Maybe => {
                    self.lanes[from.index()].held = rest.to_vec();
                    return;
                }
                Sniff::No => {
                    let lane = &mut self.lanes[from.index()];
                    lane.started = true;
                    lane.after_tls = false;
                    let taken = self.text(from, here, rest, at.frame, limits);
                    rest = &rest[taken..];
                    if from == Peer::Server && self.greeted[1].is_none() {
                        self.greeted(at.time);
                    }
                }
            }
        }
    }

    /// Hands bytes to the dialogue; gives how many it took.
    fn text(&mut self, from: Peer, here: u64, bytes: &[u8], frame: u64, limits: &Limits) -> usize {
        let between_lines = self.dialogue.is_between_lines(from);
        let taken = self.dialogue.push(from, bytes, frame, limits);
        self.messages.append(self.dialogue.messages());
        if let Some(showing) = &mut self.showing {
            showing.text(from, here, between_lines);
            if let Some(shown) = self.dialogue.take_shown() {
                showing.line(from, here, &bytes[..taken], shown);
            }
        }
        taken
    }

    /// Hands bytes to the handshake, and tells the dialogue that they are no text.
    fn tls(&mut self, from: Peer, here: u64, bytes: &[u8], at: Moment, limits: &Limits) -> Taken {
        let taken = self.handshake.push(from, bytes, at, limits);
        if let Some(showing) = &mut self.showing {
            showing.tls(from, here, bytes, self.handshake.spans().found());
        }
        self.messages.append(self.handshake.messages());
        let facts = self.handshake.facts();
        let hello = match from {
            Peer::Client => facts.client_hello.is_some(),
            Peer::Server => facts.server_hello.is_some() || facts.hello_retry_request.is_some(),
        };
        let len = match taken {
            Taken::All => bytes.len(),
            Taken::Until(taken) => taken,
        };
        self.dialogue.tls(from, len, at.frame, hello);
        taken
    }

    /// Bytes of a proxy's header at the start of these; `None` when that cannot be told yet.
    fn preamble(&mut self, from: Peer, bytes: &[u8], at: Moment) -> Option<usize> {
        let lane = &mut self.lanes[from.index()];
        if lane.passed_over == 0 {
            let (len, version, ends) = match proxy::read(bytes) {
                Preamble::No => return Some(0),
                Preamble::Maybe => return None,
                Preamble::Yes { len, version, ends } => (len, version, ends),
            };
            lane.preamble = len as u64;
            lane.passed_over = len;
            let (source, destination) = ends.unzip();
            let frame = at.frame;
            self.dialogue.proxy(Proxy {
                frame,
                version,
                source,
                destination,
            });
        }
        let taken = lane.passed_over.min(bytes.len());
        lane.passed_over -= taken;
        Some(taken)
    }

    /// Notes when the greeting came.
    fn greeted(&mut self, time: Timestamp) {
        for (seen, at) in self.dialogue.greeting().into_iter().zip(&mut self.greeted) {
            if seen {
                at.get_or_insert(time);
            }
        }
    }

    /// Whether TLS begins here.
    fn sniff(&mut self, from: Peer, bytes: &[u8], segment_start: bool) -> Sniff {
        if !self.dialogue.at_line_start(from) {
            // Other protocols than SMTP, and captures that begin in the middle of a line; or a hello
            // whose beginning is missing looked like text, while the peer answers in TLS.
            let in_message = from == Peer::Client && self.dialogue.in_message();
            let peer_in_tls = self.lanes[from.other().index()].in_tls;
            let begins = !in_message && is_hello_record(bytes)
                || peer_in_tls && sniff::record(bytes) == Sniff::Yes;
            return match segment_start && begins {
                true => Sniff::Yes,
                false => Sniff::No,
            };
        }
        let lane = &self.lanes[from.index()];
        let ssl2 = match from {
            _ if lane.tls_offset.is_some() => Sniff::No,
            Peer::Client if self.dialogue.awaits_tls() || self.from_start && !lane.started => {
                sniff::sslv2_client_hello(bytes)
            }
            Peer::Client if !lane.started => sniff::sslv2_client_hello_anywhere(bytes),
            Peer::Server if self.client_spoke_ssl2() => sniff::sslv2_server_hello(bytes),
            _ => Sniff::No,
        };
        if ssl2 == Sniff::Yes {
            self.handshake.start_sslv2(from);
        }
        match ssl2 {
            Sniff::No => sniff::record(bytes),
            answer => answer,
        }
    }

    fn client_spoke_ssl2(&self) -> bool {
        let hello = self.handshake.facts().client_hello.as_ref();
        hello.is_some_and(|hello| hello.format == HelloFormat::Sslv2)
    }

    fn gap(&mut self, from: Peer, len: u64, limits: &Limits) {
        let lane = &mut self.lanes[from.index()];
        lane.held.clear();
        lane.started = true;
        if lane.in_tls {
            self.handshake.gap(from, len, limits);
        } else {
            self.dialogue.gap(from, len);
        }
    }
}

/// What is text is no TLS.
fn not(is_text: Sniff) -> Sniff {
    match is_text {
        Sniff::Yes => Sniff::No,
        Sniff::Maybe => Sniff::Maybe,
        Sniff::No => Sniff::Yes,
    }
}

/// A handshake record that begins with a ClientHello or ServerHello.
fn is_hello_record(bytes: &[u8]) -> bool {
    matches!(bytes, [0x16, 0x03, 0x00..=0x04, _, _, 0x01 | 0x02, ..])
}
