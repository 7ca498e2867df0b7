//! The server's half of the dialogue.

use super::{ClientState, Dialogue};
use crate::limits::Limits;
use crate::model::smtp::{Banner, Code, PlainText, Protocol, Rejected, Reply, Stage};
use crate::model::{At, Message, Peer};
use crate::smtp::command::{self, TLS_VERBS, is_masked};
use crate::smtp::early::Pending;
use crate::smtp::expected::Expected;
use crate::smtp::facts::{demands_tls, lossy, status_only};
use crate::smtp::reply::{self, ReplyLine};

/// Replies that may be captured before their commands; more are not out of order, but lack their
/// commands.
const MAX_AHEAD: usize = 8;

/// The service closes the connection (RFC 5321 section 4.2.3), whatever it was asked.
const CLOSING: u16 = 421;

/// The reply being read.
#[derive(Debug, Default)]
pub(super) struct Reading {
    /// Text and frame of the lines kept.
    kept: Vec<(String, u64)>,
    /// Bytes in `kept`.
    bytes: usize,
    /// All lines.
    lines: usize,
    /// Frame of the first line.
    first: u64,
    /// Frame of the first line after the first that offers TLS, kept or not.
    offer: Option<u64>,
}

impl Reading {
    /// No line was read yet.
    pub fn is_empty(&self) -> bool {
        self.lines == 0
    }

    /// Whether the first line can name the server.
    fn greets(&self) -> bool {
        self.first_line().is_some_and(reply::greets)
    }

    /// The first line, if it was kept.
    pub fn first_line(&self) -> Option<&[u8]> {
        self.kept.first().map(|(text, _)| text.as_bytes())
    }

    /// Adds a line; `false` when there was no room for it.
    fn add(&mut self, text: &[u8], frame: u64, limits: &Limits) -> bool {
        let keyword = text.split(u8::is_ascii_whitespace).next();
        if self.lines > 0 && self.offer.is_none() && keyword.is_some_and(command::asks_for_tls) {
            self.offer = Some(frame);
        }
        if self.lines == 0 {
            self.first = frame;
        }
        self.lines += 1;
        let room = self.kept.len() < limits.facts && self.bytes + text.len() <= limits.fact_bytes;
        if room {
            self.bytes += text.len();
            self.kept.push((lossy(text), frame));
        }
        room
    }
}

/// A whole reply: its last line, and all that were kept.
#[derive(Debug)]
pub(super) struct Answer {
    pub code: u16,
    text: String,
    frame: u64,
    reading: Reading,
}

impl Answer {
    fn code(&self) -> Code {
        let (frame, code) = (self.frame, self.code);
        Code { frame, code }
    }
}

impl Dialogue {
    pub(super) fn server_line(&mut self, line: &[u8], frame: u64, limits: &Limits) {
        let Some(parsed) = ReplyLine::parse(line) else {
            self.no_reply(line, frame);
            return;
        };
        self.server_seen = true;
        self.seen = true;
        if self.reply.is_empty() {
            self.plain_reply(line, parsed, frame);
        }
        if !self.reply.add(parsed.text, frame, limits) {
            self.facts.dropped += 1;
        }
        let is_hello = matches!(self.expected.front(), None | Some(Expected::Hello));
        let keyword = parsed.text.split(|&byte| byte == b' ').next();
        if is_hello && parsed.code == 250 && keyword.is_some_and(is_masked) {
            self.facts.masked(Peer::Server, line, frame, limits);
        }
        if parsed.more {
            return;
        }
        let text = lossy(parsed.text);
        if parsed.code == 220 && self.facts.granted.is_none() && reply::is_starred(&text) {
            self.facts.masked(Peer::Server, line, frame, limits);
        }
        self.messages.note(frame, Message::Reply(parsed.code));
        let reading = std::mem::take(&mut self.reply);
        self.answer(Answer {
            code: parsed.code,
            text,
            frame,
            reading,
        });
    }

    /// A line that is no reply. It tells something only where TLS is expected.
    fn no_reply(&mut self, line: &[u8], frame: u64) {
        let is_text = line.iter().all(|byte| matches!(byte, b'\t' | b' '..=b'~'));
        if self.facts.granted.is_some() && is_text && !line.is_empty() && !self.may_repeat(500) {
            self.plain_text(frame, lossy(line));
        }
    }

    /// A reply begins that may stand where TLS is expected.
    fn plain_reply(&mut self, line: &[u8], parsed: ReplyLine<'_>, frame: u64) {
        let is_banner = self.expected.front() == Some(Expected::Banner);
        let begun = self.hellos[Peer::Client.index()] && self.facts.smtp.requested.is_none();
        if self.facts.granted.is_none() && (!begun || is_banner) {
            return;
        }
        let text = match self.may_repeat(parsed.code) || self.is_unasked(parsed.code) {
            true => format!("{} {}", parsed.code, status_only(&lossy(parsed.text))),
            false => lossy(line),
        };
        self.plain_text(frame, text.trim_end().to_owned());
    }

    fn plain_text(&mut self, frame: u64, text: String) {
        self.facts.plain_text(PlainText {
            frame,
            from: Peer::Server,
            verb: None,
            text: Some(text),
            before_hello: !self.hellos[Peer::Server.index()],
        });
    }

    /// Whether a reply with this code may repeat what the client has sent, which may be a secret: it
    /// belongs to an authentication, or the client has said something that is no command, or what
    /// the client says is not in the capture.
    pub(super) fn may_repeat(&self, code: u16) -> bool {
        let is_auth = matches!(code, 235 | 334 | 535);
        // What follows the grant at once answers nothing but TLS, unless it complains of syntax.
        let smtp = &self.facts.smtp;
        let after_grant = self.facts.granted.is_some() && smtp.plaintext_after_grant.is_empty();
        let client_seen = self.client_seen || self.hellos[Peer::Client.index()];
        let unseen = !client_seen && (!after_grant || code >= 500);
        is_auth || unseen || self.discreet
    }

    /// Whether a complaint answers nothing that was captured, in a capture that begins late: what
    /// the client said before may be a secret, and the complaint repeat it.
    pub(super) fn is_unasked(&self, code: u16) -> bool {
        !self.from_start && code >= 500 && self.expected.front().is_none()
    }

    /// A whole reply has arrived.
    fn answer(&mut self, answer: Answer) {
        // From here on the client's lines may be answers to challenges.
        self.discreet |= answer.code == 334;
        let ahead = self.reads_ahead[Peer::Server.index()] && self.client_seen;
        if !self.ahead.is_empty() || ahead && self.expected.front().is_none() {
            self.ahead.push_back(answer);
            if self.ahead.len() > MAX_AHEAD {
                self.answer_ahead();
            }
            return;
        }
        let expected = self.expected.answer(answer.code);
        self.answered(expected, answer);
    }

    /// The commands that these replies answer will not come.
    pub(super) fn answer_ahead(&mut self) {
        while let Some(answer) = self.ahead.pop_front() {
            let expected = self.expected.answer(answer.code);
            self.answered(expected, answer);
        }
    }

    /// What a reply means as the answer to this.
    pub(super) fn answered(&mut self, expected: Option<Expected>, answer: Answer) {
        let expected = expected.or_else(|| self.infer(&answer));
        self.complains(expected, &answer);
        let (code, reply) = (answer.code, answer.code());
        match expected {
            Some(Expected::Banner) => self.banner(answer, true),
            Some(Expected::Hello) if code == 250 => self.capabilities(answer),
            Some(Expected::StartTls {
                verb,
                frame: request,
            }) => self.starttls(verb, request, answer),
            // 334 asks for the next answer; anything else ends the exchange.
            Some(Expected::Auth { frame }) if code == 334 => {
                self.expected.push_front(Expected::Auth { frame });
            }
            Some(Expected::Auth { frame }) => {
                self.facts.auth_reply(frame, reply);
                if self.state == ClientState::Auth {
                    self.state = ClientState::Commands;
                }
            }
            Some(Expected::Data)
                if code != 354
                    && matches!(self.state, ClientState::DataSent | ClientState::Message) =>
            {
                self.state = ClientState::Commands;
            }
            Some(Expected::Mail) => self.recipients = 0,
            Some(Expected::Rcpt) => self.recipients += u64::from(code < 300),
            Some(Expected::Message { command }) => self.message_reply(command, reply),
            None => self.unasked(code),
            _ => {}
        }
    }

    fn banner(&mut self, answer: Answer, complete: bool) {
        if answer.code != 220 {
            return;
        }
        let reading = answer.reading;
        let first = reading.kept.first().and_then(|(text, _)| reply::host(text));
        self.facts.banner(Banner {
            frame: answer.frame,
            first_frame: reading.first,
            host: reply::host(&answer.text).or(first),
            text: answer.text,
            lines: reading.kept.into_iter().map(|(text, _)| text).collect(),
            complete,
            first_seconds: None,
            seconds: None,
        });
    }

    /// A greeting whose last line never came.
    pub(super) fn unfinished_banner(&mut self) {
        if self.expected.front() != Some(Expected::Banner) {
            return;
        }
        let reading = std::mem::take(&mut self.reply);
        let Some((text, frame)) = reading.kept.last().cloned() else {
            return;
        };
        let answer = Answer {
            code: 220,
            text,
            frame,
            reading,
        };
        self.banner(answer, false);
    }

    fn starttls(&mut self, verb: &'static str, request: u64, answer: Answer) {
        if self.facts.granted.is_some() {
            return;
        }
        let early = self.pending.take().and_then(Pending::replied);
        let smtp = &mut self.facts.smtp;
        if let Some(early) = early {
            smtp.after_starttls.get_or_insert(early);
        }
        // Without the client's side the request is inferred: no fact.
        if request != 0 {
            smtp.tls_verb = Some(verb.to_owned());
            smtp.requested = Some(At { frame: request });
        }
        let Answer {
            code, text, frame, ..
        } = answer;
        smtp.reply = Some(Reply { frame, code, text });
        match code {
            220 => self.facts.granted = Some(frame),
            _ => self.facts.refused(),
        }
    }

    fn message_reply(&mut self, command: u64, reply: Code) {
        self.facts.message_reply(command, reply);
        // One reply for each recipient (RFC 2033 section 4.2).
        self.recipients = self.recipients.saturating_sub(1);
        let is_lmtp = self.facts.smtp.protocol == Some(Protocol::Lmtp);
        if is_lmtp && self.recipients > 0 {
            self.expected.push_front(Expected::Message { command });
        }
    }

    fn capabilities(&mut self, answer: Answer) {
        self.hello_answered = true;
        let rejected = &mut self.facts.smtp.rejected;
        // EHLO was refused and HELO was not.
        if rejected.as_ref().is_some_and(|it| it.code != CLOSING) {
            *rejected = None;
        }
        if self.facts.granted.is_none() {
            self.facts.smtp.offered = answer.reading.offer.map(|frame| At { frame });
        } else if self.hello_after_grant && !self.facts.tls_seen {
            let frame = answer.frame;
            self.facts.smtp.decrypted.get_or_insert(At { frame });
        }
        let lines = answer.reading.kept.into_iter().skip(1);
        self.facts.capabilities(lines.collect());
    }

    /// What a reply says against going on: TLS first, or not at all.
    fn complains(&mut self, expected: Option<Expected>, answer: &Answer) {
        let (code, frame) = (answer.code, answer.frame);
        if code < 400 || self.facts.granted.is_some() {
            return;
        }
        let about_tls = matches!(expected, Some(Expected::StartTls { .. }));
        let in_place_of_banner = expected == Some(Expected::Banner);
        let to_hello = expected == Some(Expected::Hello);
        // In a capture that begins late it may answer, and repeat, what was not captured.
        let repeats = self.may_repeat(code) || !self.from_start && !to_hello;
        let shown = |text: &str| match repeats {
            true => status_only(text),
            false => text.to_owned(),
        };
        if !about_tls && !in_place_of_banner && demands_tls(code, &answer.text) {
            let text = shown(&answer.text);
            let smtp = &mut self.facts.smtp;
            smtp.tls_required.get_or_insert(Reply { frame, code, text });
            return;
        }
        if in_place_of_banner || to_hello || code == CLOSING && !about_tls {
            // A greeting repeats nothing, unless the client did not wait for it.
            let text = match in_place_of_banner && !self.discreet {
                true => answer.text.clone(),
                false => shown(&answer.text),
            };
            let phase = if in_place_of_banner {
                Some(Stage::Banner)
            } else if to_hello || !self.hello_answered && self.from_start {
                Some(Stage::Ehlo)
            } else {
                self.hello_answered.then_some(Stage::Mail)
            };
            let smtp = &mut self.facts.smtp;
            smtp.rejected.get_or_insert(Rejected {
                frame,
                code,
                text,
                phase,
            });
        }
    }

    /// A reply whose command was not captured still says what the client does next.
    fn unasked(&mut self, code: u16) {
        match (code, self.state) {
            (354, _) if self.unanswered_data > 0 => self.unanswered_data -= 1,
            (354, ClientState::Commands) => self.state = ClientState::DataSent,
            (334, ClientState::Commands) => {
                self.state = ClientState::Auth;
                self.expected.push_front(Expected::Auth { frame: 0 });
            }
            (334, ClientState::Auth) => {}
            (_, ClientState::Auth) => self.state = ClientState::Commands,
            _ => {}
        }
    }

    /// What a reply answers when its command was not captured.
    fn infer(&self, answer: &Answer) -> Option<Expected> {
        let begins =
            self.facts.smtp.banner.is_none() && self.facts.current().capabilities.is_empty();
        // In the middle of a connection 220 may just as well grant TLS; a greeting names a host.
        let named = reply::host(&answer.text).is_some_and(|host| host.contains('.'));
        let granted = self.facts.granted.is_some();
        let banner = self.facts.smtp.banner.as_ref();
        // After XCLIENT a server greets again.
        let again = named && banner.is_some_and(|banner| banner.host == reply::host(&answer.text));
        match answer.code {
            220 if again && !self.client_seen => Some(Expected::Other),
            220 if begins && !granted && (self.from_start || named) => Some(Expected::Banner),
            220 if !self.client_seen => Some(Expected::StartTls {
                verb: TLS_VERBS[0],
                frame: 0,
            }),
            // The first line names the server (RFC 5321 section 4.1.1.1); replies to BDAT have
            // several lines, too.
            250 if answer.reading.lines > 1 && answer.reading.greets() => Some(Expected::Hello),
            _ => None,
        }
    }
}
