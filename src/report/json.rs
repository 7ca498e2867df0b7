//! JSON and NDJSON, schema `starttap/1`.

use std::borrow::Cow;
use std::io::{self, Write};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;

use super::Output;
use crate::escape::json;
use crate::model::inventory::Inventory;
use crate::model::{CrossFinding, Input, Report, SCHEMA, Session, Summary};

/// A kind of record.
trait Record: Serialize {
    /// The word for it.
    const KIND: &'static str;
}

impl Record for Session {
    const KIND: &'static str = "session";
}

impl Record for CrossFinding {
    const KIND: &'static str = "finding";
}

impl Record for Inventory {
    const KIND: &'static str = "inventory";
}

/// What stands around a record: schema and kind first, so that a reader knows what it has.
#[derive(Serialize)]
struct Envelope<'a, T> {
    schema: &'static str,
    kind: &'static str,
    #[serde(flatten)]
    body: &'a T,
}

fn envelope<T: Record>(body: &T) -> Envelope<'_, T> {
    Envelope {
        schema: SCHEMA,
        kind: T::KIND,
        body,
    }
}

impl<T: Record + JsonSchema> JsonSchema for Envelope<'_, T> {
    fn schema_name() -> Cow<'static, str> {
        format!("{}_record", T::KIND).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "object",
            "required": ["schema", "kind"],
            "properties": {
                "schema": {"const": SCHEMA},
                "kind": {"const": T::KIND},
            },
            "allOf": [generator.subschema_for::<T>()],
        })
    }
}

/// The schemas of all kinds of records.
pub(super) fn schemas(generator: &mut SchemaGenerator) -> [Schema; 5] {
    [
        generator.subschema_for::<Envelope<'_, Whole<'_>>>(),
        generator.subschema_for::<Envelope<'_, Session>>(),
        generator.subschema_for::<Envelope<'_, CrossFinding>>(),
        generator.subschema_for::<Envelope<'_, Inventory>>(),
        generator.subschema_for::<Envelope<'_, Totals<'_>>>(),
    ]
}

/// The end of a run, the last line of NDJSON.
#[derive(Serialize, JsonSchema)]
struct Totals<'a> {
    /// The inputs in the order given.
    inputs: &'a [Input],
    /// The totals.
    summary: &'a Summary,
}

impl Record for Totals<'_> {
    const KIND: &'static str = "summary";
}

/// One record a line, written out when its session ends.
pub struct Ndjson<W>(pub W);

impl<W: Write> Ndjson<W> {
    fn line<T: Record>(&mut self, body: &T) -> io::Result<()> {
        let text = serde_json::to_string(&envelope(body))?;
        self.0.write_all(json(&text).as_bytes())?;
        self.0.write_all(b"\n")?;
        self.0.flush()
    }
}

impl<W: Write> Output for Ndjson<W> {
    fn session(&mut self, session: &Session) -> io::Result<()> {
        self.line(session)
    }

    fn finish(&mut self, report: &Report) -> io::Result<()> {
        for finding in &report.findings {
            self.line(finding)?;
        }
        if let Some(inventory) = &report.inventory {
            self.line(inventory)?;
        }
        let Report {
            inputs, summary, ..
        } = report;
        self.line(&Totals { inputs, summary })
    }
}

/// The whole report as one object.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Report")]
struct Whole<'a> {
    /// The inputs in the order given.
    inputs: &'a [Input],
    /// A record for every connection, in the order in which they ended.
    sessions: Vec<Envelope<'a, Session>>,
    /// What no single session shows, most severe first.
    findings: &'a [CrossFinding],
    /// Who can do what; absent where it was not asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    inventory: Option<&'a Inventory>,
    /// The totals.
    summary: &'a Summary,
}

impl Record for Whole<'_> {
    const KIND: &'static str = "report";
}

/// One object, written at the end.
pub struct Json<W> {
    out: W,
    sessions: Vec<Session>,
}

impl<W: Write> Json<W> {
    /// Writes to `out`.
    pub fn new(out: W) -> Self {
        Self {
            out,
            sessions: Vec::new(),
        }
    }
}

impl<W: Write> Output for Json<W> {
    fn session(&mut self, session: &Session) -> io::Result<()> {
        self.sessions.push(session.clone());
        Ok(())
    }

    fn finish(&mut self, report: &Report) -> io::Result<()> {
        let sessions = self.sessions.iter();
        let whole = Whole {
            inputs: &report.inputs,
            sessions: sessions.map(envelope).collect(),
            findings: &report.findings,
            inventory: report.inventory.as_ref(),
            summary: &report.summary,
        };
        let text = serde_json::to_string_pretty(&envelope(&whole))?;
        self.out.write_all(json(&text).as_bytes())?;
        self.out.write_all(b"\n")?;
        self.out.flush()
    }
}
