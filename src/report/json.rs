//! JSON and NDJSON, schema `starttap/1`.

use std::io::{self, Write};

use serde::Serialize;

use super::Output;
use crate::escape::json;
use crate::model::{Input, SCHEMA, Session, Summary};

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

    fn finish(&mut self, inputs: &[Input], summary: &Summary) -> io::Result<()> {
        self.line("summary", &Totals { inputs, summary })
    }
}

/// The whole report as one object.
#[derive(Serialize)]
struct Report<'a> {
    inputs: &'a [Input],
    sessions: Vec<Envelope<'a, Session>>,
    /// Findings across connections; none of the rules looks across them yet.
    findings: [(); 0],
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

    fn finish(&mut self, inputs: &[Input], summary: &Summary) -> io::Result<()> {
        let sessions = self.sessions.iter();
        let report = Report {
            inputs,
            sessions: sessions
                .map(|session| envelope("session", session))
                .collect(),
            findings: [],
            summary,
        };
        let text = serde_json::to_string_pretty(&envelope("report", &report))?;
        self.out.write_all(json(&text).as_bytes())?;
        self.out.write_all(b"\n")?;
        self.out.flush()
    }
}
