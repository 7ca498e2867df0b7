//! The JSON Schema of `starttap/1`, made from the types of the record.
//!
//! A field that is no `Option` is required, so a document written before the field was there would
//! fail: new lists and numbers take `#[schemars(default)]`. Unknown fields are allowed, for those
//! who read newer documents with an older schema.

use schemars::generate::SchemaSettings;
use schemars::transform::{RecursiveTransform, RestrictFormats, Transform};
use schemars::{Schema, json_schema};

use super::json::schemas;
use crate::model::SCHEMA;

/// The schema (JSON Schema draft 2020-12) of all records.
pub fn schema() -> Schema {
    let settings = SchemaSettings::draft2020_12();
    let dialect = settings.meta_schema.clone();
    let mut generator = settings.into_generator();
    let records = schemas(&mut generator);
    let definitions = generator.take_definitions(true);
    let mut schema = json_schema!({
        "$schema": dialect,
        "title": SCHEMA,
        "description": "A record of starttap: a whole report, or a line of NDJSON.",
        "oneOf": records,
        "$defs": definitions,
    });
    RecursiveTransform(addresses).transform(&mut schema);
    RecursiveTransform(plain_words).transform(&mut schema);
    RestrictFormats::default().transform(&mut schema);
    schema
}

/// JSON Schema has a format for each kind of IP address and none for both.
fn addresses(schema: &mut Schema) {
    if schema.get("format").is_none_or(|format| format != "ip") {
        return;
    }
    schema.remove("format");
    schema.insert(
        "anyOf".to_owned(),
        serde_json::json!([{"format": "ipv4"}, {"format": "ipv6"}]),
    );
}

/// Descriptions are written for readers of the code: lines wrapped, links to items, Rust's word for
/// what is not there.
fn plain_words(schema: &mut Schema) {
    let description = schema.get("description").and_then(|text| text.as_str());
    let Some(text) = description else { return };
    let mut paragraphs = text.split("\n\n").map(|it| it.replace('\n', " "));
    let first = paragraphs.next().unwrap_or_default();
    let text = paragraphs.fold(first, |text, next| text + "\n\n" + &next);
    let text = text.replace("[`", "`").replace("`]", "`");
    let text = text.replace("`None`", "`null`").replace("`Self::", "`");
    schema.insert("description".to_owned(), text.into());
}
