//! Resets, genuine and foreign.

use super::{blames, cites, says, silent};
use crate::trace::tls::client_hello;
use crate::trace::{ACK, CLIENT, FIN, RST, SERVER, Seg, Trace};

/// A hello, and a reset in the server's name so many milliseconds later.
pub fn reset_after_hello(later: f64, seg: Seg) -> Trace {
    let mut trace = Trace::new();
    trace.granted().data(CLIENT, &client_hello(200));
    trace.wait(later).raw(
        SERVER,
        Seg {
            flags: RST,
            window: Some(seg.window.unwrap_or(0)),
            ..seg
        },
    );
    trace
}

#[test]
fn p02_a_refused_syn() {
    let mut trace = Trace::new();
    let syn = trace.syn(CLIENT);
    let reset = trace.wait(40.0).raw(
        SERVER,
        Seg {
            flags: RST | ACK,
            id: Some(0),
            ..Seg::default()
        },
    );
    let session = trace.session("p02");
    says(&session, "P02", "high", "high");
    cites(&session, "P02", &[syn, reset]);
    blames(&session, "P02");
    silent(&session, &["P01", "P04", "P13", "P17"]);
}

#[test]
fn p02_not_when_the_server_had_accepted() {
    let mut trace = Trace::new();
    trace.connect().wait(1.0).reset(SERVER);
    let session = trace.session("p02-accepted");
    silent(&session, &["P02", "P04", "P17"]);
}

#[test]
fn p03_a_reset_with_the_hop_limit_of_the_server() {
    // Linux resets carry identification 0: no sign of anything.
    let trace = reset_after_hello(
        41.0,
        Seg {
            id: Some(0),
            ..Seg::default()
        },
    );
    let session = trace.session("p03");
    says(&session, "P03", "high", "medium");
    assert_eq!(session["ended"]["by"], "server");
    silent(&session, &["P04", "P05", "P12"]);
}

#[test]
fn p03_not_with_another_hop_limit() {
    let trace = reset_after_hello(
        41.0,
        Seg {
            ttl: Some(61),
            id: Some(0),
            ..Seg::default()
        },
    );
    let session = trace.session("p03-foreign");
    silent(&session, &["P03"]);
    // One sign alone.
    says(&session, "P04", "high", "medium");
    blames(&session, "P04");
}

#[test]
fn p04_two_signs_are_sure() {
    let trace = reset_after_hello(
        41.0,
        Seg {
            ttl: Some(61),
            id: Some(0x1234),
            ..Seg::default()
        },
    );
    let session = trace.session("p04");
    says(&session, "P04", "high", "high");
    assert_eq!(session["ended"]["by"], "third-party");
    blames(&session, "P04");
    let text = session["verdict"]["text"].as_str().expect("a text");
    assert!(text.contains("about 3 hops"), "{text}");
    assert!(text.contains("about 7 hops"), "{text}");
}

#[test]
fn p04_not_for_routes_of_unequal_length() {
    for ttl in [55, 56, 58, 59] {
        let trace = reset_after_hello(
            41.0,
            Seg {
                ttl: Some(ttl),
                id: Some(0),
                ..Seg::default()
            },
        );
        let session = trace.session(&format!("p04-ecmp-{ttl}"));
        silent(&session, &["P04"]);
        assert_eq!(session["ended"]["by"], "server");
    }
}

#[test]
fn p04_another_initial_value_at_the_same_distance_is_only_possible() {
    let trace = reset_after_hello(
        41.0,
        Seg {
            ttl: Some(248),
            id: Some(0),
            ..Seg::default()
        },
    );
    let session = trace.session("p04-initial");
    says(&session, "P04", "low", "low");
    assert_eq!(session["ended"]["by"], "server");
    assert_ne!(session["verdict"]["finding"], "P04");
}

#[test]
fn p04_not_when_the_hop_limits_of_the_peer_differ_among_themselves() {
    let mut trace = Trace::new();
    trace.granted();
    trace.hosts[SERVER].ttl = 50;
    trace.bare(SERVER, ACK);
    trace.data(CLIENT, &client_hello(200));
    trace.wait(41.0).raw(
        SERVER,
        Seg {
            flags: RST,
            ttl: Some(61),
            id: Some(0),
            window: Some(0),
            ..Seg::default()
        },
    );
    silent(&trace.session("p04-pool"), &["P04", "P03"]);
}

#[test]
fn p04_sooner_than_the_peer_could() {
    let answered = |later: f64| {
        let mut trace = Trace::new();
        trace.granted().data(CLIENT, &client_hello(200));
        trace.wait(later).raw(
            SERVER,
            Seg {
                flags: RST | ACK,
                id: Some(0),
                window: Some(0),
                ..Seg::default()
            },
        );
        trace
    };
    let session = answered(3.0).session("p04-early");
    says(&session, "P04", "high", "medium");
    silent(&answered(41.0).session("p04-in-time"), &["P04"]);
}

#[test]
fn p04_the_peer_goes_on() {
    let mut trace = reset_after_hello(
        41.0,
        Seg {
            id: Some(0),
            ..Seg::default()
        },
    );
    let on = trace.wait(300.0).data(SERVER, b"220 ready\r\n");
    let session = trace.session("p04-went-on");
    says(&session, "P04", "high", "medium");
    cites(&session, "P04", &[on]);
    assert_eq!(session["ended"]["by"], "third-party");
}

#[test]
fn p04_not_for_what_was_under_way() {
    let mut trace = reset_after_hello(
        41.0,
        Seg {
            id: Some(0),
            ..Seg::default()
        },
    );
    trace.wait(5.0).data(SERVER, b"220 ready\r\n");
    silent(&trace.session("p04-reordered"), &["P04"]);
}

#[test]
fn p04_not_for_the_reset_of_a_stray_packet() {
    let mut trace = Trace::new();
    trace.granted();
    // A late packet of an earlier connection is answered in its own numbers.
    trace.raw(
        CLIENT,
        Seg {
            flags: RST,
            seq: Some(3_000_000_000),
            id: Some(0),
            window: Some(0),
            ..Seg::default()
        },
    );
    trace.wait(300.0).data(CLIENT, &client_hello(200));
    trace.wait(40.0).bare(SERVER, ACK);
    silent(&trace.session("p04-stray"), &["P04"]);
}

#[test]
fn p04_not_when_a_new_connection_follows() {
    let mut trace = reset_after_hello(
        41.0,
        Seg {
            id: Some(0),
            ..Seg::default()
        },
    );
    // The same initial sequence number, so that Wireshark sees one connection.
    trace.hosts[CLIENT].next = 5_000;
    trace.wait(300.0).connect();
    trace.wait(100.0).data(SERVER, b"220 again\r\n");
    silent(&trace.session("p04-reused"), &["P04"]);
}

#[test]
fn p04_a_window_copied_from_the_other_side() {
    let mut trace = Trace::new();
    trace.hosts[CLIENT].window = 4_000;
    trace.granted().data(CLIENT, &client_hello(200));
    trace.wait(41.0).raw(
        SERVER,
        Seg {
            flags: RST,
            id: Some(0),
            window: Some(4_000),
            ..Seg::default()
        },
    );
    let session = trace.session("p04-window");
    says(&session, "P04", "low", "low");
    let trace = reset_after_hello(
        41.0,
        Seg {
            id: Some(0),
            window: Some(510),
            ..Seg::default()
        },
    );
    silent(&trace.session("p04-own-window"), &["P04"]);
}

#[test]
fn p04_an_identification_that_does_not_fit() {
    let far = reset_after_hello(
        41.0,
        Seg {
            id: Some(0x2222),
            ..Seg::default()
        },
    );
    says(&far.session("p04-id"), "P04", "low", "low");
    let next = reset_after_hello(41.0, Seg::default());
    silent(&next.session("p04-next-id"), &["P04"]);
    // Zero says something of a server only that numbers its SYN+ACK.
    let mut zero = Trace::new();
    zero.numbers_all = true;
    zero.granted().data(CLIENT, &client_hello(200));
    zero.wait(41.0).reset(SERVER);
    says(&zero.session("p04-zero-id"), "P04", "low", "low");
}

#[test]
fn p05_both_ways_at_one_instant() {
    let mut trace = Trace::new();
    trace.granted().data(CLIENT, &client_hello(200));
    let one = trace.wait(41.0).reset(SERVER);
    let two = trace.wait(0.2).reset(CLIENT);
    let session = trace.session("p05");
    says(&session, "P05", "high", "medium");
    cites(&session, "P05", &[one, two]);
    assert_eq!(session["ended"]["by"], "third-party");
    blames(&session, "P05");
}

#[test]
fn p05_not_when_one_follows_the_other() {
    let mut trace = Trace::new();
    trace.granted().data(CLIENT, &client_hello(200));
    trace.wait(41.0).reset(SERVER);
    trace.wait(20.0).reset(CLIENT);
    silent(&trace.session("p05-later"), &["P05", "P04"]);
}

#[test]
fn p05_not_after_both_have_closed() {
    let mut trace = Trace::new();
    trace.granted().bare(CLIENT, FIN | ACK);
    trace.wait(40.0).bare(SERVER, FIN | ACK);
    trace.wait(1.0).reset(SERVER);
    trace.reset(CLIENT);
    let session = trace.session("p05-noise");
    silent(&session, &["P05", "P04"]);
    says(&session, "P21", "info", "high");
}

/// Idle, then a command that is answered by a reset with this hop limit.
pub fn idle(seconds: f64, ttl: u8, id: u16) -> Trace {
    let mut trace = Trace::new();
    trace.granted();
    trace.bare(CLIENT, ACK);
    trace
        .wait(seconds * 1000.0)
        .data(CLIENT, &client_hello(200));
    trace.wait(10.0).raw(
        SERVER,
        Seg {
            flags: RST,
            ttl: Some(ttl),
            id: Some(id),
            window: Some(0),
            ..Seg::default()
        },
    );
    trace
}

#[test]
fn p12_forgotten_while_idle() {
    let session = idle(300.0, 62, 0x2222).session("p12");
    says(&session, "P12", "high", "high");
    blames(&session, "P12");
    says(
        &idle(30.0, 62, 0x2222).session("p12-short"),
        "P12",
        "high",
        "medium",
    );
}

#[test]
fn p12_not_when_the_server_itself_had_enough() {
    let session = idle(300.0, 57, 0).session("p12-own");
    silent(&session, &["P12", "P04"]);
    assert_eq!(session["ended"]["by"], "server");
    // Nor without a silence.
    silent(&idle(1.0, 62, 0x2222).session("p12-busy"), &["P12"]);
}

#[test]
fn what_went_well_is_not_forgotten() {
    let mut trace = Trace::new();
    trace.connect();
    trace.wait(40.0).data(SERVER, b"220 mail.example.com\r\n");
    trace.wait(1.0).data(CLIENT, b"EHLO hub.example.net\r\n");
    trace.wait(40.0).data(SERVER, b"250 mail.example.com\r\n");
    trace
        .wait(1.0)
        .data(CLIENT, b"MAIL FROM:<a@example.net>\r\n");
    trace.wait(40.0).data(SERVER, b"250 ok\r\n");
    trace.wait(9.0).raw(
        SERVER,
        Seg {
            flags: RST,
            ttl: Some(62),
            id: Some(0x2222),
            window: Some(0),
            ..Seg::default()
        },
    );
    let session = trace.session("cleartext-cut");
    assert_eq!(session["outcome"], "cleartext");
    blames(&session, "P04");
    let text = session["verdict"]["text"].as_str().expect("a text");
    assert!(text.contains("in clear"), "{text}");
}
