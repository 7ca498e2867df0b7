//! Reports: everything here only prints what a [`Session`] already says.

pub mod csv;
pub mod frames;
pub mod json;
pub mod junit;
pub mod markdown;
mod phrases;
pub mod rules;
mod steps;
pub mod text;

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
fn badness(session: &Session) -> (bool, Severity, Outcome, u64) {
    let worst = session.findings.first();
    (
        session.outcome != Outcome::TlsFailed,
        worst.map_or(Severity::Info, |finding| finding.severity),
        session.outcome,
        session.capture.first_frame,
    )
}
