//! Every handshake message and every alert in clear, frame by frame, against tshark 4.0.17: on other
//! people's captures with recorded answers, and on the project's own captures with tshark itself.
//!
//! Whatever is not agreed on stands in `oracle/messages.tsv`, with the reason; a line there that no
//! longer holds fails the test as well.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use starttap::capture::open::open;
use starttap::engine::frames::{Options, Rows, Survey};
use starttap::engine::ports::{PortSpec, Ports, Role};
use starttap::limits::Limits;
use starttap::model::Message;
use starttap::tls::registry;

use crate::oracle::{captures, project, recorded, rows, tshark};
use crate::{labels, support};

/// Set of captures, file, frame, ours, tshark's, reason.
const KNOWN: &str = include_str!("oracle/messages.tsv");

/// CLIENT-MASTER-KEY of SSL 2.0.
const MASTER_KEY: &str = "master-key";

/// Handshake types and alerts by frame, as in `2 11 14 alert:2/40`; frames without are left out.
type Frames = BTreeMap<u64, String>;

#[test]
fn recorded_captures_agree_with_tshark() {
    let folder = project().join("../shared/corpus");
    let Some(captures) = recorded::captures(&folder) else {
        say!("SKIPPED: messages are not compared, there is no ../shared/corpus");
        return;
    };
    let mut tally = Tally::default();
    for capture in &captures {
        let mut tshark = Frames::new();
        capture.each_row(&mut |row| add(&mut tshark, row));
        let ports = capture.ports();
        tally.compare(&capture.name, &ours(&capture.path, &ports), &tshark);
    }
    tally.verify("corpus", 2_000);
}

#[test]
fn own_captures_agree_with_tshark() {
    let captures = captures(&project().join("captures"));
    if captures.is_empty() {
        say!("SKIPPED: messages are not compared, there is nothing in captures/");
        return;
    }
    if !labels::has_tshark() {
        say!("SKIPPED: messages are not compared, tshark 4.0.17 is not installed");
        return;
    }
    let mut tally = Tally::default();
    for (name, path) in &captures {
        let mut tshark = Frames::new();
        let table = tshark::table(name, path);
        rows::read(&table).for_each(|row| add(&mut tshark, &row));
        tally.compare(name, &ours(path, &support::port_numbers(name)), &tshark);
    }
    tally.verify("captures", 300);
}

/// What tshark shows of a frame.
fn add(frames: &mut Frames, row: &rows::Row<'_>) {
    let is_ssl2 = row.list("tls.record.version").contains(&"0x0002");
    let kind = |kind| match (kind, is_ssl2) {
        // SSL 2.0 has numbers of its own.
        ("2", true) => MASTER_KEY.to_owned(),
        ("4", true) => "2".to_owned(),
        (kind, _) => kind.to_owned(),
    };
    let kinds = row.list("tls.handshake.type").into_iter();
    let mut kinds: Vec<String> = kinds.map(kind).collect();
    let levels = row.list("tls.alert_message.level");
    let codes = row.list("tls.alert_message.desc");
    let alerts = levels.iter().zip(codes);
    kinds.extend(alerts.map(|(level, code)| format!("alert:{level}/{code}")));
    if !kinds.is_empty() {
        let frame = row.number("frame.number").expect("a frame number");
        frames.insert(frame, kinds.join(" "));
    }
}

/// What starttap shows, of connections to these ports (the default ones when there are none).
fn ours(file: &Path, ports: &[u16]) -> Frames {
    let limits = Limits::default();
    let specs: Vec<_> = ports
        .iter()
        .map(|&port| PortSpec {
            port,
            role: Role::Smtps,
        })
        .collect();
    let options = Options {
        ports: Ports::new(&specs),
        ..Options::default()
    };
    let mut frames = Frames::new();
    let mut survey = Survey::new(options, limits.clone());
    let Ok(mut source) = open(file, &limits, 0) else {
        return frames;
    };
    while let Ok(Some(frame)) = source.next() {
        survey.push(&frame);
    }
    let mut rows: Rows = survey.finish();
    let mut source = open(file, &limits, 0).expect("still there");
    while let Ok(Some(frame)) = source.next() {
        let Some(row) = rows.push(&frame) else {
            continue;
        };
        // tshark lists alerts apart.
        let kinds = row.messages.iter().filter_map(kind);
        let alerts = row.messages.iter().filter_map(alert);
        let shown: Vec<_> = kinds.chain(alerts).collect();
        if !shown.is_empty() {
            frames.insert(row.frame, shown.join(" "));
        }
    }
    frames
}

/// The handshake type of a message in clear.
fn kind(message: &Message) -> Option<String> {
    let name = match message {
        Message::Handshake(kind) => return Some(kind.to_string()),
        // To tshark it is a ServerHello.
        Message::Named("HelloRetryRequest") => "ServerHello",
        Message::Named("ClientMasterKey") => return Some(MASTER_KEY.to_owned()),
        Message::Named(name) => name,
        _ => return None,
    };
    let kind = (0..=u8::MAX).find(|&kind| registry::handshake_name(kind) == Some(name))?;
    Some(kind.to_string())
}

fn alert(message: &Message) -> Option<String> {
    match message {
        Message::Alert { level, code } => Some(format!("alert:{level}/{code}")),
        _ => None,
    }
}

/// What was compared and what differs.
#[derive(Default)]
struct Tally {
    frames: usize,
    messages: usize,
    /// File, frame, ours, tshark's.
    differences: BTreeSet<[String; 4]>,
}

impl Tally {
    fn compare(&mut self, file: &str, ours: &Frames, tshark: &Frames) {
        let frames: BTreeSet<_> = ours.keys().chain(tshark.keys()).collect();
        for frame in frames {
            let [ours, tshark] = [ours, tshark].map(|it| it.get(frame).cloned());
            if ours == tshark {
                self.frames += 1;
                self.messages += ours.map_or(0, |it| it.split(' ').count());
            } else {
                let [ours, tshark] = [ours, tshark].map(Option::unwrap_or_default);
                let difference = [file.to_owned(), frame.to_string(), ours, tshark];
                self.differences.insert(difference);
            }
        }
    }

    /// Fails unless the differences are exactly those of the table, and enough agrees.
    fn verify(&self, set: &str, at_least: usize) {
        let known: BTreeSet<[String; 4]> = KNOWN
            .lines()
            .skip(1)
            .map(|line| {
                let columns: Vec<_> = line.split('\t').map(str::to_owned).collect();
                <[String; 6]>::try_from(columns).expect("six columns in messages.tsv")
            })
            .filter(|columns| columns[0] == set)
            .map(|[_, file, frame, ours, tshark, reason]| {
                assert!(!reason.is_empty(), "a reason: {file} {frame}");
                [file, frame, ours, tshark]
            })
            .collect();
        let lines = |differences: Vec<&[String; 4]>| {
            let lines = differences
                .iter()
                .map(|it| format!("{set}\t{}", it.join("\t")));
            lines.collect::<Vec<_>>().join("\n")
        };
        let new = lines(self.differences.difference(&known).collect());
        let gone = lines(known.difference(&self.differences).collect());
        say!(
            "{set}: {} messages in {} frames agree with tshark, {} frames differ for known reasons",
            self.messages,
            self.frames,
            self.differences.len()
        );
        assert!(
            new.is_empty() && gone.is_empty(),
            "not in tests/oracle/messages.tsv:\n{new}\nthere and not found:\n{gone}"
        );
        assert!(self.messages >= at_least, "only {} messages", self.messages);
    }
}
