//! `starttap read`: capture files, one after the other.

use std::path::{Path, PathBuf};

use clap::Args;

use super::outputs::{Outputs, Reader};
use super::progress::Progress;
use super::{Common, complain, status};
use crate::capture::filter::Filter;
use crate::capture::{Source, open};
use crate::engine::Engine;
use crate::error::Error;
use crate::limits::Limits;
use crate::model::{Input, Session, Summary};
use crate::rules;

/// Inspect capture files
#[derive(Debug, Args)]
pub struct ReadArgs {
    /// Capture files (pcap, pcapng, also gzipped); - or nothing = standard input
    #[arg(value_name = "CAPTURE")]
    captures: Vec<PathBuf>,
    #[command(flatten)]
    common: Common,
}

/// What the whole run comes to.
struct Run<'a> {
    common: &'a Common,
    limits: Limits,
    outputs: Outputs,
    inputs: Vec<Input>,
    summary: Summary,
    reader: Reader,
}

/// Reads all captures; gives the exit status.
pub fn run(args: &ReadArgs) -> Result<u8, Error> {
    let mut filter = args.common.filter.as_deref().map(Filter::new).transpose()?;
    let mut run = Run {
        common: &args.common,
        limits: Limits::default(),
        outputs: Outputs::open(&args.common, false)?,
        inputs: Vec::new(),
        summary: Summary::default(),
        reader: Reader::There,
    };
    let standard_input = [PathBuf::from("-")];
    let captures = match args.captures.is_empty() {
        true => &standard_input[..],
        false => &args.captures,
    };
    let mut worst = status::DONE;
    for (number, path) in captures.iter().enumerate() {
        let number = u32::try_from(number).unwrap_or(u32::MAX);
        if let Some(error) = run.input(number, path, filter.as_mut())? {
            complain(&error);
            worst = match error.is_partial() {
                true if worst != status::UNREADABLE => status::PARTIAL,
                true => worst,
                false => status::UNREADABLE,
            };
        }
        if run.reader == Reader::Gone {
            return Ok(status::DONE);
        }
    }
    if run.outputs.finish(&run.inputs, &run.summary)? == Reader::Gone {
        return Ok(status::DONE);
    }
    let found = args
        .common
        .fail_on
        .is_some_and(|threshold| threshold.is_reached_by(run.summary.worst()));
    Ok(match worst {
        status::UNREADABLE => worst,
        _ if found => status::FOUND,
        _ => worst,
    })
}

impl Run<'_> {
    /// Reads one input; gives what stopped it early. `Err` = an output failed.
    fn input(
        &mut self,
        number: u32,
        path: &Path,
        filter: Option<&mut Filter>,
    ) -> Result<Option<Error>, Error> {
        let name = path.display().to_string();
        let mut input = Input {
            path: name.clone(),
            ..Input::default()
        };
        let mut engine = Engine::new(&name, self.common.ports(), self.limits.clone());
        let stopped = match open::open(path, &self.limits, number) {
            Ok(mut source) => {
                let stopped = self.frames(source.as_mut(), path, &mut engine, filter, &mut input);
                input.format = source.format().to_owned();
                for interface in source.interfaces() {
                    let link_type = interface.link_type.to_string();
                    if !input.link_types.contains(&link_type) {
                        input.link_types.push(link_type);
                    }
                }
                stopped
            }
            Err(error) => Err(error),
        };
        let error = match stopped {
            Ok(()) => None,
            Err(error @ Error::Write { .. }) => return Err(error),
            Err(error) => Some(error),
        };
        input.complete = error.is_none();
        input.error = error.as_ref().map(ToString::to_string);
        let mut failed = Ok(());
        engine.finish(&mut |session| self.session(session, &mut failed));
        failed?;
        input.skipped = engine.skipped();
        self.summary.limits_hit.extend(engine.limits_hit());
        self.inputs.push(input);
        Ok(error)
    }

    fn frames(
        &mut self,
        source: &mut dyn Source,
        path: &Path,
        engine: &mut Engine,
        mut filter: Option<&mut Filter>,
        input: &mut Input,
    ) -> Result<(), Error> {
        let mut progress = Progress::new(
            self.common.progress,
            self.common.quiet,
            path,
            &path.display().to_string(),
        );
        let mut failed = Ok(());
        let result = loop {
            match source.next() {
                Ok(Some(frame)) => {
                    input.frames += 1;
                    let accepted = match &mut filter {
                        Some(filter) => filter.matches(&frame)?,
                        None => true,
                    };
                    if accepted {
                        engine.push(&frame, &mut |session| self.session(session, &mut failed));
                    } else {
                        engine.pass_over();
                    }
                }
                Ok(None) => break Ok(()),
                Err(error) => break Err(error),
            }
            if failed.is_err() || self.reader == Reader::Gone {
                break Ok(());
            }
            progress.at(source.position());
        };
        progress.finish();
        failed.and(result)
    }

    /// Judges and reports a session; the first failure of an output is kept in `failed`.
    fn session(&mut self, mut session: Session, failed: &mut Result<(), Error>) {
        rules::judge(&mut session);
        self.summary.add(&session);
        if failed.is_ok() && self.reader == Reader::There {
            match self.outputs.session(&session) {
                Ok(reader) => self.reader = reader,
                Err(error) => *failed = Err(error),
            }
        }
    }
}
