//! What `-v` adds, as tables of names and values: here the fields of the dialogue.

use std::io::{self, Write};

use anstyle::Style;

use super::style::{BOLD, hanging};
use crate::escape::shown;
use crate::model::Session;

/// Columns of the names.
const LABEL: usize = 22;

/// The dialogue.
pub(super) fn smtp(out: &mut impl Write, session: &Session) -> io::Result<()> {
    let Some(smtp) = &session.smtp else {
        return Ok(());
    };
    title(out, "mail dialogue")?;
    let lines = smtp.capabilities.iter();
    list(out, "capabilities", lines.map(|line| shown(line)))
}

pub(super) fn title(out: &mut impl Write, text: &str) -> io::Result<()> {
    writeln!(out, "\n   {BOLD}{text}{BOLD:#}")
}

/// A name and its value, nothing where the value is empty.
pub(super) fn row(out: &mut impl Write, label: &str, value: &str) -> io::Result<()> {
    rows(out, label, value.split_whitespace().map(str::to_owned))
}

/// A name and its values, nothing where there are none.
pub(super) fn list(
    out: &mut impl Write,
    label: &str,
    values: impl IntoIterator<Item = String>,
) -> io::Result<()> {
    let mut values: Vec<String> = values.into_iter().collect();
    let last = values.len().saturating_sub(1);
    for value in values.iter_mut().take(last) {
        value.push(',');
    }
    rows(out, label, values.into_iter())
}

fn rows(out: &mut impl Write, label: &str, items: impl Iterator<Item = String>) -> io::Result<()> {
    let items: Vec<String> = items.collect();
    if items.is_empty() {
        return Ok(());
    }
    let first = format!("      {label:<LABEL$} ");
    let indent = " ".repeat(first.len());
    let items = items.iter().map(String::as_str);
    hanging(out, &first, &indent, items, Style::new())
}
