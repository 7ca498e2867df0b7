//! Ten conversations whose labels were taken from tshark 4.0.17.

use super::{OPEN, Wire};

#[test]
fn v1_syn_and_syn_ack_sent_again() {
    let mut wire = Wire::new();
    wire.play(
        "0       c S  100 0   0 | 0
         1000000 c S  100 0   0 | 0 R(1000000us@1)
         1000    c S  100 0   0 | 0 R(1001000us@1)
         100000  s SA 500 101 0 | 0
         500     s SA 500 101 0 | 0 R(500us@4)
         100000  c A  101 501 0 | 0
         100     c A  101 501 0 | 0 DUP#1@6",
    );
    assert_eq!(wire.connection().initial_rtt(), Some(200_500_000));
}

#[test]
fn v2_every_frame_doubled() {
    let mut wire = Wire::new();
    wire.play(
        "0     c S   100 0   0  | 0
         10    c S   100 0   0  | 0 R(10us@1)
         15000 s SA  500 101 0  | 0
         10    s SA  500 101 0  | 0 R(10us@3)
         5000  c A   101 501 0  | 0
         10    c A   101 501 0  | 0 DUP#1@5
         900   s PA  501 101 50 | 0
         10    s PA  501 101 50 | 0 R(10us@7)
         900   c A   101 551 0  | 0
         10    c A   101 551 0  | 0 DUP#1@9
         900   c FA  101 551 0  | 0
         10    c FA  101 551 0  | 0 R(10us@11)
         900   s RA  551 102 0  | 0
         10    s RA  551 102 0  | 0",
    );
}

#[test]
fn v3_spurious_once_acknowledged() {
    let mut wire = Wire::new();
    wire.play(OPEN);
    wire.play(
        "0      c PA 101 501 100 | 0
         1000   c PA 101 501 100 | 0 R(1000us@4)
         299000 c PA 101 501 100 | 0 R(300000us@4)
         20000  s A  501 201 0   | 0
         1000   c PA 101 501 100 | 0 R,SPURIOUS",
    );
}

#[test]
fn v4_reordered_or_sent_again() {
    let mut wire = Wire::new();
    wire.play(OPEN);
    wire.play(
        "0    c PA 101 501 100 | 0
         0    c PA 301 501 100 | 0 LOST
         1000 c PA 201 501 100 | 0 OOO",
    );
    let mut wire = Wire::new();
    wire.play(OPEN);
    wire.play(
        "0      c PA 101 501 100 | 0
         0      c PA 301 501 100 | 0 LOST
         300000 c PA 201 501 100 | 0 R(300000us@4)",
    );
    let mut wire = Wire::new();
    wire.play(OPEN);
    wire.play(
        "0    c PA 101 501 10  | 0
         0    c PA 211 501 100 | 0 LOST
         1000 c PA 111 501 100 | 0 OOO",
    );
}

#[test]
fn v5_more_data_in_a_retransmission_makes_its_ack_unseen() {
    let mut wire = Wire::new();
    wire.play(OPEN);
    wire.play(
        "0      c PA 101 501 100 | 0
         300000 c PA 101 501 270 | 0 R(300000us@4)
         20000  s PA 501 371 50  | 0 ACKLOST",
    );
}

#[test]
fn v6_ports_used_again() {
    let mut wire = Wire::new();
    wire.play(OPEN);
    wire.play(
        "1000  c FA 101  501  0 | 0
         50000 c S  9000 0    0 | 1 REUSED
         1000  s FA 501  102  0 | 1
         15000 s SA 7000 9001 0 | 1 LOST,REUSED
         5000  c A  9001 7001 0 | 1 ACKLOST",
    );
}

#[test]
fn v7_the_same_syn_repairs_what_a_stray_reset_did() {
    let mut wire = Wire::new();
    wire.play(
        "0      c S  1000 0    0  | 0
         100000 c R  5000 0    0  | 0
         100000 c S  1000 0    0  | 0 R(200000us@1)
         15000  s SA 500  1001 0  | 0
         5000   c A  1001 501  0  | 0
         1000   c PA 1001 501  50 | 0",
    );
}

#[test]
fn v8_another_syn_ack_midstream() {
    let mut wire = Wire::new();
    wire.play(
        "0    c PA 100  500  50 | 0
         1000 s PA 500  150  50 | 0
         1000 c PA 150  550  50 | 0
         1000 s SA 7000 9001 0  | 0 LOST,ACKLOST,REUSED",
    );
}

#[test]
fn v9_refused_three_times() {
    let mut wire = Wire::new();
    wire.play(
        "0      c S  100 0   0 | 0
         100    s RA 0   101 0 | 0
         999900 c S  100 0   0 | 0 R(1000000us@1)
         100    s RA 0   101 0 | 0
         999900 c S  100 0   0 | 0 R(2000000us@1)
         100    s RA 0   101 0 | 0",
    );
    assert_eq!(wire.connection().completeness(), 37);
}

#[test]
fn v10_across_the_wrap() {
    let mut wire = Wire::new();
    // ISNs 2^32 - 60 and 2^32 - 150.
    wire.play(
        "0     c S  4294967236 0          0   | 0
         15000 s SA 4294967146 4294967237 0   | 0
         5000  c A  4294967237 4294967147 0   | 0
         1000  s PA 4294967147 4294967237 80  | 0
         1000  c PA 4294967237 4294967227 30  | 0
         1000  s PA 4294967227 4294967267 120 | 0
         1000  c PA 4294967267 51         10  | 0
         1000  s PA 51         4294967277 30  | 0
         1000  c PA 4294967277 81         200 | 0
         1000  s A  81         181        0   | 0
         1000  s PA 81         181        900 | 0
         1000  c FA 181        981        0   | 0
         1000  s FA 981        182        0   | 0
         1000  c A  182        982        0   | 0",
    );
    assert_eq!(wire.connection().completeness(), 31);
}
