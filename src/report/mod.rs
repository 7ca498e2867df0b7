//! Reports: everything here only prints what a [`Session`] already says.

pub mod csv;
pub mod ecs;
pub mod evidence;
mod fields;
pub mod frames;
pub mod html;
pub mod json;
pub mod junit;
pub mod markdown;
mod name;
mod phrases;
pub mod rules;
pub mod schema;
mod steps;
pub mod text;
pub mod zeek;

use std::io;

use crate::model::{Outcome, Report, Session, Severity};

/// One report being written. Sessions come as they end, all else at the end.
pub trait Output {
    /// A session has ended and was judged.
    fn session(&mut self, session: &Session) -> io::Result<()>;

    /// Everything is read.
    fn finish(&mut self, report: &Report) -> io::Result<()>;
}

/// Worst first: what failed, then what is dangerous, then the rest, each in capture order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Badness {
    has_not_failed: bool,
    worst: Severity,
    outcome: Outcome,
    first_frame: u64,
}

fn badness(session: &Session) -> Badness {
    let worst = session.findings.first();
    Badness {
        has_not_failed: session.outcome != Outcome::TlsFailed || session.is_probe(),
        worst: worst.map_or(Severity::Info, |finding| finding.severity),
        outcome: session.outcome,
        first_frame: session.capture.first_frame,
    }
}

/// Title of a finding of this session.
fn title(session: &Session, id: &str) -> &'static str {
    let mut findings = session.findings.iter();
    let finding = findings.find(|finding| finding.id == id);
    finding.map_or("", |finding| finding.title)
}
