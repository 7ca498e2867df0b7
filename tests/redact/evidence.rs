//! Redacted evidence files: read again, the rules find the same in the same frames.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use super::key_file;
use crate::evidence::originals;
use crate::support::{captures, name, ports, starttap};

/// Writes a redacted evidence file of all sessions of a capture; gives the redacted report, too.
fn evidence(capture: &str, name: &str, options: &[String]) -> (PathBuf, Value) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("redacted");
    fs::create_dir_all(&folder).expect("a folder");
    let path = folder.join(format!("{name}.pcapng"));
    let key = key_file();
    let to = path.to_str().expect("a path");
    let mut arguments = vec![
        "read",
        "--format",
        "json",
        "-q",
        capture,
        "-o",
        to,
        "--evidence",
        "all",
    ];
    arguments.extend(["--redact", "--redact-key", &key]);
    arguments.extend(options.iter().map(String::as_str));
    let output = starttap(&arguments);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(told.is_empty(), "{name}: {told}");
    (
        path,
        serde_json::from_slice(&output.stdout).expect("a report"),
    )
}

/// What was found in each session, without what rests on certificates; frame numbers by `number`.
fn found(report: &Value, number: impl Fn(u64) -> u64) -> Vec<Value> {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let frames = |value: &Value| -> Value {
        let frames = list(value).into_iter().filter_map(|it| it.as_u64());
        frames.map(&number).collect()
    };
    // T14 reads with what the certificate is signed.
    let is_of_certificate = |id: &Value| {
        id.as_str()
            .is_some_and(|id| id.starts_with('C') || id == "T14")
    };
    let sessions = list(&report["sessions"]);
    let sessions = sessions.iter().map(|session| {
        let findings = list(&session["findings"]);
        let mut findings: Vec<Value> = findings
            .iter()
            .filter(|it| !is_of_certificate(&it["id"]))
            .map(|it| json!([it["id"], it["confidence"], frames(&it["frames"])]))
            .collect();
        // Verdicts order them, and certificates may give the verdict.
        findings.sort_by_key(Value::to_string);
        let verdict = &session["verdict"];
        let verdict = match is_of_certificate(&verdict["finding"]) {
            true => Value::Null,
            false => json!([
                verdict["finding"],
                verdict["confidence"],
                frames(&verdict["frames"])
            ]),
        };
        json!({
            "client": session["client"],
            "server": session["server"],
            "community_id": session["community_id"],
            "outcome": session["outcome"],
            "first": number(session["capture"]["first_frame"].as_u64().expect("a frame")),
            "findings": findings,
            "verdict": verdict,
            "banner": session["smtp"]["banner"]["text"],
            "ehlo": session["smtp"]["ehlo"]["name"],
            "capabilities": session["smtp"]["capabilities"],
            "sni": session["tls"]["client_hello"]["sni"],
            "session": session["tls"]["client_hello"]["session_id"],
            "ja3": session["tls"]["client_hello"]["ja3"],
        })
    });
    sessions.collect()
}

#[test]
fn evidence_says_the_same_again() {
    let mut sessions = 0;
    let mut different = Vec::new();
    for path in captures() {
        let file = name(&path);
        let (path, before) = evidence(&format!("captures/{file}"), &file, &ports(&file));
        let numbers = originals(&fs::read(&path).expect("the evidence"));
        let mut arguments = vec!["read".to_owned(), "--format=json".to_owned()];
        arguments.extend(ports(&file));
        arguments.push(path.display().to_string());
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let after: Value = serde_json::from_slice(&starttap(&arguments).stdout).expect("a report");
        let before = found(&before, |frame| frame);
        let after = found(&after, |frame| numbers[frame as usize - 1]);
        assert_eq!(before.len(), after.len(), "{file}");
        for (mut a, b) in before.into_iter().zip(after) {
            if a["verdict"].is_null() {
                a["verdict"] = b["verdict"].clone();
            }
            if a != b {
                different.push(format!("{file}:\n  {a}\n  {b}"));
            }
            sessions += 1;
        }
    }
    say!("redacted evidence: {sessions} sessions read again");
    assert!(different.is_empty(), "{}", different.join("\n"));
}

/// What tshark says of checksums and malformed packets.
#[test]
fn checksums_are_right() {
    if !crate::labels::has_tshark() {
        say!("SKIPPED: checksums are not compared, tshark 4.0.17 is not installed");
        return;
    }
    let mut packets = 0;
    for file in [
        "story3-proper.pcap",
        "ipv6.pcap",
        "span-vlan-twins.pcap",
        "pmtu-icmp.pcap",
        "router-any.pcapng",
    ] {
        let (path, _) = evidence(&format!("captures/{file}"), &format!("sums-{file}"), &[]);
        let output = Command::new("tshark")
            .args([
                "-o",
                "tcp.check_checksum:TRUE",
                "-o",
                "ip.check_checksum:TRUE",
            ])
            .args([
                "-T",
                "fields",
                "-e",
                "tcp.checksum.status",
                "-e",
                "ip.checksum.status",
            ])
            .args(["-e", "icmp.checksum.status", "-r"])
            .arg(&path)
            .output()
            .expect("tshark runs");
        let text = String::from_utf8_lossy(&output.stdout);
        for line in text.lines() {
            assert!(!line.contains('0'), "{file}: {text}");
            packets += 1;
        }
    }
    assert!(packets > 150, "only {packets} packets");
}
