//! The rows of `starttap frames`, tab-separated or as JSON lines, with the same columns.
//!
//! Nothing in a row comes from the wire as text, so there is nothing to escape.

use std::fmt::{Display, Write as _};
use std::io::{self, Write};

use crate::decode::Flags;
use crate::engine::frames::Row;
use crate::model::SCHEMA;
use crate::tcp::Label;

/// The columns, in order.
pub const COLUMNS: [&str; 18] = [
    "frame",
    "stream",
    "time",
    "src",
    "srcport",
    "dst",
    "dstport",
    "flags",
    "len",
    "analysis",
    "dup_ack_num",
    "dup_ack_frame",
    "rto",
    "rto_frame",
    "initial_rtt",
    "completeness",
    "copy_of",
    "messages",
];

/// How rows are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Tab-separated values under a header line; lists with commas, absent knowledge is empty.
    Tsv,
    /// One JSON object a line; absent knowledge is `null`, lists are arrays. Times are numbers with
    /// nine decimals: a reader that takes them for floating point loses the last of them.
    Ndjson,
}

/// Writes rows.
pub struct Frames<W> {
    out: W,
    shape: Shape,
    /// The current line: one allocation for all of them.
    line: String,
}

impl<W: Write> Frames<W> {
    /// Writes to `out`, beginning with the header line where there is one.
    pub fn new(mut out: W, shape: Shape) -> io::Result<Self> {
        if shape == Shape::Tsv {
            writeln!(out, "{}", COLUMNS.join("\t"))?;
        }
        Ok(Self {
            out,
            shape,
            line: String::new(),
        })
    }

    /// Writes a row.
    pub fn row(&mut self, row: &Row) -> io::Result<()> {
        self.line.clear();
        if self.shape == Shape::Ndjson {
            // Writing to a String cannot fail.
            let _ = write!(self.line, r#"{{"schema":"{SCHEMA}","kind":"frame""#);
        }
        for (column, value) in COLUMNS.into_iter().zip(values(row)) {
            match self.shape {
                Shape::Tsv => self.tab_separated(&value),
                Shape::Ndjson => self.json(column, &value),
            }
        }
        if self.shape == Shape::Ndjson {
            self.line.push('}');
        }
        self.line.push('\n');
        self.out.write_all(self.line.as_bytes())
    }

    /// Everything is written.
    pub fn finish(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    fn tab_separated(&mut self, value: &Value) {
        if !self.line.is_empty() {
            self.line.push('\t');
        }
        match value {
            Value::Absent => {}
            Value::Number(text) | Value::Text(text) => self.line.push_str(text),
            Value::List(items) => self.line.push_str(&items.join(",")),
        }
    }

    fn json(&mut self, column: &str, value: &Value) {
        let line = &mut self.line;
        let _ = write!(line, r#","{column}":"#);
        match value {
            Value::Absent => line.push_str("null"),
            Value::Number(text) => line.push_str(text),
            Value::Text(text) => {
                let _ = write!(line, r#""{text}""#);
            }
            Value::List(items) if items.is_empty() => line.push_str("[]"),
            Value::List(items) => {
                let _ = write!(line, r#"["{}"]"#, items.join(r#"",""#));
            }
        }
    }
}

/// The value of a column. No text holds anything that JSON or a tab-separated file would trip over.
enum Value {
    Absent,
    Number(String),
    Text(String),
    List(Vec<String>),
}

fn values(row: &Row) -> [Value; COLUMNS.len()] {
    let labels = &row.labels;
    let has_dup_ack = labels.has(Label::DuplicateAck);
    let has_rto = labels.rto != 0;
    [
        number(row.frame),
        maybe(row.stream),
        Value::Number(seconds(row.time.as_nanos())),
        Value::Text(row.source.ip().to_string()),
        number(row.source.port()),
        Value::Text(row.destination.ip().to_string()),
        number(row.destination.port()),
        list(flags(row.flags)),
        number(row.len),
        list(labels.iter().map(Label::name)),
        maybe(has_dup_ack.then_some(labels.dup_ack_num)),
        maybe(has_dup_ack.then_some(labels.dup_ack_frame)),
        maybe(has_rto.then(|| seconds(labels.rto))),
        maybe(has_rto.then_some(labels.rto_frame)),
        maybe(row.initial_rtt.map(seconds)),
        maybe(row.completeness),
        maybe(row.copy_of),
        list(&row.messages),
    ]
}

fn number(number: impl Display) -> Value {
    Value::Number(number.to_string())
}

fn maybe(value: Option<impl Display>) -> Value {
    value.map_or(Value::Absent, number)
}

fn list(items: impl IntoIterator<Item = impl Display>) -> Value {
    Value::List(items.into_iter().map(|item| item.to_string()).collect())
}

/// Seconds with nine decimals.
fn seconds(nanos: i64) -> String {
    let sign = if nanos < 0 { "-" } else { "" };
    let nanos = nanos.unsigned_abs();
    format!(
        "{sign}{}.{:09}",
        nanos / 1_000_000_000,
        nanos % 1_000_000_000
    )
}

/// The names of the flags that are set, in the order in which Wireshark lists them.
fn flags(flags: Flags) -> impl Iterator<Item = &'static str> {
    const NAMES: [&str; 8] = ["FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"];
    NAMES
        .into_iter()
        .enumerate()
        .filter_map(move |(bit, name)| (flags.0 >> bit & 1 != 0).then_some(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_have_nine_decimals() {
        assert_eq!(seconds(1_605_558_723_000_000_042), "1605558723.000000042");
        assert_eq!(seconds(-5), "-0.000000005");
        assert_eq!(seconds(i64::MIN), "-9223372036.854775808");
    }

    #[test]
    fn flags_have_names() {
        let names: Vec<_> = flags(Flags(0x12)).collect();
        assert_eq!(names, ["SYN", "ACK"]);
        assert_eq!(flags(Flags(0xFF)).count(), 8);
    }
}
