//! `starttap rules`: the findings it knows.

use std::io::{self, Write};

use clap::{Args, ValueEnum};

use super::printed;
use crate::error::Error;
use crate::report::rules as print;
use crate::rules::lookup::{self, Entry};

/// Tell what findings there are: meaning, evidence, false alarms, advice, standards
#[derive(Debug, Args)]
pub struct RulesArgs {
    /// Tell everything about these findings, by their ids
    #[arg(value_name = "ID", value_parser = entry)]
    ids: Vec<Entry>,
    /// Format on standard output
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// One array of objects
    Json,
    /// For documents
    Markdown,
}

fn entry(text: &str) -> Result<Entry, String> {
    lookup::find(text).map_err(|nearest| match nearest.is_empty() {
        true => "ids look like T40; `starttap rules` lists them".to_owned(),
        false => format!(
            "there is none; the nearest are {}; `starttap rules` lists all",
            nearest.join(", ")
        ),
    })
}

/// Prints the rules; gives the exit status.
pub fn run(args: &RulesArgs) -> Result<u8, Error> {
    printed(write(args))
}

fn write(args: &RulesArgs) -> io::Result<()> {
    let mut out = anstream::stdout();
    let all = lookup::pages();
    match (args.format, args.ids.as_slice()) {
        (Format::Text, []) => print::text_table(&mut out, &all)?,
        (Format::Text, ids) => print::text_pages(&mut out, ids)?,
        (Format::Markdown, []) => print::markdown_table(&mut out, &all)?,
        (Format::Markdown, ids) => print::markdown_pages(&mut out, ids)?,
        (Format::Json, []) => {
            let entries: Vec<Entry> = all.into_iter().map(Entry::Rule).collect();
            print::json(&mut out, &entries)?;
        }
        (Format::Json, ids) => print::json(&mut out, ids)?,
    }
    out.flush()
}
