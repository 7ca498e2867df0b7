//! One session: the verdict, its course, what was presented, what was found.

use std::io::{self, Write};

use anstyle::Style;

use super::style::{BOLD, DIM, colour, colour_of_session, wrapped};
use super::{certificates, details, hellos, messages};
use crate::escape::terminal;
use crate::model::{Finding, Peer, Session};
use crate::report::Cause;
use crate::report::phrases::capture;
use crate::report::steps::{Step, steps};

/// Steps shown of one session; the record has them all.
const STEPS: usize = 60;

/// One session as a block; `verbose`: everything that is known of it.
pub(super) fn block(
    out: &mut impl Write,
    number: usize,
    session: &Session,
    verbose: bool,
) -> io::Result<()> {
    let capture = &session.capture;
    let what = Cause::of(session);
    let style = colour_of_session(session);
    let stream = capture
        .tcp_stream
        .map_or_else(String::new, |stream| format!(", tcp.stream {stream}"));
    writeln!(out)?;
    writeln!(
        out,
        "{BOLD}{number}. {} -> {}{BOLD:#}  {style}{what}{style:#}",
        session.client, session.server
    )?;
    let caveats: String = capture::caveats(session)
        .iter()
        .map(|it| format!(", {it}"))
        .collect();
    writeln!(
        out,
        "{DIM}   {}, frames {} to {}{stream}, {}{caveats}{DIM:#}",
        terminal(&capture.input),
        capture.first_frame,
        capture.last_frame,
        session.started
    )?;
    copies(out, session)?;
    let verdict = &session.verdict;
    wrapped(out, "   ", &verdict.text, BOLD)?;
    writeln!(out, "{DIM}   confidence: {}{DIM:#}", verdict.confidence)?;
    writeln!(out)?;
    let steps = steps(session);
    // Of very long sessions the beginning, and whatever the verdict rests on.
    let is_shown = |(at, step): &(usize, &Step)| {
        *at < STEPS || *at + 1 == steps.len() || verdict.frames.contains(&step.frame)
    };
    let rows: Vec<&Step> = steps
        .iter()
        .enumerate()
        .filter(is_shown)
        .map(|(_, step)| step)
        .collect();
    let mut before = None;
    for step in &rows {
        gap(out, before, step.seconds)?;
        row(out, step, &verdict.frames)?;
        before = step.seconds.or(before);
    }
    if rows.len() < steps.len() {
        writeln!(
            out,
            "                       {} more rows are left out here",
            steps.len() - rows.len()
        )?;
    }
    certificates::certificates(out, session, verbose)?;
    if verbose {
        details::smtp(out, session)?;
        hellos::hellos(out, session)?;
        messages::handshake(out, session)?;
    }
    for finding in &session.findings {
        detail(out, finding)?;
    }
    Ok(())
}

fn copies(out: &mut impl Write, session: &Session) -> io::Result<()> {
    for line in capture::copies(session) {
        writeln!(out, "{DIM}   {line}{DIM:#}")?;
    }
    match capture::lost_between(session) {
        Some(line) => writeln!(out, "   {line}"),
        None => Ok(()),
    }
}

fn row(out: &mut impl Write, step: &Step, decisive: &[u64]) -> io::Result<()> {
    let who = match step.who {
        Some(Peer::Client) => "client ->",
        Some(Peer::Server) => "<- server",
        None => "         ",
    };
    let mark = if decisive.contains(&step.frame) {
        '*'
    } else {
        ' '
    };
    let time = step
        .seconds
        .map_or_else(String::new, |seconds| format!("{seconds:.6}"));
    writeln!(
        out,
        "  {mark}{:>7} {time:>11}  {who}  {}",
        step.frame, step.what
    )
}

/// A wait between two rows that is worth a look.
fn gap(out: &mut impl Write, before: Option<f64>, now: Option<f64>) -> io::Result<()> {
    /// Round trips and handshakes take less.
    const LONG: f64 = 1.0;
    match before.zip(now).map(|(before, now)| now - before) {
        Some(wait) if wait >= LONG => writeln!(out, "{DIM}{:>23}  {wait:.1} s later{DIM:#}", "…"),
        _ => Ok(()),
    }
}

fn detail(out: &mut impl Write, finding: &Finding) -> io::Result<()> {
    let style = colour(finding.severity);
    writeln!(out)?;
    writeln!(
        out,
        "   {style}{:<8}{style:#} {BOLD}{} {}{BOLD:#} (confidence {})",
        finding.severity.to_string(),
        finding.id,
        finding.title,
        finding.confidence
    )?;
    wrapped(out, "      ", &finding.cause, Style::new())?;
    wrapped(
        out,
        "      ",
        &format!("-> {}", finding.advice),
        Style::new(),
    )?;
    writeln!(out, "{DIM}      {}{DIM:#}", finding.references.join(", "))?;
    writeln!(out, "{DIM}      {}{DIM:#}", terminal(&finding.filter))
}
