//! Full-size packets that do not get through.

use super::{blames, cites, says, silent};
use crate::trace::tls::client_hello;
use crate::trace::{ACK, CLIENT, SERVER, Seg, Trace};

/// A full-size segment.
pub const FULL: usize = 1_448;

/// The server answers the hello with a flight of two full segments and a smaller one. Seen at the
/// server: everything is sent, the full ones do not arrive. Gives the start of the first.
pub fn flight(trace: &mut Trace, size: usize, tail: bool) -> u32 {
    trace.granted().data(CLIENT, &client_hello(200));
    let start = trace.hosts[SERVER].next;
    trace.wait(2.0).bare(SERVER, ACK);
    trace.lost(SERVER, &vec![0x16; size]);
    trace.lost(SERVER, &vec![0x00; size]);
    if tail {
        trace.lost(SERVER, &[0x00; 300]);
        asks(trace, size, 300);
    }
    start
}

/// The client asks for what is missing: it has what follows two segments.
fn asks(trace: &mut Trace, size: usize, tail: u32) {
    let from = trace.hosts[CLIENT].got + 2 * size as u32;
    let mut options = vec![1, 1, 5, 10];
    options.extend(from.to_be_bytes());
    options.extend((from + tail).to_be_bytes());
    trace.wait(40.0).raw(
        CLIENT,
        Seg {
            flags: ACK,
            options,
            ..Seg::default()
        },
    );
}

/// Sends these bytes again after each of these waits, in milliseconds.
pub fn repeat(trace: &mut Trace, start: u32, size: usize, waits: &[f64]) -> Vec<u64> {
    waits
        .iter()
        .map(|&wait| trace.wait(wait).again(SERVER, start, &vec![0x16; size]))
        .collect()
}

pub const BACKED_OFF: [f64; 4] = [300.0, 600.0, 1_200.0, 2_400.0];

#[test]
fn p06_full_segments_vanish_and_smaller_ones_arrive() {
    let mut trace = Trace::new();
    let start = flight(&mut trace, FULL, true);
    let again = repeat(&mut trace, start, FULL, &BACKED_OFF);
    let session = trace.session("p06");
    says(&session, "P06", "high", "high");
    cites(&session, "P06", &again);
    blames(&session, "P06");
    silent(&session, &["P07", "P08", "P11"]);
}

#[test]
fn p06_not_sure_when_nothing_smaller_follows() {
    let mut trace = Trace::new();
    let start = flight(&mut trace, FULL, false);
    repeat(&mut trace, start, FULL, &BACKED_OFF);
    // The whole path may have failed.
    says(&trace.session("p06-dead"), "P06", "high", "medium");
}

#[test]
fn p06_not_for_a_burst_of_loss() {
    let mut trace = Trace::new();
    let start = flight(&mut trace, FULL, true);
    repeat(&mut trace, start, FULL, &BACKED_OFF);
    // The same size got through in the end.
    trace.hosts[CLIENT].got = start + FULL as u32;
    trace.wait(40.0).bare(CLIENT, ACK);
    silent(&trace.session("p06-burst"), &["P06"]);
}

#[test]
fn p06_not_when_the_length_changes() {
    let mut trace = Trace::new();
    let start = flight(&mut trace, FULL, true);
    for (wait, size) in [
        (300.0, FULL),
        (600.0, 1_200),
        (1_200.0, FULL),
        (2_400.0, 900),
    ] {
        trace.wait(wait).again(SERVER, start, &vec![0x16; size]);
    }
    silent(&trace.session("p06-lengths"), &["P06"]);
}

#[test]
fn p06_not_for_small_segments() {
    let mut trace = Trace::new();
    let start = flight(&mut trace, 700, true);
    repeat(&mut trace, start, 700, &BACKED_OFF);
    silent(&trace.session("p06-small"), &["P06"]);
}

#[test]
fn p06_not_for_frames_that_the_card_cuts() {
    let mut trace = Trace::new();
    let start = flight(&mut trace, 2 * FULL, true);
    repeat(&mut trace, start, 2 * FULL, &BACKED_OFF);
    silent(&trace.session("p06-offload"), &["P06"]);
}

#[test]
fn p06_not_with_three_transmissions_or_steady_intervals() {
    let mut trace = Trace::new();
    let start = flight(&mut trace, FULL, true);
    repeat(&mut trace, start, FULL, &BACKED_OFF[..2]);
    silent(&trace.session("p06-few"), &["P06"]);
    let mut trace = Trace::new();
    let start = flight(&mut trace, FULL, true);
    repeat(&mut trace, start, FULL, &[400.0; 5]);
    silent(&trace.session("p06-steady"), &["P06"]);
}

#[test]
fn p06_in_smaller_pieces_it_passed() {
    let mut trace = Trace::new();
    let start = flight(&mut trace, FULL, true);
    repeat(&mut trace, start, FULL, &BACKED_OFF[..3]);
    trace.wait(2_400.0).again(SERVER, start, &[0x16; 512]);
    trace.hosts[CLIENT].got = start + 512;
    trace.wait(40.0).bare(CLIENT, ACK);
    let session = trace.session("p06-probing");
    says(&session, "P06", "high", "high");
    // It cost time and was no reason to fail.
    assert_ne!(session["verdict"]["finding"], "P06");
}

#[test]
fn p07_the_message_does_not_help() {
    let mut trace = Trace::new();
    let start = flight(&mut trace, FULL, true);
    let first = trace.again(SERVER, start, &[0x16; FULL]);
    let icmp = trace.wait(1.0).icmp(3, 4, 1_400, first);
    repeat(&mut trace, start, FULL, &BACKED_OFF);
    let session = trace.session("p07");
    says(&session, "P07", "high", "high");
    cites(&session, "P07", &[icmp]);
    blames(&session, "P07");
    silent(&session, &["P06"]);
}

#[test]
fn p07_the_sender_keeps_to_it() {
    let mut trace = Trace::new();
    let start = flight(&mut trace, FULL, false);
    let first = trace.again(SERVER, start, &[0x16; FULL]);
    trace.wait(1.0).icmp(3, 4, 1_400, first);
    trace.wait(1.0).again(SERVER, start, &[0x16; 1_348]);
    trace.hosts[CLIENT].got = start + 1_348;
    trace.wait(40.0).bare(CLIENT, ACK);
    let session = trace.session("p07-heeded");
    says(&session, "P07", "info", "high");
    assert_ne!(session["verdict"]["finding"], "P07");
    // Another kind of error is none about sizes.
    let mut trace = Trace::new();
    trace.granted();
    let hello = trace.data(CLIENT, &client_hello(200));
    trace.wait(1.0).icmp(3, 13, 0, hello);
    silent(&trace.session("p07-other"), &["P07"]);
}

/// Seen at the client: the full segments of the server's flight never come, the small one does.
pub fn gap(trace: &mut Trace, size: usize) -> u64 {
    trace.granted().data(CLIENT, &client_hello(200));
    trace.wait(40.0).bare(SERVER, ACK);
    trace.unseen(SERVER, 2 * size);
    let tail = trace.lost(SERVER, &[0x00; 300]);
    asks(trace, size, 300);
    tail
}

#[test]
fn p08_full_segments_never_come() {
    let mut trace = Trace::new();
    let tail = gap(&mut trace, FULL);
    trace.wait(10_000.0).bare(CLIENT, 0x01 | ACK);
    let session = trace.session("p08");
    says(&session, "P08", "high", "medium");
    cites(&session, "P08", &[tail]);
    blames(&session, "P08");
    silent(&session, &["P06", "P10"]);
}

#[test]
fn p08_not_when_the_capture_lacks_them() {
    let mut trace = Trace::new();
    gap(&mut trace, FULL);
    trace.hosts[CLIENT].got = trace.hosts[SERVER].next;
    trace.wait(1.0).bare(CLIENT, ACK);
    trace.wait(10_000.0).bare(CLIENT, 0x01 | ACK);
    silent(&trace.session("p08-unseen"), &["P08"]);
}

#[test]
fn p08_not_when_the_hole_is_filled_or_small() {
    let mut trace = Trace::new();
    gap(&mut trace, FULL);
    let start = trace.hosts[CLIENT].got;
    trace.wait(300.0).again(SERVER, start, &[0x16; FULL]);
    trace.again(SERVER, start + FULL as u32, &[0x16; FULL]);
    trace.hosts[CLIENT].got = trace.hosts[SERVER].next;
    trace.bare(CLIENT, ACK);
    trace.wait(10_000.0).bare(CLIENT, 0x01 | ACK);
    silent(&trace.session("p08-filled"), &["P08"]);
    let mut trace = Trace::new();
    gap(&mut trace, 400);
    trace.wait(10_000.0).bare(CLIENT, 0x01 | ACK);
    silent(&trace.session("p08-small"), &["P08"]);
}

#[test]
fn p08_not_for_the_numbers_of_another_connection() {
    let mut trace = Trace::new();
    trace.granted().data(CLIENT, &client_hello(200));
    trace.wait(40.0).bare(SERVER, ACK);
    let elsewhere = trace.hosts[SERVER].next.wrapping_add(1_800_000_000);
    trace.again(SERVER, elsewhere, &[0x00; 300]);
    trace.bare(CLIENT, ACK);
    trace.wait(10_000.0).bare(CLIENT, 0x01 | ACK);
    silent(&trace.session("p08-shifted"), &["P08"]);
}

#[test]
fn p08_not_when_a_full_segment_did_come() {
    let mut trace = Trace::new();
    trace.connect();
    trace.wait(40.0).data(SERVER, b"220 mail.example.com\r\n");
    trace.wait(40.0).data(SERVER, &[b'x'; FULL]);
    trace.unseen(SERVER, FULL);
    trace.lost(SERVER, &[b'x'; 300]);
    asks(&mut trace, FULL / 2, 300);
    trace.wait(10_000.0).bare(CLIENT, 0x01 | ACK);
    silent(&trace.session("p08-full-came"), &["P08"]);
}
