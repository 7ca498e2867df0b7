//! The report for people: the answer first, then one block per session, worst first.

mod block;
mod causes;
mod certificates;
mod details;
mod head;
mod hellos;
mod inventory;
mod messages;
pub(super) mod style;

use std::io::{self, Write};

use self::block::block;
use self::causes::causes;
use self::head::head;
use super::{Output, badness};
use crate::model::{Report, Session};

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

    fn finish(&mut self, report: &Report) -> io::Result<()> {
        head(&mut self.out, report)?;
        self.sessions.sort_by_key(badness);
        causes(&mut self.out, &self.sessions)?;
        for (number, session) in self.sessions.iter().enumerate() {
            block(&mut self.out, number + 1, session, self.verbose)?;
        }
        if let Some(inventory) = &report.inventory {
            inventory::inventory(&mut self.out, inventory)?;
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

    fn finish(&mut self, report: &Report) -> io::Result<()> {
        writeln!(self.out)?;
        head(&mut self.out, report)?;
        if let Some(inventory) = &report.inventory {
            inventory::inventory(&mut self.out, inventory)?;
        }
        self.out.flush()
    }
}
