//! The first screen of a report on several sessions: what happened how often, with an example.

use std::io::{self, Write};

use anstyle::Style;

use super::style::{BOLD, DIM, colour_of_session, wrapped};
use crate::model::Session;
use crate::report::{Cause, title};

/// Groups shown; more than that are no summary.
const GROUPS: usize = 12;
/// Sessions named of a group.
const NAMED: usize = 8;

/// Prints sessions, which are sorted already, by cause; nothing for a single one.
pub(super) fn causes(out: &mut impl Write, sessions: &[Session]) -> io::Result<()> {
    if sessions.len() < 2 {
        return Ok(());
    }
    let groups = groups(sessions);
    writeln!(out, "\n{BOLD}What happened{BOLD:#}")?;
    for (cause, members) in groups.iter().take(GROUPS) {
        let example = &sessions[members[0]];
        let style = colour_of_session(example);
        let what = match cause.finding {
            Some(id) => format!("{id} {}", title(example, id)),
            None => cause.to_string(),
        };
        let count = members.len();
        writeln!(
            out,
            "{count:>4} x {style}{what}{style:#}{DIM}: {}{DIM:#}",
            numbers(members)
        )?;
        wrapped(out, "       ", &example.verdict.text, Style::new())?;
    }
    match groups.len().checked_sub(GROUPS) {
        Some(more) if more > 0 => writeln!(out, "       and {more} more causes, below"),
        _ => Ok(()),
    }
}

/// Groups in the order of their first session.
fn groups(sessions: &[Session]) -> Vec<(Cause, Vec<usize>)> {
    let mut groups: Vec<(Cause, Vec<usize>)> = Vec::new();
    for (at, session) in sessions.iter().enumerate() {
        let cause = Cause::of(session);
        // There are not many rules: a walk is short.
        match groups.iter_mut().find(|(known, _)| *known == cause) {
            Some((_, members)) => members.push(at),
            None => groups.push((cause, vec![at])),
        }
    }
    groups
}

/// `sessions 1, 2, 5`: the numbers of the blocks below.
fn numbers(members: &[usize]) -> String {
    let named: Vec<String> = members
        .iter()
        .take(NAMED)
        .map(|at| (at + 1).to_string())
        .collect();
    let word = if members.len() == 1 {
        "session"
    } else {
        "sessions"
    };
    let more = match members.len() > NAMED {
        true => format!(" and {} more", members.len() - NAMED),
        false => String::new(),
    };
    format!("{word} {}{more}", named.join(", "))
}
