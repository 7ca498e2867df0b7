//! The time line of the capture: a bar for each session, or of many how many began when.

use super::collected::{Collected, Row};
use crate::model::Outcome;
use crate::report::Cause;
use crate::rules::words;
use crate::time::Timestamp;

/// Sessions with a bar of their own: about a screenful.
const LANES: usize = 40;
/// Columns when there are more.
const COLUMNS: usize = 48;
/// Where bars begin and how far they may go, in per cent of the width; their numbers stand before.
const LEFT: f64 = 7.0;
const WIDTH: f64 = 91.0;
/// Height of a lane, and of the tallest column, in pixels.
const LANE: u32 = 18;
const TALL: u64 = 120;

/// The time line.
pub struct Timeline {
    /// When the first session began.
    pub from: Timestamp,
    /// When the last one ended.
    pub to: Timestamp,
    /// How long that is, in words.
    pub span: String,
    /// Height of the drawing in pixels.
    pub height: u32,
    /// A bar per session, in the order they began; empty when there are too many.
    pub bars: Vec<Bar>,
    /// How many sessions began when; empty when there are few.
    pub columns: Vec<Column>,
    /// The most sessions of a column.
    pub most: u64,
}

/// One session.
pub struct Bar {
    /// Number of the session.
    pub number: usize,
    /// Upper end in pixels.
    pub y: u32,
    /// Left end and width in per cent.
    pub x: String,
    /// Width in per cent.
    pub width: String,
    /// Right end in per cent.
    pub end: String,
    /// Its colour.
    pub class: &'static str,
    /// It is marked.
    pub grave: bool,
    /// In words.
    pub text: String,
}

/// Sessions that began in the same span of time.
pub struct Column {
    /// Left end in per cent.
    pub x: String,
    /// Width in per cent.
    pub width: String,
    /// Grave ones: upper end and height in pixels.
    pub bad: (u64, u64),
    /// The others.
    pub rest: (u64, u64),
    /// In words.
    pub text: String,
}

impl Timeline {
    /// The time line of the sessions in the table; `None` without any.
    pub fn new(collected: &Collected) -> Option<Self> {
        let mut rows: Vec<(usize, &Row)> = (1..).zip(collected.rows.values()).collect();
        rows.sort_by_key(|(_, row)| row.started);
        let from = rows.first()?.1.started;
        let to = rows.iter().map(|(_, row)| row.ended_at).max()?;
        let scale = Scale { from, to };
        let mut line = Self {
            from,
            to,
            span: span(from, to),
            height: 0,
            bars: Vec::new(),
            columns: Vec::new(),
            most: 0,
        };
        if rows.len() <= LANES {
            line.bars = bars(&rows, &scale);
            line.height = LANE * line.bars.len() as u32 + 4;
            return Some(line);
        }
        let mut counts = vec![[0_u64; 2]; COLUMNS];
        for (_, row) in &rows {
            let at = (scale.share(row.started) * COLUMNS as f64) as usize;
            counts[at.min(COLUMNS - 1)][usize::from(row.grave)] += 1;
        }
        line.most = counts.iter().map(|[rest, bad]| rest + bad).max()?;
        line.columns = columns(&counts, line.most, &scale);
        line.height = TALL as u32 + 4;
        Some(line)
    }
}

/// Colours of outcomes; a session that works and carries a grave finding is not green.
pub const fn class(outcome: Outcome, is_grave: bool) -> &'static str {
    match outcome {
        Outcome::TlsFailed => "bad",
        Outcome::Cleartext => "warn",
        _ if is_grave => "warn",
        Outcome::TlsEstablished => "good",
        Outcome::NoMail | Outcome::NoSmtp | Outcome::NotObservable => "none",
    }
}

/// The same for a session; a probe is neither good nor bad.
pub fn class_of(cause: Cause, is_grave: bool) -> &'static str {
    match cause.probe {
        true => "none",
        false => class(cause.outcome, is_grave),
    }
}

fn bars(rows: &[(usize, &Row)], scale: &Scale) -> Vec<Bar> {
    /// A session of no time at all is seen, too.
    const LEAST: f64 = 0.8;
    let each = rows.iter().enumerate();
    let bar = |(lane, (number, row)): (usize, &(usize, &Row))| {
        let x = LEFT + scale.share(row.started) * WIDTH;
        let end = (LEFT + scale.share(row.ended_at) * WIDTH).max(x + LEAST);
        Bar {
            number: *number,
            y: lane as u32 * LANE + 4,
            x: format!("{x:.2}"),
            width: format!("{:.2}", end - x),
            end: format!("{end:.2}"),
            class: class_of(row.cause, row.grave),
            grave: row.grave,
            text: format!(
                "session {number}, {}: from {}, for {}",
                row.cause,
                row.started,
                words::span(row.started, row.ended_at)
            ),
        }
    };
    each.map(bar).collect()
}

fn columns(counts: &[[u64; 2]], most: u64, scale: &Scale) -> Vec<Column> {
    let step = WIDTH / COLUMNS as f64;
    let nanos = scale.to.nanos_since(scale.from) / COLUMNS as i64;
    let each = counts.iter().enumerate();
    let column = |(at, &[rest, bad]): (usize, &[u64; 2])| {
        // A single failure among thousands is seen, too.
        let tall = |count: u64| match count {
            0 => 0,
            count => (count * TALL / most.max(1)).max(2),
        };
        let start = nanos.saturating_mul(at as i64);
        let start = Timestamp::from_nanos(scale.from.as_nanos().saturating_add(start));
        let rest_top = TALL.saturating_sub(tall(rest));
        Column {
            x: format!("{:.2}", LEFT + at as f64 * step),
            width: format!("{:.2}", step * 0.86),
            rest: (rest_top, tall(rest)),
            bad: (rest_top.saturating_sub(tall(bad)), tall(bad)),
            text: format!("from {start}: {bad} grave, {rest} others"),
        }
    };
    each.filter(|(_, counts)| counts.iter().sum::<u64>() > 0)
        .map(column)
        .collect()
}

/// How long a capture took; those of hours and days are usual.
fn span(from: Timestamp, to: Timestamp) -> String {
    let seconds = to.seconds_since(from);
    let units = [(86_400.0, "days"), (3600.0, "h"), (60.0, "min")];
    let unit = units.into_iter().find(|(unit, _)| seconds >= 2.0 * unit);
    match unit {
        Some((unit, name)) => format!("{:.1} {name}", seconds / unit),
        None => words::span(from, to),
    }
}

/// Capture time on paper.
struct Scale {
    from: Timestamp,
    to: Timestamp,
}

impl Scale {
    /// Where a time lies, from 0 to 1.
    fn share(&self, time: Timestamp) -> f64 {
        let whole = self.to.seconds_since(self.from);
        match whole > 0.0 {
            true => (time.seconds_since(self.from) / whole).clamp(0.0, 1.0),
            false => 0.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_become_shares() {
        let at = Timestamp::from_nanos;
        let scale = Scale {
            from: at(0),
            to: at(10_000_000_000),
        };
        assert!((scale.share(at(2_500_000_000)) - 0.25).abs() < 1e-9);
        assert_eq!(scale.share(at(-5)), 0.0);
        let instant = Scale {
            from: at(7),
            to: at(7),
        };
        assert_eq!(instant.share(at(7)), 0.0);
    }

    #[test]
    fn one_failure_among_thousands_is_seen() {
        let scale = Scale {
            from: Timestamp::from_nanos(0),
            to: Timestamp::from_nanos(1_000_000),
        };
        let columns = columns(&[[100_000, 1], [0, 0]], 100_001, &scale);
        assert_eq!(columns.len(), 1);
        assert_eq!(columns[0].bad.1, 2);
    }
}
