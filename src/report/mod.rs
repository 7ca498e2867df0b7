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

use std::{fmt, io};

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

/// What sessions have in common that are told together, with one of them as the example.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Cause {
    outcome: Outcome,
    finding: Option<&'static str>,
    /// What a peer said, where the finding alone may mean many things.
    said: Option<u16>,
    probe: bool,
    came_to_nothing: bool,
}

impl Cause {
    fn of(session: &Session) -> Self {
        let finding = session.verdict.finding;
        let smtp = session.smtp.as_ref();
        let said = match finding {
            Some("S25" | "T42" | "C22") => {
                let mut alerts = session.tls.iter().flat_map(|tls| &tls.alerts);
                let decisive = alerts.find(|it| session.verdict.frames.contains(&it.frame));
                decisive.and_then(|alert| alert.code).map(u16::from)
            }
            Some("S05") => smtp.and_then(|smtp| smtp.reply.as_ref().map(|it| it.code)),
            Some("S23") => smtp.and_then(|smtp| smtp.rejected.as_ref().map(|it| it.code)),
            _ => None,
        };
        Self {
            outcome: session.outcome,
            finding,
            said,
            probe: session.is_probe(),
            came_to_nothing: session.came_to_nothing(),
        }
    }
}

/// What became of a session, in a few words.
impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.probe, self.outcome) {
            (false, outcome) if self.came_to_nothing => write!(f, "{outcome}, came to nothing"),
            (false, outcome) => write!(f, "{outcome}"),
            // A probe leaves on purpose: nothing has failed.
            (true, Outcome::TlsFailed) => f.write_str("TLS not begun, a probe"),
            (true, outcome) => write!(f, "{outcome}, a probe"),
        }
    }
}

/// Title of a finding of this session.
fn title(session: &Session, id: &str) -> &'static str {
    let mut findings = session.findings.iter();
    let finding = findings.find(|finding| finding.id == id);
    finding.map_or("", |finding| finding.title)
}
