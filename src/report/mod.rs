//! Reports: everything here only prints what a [`Session`] already says.

pub mod csv;
pub mod frames;
pub mod json;
pub mod junit;
mod steps;
pub mod text;

use std::io;

use crate::model::{Report, Session};

/// One report being written. Sessions come as they end, all else at the end.
pub trait Output {
    /// A session has ended and was judged.
    fn session(&mut self, session: &Session) -> io::Result<()>;

    /// Everything is read.
    fn finish(&mut self, report: &Report) -> io::Result<()>;
}
