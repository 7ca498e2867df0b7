//! The client's half of the dialogue.

use super::{ClientState, Dialogue};
use crate::limits::Limits;
use crate::model::smtp::{Attributes, Auth, Ehlo, PlainText, Protocol};
use crate::model::{At, Message, Peer};
use crate::smtp::command::{self, Command};
use crate::smtp::early::Pending;
use crate::smtp::expected::Expected;
use crate::smtp::facts::told;

impl Dialogue {
    pub(super) fn client_line(&mut self, line: &[u8], frame: u64, limits: &Limits) {
        self.client_seen = true;
        let command = match self.state {
            ClientState::DataSent | ClientState::Message => {
                self.state = ClientState::Message;
                self.message_seen |= self.facts.mail_seen();
                if line == b"." {
                    self.state = ClientState::Commands;
                    self.facts.message(frame, frame);
                    self.expect(Expected::Message { command: frame });
                }
                return;
            }
            // Without the server's side nothing says when the exchange is over.
            ClientState::Auth if self.server_seen => {
                self.response(line, frame);
                return;
            }
            _ => Command::parse(line),
        };
        if self.state == ClientState::Auth {
            if matches!(command, Command::Unknown | Command::Masked) {
                self.response(line, frame);
                return;
            }
            self.state = ClientState::Commands;
        }
        self.seen |= !matches!(command, Command::Unknown | Command::Masked);
        let verb = command::verb(line);
        if let Some(verb) = verb {
            self.messages.note(frame, Message::Named(verb));
        }
        if let Some(pending) = &mut self.pending {
            pending.line(told(verb));
        }
        if self.facts.granted.is_some() {
            self.facts.plain_text(PlainText {
                frame,
                from: Peer::Client,
                verb: told(verb),
                text: None,
                before_hello: !self.hellos[Peer::Client.index()],
            });
        }
        self.command(command, line, frame, limits);
    }

    /// An answer to a challenge, or the asterisk that gives up (RFC 4954 section 4).
    fn response(&mut self, line: &[u8], frame: u64) {
        self.discreet = true;
        if !matches!(line.trim_ascii(), b"" | b"*" | b"=") {
            self.facts.auth_response(frame);
        }
    }

    fn command(&mut self, command: Command, line: &[u8], frame: u64, limits: &Limits) {
        match command {
            Command::Hello { verb, name } => {
                self.facts.smtp.protocol = Some(match verb {
                    "LHLO" => Protocol::Lmtp,
                    _ => Protocol::Smtp,
                });
                self.facts.section().ehlo = Some(Ehlo { frame, verb, name });
                self.hello_answered = false;
                self.hello_after_grant |= self.facts.granted.is_some();
                self.expect(Expected::Hello);
            }
            Command::StartTls { verb } => {
                if self.facts.granted.is_none() {
                    let smtp = &mut self.facts.smtp;
                    smtp.tls_verb = Some(verb.to_owned());
                    smtp.requested = Some(At { frame });
                    smtp.reply = None;
                    self.pending.get_or_insert_with(|| Pending::new(frame));
                }
                self.expect(Expected::StartTls { verb, frame });
            }
            Command::Auth {
                verb,
                mechanism,
                payload,
            } => {
                self.discreet |= payload;
                self.facts.auth(Auth {
                    frame,
                    verb,
                    mechanism,
                    exposed: None,
                    reply: None,
                });
                if payload {
                    self.facts.auth_response(frame);
                }
                self.state = ClientState::Auth;
                self.expect(Expected::Auth { frame });
            }
            Command::Mail => {
                self.facts.mail(frame);
                self.expect(Expected::Mail);
            }
            Command::Rcpt => self.expect(Expected::Rcpt),
            Command::Data => {
                self.state = ClientState::DataSent;
                self.expect(Expected::Data);
            }
            Command::Bdat { size, last } => {
                self.message_seen |= size > 0;
                self.expect(match last {
                    true => Expected::Message { command: frame },
                    false => Expected::Other,
                });
                self.chunk(size, last.then_some(frame), frame);
            }
            Command::Quit => {
                self.facts.smtp.quit = Some(At { frame });
                self.expect(Expected::Other);
            }
            Command::Original { verb, attributes } => self.original(verb, attributes, frame),
            Command::Masked => {
                // Firewalls overwrite the verb alone: what follows AUTH is still a secret.
                self.discreet = true;
                self.seen = true;
                let verb = line.split(u8::is_ascii_whitespace).next();
                let verb = verb.unwrap_or_default();
                self.facts.masked(Peer::Client, verb, frame, limits);
                self.expect(Expected::Other);
            }
            Command::Other => self.expect(Expected::Other),
            // A capture that begins inside a message.
            Command::Unknown if !self.from_start && !self.server_seen => {
                self.discreet = true;
                self.state = ClientState::Message;
            }
            Command::Unknown => {
                self.discreet = true;
                self.expect(Expected::Other);
            }
        }
    }

    fn original(&mut self, verb: &'static str, attributes: Vec<String>, frame: u64) {
        let stated = Attributes { frame, attributes };
        let smtp = &mut self.facts.smtp;
        match verb {
            "XCLIENT" => {
                smtp.xclient.get_or_insert(stated);
                // The session begins anew, with another greeting.
                self.expect(Expected::Xclient);
            }
            _ => {
                smtp.xforward.get_or_insert(stated);
                self.expect(Expected::Other);
            }
        }
    }
}
