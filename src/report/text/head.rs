//! What stands before the sessions: the inputs and the totals.

use std::io::{self, Write};

use anstyle::Style;

use super::style::{BOLD, DIM, colour, colour_of, plural, wrapped};
use crate::escape::terminal;
use crate::model::{CrossFinding, PolicyInfo, Report, Severity};
use crate::report::phrases::capture::not_analysed;

/// Inputs, totals, and what shows only across sessions.
pub(super) fn head(out: &mut impl Write, report: &Report) -> io::Result<()> {
    let summary = &report.summary;
    for input in &report.inputs {
        let links = match input.link_types.is_empty() {
            true => String::new(),
            false => format!(", {}", input.link_types.join(" + ")),
        };
        let frames = plural(input.frames, "frame");
        let path = terminal(&input.path);
        writeln!(
            out,
            "{BOLD}{path}{BOLD:#}: {}{links}, {frames}",
            input.format
        )?;
        if let Some(error) = &input.error {
            let red = colour(Severity::High);
            writeln!(out, "  {red}incomplete{red:#}: {}", terminal(error))?;
        }
        if let Some(point) = &input.capture_point {
            writeln!(out, "  capture point: {point}")?;
        }
        for line in not_analysed(input) {
            writeln!(out, "  {line}")?;
        }
    }
    let (outcomes, probes) = summary.without_probes();
    let mut outcomes: Vec<String> = outcomes
        .iter()
        .map(|(&outcome, count)| {
            let style = colour_of(outcome);
            format!(
                "{style}{count} {outcome}{style:#}{}",
                summary.remark(outcome)
            )
        })
        .collect();
    if probes > 0 {
        outcomes.push(plural(probes, "probe"));
    }
    match outcomes.is_empty() {
        true => writeln!(out, "No mail connections.")?,
        false => {
            let sessions = plural(summary.sessions, "mail connection");
            writeln!(out, "{BOLD}{sessions}{BOLD:#}: {}", outcomes.join(", "))?;
        }
    }
    if let Some(policy) = &summary.policy {
        let PolicyInfo {
            name, title, date, ..
        } = policy;
        writeln!(out, "  held against the policy {name}: {title} ({date})")?;
    }
    if let Some(redaction) = &summary.redaction {
        wrapped(out, "  ", &redaction.words(), Style::new())?;
    }
    if summary.hidden_findings > 0 {
        let findings = plural(summary.hidden_findings, "finding");
        writeln!(out, "  {findings} below --min-severity not shown")?;
    }
    for hit in &summary.limits_hit {
        writeln!(out, "  limit reached: {hit}")?;
    }
    for finding in &report.findings {
        across(out, finding)?;
    }
    Ok(())
}

/// A finding about several sessions.
fn across(out: &mut impl Write, finding: &CrossFinding) -> io::Result<()> {
    let style = colour(finding.severity);
    let severity = finding.severity.to_string();
    writeln!(out)?;
    writeln!(
        out,
        "{style}{severity:<8}{style:#} {BOLD}{} {}{BOLD:#} (confidence {})",
        finding.id, finding.title, finding.confidence
    )?;
    wrapped(out, "   ", &finding.cause, Style::new())?;
    wrapped(out, "   ", &format!("-> {}", finding.advice), Style::new())?;
    if !finding.references.is_empty() {
        writeln!(out, "{DIM}   {}{DIM:#}", finding.references.join(", "))?;
    }
    writeln!(out, "{DIM}   {}{DIM:#}", terminal(&finding.filter))
}
