//! Recorded captures of other people and what tshark said about them. They are not part of the
//! project.

use std::fs;
use std::path::{Path, PathBuf};

use starttap::tcp::Label;

use super::Row;

/// Formats that starttap asks to convert first.
const NOT_READ: &[&str] = &["fmt_snoop.snoop"];

/// A capture with an oracle file.
pub struct Capture {
    pub name: String,
    pub path: PathBuf,
    oracle: PathBuf,
}

/// All captures, by name; `None` where there is no corpus.
pub fn captures() -> Option<Vec<Capture>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    let mut captures: Vec<_> = fs::read_dir(&folder)
        .ok()?
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            let name = path.file_name()?.to_string_lossy().into_owned();
            let oracle = folder.join(format!("oracle/expected/{name}.tsv"));
            let is_read = oracle.is_file() && !NOT_READ.contains(&name.as_str());
            is_read.then_some(Capture { name, path, oracle })
        })
        .collect();
    captures.sort_by(|a, b| a.name.cmp(&b.name));
    Some(captures)
}

impl Capture {
    /// Streams and labels of the oracle file, one row per frame.
    pub fn expected(&self) -> Vec<Option<Row>> {
        let text = fs::read(&self.oracle).expect("the oracle file");
        let text = String::from_utf8_lossy(&text);
        let mut lines = text.lines();
        let header: Vec<_> = lines.next().expect("a header").split('\t').collect();
        let column = |name: &str| {
            header
                .iter()
                .position(|field| *field == name)
                .expect("the column")
        };
        let stream = column("tcp.stream");
        let labels = Label::ALL.map(|label| column(&format!("tcp.analysis.{}", label.name())));
        lines
            .map(|line| {
                let fields: Vec<_> = line.split('\t').collect();
                // Of several TCP layers the last counts.
                let stream = fields[stream].rsplit(',').next()?.parse().ok()?;
                let labels: Vec<_> = Label::ALL
                    .into_iter()
                    .zip(labels)
                    .filter(|(_, at)| fields.get(*at).is_some_and(|field| !field.is_empty()))
                    .map(|(label, _)| label.name())
                    .collect();
                Some(Row {
                    stream,
                    labels: labels.join(","),
                    ..Row::default()
                })
            })
            .collect()
    }
}

/// What of a row the oracle files hold.
pub fn labels_only(row: &Row) -> Row {
    Row {
        stream: row.stream,
        labels: row.labels.clone(),
        ..Row::default()
    }
}
