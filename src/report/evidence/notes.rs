//! Which sessions are wanted, and what there is to say of their frames.

use std::collections::BTreeMap;
use std::io;

use crate::escape::{shown, terminal};
use crate::model::{Finding, Outcome, Report, Session};
use crate::report::Output;

/// The sessions wanted of each input, by its name.
#[derive(Debug, Default)]
pub struct Selection {
    all: bool,
    inputs: BTreeMap<String, Notes>,
}

/// What is wanted of one input.
#[derive(Debug, Default)]
pub struct Notes {
    /// First frames of the sessions.
    wanted: BTreeMap<u64, String>,
    /// What there is to say of a frame.
    frames: BTreeMap<u64, Vec<String>>,
    /// Sessions in all.
    sessions: u64,
}

impl Selection {
    /// Nothing is wanted yet. `all`: also sessions that no finding rests on.
    pub fn new(all: bool) -> Self {
        Self {
            all,
            inputs: BTreeMap::new(),
        }
    }

    /// What is wanted of the input of this name.
    pub fn of(&self, input: &str) -> Option<&Notes> {
        self.inputs.get(input)
    }
}

impl Output for Selection {
    fn session(&mut self, session: &Session) -> io::Result<()> {
        let notes = self.inputs.entry(session.capture.input.clone());
        let notes = notes.or_default();
        notes.sessions += 1;
        if self.all || is_cited(session) {
            notes.session(session);
        }
        Ok(())
    }

    fn finish(&mut self, report: &Report) -> io::Result<()> {
        for finding in &report.findings {
            for cited in &finding.sessions {
                let notes = self.inputs.entry(cited.input.clone()).or_default();
                notes.wanted.entry(cited.first_frame).or_default();
                let text = format!(
                    "{} {} (confidence {})",
                    finding.id, finding.title, finding.confidence
                );
                cited
                    .frames
                    .iter()
                    .for_each(|&frame| notes.say(frame, &text));
            }
        }
        Ok(())
    }
}

/// Whether there is anything to show of a session.
fn is_cited(session: &Session) -> bool {
    let failed = session.verdict.finding.is_some() || session.outcome == Outcome::TlsFailed;
    failed || !session.findings.is_empty()
}

impl Notes {
    /// First frames of the sessions that are wanted.
    pub fn first_frames(&self) -> impl Iterator<Item = u64> {
        self.wanted.keys().copied()
    }

    /// What there is to say of a frame; `input` is the name of its file.
    pub fn of_frame(&self, frame: u64, input: &str) -> Vec<String> {
        let said = self.frames.get(&frame).into_iter().flatten().cloned();
        let origin = format!("frame {frame} of {}", shown(input));
        said.chain([origin]).collect()
    }

    /// What there is to say of all of it; `input` is the name of its file, `is_cut`: more is
    /// overwritten than need be.
    pub fn of_section(&self, input: &str, is_cut: bool) -> Vec<String> {
        let mut text = format!(
            "starttap: {} of {} mail connections of {}. Messages, logins and application data are \
             overwritten. Frame numbers in comments are those of that file.",
            self.wanted.len(),
            self.sessions,
            shown(input)
        );
        if is_cut {
            text.push_str(" More is overwritten than need be: a limit was reached.");
        }
        for verdict in self.wanted.values().filter(|verdict| !verdict.is_empty()) {
            text.push('\n');
            text.push_str(verdict);
        }
        vec![text]
    }

    fn session(&mut self, session: &Session) {
        let verdict = format!(
            "{} -> {}: {}",
            session.client,
            session.server,
            terminal(&session.verdict.text)
        );
        self.wanted.insert(session.capture.first_frame, verdict);
        let verdict = &session.verdict;
        for finding in &session.findings {
            let is_cause = verdict.finding == Some(finding.id);
            let named = named(finding);
            let text = match is_cause {
                true => format!("this frame is the cause: {named}"),
                false if verdict.consequences.contains(&finding.id) => {
                    format!("a consequence: {named}")
                }
                false => named,
            };
            let frames = match is_cause {
                true => &verdict.frames,
                false => &finding.frames,
            };
            frames.iter().for_each(|&frame| self.say(frame, &text));
        }
    }

    fn say(&mut self, frame: u64, text: &str) {
        let said = self.frames.entry(frame).or_default();
        if said.len() < MAX_NOTES && !said.iter().any(|it| it == text) {
            said.push(text.to_owned());
        }
    }
}

fn named(finding: &Finding) -> String {
    let Finding {
        id,
        title,
        confidence,
        ..
    } = finding;
    format!("{id} {title} (confidence {confidence})")
}

/// Most findings that are named at one frame.
const MAX_NOTES: usize = 32;
