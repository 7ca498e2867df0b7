//! Reports: everything here only prints what a [`Session`] already says.

pub mod frames;
pub mod json;
pub mod rules;
mod steps;
pub mod text;

use std::io;

use crate::model::{Input, Session, Summary};

/// One report being written. Sessions come as they end, inputs and totals at the end.
pub trait Output {
    /// A session has ended and was judged.
    fn session(&mut self, session: &Session) -> io::Result<()>;

    /// Everything is read.
    fn finish(&mut self, inputs: &[Input], summary: &Summary) -> io::Result<()>;
}
