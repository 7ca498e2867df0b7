//! What `-v` adds, as tables of names and values: here the fields of the dialogue.

use std::io::{self, Write};

use anstyle::Style;

use super::style::{BOLD, hanging};
use crate::escape::shown;
use crate::model::Session;
use crate::model::smtp::Mechanism;

/// Columns of the names.
const LABEL: usize = 22;

/// The dialogue.
pub(super) fn smtp(out: &mut impl Write, session: &Session) -> io::Result<()> {
    let Some(smtp) = &session.smtp else {
        return Ok(());
    };
    title(out, "mail dialogue")?;
    if let Some(banner) = &smtp.banner {
        let seconds = |name, seconds: Option<f64>| {
            let text = seconds.map(|it| format!("{it:.6} s after the connection was accepted"));
            (name, text.unwrap_or_default())
        };
        let last = banner.seconds.filter(|_| banner.lines.len() > 1);
        for (name, text) in [
            seconds("banner", banner.first_seconds),
            seconds("its last line", last),
        ] {
            row(out, name, &text)?;
        }
        if banner.lines.len() > 1 {
            list(out, "banner lines", escaped(&banner.lines))?;
        }
    }
    if let Some(proxy) = &smtp.proxy {
        let ends = proxy.source.zip(proxy.destination);
        let ends = ends.map(|(from, to)| format!("{from} -> {to}"));
        row(out, "proxy states", &ends.unwrap_or_default())?;
    }
    list(out, "capabilities", escaped(&smtp.capabilities))?;
    list(out, "AUTH offered", mechanisms(&smtp.auth_mechanisms))?;
    if let Some(after) = &smtp.after_tls {
        list(out, "readable capabilities", escaped(&after.capabilities))?;
        let offered = mechanisms(&after.auth_mechanisms);
        list(out, "readable AUTH offered", offered)?;
    }
    Ok(())
}

fn mechanisms(offered: &[Mechanism]) -> Vec<String> {
    let each = offered.iter().map(|it| match it.verb {
        "AUTH" => format!("{} (frame {})", shown(&it.mechanism), it.frame),
        verb => format!("{} ({verb}, frame {})", shown(&it.mechanism), it.frame),
    });
    each.collect()
}

fn escaped(lines: &[String]) -> Vec<String> {
    lines.iter().map(|line| shown(line)).collect()
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
