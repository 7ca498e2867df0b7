//! The bytes of a session that an evidence file shows, redacted in place: every line and message
//! keeps its length, and is read as the same kind of line or message again.

use super::Pseudonyms;
use super::message::Handshake;
use crate::model::kept::Spoken;
use crate::model::{Peer, Session};

/// How the binary header of the PROXY protocol begins (HAProxy's specification).
const PROXY_2: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";

impl Pseudonyms {
    /// Redacts what may be shown of the bytes of a session that is not redacted itself.
    pub fn bytes(&mut self, session: &mut Session) {
        let tls = session.tls.as_ref();
        let version = tls.and_then(|tls| tls.server_hello.as_ref()?.version);
        let Some(kept) = &mut session.evidence.kept else {
            return;
        };
        for from in [Peer::Client, Peer::Server] {
            let mut lines = Lines {
                from,
                banner: from == Peer::Server,
            };
            let mut handshake = Handshake::new(from, version);
            let stream = kept.of_mut(from);
            let changes = stream.changes().to_vec();
            for (offset, bytes) in stream.pieces_mut() {
                for (at, spoken, part) in parts(offset, bytes, &changes) {
                    match spoken {
                        Spoken::Text => lines.redact(self, at, part),
                        Spoken::Tls => handshake.push(self, part),
                    }
                }
            }
            handshake.finish(self);
        }
    }
}

/// Cuts bytes where something else is spoken.
fn parts<'a>(
    offset: u64,
    bytes: &'a mut [u8],
    changes: &[(u64, Spoken)],
) -> Vec<(u64, Spoken, &'a mut [u8])> {
    let mut parts = Vec::new();
    let (mut at, mut rest) = (offset, bytes);
    while !rest.is_empty() {
        let known = changes.partition_point(|&(from, _)| from <= at);
        let before = known.checked_sub(1).and_then(|before| changes.get(before));
        let spoken = before.map_or(Spoken::Text, |&(_, spoken)| spoken);
        let next = changes.get(known).map_or(u64::MAX, |&(from, _)| from);
        let len = usize::try_from(next - at).unwrap_or(usize::MAX);
        let (part, tail) = rest.split_at_mut(len.min(rest.len()));
        parts.push((at, spoken, part));
        (at, rest) = (next, tail);
    }
    parts
}

/// Lines of one direction.
struct Lines {
    from: Peer,
    /// Nothing but the greeting has come yet.
    banner: bool,
}

impl Lines {
    fn redact(&mut self, pseudonyms: &mut Pseudonyms, offset: u64, bytes: &mut [u8]) {
        let mut rest = bytes;
        if offset == 0 && self.from == Peer::Client && rest.starts_with(PROXY_2) {
            rest = proxy(pseudonyms, rest);
        }
        for line in rest.split_inclusive_mut(|&byte| byte == b'\n') {
            let end = line.trim_ascii_end().len();
            let line = &mut line[..end];
            match self.from {
                Peer::Client => command(pseudonyms, line),
                Peer::Server => self.reply(pseudonyms, line),
            }
        }
    }

    fn reply(&mut self, pseudonyms: &mut Pseudonyms, line: &mut [u8]) {
        let digits = line.iter().take(4).take_while(|byte| byte.is_ascii_digit());
        let (code, text) = match digits.count() {
            3 => line.split_at_mut(line.len().min(4)),
            _ => line.split_at_mut(0),
        };
        self.banner &= code.starts_with(b"220");
        match self.banner {
            true => each_text(text, |text| pseudonyms.greeting(text)),
            false => each_text(text, |text| pseudonyms.free_text(text)),
        }
    }
}

/// A line of the client: what is shown of other commands than these holds nothing but their verb.
fn command(pseudonyms: &mut Pseudonyms, line: &mut [u8]) {
    const SPACES: &[u8] = b" \t";
    let verb = line.iter().position(|byte| SPACES.contains(byte));
    let (verb, rest) = line.split_at_mut(verb.unwrap_or(line.len()));
    let is = |names: &[&str]| {
        names
            .iter()
            .any(|name| verb.eq_ignore_ascii_case(name.as_bytes()))
    };
    if is(&["EHLO", "HELO", "LHLO"]) {
        each_text(rest, |text| pseudonyms.name(text));
    } else if is(&["BDAT"]) {
        // Sizes.
    } else if is(&["PROXY"]) {
        // The family, two addresses, two ports.
        for word in rest.split_mut(|&byte| byte == b' ').skip(2).take(2) {
            each_text(word, |text| pseudonyms.name(text));
        }
    } else {
        each_text(line, |text| pseudonyms.free_text(text));
    }
}

/// The binary header of a proxy; gives what follows it.
fn proxy<'a>(pseudonyms: &mut Pseudonyms, bytes: &'a mut [u8]) -> &'a mut [u8] {
    /// Signature, version, family and length.
    const HEADER: usize = 16;
    let (header, rest) = bytes.split_at_mut(bytes.len().min(HEADER));
    let &mut [.., family, high, low] = header else {
        return rest;
    };
    let len = usize::from(u16::from_be_bytes([high, low])).min(rest.len());
    let (stated, rest) = rest.split_at_mut(len);
    let (width, ports) = match family >> 4 {
        1 => (4, 4),
        2 => (16, 4),
        _ => (0, 0),
    };
    let (addresses, behind) = stated.split_at_mut(stated.len().min(2 * width));
    if width > 0 {
        addresses
            .chunks_mut(width)
            .for_each(|it| pseudonyms.address_bytes(it));
    }
    // Names of the client's certificate may follow the ports.
    let ports = behind.len().min(ports);
    behind[ports..].fill(0);
    rest
}

/// Redacts the texts among some bytes; what is no text is overwritten with what is none either.
pub(super) fn each_text(bytes: &mut [u8], mut redact: impl FnMut(&str) -> String) {
    let mut redacted = Vec::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        redacted.extend(redact(chunk.valid()).into_bytes());
        redacted.extend(chunk.invalid().iter().map(|_| 0xFF));
    }
    match redacted.len() == bytes.len() {
        true => bytes.copy_from_slice(&redacted),
        // Never so; but nothing may be shown that was not redacted.
        false => bytes.fill(b'x'),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Key;
    use super::*;

    fn redacted(from: Peer, text: &str) -> String {
        let mut pseudonyms = Pseudonyms::new(Key::new(b"a secret of tests"));
        let mut bytes = text.as_bytes().to_vec();
        let banner = from == Peer::Server;
        Lines { from, banner }.redact(&mut pseudonyms, 0, &mut bytes);
        assert_eq!(bytes.len(), text.len());
        String::from_utf8(bytes).expect("text")
    }

    #[test]
    fn commands_stay_commands() {
        let script = "PROXY TCP4 93.184.216.34 93.184.216.35 1234 25\r\nEHLO mail.acme.example\r\n\
                      MAIL FROM:<joe@acme.example> SIZE=4711 BODY=8BITMIME\r\nRCPT TO:<>\r\n\
                      BDAT 86 LAST\r\nAUTH PLAIN xxxxxxx##\r\nNOOP xxxx\r\nXCLIENT ADDR=#### login=xx\r\n";
        let new = redacted(Peer::Client, script);
        for kept in [
            "PROXY TCP4 ",
            " 1234 25\r\nEHLO ",
            "\r\nMAIL FROM:<",
            "> SIZE=4711 BODY=8BITMIME\r\nRCPT TO:<>\r\n",
            "BDAT 86 LAST\r\nAUTH PLAIN xxxxxxx##\r\nNOOP xxxx\r\nXCLIENT ADDR=#### login=xx\r\n",
        ] {
            assert!(new.contains(kept), "{kept} in {new}");
        }
        for gone in ["93.184", "acme", "joe", "mail."] {
            assert!(!new.contains(gone), "{gone} in {new}");
        }
    }

    #[test]
    fn every_verb_stays() {
        for verb in [
            "ATRN",
            "AUTH",
            "BDAT",
            "BURL",
            "DATA",
            "EHLO",
            "ETRN",
            "EXPN",
            "HELO",
            "HELP",
            "LHLO",
            "MAIL",
            "NOOP",
            "QUIT",
            "RCPT",
            "RSET",
            "SAML",
            "SEND",
            "SOML",
            "STARTTLS",
            "TURN",
            "VRFY",
            "X-ANONYMOUSTLS",
            "X-EXPS",
            "XCLIENT",
            "XFORWARD",
            "XXXXXXXA",
        ] {
            assert!(crate::smtp::command::verb(verb.as_bytes()).is_some());
            assert_eq!(redacted(Peer::Client, verb), verb);
        }
    }

    #[test]
    fn replies_keep_their_codes() {
        let script = "220-mail ready\r\n220 mail.acme.example ESMTP\r\n250-mail.acme.example Hello\r\n\
                      250-XXXXXXXA\r\n250 STARTTLS\r\n220 ready\r\nplain acme\r\n";
        let new = redacted(Peer::Server, script);
        for kept in [
            " ready\r\n220 ",
            " ESMTP\r\n250-",
            " Hello\r\n250-XXXXXXXA\r\n250 STARTTLS\r\n220 ready\r\n",
        ] {
            assert!(new.contains(kept), "{kept} in {new}");
        }
        assert!(!new.contains("acme") && !new.contains("mail"), "{new}");
        let mut odd = b"250 M\xFCller acme\r\n".to_vec();
        each_text(&mut odd, |text| text.replace("acme", "abcd"));
        assert_eq!(odd, b"250 M\xFFller abcd\r\n");
    }

    #[test]
    fn binary_headers_of_proxies() {
        let mut pseudonyms = Pseudonyms::new(Key::new(b"a secret of tests"));
        let mut bytes = PROXY_2.to_vec();
        bytes.extend([
            0x21, 0x11, 0, 15, 93, 184, 216, 34, 93, 184, 216, 35, 1, 2, 0, 25, 5, 0, 9,
        ]);
        bytes.extend(b"EHLO acme\r\n");
        let old = bytes.clone();
        Lines {
            from: Peer::Client,
            banner: false,
        }
        .redact(&mut pseudonyms, 0, &mut bytes);
        assert_eq!(bytes[..16], old[..16]);
        assert_ne!(bytes[16..20], old[16..20]);
        assert_eq!(bytes[24..28], old[24..28]);
        assert_eq!(bytes[28..31], [0; 3]);
        assert!(bytes[31..].starts_with(b"EHLO ") && bytes[36..40] != *b"acme");
    }
}
