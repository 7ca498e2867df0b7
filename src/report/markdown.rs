//! Markdown for ticket systems: the answer first, then the failing sessions step by step.

use std::io::{self, Write};

use super::steps::steps;
use super::{Cause, Output};
use crate::escape::markdown as text;
use crate::model::{CrossFinding, Finding, Input, Outcome, Peer, Report, Session, Severity};

/// Sessions told in full; of the rest the table tells. Ticket systems cut long texts.
const TOLD: usize = 25;
/// Rows of the table of sessions.
const ROWS: usize = 200;
/// Steps of one session.
const STEPS: usize = 60;

/// Writes the report at the end.
pub struct Markdown<W> {
    out: W,
    sessions: Vec<Session>,
}

impl<W: Write> Markdown<W> {
    /// Writes to `out`.
    pub fn new(out: W) -> Self {
        Self {
            out,
            sessions: Vec::new(),
        }
    }
}

impl<W: Write> Output for Markdown<W> {
    fn session(&mut self, session: &Session) -> io::Result<()> {
        self.sessions.push(session.clone());
        Ok(())
    }

    fn finish(&mut self, report: &Report) -> io::Result<()> {
        let out = &mut self.out;
        self.sessions.sort_by_key(super::badness);
        writeln!(out, "# starttap report\n")?;
        for input in &report.inputs {
            source(out, input)?;
        }
        totals(out, report)?;
        for finding in &report.findings {
            across(out, finding)?;
        }
        table(out, &self.sessions)?;
        let told = self.sessions.iter().enumerate().take(TOLD);
        for (at, session) in told {
            whole(out, at + 1, session)?;
        }
        if self.sessions.len() > TOLD {
            let more = self.sessions.len() - TOLD;
            writeln!(out, "\n{more} more sessions are in the table only.")?;
        }
        out.flush()
    }
}

fn source(out: &mut impl Write, input: &Input) -> io::Result<()> {
    let links = input.link_types.join(" + ");
    let path = text(&input.path);
    writeln!(
        out,
        "- **{path}**: {}, {links}, {} frames",
        input.format, input.frames
    )?;
    if let Some(error) = &input.error {
        writeln!(out, "  - incomplete: {}", text(error))?;
    }
    if let Some(point) = &input.capture_point {
        writeln!(out, "  - capture point: {}", text(point))?;
    }
    Ok(())
}

fn totals(out: &mut impl Write, report: &Report) -> io::Result<()> {
    let summary = &report.summary;
    let (outcomes, probes) = summary.without_probes();
    let mut outcomes: Vec<String> = outcomes
        .iter()
        .map(|(&outcome, count)| format!("{count} {outcome}{}", summary.remark(outcome)))
        .collect();
    if probes > 0 {
        let word = if probes == 1 { "probe" } else { "probes" };
        outcomes.push(format!("{probes} {word}"));
    }
    let outcomes = outcomes.join(", ");
    writeln!(out, "\n{} mail connections: {outcomes}.", summary.sessions)?;
    if let Some(redaction) = &summary.redaction {
        writeln!(out, "\n{}", redaction.words())?;
    }
    for hit in &summary.limits_hit {
        writeln!(out, "\nLimit reached: {}", text(hit))?;
    }
    Ok(())
}

fn across(out: &mut impl Write, finding: &CrossFinding) -> io::Result<()> {
    writeln!(out, "\n## {} {}\n", finding.id, finding.title)?;
    let severity = finding.severity;
    writeln!(
        out,
        "*{severity}, confidence {}.* {}\n",
        finding.confidence,
        text(&finding.cause)
    )?;
    writeln!(out, "{}\n", text(finding.advice))?;
    code(out, &finding.filter)
}

fn table(out: &mut impl Write, sessions: &[Session]) -> io::Result<()> {
    if sessions.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n## Sessions\n")?;
    writeln!(
        out,
        "| # | client | server | from frame | outcome | verdict | confidence |"
    )?;
    writeln!(out, "|--:|---|---|--:|---|---|---|")?;
    for (at, session) in sessions.iter().enumerate().take(ROWS) {
        let verdict = &session.verdict;
        writeln!(
            out,
            "| {} | {} | {} | {} | {} | {} | {} |",
            at + 1,
            session.client,
            session.server,
            session.capture.first_frame,
            Cause::of(session),
            verdict.finding.unwrap_or("-"),
            verdict.confidence
        )?;
    }
    if sessions.len() > ROWS {
        writeln!(
            out,
            "\n{} more sessions are left out here.",
            sessions.len() - ROWS
        )?;
    }
    Ok(())
}

fn whole(out: &mut impl Write, number: usize, session: &Session) -> io::Result<()> {
    writeln!(
        out,
        "\n## {number}. {} → {}: {}\n",
        session.client,
        session.server,
        Cause::of(session)
    )?;
    let verdict = &session.verdict;
    writeln!(
        out,
        "**{}** *(confidence {})*\n",
        text(&verdict.text),
        verdict.confidence
    )?;
    writeln!(out, "| | frame | seconds | who | what |")?;
    writeln!(out, "|---|--:|--:|---|---|")?;
    let steps = steps(session);
    for step in steps.iter().take(STEPS) {
        let who = match step.who {
            Some(Peer::Client) => "client →",
            Some(Peer::Server) => "← server",
            None => "",
        };
        let mark = if verdict.frames.contains(&step.frame) {
            "**●**"
        } else {
            ""
        };
        let seconds = step
            .seconds
            .map_or_else(String::new, |it| format!("{it:.6}"));
        let what = text(&step.what);
        writeln!(
            out,
            "| {mark} | {} | {seconds} | {who} | {what} |",
            step.frame
        )?;
    }
    if steps.len() > STEPS {
        writeln!(
            out,
            "\n{} more steps are left out here.",
            steps.len() - STEPS
        )?;
    }
    let worth = session.findings.iter();
    for finding in worth.filter(|finding| is_told(finding, session.outcome)) {
        detail(out, finding)?;
    }
    Ok(())
}

/// Of working sessions only what is worth a change.
fn is_told(finding: &Finding, outcome: Outcome) -> bool {
    outcome != Outcome::TlsEstablished || finding.severity < Severity::Info
}

fn detail(out: &mut impl Write, finding: &Finding) -> io::Result<()> {
    writeln!(out, "\n### {} {}\n", finding.id, finding.title)?;
    let severity = finding.severity;
    writeln!(
        out,
        "*{severity}, confidence {}.* {}\n",
        finding.confidence,
        text(&finding.cause)
    )?;
    writeln!(out, "{}\n", text(&finding.advice))?;
    if !finding.references.is_empty() {
        let references = text(&finding.references.join(", "));
        writeln!(out, "References: {references}\n")?;
    }
    code(out, &finding.filter)
}

/// A display filter as a block of code: made of addresses and numbers, so it cannot end the block.
fn code(out: &mut impl Write, filter: &str) -> io::Result<()> {
    writeln!(out, "```\n{filter}\n```")
}
