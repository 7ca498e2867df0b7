//! The JSON Schema of `starttap/1`: the committed one is what the types say, everything that is
//! written today follows it, and so does what was written when it was young.
//!
//! `UPDATE_SCHEMA=1 cargo test --test all schema` writes the committed one anew.

use std::fs;

use jsonschema::Validator;
use serde_json::{Value, json};

use crate::rules::traces;
use crate::support::{captures, name, ports, root, starttap};

const COMMITTED: &str = "tests/schema/starttap-1.schema.json";

/// The committed schema.
struct Schema {
    text: Value,
    validator: Validator,
}

impl Schema {
    fn committed() -> Self {
        let text = fs::read_to_string(root().join(COMMITTED)).expect("the schema");
        let text: Value = serde_json::from_str(&text).expect("JSON");
        assert!(jsonschema::meta::is_valid(&text));
        let validator = build(&text);
        Self { text, validator }
    }

    fn accepts(&self, document: &Value) -> bool {
        self.validator.is_valid(document)
    }

    /// What a document does wrong, place by place, held against the record that it claims to be:
    /// of the choice between all records it could only be said that none fits.
    fn mistakes(&self, document: &Value) -> Vec<String> {
        if self.accepts(document) {
            return Vec::new();
        }
        let kinds = ["report", "session", "finding", "inventory", "summary"];
        let kind = document["kind"].as_str();
        let Some(kind) = kind.filter(|kind| kinds.contains(kind)) else {
            return vec![format!("/kind: {:?}", document["kind"])];
        };
        let mut schema = self.text.clone();
        let choice = schema.as_object_mut().expect("a schema");
        choice.remove("oneOf");
        choice.insert("$ref".to_owned(), json!(format!("#/$defs/{kind}_record")));
        let validator = build(&schema);
        let errors = validator.iter_errors(document);
        errors
            .map(|error| format!("{}: {error:.300}", error.instance_path()))
            .collect()
    }
}

fn build(schema: &Value) -> Validator {
    let options = jsonschema::options().should_validate_formats(true);
    options.build(schema).expect("a schema")
}

fn lines(text: &str) -> impl Iterator<Item = Value> {
    text.lines()
        .map(|line| serde_json::from_str(line).expect("a line of JSON"))
}

#[test]
fn the_schema_is_what_the_types_say() {
    let path = root().join(COMMITTED);
    let printed = starttap(&["schema"]);
    assert!(printed.status.success());
    let printed = String::from_utf8(printed.stdout).expect("UTF-8");
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        fs::write(path, printed).expect("the schema is written");
        return;
    }
    let committed = fs::read_to_string(path).expect("the schema");
    assert!(
        committed == printed,
        "{COMMITTED} is not what the types say; UPDATE_SCHEMA=1 cargo test --test all schema, and \
         look at the difference: names and meanings of starttap/1 stay"
    );
    for leak in ["[`", "::", "None`", "Some(", "\"format\": \"u"] {
        assert!(!committed.contains(leak), "{leak} is of the code");
    }
}

#[test]
fn golden_reports_follow_the_schema() {
    let schema = Schema::committed();
    let mut wrong = Vec::new();
    let mut reports = 0;
    for entry in fs::read_dir(root().join("tests/snapshots")).expect("the snapshots") {
        let path = entry.expect("an entry").path();
        let Some(file) = name(&path)
            .strip_suffix(".json.snap")
            .map(ToOwned::to_owned)
        else {
            continue;
        };
        let text = fs::read_to_string(&path).expect("a snapshot");
        let (_, body) = text[3..].split_once("---\n").expect("a head and a body");
        let report: Value = serde_json::from_str(body).expect("a JSON report");
        let found = schema.mistakes(&report).into_iter();
        wrong.extend(found.map(|mistake| format!("{file}: {mistake}")));
        reports += 1;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(reports > 100, "only {reports} golden reports");
}

#[test]
fn every_line_of_every_capture_and_made_up_session_follows_the_schema() {
    let schema = Schema::committed();
    let mut wrong = Vec::new();
    let mut count = 0;
    for path in captures() {
        let file = name(&path);
        let capture = format!("captures/{file}");
        let mut arguments = vec!["read", "--inventory", "--format", "ndjson", &capture];
        let ports = ports(&file);
        arguments.extend(ports.iter().map(String::as_str));
        let text = String::from_utf8(starttap(&arguments).stdout).expect("UTF-8");
        for line in lines(&text) {
            count += 1;
            let found = schema.mistakes(&line).into_iter();
            wrong.extend(found.map(|mistake| format!("{file}: {mistake}")));
        }
    }
    for name in traces::names() {
        let session = traces::make(name).session(&format!("schema-{name}"));
        count += 1;
        let found = schema.mistakes(&session).into_iter();
        wrong.extend(found.map(|mistake| format!("{name}: {mistake}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    say!("schema: {count} lines of NDJSON");
    assert!(count > 300);
}

#[test]
fn documents_of_old_are_accepted_for_ever() {
    let schema = Schema::committed();
    let mut records = 0;
    for entry in fs::read_dir(root().join("tests/schema/documents")).expect("the documents") {
        let path = entry.expect("an entry").path();
        let file = name(&path);
        let text = fs::read_to_string(&path).expect("a document");
        let documents: Vec<Value> = match path.extension().and_then(|it| it.to_str()) {
            Some("json") => vec![serde_json::from_str(&text).expect("a JSON report")],
            Some("ndjson") => lines(&text).collect(),
            _ => continue,
        };
        for document in documents {
            let found = schema.mistakes(&document);
            assert!(found.is_empty(), "{file}: {}", found.join("\n"));
            records += 1;
        }
    }
    assert!(records > 20, "only {records} records");
}

#[test]
fn broken_documents_are_refused_and_newer_ones_are_not() {
    let schema = Schema::committed();
    let text = starttap(&[
        "read",
        "--format",
        "ndjson",
        "captures/story3-selfsigned-alert46.pcap",
    ]);
    let text = String::from_utf8(text.stdout).expect("UTF-8");
    let session = lines(&text).next().expect("a session");
    assert!(schema.accepts(&session));
    let with = |pointer: &str, value: Value| {
        let mut changed = session.clone();
        let place = changed.pointer_mut(pointer);
        *place.unwrap_or_else(|| panic!("no {pointer}")) = value;
        changed
    };
    let broken = [
        ("/schema", json!("starttap/2")),
        ("/kind", json!("summary")),
        ("/kind", json!("sessions")),
        ("/client/ip", json!("mail.example.org")),
        ("/client/port", json!(65_536)),
        ("/started", json!("2026-11-22 15:50:15")),
        ("/capture/first_frame", json!("1")),
        ("/capture/first_frame", json!(-1)),
        ("/outcome", json!("tls-broken")),
        ("/findings", json!(null)),
        ("/findings/0/severity", json!("fatal")),
        ("/findings/0/frames/0", json!(1.5)),
        ("/verdict/confidence", json!(null)),
        ("/smtp/capabilities", json!("STARTTLS")),
        ("/tls/client_hello/max_version", json!("TLSv1.2")),
        ("/tls/client_hello/cipher_suites/0/code", json!("0xABC")),
        ("/tls/certificates/server/0/not_after", json!("2027")),
        ("/tcp/rtt", json!("fast")),
    ];
    for (pointer, value) in broken {
        let document = with(pointer, value.clone());
        assert!(!schema.accepts(&document), "{pointer} may be {value}");
        // Inside of what may be null the error stands at the whole.
        let mistakes = schema.mistakes(&document).join("\n");
        let place = mistakes.split(':').next().expect("a place");
        let told = place.len() > 1 && pointer.starts_with(place);
        assert!(told || pointer == "/kind", "{pointer}: {mistakes}");
    }
    for missing in [
        "schema", "kind", "capture", "client", "server", "started", "tcp", "ended", "outcome",
        "verdict", "findings",
    ] {
        let mut document = session.clone();
        document.as_object_mut().expect("an object").remove(missing);
        assert!(!schema.accepts(&document), "{missing} may be missing");
    }
    // Absent knowledge is null or absent, and newer documents have more fields.
    for (pointer, value) in [("/smtp", json!(null)), ("/tcp/rtt", json!(null))] {
        assert!(schema.accepts(&with(pointer, value)), "{pointer}");
    }
    let mut document = session.clone();
    document.as_object_mut().expect("an object").remove("tls");
    document["news"] = json!({"of": "tomorrow"});
    document["client"]["name"] = json!("mx1");
    assert!(schema.accepts(&document));
}
