//! Compares, counts, and knows the differences that stand.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::facts::{Facts, Hello, Streams};

/// Set of captures, file, stream, field, ours, tshark's, reason.
const KNOWN: &str = include_str!("differences.tsv");

/// Columns of a difference before its reason, without the set.
type Difference = [String; 5];

/// What was compared and what differs.
#[derive(Default)]
pub struct Tally {
    files: usize,
    connections: usize,
    hellos: usize,
    suites: usize,
    alerts: usize,
    certificates: usize,
    fingerprints: usize,
    details: usize,
    differences: BTreeSet<Difference>,
}

impl Tally {
    /// Compares two views of a capture. Connections without TLS on both sides agree.
    pub fn compare(&mut self, file: &str, ours: &Streams, tshark: &Streams) {
        self.files += 1;
        self.connections += tshark.len();
        let numbers: BTreeSet<_> = ours.keys().chain(tshark.keys()).collect();
        let nothing = Facts::default();
        for stream in numbers {
            let mut pair = Pair {
                tally: self,
                file,
                stream: *stream,
            };
            let ours = ours.get(stream).unwrap_or(&nothing);
            let tshark = tshark.get(stream).unwrap_or(&nothing);
            pair.compare(ours, tshark);
        }
    }

    /// Leaves only differences between hellos that both sides show.
    pub fn only_details(&mut self) {
        self.differences.retain(|it| it[2].contains("_hello."));
    }

    /// Fails unless the differences are exactly the ones that stand in the table for `set`.
    pub fn assert_known(&self, set: &str) {
        let mut known = BTreeMap::new();
        for line in KNOWN.lines().skip(1) {
            let columns: Vec<_> = line.split('\t').map(str::to_owned).collect();
            let [of, file, stream, field, ours, tshark, reason] =
                <[String; 7]>::try_from(columns).expect("seven columns in differences.tsv");
            assert!(!reason.is_empty(), "a reason: {line}");
            if of == set {
                let twice = known.insert([file, stream, field, ours, tshark], ());
                assert!(twice.is_none(), "only once: {line}");
            }
        }
        let new = self
            .differences
            .iter()
            .filter(|it| !known.contains_key(*it));
        let new: Vec<_> = new.map(|it| format!("{set}\t{}", it.join("\t"))).collect();
        let gone = known.keys().filter(|it| !self.differences.contains(*it));
        let gone: Vec<_> = gone.map(|it| format!("{set}\t{}", it.join("\t"))).collect();
        assert!(
            new.is_empty() && gone.is_empty(),
            "{} differences are not in tests/oracle/differences.tsv:\n{}\n\
             {} stand there and do not occur:\n{}",
            new.len(),
            new.join("\n"),
            gone.len(),
            gone.join("\n")
        );
    }

    /// Fails when less was compared: files, connections, hellos, suites, alerts, certificates.
    pub fn assert_at_least(&self, counts: &[usize; 6]) {
        let seen = [
            self.files,
            self.connections,
            self.hellos,
            self.suites,
            self.alerts,
            self.certificates,
        ];
        let enough = seen.iter().zip(counts).all(|(seen, count)| seen >= count);
        assert!(enough, "compared {seen:?}, expected at least {counts:?}");
    }

    /// Fails on any JA3 or JA3S that differs, and when fewer fingerprints or details agree.
    pub fn assert_fingerprints(&self, count: usize, details: usize) {
        let differ = |it: &&Difference| it[2].contains(".ja3");
        let differences: Vec<_> = self.differences.iter().filter(differ).collect();
        assert!(differences.is_empty(), "{differences:?}");
        assert!(self.fingerprints >= count, "{} agree", self.fingerprints);
        assert!(self.details >= details, "{} details agree", self.details);
    }
}

/// A connection as both see it.
struct Pair<'a> {
    tally: &'a mut Tally,
    file: &'a str,
    stream: u32,
}

impl Pair<'_> {
    fn compare(&mut self, ours: &Facts, tshark: &Facts) {
        self.hellos("client_hello", &ours.client_hellos, &tshark.client_hellos);
        self.hellos("server_hello", &ours.server_hellos, &tshark.server_hellos);
        self.tally.alerts += agreed(&ours.alerts, &tshark.alerts);
        self.field("alerts", &ours.alerts.join(" "), &tshark.alerts.join(" "));
        self.tally.certificates += agreed(&ours.certificates, &tshark.certificates);
        let [ours, tshark] = [ours, tshark].map(|facts| facts.certificates.join(" "));
        self.field("certificates", &ours, &tshark);
    }

    fn hellos(&mut self, field: &str, ours: &[Hello], tshark: &[Hello]) {
        let frames = |hellos: &[Hello]| {
            let frames: Vec<_> = hellos.iter().map(|it| it.frame.to_string()).collect();
            frames.join(" ")
        };
        self.field(field, &frames(ours), &frames(tshark));
        for hello in ours {
            let Some(other) = tshark.iter().find(|it| it.frame == hello.frame) else {
                continue;
            };
            self.tally.hellos += 1;
            for (name, value) in &hello.details {
                let Some(said) = other.detail(name) else {
                    continue;
                };
                if value == said && !said.is_empty() {
                    self.tally.details += 1;
                }
                match *name {
                    "suites" | "suite" if value == said && !said.is_empty() => {
                        self.tally.suites += said.split(',').count();
                    }
                    "ja3" | "ja3s" if value == said && !said.is_empty() => {
                        self.tally.fingerprints += 1;
                    }
                    _ => {}
                }
                self.field(&format!("{field}.{name}"), value, said);
            }
        }
    }

    fn field(&mut self, field: &str, ours: &str, tshark: &str) {
        if ours != tshark {
            let stream = self.stream.to_string();
            let [file, field, ours, tshark] =
                [self.file, field, ours, tshark].map(|it| it.replace(['\t', '\n'], " "));
            let difference = [file, stream, field, ours, tshark];
            self.tally.differences.insert(difference);
        }
    }
}

/// How many of tshark's lines are ours as well.
fn agreed(ours: &[String], tshark: &[String]) -> usize {
    tshark.iter().filter(|it| ours.contains(it)).count()
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} files, {} connections; agreed on {} hellos, {} details of them, {} suites, {} \
             fingerprints, {} alerts, {} certificates; {} differences",
            self.files,
            self.connections,
            self.hellos,
            self.details,
            self.suites,
            self.fingerprints,
            self.alerts,
            self.certificates,
            self.differences.len()
        )
    }
}
