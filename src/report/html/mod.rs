//! A report to be attached: one file with everything in it, that runs nothing and asks for nothing.
//!
//! Long captures stay usable: sessions that fail are told in full up to a bound, the others have a
//! row each up to another one, and the totals count them all.

mod collected;
mod escaper;
mod ladder;
mod offer;
mod page;
mod presented;
mod rows;
mod session;
mod timeline;

use std::io::{self, Write};

use askama::Template;

use self::collected::Collected;
use self::page::Page;
use super::Output;
use crate::model::{Report, Session};

/// Writes the report at the end.
pub struct Html<W> {
    out: W,
    collected: Collected,
}

impl<W: Write> Html<W> {
    /// Writes to `out`.
    pub fn new(out: W) -> Self {
        Self {
            out,
            collected: Collected::default(),
        }
    }
}

impl<W: Write> Output for Html<W> {
    fn session(&mut self, session: &Session) -> io::Result<()> {
        self.collected.add(session);
        Ok(())
    }

    fn finish(&mut self, report: &Report) -> io::Result<()> {
        let page = Page::new(report, &self.collected).map_err(io::Error::other)?;
        page.write_into(&mut self.out)?;
        self.out.flush()
    }
}
