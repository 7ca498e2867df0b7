//! What pcapng files can be like, built by hand.

use super::*;
use crate::capture::samples::{self, Seen, block, half, interface, packet, section, word};

const LE: Order = Order::Little;
const BE: Order = Order::Big;
const NOON: u64 = 1_700_000_000_123_456;

fn read(parts: &[Vec<u8>]) -> (Vec<Seen>, Vec<Interface>, Option<Error>) {
    read_within(parts, &Limits::default())
}

fn read_within(parts: &[Vec<u8>], limits: &Limits) -> (Vec<Seen>, Vec<Interface>, Option<Error>) {
    let mut source = Pcapng::new(samples::window(parts.concat()), limits, 2);
    let (frames, error) = samples::drain(&mut source);
    (frames, source.interfaces().to_vec(), error)
}

#[test]
fn sections_of_both_orders_make_one_sequence() {
    let (frames, interfaces, error) = read(&[
        section(LE),
        interface(LE, 1, 96, &[(2, b"eth0")]),
        packet(LE, 0, NOON, b"one"),
        section(BE),
        interface(
            BE,
            101,
            0,
            &[(2, b"tun0"), (9, &[9]), (14, &3_600_i64.to_be_bytes())],
        ),
        interface(BE, 276, 128, &[]),
        packet(BE, 1, NOON, b"two"),
        packet(BE, 0, NOON * 1000, b"three"),
    ]);
    assert!(error.is_none(), "{error:?}");
    assert_eq!(interfaces.len(), 3);
    assert_eq!(interfaces[1].name.as_deref(), Some("tun0"));
    assert_eq!(interfaces[2].snap_len, 128);
    let places: Vec<_> = frames
        .iter()
        .map(|f| (f.id.number, f.interface, f.link_type.0, &f.bytes[..]))
        .collect();
    assert_eq!(
        places,
        [
            (1, 0, 1, &b"one"[..]),
            (2, 2, 276, b"two"),
            (3, 1, 101, b"three")
        ]
    );
    assert_eq!(frames[0].time.as_nanos(), 1_700_000_000_123_456_000);
    assert_eq!(frames[2].time.as_nanos(), 1_700_003_600_123_456_000);
    assert_eq!(frames[0].id.offset, 28 + 28);
}

#[test]
fn the_offset_counts_without_a_resolution() {
    let offset = (-3_600_i64).to_le_bytes();
    let (frames, ..) = read(&[
        section(LE),
        interface(LE, 1, 0, &[(14, &offset)]),
        packet(LE, 0, NOON, b""),
    ]);
    assert_eq!(frames[0].time.as_nanos(), 1_699_996_400_123_456_000);
}

#[test]
fn options_behind_the_end_do_not_count() {
    let (frames, interfaces, _) = read(&[
        section(LE),
        interface(LE, 1, 0, &[(0, b""), (9, &[0]), (2, b"ghost")]),
        packet(LE, 0, NOON, b""),
    ]);
    assert_eq!(interfaces[0].name, None);
    assert_eq!(frames[0].time.as_nanos(), 1_700_000_000_123_456_000);
}

#[test]
fn simple_packets_obey_the_snap_length_and_carry_the_last_time() {
    let mut simple = word(LE, 200).to_vec();
    simple.extend([7; 40]);
    let (frames, _, error) = read(&[
        section(LE),
        interface(LE, 1, 38, &[]),
        packet(LE, 0, NOON, b"one"),
        block(LE, 3, &simple),
    ]);
    assert!(error.is_none(), "{error:?}");
    assert_eq!((frames[1].bytes.len(), frames[1].wire_len), (38, 200));
    assert_eq!(frames[1].time, frames[0].time);
}

#[test]
fn obsolete_packet_blocks_are_read() {
    let mut body = half(BE, 0).to_vec();
    body.extend(half(BE, 3));
    for field in [(NOON >> 32) as u32, NOON as u32, 5, 60] {
        body.extend(word(BE, field));
    }
    body.extend(b"hello");
    let (frames, _, error) = read(&[section(BE), interface(BE, 1, 0, &[]), block(BE, 2, &body)]);
    assert!(error.is_none(), "{error:?}");
    assert_eq!(
        (&frames[0].bytes[..], frames[0].wire_len),
        (&b"hello"[..], 60)
    );
    assert_eq!(frames[0].time.as_nanos(), 1_700_000_000_123_456_000);
}

#[test]
fn other_blocks_are_passed_over_and_counted_as_wireshark_does() {
    let start = [section(LE), interface(LE, 1, 0, &[])];
    for (kind, number) in [
        (4, 1),
        (5, 1),
        (10, 1),
        (0x99, 1),
        (0x8000_0001, 1),
        (0x0bad, 2),
        (0x4000_0bad, 2),
        (9, 2),
        (0x204, 2),
    ] {
        let mut parts = start.to_vec();
        parts.push(block(LE, kind, &vec![1; 3 << 20]));
        parts.push(packet(LE, 0, NOON, b"x"));
        let (frames, _, error) = read(&parts);
        assert!(error.is_none(), "{kind:#x}: {error:?}");
        assert_eq!(frames[0].id.number, number, "{kind:#x}");
    }
}

#[test]
fn damage_names_the_place() {
    let start = [
        section(LE),
        interface(LE, 1, 0, &[]),
        packet(LE, 0, NOON, b"good"),
    ];
    let at = start.concat().len() as u64;
    let mut other_end = packet(LE, 0, NOON, b"x");
    let trailer = other_end.len() - 4;
    other_end[trailer] = 77;
    let mut too_long = packet(LE, 0, NOON, b"xyz!");
    too_long[20] = 5;
    let mut bad_order = section(LE);
    bad_order[8] = 0;
    let mut version = section(LE);
    version[12] = 2;
    let cases = [
        ("fewer than a block", vec![0; 12]),
        ("ends with length 77", other_end),
        ("ends with length 77", {
            let mut unknown = block(LE, 0x99, b"abcd");
            unknown[12] = 77;
            unknown
        }),
        ("room for 4", too_long),
        (
            "of interface 1; the section has described 1",
            packet(LE, 1, 0, b""),
        ),
        ("described 0", [section(LE), packet(LE, 0, 0, b"")].concat()),
        ("described 0", [section(LE), block(LE, 3, &[0; 8])].concat()),
        ("byte-order", bad_order),
        ("version 2.0", version),
        (
            "are possible",
            [word(LE, 6), word(LE, 1 << 30), [0; 4]].concat(),
        ),
        ("are possible", block(LE, 6, &[0; 16])),
        ("are possible", block(LE, 1, &vec![0; 2 << 20])),
    ];
    for (words, bytes) in cases {
        let mut parts = start.to_vec();
        parts.push(bytes);
        let (frames, _, error) = read(&parts);
        assert_eq!(frames.len(), 1, "{words}");
        match error {
            Some(Error::Damaged {
                frame: 1,
                offset,
                what,
                ..
            }) => {
                assert!(what.contains(words), "{what:?} lacks {words:?}");
                assert!(offset == at || offset == at + 28, "{words}: {offset}");
            }
            other => panic!("{words}: {other:?}"),
        }
    }
}

#[test]
fn a_cut_file_gives_what_was_whole() {
    let parts = [
        section(LE),
        interface(LE, 1, 0, &[]),
        packet(LE, 0, NOON, b"good"),
        packet(LE, 0, NOON, b"half"),
    ];
    let whole = parts.concat();
    let last = whole.len() - parts[3].len();
    for len in last + 1..whole.len() {
        let (frames, _, error) = read(&[whole[..len].to_vec()]);
        assert_eq!(frames.len(), 1);
        match error {
            Some(Error::CutShort {
                frame: 2, offset, ..
            }) => assert_eq!(offset, last as u64),
            other => panic!("{len}: {other:?}"),
        }
    }
}

#[test]
fn interfaces_are_bounded() {
    let limits = Limits {
        interfaces: 2,
        ..Limits::default()
    };
    let one = interface(LE, 1, 0, &[]);
    let (_, interfaces, error) =
        read_within(&[section(LE), one.clone(), one.clone(), one], &limits);
    assert_eq!(interfaces.len(), 2);
    assert!(matches!(error, Some(Error::Damaged { .. })));
}

#[test]
fn packets_longer_than_their_wire_length_keep_their_bytes() {
    let mut odd = packet(LE, 0, NOON, b"longer");
    odd[24] = 3;
    let (frames, ..) = read(&[section(LE), interface(LE, 1, 0, &[]), odd]);
    assert_eq!(
        (&frames[0].bytes[..], frames[0].wire_len),
        (&b"longer"[..], 3)
    );
}
