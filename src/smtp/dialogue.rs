//! Commands and replies, matched by their order.
//!
//! Replies answer commands in sequence (RFC 2920), so they are matched by a queue and not by time:
//! pipelining and captures that hold packets slightly out of order make no difference. Where one
//! direction is missing, replies are read for what they say by themselves.

use std::collections::VecDeque;

use super::command::{self, Command, TLS_VERBS, is_masked};
use super::line::LineBuffer;
use super::reply::{self, ReplyLine};
use crate::limits::Limits;
use crate::model::At;
use crate::model::smtp::{Auth, Banner, Ehlo, Masked, Reply, Smtp};
use crate::model::{Message, MessageLog, Peer};

/// Commands without a reply that are remembered; pipelines are short.
const MAX_EXPECTED: usize = 256;

/// What the next reply answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expected {
    Auth,
    Banner,
    Data,
    Hello,
    Other,
    StartTls { verb: &'static str, frame: u64 },
}

/// What the client's next bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ClientState {
    /// Answers to the server's AUTH challenges.
    Auth,
    /// A BDAT chunk of which this much is left.
    Chunk(u64),
    Commands,
    /// DATA was sent; what follows is a message unless the server refuses.
    DataSent,
    /// A message up to the lone dot.
    Message,
}

/// The dialogue of one connection.
#[derive(Debug)]
pub struct Dialogue {
    facts: Smtp,
    seen: bool,
    client: LineBuffer,
    server: LineBuffer,
    state: ClientState,
    expected: VecDeque<Expected>,
    /// Lines of the reply being read: code, text, frame.
    reply: Vec<(u16, String, u64)>,
    /// The capture holds the start of the connection.
    from_start: bool,
    client_seen: bool,
    server_seen: bool,
    /// Where TLS was granted.
    granted: Option<u64>,
    /// First reply after TLS was granted: frame and line.
    text_after_grant: Option<(u64, String)>,
    lines: usize,
    bytes: usize,
    messages: MessageLog,
}

impl Dialogue {
    /// A dialogue; `from_start` when the start of the connection was captured.
    pub fn new(from_start: bool) -> Self {
        let mut expected = VecDeque::new();
        if from_start {
            expected.push_back(Expected::Banner);
        }
        Self {
            facts: Smtp::default(),
            seen: false,
            client: LineBuffer::default(),
            server: LineBuffer::default(),
            state: ClientState::Commands,
            expected,
            reply: Vec::new(),
            from_start,
            client_seen: false,
            server_seen: false,
            granted: None,
            text_after_grant: None,
            lines: 0,
            bytes: 0,
            messages: MessageLog::default(),
        }
    }

    /// Whether the next byte of `from` starts a line outside of messages and so could start TLS.
    pub fn at_line_start(&self, from: Peer) -> bool {
        match from {
            Peer::Client => !self.in_message() && self.client.is_empty(),
            Peer::Server => self.server.is_empty(),
        }
    }

    /// Whether the client is sending a message.
    pub fn in_message(&self) -> bool {
        matches!(
            self.state,
            ClientState::Chunk(_) | ClientState::DataSent | ClientState::Message
        )
    }

    /// Whether TLS was asked for and not refused.
    pub fn awaits_tls(&self) -> bool {
        self.granted.is_some()
            || self
                .expected
                .iter()
                .any(|expected| matches!(expected, Expected::StartTls { .. }))
    }

    /// The client has said QUIT.
    pub fn has_quit(&self) -> bool {
        self.facts.quit.is_some()
    }

    /// First plain text of the server after it had granted TLS.
    pub fn text_after_grant(&self) -> Option<&(u64, String)> {
        self.text_after_grant.as_ref()
    }

    /// Commands and replies as they complete, once switched on.
    pub fn messages(&mut self) -> &mut MessageLog {
        &mut self.messages
    }

    /// The facts; `None` when nothing of SMTP was seen.
    pub fn into_facts(self) -> Option<Smtp> {
        self.seen.then_some(self.facts)
    }

    /// Takes bytes up to and including the next line end; returns how many it took (at least one).
    pub fn push(&mut self, from: Peer, bytes: &[u8], frame: u64, limits: &Limits) -> usize {
        if let (Peer::Client, ClientState::Chunk(left)) = (from, self.state) {
            let taken = usize::try_from(left).map_or(bytes.len(), |left| left.min(bytes.len()));
            let left = left - taken as u64;
            self.state = match left {
                0 => ClientState::Commands,
                _ => ClientState::Chunk(left),
            };
            return taken;
        }
        let buffer = match from {
            Peer::Client => &mut self.client,
            Peer::Server => &mut self.server,
        };
        let (taken, complete) = buffer.push(bytes, limits.smtp_line);
        if complete && let Some(line) = buffer.take() {
            match from {
                Peer::Client => self.client_line(&line, frame, limits),
                Peer::Server => self.server_line(&line, frame, limits),
            }
        }
        taken
    }

    /// Bytes of `from` are missing.
    pub fn gap(&mut self, from: Peer, len: u64) {
        match (from, self.state) {
            (Peer::Client, ClientState::Chunk(left)) if len <= left => {
                self.state = match left - len {
                    0 => ClientState::Commands,
                    left => ClientState::Chunk(left),
                };
                return;
            }
            (Peer::Client, ClientState::Chunk(_)) => self.state = ClientState::Commands,
            _ => {}
        }
        match from {
            Peer::Client => self.client.gap(),
            Peer::Server => {
                self.server.gap();
                self.reply.clear();
            }
        }
        // Commands or replies may be among the missing bytes: order proves nothing any more.
        self.expected.clear();
    }

    fn client_line(&mut self, line: &[u8], frame: u64, limits: &Limits) {
        self.client_seen = true;
        let command = match self.state {
            ClientState::DataSent | ClientState::Message => {
                self.state = ClientState::Message;
                if line == b"." {
                    self.state = ClientState::Commands;
                    self.expect(Expected::Other);
                }
                return;
            }
            // Without the server's side nothing says when the exchange is over.
            ClientState::Auth if self.server_seen => return,
            _ => Command::parse(line),
        };
        if self.state == ClientState::Auth {
            if matches!(command, Command::Unknown | Command::Masked) {
                return;
            }
            self.state = ClientState::Commands;
        }
        self.seen |= !matches!(command, Command::Unknown | Command::Masked);
        if let Some(verb) = command::verb(line) {
            self.messages.note(frame, Message::Named(verb));
        }
        match command {
            Command::Hello { name } => {
                if self.keep(name.len(), limits) {
                    self.facts.ehlo = Some(Ehlo { frame, name });
                }
                self.expect(Expected::Hello);
            }
            Command::StartTls { verb } => {
                if self.granted.is_none() {
                    self.facts.tls_verb = Some(verb.to_owned());
                    self.facts.requested = Some(At { frame });
                    self.facts.reply = None;
                }
                self.expect(Expected::StartTls { verb, frame });
            }
            Command::Auth { mechanism } => {
                if self.keep(mechanism.len(), limits) {
                    let auth = Auth { frame, mechanism };
                    self.facts.cleartext_auth.get_or_insert(auth);
                }
                self.state = ClientState::Auth;
                self.expect(Expected::Auth);
            }
            Command::Mail => {
                self.facts.cleartext_mail.get_or_insert(At { frame });
                self.expect(Expected::Other);
            }
            Command::Data => {
                self.state = ClientState::DataSent;
                self.expect(Expected::Data);
            }
            Command::Bdat { size } => {
                if size > 0 {
                    self.state = ClientState::Chunk(size);
                }
                self.expect(Expected::Other);
            }
            Command::Quit => {
                self.facts.quit = Some(At { frame });
                self.expect(Expected::Other);
            }
            Command::Masked => {
                self.masked(line, frame, limits);
                self.expect(Expected::Other);
            }
            Command::Other => self.expect(Expected::Other),
            // A capture that begins inside a message.
            Command::Unknown if !self.from_start && !self.server_seen => {
                self.state = ClientState::Message;
            }
            Command::Unknown => self.expect(Expected::Other),
        }
    }

    fn server_line(&mut self, line: &[u8], frame: u64, limits: &Limits) {
        let Some(parsed) = ReplyLine::parse(line) else {
            return;
        };
        self.server_seen = true;
        self.seen = true;
        if self.granted.is_some() && self.text_after_grant.is_none() {
            self.text_after_grant = Some((frame, lossy(line)));
        }
        if self.keep(parsed.text.len(), limits) {
            self.reply.push((parsed.code, lossy(parsed.text), frame));
        }
        let is_hello = matches!(self.expected.front(), None | Some(Expected::Hello));
        let keyword = parsed.text.split(|&byte| byte == b' ').next();
        if is_hello && parsed.code == 250 && keyword.is_some_and(is_masked) {
            self.masked(line, frame, limits);
        }
        if !parsed.more {
            self.messages.note(frame, Message::Reply(parsed.code));
            let reply = std::mem::take(&mut self.reply);
            self.answer(&reply, line, limits);
        }
    }

    /// A whole reply has arrived.
    fn answer(&mut self, reply: &[(u16, String, u64)], line: &[u8], limits: &Limits) {
        let Some((code, text, frame)) = reply.last().cloned() else {
            return;
        };
        let expected = self.expected.pop_front().or_else(|| self.infer(reply));
        match expected {
            Some(Expected::Banner) => {
                if reply::is_starred(&text) {
                    self.masked(line, frame, limits);
                }
                let host = reply::host(&text);
                self.facts.banner = Some(Banner { frame, text, host });
            }
            Some(Expected::Hello) if code == 250 => self.capabilities(reply),
            Some(Expected::StartTls {
                verb,
                frame: request,
            }) => {
                if self.granted.is_some() {
                    return;
                }
                // Without the client's side the request is inferred: no fact.
                if request != 0 {
                    self.facts.tls_verb = Some(verb.to_owned());
                    self.facts.requested = Some(At { frame: request });
                }
                self.facts.reply = Some(Reply { frame, code, text });
                self.granted = (code == 220).then_some(frame);
            }
            // 334 asks for the next answer; anything else ends the exchange.
            Some(Expected::Auth) if code == 334 => self.expected.push_front(Expected::Auth),
            Some(Expected::Auth) if self.state == ClientState::Auth => {
                self.state = ClientState::Commands;
            }
            Some(Expected::Data)
                if code != 354
                    && matches!(self.state, ClientState::DataSent | ClientState::Message) =>
            {
                self.state = ClientState::Commands;
            }
            _ => {}
        }
    }

    /// What a reply answers when its command was not captured.
    fn infer(&self, reply: &[(u16, String, u64)]) -> Option<Expected> {
        let (code, text, _) = reply.last()?;
        let begins = self.facts.banner.is_none() && self.facts.capabilities.is_empty();
        // In the middle of a connection 220 may just as well grant TLS; a greeting names a host.
        let named = reply::host(text).is_some_and(|host| host.contains('.'));
        match code {
            220 if begins && (self.from_start || named) => Some(Expected::Banner),
            220 if !self.client_seen => Some(Expected::StartTls {
                verb: TLS_VERBS[0],
                frame: 0,
            }),
            250 if reply.len() > 1 => Some(Expected::Hello),
            _ => None,
        }
    }

    fn capabilities(&mut self, reply: &[(u16, String, u64)]) {
        let lines = reply.get(1..).unwrap_or_default();
        let offer = lines.iter().find(|(_, text, _)| {
            let keyword = text.split_ascii_whitespace().next().unwrap_or_default();
            TLS_VERBS
                .iter()
                .any(|verb| keyword.eq_ignore_ascii_case(verb))
        });
        self.facts.offered = offer.map(|&(_, _, frame)| At { frame });
        self.facts.capabilities = lines.iter().map(|(_, text, _)| text.clone()).collect();
    }

    fn masked(&mut self, line: &[u8], frame: u64, limits: &Limits) {
        self.seen = true;
        if self.keep(line.len(), limits) {
            let text = lossy(line);
            self.facts.masked.push(Masked { frame, text });
        }
    }

    fn expect(&mut self, expected: Expected) {
        if self.expected.len() < MAX_EXPECTED {
            self.expected.push_back(expected);
        }
    }

    /// Whether another line of this size may be kept.
    fn keep(&mut self, size: usize, limits: &Limits) -> bool {
        self.lines += 1;
        self.bytes += size;
        self.lines <= limits.facts && self.bytes <= limits.fact_bytes
    }
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
