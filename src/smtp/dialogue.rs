//! Commands and replies, matched by their order.
//!
//! Replies answer commands in sequence (RFC 2920), so they are matched by a queue and not by time:
//! pipelining and captures that hold packets slightly out of order make no difference. Where one
//! direction is missing, replies are read for what they say by themselves.

use super::command::{self, Command, TLS_VERBS, is_masked};
use super::expected::{Expected, Queue};
use super::line::LineBuffer;
use super::reply::{self, ReplyLine};
use crate::limits::Limits;
use crate::model::At;
use crate::model::smtp::{Auth, Banner, Ehlo, Masked, Reply, Smtp};
use crate::model::{LeftOut, Message, MessageLog, Peer};

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

/// The reply being read.
#[derive(Debug, Default)]
struct Reading {
    /// Text and frame of the lines kept.
    kept: Vec<(String, u64)>,
    /// Bytes in `kept`.
    bytes: usize,
    /// All lines.
    lines: usize,
    /// Frame of the first line after the first that offers TLS, kept or not.
    offer: Option<u64>,
}

impl Reading {
    /// Adds a line; says whether there was room to keep it.
    fn add(&mut self, text: &[u8], frame: u64, limits: &Limits) -> bool {
        let keyword = text.split(u8::is_ascii_whitespace).next();
        if self.lines > 0 && self.offer.is_none() && keyword.is_some_and(command::asks_for_tls) {
            self.offer = Some(frame);
        }
        self.lines += 1;
        let has_room =
            self.kept.len() < limits.facts && self.bytes + text.len() <= limits.fact_bytes;
        if has_room {
            self.bytes += text.len();
            self.kept.push((lossy(text), frame));
        }
        has_room
    }
}

/// A whole reply: its last line, and all that were kept.
struct Answer {
    code: u16,
    text: String,
    frame: u64,
    reading: Reading,
}

/// The dialogue of one connection.
#[derive(Debug)]
pub struct Dialogue {
    facts: Smtp,
    seen: bool,
    client: LineBuffer,
    server: LineBuffer,
    state: ClientState,
    expected: Queue,
    /// DATA commands whose replies may be among missing bytes.
    unanswered_data: usize,
    reply: Reading,
    /// The capture holds the start of the connection.
    from_start: bool,
    client_seen: bool,
    server_seen: bool,
    /// The reply to the last EHLO was seen whole.
    hello_answered: bool,
    /// A message followed its envelope.
    message_seen: bool,
    /// Where TLS was granted.
    granted: Option<u64>,
    /// First reply after TLS was granted: frame and line.
    text_after_grant: Option<(u64, String)>,
    /// Lines that were overwritten, and their bytes, kept or not.
    masked_lines: usize,
    masked_bytes: usize,
    left_out: LeftOut,
    messages: MessageLog,
}

impl Dialogue {
    /// A dialogue; `from_start` when the start of the connection was captured.
    pub fn new(from_start: bool) -> Self {
        let mut expected = Queue::default();
        if from_start {
            expected.push(Expected::Banner);
        }
        Self {
            facts: Smtp::default(),
            seen: false,
            client: LineBuffer::default(),
            server: LineBuffer::default(),
            state: ClientState::Commands,
            expected,
            unanswered_data: 0,
            reply: Reading::default(),
            from_start,
            client_seen: false,
            server_seen: false,
            hello_answered: false,
            message_seen: false,
            granted: None,
            text_after_grant: None,
            masked_lines: 0,
            masked_bytes: 0,
            left_out: LeftOut::default(),
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
        self.facts.quit.is_some()
    }

    /// First plain text of the server after it had granted TLS.
    pub fn text_after_grant(&self) -> Option<&(u64, String)> {
        self.text_after_grant.as_ref()
    }

    /// What did not fit into the bounds.
    pub fn left_out(&self) -> LeftOut {
        self.left_out
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
        // Of messages nothing is kept anyway.
        let matters = from == Peer::Server || !self.in_message();
        let buffer = match from {
            Peer::Client => &mut self.client,
            Peer::Server => &mut self.server,
        };
        let (taken, complete) = buffer.push(bytes, limits.smtp_line);
        let is_cut = complete && matters && buffer.is_cut();
        self.left_out.long_lines += u64::from(is_cut);
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
                self.reply = Reading::default();
            }
        }
        // Commands or replies may be among the missing bytes: order proves nothing any more.
        let waiting = self.expected.iter().filter(|it| *it == Expected::Data);
        self.unanswered_data += waiting.count();
        self.expected.clear();
    }

    fn client_line(&mut self, line: &[u8], frame: u64, limits: &Limits) {
        self.client_seen = true;
        let command = match self.state {
            ClientState::DataSent | ClientState::Message => {
                self.state = ClientState::Message;
                self.message_seen |= self.facts.cleartext_mail.is_some();
                if line == b"." {
                    self.state = ClientState::Commands;
                    self.expected.push(Expected::Other);
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
            Command::Hello { verb, name } => {
                self.facts.ehlo = Some(Ehlo { frame, verb, name });
                self.hello_answered = false;
                self.expected.push(Expected::Hello);
            }
            Command::StartTls { verb } => {
                if self.granted.is_none() {
                    self.facts.tls_verb = Some(verb.to_owned());
                    self.facts.requested = Some(At { frame });
                    self.facts.reply = None;
                }
                self.expected.push(Expected::StartTls { verb, frame });
            }
            Command::Auth { mechanism } => {
                let auth = Auth { frame, mechanism };
                self.facts.cleartext_auth.get_or_insert(auth);
                self.state = ClientState::Auth;
                self.expected.push(Expected::Auth);
            }
            Command::Mail => {
                self.facts.cleartext_mail.get_or_insert(At { frame });
                self.expected.push(Expected::Other);
            }
            Command::Data => {
                self.state = ClientState::DataSent;
                self.expected.push(Expected::Data);
            }
            Command::Bdat { size } => {
                if size > 0 {
                    self.message_seen = true;
                    self.state = ClientState::Chunk(size);
                }
                self.expected.push(Expected::Other);
            }
            Command::Quit => {
                self.facts.quit = Some(At { frame });
                self.expected.push(Expected::Other);
            }
            Command::Masked => {
                // Firewalls overwrite the verb alone: what follows AUTH is still a secret.
                let verb = line.split(u8::is_ascii_whitespace).next();
                self.masked(Peer::Client, verb.unwrap_or_default(), frame, limits);
                self.expected.push(Expected::Other);
            }
            Command::Other => self.expected.push(Expected::Other),
            // A capture that begins inside a message.
            Command::Unknown if !self.from_start && !self.server_seen => {
                self.state = ClientState::Message;
            }
            Command::Unknown => self.expected.push(Expected::Other),
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
        let is_kept = self.reply.add(parsed.text, frame, limits);
        self.left_out.lines += u64::from(!is_kept);
        let is_hello = matches!(self.expected.front(), None | Some(Expected::Hello));
        let keyword = parsed.text.split(|&byte| byte == b' ').next();
        if is_hello && parsed.code == 250 && keyword.is_some_and(is_masked) {
            self.masked(Peer::Server, line, frame, limits);
        }
        if !parsed.more {
            self.messages.note(frame, Message::Reply(parsed.code));
            let answer = Answer {
                code: parsed.code,
                text: lossy(parsed.text),
                frame,
                reading: std::mem::take(&mut self.reply),
            };
            self.answer(answer, line, limits);
        }
    }

    /// A whole reply has arrived.
    fn answer(&mut self, answer: Answer, line: &[u8], limits: &Limits) {
        let expected = self.expected.answer(answer.code);
        let expected = expected.or_else(|| self.infer(&answer));
        let Answer {
            code,
            text,
            frame,
            reading,
        } = answer;
        match expected {
            Some(Expected::Banner) => {
                if reply::is_starred(&text) {
                    self.masked(Peer::Server, line, frame, limits);
                }
                let host = reply::host(&text);
                self.facts.banner = Some(Banner { frame, text, host });
            }
            Some(Expected::Hello) if code == 250 => self.capabilities(reading),
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
            None => self.unasked(code),
            _ => {}
        }
    }

    /// A reply whose command was not captured still says what the client does next.
    fn unasked(&mut self, code: u16) {
        match (code, self.state) {
            (354, _) if self.unanswered_data > 0 => self.unanswered_data -= 1,
            (354, ClientState::Commands) => self.state = ClientState::DataSent,
            (334, ClientState::Commands) => {
                self.state = ClientState::Auth;
                self.expected.push_front(Expected::Auth);
            }
            (334, ClientState::Auth) => {}
            (_, ClientState::Auth) => self.state = ClientState::Commands,
            _ => {}
        }
    }

    /// What a reply answers when its command was not captured.
    fn infer(&self, answer: &Answer) -> Option<Expected> {
        let begins = self.facts.banner.is_none() && self.facts.capabilities.is_empty();
        // In the middle of a connection 220 may just as well grant TLS; a greeting names a host.
        let named = reply::host(&answer.text).is_some_and(|host| host.contains('.'));
        match answer.code {
            220 if begins && (self.from_start || named) => Some(Expected::Banner),
            220 if !self.client_seen => Some(Expected::StartTls {
                verb: TLS_VERBS[0],
                frame: 0,
            }),
            250 if answer.reading.lines > 1 => Some(Expected::Hello),
            _ => None,
        }
    }

    fn capabilities(&mut self, reply: Reading) {
        self.hello_answered = true;
        self.facts.offered = reply.offer.map(|frame| At { frame });
        let lines = reply.kept.into_iter().skip(1);
        self.facts.capabilities = lines.map(|(text, _)| text).collect();
    }

    fn masked(&mut self, from: Peer, line: &[u8], frame: u64, limits: &Limits) {
        self.seen = true;
        self.masked_lines += 1;
        self.masked_bytes += line.len();
        if self.masked_lines <= limits.facts && self.masked_bytes <= limits.fact_bytes {
            let text = lossy(line);
            self.facts.masked.push(Masked { from, frame, text });
        } else {
            self.left_out.lines += 1;
        }
    }
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
mod tests;
