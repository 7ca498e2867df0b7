//! `starttap frames`: one row per TCP frame of one file, read twice.

use std::io::{self, BufWriter};
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::progress::Progress;
use super::{When, complain, note, printed, refuse_pipes, status};
use crate::capture::{Frame, open};
use crate::engine::frames::{Options, Survey};
use crate::engine::ports::{PortSpec, Ports};
use crate::error::Error;
use crate::limits::Limits;
use crate::report::frames::{Frames, Shape};

/// List the TCP frames of a capture file: stream, direction, Wireshark's labels, copies, messages
#[derive(Debug, Args)]
pub struct FramesArgs {
    /// Capture file (pcap, pcapng, also gzipped); it is read twice, so not standard input
    #[arg(value_name = "CAPTURE")]
    capture: PathBuf,
    /// Mail port, repeatable; replaces 25, 587 (smtp) and 465 (smtps)
    #[arg(short, long = "port", value_name = "PORT[=smtp|smtps]")]
    ports: Vec<PortSpec>,
    /// List the TCP frames of all ports
    #[arg(long)]
    all_ports: bool,
    /// Label frames as if capture copies were not there
    #[arg(long)]
    without_copies: bool,
    /// Format on standard output
    #[arg(long, value_enum, default_value_t = Format::Tsv)]
    format: Format,
    /// No progress bar and no notes on standard error, errors only
    #[arg(short, long)]
    quiet: bool,
    /// Progress bar on standard error
    #[arg(long, value_enum, default_value_t = When::Auto, value_name = "WHEN")]
    progress: When,
}

/// A format of rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Tab-separated values under a header line
    Tsv,
    /// One JSON object a line
    Ndjson,
}

/// Whether there is a reason to read on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    Frame,
    Stop,
}

/// Lists the frames; gives the exit status.
pub fn run(args: &FramesArgs) -> Result<u8, Error> {
    let path = args.capture.as_path();
    refuse_pipes(path)?;
    let options = Options {
        ports: Ports::new(&args.ports),
        all_ports: args.all_ports,
        without_copies: args.without_copies,
    };
    let limits = Limits::default();
    let mut survey = Survey::new(options, limits.clone());
    let damage = pass(args, 1, &limits, |frame| {
        survey.push(frame);
        Ok(Next::Frame)
    })?;
    let shape = match args.format {
        Format::Tsv => Shape::Tsv,
        Format::Ndjson => Shape::Ndjson,
    };
    let mut rows = survey.finish();
    let mut print = || -> io::Result<Result<(), Error>> {
        let mut out = Frames::new(BufWriter::new(io::stdout().lock()), shape)?;
        let mut failed = Ok(());
        let read = pass(args, 2, &limits, |frame| {
            if rows.is_done() {
                return Ok(Next::Stop);
            }
            if let Some(row) = rows.push(frame) {
                failed = out.row(&row);
            }
            Ok(match failed {
                Ok(()) => Next::Frame,
                Err(_) => Next::Stop,
            })
        });
        failed?;
        out.finish()?;
        Ok(read.map(|_| ()))
    };
    match print() {
        Ok(read) => read?,
        Err(error) => return printed(Err(error)),
    }
    if !args.quiet {
        rows.limits_hit().iter().for_each(|hit| note(hit));
    }
    Ok(match damage {
        Some(error) => {
            complain(&error);
            status::PARTIAL
        }
        None => status::DONE,
    })
}

/// Goes over the file once; gives what cut it short. `Err` = nothing could be read.
fn pass(
    args: &FramesArgs,
    number: u8,
    limits: &Limits,
    mut take: impl FnMut(&Frame<'_>) -> Result<Next, Error>,
) -> Result<Option<Error>, Error> {
    let path = args.capture.as_path();
    let mut source = open::open(path, limits, 0)?;
    let name = format!("{}, pass {number} of 2", path.display());
    let mut progress = Progress::named(args.progress, args.quiet, path, &name);
    let stopped = loop {
        match source.next() {
            Ok(Some(frame)) => {
                if take(&frame)? == Next::Stop {
                    break Ok(None);
                }
            }
            Ok(None) => break Ok(None),
            Err(error) if error.is_partial() => break Ok(Some(error)),
            Err(error) => break Err(error),
        }
        progress.at(source.position());
    };
    progress.finish();
    stopped
}
