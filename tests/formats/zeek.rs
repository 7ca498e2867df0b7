//! Zeek's logs: names and types as Zeek's, and values as it writes them.

use std::collections::BTreeSet;
use std::net::IpAddr;

use serde_json::Value;

use super::{lines, of_all_captures, printed, table};
use crate::support::report;

const FIELDS: &str = include_str!("zeek-fields.tsv");

fn is(kind: &str, value: &Value) -> bool {
    let inner = kind
        .strip_prefix("vector[")
        .and_then(|it| it.strip_suffix(']'));
    if let Some(inner) = inner {
        return value
            .as_array()
            .is_some_and(|list| list.iter().all(|it| is(inner, it)));
    }
    match kind {
        "addr" => value
            .as_str()
            .is_some_and(|it| it.parse::<IpAddr>().is_ok()),
        "bool" => value.is_boolean(),
        "count" => value.is_u64(),
        "enum" | "string" => value.is_string(),
        "interval" | "time" => value.is_number(),
        "port" => value.as_u64().is_some_and(|it| it <= 0xFFFF),
        _ => panic!("no such type: {kind}"),
    }
}

#[test]
fn names_and_types_are_those_of_zeek() {
    let known = table(FIELDS);
    let mut met = BTreeSet::new();
    let all = of_all_captures("zeek");
    for line in &all {
        let log = line["_path"].as_str().expect("a log").to_owned();
        let fields = line.as_object().expect("an object");
        for (field, value) in fields {
            if field == "_path" || field.starts_with("starttap.") {
                continue;
            }
            let row = format!("{log}\t{field}");
            let kind = known.get(row.as_str());
            let kind = kind.unwrap_or_else(|| panic!("{row} is not Zeek's"));
            assert!(is(kind, value), "{row} is {kind}, not {value}");
            met.insert(row);
        }
        let needed: &[&str] = match log.as_str() {
            "x509" => &["ts", "fingerprint", "host_cert", "client_cert"],
            "notice" => &["ts", "note"],
            _ => &[
                "ts",
                "uid",
                "id.orig_h",
                "id.orig_p",
                "id.resp_h",
                "id.resp_p",
            ],
        };
        for field in needed {
            assert!(fields.contains_key(*field), "{log} without {field}");
        }
    }
    // What no capture shows.
    let rare = ["ssl\tnext_protocol", "x509\tbasic_constraints.path_len"];
    let never: Vec<_> = known.keys().filter(|row| !met.contains(**row)).collect();
    assert!(
        never.iter().all(|row| rare.contains(row)),
        "never written: {never:?}"
    );
    say!("zeek: {} lines", all.len());
}

#[test]
fn lines_say_what_the_record_says() {
    let files = [
        "story5-client-cert.pcap",
        "story3-alert42.pcap",
        "hello-retry.pcap",
        "sslv2-real.pcap",
        "ipv6.pcap",
        "implicit-tls-465.pcap",
        "midstream.pcap",
    ];
    for file in files {
        let path = format!("captures/{file}");
        let all = lines(&printed("zeek", &[&path], &[]));
        let of = |log: &str| {
            all.iter()
                .filter(|line| line["_path"] == log)
                .collect::<Vec<_>>()
        };
        let sessions = report(&path)["sessions"]
            .as_array()
            .expect("sessions")
            .clone();
        assert_eq!(of("conn").len(), sessions.len(), "{file}");
        let with_tls = sessions.iter().filter(|session| session["tls"].is_object());
        assert_eq!(of("ssl").len(), with_tls.clone().count(), "{file}");
        for (line, session) in of("conn").iter().zip(&sessions) {
            assert_eq!(line["id.resp_h"], session["server"]["ip"], "{file}");
            assert_eq!(line["community_id"], session["community_id"], "{file}");
            assert_eq!(
                line["starttap.verdict"], session["verdict"]["finding"],
                "{file}"
            );
            let uid = line["uid"].as_str().expect("a uid");
            assert!(
                (15..=18).contains(&uid.len()) && uid.starts_with('C'),
                "{uid}"
            );
            assert!(
                uid.chars().all(|char| char.is_ascii_alphanumeric()),
                "{uid}"
            );
            let of_same = all.iter().filter(|it| it["uid"] == uid);
            assert!(
                of_same
                    .clone()
                    .all(|it| it["id.orig_p"] == line["id.orig_p"])
            );
            assert_eq!(
                of_same.filter(|it| it["_path"] == "conn").count(),
                1,
                "{file}: {uid}"
            );
        }
        for (line, session) in of("ssl").iter().zip(with_tls) {
            let tls = &session["tls"];
            let version = tls["server_hello"]["version"].as_str();
            let version =
                version.map(|it| it.replace("TLS 1.", "TLSv1").replace("SSL 2.0", "SSLv2"));
            assert_eq!(line["version"].as_str(), version.as_deref(), "{file}");
            assert_eq!(line["server_name"], tls["client_hello"]["sni"], "{file}");
            assert_eq!(
                line["established"],
                tls["established"].is_object(),
                "{file}"
            );
            for digest in line["cert_chain_fps"].as_array().into_iter().flatten() {
                let told = of("x509").iter().any(|it| it["fingerprint"] == *digest);
                assert!(told, "{file}: {digest} has no line in x509");
            }
        }
    }
}

#[test]
fn findings_across_sessions_are_notices() {
    let all = lines(&printed("zeek", &["captures/fallback-dance.pcap"], &[]));
    let notices = all.iter().filter(|line| line["_path"] == "notice");
    let notes: Vec<&str> = notices.filter_map(|line| line["note"].as_str()).collect();
    assert!(notes.contains(&"Starttap::X01"), "{notes:?}");
}

/// What `openssl x509 -nameopt RFC2253` prints of them.
#[test]
fn names_are_written_as_openssl_writes_them() {
    let all = lines(&printed("zeek", &["captures/cert-odd-names.pcap"], &[]));
    let certificate = all.iter().find(|line| line["_path"] == "x509");
    assert_eq!(
        certificate.expect("a certificate")["certificate.subject"],
        "CN=mail.example.com\\00.example.org,OU=two\\0Alines\\1B[31m,OU=\\ leading and trailing\\ ,\
         O=Example \\\"Quoted\\\"\\, Corp\\; a\\+b=c \\<d\\> #e\\\\f,L=K\\C3\\B6ln,C=DE"
    );
}
