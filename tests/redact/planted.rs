//! Sessions with a token of its own in every place where a peer can put text.

use std::net::SocketAddr;

use super::messages;
use crate::wire::{ACK, CLIENT, PSH, Packet, SERVER, Talk};

/// Unique words, none of them of the vocabulary.
#[derive(Default)]
pub struct Tokens(pub Vec<String>);

impl Tokens {
    /// Eight letters.
    pub fn word(&mut self) -> String {
        let mut number = self.0.len() * 7919 + 31;
        let mut word = "zq".to_owned();
        for _ in 0..6 {
            word.push(char::from(b'a' + (number % 26) as u8));
            number /= 26;
        }
        self.0.push(word.clone());
        word
    }

    /// A host name of three of them.
    pub fn host(&mut self) -> String {
        format!("{}.{}.{}", self.word(), self.word(), self.word())
    }

    /// A mailbox.
    pub fn mailbox(&mut self) -> String {
        format!(
            "{}.{}+{}@{}",
            self.word(),
            self.word(),
            self.word(),
            self.host()
        )
    }
}

/// Packets of many sessions, with at least this many tokens.
pub fn packets(tokens: &mut Tokens, least: usize) -> Vec<Packet> {
    let mut packets = Vec::new();
    let kinds = [clear, refused, rejected, masked, proxied, handshake, odd];
    let mut number = 0;
    while tokens.0.len() < least {
        for kind in kinds {
            let talk = talk(number);
            packets.extend(kind(tokens, talk));
            number += 1;
        }
    }
    packets
}

/// A connection between other addresses every time.
fn talk(number: usize) -> Talk {
    let [a, b] = [number as u8, (number / 250) as u8];
    let client = format!("93.184.{b}.{a}:{}", 40_000 + number);
    let mut talk = Talk::between(&client, &format!("198.41.{a}.{b}:25"));
    talk.time += number as i64 * 1_000_000_000;
    talk.open()
}

fn lines(mut talk: Talk, script: &[(usize, String)]) -> Talk {
    for (from, line) in script {
        talk.send(*from, PSH | ACK, format!("{line}\r\n").as_bytes());
    }
    talk
}

fn greeting(t: &mut Tokens) -> Vec<(usize, String)> {
    vec![
        (
            SERVER,
            format!("220-{} ESMTP {} ({})", t.host(), t.word(), t.word()),
        ),
        (SERVER, format!("220 {} ready [93.184.216.34]", t.word())),
        (CLIENT, format!("EHLO {}", t.host())),
        (
            SERVER,
            format!("250-{} Hello {} {}", t.host(), t.host(), t.word()),
        ),
        (SERVER, format!("250-X{} {}", t.word(), t.word())),
        (
            SERVER,
            format!("250-AUTH LOGIN PLAIN {}", t.word().to_uppercase()),
        ),
    ]
}

/// AUTH and a message in clear.
fn clear(t: &mut Tokens, talk: Talk) -> Vec<Packet> {
    let mut script = greeting(t);
    script.extend([
        (SERVER, "250 SIZE 1000".to_owned()),
        (CLIENT, format!("NOOP {}", t.word())),
        (SERVER, format!("250 2.0.0 {}", t.word())),
        (CLIENT, format!("VRFY {}", t.mailbox())),
        (SERVER, format!("252 2.0.0 {}", t.mailbox())),
        (CLIENT, "AUTH PLAIN".to_owned()),
        (SERVER, "334 ".to_owned()),
        (
            CLIENT,
            messages::base64(&format!("\0{}\0{}", t.word(), t.word())),
        ),
        (SERVER, format!("235 2.7.0 {}", t.word())),
        (
            CLIENT,
            format!("MAIL FROM:<{}> AUTH={}", t.mailbox(), t.word()),
        ),
        (SERVER, format!("250 2.1.0 <{}>", t.mailbox())),
        (CLIENT, format!("RCPT TO:<{}>", t.mailbox())),
        (SERVER, format!("250 2.1.5 {}", t.mailbox())),
        (CLIENT, "DATA".to_owned()),
        (SERVER, format!("354 {}", t.word())),
        (CLIENT, format!("Subject: {}", t.word())),
        (CLIENT, String::new()),
        (
            CLIENT,
            format!("Dear {}, {}", t.word(), messages::base64(&t.word())),
        ),
        (CLIENT, ".".to_owned()),
        (SERVER, format!("250 2.0.0 queued as {}", t.word())),
        (CLIENT, "QUIT".to_owned()),
        (SERVER, format!("221 2.0.0 {} {}", t.host(), t.word())),
    ]);
    lines(talk, &script).close().packets
}

/// STARTTLS refused twice, then demanded.
fn refused(t: &mut Tokens, talk: Talk) -> Vec<Packet> {
    let mut script = greeting(t);
    script.extend([
        (SERVER, format!("250 STARTTLS {}", t.word())),
        (CLIENT, "STARTTLS".to_owned()),
        (SERVER, format!("454-4.7.0 {}", t.word())),
        (SERVER, format!("454 4.7.0 {} <{}>", t.host(), t.mailbox())),
        (CLIENT, format!("STARTTLS {}", t.word())),
        (SERVER, format!("501 5.5.4 {}", t.word())),
        (CLIENT, format!("MAIL FROM:<{}>", t.mailbox())),
        (
            SERVER,
            format!(
                "530 5.7.0 {} must issue a STARTTLS command first {}",
                t.word(),
                t.host()
            ),
        ),
        (CLIENT, format!("HELP {}", t.word())),
        (SERVER, format!("214-{}", t.word())),
        (SERVER, format!("214 http://{}/{}", t.host(), t.word())),
    ]);
    lines(talk, &script).close().packets
}

fn rejected(t: &mut Tokens, talk: Talk) -> Vec<Packet> {
    let script = [
        (SERVER, format!("554-{} {}", t.host(), t.word())),
        (
            SERVER,
            format!("554 5.7.1 {} [93.184.216.34] {}", t.word(), t.mailbox()),
        ),
    ];
    lines(talk, &script).close().packets
}

/// A device overwrites the offer.
fn masked(t: &mut Tokens, talk: Talk) -> Vec<Packet> {
    let script = [
        (SERVER, "220 **********0*2*****".to_owned()),
        (CLIENT, format!("EHLO {}", t.host())),
        (SERVER, format!("250-{}", t.host())),
        (SERVER, format!("250-XXXXXXXA {}", t.word())),
        (SERVER, format!("250 XXXXXXXB {}", t.host())),
        (CLIENT, format!("XXXXXXXX {}", t.word())),
        (SERVER, format!("500 5.5.1 {}", t.word())),
    ];
    lines(talk, &script).close().packets
}

/// What proxies say of the client.
fn proxied(t: &mut Tokens, mut talk: Talk) -> Vec<Packet> {
    talk.send(
        CLIENT,
        PSH | ACK,
        b"PROXY TCP4 93.184.216.34 93.184.216.35 1234 25\r\n",
    );
    let mut script = greeting(t);
    let (name, value) = (t.word().to_uppercase(), t.word());
    script.extend([
        (SERVER, format!("250 XCLIENT NAME ADDR {}", t.word())),
        (
            CLIENT,
            format!(
                "XCLIENT NAME={} ADDR=93.184.216.34 {name}={value}",
                t.host()
            ),
        ),
        (SERVER, format!("220 {} ESMTP", t.host())),
        (CLIENT, format!("HELO {}", t.host())),
        (SERVER, format!("250 {}", t.host())),
        (
            CLIENT,
            format!("XFORWARD NAME={} IDENT={}", t.host(), t.word()),
        ),
        (SERVER, format!("250 {}", t.word())),
    ]);
    lines(talk, &script).close().packets
}

/// A handshake up to an alert, with certificates of both sides.
fn handshake(t: &mut Tokens, talk: Talk) -> Vec<Packet> {
    let mut script = greeting(t);
    script.extend([
        (SERVER, "250 STARTTLS".to_owned()),
        (CLIENT, "STARTTLS".to_owned()),
        (SERVER, format!("220 2.0.0 {}", t.word())),
    ]);
    let mut talk = lines(talk, &script);
    talk.send(CLIENT, PSH | ACK, &messages::client_hello(t));
    talk.send(SERVER, PSH | ACK, &messages::server_flight(t));
    talk.send(CLIENT, PSH | ACK, &messages::client_flight(t));
    talk.send(SERVER, PSH | ACK, &[21, 3, 3, 0, 2, 2, 42]);
    talk.close().packets
}

/// Text where TLS was granted, and lines that are nothing.
fn odd(t: &mut Tokens, talk: Talk) -> Vec<Packet> {
    let mut script = greeting(t);
    script.extend([
        (SERVER, "250 STARTTLS".to_owned()),
        (CLIENT, "STARTTLS".to_owned()),
        (SERVER, format!("220 {}", t.word())),
        (CLIENT, format!("EHLO {}", t.host())),
        (SERVER, format!("250-{}", t.host())),
        (SERVER, format!("250 {} {}", t.word(), t.word())),
        (CLIENT, format!("{} {}", t.word(), t.word())),
        (SERVER, format!("502 5.5.2 {}", t.word())),
        (CLIENT, format!("MAIL FROM:<{}>", t.mailbox())),
        (SERVER, format!("{} without a code", t.word())),
        (
            SERVER,
            format!("421 4.3.2 {} closing {}", t.host(), t.word()),
        ),
    ]);
    lines(talk, &script).close().packets
}

/// Addresses of the sessions as texts.
pub fn addresses(packets: &[Packet]) -> Vec<String> {
    let ends = packets.iter().flat_map(|packet| [packet.from, packet.to]);
    let mut all: Vec<String> = ends.map(|end: SocketAddr| end.ip().to_string()).collect();
    all.extend(["93.184.216.34".to_owned(), "93.184.216.35".to_owned()]);
    all.sort();
    all.dedup();
    all
}
