//! Somebody waits and nothing comes.

use super::{blames, cites, finding, says, silent};
use crate::trace::tls::client_hello;
use crate::trace::{ACK, CLIENT, FIN, RST, SERVER, Seg, Trace};

/// SYNs with these waits between them, in milliseconds.
pub fn syns(waits: &[f64]) -> Trace {
    let mut trace = Trace::new();
    trace.syn(CLIENT);
    for &wait in waits {
        trace.hosts[CLIENT].next -= 1;
        trace.wait(wait).syn(CLIENT);
    }
    trace
}

#[test]
fn p01_syns_without_an_answer() {
    let session = syns(&[1_000.0, 2_000.0, 4_000.0]).session("p01");
    says(&session, "P01", "high", "high");
    cites(&session, "P01", &[1, 2, 3, 4]);
    blames(&session, "P01");
    silent(&session, &["P13", "P17", "P02"]);
}

#[test]
fn p01_a_refusal_in_the_other_direction_looks_alike() {
    // Windows tries again half a second after a RST, which is not in the capture.
    let session = syns(&[500.0, 500.0]).session("p01-windows");
    says(&session, "P01", "high", "medium");
}

#[test]
fn p01_not_when_the_client_goes_on() {
    // One direction of a connection that works.
    let mut trace = syns(&[1_000.0, 2_000.0]);
    trace.wait(40.0).bare(CLIENT, ACK);
    trace.wait(40.0).data(CLIENT, b"EHLO hub.example.net\r\n");
    silent(&trace.session("p01-one-sided"), &["P01"]);
    // And the last packet of a capture is not unanswered.
    silent(&syns(&[]).session("p01-last"), &["P01"]);
}

#[test]
fn p01_a_router_says_why() {
    let mut trace = syns(&[]);
    let icmp = trace.wait(5.0).icmp(3, 13, 0, 1);
    let session = trace.session("p01-icmp");
    says(&session, "P01", "high", "high");
    cites(&session, "P01", &[icmp]);
}

/// The client's window closes in the middle of a message for so long.
pub fn stalled(milliseconds: f64, probe: bool) -> Trace {
    let mut trace = Trace::new();
    trace.granted();
    let close = Seg {
        flags: ACK,
        window: Some(0),
        ..Seg::default()
    };
    trace.raw(CLIENT, close.clone());
    if probe {
        trace.wait(milliseconds / 2.0);
        let before = trace.hosts[SERVER].next - 1;
        trace.again(SERVER, before, b"");
        trace.wait(1.0).raw(CLIENT, close);
        trace.wait(milliseconds / 2.0);
    } else {
        trace.wait(milliseconds);
    }
    trace.bare(CLIENT, ACK);
    trace
}

#[test]
fn p09_a_window_that_stays_closed() {
    let session = stalled(3_000.0, true).session("p09");
    says(&session, "P09", "medium", "high");
    let mut never = stalled(100.0, false);
    never.raw(
        CLIENT,
        Seg {
            flags: ACK,
            window: Some(0),
            ..Seg::default()
        },
    );
    never.wait(8_000.0).bare(SERVER, FIN | ACK);
    let session = never.session("p09-never");
    says(&session, "P09", "high", "high");
    blames(&session, "P09");
}

#[test]
fn p09_not_for_a_moment_nor_for_the_window_of_a_reset() {
    silent(&stalled(300.0, false).session("p09-moment"), &["P09"]);
    let mut trace = Trace::new();
    trace.granted().reset(CLIENT);
    trace.wait(3_000.0).bare(SERVER, ACK);
    silent(&trace.session("p09-reset"), &["P09"]);
}

#[test]
fn p09_not_for_a_small_window_of_unknown_scale() {
    let mut trace = Trace::new();
    trace.hosts[CLIENT].window = 1;
    trace.data(SERVER, b"220 mail.example.com\r\n");
    trace.bare(CLIENT, ACK);
    trace.wait(5_000.0).data(SERVER, b"221 bye\r\n");
    silent(&trace.session("p09-scale"), &["P09"]);
}

/// A hello that is acknowledged, and what follows.
pub fn acknowledged() -> Trace {
    let mut trace = Trace::new();
    trace.granted().data(CLIENT, &client_hello(200));
    trace.wait(40.0).bare(SERVER, ACK);
    trace
}

#[test]
fn p10_a_hello_without_an_answer() {
    let mut trace = acknowledged();
    trace.wait(8_000.0).bare(CLIENT, FIN | ACK);
    let session = trace.session("p10");
    says(&session, "P10", "high", "medium");
    blames(&session, "P10");
    silent(&session, &["P11", "P08"]);
}

#[test]
fn p10_a_late_answer_is_worth_a_word() {
    let mut trace = acknowledged();
    trace.wait(8_000.0).data(SERVER, &[0x15, 3, 3, 0, 2, 2, 40]);
    trace.wait(1.0).bare(SERVER, FIN | ACK);
    let session = trace.session("p10-late");
    says(&session, "P10", "medium", "medium");
    assert_ne!(session["verdict"]["finding"], "P10");
}

#[test]
fn p10_not_when_it_answers_in_time_or_its_side_is_missing() {
    let mut trace = acknowledged();
    trace.wait(2_000.0).bare(CLIENT, FIN | ACK);
    silent(&trace.session("p10-short"), &["P10"]);
    // The client acknowledges what the capture does not hold.
    let mut trace = acknowledged();
    trace.unseen(SERVER, 2_000);
    trace.hosts[CLIENT].got = trace.hosts[SERVER].next;
    trace.wait(100.0).bare(CLIENT, ACK);
    trace.wait(8_000.0).bare(CLIENT, FIN | ACK);
    silent(&trace.session("p10-unseen"), &["P10"]);
}

#[test]
fn p10_is_not_the_verdict_when_the_server_closes() {
    let mut trace = acknowledged();
    trace.wait(8_000.0).bare(SERVER, FIN | ACK);
    let session = trace.session("p10-closed");
    assert!(finding(&session, "P10").is_some());
    assert_ne!(session["verdict"]["finding"], "P10");
}

/// A hello that is sent again after each of these waits.
pub fn lost(waits: &[f64]) -> Trace {
    let mut trace = Trace::new();
    trace.granted();
    let start = trace.hosts[CLIENT].next;
    let hello = client_hello(517);
    trace.lost(CLIENT, &hello);
    for &wait in waits {
        trace.wait(wait).again(CLIENT, start, &hello);
    }
    trace
}

#[test]
fn p11_a_hello_that_does_not_get_through() {
    let session = lost(&[300.0, 600.0, 1_200.0, 2_400.0]).session("p11");
    says(&session, "P11", "high", "medium");
    blames(&session, "P11");
    silent(&session, &["P06", "P10"]);
    says(&lost(&[300.0]).session("p11-once"), "P11", "medium", "low");
}

#[test]
fn p11_not_when_a_repetition_arrives() {
    let mut trace = lost(&[300.0]);
    trace.hosts[SERVER].got = trace.hosts[CLIENT].next;
    trace.wait(40.0).bare(SERVER, ACK);
    trace.wait(10.0).bare(SERVER, FIN | ACK);
    silent(&trace.session("p11-recovered"), &["P11"]);
}

#[test]
fn p13_no_end() {
    let session = acknowledged().session("p13");
    says(&session, "P13", "info", "high");
    let mut trace = acknowledged();
    trace.bare(CLIENT, FIN | ACK);
    silent(&trace.session("p13-fin"), &["P13"]);
}

#[test]
fn p17_and_p18_without_a_word() {
    let mut trace = Trace::new();
    trace.connect().wait(50.0).bare(CLIENT, FIN | ACK);
    let session = trace.session("p17");
    says(&session, "P17", "info", "high");
    silent(&session, &["P18"]);
    let mut trace = Trace::new();
    trace.connect().wait(6_000.0).bare(CLIENT, FIN | ACK);
    let session = trace.session("p18");
    says(&session, "P18", "high", "high");
    blames(&session, "P18");
    silent(&session, &["P17"]);
    // A scan does not complete the handshake.
    let mut trace = Trace::new();
    trace.syn(CLIENT);
    trace.wait(40.0).syn(SERVER);
    trace.reset(CLIENT);
    says(&trace.session("p17-scan"), "P17", "info", "high");
}

#[test]
fn p17_and_p18_not_with_a_banner_a_server_that_leaves_or_one_direction() {
    let both = ["P17", "P18"];
    let mut trace = Trace::new();
    trace.connect().data(SERVER, b"220 mail.example.com\r\n");
    trace.wait(6_000.0).bare(CLIENT, FIN | ACK);
    silent(&trace.session("p18-banner"), &both);
    let mut trace = Trace::new();
    trace.connect().wait(6_000.0).bare(SERVER, FIN | ACK);
    silent(&trace.session("p18-server"), &both);
    // The banner was acknowledged: it came, but not into the capture.
    let mut trace = Trace::new();
    trace.connect().unseen(SERVER, 30);
    trace.hosts[CLIENT].got = trace.hosts[SERVER].next;
    trace.wait(100.0).bare(CLIENT, ACK);
    trace.wait(6_000.0).bare(CLIENT, FIN | ACK);
    silent(&trace.session("p18-unseen"), &both);
    // With implicit TLS the client speaks first.
    let mut trace = Trace::new();
    trace.hosts[SERVER].port = 465;
    trace.connect().wait(6_000.0).bare(CLIENT, FIN | ACK);
    silent(&trace.session("p18-465"), &both);
    let mut trace = Trace::new();
    trace.syn(CLIENT);
    trace.wait(40.0).bare(CLIENT, ACK);
    trace.wait(6_000.0).bare(CLIENT, RST | ACK);
    silent(&trace.session("p18-half"), &both);
}
