//! Copies change nothing: a capture in which each packet stands one to five times gives the report
//! of the clean one, copy counts aside.

use serde_json::Value;
use starttap::time::Timestamp;

use crate::frames_in::{Owned, frames, judged, record};
use crate::support::{captures, name};

/// What a copy differs in.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Change {
    Encapsulated,
    HopLimit,
    Interface,
    Mac,
    Vlan,
    /// Nothing: only for packets with an IP identification.
    Nothing,
}

const CHANGES: [Change; 6] = [
    Change::Encapsulated,
    Change::HopLimit,
    Change::Interface,
    Change::Mac,
    Change::Vlan,
    Change::Nothing,
];

const ETHERNET: u16 = 1;

/// Where the IP header starts, and whether it is IPv4 with an identification.
fn ip_header(frame: &Owned) -> Option<(usize, bool)> {
    let at = match frame.link_type.0 {
        0 => 4,
        ETHERNET => {
            let mut at = 12;
            while matches!(frame.bytes.get(at..at + 2)?, [0x81, 0x00] | [0x88, 0xA8]) {
                at += 4;
            }
            at + 2
        }
        276 => 20,
        _ => return None,
    };
    match frame.bytes.get(at)? >> 4 {
        4 => Some((at, frame.bytes.get(at + 4..at + 6)? != [0, 0])),
        6 => Some((at, false)),
        _ => None,
    }
}

/// The copy of a frame that a capture at place number `place` holds.
fn copy(frame: &Owned, change: Change, place: u8) -> Option<Owned> {
    let (ip, has_id) = ip_header(frame)?;
    let mut copy = frame.clone();
    match change {
        Change::HopLimit => {
            let at = if copy.bytes[ip] >> 4 == 4 {
                ip + 8
            } else {
                ip + 7
            };
            copy.bytes[at] = copy.bytes[at].wrapping_sub(place);
        }
        // IP in IP (RFC 2003), once for every place.
        Change::Encapsulated if copy.bytes[ip] >> 4 == 4 => {
            for _ in 0..place {
                let total = (copy.wire_len as usize - ip + 20) as u16;
                let mut outer = vec![0x45, 0];
                outer.extend(total.to_be_bytes());
                outer.extend([0, 1, 0, 0, 64, 4, 0, 0, 198, 51, 100, 1, 198, 51, 100, 2]);
                copy.bytes.splice(ip..ip, outer);
                copy.wire_len += 20;
            }
        }
        Change::Interface => copy.interface += u32::from(place),
        Change::Mac if frame.link_type.0 == ETHERNET => {
            copy.bytes[5] ^= place;
            copy.bytes[11] ^= place;
        }
        Change::Vlan if frame.link_type.0 == ETHERNET => {
            let tag = [0x81, 0x00, 0x00, place];
            copy.bytes.splice(12..12, tag);
            copy.wire_len += 4;
        }
        Change::Nothing if has_id => {}
        _ => return None,
    }
    Some(copy)
}

/// The sessions of these frames as JSON, without what copies may change.
fn sessions(frames: &[Owned]) -> (Vec<Value>, u64) {
    let sessions = judged(frames);
    let copies = sessions
        .iter()
        .map(|session| session.tcp.capture_copies)
        .sum();
    let records = sessions.iter().map(|session| {
        let mut value = record(session);
        for (part, field) in [
            ("capture", "last_frame"),
            ("capture", "point"),
            ("tcp", "capture_copies"),
            ("tcp", "vantages"),
        ] {
            value[part][field] = Value::Null;
        }
        value["ended_at"] = Value::Null;
        if session.ended.frame.is_none() {
            value["ended"]["time"] = Value::Null;
        }
        value
    });
    (records.collect(), copies)
}

/// Each packet `1 + count` times: the first record keeps its number, copies follow within 30 µs of
/// each other, before or after the packets that come next.
fn multiplied(clean: &[Owned], change: Change, count: u8, delay: i64) -> (Vec<Owned>, u64) {
    let mut all = clean.to_vec();
    let mut added = 0;
    for place in 1..=count {
        for frame in clean {
            if let Some(mut copy) = copy(frame, change, place) {
                copy.id.number = 1_000_000 * u64::from(place) + frame.id.number;
                let later = delay * i64::from(place);
                copy.time = Timestamp::from_nanos(frame.time.as_nanos() + later);
                all.push(copy);
                added += 1;
            }
        }
    }
    all.sort_by_key(|frame| frame.time);
    (all, added)
}

#[test]
fn copies_change_no_verdict_finding_or_counter() {
    let mut compared = 0;
    let mut copied = 0;
    for path in captures() {
        let clean = frames(&path);
        // Captures that hold copies already are the subject of other tests.
        let (expected, none) = sessions(&clean);
        if none > 0 {
            continue;
        }
        for change in CHANGES {
            for count in 1..=4 {
                for delay in [1_000, 30_000] {
                    let (frames, added) = multiplied(&clean, change, count, delay);
                    if added == 0 {
                        continue;
                    }
                    let (given, copies) = sessions(&frames);
                    let case = format!("{}: {change:?} x{count} after {delay} ns", name(&path));
                    assert!(copies > 0, "{case}: no copies recognised");
                    assert_eq!(given.len(), expected.len(), "{case}: sessions");
                    for (given, expected) in given.iter().zip(&expected) {
                        for (field, expected) in expected.as_object().expect("a record") {
                            assert_eq!(given[field], *expected, "{case}: {field}");
                        }
                    }
                    compared += 1;
                    copied += copies;
                }
            }
        }
    }
    say!("copies: {compared} multiplied captures compared, {copied} copies set aside");
    assert!(compared > 1000);
}
