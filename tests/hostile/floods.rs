//! Traffic made to fill memory or time.

use std::time::{Duration, UNIX_EPOCH};

use starttap::limits::Limits;
use starttap::model::Session;

use super::{assert_bounded, reports};
use crate::wire::{ACK, CLIENT, FIN, PSH, RST, Run, SERVER, SYN, Talk};

const STARTTLS: [&str; 4] = [
    "EHLO a\r\n",
    "250-mx\r\n250 STARTTLS\r\n",
    "STARTTLS\r\n",
    "220 go\r\n",
];

/// A talk in which TLS was granted.
fn granted() -> Talk {
    let [hello, capabilities, request, reply] = STARTTLS;
    Talk::new()
        .open()
        .server("220 mx ESMTP\r\n")
        .client(hello)
        .server(capabilities)
        .client(request)
        .server(reply)
}

/// Runs the traffic; the sessions are within bounds and can be printed.
fn run(talk: &Talk) -> Vec<Session> {
    run_with(talk, &Limits::default())
}

fn run_with(talk: &Talk, limits: &Limits) -> Vec<Session> {
    let mut run = Run::new(limits.clone());
    talk.packets.iter().for_each(|packet| run.push(packet));
    let sessions = run.finish();
    for session in &sessions {
        assert_bounded(session, limits);
    }
    if sessions.len() < 100 {
        reports(&sessions);
    }
    sessions
}

/// Four times the traffic takes about four times as long; sixteen times would be quadratic.
fn linear(name: &str, n: usize, traffic: impl Fn(usize) -> Talk) {
    let time = |n: usize| {
        let talk = traffic(n);
        let once = || {
            let start = cpu_time();
            run(&talk);
            cpu_time().saturating_sub(start)
        };
        (0..3).map(|_| once()).min().unwrap_or_default()
    };
    let (small, large) = (time(n), time(4 * n));
    say!("{name}: {small:?} for {n}, {large:?} for {}", 4 * n);
    assert!(
        large < small * 10 + Duration::from_millis(100),
        "{name}: {small:?} for {n}, {large:?} for {}",
        4 * n
    );
}

/// Time this thread has had a processor, where the system tells, since the machine has other
/// things to do; elsewhere the time of day.
fn cpu_time() -> Duration {
    let spent = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanos = spent.and_then(|text| text.split(' ').next()?.parse().ok());
    nanos.map_or_else(
        || UNIX_EPOCH.elapsed().unwrap_or_default(),
        Duration::from_nanos,
    )
}

/// The same segment over and over.
fn repeated(mut talk: Talk, from: usize, payload: &[u8], times: usize) -> Talk {
    for _ in 0..times {
        talk.send(from, PSH | ACK, payload);
    }
    talk
}

fn record(kind: u8, body: &[u8]) -> Vec<u8> {
    let mut record = vec![kind, 3, 1];
    record.extend((body.len() as u16).to_be_bytes());
    record.extend(body);
    record
}

#[test]
fn one_byte_segments_behind_holes() {
    linear("one-byte segments", 4000, |n| {
        let mut talk = granted();
        for at in 0..n {
            talk.next[CLIENT] = talk.next[CLIENT].wrapping_add(1);
            talk.send(CLIENT, ACK, &[at as u8]);
        }
        talk
    });
}

/// Large segments over thousands of waiting bytes with a hole between each two.
#[test]
fn segments_that_cover_many_holes() {
    linear("covering segments", 300, |n| {
        let mut talk = granted();
        let start = talk.next[CLIENT];
        for round in 0..n as u32 {
            let base = start.wrapping_add(1 + round * 400);
            for at in 0..100 {
                talk.next[CLIENT] = base.wrapping_add(at * 3);
                talk.send(CLIENT, ACK, b"x");
            }
            talk.next[CLIENT] = base;
            talk.send(CLIENT, ACK, &[b'y'; 350]);
        }
        talk
    });
}

#[test]
fn segments_far_apart() {
    linear("far gaps", 5000, |n| {
        let mut talk = granted();
        for at in 0..n as u32 {
            talk.next[CLIENT] = talk.next[CLIENT].wrapping_add(at.wrapping_mul(0x1234_5677));
            talk.send(CLIENT, ACK, &[b'x'; 600]);
            talk.next[SERVER] = talk.next[SERVER].wrapping_add(at << 20);
            talk.send(SERVER, ACK, b"250 ok\r\n");
        }
        talk
    });
}

/// Connections that have bytes behind holes when no memory is left for them take what they have
/// as it is: to those that still wait, a late segment brings everything.
#[test]
fn waiting_bytes_of_all_connections_are_bounded() {
    let limits = Limits {
        pending_bytes_total: 100_000,
        ..Limits::default()
    };
    let mut run = Run::new(limits);
    let mut late = Vec::new();
    for port in 20_000..20_100 {
        let mut talk = Talk::between(&format!("192.0.2.10:{port}"), "192.0.2.25:25").open();
        let start = talk.next[CLIENT];
        for _ in 0..100 {
            talk.next[CLIENT] += 1;
            talk.send(CLIENT, ACK, b"x");
        }
        talk.packets.iter().for_each(|packet| run.push(packet));
        talk.next[CLIENT] = start;
        talk.send(CLIENT, ACK, &[b'x'; 200]);
        late.extend(talk.packets.pop());
    }
    late.iter().for_each(|packet| run.push(packet));
    let sessions = run.finish();
    let held = sessions
        .iter()
        .filter(|it| it.evidence.undelivered[CLIENT] == 0);
    // A hundred segments of one byte take more than ten thousand.
    assert!((1..10).contains(&held.count()));
    assert_eq!(sessions.len(), 100);
}

#[test]
fn a_line_without_end() {
    linear("endless line", 2000, |n| {
        repeated(Talk::new().open(), SERVER, &[b'2'; 1400], n)
    });
    let talk = repeated(Talk::new().open(), CLIENT, &[b'x'; 1400], 1000);
    assert!(run(&talk)[0].smtp.is_none());
}

#[test]
fn a_handshake_message_without_end() {
    for len in [[0xFF, 0xFF, 0xFF], [0x03, 0xFF, 0xFF], [0x04, 0x00, 0x00]] {
        linear("endless message", 500, |n| {
            let header = record(22, &[&[1][..], &len].concat());
            let talk = granted();
            let mut talk = repeated(talk, CLIENT, &header, 1);
            talk = repeated(talk, CLIENT, &record(22, &[0; 1400]), n);
            talk
        });
    }
}

#[test]
fn messages_without_body() {
    linear("empty messages", 300, |n| {
        let body: Vec<u8> = [14, 0, 0, 0].repeat(350);
        repeated(granted(), SERVER, &record(22, &body), n)
    });
}

#[test]
fn alerts_by_the_million() {
    linear("alerts", 500, |n| {
        repeated(granted(), SERVER, &record(21, &[1, 90]).repeat(200), n)
    });
    let talk = repeated(granted(), SERVER, &record(21, &[2, 40]).repeat(8000), 125);
    let sessions = run(&talk);
    assert_eq!(sessions[0].tls.as_ref().unwrap().alerts.len(), 16);
}

#[test]
fn empty_records_and_garbage_after_a_hole() {
    for bytes in [
        &[0x16, 3, 1, 0, 0][..],
        &[0x16, 3, 1, 0xFF, 0xFF],
        &[0x16],
        &[0x16, 3],
        &[0x80, 0x2E, 1, 3, 1],
        b"\x16\x03\x01\x00\x01\x01QUIT\r\n",
    ] {
        linear("records", 300, |n| {
            let mut talk = granted();
            talk.send(SERVER, PSH | ACK, &record(22, b"abc"));
            talk.next[SERVER] += 100_000;
            let talk = repeated(talk, SERVER, &bytes.repeat(1200 / bytes.len()), n);
            repeated(talk, CLIENT, &bytes.repeat(1200 / bytes.len()), n)
        });
    }
}

#[test]
fn certificates_by_the_thousand() {
    // Ten thousand certificates of three bytes in one message.
    let list: Vec<u8> = [0, 0, 3, 0x30, 1, 0].repeat(10_000);
    let mut body = vec![11];
    body.extend(&((list.len() + 3) as u32).to_be_bytes()[1..]);
    body.extend(&(list.len() as u32).to_be_bytes()[1..]);
    body.extend(&list);
    let mut talk = granted();
    for part in body.chunks(1400) {
        talk.send(SERVER, PSH | ACK, &record(22, part));
    }
    let sessions = run(&talk);
    let chain = &sessions[0].tls.as_ref().unwrap().certificates.server;
    assert_eq!(chain.len(), 32);
}

#[test]
fn capabilities_by_the_thousand() {
    linear("capabilities", 200, |n| {
        let talk = Talk::new().open().server("220 mx\r\n").client("EHLO a\r\n");
        repeated(talk, SERVER, &b"250-XXXXXXXXX y\r\n".repeat(80), n).server("250 STARTTLS\r\n")
    });
}

#[test]
fn pipelines_of_a_million_commands() {
    linear("pipeline", 200, |n| {
        let talk = Talk::new().open().server("220 mx\r\n");
        let talk = repeated(talk, CLIENT, &b"NOOP\r\nEHLO a\r\n".repeat(100), n);
        repeated(talk, SERVER, &b"250 ok\r\n250-a\r\n250 b\r\n".repeat(60), n)
    });
    let mut talk = Talk::new().open().server("220 mx\r\n");
    talk = repeated(talk, CLIENT, &b"NOOP\r\n".repeat(8000), 125);
    talk = repeated(
        talk.client("STARTTLS\r\n"),
        SERVER,
        &b"250 ok\r\n".repeat(8000),
        125,
    );
    let sessions = run(&talk.server("220 go\r\n"));
    let smtp = sessions[0].smtp.as_ref().unwrap();
    assert_eq!(smtp.reply.as_ref().map(|reply| reply.code), Some(220));
}

#[test]
fn storms_of_resets_and_fins() {
    for flags in [RST, RST | ACK, FIN | ACK, FIN | RST | SYN | ACK] {
        linear("storm", 3000, |n| {
            let mut talk = granted();
            for at in 0..n {
                talk.send(at % 2, flags, b"");
            }
            talk
        });
    }
}

#[test]
fn the_same_ports_ten_thousand_times() {
    let mut talk = Talk::new();
    for isn in 0..10_000_u32 {
        talk.next = [isn.wrapping_mul(0x9E37_79B9), 5];
        talk = talk.open().server("220 mx\r\n");
    }
    let sessions = run(&talk);
    assert_eq!(sessions.len(), 10_000);
    assert!(sessions.iter().all(|session| session.smtp.is_some()));
}

#[test]
fn time_that_runs_backwards() {
    let mut talk = granted();
    let mut late = Talk::between("192.0.2.11:40000", "192.0.2.25:25").open();
    for round in 0..1000 {
        late = late.client("NOOP\r\n").server("250 ok\r\n");
        late.time -= round * 1_000_000_000;
    }
    talk.packets.extend(late.packets);
    let sessions = run(&talk);
    assert_eq!(sessions.len(), 2, "{:?}", sessions.len());
}

#[test]
fn packets_sent_to_oneself() {
    for ends in ["192.0.2.25:25", "[2001:db8::1]:25"] {
        let talk = Talk::between(ends, ends)
            .open()
            .server("220 mx\r\n")
            .client("EHLO a\r\n")
            .server("250-mx\r\n250 STARTTLS\r\n")
            .close();
        run(&talk);
    }
}

#[test]
fn more_connections_than_may_be_open() {
    let limits = Limits {
        sessions: 10,
        other_connections: 10,
        ..Limits::default()
    };
    let mut run = Run::new(limits);
    for port in 1..100 {
        let talk = Talk::between(&format!("192.0.2.10:{port}"), "192.0.2.25:25").open();
        talk.packets.iter().for_each(|packet| run.push(packet));
    }
    assert_eq!(run.engine.limits_hit().len(), 2);
    assert!(run.finish().len() <= 30);
}
