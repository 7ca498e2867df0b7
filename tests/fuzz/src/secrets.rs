//! Sessions in clear with secrets in them, between lines of any kind: no report tells a secret.
//!
//! Lines from the input cannot hold the secret themselves, so whatever shows of it was sent as a
//! password, in a message, or by a server that repeats what it was sent.

use starttap::model::Peer::{self, Client, Server};

use super::packets::{DATA, FIN, Packets};
use super::{evidence, reports};

/// As long as passwords are in base64, and any eight characters of it hold [`PART`].
const SECRET: &str = "Zq9xZq9xZq9xZq9xZq9xZq9x";

/// What must not show, in lower case.
const PART: &str = "zq9xz";

/// Codes with which servers complain of a line and repeat it.
const COMPLAINTS: [&str; 10] = [
    "235", "334", "500", "501", "502", "503", "504", "535", "550", "554",
];

/// The first byte says what the capture holds, each other one what comes next.
pub fn secrets(bytes: &[u8]) {
    let Some((&first, rest)) = bytes.split_first() else {
        return;
    };
    let mut talk = Talk {
        packets: Packets::new(if first & 8 == 0 { 25 } else { 587 }),
        seen: [first & 2 == 0, first & 6 != 4],
        part: usize::MAX,
        lost: false,
        sent: false,
        in_doubt: false,
    };
    if first & 1 == 0 {
        talk.packets.open();
        // Before it nobody knows a greeting from a complaint.
        talk.line(Server, "220 mx.example.org ESMTP");
    }
    let mut rest = rest;
    while let Some((&step, tail)) = rest.split_first() {
        rest = talk.step(step, tail);
    }
    if first & 16 == 0 {
        talk.packets.send(Client, DATA | FIN, b"");
    }
    let (mut sessions, capture) = talk.packets.finish();
    let shown = evidence::text(&evidence::cut(&capture, true));
    let told = reports::some(&mut sessions, bytes) + &format!("{sessions:?}") + &shown;
    let told = told.to_lowercase();
    if let Some(at) = told.find(PART) {
        let before = told[..at].chars().rev().take(200);
        let before: String = before.collect::<Vec<_>>().into_iter().rev().collect();
        panic!("a secret is told after {before:?}");
    }
}

struct Talk {
    packets: Packets,
    /// Which peers the capture shows.
    seen: [bool; 2],
    /// Bytes of a segment.
    part: usize,
    /// The next line is not in the capture.
    lost: bool,
    /// The client has sent the secret, and not as a message: servers do not quote messages.
    sent: bool,
    /// A line of the input may have begun a message.
    in_doubt: bool,
}

impl Talk {
    /// Takes a step; gives the bytes it did not need.
    fn step<'a>(&mut self, step: u8, rest: &'a [u8]) -> &'a [u8] {
        self.lost = step & 0x80 != 0;
        self.part = match step >> 4 & 7 {
            0 => usize::MAX,
            bits => usize::from(bits) * 3,
        };
        self.sent |= matches!(step & 15, 7..=11);
        match step & 15 {
            0..=3 => return self.any(Client, rest),
            4..=6 => return self.any(Server, rest),
            7 => self.secret("AUTH PLAIN "),
            8 => {
                self.line(Client, "AUTH LOGIN");
                self.line(Server, "334 VXNlcm5hbWU6");
                self.secret("");
                self.line(Server, "334 UGFzc3dvcmQ6");
                self.secret("");
            }
            9 => self.secret("AUTH "),
            10 => {
                self.line(Client, "X-EXPS NTLM");
                self.line(Server, "334 NTLM supported");
                self.secret("");
            }
            11 => self.secret(""),
            12 if self.sent && !self.in_doubt => return self.echo(rest),
            12 => self.line(Server, "250 ok"),
            13 => self.message(),
            14 => self.line(Server, "235 2.7.0 accepted"),
            _ => {
                self.line(Client, "STARTTLS");
                self.line(Server, "220 go ahead");
            }
        }
        rest
    }

    /// A line out of the input: its length, then its text.
    fn any<'a>(&mut self, from: Peer, rest: &'a [u8]) -> &'a [u8] {
        let Some((&len, rest)) = rest.split_first() else {
            return rest;
        };
        let (text, rest) = rest.split_at(usize::from(len & 0x7F).min(rest.len()));
        // What begins TLS here would hold the lines after it.
        let is_tls = |byte: u8| (0x14..=0x18).contains(&byte) || byte >= 0x80;
        let text: String = text
            .iter()
            .map(|&byte| if is_tls(byte) { '~' } else { char::from(byte) })
            .collect();
        let lower = text.to_lowercase();
        self.in_doubt |= ["bdat", "data", "354"].iter().any(|it| lower.contains(it));
        match lower.contains(&PART[..4]) {
            true => self.line(from, "NOOP"),
            false => self.line(from, &text),
        }
        rest
    }

    /// The server repeats what it was sent.
    fn echo<'a>(&mut self, rest: &'a [u8]) -> &'a [u8] {
        let (&which, rest) = rest.split_first().unwrap_or((&0, rest));
        let code = COMPLAINTS[usize::from(which) % COMPLAINTS.len()];
        if which & 0x80 != 0 {
            self.line(Server, &format!("{code}-5.5.2 {SECRET}"));
        }
        self.line(Server, &format!("{code} 5.5.2 not understood: {SECRET}"));
        rest
    }

    fn message(&mut self) {
        for (from, line) in [
            (Client, "MAIL FROM:<a@example.net>"),
            (Server, "250 ok"),
            (Client, "RCPT TO:<b@example.org>"),
            (Server, "250 ok"),
            (Client, "DATA"),
            (Server, "354 go ahead"),
        ] {
            self.line(from, line);
        }
        self.secret("Subject: ");
        self.line(Client, "");
        self.secret("");
        self.line(Client, ".");
        self.line(Server, "250 queued");
    }

    fn secret(&mut self, before: &str) {
        self.line(Client, &format!("{before}{SECRET}"));
    }

    fn line(&mut self, from: Peer, line: &str) {
        let line = format!("{line}\r\n");
        let lost = std::mem::take(&mut self.lost) || !self.seen[from.index()];
        for part in line.as_bytes().chunks(self.part.min(line.len())) {
            match lost {
                true => self.packets.skip(from, part.len() as u32),
                false => self.packets.send(from, DATA, part),
            }
        }
    }
}
