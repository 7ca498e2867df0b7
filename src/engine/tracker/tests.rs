use std::net::{IpAddr, Ipv4Addr};

use super::*;
use crate::decode::{Flags, samples};

fn segment(flags: u8, seq: u32, seconds: i64) -> Segment<'static> {
    Segment {
        time: Timestamp::from_parts(seconds, 0),
        seq,
        flags: Flags(flags),
        ..samples::segment()
    }
}

fn tracker() -> Tracker {
    Tracker::new("x", Ports::default(), Limits::default())
}

/// What must hold between segments.
fn is_consistent(tracker: &Tracker) -> bool {
    let sessions = tracker.sessions.len();
    let keys = tracker.keys.iter();
    let mut known = keys.map(|(connection, key)| (connection, tracker.sessions.get(key)));
    sessions == tracker.keys.len()
        && sessions == tracker.table.open()
        && known.all(|(id, session)| session.is_some_and(|it| it.connection == *id))
        && tracker.deadlines.len() <= 5 * sessions + MANY_DEADLINES + 5
}

#[test]
fn ports_used_again_and_again_while_time_stands_still() {
    let mut tracker = tracker();
    let mut closed = 0;
    for isn in 0..20_000 {
        let syn = segment(Flags::SYN, isn * 7 + 1, 0);
        tracker.tick(syn.time, &mut |_| closed += 1);
        tracker.segment(&syn, &mut |_| closed += 1);
        let rst = segment(Flags::RST, isn * 7 + 2, 0);
        tracker.segment(&rst, &mut |_| closed += 1);
        if isn % 1000 == 0 {
            assert!(is_consistent(&tracker));
        }
    }
    assert!(is_consistent(&tracker));
    assert_eq!((closed, tracker.sessions.len()), (19_999, 1));
}

#[test]
fn a_session_that_is_opened_again_has_one_deadline() {
    let mut tracker = tracker();
    let mut closed = 0;
    for round in 0..5000 {
        let rst = segment(Flags::RST, 1, round * 6);
        tracker.tick(rst.time, &mut |_| closed += 1);
        tracker.segment(&rst, &mut |_| closed += 1);
    }
    assert_eq!(closed, 4999);
    assert!(is_consistent(&tracker));
}

#[test]
fn a_quoted_syn_takes_the_ports_over() {
    let mut tracker = tracker();
    let mut closed = 0;
    tracker.segment(&segment(Flags::SYN, 1, 0), &mut |_| closed += 1);
    let quoted = IcmpError {
        sender: IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)),
        icmp_type: 3,
        icmp_code: 1,
        mtu: 0,
        quoted: segment(Flags::SYN, 500, 1),
        full_header: true,
    };
    tracker.icmp_error(&quoted, &mut |_| closed += 1);
    assert_eq!(closed, 1);
    assert!(is_consistent(&tracker));
    tracker.segment(&segment(Flags::SYN, 500, 2), &mut |_| closed += 1);
    assert!(is_consistent(&tracker));
    assert_eq!((closed, tracker.sessions.len()), (1, 1));
}

#[test]
fn a_frame_of_the_future_does_not_end_the_sessions_after_it() {
    let mut tracker = tracker();
    let mut closed = 0;
    tracker.tick(Timestamp::from_parts(9_000_000_000, 0), &mut |_| {
        closed += 1
    });
    for (flags, seconds) in [(Flags::SYN, 10), (Flags::ACK, 11), (Flags::ACK, 12)] {
        let segment = segment(flags, 1, seconds);
        tracker.tick(segment.time, &mut |_| closed += 1);
        tracker.segment(&segment, &mut |_| closed += 1);
    }
    assert_eq!(closed, 0);
    tracker.tick(Timestamp::from_parts(10_000, 0), &mut |_| closed += 1);
    assert_eq!(closed, 0);
    tracker.tick(Timestamp::from_parts(10_001, 0), &mut |_| closed += 1);
    assert_eq!(closed, 1);
}
