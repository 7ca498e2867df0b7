//! Commands and replies, matched by their order.
//!
//! Replies answer commands in sequence (RFC 2920), so they are matched by a queue and not by time:
//! pipelining and captures that hold packets slightly out of order make no difference. Where one
//! direction is missing, replies are read for what they say by themselves.

mod commands;
mod replies;
mod shown;

use std::collections::VecDeque;

use self::replies::{Answer, Reading};
pub use self::shown::Shown;
use super::early::Pending;
use super::expected::{Expected, Queue};
use super::facts::Facts;
use super::line::LineBuffer;
use crate::limits::Limits;
use crate::model::smtp::{Early, Proxy, Smtp};
use crate::model::{LeftOut, MessageLog, Peer};

/// What the client's next bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ClientState {
    /// Answers to the server's AUTH challenges.
    Auth,
    /// A BDAT chunk of which this much is left. Where it ends the message, frame of its command.
    Chunk {
        left: u64,
        last: Option<u64>,
    },
    Commands,
    /// DATA was sent; what follows is a message unless the server refuses.
    DataSent,
    /// A message up to the lone dot.
    Message,
}

/// The dialogue of one connection.
#[derive(Debug)]
pub struct Dialogue {
    facts: Facts,
    seen: bool,
    client: LineBuffer,
    server: LineBuffer,
    state: ClientState,
    expected: Queue,
    /// DATA commands whose replies may be among missing bytes.
    unanswered_data: usize,
    reply: Reading,
    /// Replies whose commands are still to come, because the capture is out of order.
    ahead: VecDeque<Answer>,
    /// The capture holds the start of the connection.
    from_start: bool,
    client_seen: bool,
    server_seen: bool,
    /// The next bytes of this side acknowledge bytes of the other one that were not seen yet.
    reads_ahead: [bool; 2],
    /// A hello of this side was seen.
    hellos: [bool; 2],
    /// The reply to the last EHLO was seen whole.
    hello_answered: bool,
    /// EHLO was said in clear after TLS was granted.
    hello_after_grant: bool,
    /// A message followed its envelope.
    message_seen: bool,
    /// Recipients that were accepted, each of which LMTP answers at the end of the message.
    recipients: u64,
    /// The request for TLS that waits for its reply.
    pending: Option<Pending>,
    /// The client has said what the server's replies may repeat.
    discreet: bool,
    /// Lines that were longer than what is kept of them.
    lines_cut: u64,
    messages: MessageLog,
    /// What may be shown of each line is wanted.
    shows_lines: bool,
    /// What may be shown of the last line.
    shown: Option<Shown>,
}

impl Dialogue {
    /// A dialogue; `from_start` when the start of the connection was captured.
    pub fn new(from_start: bool) -> Self {
        let mut expected = Queue::default();
        if from_start {
            expected.push(Expected::Banner);
        }
        Self {
            facts: Facts::default(),
            seen: false,
            client: LineBuffer::default(),
            server: LineBuffer::default(),
            state: ClientState::Commands,
            expected,
            unanswered_data: 0,
            reply: Reading::default(),
            ahead: VecDeque::new(),
            from_start,
            client_seen: false,
            server_seen: false,
            reads_ahead: [false; 2],
            hellos: [false; 2],
            hello_answered: false,
            hello_after_grant: false,
            message_seen: false,
            recipients: 0,
            pending: None,
            discreet: false,
            lines_cut: 0,
            messages: MessageLog::default(),
            shows_lines: false,
            shown: None,
        }
    }

    /// Whether the next byte of `from` starts a line outside of messages and so could start TLS.
    pub fn at_line_start(&self, from: Peer) -> bool {
        match from {
            Peer::Client => !self.in_message() && self.client.is_empty(),
            Peer::Server => self.server.is_empty(),
        }
    }

    /// Says from now on what may be shown of each line.
    pub fn show_lines(&mut self) {
        self.shows_lines = true;
    }

    /// What may be shown of the line that is complete since the last call.
    pub fn take_shown(&mut self) -> Option<Shown> {
        self.shown.take()
    }

    /// Whether the client has said what the server's replies may repeat.
    pub fn is_discreet(&self) -> bool {
        self.discreet
    }

    /// Whether the next byte of `from` is the first of a line, inside of messages, too.
    pub fn is_between_lines(&self, from: Peer) -> bool {
        match from {
            Peer::Client => self.client.is_empty(),
            Peer::Server => self.server.is_empty(),
        }
    }

    /// Whether the client is sending a message.
    pub fn in_message(&self) -> bool {
        matches!(
            self.state,
            ClientState::Chunk { .. } | ClientState::DataSent | ClientState::Message
        )
    }

    /// Whether TLS was asked for and not refused.
    pub fn awaits_tls(&self) -> bool {
        self.facts.granted.is_some()
            || self
                .expected
                .iter()
                .any(|expected| matches!(expected, Expected::StartTls { .. }))
    }

    /// The reply to the last EHLO was seen whole: what it does not offer is not offered.
    pub fn hello_answered(&self) -> bool {
        self.hello_answered
    }

    /// A message, or a part of one, was sent in clear.
    pub fn message_seen(&self) -> bool {
        self.message_seen
    }

    /// The client has said QUIT.
    pub fn has_quit(&self) -> bool {
        self.facts.smtp.quit.is_some()
    }

    /// The first and the last line of the greeting were seen.
    pub fn greeting(&self) -> [bool; 2] {
        let complete = self.facts.smtp.banner.is_some();
        let begun = !self.reply.is_empty() && self.expected.front() == Some(Expected::Banner);
        [begun || complete, complete]
    }

    /// What did not fit into the bounds.
    pub fn left_out(&self) -> LeftOut {
        LeftOut {
            long_lines: self.lines_cut,
            lines: self.facts.dropped,
            ..LeftOut::default()
        }
    }

    /// Commands and replies as they complete, once switched on.
    pub fn messages(&mut self) -> &mut MessageLog {
        &mut self.messages
    }

    /// The facts; `None` when nothing of SMTP was seen.
    pub fn into_facts(mut self) -> Option<Smtp> {
        self.answer_ahead();
        self.unfinished_banner();
        self.unreplied();
        self.seen.then(|| self.facts.finish())
    }

    /// The next bytes of `from` acknowledge bytes of its peer that the capture has not shown yet.
    pub fn reads_ahead(&mut self, from: Peer, ahead: bool) {
        self.reads_ahead[from.index()] = ahead;
    }

    /// The header of a proxy.
    pub fn proxy(&mut self, proxy: Proxy) {
        self.seen = true;
        self.facts.proxy(proxy);
    }

    /// So many bytes of TLS; `hello` when a hello of this side has been read.
    pub fn tls(&mut self, from: Peer, bytes: usize, frame: u64, hello: bool) {
        self.facts.tls_seen = true;
        self.hellos[from.index()] |= hello;
        if from == Peer::Client {
            self.early(Early::Tls, bytes, frame);
        }
    }

    /// Takes bytes up to and including the next line end; returns how many it took (at least one).
    pub fn push(&mut self, from: Peer, bytes: &[u8], frame: u64, limits: &Limits) -> usize {
        if let (Peer::Client, ClientState::Chunk { left, last }) = (from, self.state) {
            let taken = usize::try_from(left).map_or(bytes.len(), |left| left.min(bytes.len()));
            self.early(Early::Commands, taken, frame);
            self.chunk(left - taken as u64, last, frame);
            return taken;
        }
        let buffer = match from {
            Peer::Client => &mut self.client,
            Peer::Server => &mut self.server,
        };
        let (taken, complete) = buffer.push(bytes, limits.smtp_line);
        if from == Peer::Client {
            self.early(Early::Commands, taken, frame);
        }
        if complete {
            self.line(from, frame, limits);
        }
        taken
    }

    fn line(&mut self, from: Peer, frame: u64, limits: &Limits) {
        let in_message = from == Peer::Client && self.in_message();
        let buffer = match from {
            Peer::Client => &mut self.client,
            Peer::Server => &mut self.server,
        };
        // Of a message nothing is kept anyway.
        self.lines_cut += u64::from(buffer.is_cut() && !in_message);
        let line = buffer.take();
        if self.shows_lines {
            self.shown = Some(self.to_show(from, line.as_deref()));
        }
        let Some(line) = line else {
            return;
        };
        match from {
            Peer::Client => self.client_line(&line, frame, limits),
            Peer::Server => self.server_line(&line, frame, limits),
        }
    }

    /// The client goes on although its request for TLS has no reply.
    fn early(&mut self, kind: Early, bytes: usize, frame: u64) {
        let knows_reply = self.reads_ahead[Peer::Client.index()];
        if let Some(pending) = &mut self.pending
            && (!knows_reply || pending.shares(frame))
        {
            pending.sent(kind, bytes, frame);
        }
    }

    /// The reply to the request for TLS is not in the capture.
    fn unreplied(&mut self) {
        if let Some(early) = self.pending.take().and_then(Pending::unreplied) {
            self.facts.smtp.after_starttls.get_or_insert(early);
        }
    }

    /// A BDAT chunk has come this far.
    fn chunk(&mut self, left: u64, last: Option<u64>, frame: u64) {
        self.state = match left {
            0 => ClientState::Commands,
            _ => ClientState::Chunk { left, last },
        };
        if let (0, Some(command)) = (left, last) {
            self.facts.message(command, frame);
        }
    }

    /// Bytes of `from` are missing.
    pub fn gap(&mut self, from: Peer, len: u64) {
        if let (Peer::Client, ClientState::Chunk { left, last }) = (from, self.state) {
            if len <= left {
                // Where the end of the chunk was not captured no frame proves it.
                return self.chunk(left - len, last.filter(|_| len < left), 0);
            }
            self.state = ClientState::Commands;
        }
        match from {
            Peer::Client => {
                self.client.gap();
                self.answer_ahead();
                self.discreet |= self.client_seen;
            }
            Peer::Server => {
                self.server.gap();
                self.reply = Reading::default();
                self.unreplied();
            }
        }
        // Commands or replies may be among the missing bytes: order proves nothing any more.
        let waiting = self.expected.iter().filter(|it| *it == Expected::Data);
        self.unanswered_data += waiting.count();
        self.expected.clear();
    }

    /// A command waits for its reply, which an unordered capture may have shown already.
    fn expect(&mut self, expected: Expected) {
        self.expected.push(expected);
        while let Some(answer) = self.ahead.front()
            && let Some(expected) = self.expected.answer(answer.code)
            && let Some(answer) = self.ahead.pop_front()
        {
            self.answered(Some(expected), answer);
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests;
