//! The Elastic Common Schema: names and types as in its field reference.

use std::collections::BTreeSet;
use std::net::IpAddr;

use serde_json::Value;

use super::{lines, of_all_captures, printed, table};
use crate::support::report;

const FIELDS: &str = include_str!("ecs-fields.tsv");

/// The leaves of a document by their names with dots; lists are leaves.
fn leaves<'a>(prefix: &str, value: &'a Value, into: &mut Vec<(String, &'a Value)>) {
    let Some(fields) = value.as_object() else {
        into.push((prefix.to_owned(), value));
        return;
    };
    for (field, value) in fields {
        let dot = if prefix.is_empty() { "" } else { "." };
        leaves(&format!("{prefix}{dot}{field}"), value, into);
    }
}

fn is(kind: &str, value: &Value) -> bool {
    if let Some(inner) = kind.strip_suffix("[]") {
        return value
            .as_array()
            .is_some_and(|list| list.iter().all(|it| is(inner, it)));
    }
    match kind {
        "boolean" => value.is_boolean(),
        "date" => value
            .as_str()
            .is_some_and(|it| it.len() == 30 && it.ends_with('Z')),
        "ip" => value
            .as_str()
            .is_some_and(|it| it.parse::<IpAddr>().is_ok()),
        "keyword" => value.is_string(),
        "long" => value.as_i64().is_some(),
        _ => panic!("no such type: {kind}"),
    }
}

#[test]
fn names_and_types_are_those_of_ecs() {
    let known = table(FIELDS);
    let mut met = BTreeSet::new();
    let all = of_all_captures("ecs");
    for document in &all {
        let mut fields = Vec::new();
        leaves("", document, &mut fields);
        for (field, value) in fields {
            if field.starts_with("starttap.") {
                assert!(!value.is_null(), "{field}");
                continue;
            }
            let kind = known.get(field.as_str());
            let kind = kind.unwrap_or_else(|| panic!("{field} is not of ECS"));
            assert!(is(kind, value), "{field} is {kind}, not {value}");
            met.insert(field);
        }
        for field in [
            "/@timestamp",
            "/ecs/version",
            "/event/kind",
            "/event/category",
        ] {
            assert!(document.pointer(field).is_some(), "no {field}");
        }
    }
    // What no capture shows.
    let rare = [
        "locality",
        "organizational_unit",
        "state_or_province",
        "public_key_curve",
        "next_protocol",
    ];
    let is_rare = |field: &str| rare.iter().any(|rare| field.ends_with(rare));
    let never = known.keys().filter(|field| !met.contains(**field));
    let never: Vec<_> = never.filter(|field| !is_rare(field)).collect();
    assert!(never.is_empty(), "never written: {never:?}");
    say!("ecs: {} documents", all.len());
}

#[test]
fn categories_are_allowed_ones() {
    for (file, outcome) in [
        ("story1-failing.pcap", "failure"),
        ("story1-working.pcap", "success"),
        ("cleartext-mail.pcap", "unknown"),
    ] {
        let path = format!("captures/{file}");
        let documents = lines(&printed("ecs", &[&path], &[]));
        let session = &report(&path)["sessions"][0];
        let event = &documents[0]["event"];
        assert_eq!(event["kind"], "event");
        assert_eq!(event["outcome"], outcome, "{file}");
        assert_eq!(event["reason"], session["verdict"]["text"], "{file}");
        assert_eq!(event["code"], session["verdict"]["finding"], "{file}");
        assert_eq!(
            documents[0]["source"]["ip"], session["client"]["ip"],
            "{file}"
        );
    }
    let across = lines(&printed("ecs", &["captures/fallback-dance.pcap"], &[]));
    let alerts = across.iter().filter(|it| it["event"]["kind"] == "alert");
    let rules: Vec<_> = alerts.map(|it| it["rule"]["id"].clone()).collect();
    assert!(rules.contains(&"X01".into()), "{rules:?}");
}
