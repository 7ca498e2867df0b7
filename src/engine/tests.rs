//! Sessions out of segments written down as a reader would see them in a packet list.

use std::net::{IpAddr, Ipv4Addr};

use super::conversation::Conversation;
use super::ports::Ports;
use super::tracker::Tracker;
use crate::capture::FrameId;
use crate::decode::{Flags, Segment, samples};
use crate::limits::Limits;
use crate::model::tls::{HelloFormat, Tls};
use crate::model::{Peer, Session};
use crate::stream::Chunk;
use crate::time::Timestamp;

/// The one session of some segments, half a second apart. A line holds the sender (`c` or `s`),
/// flags (letters of `SFRPA`), sequence number, acknowledgment, and the text sent, with its line
/// end.
fn session(lines: &str) -> Session {
    let mut tracker = Tracker::new("", Ports::default(), Limits::default());
    let mut sessions = Vec::new();
    let lines = lines.lines().map(str::trim).filter(|line| !line.is_empty());
    for (line, number) in lines.zip(1_u32..) {
        let mut words = line.splitn(5, ' ');
        let mut next = || words.next().unwrap_or_default();
        let from = usize::from(next() == "s");
        let flags = next().bytes().fold(0, |bits, letter| {
            bits | match letter {
                b'F' => Flags::FIN,
                b'S' => Flags::SYN,
                b'R' => Flags::RST,
                b'P' => Flags::PSH,
                _ => Flags::ACK,
            }
        });
        let [seq, ack] = [next(), next()].map(|word| word.parse().expect("a number"));
        let text = match next() {
            "" => String::new(),
            text => format!("{text}\r\n"),
        };
        let ends = [(7, 40_000), (25, 25)]
            .map(|(last, port)| (IpAddr::V4(Ipv4Addr::new(192, 0, 2, last)), port));
        let segment = Segment {
            frame: FrameId {
                number: u64::from(number),
                ..FrameId::default()
            },
            time: Timestamp::from_nanos(i64::from(number) * 500_000_000),
            source: ends[from].0,
            destination: ends[1 - from].0,
            source_port: ends[from].1,
            destination_port: ends[1 - from].1,
            seq,
            ack,
            flags: Flags(flags),
            payload: text.as_bytes(),
            payload_len: text.len().try_into().expect("a short text"),
            ..samples::segment()
        };
        tracker.segment(&segment, &mut |session| sessions.push(session));
    }
    tracker.finish(&mut |session| sessions.push(session));
    let [session] = <[Session; 1]>::try_from(sessions).expect("one session");
    session
}

/// Frame and text of banner and EHLO, and the bytes missing on both sides.
fn dialogue(session: &Session) -> (Option<u64>, Option<u64>, [u64; 2]) {
    let smtp = session.smtp.as_ref();
    let banner = smtp
        .and_then(|smtp| smtp.banner.as_ref())
        .map(|it| it.frame);
    let ehlo = smtp.and_then(|smtp| smtp.ehlo.as_ref()).map(|it| it.frame);
    let sides = [&session.tcp.client, &session.tcp.server];
    (banner, ehlo, sides.map(|side| side.missing_bytes))
}

#[test]
fn a_stale_acknowledgment_answers_the_syn() {
    let session = session(
        "c S 100 0
         s A 7000 900000000
         c R 900000000 0
         c S 100 0
         s SA 2000000000 101
         c A 101 2000000001
         s PA 2000000001 101 220 mail.example.com
         c PA 101 2000000024 EHLO hub.example.net
         s A 2000000024 123",
    );
    assert_eq!(dialogue(&session), (Some(7), Some(8), [0, 0]));
}

#[test]
fn two_servers_answer_the_syn() {
    let session = session(
        "c S 100 0
         s SA 3000000000 101
         s SA 90000000 101
         c A 101 90000001
         s SA 3000000000 101
         s PA 90000001 101 220 mail.example.com
         c PA 101 90000024 EHLO hub.example.net",
    );
    assert_eq!(dialogue(&session), (Some(6), Some(7), [0, 0]));
}

#[test]
fn the_other_side_of_a_firewall_that_changes_numbers() {
    let session = session(
        "c S 100 0
         s SA 3000000000 500000101
         s SA 90000000 101
         c A 101 90000001
         s PA 3000000001 500000101 220 mail.example.com
         s PA 90000001 101 220 mail.example.com
         c PA 101 90000024 EHLO hub.example.net
         s A 3000000024 500000123
         s A 3000000024 500000123
         s A 90000024 123",
    );
    assert_eq!(dialogue(&session), (Some(6), Some(7), [0, 0]));
}

#[test]
fn an_ssl2_hello_where_the_capture_begins() {
    let mut hello = b"\x80\x1C\x01\x03\x01\x00\x03\x00\x00\x00\x10\x00\x00\x05".to_vec();
    hello.extend([0x9A; 16]);
    let limits = Limits::default();
    let mut conversation = Conversation::new(false);
    for (byte, offset) in hello.iter().zip(0..) {
        let chunk = Chunk::Bytes {
            offset,
            bytes: &[*byte],
            frame: offset + 1,
            time: Timestamp::from_nanos(0),
        };
        conversation.take(Peer::Client, chunk, &limits);
    }
    let (smtp, tls, _) = conversation.finish(true, None, &limits);
    let hello = tls.and_then(|tls| tls.client_hello).expect("a hello");
    assert_eq!((hello.format, hello.frame), (HelloFormat::Sslv2, 30));
    assert!(smtp.is_none());
}

#[test]
fn records_after_a_hello_whose_beginning_is_missing() {
    let limits = Limits::default();
    let mut conversation = Conversation::new(false);
    let mut offsets = [0; 2];
    let server_hello = [
        &b"\x16\x03\x03\x00\x2A\x02\x00\x00\x26\x03\x03"[..],
        &[7; 32],
        &[0, 0xC0, 0x2F, 0],
    ]
    .concat();
    let changed = [
        &b"\x14\x03\x03\x00\x01\x01\x16\x03\x03\x00\x28"[..],
        &[9; 40],
    ]
    .concat();
    for (from, bytes) in [
        // The end of a ClientHello.
        (Peer::Client, &b"\x00\x17\x00\x00\xFF\x01"[..]),
        (Peer::Server, &server_hello),
        (Peer::Client, &changed),
        (Peer::Server, &changed),
    ] {
        let offset = &mut offsets[from.index()];
        let chunk = Chunk::Bytes {
            offset: *offset,
            bytes,
            frame: 1,
            time: Timestamp::from_nanos(0),
        };
        conversation.take(from, chunk, &limits);
        *offset += bytes.len() as u64;
    }
    let (_, tls, _) = conversation.finish(true, None, &limits);
    assert!(tls.is_some_and(|tls| tls.established.is_some()));
}

/// A handshake that the server breaks off, and what it sends then, in one piece or byte by byte.
fn after_broken_handshake(after: &[u8], size: usize) -> (Vec<(u64, String)>, Tls) {
    let client_hello = [
        &b"\x16\x03\x01\x00\x2F\x01\x00\x00\x2B\x03\x03"[..],
        &[7; 32],
        &[0, 0, 4, 0, 5, 0, 10, 1, 0],
    ]
    .concat();
    let alert = [&b"\x15\x03\x01\x00\x02\x02\x28"[..], after].concat();
    let limits = Limits::default();
    let mut conversation = Conversation::new(true);
    let mut offsets = [0; 2];
    let turns = [
        (Peer::Server, &b"220 mail.example.com\r\n"[..]),
        (Peer::Client, b"EHLO a\r\n"),
        (Peer::Server, b"250-mail.example.com\r\n250 STARTTLS\r\n"),
        (Peer::Client, b"STARTTLS\r\n"),
        (Peer::Server, b"220 go ahead\r\n"),
        (Peer::Client, &client_hello),
        (Peer::Server, &alert),
    ];
    for ((from, bytes), frame) in turns.into_iter().zip(1..) {
        for bytes in bytes.chunks(size) {
            let offset = &mut offsets[from.index()];
            let chunk = Chunk::Bytes {
                offset: *offset,
                bytes,
                frame,
                time: Timestamp::from_nanos(0),
            };
            conversation.take(from, chunk, &limits);
            *offset += bytes.len() as u64;
        }
    }
    let (smtp, tls, _) = conversation.finish(true, None, &limits);
    let lines = smtp.unwrap_or_default().plaintext_after_grant;
    let lines = lines.into_iter().filter(|line| line.from == Peer::Server);
    let texts = lines.filter_map(|line| Some((line.frame, line.text?)));
    (texts.collect(), tls.expect("a handshake"))
}

/// IronPort sends its alert and says 454 in the same segment: both are told.
#[test]
fn text_behind_an_alert() {
    for size in [1, 2, 3, 1000] {
        let (texts, tls) = after_broken_handshake(b"454 TLS failed\r\n", size);
        assert_eq!(tls.alerts[0].code, Some(40));
        assert!(tls.not_tls.is_empty());
        assert_eq!(texts, [(7, "454 TLS failed".to_owned())], "{size}");
    }
}

/// Bytes that merely are no TLS are no text either, even where lines follow them.
#[test]
fn garbage_behind_an_alert() {
    for size in [1, 2, 3, 1000] {
        let (texts, tls) = after_broken_handshake(b"4\xFF\x9A\r\n454 no\r\n", size);
        assert_eq!(tls.alerts[0].code, Some(40));
        assert!(texts.is_empty(), "{size}");
        let places: Vec<_> = tls.not_tls.iter().map(|it| (it.frame, it.from)).collect();
        assert_eq!(places, [(7, Peer::Server)], "{size}");
    }
}
