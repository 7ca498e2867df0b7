//! What may be shown of a line in an evidence file: of commands what the report tells of them, too,
//! of replies what repeats nothing secret, of messages nothing.
//!
//! What stands for the rest is chosen so that the line is read as the same kind of line again.

use super::{ClientState, Dialogue};
use crate::model::Peer;
use crate::smtp::auth;
use crate::smtp::command::Command;
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
        let mut shown = hidden(line);
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
                lists || code == 220 || !ahead && !self.may_repeat(code)
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
            && code.is_some_and(|code| !self.may_repeat(code))
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
        _ => line.iter().map(|_| LETTER).collect(),
    }
}

fn command_shown(line: &[u8], command: &Command) -> Vec<u8> {
    let mut shown = hidden(line);
    let verb = end_of_word(line, 0);
    let all = line.len();
    match command {
        Command::Hello { .. } => keep(&mut shown, line, 0, all),
        Command::Mail | Command::Rcpt => {
            let rest = line[verb..].trim_ascii_start();
            let names = |word: &[u8]| {
                let start = rest.get(..word.len());
                start.is_some_and(|start| start.eq_ignore_ascii_case(word))
            };
            let is_path = names(b"FROM:") || names(b"TO:");
            keep(&mut shown, line, 0, if is_path { all } else { verb });
        }
        Command::Auth { payload: false, .. } => keep(&mut shown, line, 0, all),
        Command::Auth { mechanism, .. } => {
            let space = line[verb..]
                .iter()
                .take_while(|it| it.is_ascii_whitespace());
            let start = verb + space.count();
            match mechanism == auth::UNKNOWN {
                // What stands here must not look like a mechanism.
                true => shown[start..].fill(OTHER),
                false => keep(&mut shown, line, start, end_of_word(line, start)),
            }
            keep(&mut shown, line, 0, start);
            // Spaces tell the mechanism from the response.
            let spaces = (start..all).filter(|&at| line[at].is_ascii_whitespace());
            spaces.for_each(|at| shown[at] = line[at]);
        }
        Command::Bdat { .. } => each_word(line, |start, end| {
            let word = &line[start..end];
            let is_size = word.iter().all(u8::is_ascii_digit);
            if start == 0 || is_size || word.eq_ignore_ascii_case(b"LAST") {
                keep(&mut shown, line, start, end);
            }
        }),
        Command::Original { .. } => each_word(line, |start, end| {
            let name = line[start..end].iter().position(|&byte| byte == b'=');
            let end = match name {
                _ if start == 0 => end,
                Some(name) => start + name + 1,
                None => start,
            };
            let is_name = line[start..end]
                .iter()
                .all(|byte| byte.is_ascii_alphabetic() || *byte == b'=');
            if is_name {
                keep(&mut shown, line, start, end);
            }
        }),
        Command::Unknown => {}
        _ => keep(&mut shown, line, 0, verb),
    }
    if matches!(command, Command::Bdat { .. } | Command::Original { .. }) {
        let spaces = (0..all).filter(|&at| line[at].is_ascii_whitespace());
        spaces.for_each(|at| shown[at] = line[at]);
    }
    // What follows the verb does not belong to it.
    if let Some(after) = line.get(verb).filter(|_| *command != Command::Unknown) {
        shown[verb] = *after;
    }
    shown
}

/// A line of which nothing is shown but its length and what kind of characters it has.
fn hidden(line: &[u8]) -> Vec<u8> {
    let hide = |byte: &u8| match byte {
        byte if byte.is_ascii_alphabetic() => LETTER,
        byte if is_text(byte) => OTHER,
        _ => NO_TEXT,
    };
    line.iter().map(hide).collect()
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

/// End of the word that begins at `start`.
fn end_of_word(line: &[u8], start: usize) -> usize {
    let rest = line.get(start..).unwrap_or_default();
    let end = rest.iter().position(u8::is_ascii_whitespace);
    start + end.unwrap_or(rest.len())
}

/// Calls `take` with start and end of each word.
fn each_word(line: &[u8], mut take: impl FnMut(usize, usize)) {
    let mut at = 0;
    while at < line.len() {
        let end = end_of_word(line, at);
        if end > at {
            take(at, end);
        }
        at = end + 1;
    }
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
                "auth Plain xxxxxxxxxxxxxxxxxx##",
            ),
            ("AUTH  PLAIN =", "AUTH  PLAIN ="),
            ("AUTH AGFsaWNlAHNlY3JldA==", "AUTH ####################"),
            ("AUTH Secret word", "AUTH ###### ####"),
            ("BDAT 86 LAST", "BDAT 86 LAST"),
            ("BDAT 86 secret", "BDAT 86 xxxxxx"),
            ("BDAT", "BDAT"),
            (
                "XCLIENT ADDR=192.0.2.1 login=alice secret =x",
                "XCLIENT ADDR=######### login=xxxxx xxxxxx #x",
            ),
            ("NOOP secret", "NOOP xxxxxx"),
            ("STARTTLS ", "STARTTLS "),
            ("XXXXXXXA secret", "XXXXXXXA xxxxxx"),
            ("c2VjcmV0", "x#xxxxx#"),
            (" STARTTLS", "#xxxxxxxx"),
            ("\x01a", "\x7fx"),
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
