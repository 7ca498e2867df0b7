//! Counts what was compared and what differs.

use std::collections::{BTreeMap, HashSet};
use std::fmt;

use starttap::tcp::Label;

use super::Row;

/// Frames that differ on purpose. Reasons stand in `README.md`.
const KNOWN: &[(&str, usize)] = &[
    ("fmt_fuzz_absurd_caplen.pcap", 1),
    ("fmt_micro_invalid_ts.pcap", 3),
    ("ll_sll_2if_snaplen_mysql_tls10.pcapng", 91),
];

/// Differences that are spelt out.
const EXAMPLES: usize = 10;

/// Frames compared and differences found.
#[derive(Default)]
pub struct Tally {
    frames: usize,
    pub differences: usize,
    labels: BTreeMap<String, usize>,
    known: usize,
    examples: Vec<String>,
}

impl Tally {
    /// Compares two views of a capture that may be in the table of known differences.
    pub fn compare(&mut self, name: &str, ours: &[Option<Row>], tshark: &[Option<Row>]) {
        let mut streams = HashSet::new();
        let frames = ours.len().max(tshark.len());
        for at in 0..frames {
            let mut ours = ours.get(at).cloned().flatten();
            let tshark = tshark.get(at).and_then(Option::as_ref);
            self.frames += 1;
            let number = at + 1;
            if let (Some(ours), Some(tshark)) = (&mut ours, tshark) {
                self.count(tshark);
                forgive(ours, tshark, streams.insert(tshark.stream));
            }
            if ours.as_ref() == tshark {
                continue;
            }
            if KNOWN.contains(&(name, number)) {
                self.known += 1;
                continue;
            }
            self.differences += 1;
            if self.examples.len() < EXAMPLES {
                let line = format!("{name} frame {number}\n  ours   {ours:?}\n  tshark {tshark:?}");
                self.examples.push(line);
            }
        }
    }

    /// How many frames tshark gave a label to.
    pub fn seen(&self, label: Label) -> usize {
        self.labels.get(label.name()).copied().unwrap_or(0)
    }

    /// The first differences.
    pub fn examples(&self) -> String {
        self.examples.join("\n")
    }

    fn count(&mut self, tshark: &Row) {
        for label in tshark.labels.split(',').filter(|label| !label.is_empty()) {
            *self.labels.entry(label.to_owned()).or_default() += 1;
        }
    }
}

/// Takes over what tshark does not tell, or tells differently on purpose (see `README.md`).
fn forgive(ours: &mut Row, tshark: &Row, is_first: bool) {
    if tshark.initial_rtt.is_none() {
        ours.initial_rtt = None;
    }
    if ours.is_quote {
        ours.labels.clone_from(&tshark.labels);
    }
    // The second pass counts every segment again, and the first of a connection then counts like
    // any other: only its own row shows the value of the first pass.
    if !is_first {
        ours.completeness = tshark.completeness;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} frames compared, {} differences ({} more are known);",
            self.frames, self.differences, self.known
        )?;
        for (label, count) in &self.labels {
            write!(f, " {label} {count}")?;
        }
        Ok(())
    }
}
