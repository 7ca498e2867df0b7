//! The rules themselves, as `starttap rules` and the README tell them.

use std::io::{self, Write};

use anstyle::Style;

use super::text::style::{BOLD, DIM, colour, wrapped};
use crate::rules::lookup::{Entry, Page};
use crate::rules::rows::Row;

/// Id, severity and title of each.
pub fn text_table(out: &mut impl Write, rules: &[Page]) -> io::Result<()> {
    for rule in rules {
        let style = colour(rule.severity);
        let severity = rule.severity.to_string();
        writeln!(
            out,
            "{BOLD}{}{BOLD:#}  {style}{severity:8}{style:#}  {}",
            rule.id, rule.title
        )?;
    }
    Ok(())
}

/// All that is known of each.
pub fn text_pages(out: &mut impl Write, entries: &[Entry]) -> io::Result<()> {
    for (number, entry) in entries.iter().enumerate() {
        if number > 0 {
            writeln!(out)?;
        }
        match entry {
            Entry::Rule(rule) => text_page(out, rule)?,
            Entry::Row(row) => {
                writeln!(out, "{BOLD}{}  {}{BOLD:#}", row.id, row.title)?;
                wrapped(out, "     ", &no_rule(row), Style::new())?;
            }
        }
    }
    Ok(())
}

fn text_page(out: &mut impl Write, rule: &Page) -> io::Result<()> {
    let style = colour(rule.severity);
    writeln!(out, "{BOLD}{}  {}{BOLD:#}", rule.id, rule.title)?;
    writeln!(
        out,
        "     {DIM}usual severity:{DIM:#} {style}{}{style:#}",
        rule.severity
    )?;
    for (name, text) in parts(rule) {
        writeln!(out, "\n   {BOLD}{name}{BOLD:#}")?;
        wrapped(out, "     ", text, Style::new())?;
    }
    writeln!(out, "\n     {DIM}{}{DIM:#}", sources(rule))
}

/// Id, severity, title and meaning of each.
pub fn markdown_table(out: &mut impl Write, rules: &[Page]) -> io::Result<()> {
    writeln!(out, "| id | severity | finding | what it means |")?;
    writeln!(out, "|---|---|---|---|")?;
    for rule in rules {
        let [title, meaning] = [rule.title, rule.meaning].map(|text| text.replace('|', "\\|"));
        let severity = rule.severity;
        writeln!(out, "| {} | {severity} | {title} | {meaning} |", rule.id)?;
    }
    Ok(())
}

/// All that is known of each.
pub fn markdown_pages(out: &mut impl Write, entries: &[Entry]) -> io::Result<()> {
    for (number, entry) in entries.iter().enumerate() {
        if number > 0 {
            writeln!(out)?;
        }
        match entry {
            Entry::Rule(rule) => {
                writeln!(out, "## {}: {}", rule.id, rule.title)?;
                writeln!(out, "\nUsual severity: {}", rule.severity)?;
                for (name, text) in parts(rule) {
                    writeln!(out, "\n**{name}**: {text}")?;
                }
                writeln!(out, "\n{}", sources(rule))?;
            }
            Entry::Row(row) => {
                writeln!(out, "## {}: {}", row.id, row.title)?;
                writeln!(out, "\n{}", no_rule(row))?;
            }
        }
    }
    Ok(())
}

/// One array of objects.
pub fn json(out: &mut impl Write, entries: &[Entry]) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, entries)?;
    writeln!(out)
}

fn parts(rule: &Page) -> [(&'static str, &'static str); 4] {
    [
        ("What it means", rule.meaning),
        ("What shows it", rule.evidence),
        ("False alarms", rule.trap),
        ("What to do", rule.advice),
    ]
}

fn sources(rule: &Page) -> String {
    let references = rule.references.join(", ");
    match rule.tls_rpt {
        Some(result) => format!("{references}; TLS reports (RFC 8460) call it {result}"),
        None => references,
    }
}

fn no_rule(row: &Row) -> String {
    format!("No rule looks for it. {}", row.instead)
}
