//! Where reports go. Every output is opened before the first byte of input is read, so that a
//! wrong path costs no time.

use std::fs::File;
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use anstream::{AutoStream, StripStream};
use clap::ValueEnum;

use super::{Common, Threshold, When};
use crate::error::Error;
use crate::model::{Report, Session, Severity};
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
}

/// One `[FORMAT:]PATH`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputSpec {
    format: Format,
    path: PathBuf,
}

impl OutputSpec {
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
            _ => {
                return Err(format!(
                    "{text:?} does not tell its format: name it (json:{text}), or end it in \
                     .txt, .md, .html, .json, .ndjson or .csv"
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

/// All reports of a run.
pub struct Outputs {
    outputs: Vec<(String, Box<dyn Output>)>,
}

/// A format for programs.
fn data<'a>(format: Format, out: impl io::Write + 'a, common: &Common) -> Box<dyn Output + 'a> {
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
    }
}

/// How a run goes on after an output was written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    /// Somebody reads it.
    There,
    /// The reader of standard output went away: there is nothing left to do.
    Gone,
}

const STANDARD_OUTPUT: &str = "standard output";

impl Outputs {
    /// Opens every output. `running`: text is printed session by session.
    pub fn open(common: &Common, running: bool) -> Result<Self, Error> {
        let verbose = common.verbose;
        let mut outputs = Vec::new();
        for spec in &common.outputs {
            let path = spec.path.display().to_string();
            let file = File::create(&spec.path).map_err(|source| Error::Write {
                path: path.clone(),
                source,
            })?;
            let output: Box<dyn Output> = match spec.format {
                Format::Text => {
                    Box::new(Text::new(BufWriter::new(StripStream::new(file)), verbose))
                }
                other => data(other, BufWriter::new(file), common),
            };
            outputs.push((path, output));
        }
        let choice = match common.color {
            When::Auto => AutoStream::choice(&io::stdout()),
            When::Always => anstream::ColorChoice::Always,
            When::Never => anstream::ColorChoice::Never,
        };
        let stdout = io::stdout();
        let output: Box<dyn Output> = match common.format {
            Format::Text if running => {
                Box::new(Running::new(AutoStream::new(stdout, choice), verbose))
            }
            Format::Text => Box::new(Text::new(
                BufWriter::new(AutoStream::new(stdout, choice)),
                verbose,
            )),
            other => data(other, BufWriter::new(stdout), common),
        };
        outputs.push((STANDARD_OUTPUT.to_owned(), output));
        Ok(Self { outputs })
    }

    /// A session has ended and was judged.
    pub fn session(&mut self, session: &Session) -> Result<Reader, Error> {
        self.each(|output| output.session(session))
    }

    /// Everything is read.
    pub fn finish(&mut self, report: &Report) -> Result<Reader, Error> {
        self.each(|output| output.finish(report))
    }

    fn each(
        &mut self,
        mut act: impl FnMut(&mut dyn Output) -> io::Result<()>,
    ) -> Result<Reader, Error> {
        let mut gone = false;
        for (path, output) in &mut self.outputs {
            match act(output.as_mut()) {
                Ok(()) => {}
                Err(source)
                    if path == STANDARD_OUTPUT && source.kind() == io::ErrorKind::BrokenPipe =>
                {
                    gone = true;
                }
                Err(source) => {
                    let path = path.clone();
                    return Err(Error::Write { path, source });
                }
            }
        }
        // The files are wanted all the same.
        if gone {
            self.outputs.retain(|(path, _)| path != STANDARD_OUTPUT);
        }
        Ok(match self.outputs.is_empty() {
            true => Reader::Gone,
            false => Reader::There,
        })
    }
}
