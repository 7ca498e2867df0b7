//! JSON and NDJSON, schema `starttap/1`.

use std::io::{self, Write};

use serde::Serialize;

use super::Output;
use crate::escape::json;
use crate::model::inventory::Inventory;
use crate::model::{CrossFinding, Input, Report, SCHEMA, Session, Summary};

/// What stands around a record: schema and kind first, so that a reader knows what it has.
#[derive(Serialize)]
struct Envelope<'a, T> {
    schema: &'static str,
    kind: &'static str,
    #[serde(flatten)]
    body: &'a T,
}

fn envelope<'a, T>(kind: &'static str, body: &'a T) -> Envelope<'a, T> {
    Envelope {
        schema: SCHEMA,
        kind,
        body,
    }
}

/// The end of a run as a line of NDJSON.
#[derive(Serialize)]
struct Totals<'a> {
    inputs: &'a [Input],
    summary: &'a Summary,
}

/// One record a line, written out when its session ends.
pub struct Ndjson<W>(pub W);

impl<W: Write> Ndjson<W> {
    fn line<T: Serialize>(&mut self, kind: &'static str, body: &T) -> io::Result<()> {
        let text = serde_json::to_string(&envelope(kind, body))?;
        self.0.write_all(json(&text).as_bytes())?;
        self.0.write_all(b"\n")?;
        self.0.flush()
    }
}

impl<W: Write> Output for Ndjson<W> {
    fn session(&mut self, session: &Session) -> io::Result<()> {
        self.line("session", session)
    }

    fn finish(&mut self, report: &Report) -> io::Result<()> {
        for finding in &report.findings {
            self.line("finding", finding)?;
        }
        if let Some(inventory) = &report.inventory {
            self.line("inventory", inventory)?;
        }
        let Report {
            inputs, summary, ..
        } = report;
        self.line("summary", &Totals { inputs, summary })
    }
}

/// The whole report as one object.
#[derive(Serialize)]
struct Whole<'a> {
    inputs: &'a [Input],
    sessions: Vec<Envelope<'a, Session>>,
    findings: &'a [CrossFinding],
    #[serde(skip_serializing_if = "Option::is_none")]
    inventory: Option<&'a Inventory>,
    summary: &'a Summary,
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
            sessions: sessions
                .map(|session| envelope("session", session))
                .collect(),
            findings: &report.findings,
            inventory: report.inventory.as_ref(),
            summary: &report.summary,
        };
        let text = serde_json::to_string_pretty(&envelope("report", &whole))?;
        self.out.write_all(json(&text).as_bytes())?;
        self.out.write_all(b"\n")?;
        self.out.flush()
    }
}
