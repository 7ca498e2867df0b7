//! The command line: arguments become collaborators, errors become exit statuses.

mod bundle;
mod destination;
mod evidence;
mod frames;
#[cfg(feature = "live")]
mod interfaces;
#[cfg(feature = "live")]
mod live;
mod outputs;
mod policy;
mod progress;
mod read;
mod redact;
mod rules;
mod run;
mod schema;

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};

use self::evidence::Which;
use self::outputs::{Format, OutputSpec};
use crate::engine::ports::{PortSpec, Ports};
use crate::error::Error;
use crate::escape::terminal;
use crate::model::Severity;
use crate::rules::names;

/// Says why a STARTTLS handshake failed, from a packet capture alone.
#[derive(Debug, Parser)]
#[command(version, propagate_version = true, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Read(read::ReadArgs),
    Frames(frames::FramesArgs),
    #[cfg(feature = "live")]
    Live(live::LiveArgs),
    Rules(rules::RulesArgs),
    /// Print the JSON Schema of the records that json and ndjson write
    Schema,
    /// List what can be sniffed
    #[cfg(feature = "live")]
    Interfaces,
}

/// What `read` and `live` share.
#[derive(Debug, Args)]
struct Common {
    /// Mail port, repeatable; replaces 25, 587 (smtp) and 465 (smtps)
    #[arg(short, long = "port", value_name = "PORT[=smtp|smtps]")]
    ports: Vec<PortSpec>,
    /// Look only at frames this capture filter accepts; in a file the others keep their numbers
    #[arg(short, long, value_name = "BPF")]
    filter: Option<String>,
    /// Format on standard output
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Write a report to a file as well, repeatable; without FORMAT its extension decides
    #[arg(short, long = "output", value_name = "[FORMAT:]PATH")]
    outputs: Vec<OutputSpec>,
    /// Write what a ticket takes into this new folder: text, Markdown, HTML, NDJSON, the evidence and
    /// their digests, redacted unless told otherwise, and no more than 25 MB
    #[arg(long, value_name = "DIR")]
    bundle: Option<PathBuf>,
    /// Add who offers and chooses what, and what breaks when the floor is raised
    #[arg(long)]
    inventory: bool,
    /// Hold the sessions against a policy: its name, or a file
    #[arg(long, value_name = "NAME|FILE")]
    policy: Option<String>,
    /// Hold the server's certificate against this name, repeatable: any one of them will do
    #[arg(long = "expect-name", value_name = "NAME", value_parser = names::host_name)]
    expect_names: Vec<String>,
    /// Say which client certificates a connector with this name or pattern takes, repeatable
    #[arg(long = "connector-pattern", value_name = "NAME|*.DOMAIN", value_parser = names::pattern)]
    connector_patterns: Vec<String>,
    /// Replace names, addresses and everything else that identifies by pseudonyms, in all reports
    #[arg(long, overrides_with = "no_redact")]
    redact: bool,
    /// Tell everything as it was captured, in a bundle too
    #[arg(long, overrides_with = "redact")]
    no_redact: bool,
    /// Make the pseudonyms from the secret in this file: runs with the same one make the same
    /// [default: random numbers, another key in every run]
    #[arg(long, value_name = "FILE")]
    redact_key: Option<PathBuf>,
    /// Which sessions an evidence file (-o FILE.pcapng) holds
    #[arg(long, value_enum, default_value_t = Which::Cited, value_name = "WHICH")]
    evidence: Which,
    /// Keep encrypted data in an evidence file
    #[arg(long)]
    payload: bool,
    /// Leave findings below this severity out of the reports
    #[arg(long, value_enum, value_name = "SEVERITY")]
    min_severity: Option<Threshold>,
    /// Exit with status 1 when a finding is at least this severe
    #[arg(long, value_enum, value_name = "SEVERITY")]
    fail_on: Option<Threshold>,
    /// No progress bar and no notes on standard error, errors only
    #[arg(short, long)]
    quiet: bool,
    /// Everything that is known of a session in the text report
    #[arg(short, long)]
    verbose: bool,
    /// Colours in the text report
    #[arg(long, value_enum, default_value_t = When::Auto, value_name = "WHEN")]
    color: When,
}

impl Common {
    /// A table of the inventory is a wish for it.
    fn wants_inventory(&self) -> bool {
        self.inventory || self.writes(Format::CsvInventory)
    }

    fn wants_evidence(&self) -> bool {
        self.writes(Format::Evidence) || self.bundle.is_some()
    }

    /// What goes to others is redacted unless somebody says otherwise.
    fn wants_redaction(&self) -> bool {
        self.redact || self.bundle.is_some() && !self.no_redact
    }

    fn writes(&self, format: Format) -> bool {
        let mut outputs = self.outputs.iter().map(OutputSpec::format);
        self.format == format || outputs.any(|output| output == format)
    }

    fn ports(&self) -> Ports {
        Ports::new(&self.ports)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum When {
    Auto,
    Always,
    Never,
}

/// A severity on the command line.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Threshold {
    Critical,
    High,
    Medium,
    Low,
    Info,
}

impl Threshold {
    fn severity(self) -> Severity {
        match self {
            Self::Critical => Severity::Critical,
            Self::High => Severity::High,
            Self::Medium => Severity::Medium,
            Self::Low => Severity::Low,
            Self::Info => Severity::Info,
        }
    }

    fn is_reached_by(self, severity: Severity) -> bool {
        // The most severe sorts first.
        severity <= self.severity()
    }
}

/// The exit statuses of the contract.
mod status {
    pub const DONE: u8 = 0;
    pub const FOUND: u8 = 1;
    pub const USAGE: u8 = 2;
    pub const UNREADABLE: u8 = 3;
    pub const PARTIAL: u8 = 4;
}

/// Runs the program on these arguments, program name first.
pub fn main(args: impl IntoIterator<Item = impl Into<OsString> + Clone>) -> ExitCode {
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version go to standard output with status 0, usage errors end with 2.
            let status = u8::try_from(error.exit_code()).unwrap_or(2);
            let _ = error.print();
            return ExitCode::from(status);
        }
    };
    let result = match cli.command {
        Command::Read(args) => read::run(&args),
        Command::Frames(args) => frames::run(&args),
        Command::Rules(args) => rules::run(&args),
        Command::Schema => schema::run(),
        #[cfg(feature = "live")]
        Command::Live(args) => live::run(&args),
        #[cfg(feature = "live")]
        Command::Interfaces => interfaces::run(),
    };
    ExitCode::from(result.unwrap_or_else(|error| {
        complain(&error);
        match error {
            Error::Filter { .. }
            | Error::Feature { .. }
            | Error::Key { .. }
            | Error::NoPolicy { .. }
            | Error::Overwrites { .. }
            | Error::Policy { .. } => status::USAGE,
            _ => status::UNREADABLE,
        }
    }))
}

/// What cannot be read a second time: standard input and pipes.
fn refuse_pipes(path: &Path) -> Result<(), Error> {
    let is_stdin = path == Path::new("-");
    // What is not there, and folders, are for the reader to complain about.
    let is_pipe = std::fs::metadata(path).is_ok_and(|it| !it.is_file() && !it.is_dir());
    if !is_stdin && !is_pipe {
        return Ok(());
    }
    Err(Error::ReadTwice {
        path: match is_stdin {
            true => PathBuf::from("standard input"),
            false => path.to_owned(),
        },
    })
}

/// How errors name standard output.
const STANDARD_OUTPUT: &str = "standard output";

/// What printing came to: a reader of standard output that goes away is no failure.
fn printed(result: io::Result<()>) -> Result<u8, Error> {
    match result {
        Err(source) if source.kind() != io::ErrorKind::BrokenPipe => Err(Error::Write {
            path: STANDARD_OUTPUT.to_owned(),
            source,
            kept: None,
        }),
        _ => Ok(status::DONE),
    }
}

/// Says on standard error what a reader of the output should know.
fn note(text: &str) {
    // As below.
    let _ = writeln!(anstream::stderr(), "starttap: note: {}", terminal(text));
}

/// Reports an error on standard error.
fn complain(error: &Error) {
    let message = error.to_string();
    // Nobody is left to hear about a broken standard error.
    let _ = writeln!(anstream::stderr(), "starttap: {}", terminal(&message));
}
