//! `starttap frames`: its table, what it says completes in a frame, and copies set aside. Labels and
//! stream numbers are held against tshark in `labels.rs`, TLS messages in `messages.rs`.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use insta::{assert_snapshot, with_settings};
use serde_json::Value;

use crate::support::{captures, name, ports, report, root, starttap};

/// The rows of a capture, by frame: column names to values.
type Rows = BTreeMap<u64, BTreeMap<String, String>>;

fn rows(arguments: &[&str]) -> Rows {
    let output = starttap(&[&["frames"], arguments].concat());
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let mut lines = text.lines().map(|line| line.split('\t'));
    let header: Vec<&str> = lines.next().expect("a header").collect();
    lines
        .map(|line| {
            let columns = header.iter().map(|&column| column.to_owned());
            let row: BTreeMap<_, _> = columns.zip(line.map(str::to_owned)).collect();
            (row["frame"].parse().expect("a frame"), row)
        })
        .collect()
}

/// The messages of a frame. The comma inside of `Alert(fatal,70)` separates nothing.
fn messages(row: &BTreeMap<String, String>) -> Vec<&str> {
    let mut depth = 0;
    let split = |c: char| {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        c == ',' && depth == 0
    };
    let parts = row["messages"].split(split);
    parts.filter(|part| !part.is_empty()).collect()
}

#[test]
fn the_table_of_some_captures() {
    for file in [
        "story1-failing.pcap",
        "loss-in-handshake.pcap",
        "reorder-in-handshake.pcap",
        "hello-retry.pcap",
        "router-merged.pcap",
    ] {
        let output = starttap(&["frames", &format!("captures/{file}")]);
        assert!(output.status.success() && output.stderr.is_empty());
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        with_settings!({snapshot_path => "snapshots", prepend_module_to_snapshot => false, omit_expression => true}, {
            assert_snapshot!(format!("{file}.frames"), text);
        });
    }
}

/// What the reports of the sessions say a frame completed, the table says too, and nothing more.
#[test]
fn messages_are_the_facts_of_the_sessions() {
    let (mut facts, mut sessions) = (0, 0);
    for path in captures() {
        let file = format!("captures/{}", name(&path));
        // What mail on other ports is shows only with these ports.
        let ports = ports(&name(&path));
        let mut arguments = vec!["-q", &file];
        arguments.extend(ports.iter().map(String::as_str));
        let rows = rows(&arguments);
        // How often each message of a hello or an alert is a fact.
        let mut counted: BTreeMap<String, usize> = BTreeMap::new();
        for session in list(&report(&file)["sessions"]) {
            sessions += 1;
            for (frame, message) in facts_of(session) {
                facts += 1;
                let found = messages(&rows[&frame]);
                assert!(
                    found.contains(&message.as_str()),
                    "{file} frame {frame}: {message} is not in {found:?}"
                );
                *counted.entry(message).or_default() += 1;
            }
        }
        let all: Vec<&str> = rows.values().flat_map(messages).collect();
        for message in all.iter().filter(|message| is_counted(message)) {
            let times = all.iter().filter(|other| *other == message).count();
            assert_eq!(counted.get(*message), Some(&times), "{file}: {message}");
        }
    }
    say!("messages: {facts} facts of {sessions} sessions are in their frames");
    assert!(facts > 500, "only {facts} facts");
}

/// Messages that are facts each time they come.
fn is_counted(message: &str) -> bool {
    message.ends_with("Hello") && message != "EncryptedHello"
        || message == "HelloRetryRequest"
        || message.contains("Alert")
}

/// Frames and the messages that a session record says they completed.
fn facts_of(session: &Value) -> Vec<(u64, String)> {
    let mut facts = Vec::new();
    let mut add = |fact: &Value, message: &str| {
        if let Some(frame) = fact["frame"].as_u64() {
            facts.push((frame, message.to_owned()));
        }
    };
    let (smtp, tls) = (&session["smtp"], &session["tls"]);
    add(&smtp["banner"], "220");
    add(&smtp["offered"], "250");
    add(
        &smtp["requested"],
        smtp["tls_verb"].as_str().unwrap_or_default(),
    );
    let code = smtp["reply"]["code"].to_string();
    add(&smtp["reply"], &code);
    let verb = smtp["cleartext_auth"]["verb"].as_str().unwrap_or_default();
    add(&smtp["cleartext_auth"], verb);
    add(&smtp["cleartext_mail"], "MAIL");
    add(&tls["client_hello"], "ClientHello");
    add(&tls["second_client_hello"], "ClientHello");
    add(&tls["hello_retry_request"], "HelloRetryRequest");
    add(&tls["server_hello"], "ServerHello");
    // In SSL 2.0 the certificate is a field of the server's hello.
    let is_ssl2 = tls["server_hello"]["version"] == "SSL 2.0";
    for side in ["server", "client"].into_iter().filter(|_| !is_ssl2) {
        for certificate in list(&tls["certificates"][side]) {
            add(certificate, "Certificate");
        }
    }
    for alert in list(&tls["alerts"]) {
        let message = match &alert["level"] {
            Value::String(level) => format!("Alert({level},{})", alert["code"]),
            // What only the order of records hints at is listed as what it looks like.
            _ if alert["confidence"] != "high" => "ApplicationData".to_owned(),
            _ => "EncryptedAlert".to_owned(),
        };
        add(alert, &message);
    }
    facts
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// Nothing but names and numbers: no word of a line, no password, no message.
#[test]
fn the_table_holds_no_text_of_the_peers() {
    let known = |message: &str| {
        let is_word = message.chars().all(|c| c.is_ascii_alphabetic() || c == '-');
        let is_reply = message.len() == 3 && message.bytes().all(|byte| byte.is_ascii_digit());
        let inner = message.split_once('(').map(|(name, _)| name);
        is_reply || is_word || matches!(inner, Some("Alert" | "Handshake" | "ICMP"))
    };
    let rows = rows(&["captures/cleartext-auth.pcap"]);
    let all: Vec<&str> = rows.values().flat_map(messages).collect();
    assert!(all.iter().all(|message| known(message)), "{all:?}");
    assert!(all.contains(&"AUTH") && all.contains(&"334"));
    // Answers to challenges and the message itself complete nothing.
    let has_data = rows.values().filter(|row| row["len"] != "0");
    let silent = has_data.filter(|row| row["messages"].is_empty());
    let lens: Vec<_> = silent.map(|row| row["len"].as_str()).collect();
    assert_eq!(lens, ["14", "30", "170", "170"]);
}

/// Each frame twice, as a router's two interfaces show it: the second with one hop less.
fn doubled(capture: &[u8]) -> Vec<u8> {
    const FILE_HEADER: usize = 24;
    const RECORD_HEADER: usize = 16;
    const ETHERNET: usize = 14;
    let (header, mut rest) = capture.split_at(FILE_HEADER);
    let mut out = header.to_vec();
    let mut id = 0_u16;
    while let Some((record, _)) = rest.split_first_chunk::<RECORD_HEADER>() {
        let len = u32::from_le_bytes([record[8], record[9], record[10], record[11]]) as usize;
        let (record, tail) = rest.split_at(RECORD_HEADER + len);
        rest = tail;
        let mut record = record.to_vec();
        let ip = RECORD_HEADER + ETHERNET;
        assert_eq!(record[ip] >> 4, 4, "IPv4");
        // An identification of its own: no host leaves it at zero behind every router.
        id += 1;
        record[ip + 4..ip + 6].copy_from_slice(&id.to_be_bytes());
        out.extend(&record);
        record[ip + 8] -= 1;
        out.extend(&record);
    }
    out
}

#[test]
fn copies_are_named_and_set_aside() {
    for file in ["story1-failing.pcap", "loss-in-handshake.pcap"] {
        let path = root().join("captures").join(file);
        let clean = rows(&["-q", path.to_str().expect("UTF-8")]);
        let twice = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("twice-{file}"));
        let bytes = fs::read(&path).expect("a capture");
        fs::write(&twice, doubled(&bytes)).expect("a scratch file");
        let twice = twice.to_str().expect("UTF-8");
        let (with, without) = (rows(&[twice]), rows(&["--without-copies", twice]));
        assert_eq!(with.len(), 2 * clean.len());
        let mut doubled_labels = 0;
        for (&frame, row) in &clean {
            let (first, copy) = (2 * frame - 1, 2 * frame);
            for rows in [&with, &without] {
                assert_eq!(rows[&first]["copy_of"], "");
                assert_eq!(rows[&copy]["copy_of"], first.to_string());
                assert_eq!(rows[&first]["messages"], row["messages"]);
                assert_eq!(rows[&copy]["messages"], "");
            }
            for column in ["stream", "analysis", "rto", "initial_rtt", "completeness"] {
                assert_eq!(without[&first][column], row[column], "{file} frame {first}");
            }
            assert_eq!(without[&copy]["analysis"], "");
            doubled_labels += usize::from(!with[&copy]["analysis"].is_empty());
        }
        // Wireshark's labels of the file as it is: copies look like retransmissions.
        assert!(doubled_labels > clean.len() / 2, "{doubled_labels}");
    }
}
