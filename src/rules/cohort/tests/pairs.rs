//! One connection at two points.

use super::super::digest::Digest;
use super::{calling_itself, check, session, with};
use crate::model::Severity;
use crate::model::path::{Opening, Seen};
use crate::time::Timestamp;

pub(super) fn seen_at(input: &str, ttl: u8, mss: u16) -> Digest {
    with(session(1, 0), |it| {
        it.input = input.into();
        let opening = |isn| Opening {
            isn,
            ttl,
            mss: Some(mss),
            window_scale: Some(7),
            sack: true,
            timestamp: Some(isn ^ 0x00FF_FF00),
        };
        it.openings = [Some(opening(0x1234_5678)), Some(opening(0x9ABC_DEF0))];
    })
}

#[test]
fn a_connection_in_two_files() {
    let twice = [seen_at("a.pcap", 64, 1460), seen_at("b.pcap", 62, 1460)];
    let found = check("X09", &twice);
    assert!(
        found[0].cause.contains("2 hops further on"),
        "{}",
        found[0].cause
    );
    assert!(check("X10", &twice).is_empty());
    let other = with(seen_at("b.pcap", 64, 1460), |it| {
        it.openings = [None; 2];
    });
    assert!(check("X09", &[seen_at("a.pcap", 64, 1460), other]).is_empty());
    // Captures made by hand count sequence numbers and time from one.
    let made_up = |input| {
        with(seen_at(input, 64, 1460), |it| {
            for syn in it.openings.iter_mut().flatten() {
                (syn.isn, syn.timestamp) = (1, Some(1));
            }
        })
    };
    assert!(check("X09", &[made_up("a.pcap"), made_up("b.pcap")]).is_empty());
}

#[test]
fn what_changes_between_two_points() {
    let translated = with(seen_at("b.pcap", 63, 1380), |it| {
        it.client.port = 1024;
    });
    let found = check("X10", &[seen_at("a.pcap", 64, 1460), translated]);
    assert_eq!(found[0].severity, Severity::Info);
    assert!(
        found[0].cause.contains("1460 bytes and 1380 bytes"),
        "{}",
        found[0].cause
    );
    let masked = calling_itself(seen_at("b.pcap", 63, 1460), "XXXX");
    let found = check("X10", &[seen_at("a.pcap", 64, 1460), masked]);
    assert_eq!(found[0].severity, Severity::High);
}

/// With sequence numbers of a firewall's own.
fn renumbered(digest: Digest) -> Digest {
    with(digest, |it| {
        for syn in it.openings.iter_mut().flatten() {
            syn.isn ^= 0x0F0F_0F0F;
        }
    })
}

#[test]
fn time_stamps_outlive_other_sequence_numbers() {
    let found = check(
        "X10",
        &[
            seen_at("a.pcap", 64, 1460),
            renumbered(seen_at("b.pcap", 64, 1460)),
        ],
    );
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].severity, Severity::Info);
    assert!(found[0].cause.contains("sequence numbers begin at"));
}

#[test]
fn a_clock_that_connections_share_proves_nothing() {
    let parallel = [
        seen_at("a.pcap", 64, 1460),
        renumbered(seen_at("a.pcap", 64, 1460)),
    ];
    assert!(check("X10", &parallel).is_empty());
    let third = with(renumbered(seen_at("b.pcap", 64, 1460)), |it| {
        it.openings
            .iter_mut()
            .flatten()
            .for_each(|syn| syn.isn ^= 0xF000_0000);
    });
    let [one, other] = parallel;
    assert!(check("X10", &[one, other, third]).is_empty());
}

fn after(milliseconds: i64) -> Timestamp {
    Timestamp::from_nanos(milliseconds * 1_000_000)
}

fn reset(frame: u64, milliseconds: i64) -> Option<Seen> {
    Some(Seen {
        frame,
        time: after(milliseconds),
    })
}

/// The client's view of a reset in the server's name right after the hello, and the server's.
fn reset_between(server_until: i64) -> [Digest; 2] {
    let inside = with(seen_at("a.pcap", 64, 1460), |it| {
        it.hello_at = Some(after(30));
        it.resets = [None, reset(12, 31)];
    });
    let outside = with(seen_at("b.pcap", 63, 1460), |it| {
        it.offer = None;
        it.ended = after(server_until);
    });
    [inside, outside]
}

#[test]
fn what_one_point_lacks_was_done_between() {
    let found = check("X10", &reset_between(200));
    assert_eq!(found[0].severity, Severity::High);
    let cause = &found[0].cause;
    assert!(
        cause.contains("ClientHello (frame 7 at the first point)"),
        "{cause}"
    );
    assert!(
        cause.contains("reset in the server's name (frame 12"),
        "{cause}"
    );
    assert_eq!(found[0].sessions[0].1, [1, 7, 7, 12]);
}

#[test]
fn what_a_point_could_not_see_proves_nothing() {
    // The capture at the server ends before the hello could arrive.
    assert!(check("X10", &reset_between(20)).is_empty());
    // It has holes.
    let [inside, outside] = reset_between(200);
    let holed = with(outside.clone(), |it| it.whole = false);
    assert!(check("X10", &[inside.clone(), holed]).is_empty());
    // The hop limit does not say who is nearer to the server: nothing about the reset.
    let level = with(outside, |it| {
        it.offer.clone_from(&inside.offer);
        it.openings
            .iter_mut()
            .flatten()
            .for_each(|syn| syn.ttl = 64);
    });
    assert!(check("X10", &[inside, level]).is_empty());
}
