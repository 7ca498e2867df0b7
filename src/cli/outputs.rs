//! Where reports go. Every output is opened before the first byte of input is read, so that a
//! wrong path costs no time.

use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use anstream::{AutoStream, StripStream};
use clap::ValueEnum;

use super::bundle::Bundle;
use super::destination::Destination;
use super::evidence::Evidence;
use super::{Common, STANDARD_OUTPUT, Threshold, When, complain};
use crate::error::Error;
use crate::model::{Report, Session, Severity};
use crate::redact::Pseudonyms;
use crate::report::Output;
use crate::report::csv::{Csv, Table};
use crate::report::ecs::Ecs;
use crate::report::html::Html;
use crate::report::json::{Json, Ndjson};
use crate::report::junit::Junit;
use crate::report::markdown::Markdown;
use crate::report::text::{Running, Text};
use crate::report::zeek::Zeek;

/// A report format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    Text,
    /// One JSON object
    Json,
    /// One JSON record a line, written as sessions end
    Ndjson,
    /// Markdown for ticket systems
    Markdown,
    /// One HTML file with diagrams, for a browser or paper
    Html,
    /// A table with one row per session
    CsvSessions,
    /// A table with one row per finding
    CsvFindings,
    /// A table with one row per client, server and certificate
    CsvInventory,
    /// JUnit XML, a test case per session
    Junit,
    /// Zeek's conn, smtp, ssl, x509 and notice logs, one JSON record a line
    Zeek,
    /// Elastic Common Schema, one JSON document a line
    Ecs,
    /// The capture, cut to the sessions that the report cites
    Evidence,
}

/// One `[FORMAT:]PATH`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputSpec {
    format: Format,
    path: PathBuf,
}

impl OutputSpec {
    /// A report of this format.
    pub fn new(format: Format, path: PathBuf) -> Self {
        Self { format, path }
    }

    /// The format.
    pub fn format(&self) -> Format {
        self.format
    }
}

impl FromStr for OutputSpec {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Some((name, path)) = text.split_once(':')
            && let Ok(format) = Format::from_str(name, false)
        {
            let path = PathBuf::from(path);
            return Ok(Self { format, path });
        }
        let path = PathBuf::from(text);
        let extension = path.extension().and_then(|extension| extension.to_str());
        let format = match extension {
            Some("txt") => Format::Text,
            Some("json") => Format::Json,
            Some("ndjson") => Format::Ndjson,
            Some("md") => Format::Markdown,
            Some("html") => Format::Html,
            Some("csv") => Format::CsvSessions,
            Some("pcapng") => Format::Evidence,
            _ => {
                return Err(format!(
                    "{text:?} does not tell its format: name it (json:{text}), or end it in \
                     .txt, .md, .html, .json, .ndjson, .csv or .pcapng"
                ));
            }
        };
        Ok(Self { format, path })
    }
}

/// No report may take the place of a capture, or of another report.
pub fn check_paths(common: &Common, captures: &[PathBuf]) -> Result<(), Error> {
    let real = |path: &PathBuf| path.canonicalize().ok();
    let mut taken: Vec<PathBuf> = captures.iter().filter_map(real).collect();
    for spec in &common.outputs {
        // What does not exist yet has only its folder and name.
        let folder = spec
            .path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new(".")).canonicalize().ok();
        let name = spec.path.file_name();
        let new = folder.zip(name).map(|(folder, name)| folder.join(name));
        let Some(path) = real(&spec.path).or(new) else {
            continue;
        };
        // Devices such as /dev/null take any number of reports.
        let is_file = std::fs::metadata(&path).map_or(true, |metadata| metadata.is_file());
        if is_file && taken.contains(&path) {
            let path = spec.path.clone();
            return Err(Error::Overwrites { path });
        }
        taken.push(path);
    }
    Ok(())
}

/// One report being written.
struct Open {
    /// Its path, or `standard output`.
    name: String,
    output: Box<dyn Output>,
    destination: Destination,
}

/// All reports of a run.
pub struct Outputs {
    open: Vec<Open>,
    /// Some report could not be written; that was said.
    failed: bool,
}

/// A format for programs.
fn data<'a>(
    format: Format,
    out: impl io::Write + 'a,
    common: &Common,
    captures: &[PathBuf],
    pseudonyms: Option<&Pseudonyms>,
) -> Box<dyn Output + 'a> {
    match format {
        Format::Text => Box::new(Text::new(out, common.verbose)),
        Format::Json => Box::new(Json::new(out)),
        Format::Ndjson => Box::new(Ndjson(out)),
        Format::Markdown => Box::new(Markdown::new(out)),
        Format::Html => Box::new(Html::new(out)),
        Format::CsvSessions => Box::new(Csv::new(out, Table::Sessions)),
        Format::CsvFindings => Box::new(Csv::new(out, Table::Findings)),
        Format::CsvInventory => Box::new(Csv::new(out, Table::Inventory)),
        Format::Zeek => Box::new(Zeek::new(out)),
        Format::Ecs => Box::new(Ecs::new(out)),
        Format::Junit => {
            let threshold = common.fail_on.map_or(Severity::High, Threshold::severity);
            Box::new(Junit::new(out, threshold))
        }
        Format::Evidence => Box::new(Evidence::new(out, common, captures, pseudonyms)),
    }
}

/// Whether somebody still wants a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    /// Somebody reads it.
    There,
    /// The reader of standard output went away, and no file is left that can be written.
    Gone,
}

impl Outputs {
    /// Opens every output. `running`: text is printed session by session, and files of one record
    /// a line grow where they are, because people follow them. `captures` are for outputs that read
    /// them again, `pseudonyms` redact what is not made of facts alone, `bundle` takes some more.
    pub fn open(
        common: &Common,
        running: bool,
        captures: &[PathBuf],
        pseudonyms: Option<&Pseudonyms>,
        bundle: Option<&Bundle>,
    ) -> Result<Self, Error> {
        let verbose = common.verbose;
        let mut open = Vec::new();
        let bundled = bundle.into_iter().flat_map(Bundle::specs);
        for spec in common.outputs.iter().cloned().chain(bundled) {
            let name = spec.path.display().to_string();
            let in_lines = matches!(spec.format, Format::Ndjson | Format::Zeek | Format::Ecs);
            let followed = running && in_lines;
            let (destination, file) =
                Destination::open(&spec.path, followed).map_err(|source| Error::Write {
                    path: name.clone(),
                    source,
                    kept: None,
                })?;
            let output: Box<dyn Output> = match spec.format {
                Format::Text => {
                    Box::new(Text::new(BufWriter::new(StripStream::new(file)), verbose))
                }
                other => data(other, BufWriter::new(file), common, captures, pseudonyms),
            };
            open.push(Open {
                name,
                output,
                destination,
            });
        }
        open.push(Open {
            name: STANDARD_OUTPUT.to_owned(),
            output: standard_output(common, running, captures, pseudonyms),
            destination: Destination::InPlace,
        });
        Ok(Self {
            open,
            failed: false,
        })
    }

    /// A session has ended and was judged.
    pub fn session(&mut self, session: &Session) -> Reader {
        self.each(|output| output.session(session));
        match self.open.is_empty() {
            true => Reader::Gone,
            false => Reader::There,
        }
    }

    /// Everything is read: the reports are ended, and take their names. Gives whether all of them
    /// could be written.
    pub fn finish(mut self, report: &Report) -> bool {
        self.each(|output| output.finish(report));
        for open in self.open {
            drop(open.output);
            if let Err((source, kept)) = open.destination.complete() {
                self.failed = true;
                let path = open.name;
                complain(&Error::Write { path, source, kept });
            }
        }
        !self.failed
    }

    /// An output that fails is given up; the others are wanted all the same.
    fn each(&mut self, mut act: impl FnMut(&mut dyn Output) -> io::Result<()>) {
        for mut open in std::mem::take(&mut self.open) {
            let Err(source) = act(open.output.as_mut()) else {
                self.open.push(open);
                continue;
            };
            let path = open.name;
            if path == STANDARD_OUTPUT && source.kind() == io::ErrorKind::BrokenPipe {
                continue;
            }
            self.failed = true;
            let kept = open.destination.give_up();
            complain(&Error::Write { path, source, kept });
        }
    }
}

fn standard_output(
    common: &Common,
    running: bool,
    captures: &[PathBuf],
    pseudonyms: Option<&Pseudonyms>,
) -> Box<dyn Output> {
    let verbose = common.verbose;
    let choice = match common.color {
        When::Auto => AutoStream::choice(&io::stdout()),
        When::Always => anstream::ColorChoice::Always,
        When::Never => anstream::ColorChoice::Never,
    };
    let stdout = io::stdout();
    match common.format {
        Format::Text if running => Box::new(Running::new(AutoStream::new(stdout, choice), verbose)),
        Format::Text => Box::new(Text::new(
            BufWriter::new(AutoStream::new(stdout, choice)),
            verbose,
        )),
        other => data(other, BufWriter::new(stdout), common, captures, pseudonyms),
    }
}
