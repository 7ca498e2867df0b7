//! Connections that end in odd ways, or do not get through.

use super::Named;
use crate::endings::path::{BACKED_OFF, FULL, flight, repeat};
use crate::endings::resets::{idle, reset_after_hello};
use crate::endings::silence::{acknowledged, stalled, syns};
use crate::trace::tls::client_hello;
use crate::trace::{ACK, CLIENT, FIN, SERVER, Seg, Trace};

pub const TRACES: &[Named] = &[
    ("syns-then-data", syns_then_data),
    ("reset-when-connected", reset_when_connected),
    ("reset-with-own-ttl", || reset_after_hello(41.0, ttl(57))),
    ("reset-with-ttl-one-lower", || {
        reset_after_hello(41.0, ttl(56))
    }),
    ("reset-with-other-ttl", || reset_after_hello(41.0, ttl(61))),
    ("resets-a-round-trip-apart", resets_apart),
    ("burst-of-loss", burst_of_loss),
    ("prohibited-by-icmp", prohibited_by_icmp),
    ("window-closed-for-300-ms", || stalled(300.0, false)),
    ("answer-after-two-seconds", answer_after_two_seconds),
    ("idle-then-foreign-reset", || idle(300.0, 62, 0x2222)),
    ("idle-then-own-reset", || idle(300.0, 57, 0)),
    ("leaves-at-once", || leaves_after(50.0, 25)),
    ("leaves-after-four-seconds", || leaves_after(4_000.0, 25)),
    ("leaves-after-six-seconds", || leaves_after(6_000.0, 25)),
    ("leaves-465-after-six-seconds", || {
        leaves_after(6_000.0, 465)
    }),
];

/// A reset as Linux sends it, with this hop limit; the server's packets have 57.
fn ttl(ttl: u8) -> Seg {
    Seg {
        ttl: Some(ttl),
        id: Some(0),
        ..Seg::default()
    }
}

/// One direction of a connection that works.
fn syns_then_data() -> Trace {
    let mut trace = syns(&[1_000.0, 2_000.0]);
    trace.wait(40.0).bare(CLIENT, ACK);
    trace.wait(40.0).data(CLIENT, b"EHLO hub.example.net\r\n");
    trace
}

fn reset_when_connected() -> Trace {
    let mut trace = Trace::new();
    trace.connect().wait(1.0).reset(SERVER);
    trace
}

fn resets_apart() -> Trace {
    let mut trace = Trace::new();
    trace.granted().data(CLIENT, &client_hello(200));
    trace.wait(41.0).reset(SERVER);
    trace.wait(40.0).reset(CLIENT);
    trace
}

/// Three repetitions, the last of which arrives.
fn burst_of_loss() -> Trace {
    let mut trace = Trace::new();
    let start = flight(&mut trace, FULL, true);
    repeat(&mut trace, start, FULL, &BACKED_OFF[..3]);
    trace.hosts[CLIENT].got = start + FULL as u32;
    trace.wait(40.0).bare(CLIENT, ACK);
    trace
}

/// ICMP type 3 as for an MTU, with another code.
fn prohibited_by_icmp() -> Trace {
    let mut trace = Trace::new();
    trace.granted();
    let hello = trace.data(CLIENT, &client_hello(200));
    trace.wait(1.0).icmp(3, 13, 0, hello);
    trace
}

fn answer_after_two_seconds() -> Trace {
    let mut trace = acknowledged();
    trace.wait(2_000.0).bare(SERVER, FIN | ACK);
    trace
}

fn leaves_after(milliseconds: f64, port: u16) -> Trace {
    let mut trace = Trace::new();
    trace.hosts[SERVER].port = port;
    trace.connect().wait(milliseconds).bare(CLIENT, FIN | ACK);
    trace
}
