//! `starttap schema`: what a record looks like, for programs.

use std::io::{self, Write};

use super::printed;
use crate::error::Error;
use crate::report::schema::schema;

/// Prints the schema; gives the exit status.
pub fn run() -> Result<u8, Error> {
    printed(write(&mut anstream::stdout()))
}

fn write(out: &mut impl Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, &schema())?;
    writeln!(out)?;
    out.flush()
}
