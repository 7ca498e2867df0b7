//! `starttap read`: capture files, one after the other.

use std::path::{Path, PathBuf};

use clap::Args;

use super::outputs::check_paths;
use super::progress::Progress;
use super::run::Run;
use super::{Common, When, complain, status};
use crate::capture::filter::Filter;
use crate::capture::{Source, open};
use crate::engine::Engine;
use crate::error::Error;
use crate::limits::Limits;
use crate::model::Input;

/// Inspect capture files
#[derive(Debug, Args)]
pub struct ReadArgs {
    /// Capture files (pcap, pcapng, also gzipped); - or nothing = standard input
    #[arg(value_name = "CAPTURE")]
    captures: Vec<PathBuf>,
    #[command(flatten)]
    common: Common,
    /// Progress bar on standard error
    #[arg(long, value_enum, default_value_t = When::Auto, value_name = "WHEN")]
    progress: When,
}

/// Reads all captures; gives the exit status.
pub fn run(args: &ReadArgs) -> Result<u8, Error> {
    let mut filter = args.common.filter.as_deref().map(Filter::new).transpose()?;
    check_paths(&args.common, &args.captures)?;
    let mut run = Run::open(&args.common, false)?;
    let standard_input = [PathBuf::from("-")];
    let captures = match args.captures.is_empty() {
        true => &standard_input[..],
        false => &args.captures,
    };
    let mut worst = status::DONE;
    for (number, path) in captures.iter().enumerate() {
        let number = u32::try_from(number).unwrap_or(u32::MAX);
        if let Some(error) = read(&mut run, args, number, path, filter.as_mut()) {
            complain(&error);
            worst = match error.is_partial() {
                true if worst != status::UNREADABLE => status::PARTIAL,
                true => worst,
                false => status::UNREADABLE,
            };
        }
        if !run.goes_on() {
            break;
        }
    }
    Ok(run.finish(worst))
}

/// Reads one input; gives what stopped it early.
fn read(
    run: &mut Run<'_>,
    args: &ReadArgs,
    number: u32,
    path: &Path,
    filter: Option<&mut Filter>,
) -> Option<Error> {
    let limits = Limits::default();
    let name = path.display().to_string();
    let mut engine = Engine::new(&name, args.common.ports(), limits.clone());
    let mut input = Input {
        path: name,
        ..Input::default()
    };
    let (source, stopped) = match open::open(path, &limits, number) {
        Ok(mut source) => {
            let mut progress = Progress::new(args.progress, args.common.quiet, path);
            let source_ref = source.as_mut();
            let stopped = frames(
                run,
                source_ref,
                &mut engine,
                filter,
                &mut input,
                &mut progress,
            );
            progress.finish();
            (Some(source), stopped.err())
        }
        Err(error) => (None, Some(error)),
    };
    run.close(engine, input, source.as_deref(), stopped.as_ref());
    stopped
}

fn frames(
    run: &mut Run<'_>,
    source: &mut dyn Source,
    engine: &mut Engine,
    mut filter: Option<&mut Filter>,
    input: &mut Input,
    progress: &mut Progress,
) -> Result<(), Error> {
    while let Some(frame) = source.next()? {
        run.frame(&frame, engine, filter.as_deref_mut(), input)?;
        if !run.goes_on() {
            break;
        }
        progress.at(source.position());
    }
    Ok(())
}
