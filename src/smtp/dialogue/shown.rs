//! What may be shown of a line in an evidence file: of commands what the report tells of them, too,
//! of replies what repeats nothing secret, of messages nothing.
//!
//! What stands for the rest is chosen so that the line is read as the same kind of line again.

use std::ops::Range;

use super::{ClientState, Dialogue};
use crate::model::Peer;
use crate::smtp::auth;
use crate::smtp::command::{self, Command};
use crate::smtp::expected::Expected;
use crate::smtp::facts::{demands_tls, lossy, status_only};
use crate::smtp::reply::{self, ReplyLine};

/// What may be shown of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shown {
    /// A line of a message: nothing; `first` of those that follow DATA.
    Body {
        /// It is the first line of the message.
        first: bool,
    },
    /// A reply that was captured before its command: what may be shown of it now, and the whole
    /// line, for when no later line of the client has a secret that it may repeat.
    Early(Vec<u8>, Vec<u8>),
    /// Its beginning is missing: nothing but its end.
    End,
    /// The line without its end, and whether it is as it was.
    Line(Vec<u8>, bool),
}

/// Stands for a letter.
const LETTER: u8 = b'x';
/// Stands for any other character: no command, no mechanism and no reply holds it.
const OTHER: u8 = b'#';
/// Stands for a byte that is no text, so that the line is none either.
const NO_TEXT: u8 = 0x7F;

/// What makes a reply a demand for TLS, in [`demands_tls`].
const DEMANDING: [&[u8]; 7] = [
    b"ENCRYPT", b"FIRST", b"MUST", b"NEED", b"REQUIR", b"SSL", b"TLS",
];

impl Dialogue {
    /// What may be shown of a line that is about to be read; `None` when its beginning is missing.
    pub(super) fn to_show(&self, from: Peer, line: Option<&[u8]>) -> Shown {
        if from == Peer::Client && self.in_message() && line != Some(b".") {
            let first = self.state == ClientState::DataSent;
            return Shown::Body { first };
        }
        let Some(line) = line else {
            return Shown::End;
        };
        let shown = match from {
            Peer::Client => self.client_shown(line),
            Peer::Server => self.server_shown(line),
        };
        if from == Peer::Server && shown != line && self.is_early(line) {
            return Shown::Early(shown, line.to_vec());
        }
        let is_whole = shown == line;
        Shown::Line(shown, is_whole)
    }

    fn client_shown(&self, line: &[u8]) -> Vec<u8> {
        if self.in_message() {
            return line.to_vec();
        }
        let command = Command::parse(line);
        let responds = self.state == ClientState::Auth
            && (self.server_seen || matches!(command, Command::Unknown | Command::Masked));
        match responds {
            true => response(line),
            false => command_shown(line, &command),
        }
    }

    fn server_shown(&self, line: &[u8]) -> Vec<u8> {
        let Some(parsed) = ReplyLine::parse(line) else {
            let is_text = line.iter().all(is_text);
            let told = self.facts.granted.is_some() && is_text && !self.may_repeat(500);
            return match told {
                true => line.to_vec(),
                false => hidden(line),
            };
        };
        if self.is_told(parsed) {
            return line.to_vec();
        }
        let mut shown = vec![LETTER; line.len()];
        let text = line.len() - parsed.text.len();
        let status = status_only(&lossy(parsed.text));
        let space = parsed.text.iter().take_while(|it| it.is_ascii_whitespace());
        // With the space that ends the status.
        let status = match status.len() {
            0 => 0,
            len => space.count() + len + 1,
        };
        keep(&mut shown, line, 0, text + status);
        if demands_tls(parsed.code, &lossy(parsed.text)) {
            keep_demand(&mut shown, line);
        }
        shown
    }

    /// Whether the report tells the text of a reply as it is: it cannot repeat a secret.
    fn is_told(&self, line: ReplyLine<'_>) -> bool {
        let code = line.code;
        match self.expected.front() {
            Some(Expected::Banner) => code == 220 || !self.discreet,
            Some(Expected::Hello) if code == 250 => true,
            Some(Expected::StartTls { .. }) => true,
            // Its command was not captured, or not yet.
            None => {
                let ahead = self.is_ahead() && self.client_seen;
                let several = line.more || !self.reply.is_empty();
                let lists = code == 250 && several && reply::greets(self.first_line(line.text));
                let repeats = self.may_repeat(code) || self.is_unasked(code);
                lists || code == 220 || !ahead && !repeats
            }
            _ => !self.may_repeat(code),
        }
    }

    /// Whether this is a line of a reply whose command was not captured yet, which is not known to
    /// repeat a secret.
    fn is_early(&self, line: &[u8]) -> bool {
        let code = ReplyLine::parse(line).map(|parsed| parsed.code);
        self.expected.front().is_none()
            && self.is_ahead()
            && code.is_some_and(|code| !self.may_repeat(code) && !self.is_unasked(code))
    }

    fn is_ahead(&self) -> bool {
        self.reads_ahead[Peer::Server.index()] || !self.ahead.is_empty()
    }

    /// The first line of the reply that this line belongs to.
    fn first_line<'a>(&'a self, line: &'a [u8]) -> &'a [u8] {
        match self.reply.is_empty() {
            true => line,
            false => self.reply.first_line().unwrap_or_default(),
        }
    }
}

/// An answer to a challenge. An empty one, and the asterisk that gives up, are none.
fn response(line: &[u8]) -> Vec<u8> {
    match line.trim_ascii() {
        b"" | b"*" | b"=" => line.to_vec(),
        _ => vec![LETTER; line.len()],
    }
}

/// The verb, spaces, and of the arguments what the report tells, too.
fn command_shown(line: &[u8], command: &Command) -> Vec<u8> {
    if *command == Command::Unknown {
        return hidden(line);
    }
    let filler = match command {
        // What stands for a mechanism that is none must not look like one.
        Command::Auth { mechanism, .. } if mechanism == auth::UNKNOWN => OTHER,
        _ => LETTER,
    };
    let hide = |&byte: &u8| {
        if byte.is_ascii_whitespace() {
            byte
        } else {
            filler
        }
    };
    let mut shown: Vec<u8> = line.iter().map(hide).collect();
    for (number, word) in words(line).enumerate() {
        let text = &line[word.clone()];
        let told = match (number, command) {
            (0, _) | (_, Command::Hello { .. }) => text.len(),
            (_, Command::Mail | Command::Rcpt) if names_path(line) => text.len(),
            (_, Command::Auth { payload: false, .. }) => text.len(),
            (1, Command::Auth { mechanism, .. }) if mechanism != auth::UNKNOWN => text.len(),
            (1, Command::Bdat { .. }) if text.iter().all(u8::is_ascii_digit) => text.len(),
            (_, Command::Bdat { .. }) if text.eq_ignore_ascii_case(b"LAST") => text.len(),
            (_, Command::Original { .. }) => {
                command::attribute(text).map_or(0, |name| name.len() + 1)
            }
            _ => 0,
        };
        shown[word.start..word.start + told].copy_from_slice(&text[..told]);
    }
    shown
}

/// Whether an address follows MAIL or RCPT.
fn names_path(line: &[u8]) -> bool {
    let path = words(line).nth(1).map(|word| &line[word]);
    let begins = |name: &[u8]| {
        let start = path.and_then(|path| path.get(..name.len()));
        start.is_some_and(|start| start.eq_ignore_ascii_case(name))
    };
    begins(b"FROM:") || begins(b"TO:")
}

/// A line of which nothing is shown but its length, and what it takes to be read as no command and
/// no reply again: whether it could be text after TLS, and whether it is text at all.
fn hidden(line: &[u8]) -> Vec<u8> {
    let begins_in_letters = line.iter().take(4).all(u8::is_ascii_alphabetic);
    let hide = match begins_in_letters {
        _ if !line.iter().all(is_text) => NO_TEXT,
        true => LETTER,
        false => OTHER,
    };
    vec![hide; line.len()]
}

fn is_text(byte: &u8) -> bool {
    matches!(byte, b'\t' | b' '..=b'~')
}

fn keep(shown: &mut [u8], line: &[u8], start: usize, end: usize) {
    let end = end.min(line.len());
    if start < end {
        shown[start..end].copy_from_slice(&line[start..end]);
    }
}

/// Keeps the words by which a reply demands TLS.
fn keep_demand(shown: &mut [u8], line: &[u8]) {
    for word in DEMANDING {
        for (at, window) in line.windows(word.len()).enumerate() {
            if window.eq_ignore_ascii_case(word) {
                keep(shown, line, at, at + word.len());
            }
        }
    }
}

/// Where the words of a line stand.
fn words(line: &[u8]) -> impl Iterator<Item = Range<usize>> {
    let mut at = 0;
    let places = line.split(u8::is_ascii_whitespace).map(move |word| {
        let start = at;
        at += word.len() + 1;
        start..start + word.len()
    });
    places.filter(|place| !place.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(line: &str) -> String {
        let line = line.as_bytes();
        let command = Command::parse(line);
        let shown = command_shown(line, &command);
        assert_eq!(shown.len(), line.len());
        let again = Command::parse(&shown);
        assert_eq!(again, command, "{}", lossy(&shown));
        lossy(&shown)
    }

    #[test]
    fn commands_stay_what_they_are() {
        for (line, expected) in [
            ("EHLO hub.example.net", "EHLO hub.example.net"),
            ("MAIL FROM:<a@b> SIZE=9", "MAIL FROM:<a@b> SIZE=9"),
            ("MAIL secret", "MAIL xxxxxx"),
            ("AUTH LOGIN", "AUTH LOGIN"),
            (
                "auth Plain AGFsaWNlAHNlY3JldA==",
                "auth Plain xxxxxxxxxxxxxxxxxxxx",
            ),
            ("AUTH  PLAIN =", "AUTH  PLAIN ="),
            ("AUTH AGFsaWNlAHNlY3JldA==", "AUTH ####################"),
            ("AUTH Secret word", "AUTH ###### ####"),
            ("BDAT 86 LAST", "BDAT 86 LAST"),
            ("BDAT 86 secret", "BDAT 86 xxxxxx"),
            ("BDAT", "BDAT"),
            (
                "XCLIENT ADDR=192.0.2.1 login=alice secret =x",
                "XCLIENT ADDR=xxxxxxxxx login=xxxxx xxxxxx xx",
            ),
            ("NOOP secret", "NOOP xxxxxx"),
            ("STARTTLS ", "STARTTLS "),
            ("XXXXXXXA secret", "XXXXXXXA xxxxxx"),
            ("c2VjcmV0", "########"),
            (" STARTTLS", "#########"),
            ("secret word", "xxxxxxxxxxx"),
            ("\x01a", "\x7f\x7f"),
            ("", ""),
        ] {
            assert_eq!(shown(line), expected);
        }
    }

    #[test]
    fn responses_are_hidden() {
        assert_eq!(response(b"YWxpY2U="), b"xxxxxxxx");
        assert_eq!(response(b"*"), b"*");
        assert_eq!(response(b""), b"");
    }
}
