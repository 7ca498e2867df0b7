//! The report for people: the answer first, then one block per session, worst first.

mod block;
mod certificates;
mod details;
mod head;
mod hellos;
mod style;

use std::io::{self, Write};

use self::block::block;
use self::head::head;
use super::Output;
use crate::model::{Input, Outcome, Session, Severity, Summary};

/// Writes the report at the end, worst session first.
pub struct Text<W> {
    out: W,
    verbose: bool,
    sessions: Vec<Session>,
}

impl<W: Write> Text<W> {
    /// Writes to `out`, with colours: who does not want them strips them. `verbose`: everything
    /// that is known of a session.
    pub fn new(out: W, verbose: bool) -> Self {
        Self {
            out,
            verbose,
            sessions: Vec::new(),
        }
    }
}

impl<W: Write> Output for Text<W> {
    fn session(&mut self, session: &Session) -> io::Result<()> {
        self.sessions.push(session.clone());
        Ok(())
    }

    fn finish(&mut self, inputs: &[Input], summary: &Summary) -> io::Result<()> {
        head(&mut self.out, inputs, summary)?;
        self.sessions.sort_by_key(badness);
        for (number, session) in self.sessions.iter().enumerate() {
            block(&mut self.out, number + 1, session, self.verbose)?;
        }
        self.out.flush()
    }
}

/// Prints each session as it ends, and the totals at the end: for live captures.
pub struct Running<W> {
    out: W,
    verbose: bool,
    count: usize,
}

impl<W: Write> Running<W> {
    /// Writes to `out`; `verbose` as in [`Text::new`].
    pub fn new(out: W, verbose: bool) -> Self {
        Self {
            out,
            verbose,
            count: 0,
        }
    }
}

impl<W: Write> Output for Running<W> {
    fn session(&mut self, session: &Session) -> io::Result<()> {
        self.count += 1;
        block(&mut self.out, self.count, session, self.verbose)?;
        self.out.flush()
    }

    fn finish(&mut self, inputs: &[Input], summary: &Summary) -> io::Result<()> {
        writeln!(self.out)?;
        head(&mut self.out, inputs, summary)?;
        self.out.flush()
    }
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
