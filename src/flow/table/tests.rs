//! Identity, numbering and bounds. Port reuse itself is tested with the analysis and against tshark.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::*;
use crate::decode::{Flags, samples};

fn table(sessions: usize, other_connections: usize) -> Table {
    Table::new(&Limits {
        sessions,
        other_connections,
        ..Limits::default()
    })
}

/// A SYN from a client port.
fn syn(port: u16, seq: u32) -> Segment<'static> {
    Segment {
        source_port: port,
        seq,
        flags: Flags(Flags::SYN),
        ..samples::segment()
    }
}

fn data(port: u16, seq: u32) -> Segment<'static> {
    Segment {
        flags: Flags(Flags::PSH),
        payload_len: 10,
        ..syn(port, seq)
    }
}

fn reversed(segment: &Segment<'static>, flags: u8) -> Segment<'static> {
    Segment {
        source: segment.destination,
        destination: segment.source,
        source_port: segment.destination_port,
        destination_port: segment.source_port,
        seq: 7000,
        ack: segment.seq.wrapping_add(1),
        flags: Flags(flags),
        ..*segment
    }
}

#[test]
fn numbers_count_every_connection_and_directions_share_one() {
    let mut table = table(10, 10);
    let mut stream = |segment: &Segment<'_>, keep| {
        let located = table.locate(segment, keep).expect("room");
        (located.stream, located.side, located.arrival)
    };
    let client = syn(40_000, 100);
    assert_eq!(stream(&client, true), (Some(0), Side::Low, Arrival::First));
    assert_eq!(
        stream(&syn(80, 5), false),
        (Some(1), Side::Low, Arrival::First)
    );
    let answer = reversed(&client, Flags::SYN | Flags::ACK);
    assert_eq!(stream(&answer, true), (Some(0), Side::High, Arrival::Known));
    assert_eq!(
        stream(&client, true),
        (Some(0), Side::Low, Arrival::SameIsnSyn)
    );
    let v6 = Segment {
        source: IpAddr::V6(Ipv6Addr::LOCALHOST),
        destination: IpAddr::V6(Ipv6Addr::LOCALHOST),
        ..client
    };
    assert_eq!(stream(&v6, true), (Some(2), Side::High, Arrival::First));
    // The SYN/ACK has told the number of the server: a SYN of the server with another one is new.
    let server = reversed(&client, Flags::SYN);
    assert_eq!(
        stream(&server, true),
        (Some(0), Side::High, Arrival::SameIsnSyn)
    );
    let other = Segment { seq: 1, ..server };
    assert_eq!(
        stream(&other, true),
        (Some(3), Side::High, Arrival::PortReuse)
    );
    assert_eq!(stream(&client, true), (Some(3), Side::Low, Arrival::Known));
}

#[test]
fn numbering_stops_when_the_other_connections_are_full() {
    let mut table = table(10, 2);
    assert!(table.locate(&syn(1, 100), false).is_some());
    assert!(table.locate(&syn(2, 100), false).is_some());
    assert!(table.is_numbering());
    assert_eq!(table.locate(&syn(3, 100), false), None);
    assert!(!table.is_numbering());
    // Mail goes on without numbers; what has a number keeps it.
    let mail = table.locate(&syn(4, 100), true).expect("room");
    assert_eq!((mail.stream, mail.arrival), (None, Arrival::First));
    let known = table.locate(&data(2, 101), false).expect("room");
    assert_eq!(known.stream, Some(1));
    let reused = table.locate(&syn(2, 500), false).expect("room");
    assert_eq!((reused.stream, reused.arrival), (None, Arrival::PortReuse));
    assert_ne!(reused.connection, mail.connection);
}

#[test]
fn sessions_are_bounded_but_still_numbered() {
    let mut table = table(1, 2);
    assert!(table.locate(&syn(1, 100), true).is_some());
    assert_eq!(table.locate(&syn(2, 100), true), None);
    assert!(table.is_numbering());
    let other = table.locate(&syn(3, 100), false).expect("room");
    assert_eq!(other.stream, Some(2));
    assert_eq!(table.open(), 1);
}

#[test]
fn a_released_session_makes_room_and_keeps_its_number() {
    let mut table = table(1, 1);
    let first = table.locate(&syn(1, 100), true).expect("room");
    let (key, _) = Key::of(&syn(1, 100));
    table.release(&key, first.connection + 1);
    assert_eq!(table.open(), 1, "another connection is not released");
    table.release(&key, first.connection);
    assert_eq!(table.open(), 0);
    let second = table.locate(&syn(2, 100), true).expect("room");
    assert_eq!(second.stream, Some(1));
    let late = table.locate(&data(1, 101), false).expect("known");
    assert_eq!((late.stream, late.arrival), (Some(0), Arrival::Known));
    // No room to remember the second one: the next would be numbered wrongly.
    table.release(&Key::of(&syn(2, 100)).0, second.connection);
    assert!(!table.is_numbering());
    let again = table.locate(&data(2, 101), true).expect("room");
    assert_eq!((again.stream, again.arrival), (None, Arrival::First));
}

#[test]
fn a_connection_may_become_mail_later() {
    let mut table = table(1, 1);
    let before = table.locate(&syn(1, 100), false).expect("room");
    let after = table.locate(&data(1, 101), true).expect("room");
    assert_eq!(before.connection, after.connection);
    assert_eq!((table.open(), table.others), (1, 0));
    // It stays tracked, also when its ports are used again.
    let reused = table.locate(&syn(1, 900), false).expect("room");
    assert_eq!(reused.arrival, Arrival::PortReuse);
    assert_eq!((table.open(), table.others), (1, 0));
}

#[test]
fn a_short_quote_finds_but_does_not_create() {
    let mut table = table(10, 10);
    let mut error = IcmpError {
        sender: IpAddr::V4(Ipv4Addr::LOCALHOST),
        icmp_type: 3,
        icmp_code: 4,
        mtu: 1400,
        quoted: syn(1, 100),
        full_header: false,
    };
    assert_eq!(table.locate_quoted(&error, true), None);
    assert_eq!(table.connections(), 0);
    let located = table.locate(&syn(1, 100), true).expect("room");
    let found = table.locate_quoted(&error, true).expect("known");
    assert_eq!(found.connection, located.connection);
    error.quoted = syn(2, 100);
    error.full_header = true;
    let created = table.locate_quoted(&error, true).expect("room");
    assert_eq!((created.stream, created.arrival), (Some(1), Arrival::First));
}

#[test]
fn an_entry_is_small() {
    assert!(size_of::<(PairV4, Entry)>() <= 32);
    assert!(size_of::<(PairV6, Entry)>() <= 56);
}
