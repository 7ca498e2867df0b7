//! Where mail and TLS meet, in conversations made for it: what each rule of the trade looks like on
//! the wire, and what only looks like it.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use serde_json::{Value, json};
use starttap::engine::Engine;
use starttap::engine::ports::{PortSpec, Ports};
use starttap::limits::Limits;
use starttap::model::smtp::{Early, Protocol, Smtp};
use starttap::model::{Outcome, Peer, Session, Starts};

use crate::invariance::seed;
use crate::labels::packet::Random;
use crate::wire::{ACK, CLIENT, FIN, PSH, Packet, Run, SERVER, Talk, sessions};

/// Who says what, a turn each.
type Script = Vec<(usize, Vec<u8>)>;

fn script(turns: &[(usize, &str)]) -> Script {
    let bytes = |text: &str| text.as_bytes().to_vec();
    turns
        .iter()
        .map(|&(from, text)| (from, bytes(text)))
        .collect()
}

/// TLS 1.2, one suite, no extensions.
fn client_hello() -> Vec<u8> {
    let body = [&[3, 3][..], &[7; 32], &[0, 0, 2, 0xC0, 0x2F, 1, 0]].concat();
    record(1, &body)
}

fn server_hello() -> Vec<u8> {
    let body = [&[3, 3][..], &[9; 32], &[0, 0xC0, 0x2F, 0]].concat();
    record(2, &body)
}

fn record(kind: u8, body: &[u8]) -> Vec<u8> {
    let len = body.len() as u8;
    [&[0x16, 3, 1, 0, len + 4, kind, 0, 0, len], body].concat()
}

/// handshake_failure.
const ALERT: [u8; 7] = [0x15, 3, 3, 0, 2, 2, 40];

const OFFER: [(usize, &str); 3] = [
    (SERVER, "220 mx.example.org ESMTP\r\n"),
    (CLIENT, "EHLO hub.example.net\r\n"),
    (SERVER, "250-mx.example.org\r\n250 STARTTLS\r\n"),
];

/// [`OFFER`], and what follows.
fn offered(turns: &[(usize, &str)]) -> Script {
    script(&[&OFFER, turns].concat())
}

fn packets(script: &Script) -> Vec<Packet> {
    let mut talk = Talk::new().open();
    for (from, bytes) in script {
        talk.send(*from, PSH | ACK, bytes);
    }
    talk.close().packets
}

fn session(script: &Script) -> Session {
    only(sessions(&packets(script)))
}

fn only(sessions: Vec<Session>) -> Session {
    let [session] = <[Session; 1]>::try_from(sessions).expect("one session");
    session
}

fn smtp(session: &Session) -> &Smtp {
    session.smtp.as_ref().expect("a dialogue")
}

/// Frame, sender, verb or text of what was in clear where TLS should be.
fn in_clear(session: &Session) -> Vec<(Peer, String, bool)> {
    let lines = smtp(session).plaintext_after_grant.iter();
    lines
        .map(|it| {
            let said = it.text.clone().or(it.verb.map(str::to_owned));
            (it.from, said.unwrap_or_default(), it.before_hello)
        })
        .collect()
}

#[test]
fn a_client_that_does_not_wait_for_the_reply() {
    let mut turns = offered(&[]);
    turns.push((CLIENT, [b"STARTTLS\r\n".to_vec(), client_hello()].concat()));
    turns.push((SERVER, b"220 go\r\n".to_vec()));
    let early = smtp(&session(&turns)).after_starttls.clone().unwrap();
    assert_eq!(
        (early.frame, early.kind, early.command),
        (7, Early::Tls, None)
    );
    assert_eq!(early.bytes, client_hello().len() as u64);
    // In the right order it is not early.
    let mut turns = offered(&[(CLIENT, "STARTTLS\r\n"), (SERVER, "220 go\r\n")]);
    turns.push((CLIENT, client_hello()));
    assert_eq!(smtp(&session(&turns)).after_starttls, None);
    // Nor is it when only the capture is in disorder: the hello acknowledges the reply.
    let mut swapped = packets(&turns);
    swapped.swap(7, 8);
    let session = only(sessions(&swapped));
    assert_eq!(smtp(&session).after_starttls, None);
    assert_eq!(smtp(&session).reply.as_ref().map(|it| it.frame), Some(9));
}

#[test]
fn an_ssl2_hello_behind_starttls() {
    let mut hello = b"\x80\x1C\x01\x03\x01\x00\x03\x00\x00\x00\x10\x00\x00\x05".to_vec();
    hello.extend([0x9A; 16]);
    let mut turns = offered(&[]);
    turns.push((CLIENT, [b"STARTTLS\r\n".to_vec(), hello].concat()));
    turns.push((SERVER, b"220 go\r\n".to_vec()));
    let early = smtp(&session(&turns)).after_starttls.clone().unwrap();
    assert_eq!((early.kind, early.bytes), (Early::Tls, 30));
}

#[test]
fn a_reply_injected_behind_the_grant() {
    let mut turns = offered(&[
        (CLIENT, "STARTTLS\r\n"),
        (SERVER, "220 go\r\n250-mx\r\n250 AUTH PLAIN\r\n"),
    ]);
    turns.push((CLIENT, client_hello()));
    turns.push((SERVER, server_hello()));
    let session = session(&turns);
    let expected = (Peer::Server, "250-mx".to_owned(), true);
    assert_eq!(in_clear(&session), [expected]);
    assert!(session.tls.unwrap().server_hello.is_some());
}

#[test]
fn an_alert_and_text_in_one_segment() {
    let mut turns = offered(&[(CLIENT, "STARTTLS\r\n"), (SERVER, "220 go\r\n")]);
    turns.push((CLIENT, client_hello()));
    let text = b"454 TLS not available due to local problem\r\n";
    turns.push((SERVER, [&ALERT[..], text].concat()));
    let session = session(&turns);
    assert_eq!(session.tls.as_ref().unwrap().alerts.len(), 1);
    let text = String::from_utf8_lossy(text).trim_end().to_owned();
    assert_eq!(in_clear(&session), [(Peer::Server, text, true)]);
    assert_eq!(session.outcome, Outcome::TlsFailed);
}

#[test]
fn a_client_that_does_not_begin_with_tls() {
    let session = session(&offered(&[
        (CLIENT, "STARTTLS\r\n"),
        (SERVER, "220 go\r\n"),
        (CLIENT, "MAIL FROM:<alice@example.net>\r\n"),
    ]));
    assert_eq!(
        in_clear(&session),
        [(Peer::Client, "MAIL".to_owned(), true)]
    );
    // Nobody answered in clear: this was in clear on the wire.
    assert_eq!(session.outcome, Outcome::Cleartext);
    assert_eq!(smtp(&session).decrypted, None);
}

fn decrypted() -> Script {
    offered(&[
        (CLIENT, "STARTTLS\r\n"),
        (SERVER, "220 go\r\n"),
        (CLIENT, "EHLO hub.example.net\r\n"),
        (SERVER, "250-mx.example.org\r\n250 AUTH LOGIN\r\n"),
        (CLIENT, "AUTH LOGIN\r\n"),
        (SERVER, "334 c2VjcmV0\r\n"),
        (CLIENT, "c2VjcmV0\r\n"),
        (SERVER, "235 c2VjcmV0 accepted\r\n"),
        (CLIENT, "MAIL FROM:<alice@example.net>\r\n"),
        (SERVER, "250 ok\r\n"),
    ])
}

#[test]
fn behind_a_device_that_decrypts() {
    let session = session(&decrypted());
    assert_eq!(session.outcome, Outcome::NotObservable);
    assert!(session.verdict.text.contains("decrypts"));
    // The device is told; nothing is judged as if the wire had carried it in clear.
    let told: Vec<_> = session.findings.iter().map(|it| it.id).collect();
    assert_eq!(told, ["K11"]);
    let dialogue = smtp(&session);
    assert_eq!(dialogue.decrypted.map(|at| at.frame), Some(10));
    assert!(dialogue.cleartext_auth.is_none() && dialogue.cleartext_mail.is_none());
    let told = serde_json::to_string(&session).unwrap();
    assert!(told.contains("\"235\"") || told.contains("235"));
    assert!(!told.contains("c2Vj") && !told.contains("alice"));
}

#[test]
fn tls_on_a_port_that_begins_in_clear() {
    let mut turns = script(&[(SERVER, "220 mx.example.org ESMTP\r\n")]);
    turns.push((CLIENT, client_hello()));
    turns.push((SERVER, b"554 SMTP synchronization error\r\n".to_vec()));
    let session = session(&turns);
    assert_eq!(smtp(&session).tls_verb.as_deref(), Some("implicit"));
    let answer = (
        Peer::Server,
        "554 SMTP synchronization error".to_owned(),
        true,
    );
    assert_eq!(in_clear(&session), [answer]);
    assert_eq!(session.outcome, Outcome::TlsFailed);
}

#[test]
fn text_on_the_port_of_implicit_tls() {
    let talk = Talk::between("192.0.2.10:40000", "192.0.2.25:465").open();
    let talk = talk
        .server(OFFER[0].1)
        .client(OFFER[1].1)
        .server(OFFER[2].1);
    let session = only(sessions(&talk.close().packets));
    let dialogue = smtp(&session);
    assert!(dialogue.banner.is_some() && dialogue.offered.is_some());
    assert_eq!(dialogue.tls_verb, None);
    assert!(session.evidence.implicit_tls);
}

#[test]
fn a_proxy_in_front() {
    let binary = [
        &b"\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x0F"[..],
        &[203, 0, 113, 9, 192, 0, 2, 25, 0xC7, 0x38, 0, 25],
        &[4, 0, 0],
    ]
    .concat();
    let text = b"PROXY TCP4 203.0.113.9 192.0.2.25 51000 25\r\n".to_vec();
    for (header, version) in [(text, 1), (binary, 2)] {
        let mut turns = offered(&[(CLIENT, "STARTTLS\r\n"), (SERVER, "220 go\r\n")]);
        turns.insert(0, (CLIENT, header.clone()));
        let session = session(&turns);
        let dialogue = smtp(&session);
        let proxy = dialogue.proxy.unwrap();
        assert_eq!((proxy.frame, proxy.version), (4, version));
        let stated = [proxy.source, proxy.destination].map(|it| it.unwrap().to_string());
        assert_eq!(stated, ["203.0.113.9:51000", "192.0.2.25:25"]);
        assert_eq!(dialogue.quit, None, "the signature holds the word");
        assert_eq!(dialogue.reply.as_ref().map(|it| it.code), Some(220));
        // In front of implicit TLS, too.
        let talk = Talk::between("192.0.2.10:40000", "192.0.2.25:465").open();
        let mut talk = talk;
        talk.send(CLIENT, PSH | ACK, &[header, client_hello()].concat());
        let session = only(sessions(&talk.close().packets));
        assert_eq!(smtp(&session).tls_verb.as_deref(), Some("implicit"));
        assert!(session.tls.unwrap().client_hello.is_some());
    }
}

#[test]
fn the_time_to_the_greeting() {
    let mut talk = Talk::new().open();
    talk.time += 6_000_000_000;
    let mut talk = talk.server("220-mx.example.org\r\n");
    talk.time += 20_000_000_000;
    let session = only(sessions(&talk.server("220 ESMTP\r\n").close().packets));
    let banner = smtp(&session).banner.clone().unwrap();
    assert_eq!((banner.first_frame, banner.frame), (4, 5));
    let rounded = [banner.first_seconds, banner.seconds].map(|it| it.unwrap().round());
    assert_eq!(rounded, [6.0, 26.0]);
    // From the middle on nobody knows.
    let late = Talk::new().server("220 mx.example.org ESMTP\r\n").packets;
    let banner = smtp(&only(sessions(&late))).banner.clone().unwrap();
    assert_eq!(banner.first_seconds, None);
}

#[test]
fn mail_on_any_port_is_found_by_its_first_lines() {
    for (port, hello, protocol) in [
        (2525, "EHLO hub\r\n", Protocol::Smtp),
        (24, "lhlo hub\r\n", Protocol::Lmtp),
    ] {
        let server = format!("192.0.2.25:{port}");
        let talk = Talk::between("192.0.2.10:40000", &server).open();
        let mut talk = talk.server("220 mx.example.org\r\n");
        talk.send(CLIENT, ACK, b"");
        let talk = talk.client(hello).server("250 mx\r\n").client("QUIT\r\n");
        let session = only(sessions(&talk.close().packets));
        assert_eq!(smtp(&session).protocol, Some(protocol));
        assert_eq!(
            (session.capture.first_frame, session.capture.starts),
            (1, Starts::Syn)
        );
        assert_eq!(session.server.port, port);
        assert_eq!(
            session.tcp.handshake,
            starttap::model::tcp::Handshake::Complete
        );
        let counters = [&session.tcp.client, &session.tcp.server].map(|it| it.packets);
        assert_eq!(counters, [7, 4]);
        assert!(smtp(&session).banner.as_ref().unwrap().seconds.is_some());
        assert!(smtp(&session).quit.is_some());
    }
}

#[test]
fn what_greets_like_mail_and_is_none() {
    for (greeting, answer) in [
        ("220 ftp.example.org FTP\r\n", "USER anonymous\r\n"),
        ("* OK IMAP4rev1\r\n", "EHLO hub\r\n"),
        ("2200 EHLO\r\n", "EHLO hub\r\n"),
    ] {
        let talk = Talk::between("192.0.2.10:40000", "192.0.2.25:21").open();
        let talk = talk.server(greeting).client(answer).server("331 ok\r\n");
        assert!(sessions(&talk.close().packets).is_empty(), "{greeting}");
    }
}

#[test]
fn named_ports_are_the_only_ones() {
    let talk = Talk::between("192.0.2.10:40000", "192.0.2.25:2525").open();
    let talk = talk
        .server(OFFER[0].1)
        .client(OFFER[1].1)
        .server(OFFER[2].1);
    let packets = talk.close().packets;
    for (named, expected) in [("2525", 1), ("26", 0)] {
        let ports = Ports::new(&[named.parse::<PortSpec>().unwrap()]);
        let mut run = Run::new(Limits::default());
        run.engine = Engine::new("made up", ports, Limits::default());
        packets.iter().for_each(|packet| run.push(packet));
        assert_eq!(run.finish().len(), expected, "{named}");
    }
}

#[test]
fn a_found_session_whose_start_was_not_captured() {
    let talk = Talk::between("192.0.2.10:40000", "192.0.2.25:2525");
    let talk = talk
        .server(OFFER[0].1)
        .client(OFFER[1].1)
        .server(OFFER[2].1);
    let session = only(sessions(&talk.close().packets));
    assert_eq!(session.server.port, 2525);
    assert_eq!(session.capture.starts, Starts::Midstream);
    assert!(smtp(&session).offered.is_some());
}

#[test]
fn the_side_that_replies_is_the_server() {
    let talk = Talk::between("192.0.2.10:25", "192.0.2.25:587");
    let talk = talk.server("250-mx.example.org\r\n250 STARTTLS\r\n");
    let session = only(sessions(
        &talk.client("STARTTLS\r\n").server("220 go\r\n").packets,
    ));
    assert_eq!(session.server.port, 587);
    assert!(smtp(&session).requested.is_some());
}

/// Conversations of all kinds.
fn conversations() -> Vec<Script> {
    let mut early = offered(&[]);
    early.push((CLIENT, [b"STARTTLS\r\n".to_vec(), client_hello()].concat()));
    early.push((SERVER, b"220 go\r\n".to_vec()));
    let mut failed = offered(&[(CLIENT, "starttls \n"), (SERVER, "220-go\r\n220 on\r\n")]);
    failed.push((CLIENT, client_hello()));
    failed.push((SERVER, [&ALERT[..], b"454 4.7.0 no TLS\r\n"].concat()));
    failed.push((CLIENT, b"EHLO hub.example.net\r\n".to_vec()));
    failed.push((SERVER, b"250-mx\r\n250 8BITMIME\r\n".to_vec()));
    failed.push((CLIENT, b"MAIL FROM:<alice@example.net>\r\n".to_vec()));
    let chunk = "QUIT\r\n.\r\nSTARTTLS\r\n220 go\r\n\u{16}\u{3}\u{1}";
    let chunks = format!("BDAT {} LAST\r\n{chunk}QUIT\r\n", chunk.len());
    vec![
        early,
        failed,
        decrypted(),
        offered(&[
            (CLIENT, "STARTTLS\r\nMAIL FROM:<a@b>\r\nRSET\r\n"),
            (SERVER, "220 go\r\n"),
        ]),
        offered(&[
            (CLIENT, "STARTTLS\r\n"),
            (SERVER, "454 4.7.0 not now\r\n"),
            (CLIENT, "MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\n"),
            (SERVER, "250 ok\r\n250 ok\r\n"),
            (CLIENT, &chunks),
            (SERVER, "250 queued\r\n221 bye\r\n"),
        ]),
        script(&[
            (CLIENT, "PROXY TCP6 2001:db8::9 2001:db8::25 51000 25\r\n"),
            (
                SERVER,
                "220-mx.example.org\r\n220-please wait\r\n220 ESMTP\r\n",
            ),
            (CLIENT, "LHLO hub\r\n"),
            (SERVER, "250-mx\r\n250-AUTH LOGIN\r\n250 AUTH=LOGIN\r\n"),
            (CLIENT, "XCLIENT ADDR=203.0.113.9\r\n"),
            (SERVER, "220 mx again\r\n"),
            (
                CLIENT,
                "LHLO hub\r\nMAIL FROM:<a@b>\r\nRCPT TO:<a@b>\r\nRCPT TO:<b@b>\r\nDATA\r\n",
            ),
            (SERVER, "250 mx\r\n250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n"),
            (
                CLIENT,
                "AUTH PLAIN c2VjcmV0\r\n220 x\r\n.\r\nAUTH LOGIN\r\n",
            ),
            (SERVER, "250 a\r\n452 b\r\n334 VXNlcm5hbWU6\r\n"),
            (CLIENT, "*\r\nSTARTTLS\r\n"),
            (SERVER, "501 no\r\n454 not now\r\n"),
        ]),
    ]
}

/// The record of the dialogue, without frames and times.
fn facts(session: &Session) -> Value {
    fn strip(value: &mut Value) {
        match value {
            Value::Object(map) => {
                map.retain(|name, _| !name.ends_with("frame") && !name.ends_with("seconds"));
                map.values_mut().for_each(strip);
            }
            Value::Array(list) => list.iter_mut().for_each(strip),
            _ => {}
        }
    }
    let mut facts = json!({ "smtp": session.smtp, "outcome": session.outcome });
    strip(&mut facts);
    facts
}

#[test]
fn conversations_in_any_segments() {
    let mut random = Random::new(seed());
    for (script, number) in conversations().iter().zip(0..) {
        let whole = facts(&session(script));
        for _ in 0..200 {
            let mut talk = Talk::new().open();
            for (from, bytes) in script {
                let mut rest = bytes.as_slice();
                while !rest.is_empty() {
                    let len = 1 + random.below(rest.len().min(9) as u64) as usize;
                    talk.send(*from, PSH | ACK, &rest[..len]);
                    rest = &rest[len..];
                }
            }
            let mut packets = talk.close().packets;
            for at in 1..packets.len() {
                // Neighbours change places; what ends the connection stays where it is.
                let [one, other] = [&packets[at - 1], &packets[at]];
                let data = !one.payload.is_empty() && !other.payload.is_empty();
                if data && one.from == other.from && random.chance(20) {
                    packets.swap(at, at - 1);
                }
            }
            assert_eq!(
                facts(&only(sessions(&packets))),
                whole,
                "conversation {number}"
            );
        }
    }
}

#[test]
fn one_side_shows_nothing_that_the_other_would_have_to_tell() {
    for script in conversations() {
        let packets = packets(&script);
        let whole = session(&script);
        for side in [CLIENT, SERVER] {
            let mut half = packets.clone();
            half.retain(|packet| (packet.to.port() == 25) == (side == CLIENT));
            let half = only(sessions(&half));
            let dialogue = smtp(&half);
            assert_eq!(dialogue.decrypted, None);
            assert_ne!(half.outcome, Outcome::TlsEstablished);
            if side == CLIENT {
                let same = smtp(&whole);
                let stated = |smtp: &Smtp| smtp.proxy.map(|it| (it.version, it.source));
                assert_eq!(stated(dialogue), stated(same));
                assert_eq!(dialogue.protocol, same.protocol);
                assert!(dialogue.reply.is_none() && dialogue.plaintext_after_grant.is_empty());
                // Early is what shares a segment with the request.
                let early = |smtp: &Smtp| {
                    let early = smtp.after_starttls.as_ref();
                    early.map(|it| (it.bytes, it.kind, it.command))
                };
                assert_eq!(early(dialogue), early(same));
            } else {
                let greeting = |smtp: &Smtp| smtp.banner.as_ref().map(|it| it.lines.clone());
                assert_eq!(greeting(dialogue), greeting(smtp(&whole)));
                assert!(dialogue.after_starttls.is_none() && dialogue.cleartext_auth.is_none());
            }
            let told = serde_json::to_string(&half).unwrap();
            assert!(!told.contains("c2Vj"), "{told}");
        }
    }
}

/// Servers that repeat what they were told, before TLS, in place of it and behind it.
fn echoes() -> Vec<Script> {
    let granted = [(CLIENT, "STARTTLS\r\n"), (SERVER, "220 go\r\n")];
    let echo = [
        (CLIENT, "AUTH LOGIN\r\n"),
        (SERVER, "334 c2VjcmV0\r\n"),
        (CLIENT, "c2VjcmV0\r\n"),
        (SERVER, "535 5.7.8 c2VjcmV0\r\n"),
        (CLIENT, "c2VjcmV0\r\n"),
        (SERVER, "502 5.5.2 c2VjcmV0: what?\r\n"),
        (CLIENT, "AUTH PLAIN c2VjcmV0\r\n"),
        (SERVER, "530 5.7.0 STARTTLS must come before c2VjcmV0\r\n"),
        (CLIENT, "XXXX PLAIN c2VjcmV0\r\n"),
        (SERVER, "421 4.7.0 c2VjcmV0: go away\r\n"),
        (SERVER, "c2VjcmV0\r\n"),
    ];
    let readable = [
        (CLIENT, "EHLO a\r\n"),
        (SERVER, "250-mx\r\n250 AUTH LOGIN\r\n"),
    ];
    vec![
        offered(&echo),
        offered(&[&granted[..], &echo].concat()),
        offered(&[&granted[..], &readable, &echo].concat()),
        decrypted(),
    ]
}

#[test]
fn what_servers_repeat_is_not_told() {
    for script in echoes() {
        let packets = packets(&script);
        for at in 0..packets.len() {
            let mut holed = packets.clone();
            holed.remove(at);
            for packets in [&packets[at..], &holed] {
                for side in [None, Some(CLIENT), Some(SERVER)] {
                    let mut seen = packets.to_vec();
                    seen.retain(|packet| {
                        side.is_none_or(|side| (packet.to.port() == 25) == (side == CLIENT))
                    });
                    let told = serde_json::to_string(&sessions(&seen)).unwrap();
                    assert!(!told.contains("c2Vj"), "{at} {side:?} {told}");
                }
            }
        }
    }
}

#[test]
fn a_fin_with_the_last_words() {
    let mut talk = Talk::new().open().server(OFFER[0].1);
    talk.send(CLIENT, FIN | PSH | ACK, b"QUIT\r\n");
    assert!(smtp(&only(sessions(&talk.packets))).quit.is_some());
}
