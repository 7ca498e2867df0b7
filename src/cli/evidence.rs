//! `-o evidence.pcapng`: what the report cites, cut out of the captures once it is known.
//!
//! It is an output like the others, only that its end reads the captures twice more.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::ValueEnum;

use super::{Common, refuse_pipes};
use crate::capture::open;
use crate::capture::write::Writer;
use crate::error::Error;
use crate::limits::Limits;
use crate::model::{Input, Report, Session};
use crate::redact::Pseudonyms;
use crate::report::Output;
use crate::report::evidence::{Cutter, Original, Selection};

/// Which sessions an evidence file holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Which {
    /// Those that failed or that a finding rests on
    #[default]
    Cited,
    /// All mail sessions
    All,
}

/// One evidence file.
pub struct Evidence<W: Write> {
    /// Until everything is written.
    out: Option<W>,
    selection: Selection,
    cutter: Cutter,
    captures: Vec<PathBuf>,
}

/// Refuses what cannot be read again.
pub fn check_captures(common: &Common, captures: &[PathBuf]) -> Result<(), Error> {
    if !common.wants_evidence() {
        return Ok(());
    }
    captures.iter().try_for_each(|path| refuse_pipes(path))
}

impl<W: Write> Evidence<W> {
    /// An evidence file of these captures.
    pub fn new(
        out: W,
        common: &Common,
        captures: &[PathBuf],
        pseudonyms: Option<&Pseudonyms>,
    ) -> Self {
        Self {
            out: Some(out),
            selection: Selection::new(common.evidence == Which::All),
            cutter: Cutter {
                ports: common.ports(),
                filter: common.filter.clone(),
                with_payload: common.payload,
                limits: Limits::default(),
                pseudonyms: pseudonyms.map(Pseudonyms::another),
            },
            captures: captures.to_vec(),
        }
    }

    fn write(&self, out: W, inputs: &[Input]) -> Result<(), Error> {
        let mut writer = Writer::new(out);
        for (path, input) in self.captures.iter().zip(inputs) {
            let Some(notes) = self.selection.of(&input.path) else {
                continue;
            };
            // That of the report, where it may be a pseudonym.
            let name = Path::new(&input.path).file_name().unwrap_or_default();
            let original = Original {
                name: &name.to_string_lossy(),
                frames: input.frames,
                open: &|| open::open(path, &self.cutter.limits, 0),
            };
            self.cutter.cut(&original, notes, &mut writer)?;
        }
        match writer.finish() {
            Ok(_) => Ok(()),
            Err(source) => Err(Error::Write {
                path: "evidence".to_owned(),
                source,
                kept: None,
            }),
        }
    }
}

impl<W: Write> Output for Evidence<W> {
    fn session(&mut self, session: &Session) -> io::Result<()> {
        self.selection.session(session)
    }

    fn finish(&mut self, report: &Report) -> io::Result<()> {
        self.selection.finish(report)?;
        let Some(out) = self.out.take() else {
            return Ok(());
        };
        self.write(out, &report.inputs)
            .map_err(|error| match error {
                Error::Write { source, .. } => source,
                other => io::Error::other(other),
            })
    }
}
