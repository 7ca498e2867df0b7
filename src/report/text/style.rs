//! Colours and running text.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};

use crate::escape::terminal;
use crate::model::{Outcome, Session, Severity};

pub const BOLD: Style = Style::new().bold();
pub const DIM: Style = Style::new().dimmed();

pub fn colour(severity: Severity) -> Style {
    match severity {
        Severity::Critical | Severity::High => AnsiColor::Red.on_default().bold(),
        Severity::Medium => AnsiColor::Yellow.on_default(),
        Severity::Low => AnsiColor::Cyan.on_default(),
        Severity::Info => DIM,
    }
}

pub fn colour_of(outcome: Outcome) -> Style {
    match outcome {
        Outcome::TlsFailed => AnsiColor::Red.on_default().bold(),
        Outcome::Cleartext => AnsiColor::Yellow.on_default().bold(),
        Outcome::TlsEstablished => AnsiColor::Green.on_default().bold(),
        _ => BOLD,
    }
}

/// The same for a session: a probe has not failed, and TLS that came to nothing is not green.
pub fn colour_of_session(session: &Session) -> Style {
    match session.is_probe() {
        true => BOLD,
        false if session.came_to_nothing() => colour_of(Outcome::Cleartext),
        false => colour_of(session.outcome),
    }
}

pub fn plural(count: u64, word: &str) -> String {
    let s = if count == 1 { "" } else { "s" };
    format!("{count} {word}{s}")
}

/// Columns of running text.
const WIDTH: usize = 96;

pub fn wrapped(out: &mut impl Write, indent: &str, text: &str, style: Style) -> io::Result<()> {
    hanging(out, indent, indent, text.split_whitespace(), style)
}

/// Items in lines, the first one behind `first` and the others behind `indent`, which is as long.
/// Lines break between items only.
pub fn hanging<'a>(
    out: &mut impl Write,
    first: &str,
    indent: &str,
    items: impl Iterator<Item = &'a str>,
    style: Style,
) -> io::Result<()> {
    let mut before = first;
    let mut line = String::new();
    let mut column = 0;
    for item in items {
        let item = terminal(item);
        let width = item.chars().count();
        if column > 0 && indent.len() + column + 1 + width > WIDTH {
            writeln!(out, "{before}{style}{line}{style:#}")?;
            before = indent;
            line.clear();
            column = 0;
        }
        if column > 0 {
            line.push(' ');
            column += 1;
        }
        line.push_str(&item);
        column += width;
    }
    writeln!(out, "{before}{style}{line}{style:#}")
}
