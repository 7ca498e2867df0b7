//! Commands and replies against tshark 4.0.17: the same ones in the same frames, in both directions.
//!
//! Whatever is not agreed on stands in `dialogue/differences.tsv`, with the reason; a line there
//! that no longer holds fails the test as well.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

use starttap::capture::open::open;
use starttap::engine::frames::{Options, Survey};
use starttap::limits::Limits;
use starttap::model::Message;
use starttap::smtp::command;

use crate::labels::tshark;
use crate::support::root;

/// File, frame, ours, tshark's, reason.
const KNOWN: &str = include_str!("dialogue/differences.tsv");

/// What completes in each frame: verbs and codes, in order.
type Frames = BTreeMap<u64, Vec<String>>;

#[test]
fn commands_and_replies_are_those_of_tshark() {
    if !tshark::is_installed() {
        say!("SKIPPED: dialogues are not compared, tshark 4.0.17 is not installed");
        return;
    }
    let folders = ["captures", "../shared/corpus"].map(|folder| root().join(folder));
    let files: Vec<_> = folders.iter().flat_map(|it| captures(it)).collect();
    let queue = Mutex::new(files.into_iter());
    let tally = Mutex::new(Tally::default());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let next = queue.lock().expect("no panic").next();
                    let Some(path) = next else {
                        return;
                    };
                    // tshark looks for mail on these ports only.
                    let Some(ours) = ours(&path) else {
                        continue;
                    };
                    let tshark = theirs(&path);
                    tally
                        .lock()
                        .expect("no panic")
                        .compare(&path, &ours, &tshark);
                }
            });
        }
    });
    tally.into_inner().expect("no panic").verify();
}

/// Captures of a folder, by name; none where there is no folder.
fn captures(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    let mut found: Vec<_> = entries
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.to_string_lossy().contains(".pcap"))
        .filter(|path| cfg!(feature = "compress") || !path.to_string_lossy().ends_with(".gz"))
        .collect();
    found.sort();
    found
}

/// `None` when nothing goes to a mail port, or the file is none we read.
fn ours(path: &Path) -> Option<Frames> {
    let limits = Limits::default();
    let mut survey = Survey::new(Options::default(), limits.clone());
    let mut source = open(path, &limits, 0).ok()?;
    while let Ok(Some(frame)) = source.next() {
        survey.push(&frame);
    }
    let mut rows = survey.finish();
    let mut source = open(path, &limits, 0).ok()?;
    let mut frames = Frames::new();
    let mut is_mail = false;
    while let Ok(Some(frame)) = source.next() {
        if let Some(row) = rows.push(&frame) {
            let ports = [row.source.port(), row.destination.port()];
            is_mail |= row.len > 0 && !ports.contains(&465);
            let said = row.messages.iter().filter_map(said);
            frames.entry(row.frame).or_default().extend(said);
        }
    }
    frames.retain(|_, said| !said.is_empty());
    is_mail.then_some(frames)
}

/// A message of the dialogue as both call it.
fn said(message: &Message) -> Option<String> {
    match message {
        Message::Reply(code) => Some(code.to_string()),
        Message::Named(name) => command::verb(name.as_bytes()).map(str::to_owned),
        _ => None,
    }
}

/// No byte of a line.
const SEPARATOR: char = '\u{1}';

fn theirs(path: &Path) -> Frames {
    // An empty profile: nobody's preferences.
    let profile = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("dialogue");
    std::fs::create_dir_all(&profile).expect("a place for an empty profile");
    let output = Command::new("tshark")
        .env("WIRESHARK_CONFIG_DIR", &profile)
        .env("XDG_CONFIG_HOME", &profile)
        .args(["-n", "-o", "tcp.reassemble_out_of_order:TRUE", "-Y", "smtp"])
        .args(["-T", "fields", "-E", "separator=/t", "-E", "occurrence=a"])
        .args(["-E", &format!("aggregator={SEPARATOR}"), "-r"])
        .arg(path)
        .args(["-e", "frame.number", "-e", "smtp.command_line"])
        .args(["-e", "smtp.response.code"])
        .output()
        .expect("tshark runs");
    let mut frames = Frames::new();
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let mut columns = line.split('\t');
        let frame = columns.next().and_then(|it| it.parse().ok());
        let mut list = || columns.next().unwrap_or_default().split(SEPARATOR);
        let verb =
            |line: &str| command::verb(line.replace("\\r", " ").replace("\\n", " ").as_bytes());
        let verbs = list().filter_map(verb).map(str::to_owned);
        let verbs: Vec<_> = verbs.collect();
        let codes = list().filter(|it| !it.is_empty()).map(str::to_owned);
        let said: Vec<_> = verbs.into_iter().chain(codes).collect();
        if !said.is_empty() {
            frames.insert(frame.expect("a frame"), said);
        }
    }
    frames
}

#[derive(Default)]
struct Tally {
    files: usize,
    agreed: usize,
    differences: BTreeSet<[String; 4]>,
}

impl Tally {
    fn compare(&mut self, path: &Path, ours: &Frames, tshark: &Frames) {
        self.files += 1;
        let file = path.file_name().expect("a name").to_string_lossy();
        let frames: BTreeSet<_> = ours.keys().chain(tshark.keys()).collect();
        for frame in frames {
            let [ours, tshark] =
                [ours, tshark].map(|it| it.get(frame).cloned().unwrap_or_default());
            if ours == tshark {
                self.agreed += ours.len();
            } else {
                let difference = [
                    file.to_string(),
                    frame.to_string(),
                    ours.join(" "),
                    tshark.join(" "),
                ];
                self.differences.insert(difference);
            }
        }
    }

    fn verify(&self) {
        let (files, agreed) = (self.files, self.agreed);
        say!(
            "dialogues: {files} files, {agreed} commands and replies agree, {} frames differ",
            self.differences.len()
        );
        let mut known = BTreeSet::new();
        for line in KNOWN.lines().skip(1) {
            let columns: Vec<_> = line.split('\t').map(str::to_owned).collect();
            let [file, frame, ours, tshark, reason] =
                <[String; 5]>::try_from(columns).expect("five columns in differences.tsv");
            assert!(!reason.is_empty(), "a reason: {line}");
            assert!(
                known.insert([file, frame, ours, tshark]),
                "only once: {line}"
            );
        }
        let is_there = |file: &str| {
            ["captures", "../shared/corpus"]
                .iter()
                .any(|folder| root().join(folder).join(file).exists())
        };
        let lines = |set: Vec<&[String; 4]>| -> Vec<String> {
            set.iter().map(|it| it.join("\t")).collect()
        };
        let new = lines(self.differences.difference(&known).collect());
        let gone = known.difference(&self.differences);
        let gone = lines(gone.filter(|it| is_there(&it[0])).collect());
        assert!(
            new.is_empty() && gone.is_empty(),
            "{} differences are not in tests/dialogue/differences.tsv:\n{}\n\
             {} stand there and do not occur:\n{}",
            new.len(),
            new.join("\n"),
            gone.len(),
            gone.join("\n")
        );
        assert!(files > 70 && agreed > 700, "{files} files, {agreed} agree");
    }
}
