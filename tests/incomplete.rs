//! A capture that lacks something is never sure of what the whole one does not say.
//!
//! Frames of every recorded capture and of the made-up connections are left out at the beginning, at the end and in between, change
//! places, and lose their ends. What a rule is sure of then has to stand in the whole session, too.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use starttap::model::{Confidence, Endpoint, Session};

use crate::frames_in::{Owned, frames, judged};
use crate::rules::traces;
use crate::support::{captures, name};

/// Larger captures repeat what the smaller ones show.
const FRAMES: usize = 160;
/// Places tried in a capture; in larger ones some are passed over, to save time.
const PLACES: usize = 20;
/// Snap lengths, in bytes.
const CUTS: [usize; 5] = [60, 96, 128, 200, 400];
/// Rules about the recording and its end: of a part they rightly say something else.
const ABOUT_THE_END: [&str; 3] = ["P13", "P21", "P22"];

/// Rules that say of a part what the others say of the whole, rightly.
const SAME: [(&str, &str); 2] = [
    // The greeting that came after the client had left.
    ("P18", "S19"),
    // The second half of what ended the handshake.
    ("S08", "T07"),
];

/// What was done to a capture.
#[derive(Clone, Copy, Debug)]
enum Change {
    From(usize),
    To(usize),
    Without(usize),
    WithoutTwo(usize),
    Swapped(usize),
    Cut(usize),
}

fn changed(all: &[Owned], change: Change) -> Vec<Owned> {
    let mut frames = all.to_vec();
    match change {
        Change::From(at) => drop(frames.drain(..at)),
        Change::To(at) => frames.truncate(at),
        Change::Without(at) => drop(frames.remove(at)),
        Change::WithoutTwo(at) => drop(frames.drain(at..at + 2)),
        Change::Swapped(at) => {
            let (one, other) = (frames[at].clone(), frames[at + 1].clone());
            frames[at].bytes = other.bytes;
            frames[at].wire_len = other.wire_len;
            frames[at + 1].bytes = one.bytes;
            frames[at + 1].wire_len = one.wire_len;
        }
        Change::Cut(len) => frames.iter_mut().for_each(|it| it.bytes.truncate(len)),
    }
    frames
}

/// How far apart two frames may be that change places, in seconds: what captures on several cores or
/// from several interfaces do.
const TOGETHER: f64 = 0.05;

fn changes(all: &[Owned]) -> Vec<Change> {
    let len = all.len();
    let near = |at: &usize| all[at + 1].time.seconds_since(all[*at].time) < TOGETHER;
    let step = 1 + len / PLACES;
    let each = (1..len).step_by(step);
    let each = each.flat_map(|at| [Change::From(at), Change::To(at)]);
    let gaps = (0..len).step_by(step).map(Change::Without);
    let pairs = (0..len - 1).step_by(step).map(Change::WithoutTwo);
    let swapped = (0..len - 1).step_by(step).filter(near);
    let swapped = swapped.map(Change::Swapped);
    let cuts = CUTS.map(Change::Cut);
    let all = each.chain(gaps).chain(pairs).chain(swapped).chain(cuts);
    all.collect()
}

type Ends = [Endpoint; 2];

/// What is said of each pair of endpoints, whoever is taken for the client.
fn said(sessions: &[Session]) -> BTreeMap<Ends, BTreeSet<&'static str>> {
    let mut said: BTreeMap<Ends, BTreeSet<&'static str>> = BTreeMap::new();
    for session in sessions {
        let ids = session.findings.iter().map(|finding| finding.id);
        said.entry(ends(session)).or_default().extend(ids);
    }
    said
}

fn ends(session: &Session) -> Ends {
    let mut ends = [session.client, session.server];
    ends.sort();
    ends
}

/// This id, or one that says the same.
fn has(ids: &BTreeSet<&str>, id: &str) -> bool {
    let mut same = SAME.iter().filter(|(part, _)| *part == id);
    ids.contains(id) || same.any(|(_, whole)| ids.contains(whole))
}

#[test]
fn a_part_is_never_sure_of_more_than_the_whole() {
    let mut wrong: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let mut judgements = 0;
    let made = traces::names().map(|name| {
        let path = traces::make(name).write(&format!("incomplete-{name}"));
        PathBuf::from(path)
    });
    for path in captures().into_iter().chain(made) {
        let all = frames(&path);
        if !(2..=FRAMES).contains(&all.len()) {
            continue;
        }
        let sessions = judged(&all);
        let whole = said(&sessions);
        let mut verdicts: BTreeMap<Ends, BTreeSet<&'static str>> = BTreeMap::new();
        for session in &sessions {
            let finding = session.verdict.finding;
            verdicts.entry(ends(session)).or_default().extend(finding);
        }
        for change in changes(&all) {
            for session in judged(&changed(&all, change)) {
                judgements += 1;
                let Some(known) = whole.get(&ends(&session)) else {
                    continue;
                };
                let verdict = &session.verdict;
                let other = verdict
                    .finding
                    .filter(|_| verdict.confidence == Confidence::High);
                let wholes = &verdicts[&ends(&session)];
                if let Some(id) = other.filter(|id| !has(wholes, id)) {
                    let case = format!("{}: {change:?}: verdict {}", name(&path), verdict.text);
                    wrong.entry(id).or_default().push(case);
                }
                for finding in &session.findings {
                    let sure = finding.confidence == Confidence::High;
                    if !sure || has(known, finding.id) || ABOUT_THE_END.contains(&finding.id) {
                        continue;
                    }
                    let case = format!("{}: {change:?}: {}", name(&path), finding.cause);
                    wrong.entry(finding.id).or_default().push(case);
                }
            }
        }
    }
    say!("incomplete: {judgements} sessions of incomplete captures judged");
    let examples = wrong.values_mut();
    examples.for_each(|cases| cases.truncate(3));
    assert!(wrong.is_empty(), "{wrong:#?}");
}
