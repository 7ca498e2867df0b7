//! Redaction: nothing that identifies survives, and the rules find the same.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};
use starttap::capture::{Frame, FrameId, LinkType};
use starttap::engine::Engine;
use starttap::engine::ports::Ports;
use starttap::limits::Limits;
use starttap::redact::{Key, Pseudonyms};
use starttap::time::Timestamp;

use self::leaks::Leaks;
use self::planted::Tokens;
use crate::support::{captures, name, ports, starttap};
use crate::wire::{Packet, SYN};

mod bundle;
mod evidence;
mod leaks;
mod messages;
mod planted;

/// A file with a secret, so that runs are repeatable.
pub fn key_file() -> String {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("redact.key");
    fs::write(&path, "the secret of these tests").expect("a key file");
    path.display().to_string()
}

/// The JSON report of these arguments.
fn report(arguments: &[&str]) -> Value {
    let arguments = [&["read", "--format", "json", "--inventory"], arguments].concat();
    let output = starttap(&arguments);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        let said = String::from_utf8_lossy(&output.stderr);
        panic!("{arguments:?}: {error}: {said}")
    })
}

/// What a redacted report must have in common with the one as captured: what was found, how sure,
/// and where.
pub fn found(report: &Value) -> Value {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let pick = |value: &Value, fields: &[&str]| -> Value {
        fields.iter().map(|&field| value[field].clone()).collect()
    };
    let finding = |it: &Value| pick(it, &["id", "severity", "confidence", "frames"]);
    let sessions = list(&report["sessions"]);
    let sessions = sessions.iter().map(|session| {
        let findings = list(&session["findings"]);
        json!({
            "outcome": session["outcome"],
            "ended": session["ended"],
            "findings": findings.iter().map(finding).collect::<Value>(),
            "verdict": pick(&session["verdict"], &["finding", "confidence", "frames", "consequences"]),
            "tcp": session["tcp"],
        })
    });
    let across = list(&report["findings"]);
    let across = across.iter().map(|it| {
        let cited = list(&it["sessions"]);
        let cited = cited.iter().map(|it| pick(it, &["first_frame", "frames"]));
        json!([finding(it), it["count"], cited.collect::<Value>()])
    });
    let clients = list(&report["inventory"]["clients"]);
    let servers = list(&report["inventory"]["servers"]);
    json!({
        "sessions": sessions.collect::<Value>(),
        "findings": across.collect::<Value>(),
        "inventory": [clients.len(), servers.len(), report["inventory"]["floors"]],
        "outcomes": report["summary"]["outcomes"],
    })
}

/// MAC addresses are pseudonyms in the redacted one.
fn without_macs(mut found: Value) -> Value {
    for session in found["sessions"].as_array_mut().expect("sessions") {
        for vantage in session["tcp"]["vantages"].as_array_mut().expect("vantages") {
            vantage["source_mac"] = Value::Null;
        }
    }
    found
}

/// Compares the reports of these arguments, as captured and redacted; gives the sessions.
fn compare(arguments: &[&str]) -> usize {
    let plain = report(arguments);
    let redacted = report(&[arguments, &["--redact", "--redact-key", &key_file()]].concat());
    let [a, b] = [&plain, &redacted].map(|report| without_macs(found(report)));
    assert_eq!(a, b, "{arguments:?}");
    assert!(plain["summary"]["redaction"].is_null());
    assert!(redacted["summary"]["redaction"]["key"].is_string());
    plain["sessions"].as_array().expect("sessions").len()
}

#[test]
fn the_rules_find_the_same() {
    let mut sessions = 0;
    for path in captures() {
        let file = name(&path);
        let mut arguments = vec![format!("captures/{file}")];
        arguments.extend(ports(&file));
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        sessions += compare(&arguments);
    }
    say!("redaction: {sessions} sessions with the same findings");
}

#[test]
fn the_rules_find_the_same_across_captures() {
    let all: Vec<String> = captures().iter().map(|path| name(path)).collect();
    let all: Vec<String> = all.iter().map(|file| format!("captures/{file}")).collect();
    let mut all: Vec<&str> = all.iter().map(String::as_str).collect();
    all.extend(["--policy", "rfc9325"]);
    compare(&all);
    for names in [
        ["--expect-name", "mail.example.com"],
        ["--expect-name", "mail.example.org"],
        ["--connector-pattern", "*.example.net"],
        ["--connector-pattern", "*.example.com"],
        ["--connector-pattern", "mail.example.com"],
    ] {
        all.extend(names);
        compare(&all);
        all.truncate(all.len() - names.len());
    }
}

#[test]
fn keys() {
    let capture = "captures/story1-failing.pcap";
    let run = |options: &[&str]| starttap(&[&["read", capture, "--redact"], options].concat());
    let key = key_file();
    let [a, b] = [(); 2].map(|()| run(&["--redact-key", &key]).stdout);
    assert_eq!(a, b);
    let [a, b] = [(); 2].map(|()| run(&[]).stdout);
    assert_ne!(a, b, "every run has a key of its own");
    assert_eq!(
        run(&["--no-redact"]).stdout,
        starttap(&["read", capture]).stdout
    );
    let short = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("short.key");
    fs::write(&short, "guess me").expect("a key file");
    for wrong in [&short.display().to_string(), "no/such/key"] {
        let output = run(&["--redact-key", wrong]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains("no key to redact with"), "{said}");
    }
}

#[test]
fn a_damaged_input_is_named_by_its_pseudonym() {
    let bytes = fs::read(crate::support::root().join("captures/3des.pcap")).expect("a capture");
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("varunagroup-edge.pcap");
    fs::write(&path, &bytes[..bytes.len() - 5]).expect("a capture");
    let path = path.display().to_string();
    let output = starttap(&["read", "--format", "json", "--redact", &path]);
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("cut short in frame"), "{text}");
    assert!(
        !text.contains("varunagroup") && !text.contains("target"),
        "{text}"
    );
    assert!(text.contains(".pcap"), "{text}");
}

/// A capture file of these packets.
fn pcap(packets: &[Packet]) -> Vec<u8> {
    let mut file = 0xA1B2_3C4D_u32.to_le_bytes().to_vec();
    file.extend([2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 1, 0, 0, 0]);
    for packet in packets {
        let bytes = packet.frame();
        let [seconds, nanos] = [1_000_000_000, 1].map(|unit| packet.time / unit);
        let nanos = nanos % 1_000_000_000;
        for field in [seconds, nanos, bytes.len() as i64, bytes.len() as i64] {
            file.extend((field as u32).to_le_bytes());
        }
        file.extend(bytes);
    }
    file
}

/// A thousand tokens wherever a peer can put text.
#[test]
fn no_token_survives_in_any_report() {
    let mut tokens = Tokens::default();
    let packets = planted::packets(&mut tokens, 1000);
    let mut originals = tokens.0.clone();
    originals.extend(planted::addresses(&packets));
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("planted.pcap");
    fs::write(&path, pcap(&packets)).expect("a capture");
    let path = path.display().to_string();
    let leaks = Leaks::new(&originals);
    let key = key_file();
    let formats = [
        "text",
        "json",
        "ndjson",
        "markdown",
        "html",
        "csv-sessions",
        "csv-findings",
        "csv-inventory",
        "ecs",
        "junit",
        "zeek",
    ];
    let mut told = std::collections::BTreeSet::new();
    for format in formats {
        let run = |options: &[&str]| {
            let arguments = ["read", "-v", "--inventory", "--format", format, &path];
            starttap(&[&arguments[..], options].concat()).stdout
        };
        told.extend(leaks.of(&run(&[])));
        let survivors = leaks.of(&run(&["--redact", "--redact-key", &key]));
        assert!(survivors.is_empty(), "{format}: {survivors:?}");
    }
    say!(
        "redaction: {} tokens planted, {} told without it",
        originals.len(),
        told.len()
    );
    assert!(
        told.len() > 600,
        "only {} tokens are told at all",
        told.len()
    );
}

/// What no report tells today a rule may tell tomorrow.
#[test]
fn no_token_survives_in_a_session() {
    let mut tokens = Tokens::default();
    let packets = planted::packets(&mut tokens, 1000);
    let mut originals = tokens.0;
    originals.extend(planted::addresses(&packets));
    let leaks = Leaks::new(&originals);
    let mut engine = Engine::new("made up", Ports::default(), Limits::default());
    let mut sessions = Vec::new();
    for (packet, number) in packets.iter().zip(1..) {
        let bytes = packet.frame();
        let frame = Frame {
            id: FrameId {
                number,
                ..FrameId::default()
            },
            time: Timestamp::from_nanos(packet.time),
            interface: 0,
            link_type: LinkType(1),
            bytes: &bytes,
            wire_len: bytes.len() as u32,
        };
        engine.push(&frame, &mut |session| sessions.push(session));
    }
    engine.finish(&mut |session| sessions.push(session));
    let mut pseudonyms = Pseudonyms::new(Key::new(b"a secret of tests"));
    for session in &mut sessions {
        pseudonyms.session(session);
        let survivors = leaks.of(format!("{session:?}").as_bytes());
        assert!(survivors.is_empty(), "{survivors:?} in {session:#?}");
    }
    let opened = packets.iter().filter(|packet| packet.flags == SYN).count();
    assert_eq!(sessions.len(), opened);
}
