//! Every way to fail. An error names the input, the place, what is wrong and what to do.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// What can go wrong.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// The input could not be opened.
    #[error("{}: cannot be opened: {source}", path.display())]
    Open {
        /// The input as given on the command line.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Reading stopped with an error of the system.
    #[error("{}: reading failed at byte {offset}: {source}", path.display())]
    Read {
        /// The input.
        path: PathBuf,
        /// Bytes read before.
        offset: u64,
        /// What the system said.
        source: io::Error,
    },
    /// The input is no capture file.
    #[error("{}: not a packet capture: {looks_like}; {remedy}", path.display())]
    NotACapture {
        /// The input.
        path: PathBuf,
        /// What the first bytes look like.
        looks_like: String,
        /// What to do.
        remedy: String,
    },
    /// An input that is read twice comes through a pipe.
    #[error("{}: is needed twice and can be read only once; save it to a file first (tcpdump -w FILE), then name that", path.display())]
    ReadTwice {
        /// The input.
        path: PathBuf,
    },
    /// A capture that ends in the middle of a record.
    #[error("{}: cut short in frame {frame} at byte {offset}: {what}", path.display())]
    CutShort {
        /// The input.
        path: PathBuf,
        /// The frame that is incomplete (1-based).
        frame: u64,
        /// Where its record starts.
        offset: u64,
        /// What is missing.
        what: String,
    },
    /// A capture whose record cannot be right.
    #[error("{}: damaged at byte {offset}, after frame {frame}: {what}", path.display())]
    Damaged {
        /// The input.
        path: PathBuf,
        /// The last good frame (1-based; 0 = none).
        frame: u64,
        /// Where the damaged record starts.
        offset: u64,
        /// What is wrong.
        what: String,
    },
    /// The capture filter is not valid.
    #[error("filter {filter:?}: {reason}")]
    Filter {
        /// The filter as given.
        filter: String,
        /// What libpcap said.
        reason: String,
    },
    /// An interface cannot be sniffed.
    #[error("{interface}: {reason}; {remedy}")]
    Interface {
        /// The interface as given.
        interface: String,
        /// What libpcap said.
        reason: String,
        /// What to do.
        remedy: String,
    },
    /// A policy of which nothing is known under this name.
    #[error(
        "{name:?} is no policy that comes along, and no file that can be read ({source}); there are: {known}"
    )]
    NoPolicy {
        /// The name as given.
        name: String,
        /// What the system said about a file of this name.
        source: io::Error,
        /// The names of the policies that come along.
        known: String,
    },
    /// A policy with a mistake in it.
    #[error("{}, line {line}: {reason}", path.display())]
    Policy {
        /// The policy file as given.
        path: PathBuf,
        /// The line of the mistake (1-based).
        line: usize,
        /// What is wrong.
        reason: String,
    },
    /// There is no key to redact with.
    #[error("{from}: no key to redact with: {source}")]
    Key {
        /// The key file as given, or `random numbers of the system`.
        from: String,
        /// What the system said.
        source: io::Error,
    },
    /// What was to be redacted is not.
    #[error(
        "{}: not written: {count} of the words that were to be replaced are still in {file}, the first as {way}; \
         please report this, and use --no-redact only where everything may be seen", folder.display()
    )]
    Survived {
        /// The bundle as given.
        folder: PathBuf,
        /// The file in it.
        file: &'static str,
        /// How many words.
        count: usize,
        /// How the first of them is written.
        way: &'static str,
    },
    /// The report could not be written.
    #[error("{path}: cannot be written: {source}{}", what_is_kept(kept.as_deref()))]
    Write {
        /// The output, or `standard output`.
        path: String,
        /// What the system said.
        source: io::Error,
        /// Where what was written before is kept.
        kept: Option<PathBuf>,
    },
    /// A report would take the place of a capture or of another report.
    #[error("{}: this is an input, or another output: a report there would destroy it", path.display())]
    Overwrites {
        /// The output as given.
        path: PathBuf,
    },
    /// Something needs a feature this program was built without.
    #[error(
        "{what} needs the `{feature}` feature, which this starttap was built without: build it without --no-default-features"
    )]
    Feature {
        /// What was asked for.
        what: &'static str,
        /// The Cargo feature.
        feature: &'static str,
    },
}

impl Error {
    /// Whether the input held something readable before this error (cut short or damaged).
    pub fn is_partial(&self) -> bool {
        match self {
            Self::CutShort { .. } | Self::Read { .. } => true,
            Self::Damaged { frame, .. } => *frame > 0,
            _ => false,
        }
    }
}

fn what_is_kept(kept: Option<&Path>) -> String {
    kept.map_or_else(String::new, |path| {
        format!("; what was written before is kept as {}", path.display())
    })
}
