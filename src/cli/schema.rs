//! `starttap schema`: what a record looks like, for programs.

use std::io::{self, Write};

use super::status;
use crate::error::Error;
use crate::report::schema::schema;

/// Prints the schema; gives the exit status.
pub fn run() -> Result<u8, Error> {
    match write(&mut anstream::stdout()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Error::Write {
            path: "standard output".to_owned(),
            source: error,
            kept: None,
        }),
        _ => Ok(status::DONE),
    }
}

fn write(out: &mut impl Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, &schema())?;
    writeln!(out)?;
    out.flush()
}
