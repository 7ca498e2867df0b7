//! One session while it is being seen.

use std::time::Duration;

use super::conversation::Conversation;
use super::outcome::{outcome, phase};
use crate::decode::{IcmpError, Segment};
use crate::flow::community::community_id;
use crate::flow::copies::{Copies, Judgement};
use crate::flow::key::Side;
use crate::flow::table::{Arrival, Located};
use crate::flow::vantage::Vantages;
use crate::limits::Limits;
use crate::model::path::{Opening, Seen};
use crate::model::tcp::{Counters, Handshake, Tcp};
use crate::model::{
    After, CaptureInfo, Confidence, Ended, EndedBy, Endpoint, How, LeftOut, Message, Peer, Reset,
    Session, Starts, Verdict, Visibility,
};
use crate::stream::{Assembler, Piece};
use crate::tcp::ending::{End, Ending};
use crate::tcp::health;
use crate::tcp::opening::opening;
use crate::tcp::path::Follower;
use crate::tcp::reset::Resets;
use crate::tcp::{Connection, Label};
use crate::time::Timestamp;

/// How a session came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Close {
    /// The capture ended.
    CaptureEnd,
    /// Nothing came for too long.
    Idle,
    /// Its end was seen, or its ports were taken over.
    Over,
}

/// A session under construction.
#[derive(Debug)]
pub struct Building {
    /// Identity in the flow table.
    pub connection: u64,
    stream: Option<u32>,
    client_side: Side,
    client: Endpoint,
    server: Endpoint,
    starts: Starts,
    first_frame: u64,
    last_frame: u64,
    started: Timestamp,
    /// When the server accepted the connection; the SYN where that was not captured.
    accepted: Option<Timestamp>,
    last: Timestamp,
    /// When the last segment came, by the tracker's clock.
    pub active: Timestamp,
    /// When the tracker will look at it.
    pub scheduled: Timestamp,
    analysis: Connection,
    health: [Counters; 2],
    assemblers: [Assembler; 2],
    conversation: Conversation,
    ending: Ending,
    copies: Copies,
    /// The three steps of the TCP handshake.
    syn: bool,
    syn_ack: bool,
    acknowledged: bool,
    openings: [Option<Opening>; 2],
    times: Vec<Seen>,
    snaplen_cut: bool,
    retransmissions: Vec<u64>,
    client_retransmissions: Vec<u64>,
    handshake_retransmissions: Vec<u64>,
    resets: Resets,
    path: Follower,
    left_out: LeftOut,
}

impl Building {
    /// A session that begins with this segment; `client` is its sender or receiver.
    pub fn new(segment: &Segment<'_>, located: Located, sent_by: Peer, now: Timestamp) -> Self {
        let source = Endpoint {
            ip: segment.source,
            port: segment.source_port,
        };
        let destination = Endpoint {
            ip: segment.destination,
            port: segment.destination_port,
        };
        let (client, server, client_side) = match sent_by {
            Peer::Client => (source, destination, located.side),
            Peer::Server => (destination, source, located.side.peer()),
        };
        let from_start = segment.flags.syn();
        Self {
            connection: located.connection,
            stream: located.stream,
            client_side,
            client,
            server,
            starts: if from_start {
                Starts::Syn
            } else {
                Starts::Midstream
            },
            first_frame: segment.frame.number,
            last_frame: segment.frame.number,
            started: segment.time,
            accepted: from_start.then_some(segment.time),
            last: segment.time,
            active: now,
            scheduled: now,
            analysis: Connection::new(),
            health: Default::default(),
            assemblers: Default::default(),
            conversation: Conversation::new(from_start),
            ending: Ending::default(),
            copies: Copies::default(),
            syn: false,
            syn_ack: false,
            acknowledged: false,
            openings: [None; 2],
            times: Vec::new(),
            snaplen_cut: false,
            retransmissions: Vec::new(),
            client_retransmissions: Vec::new(),
            handshake_retransmissions: Vec::new(),
            resets: Resets::default(),
            path: Follower::default(),
            left_out: LeftOut::default(),
        }
    }

    /// Memory taken by bytes behind holes.
    pub fn waiting_cost(&self) -> usize {
        self.assemblers.iter().map(Assembler::waiting_cost).sum()
    }

    /// When, by the tracker's clock, the session is over if nothing comes.
    pub fn deadline(&self, limits: &Limits) -> Timestamp {
        let wait: Duration = match self.ending.is_over() {
            true => limits.linger,
            false => limits.idle,
        };
        let nanos = i64::try_from(wait.as_nanos()).unwrap_or(i64::MAX);
        Timestamp::from_nanos(self.active.as_nanos().saturating_add(nanos))
    }

    /// Whether nothing came for so long before this time.
    pub fn was_idle(&self, now: Timestamp, idle: Duration) -> bool {
        now.is_after(self.last, idle)
    }

    /// How the session closes when its deadline has passed.
    pub fn close_reason(&self) -> Close {
        match self.ending.first() {
            Some(_) => Close::Over,
            None => Close::Idle,
        }
    }

    /// Takes a segment of this connection; gives the frame it is a capture copy of.
    pub fn segment(
        &mut self,
        segment: &Segment<'_>,
        located: Located,
        limits: &Limits,
    ) -> Option<u64> {
        let from = match located.side == self.client_side {
            true => Peer::Client,
            false => Peer::Server,
        };
        self.last_frame = segment.frame.number;
        self.last = self.last.max(segment.time);
        if let Judgement::Copy { of } = self.copies.judge(segment, from.index()) {
            return Some(of);
        }
        self.note_time(segment, limits);
        self.label(segment, located.side, located.arrival, from, limits);
        self.handshake(segment, from);
        let hello = self.conversation.handshake().client_hello_at().is_some();
        self.path.segment(from, segment);
        self.bytes(segment, from, limits);
        for side in [Peer::Client, Peer::Server] {
            let base = self.assemblers[side.index()].base();
            self.conversation
                .begins_at(side, segment.frame.number, base);
        }
        if !hello && let Some(at) = self.conversation.handshake().client_hello_at() {
            self.path.hello_complete(at.frame, at.time);
        }
        let expected = self.conversation.said_goodbye();
        let reset = self.ending.segment(from, segment, expected);
        let room = self.resets.count() < limits.labels;
        self.left_out.labels += u64::from(reset.is_some() && !room);
        let after = self.ending.last_data();
        self.resets
            .segment(from, segment, reset.filter(|_| room), after);
        None
    }

    /// Notes from now on which messages complete in which frame.
    pub fn note_messages(&mut self) {
        self.conversation.note_messages();
    }

    /// Enters from now on what may be shown of the bytes; `with_payload`: also encrypted data.
    pub fn show(&mut self, with_payload: bool, limits: &Limits) {
        self.conversation.show(with_payload, limits);
    }

    /// What was noted since the last call.
    pub fn take_messages(&mut self) -> Vec<(u64, Message)> {
        self.conversation.take_messages()
    }

    /// Takes an ICMP error that quotes a segment sent by this side.
    pub fn icmp_error(&mut self, side: Side, error: &IcmpError<'_>) {
        let to = match side == self.client_side {
            true => Peer::Client,
            false => Peer::Server,
        };
        self.path.icmp_error(to, error);
    }

    fn note_time(&mut self, segment: &Segment<'_>, limits: &Limits) {
        let flags = segment.flags;
        let frame = segment.frame.number;
        // The first frames tell how the session came about, the last of the others how it ended.
        let ends = flags.fin() || flags.rst();
        let room = self.times.len() < limits.labels || ends && self.times.len() < 2 * limits.labels;
        if room && (segment.payload_len > 0 || flags.syn() || ends) {
            let time = segment.time;
            self.times.push(Seen { frame, time });
        }
    }

    /// What the wire did.
    fn label(
        &mut self,
        segment: &Segment<'_>,
        side: Side,
        arrival: Arrival,
        from: Peer,
        limits: &Limits,
    ) {
        let labels = self.analysis.analyse(segment, side, arrival);
        health::count(&mut self.health[from.index()], segment, &labels);
        if !labels.has(Label::Retransmission) {
            return;
        }
        if self.retransmissions.len() == limits.labels {
            self.left_out.labels += 1;
        } else {
            self.retransmissions.push(segment.frame.number);
            if from == Peer::Client {
                self.client_retransmissions.push(segment.frame.number);
            }
            if segment.payload_len > 0 && self.conversation.in_handshake(from) {
                self.handshake_retransmissions.push(segment.frame.number);
            }
        }
    }

    fn handshake(&mut self, segment: &Segment<'_>, from: Peer) {
        let flags = segment.flags;
        if flags.syn() {
            self.openings[from.index()].get_or_insert_with(|| opening(segment));
        }
        match (flags.syn(), flags.ack()) {
            (true, false) => self.syn = true,
            (true, true) => {
                if !self.syn_ack {
                    self.accepted = self.accepted.map(|_| segment.time);
                }
                self.syn_ack = true;
            }
            (false, true) if !flags.rst() => {
                let data = segment.payload_len > 0;
                self.acknowledged |= from == Peer::Client || self.syn_ack && data;
            }
            _ => {}
        }
        let [own, peer] = [from, from.other()].map(Peer::index);
        // A SYN+ACK that acknowledges another SYN belongs to another connection: an earlier one, or
        // the other side of a firewall that changes sequence numbers.
        let answers = !flags.ack() || self.assemblers[peer].accepts(segment.ack);
        if flags.syn() && answers {
            self.assemblers[own].restart(segment.seq.wrapping_add(1));
        }
        // The first acknowledgment of a connection seen from its start tells where the peer's
        // bytes begin, should its SYN be missing or one of several.
        if flags.ack() && self.starts == Starts::Syn && !flags.rst() && segment.ack != 0 {
            match from {
                Peer::Client if !flags.syn() => self.assemblers[peer].confirm(segment.ack),
                _ => self.assemblers[peer].start(segment.ack),
            }
        }
    }

    /// What the peers said.
    fn bytes(&mut self, segment: &Segment<'_>, from: Peer, limits: &Limits) {
        self.snaplen_cut |= (segment.payload.len() as u64) < u64::from(segment.payload_len);
        let conversation = &mut self.conversation;
        let syn = u32::from(segment.flags.syn());
        let piece = Piece {
            seq: segment.seq.wrapping_add(syn),
            bytes: segment.payload,
            wire_len: segment.payload_len,
            frame: segment.frame.number,
            time: segment.time,
        };
        let ahead = segment.flags.ack() && !self.assemblers[from.other().index()].has(segment.ack);
        conversation.reads_ahead(from, ahead);
        // The payload of a reset is a diagnosis at best (RFC 9293 section 3.5.3), never stream data.
        if !segment.flags.rst() {
            self.assemblers[from.index()].push(piece, limits, &mut |chunk| {
                conversation.take(from, chunk, limits);
            });
        }
        // What a SYN+ACK acknowledges is the SYN.
        if segment.flags.ack() && !segment.flags.rst() && !segment.flags.syn() {
            let peer = from.other();
            self.assemblers[peer.index()].acknowledged(
                segment.ack,
                segment.time,
                limits,
                &mut |chunk| conversation.take(peer, chunk, limits),
            );
        }
    }

    /// Gives up every hole: too many bytes wait.
    pub fn give_up_holes(&mut self, limits: &Limits) {
        let conversation = &mut self.conversation;
        for from in [Peer::Client, Peer::Server] {
            self.assemblers[from.index()].finish(&mut |chunk| {
                conversation.take(from, chunk, limits);
            });
        }
    }

    /// The finished record, not yet judged; `now` is how far capture time has come.
    pub fn close(mut self, why: Close, now: Timestamp, input: &str, limits: &Limits) -> Session {
        self.give_up_holes(limits);
        let missing = [0, 1].map(|side: usize| self.assemblers[side].missing());
        let visibility = self.visibility();
        let vantages = std::mem::take(&mut self.copies).finish();
        let resets = std::mem::take(&mut self.resets).finish();
        let tcp = self.tcp(missing, &vantages, &resets);
        let ended = self.ending.first().is_some();
        let (smtp, tls, mut evidence) = self.conversation.finish(ended, self.accepted, limits);
        evidence.left_out.add(&self.left_out);
        evidence.left_out.holes += self.assemblers.iter().map(Assembler::crowded).sum::<u64>();
        evidence.retransmissions = self.retransmissions;
        evidence.client_retransmissions = self.client_retransmissions;
        evidence.handshake_retransmissions = self.handshake_retransmissions;
        evidence.path = self.path.finish(now);
        let foreign = ended_by_another(&resets, self.ending.first());
        evidence.resets = resets;
        evidence.openings = self.openings;
        evidence.times = self.times;
        evidence.undelivered = [0, 1].map(|side: usize| self.assemblers[side].undelivered());
        let phase = phase(smtp.as_ref(), tls.as_ref(), &evidence);
        let ended = match (self.ending.first(), why) {
            (Some(end), _) => Ended {
                by: match foreign {
                    true => EndedBy::ThirdParty,
                    false => end.by.into(),
                },
                how: end.how,
                frame: Some(end.frame),
                phase,
                time: end.time,
                after: end.after.map(|(from, seen)| After {
                    from,
                    frame: seen.frame,
                    seconds: end.time.seconds_since(seen.time),
                }),
            },
            (None, why) => Ended {
                by: EndedBy::Unknown,
                how: if why == Close::Idle {
                    How::Timeout
                } else {
                    How::CaptureEnd
                },
                frame: None,
                phase,
                time: self.last,
                after: None,
            },
        };
        let holed = self.snaplen_cut || missing != [0, 0] || visibility != Visibility::Both;
        let outcome = outcome(smtp.as_ref(), tls.as_ref(), &tcp, &ended, holed);
        Session {
            capture: CaptureInfo {
                input: input.to_owned(),
                tcp_stream: self.stream,
                first_frame: self.first_frame,
                last_frame: self.last_frame,
                visibility,
                starts: self.starts,
                snaplen_cut: self.snaplen_cut,
                point: vantages.iter().find_map(Vantages::describe),
            },
            community_id: community_id(
                (self.client.ip, self.client.port),
                (self.server.ip, self.server.port),
            ),
            client: self.client,
            server: self.server,
            started: self.started,
            ended_at: self.last,
            smtp,
            tls,
            tcp,
            ended,
            outcome,
            verdict: Verdict::default(),
            findings: Vec::new(),
            evidence,
        }
    }

    fn visibility(&self) -> Visibility {
        match [0, 1].map(|side: usize| self.health[side].packets > 0) {
            [true, false] => Visibility::ClientOnly,
            [false, true] => Visibility::ServerOnly,
            _ => Visibility::Both,
        }
    }

    fn tcp(&self, missing: [u64; 2], vantages: &[Vantages; 2], resets: &[Reset]) -> Tcp {
        let refused = resets
            .first()
            .is_some_and(|reset| reset.from == Peer::Server);
        let handshake = match (self.starts, self.syn_ack, self.acknowledged) {
            (Starts::Midstream, ..) => Handshake::Midstream,
            (_, false, false) if self.syn && refused => Handshake::Refused,
            (_, false, false) => Handshake::SynOnly,
            (_, true, false) => Handshake::HalfOpen,
            (_, _, true) => Handshake::Complete,
        };
        let [client, server] = [0, 1].map(|side: usize| Counters {
            missing_bytes: missing[side],
            ..self.health[side].clone()
        });
        Tcp {
            handshake,
            rtt: self.analysis.initial_rtt().map(|nanos| nanos as f64 / 1e9),
            client,
            server,
            capture_copies: vantages.iter().map(Vantages::copies).sum(),
            vantages: [Peer::Client, Peer::Server]
                .into_iter()
                .flat_map(|from| vantages[from.index()].counts(from))
                .collect(),
            possible_copies: vantages.iter().map(|vantages| vantages.possible).sum(),
            lost_between: vantages.iter().flat_map(Vantages::lost_between).collect(),
        }
    }
}

/// The reset that ended the connection came from somebody else, as far as can be told.
fn ended_by_another(resets: &[Reset], end: Option<End>) -> bool {
    let reset = resets
        .iter()
        .find(|reset| end.is_some_and(|end| end.frame == reset.frame));
    let foreign = reset.and_then(|reset| reset.foreign);
    matches!(foreign, Some(Confidence::High | Confidence::Medium))
}
