//! Golden reports: what starttap says of every recorded capture, as text and as JSON, and the facts
//! that were written down by hand for it.

use std::fs;

use insta::{assert_snapshot, with_settings};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::support::{captures, manifest, name, report, root, starttap};

#[test]
fn text_and_json_of_every_capture() {
    for path in captures() {
        let file = name(&path);
        let relative = format!("captures/{file}");
        with_settings!({snapshot_path => "snapshots", prepend_module_to_snapshot => false, omit_expression => true}, {
            for format in ["text", "json"] {
                let output = starttap(&["read", "--color", "never", "--format", format, &relative]);
                assert!(output.status.success(), "{file}: {:?}", output.status);
                let text = String::from_utf8(output.stdout).expect("UTF-8");
                assert_snapshot!(format!("{file}.{format}"), text);
            }
        });
    }
}

/// What `-v` adds, of hellos in both formats, whole and cut.
#[test]
fn verbose_text_of_some_captures() {
    with_settings!({snapshot_path => "snapshots", prepend_module_to_snapshot => false, omit_expression => true}, {
        for file in ["hello-pq.pcap", "hello-retry.pcap", "snaplen96.pcap", "sslv2-hello.pcap"] {
            let relative = format!("captures/{file}");
            let output = starttap(&["read", "-v", "--color", "never", &relative]);
            assert!(output.status.success(), "{file}: {:?}", output.status);
            let text = String::from_utf8(output.stdout).expect("UTF-8");
            assert_snapshot!(format!("{file}.verbose"), text);
        }
    });
}

#[test]
fn the_manifest_names_every_capture() {
    let listed: Vec<String> = manifest()
        .iter()
        .map(|entry| entry["file"].as_str().expect("a file").to_owned())
        .collect();
    let found: Vec<String> = captures().iter().map(|path| name(path)).collect();
    assert_eq!(listed, found);
    let readme = fs::read_to_string(root().join("captures/README.md")).expect("a README");
    for file in found {
        assert!(
            readme.contains(&file),
            "captures/README.md does not name {file}"
        );
    }
}

/// The expectations were derived from what the stacks were made to do and from tshark.
#[test]
fn facts_of_the_manifest() {
    let mut sessions = 0;
    for entry in manifest() {
        let file = entry["file"].as_str().expect("a file");
        let bytes = fs::read(root().join("captures").join(file)).expect("the capture");
        let digest: String = Sha256::digest(&bytes)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        assert_eq!(entry["sha256"], digest.as_str(), "{file}");
        let report = report(&format!("captures/{file}"));
        assert_eq!(report["inputs"][0]["frames"], entry["frames"], "{file}");
        let expected = entry["sessions"].as_array().expect("sessions");
        let given = report["sessions"].as_array().expect("sessions");
        assert_eq!(given.len(), expected.len(), "{file}");
        for expected in expected {
            let stream = &expected["tcp_stream"];
            let session = given
                .iter()
                .find(|session| session["capture"]["tcp_stream"] == *stream)
                .unwrap_or_else(|| panic!("{file}: no stream {stream}"));
            compare(&format!("{file}, stream {stream}"), session, expected);
            sessions += 1;
        }
    }
    say!("manifest: {sessions} sessions compared");
    assert!(sessions > 60);
}

fn compare(place: &str, session: &Value, expected: &Value) {
    for field in ["outcome", "ended"] {
        agree(place, field, &session[field], &expected[field]);
    }
    let verb = session["smtp"]["tls_verb"].clone();
    assert_eq!(verb, expected["tls_verb"], "{place}: tls_verb");
    let tls = &session["tls"];
    for hello in ["client_hello", "hello_retry_request", "second_client_hello"] {
        if let Some(wanted) = expected.get(hello) {
            agree(place, hello, &flat(&tls[hello]), wanted);
        }
    }
    agree(
        place,
        "server_hello",
        &flat(&tls["server_hello"]),
        &expected["server_hello"],
    );
    let alerts: Vec<Value> = list(&tls["alerts"])
        .iter()
        .filter(|alert| alert["encrypted"] == false)
        .map(|alert| json!({"frame": alert["frame"], "from": alert["from"], "level": alert["level"], "code": alert["code"]}))
        .collect();
    assert_eq!(Value::from(alerts), expected["alerts"], "{place}: alerts");
    for side in ["server", "client"] {
        let digests: Vec<Value> = list(&tls["certificates"][side])
            .iter()
            .map(|certificate| certificate["sha256"].clone())
            .collect();
        assert_eq!(
            Value::from(digests),
            expected["certificates"][side],
            "{place}: {side} certificates"
        );
    }
    let mut findings: Vec<&str> = list(&session["findings"])
        .iter()
        .filter_map(|finding| finding["id"].as_str())
        .collect();
    findings.sort_unstable();
    let mut wanted: Vec<&str> = list(&expected["findings"])
        .iter()
        .filter_map(Value::as_str)
        .collect();
    wanted.sort_unstable();
    assert_eq!(findings, wanted, "{place}: findings");
    for field in ["capture_copies", "lost_between", "possible_copies"] {
        if let Some(wanted) = expected.get(field) {
            assert_eq!(session["tcp"][field], *wanted, "{place}: {field}");
        }
    }
    for side in ["client", "server"] {
        if let Some(wanted) = expected.pointer(&format!("/retransmissions/{side}")) {
            let given = &session["tcp"][side]["retransmissions"];
            assert_eq!(given, wanted, "{place}: retransmissions of the {side}");
        }
    }
}

/// Every field that is expected is given.
fn agree(place: &str, what: &str, given: &Value, expected: &Value) {
    match expected.as_object() {
        Some(fields) => {
            for (field, wanted) in fields {
                assert_eq!(given[field], *wanted, "{place}: {what}.{field}");
            }
        }
        None => assert_eq!(given, expected, "{place}: {what}"),
    }
}

/// A hello with its suite by name, as the manifest writes it.
fn flat(hello: &Value) -> Value {
    let mut hello = hello.clone();
    if let Some(suite) = hello.get("cipher_suite").map(|suite| suite["name"].clone()) {
        hello["cipher_suite"] = suite;
    }
    hello
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}
