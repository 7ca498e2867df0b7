//! What follows from the rules and is easily got wrong.

use super::{OPEN, Wire};
use crate::model::tcp::Counters;

fn opened() -> Wire {
    let mut wire = Wire::new();
    wire.play(OPEN);
    wire
}

/// Three segments of which the second is missing, and what makes its repetition a fast one.
const ASKED_FOR: &str = "
    0    c PA 101 501 100 | 0
    0    c PA 301 501 100 | 0 LOST
    0    c PA 401 501 100 | 0
    1000 s A  501 201 0   | 0
    0    s A  501 201 0   | 0 DUP#1@7
    0    s A  501 201 0   | 0 DUP#2@7
";

#[test]
fn exactly_20_ms_is_not_fast() {
    let mut wire = opened();
    wire.play(ASKED_FOR);
    wire.play("19999 c PA 201 501 100 | 0 R,FAST");
    let mut wire = opened();
    wire.play(ASKED_FOR);
    wire.play("20000 c PA 201 501 100 | 0 R(21000us@5)");
}

#[test]
fn the_fast_clock_starts_with_any_segment_of_the_peer() {
    let mut wire = opened();
    wire.play(ASKED_FOR);
    wire.play(
        "15000 s PA 501 201 10  | 0
         15000 c PA 201 501 100 | 0 R,FAST",
    );
}

#[test]
fn exactly_the_round_trip_time_is_not_out_of_order() {
    for (micros, expected) in [(19_999, "OOO"), (20_000, "R(20000us@4)")] {
        let mut wire = opened();
        wire.play(&format!(
            "0        c PA 101 501 100 | 0
             0        c PA 301 501 100 | 0 LOST
             {micros} c PA 201 501 100 | 0 {expected}"
        ));
    }
}

#[test]
fn without_a_round_trip_time_3_ms_count() {
    for (micros, expected) in [(2_999, "OOO"), (3_000, "R(3000us@1)")] {
        let mut wire = Wire::new();
        wire.play(&format!(
            "0        c PA 101 501 100 | 0
             0        c PA 301 501 100 | 0 LOST
             {micros} c PA 201 501 100 | 0 {expected}"
        ));
    }
}

#[test]
fn the_reordering_clock_starts_when_the_same_side_advanced() {
    let mut wire = opened();
    wire.play(
        "0     c PA 101 501 100 | 0
         0     c PA 401 501 100 | 0 LOST
         15000 c PA 201 501 100 | 0 OOO
         15000 c PA 301 501 50  | 0 R(30000us@4)",
    );
}

#[test]
fn a_segment_that_ends_at_the_top_is_never_out_of_order() {
    let mut wire = opened();
    wire.play(
        "0    c PA 101 501 100 | 0
         0    c PA 301 501 100 | 0 LOST
         1000 c PA 201 501 200 | 0 R(1000us@4)",
    );
}

#[test]
fn the_sentinel_makes_a_fast_retransmission_without_duplicate_acks() {
    let mut wire = opened();
    wire.play(
        "0    s PA 501 101 50 | 0
         0    s A  551 301 0  | 0 ACKLOST
         1000 s PA 501 301 20 | 0 R,FAST",
    );
}

/// And not at all against a side that has just repeated an acknowledgment itself.
#[test]
fn unseen_acknowledgments_are_reported_once() {
    let mut wire = opened();
    wire.play(
        "0 s A 501 301 0 | 0 ACKLOST
         0 s A 501 302 0 | 0
         0 s A 501 302 0 | 0 DUP#1@5
         0 c A 101 502 0 | 0",
    );
}

#[test]
fn selective_acknowledgments_do_not_matter() {
    let mut wire = opened();
    wire.options = &[1, 1, 5, 10, 0, 0, 1, 0, 0, 0, 2, 0];
    wire.play("0 s A 501 101 0 | 0 DUP#1@2");
    wire.window[1] = 3000;
    wire.play("0 s A 501 101 0 | 0 UPDATE");
}

#[test]
fn an_old_ack_after_a_fin_is_a_keep_alive() {
    let mut wire = opened();
    wire.play(
        "0 c FA 101 501 0 | 0
         0 c A  101 501 0 | 0 KEEP",
    );
}

#[test]
fn keep_alives_are_answered() {
    let mut wire = opened();
    wire.play(
        "2000000 c A 100 501 0 | 0 KEEP
         20000   s A 501 101 0 | 0 KEEPACK
         2000000 c A 100 501 1 | 0 KEEP
         20000   s A 501 101 0 | 0 KEEPACK
         20000   s A 501 101 0 | 0 KEEPACK
         0       c A 101 501 0 | 0 DUP#1@3
         0       s A 501 101 0 | 0 DUP#1@2",
    );
}

#[test]
fn an_empty_reset_is_exempt_but_moves_the_top() {
    let mut wire = opened();
    wire.play(
        "0 c R  5000 0   0  | 0
         0 c PA 101  501 10 | 0 OOO",
    );
}

#[test]
fn a_reset_with_data_can_be_a_retransmission() {
    let mut wire = opened();
    wire.play(
        "0     c PA  101 501 100 | 0
         30000 c RPA 101 501 100 | 0 R(30000us@4)",
    );
}

#[test]
fn a_fin_is_not_exempt_and_counts_one() {
    let mut wire = opened();
    wire.play("0 c FA 201 501 0 | 0 LOST");
    let mut wire = opened();
    wire.play(
        "0     c FA 101 501 0 | 0
         1000  s A  501 102 0 | 0
         30000 c FA 101 501 0 | 0 R(31000us@4)",
    );
}

#[test]
fn a_window_is_full_only_when_a_syn_told_its_scale() {
    let mut wire = Wire::new();
    wire.window[1] = 50;
    wire.play(
        "0 s A  500 100 0  | 0
         0 c PA 100 500 50 | 0",
    );
    let mut wire = opened();
    wire.window[1] = 50;
    wire.play(
        "0 s A  501 101 0  | 0 UPDATE
         0 c PA 101 501 50 | 0 FULL",
    );
}

#[test]
fn a_scaled_window_is_full_at_its_scaled_edge_but_not_that_of_a_syn() {
    let mut wire = Wire::new();
    wire.options = &[1, 3, 3, 2];
    wire.play(OPEN);
    wire.options = &[];
    // The window of the SYN/ACK, 2000, is not scaled.
    wire.play("0 c PA 101 501 2000 | 0 FULL");
    wire.window[1] = 50;
    wire.play(
        "0 s A  501  2101 0   | 0
         0 c PA 2101 501  50  | 0
         0 c PA 2151 501  150 | 0 FULL",
    );
}

#[test]
fn a_closed_window_is_probed_and_opened() {
    let mut wire = opened();
    wire.window[1] = 0;
    wire.play(
        "0      s A  501 101 0   | 0 ZERO
         300000 c A  101 501 1   | 0 PROBE
         20000  s A  501 101 0   | 0 ZERO,PROBEACK",
    );
    wire.window[1] = 2000;
    wire.play(
        "1000 s A  501 101 0   | 0 UPDATE
         1000 c PA 101 501 100 | 0",
    );
}

#[test]
fn time_that_runs_backwards_is_never_short() {
    let mut wire = opened();
    wire.play(
        "0     c PA 101 501 100 | 0
         0     c PA 301 501 100 | 0 LOST
         -1000 c PA 201 501 100 | 0 R(-1000us@4)",
    );
}

#[test]
fn a_real_zero_is_taken_for_unset() {
    let mut wire = Wire::new();
    // The first byte behind the data has number 0: a hole after it is not noticed.
    wire.play(
        "0 c PA 4294967196 500 100 | 0
         0 c PA 1000       500 100 | 0",
    );
}

#[test]
fn what_a_capture_holds_of_a_connection() {
    let mut wire = opened();
    assert_eq!(wire.connection().completeness(), 7);
    wire.play(
        "0 c PA  101 501 10 | 0
         0 s FA  501 111 0  | 0
         0 c RA  111 502 0  | 0",
    );
    assert_eq!(wire.connection().completeness(), 63);
    // Mid-stream the first segment does not count.
    let mut wire = Wire::new();
    wire.play("0 c PA 101 501 10 | 0");
    assert_eq!(wire.connection().completeness(), 0);
    // A SYN counts only as the first segment, and its data only when it takes nothing over.
    wire.play("0 c S 100 501 10 | 0 R");
    assert_eq!(wire.connection().completeness(), 0);
    wire.play("0 c S 900 0 10 | 1 REUSED");
    assert_eq!(wire.connection().completeness(), 1);
    let mut wire = Wire::new();
    wire.play("0 c S 100 0 10 | 0");
    assert_eq!(wire.connection().completeness(), 9);
}

#[test]
fn a_quoted_segment_is_a_sign_of_the_connection_but_not_analysed() {
    let mut wire = Wire::new();
    assert_eq!(wire.quote("0 c S 100 0 0"), 0);
    assert_eq!(wire.connection().completeness(), 1);
    // The quote taught no sequence number: another SYN does not begin a new connection.
    wire.play("0 c S 300 0 0 | 0");
    assert_eq!(wire.quote("0 c S 500 0 0"), 1);
    wire.play("0 s SA 700 501 0 | 1");
    assert_eq!(wire.quote("1000 c PA 501 701 99"), 1);
    assert_eq!(wire.connection().completeness(), 7);
    assert_eq!(wire.connection().initial_rtt(), Some(1_000_000));
}

#[test]
fn counters_of_each_direction() {
    let mut wire = opened();
    wire.play(ASKED_FOR);
    wire.play(
        "1000  c PA 201 501 100 | 0 R,FAST
         20000 s A  501 501 0   | 0
         20000 c PA 401 501 100 | 0 R,SPURIOUS
         20000 c FA 501 501 0   | 0
         30000 c FA 501 501 0   | 0 R(50000us@12)",
    );
    let client = Counters {
        packets: 9,
        bytes: 500,
        retransmissions: 3,
        fast_retransmissions: 1,
        spurious_retransmissions: 1,
        lost_segments: 1,
        ..Counters::default()
    };
    let server = Counters {
        packets: 5,
        duplicate_acks: 2,
        ..Counters::default()
    };
    assert_eq!(wire.health, [client, server]);
}
