//! Captures made for the purpose.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;
use starttap::capture::write::{Packet as Written, Writer};
use starttap::capture::{Interface, LinkType};
use starttap::time::Timestamp;

use super::evidence;
use crate::fuzz::evidence::{cut, opened, sessions};
use crate::support::{root, starttap};
use crate::wire::{ACK, CLIENT, PSH, Packet, SYN, Talk};

const MEMORY: &str = "memory takes everything";

/// A capture of these packets, on Ethernet.
pub fn capture(packets: &[Packet]) -> Vec<u8> {
    let frames: Vec<_> = packets.iter().map(|it| (it.time, 0, it.frame())).collect();
    capture_of(&frames, &[LinkType(1)])
}

/// A capture of frames with their times and interfaces.
fn capture_of(frames: &[(i64, u32, Vec<u8>)], link_types: &[LinkType]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut writer = Writer::new(&mut bytes);
    writer.section(&[]).expect(MEMORY);
    for &link_type in link_types {
        let interface = Interface {
            link_type,
            resolution: Some(9),
            ..Interface::default()
        };
        writer.interface(&interface).expect(MEMORY);
    }
    for (time, interface, bytes) in frames {
        let packet = Written {
            interface: *interface,
            time: Timestamp::from_nanos(*time),
            bytes,
            left_out: 0,
            wire_len: bytes.len() as u32,
            comments: &[],
        };
        writer.packet(&packet).expect(MEMORY);
    }
    writer.finish().expect(MEMORY);
    bytes
}

/// What the sessions of a capture come to.
fn told(capture: &[u8]) -> String {
    let (sessions, _) = sessions(capture);
    let told = sessions.iter().map(|it| {
        let found: Vec<_> = it
            .findings
            .iter()
            .map(|it| (it.id, it.confidence))
            .collect();
        format!(
            "{:?} {:?} {found:?} {}\n",
            it.outcome, it.ended, it.verdict.text
        )
    });
    told.collect()
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

#[test]
fn that_nothing_came_for_long_is_evidence() {
    let mut silent = Talk::new();
    silent.send(CLIENT, SYN, b"");
    let mut other = Talk::between("192.0.2.10:41000", "192.0.2.25:80");
    other.time = silent.time;
    for _ in 0..40 {
        other.time += 60_000_000_000;
        other.send(CLIENT, PSH | ACK, b"GET / HTTP/1.1\r\n");
    }
    let all = [silent.packets, other.packets].concat();
    let before = capture(&all);
    let after = cut(&before, false);
    assert_eq!(sessions(&after).1, 1, "one frame of the mail session");
    assert!(told(&before).contains("Timeout"), "{}", told(&before));
    assert_eq!(told(&before), told(&after));
}

#[test]
fn link_types_and_nanoseconds_stay() {
    let talk = Talk::new()
        .open()
        .server("220 mx.example.org\r\n")
        .client("EHLO a\r\n");
    let frames: Vec<(i64, u32, Vec<u8>)> = talk
        .packets
        .iter()
        .zip([0, 1, 2].into_iter().cycle())
        .map(|(packet, interface)| {
            let ip = &packet.frame()[14..];
            let front: &[u8] = match interface {
                0 => &[2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x81, 0, 0, 7, 8, 0],
                1 => &[],
                _ => &[0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 8, 0],
            };
            (packet.time + 123, interface, [front, ip].concat())
        })
        .collect();
    let before = capture_of(&frames, &[LinkType(1), LinkType(101), LinkType(113)]);
    let after = cut(&before, false);
    let mut source = opened(&after).expect("a capture");
    for (time, interface, bytes) in &frames {
        let frame = source.next().expect("frames").expect("a frame");
        assert_eq!(
            (frame.time.as_nanos(), frame.interface),
            (*time, *interface)
        );
        assert_eq!(frame.bytes, bytes);
    }
    assert_eq!(told(&before), told(&after));
}

/// The greeting comes in fragments of 24 bytes, the second one last.
#[test]
fn fragments_are_cut_together() {
    let mut talk = Talk::new().open();
    talk = talk.server("220 mx.example.org ESMTP, and a long word of welcome to all of you\r\n");
    talk = talk.client("EHLO a\r\n").server("250 mx\r\n");
    talk = talk.client("AUTH PLAIN AHN3b3JkZmlzaABzd29yZGZpc2hzd29yZGZpc2g=\r\n");
    talk = talk.server("235 ok\r\n").client("QUIT\r\n").close();
    let mut frames = Vec::new();
    for packet in &talk.packets {
        let whole = packet.frame();
        if packet.payload.len() < 40 {
            frames.push((packet.time, 0, whole));
            continue;
        }
        let (front, datagram) = whole.split_at(34);
        let count = datagram.len().div_ceil(24);
        let mut parts: Vec<Vec<u8>> = (0..count)
            .map(|number| {
                let part = &datagram[number * 24..datagram.len().min(number * 24 + 24)];
                let mut front = front.to_vec();
                front[16..18].copy_from_slice(&(20 + part.len() as u16).to_be_bytes());
                let more = u16::from(number + 1 < count) << 13;
                let field = more | (number * 3) as u16;
                front[20..22].copy_from_slice(&field.to_be_bytes());
                [&front, part].concat()
            })
            .collect();
        let second = parts.remove(1);
        parts.push(second);
        frames.extend(parts.into_iter().map(|part| (packet.time, 0, part)));
    }
    let before = capture_of(&frames, &[LinkType(1)]);
    let after = cut(&before, false);
    assert_eq!(sessions(&after).1, frames.len() as u64);
    assert_eq!(told(&before), told(&after));
    assert!(contains(&before, b"b3JkZmlzaABz") && !contains(&after, b"b3JkZmlzaABz"));
    let of = |capture: &[u8]| sessions(capture).0.remove(0).smtp.expect("a dialogue");
    assert_eq!(of(&before), of(&after));
    assert!(of(&after).cleartext_auth.is_some());
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("fragments.pcapng");
    fs::write(&path, after).expect("a file");
    if let Some(told) = super::recorded::checksums(&path) {
        let tcp = told
            .iter()
            .filter_map(|it| it.split('\t').next())
            .filter(|it| !it.is_empty());
        let tcp: Vec<&str> = tcp.collect();
        assert!(
            tcp.len() >= talk.packets.len() && tcp.iter().all(|it| *it == "1"),
            "{told:?}"
        );
    }
}

/// A session whose segments hold more than the stream: padding, and another content the second
/// time.
#[test]
fn what_is_no_part_of_the_stream_is_hidden() {
    let mut talk = Talk::new().open().server("220 mx\r\n");
    talk.send(CLIENT, PSH | ACK, b"EHLO hub.example.net\r\n");
    let mut again = talk.packets.last().expect("a packet").clone();
    again.payload = b"EHLO swordfish-4711-x\r".to_vec();
    again.time += 1000;
    again.id += 7;
    talk.packets.push(again);
    let mut reset = talk.packets.last().expect("a packet").clone();
    reset.flags = 0x14;
    reset.seq = talk.next[CLIENT];
    reset.payload = b"swordfish-reset".to_vec();
    let mut frames: Vec<_> = talk
        .packets
        .iter()
        .map(|it| (it.time, 0, it.frame()))
        .collect();
    frames.push((talk.time + 5000, 0, reset.frame()));
    frames[3].2.extend(b"swordfish-trailer");
    let before = capture_of(&frames, &[LinkType(1)]);
    assert!(contains(&before, b"swordfish"));
    let after = cut(&before, true);
    assert!(!contains(&after, b"swordfish") && !contains(&after, b"4711"));
    assert!(contains(&after, b"EHLO hub.example.net"));
    assert_eq!(told(&before), told(&after));
}

/// Application data of a suite without encryption is nothing to keep.
#[test]
fn payload_is_kept_where_it_is_encrypted() {
    let kept = |file: &str, options: &[&str]| {
        let all = [&["--evidence", "all"], options].concat();
        let capture = format!("captures/{file}");
        let (path, _) = evidence(&capture, &format!("payload-{file}{}", options.len()), &all);
        let report = starttap(&["read", "--format", "json", path.to_str().expect("a path")]);
        let report: Value = serde_json::from_slice(&report.stdout).expect("a report");
        assert_eq!(report["sessions"][0]["capture"]["snaplen_cut"], false);
        fs::read(path).expect("the evidence")
    };
    let original = fs::read(root().join("captures/tls12-postfix.pcap")).expect("a capture");
    let at = original
        .windows(3)
        .rposition(|it| it == [0x17, 3, 3])
        .expect("data");
    let data = &original[at + 5..at + 21];
    assert!(contains(&kept("tls12-postfix.pcap", &["--payload"]), data));
    assert!(!contains(&kept("tls12-postfix.pcap", &[]), data));
    let null = fs::read(root().join("captures/null.pcap")).expect("a capture");
    let secret = b"MAIL FROM:";
    assert!(contains(&null, secret), "null.pcap shows what NULL hides");
    assert!(!contains(&kept("null.pcap", &["--payload"]), secret));
}

#[test]
fn what_cannot_be_read_again_is_refused_at_once() {
    let out = env!("CARGO_TARGET_TMPDIR").to_owned() + "/never.pcapng";
    let output = Command::new(env!("CARGO_BIN_EXE_starttap"))
        .args(["read", "-o", &out])
        .stdin(Stdio::piped())
        .output()
        .expect("starttap runs");
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{told}");
    assert!(told.contains("standard input: is needed twice"), "{told}");
    assert!(
        told.contains("save it to a file first (tcpdump -w FILE)"),
        "{told}"
    );
    assert!(!Path::new(&out).exists());
}

#[test]
fn several_inputs_are_several_sections() {
    let captures = [
        "captures/story1-failing.pcap",
        "captures/story2-rc4-leaves.pcap",
    ];
    let (path, output) = evidence(captures[0], "sections", &[captures[1]]);
    let before: Value = serde_json::from_slice(&output.stdout).expect("a report");
    let again = starttap(&["read", "--format", "json", path.to_str().expect("a path")]);
    let after: Value = serde_json::from_slice(&again.stdout).expect("a report");
    let ids = |report: &Value| -> Vec<Vec<String>> {
        let sessions = report["sessions"].as_array().expect("sessions").iter();
        let ids = |session: &Value| {
            let found = session["findings"].as_array().expect("findings").iter();
            found.map(|it| it["id"].to_string()).collect()
        };
        sessions.map(ids).collect()
    };
    assert_eq!(ids(&before), ids(&after));
}

#[test]
fn a_message_is_hidden_and_its_end_found_again() {
    let mut talk = Talk::new()
        .open()
        .server("220 mx.example.org\r\n")
        .client("EHLO a\r\n");
    talk = talk.server("250-mx.example.org\r\n250 PIPELINING\r\n");
    talk = talk.client("MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n");
    talk = talk.server("250 ok\r\n250 ok\r\n354 go\r\n");
    for _ in 0..50 {
        talk = talk.client(&"Dear swordfish, this is a line of it.\r\n..\r\n.x\r\n".repeat(20));
    }
    talk = talk
        .client("the end\r\n.\r\nQUIT\r\n")
        .server("250 queued\r\n221 bye\r\n")
        .close();
    let before = capture(&talk.packets);
    let after = cut(&before, false);
    assert!(!contains(&after, b"swordfish") && !contains(&after, b"Dear"));
    assert_eq!(told(&before), told(&after));
    let of = |capture: &[u8]| sessions(capture).0.remove(0).smtp.expect("a dialogue");
    assert_eq!(of(&before), of(&after));
    assert!(of(&after).quit.is_some());
}
