//! The ladder diagram of a session: who sent what to whom, from top to bottom.
//!
//! It is drawn for the width it gets: across in per cent, text in a fixed size that fits a phone.
//! Parts of a few rows each, so that paper can break it between two of them.

use super::rows::{Drawn, Row, rows};
use crate::model::{Peer, Session};

/// Rows drawn; of longer sessions the beginning, the end, and whatever the verdict rests on.
const ROWS: usize = 60;
/// Rows of a part: a fifth of a page at most.
const PART: usize = 4;
/// Columns of a label: as many as fit on a phone's screen.
const COLUMNS: usize = 44;
/// Lines of a label; the table beside the diagram has all of it.
const LINES: usize = 4;
/// Seconds between two rows that are worth a remark: round trips and handshakes take less.
const PAUSE: f64 = 1.0;

/// Height of a line of text in pixels.
const LINE: u32 = 17;
/// From the last line of a label to its arrow, and from there to the next row.
const ARROW: u32 = 9;

/// Where things stand, in per cent of the width.
const CLIENT: u32 = 3;
const DEVICE: u32 = 50;
const SERVER: u32 = 97;

/// The diagram.
pub struct Ladder {
    /// A device in between has sent something.
    pub device: bool,
    /// What is drawn, from top to bottom.
    pub parts: Vec<Part>,
    /// Rows in all.
    pub total: usize,
    /// Of these, rows that are left out.
    pub left_out: usize,
}

/// Some rows of it.
pub struct Part {
    /// Height in pixels.
    pub height: u32,
    /// The rows.
    pub drawings: Vec<Drawing>,
}

/// One row with its place.
pub struct Drawing {
    /// What it shows.
    pub row: Row,
    /// Time since the session began.
    pub time: String,
    /// Its colours.
    pub class: &'static str,
    /// A pause before it, with its vertical position.
    pub pause: Option<(u32, String)>,
    /// Upper end and height.
    pub band: (u32, u32),
    /// Lines of the label with their vertical positions; the first one is frame and time.
    pub lines: Vec<(u32, String)>,
    /// The arrow; `None` for what nobody sent.
    pub arrow: Option<Arrow>,
}

/// An arrow.
pub struct Arrow {
    /// Vertical position.
    pub y: u32,
    /// Where it begins, in per cent.
    pub from: u32,
    /// Where it ends, in per cent.
    pub to: u32,
    /// Path of its end.
    pub tip: &'static str,
}

impl Ladder {
    /// The diagram of a session.
    pub fn new(session: &Session) -> Self {
        let all = rows(session);
        let total = all.len();
        let is_shown =
            |(at, row): &(usize, Row)| *at < ROWS - 1 || *at + 1 == total || row.decisive;
        let shown: Vec<Row> = all
            .into_iter()
            .enumerate()
            .filter(is_shown)
            .map(|(_, row)| row)
            .take(2 * ROWS)
            .collect();
        let left_out = total - shown.len();
        let device = shown.iter().any(|row| {
            let drawn = row.drawn;
            matches!(drawn, Drawn::Device(_) | Drawn::DeviceReset(_))
        });
        Self {
            device,
            parts: parts(shown),
            total,
            left_out,
        }
    }

    /// Every row that is drawn.
    pub fn drawings(&self) -> impl Iterator<Item = &Drawing> {
        self.parts.iter().flat_map(|part| &part.drawings)
    }
}

fn parts(rows: Vec<Row>) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    let mut before = None;
    for row in rows {
        if parts.last().is_none_or(|part| part.drawings.len() == PART) {
            parts.push(Part {
                height: 0,
                drawings: Vec::new(),
            });
        }
        let pause = pause(before, row.seconds);
        before = row.seconds.or(before);
        if let Some(part) = parts.last_mut() {
            let drawing = drawing(row, pause, &mut part.height);
            part.drawings.push(drawing);
        }
    }
    parts
}

/// A wait that is worth a look.
fn pause(before: Option<f64>, now: Option<f64>) -> Option<String> {
    let wait = now? - before?;
    (wait >= PAUSE).then(|| format!("{wait:.1} s later"))
}

fn drawing(row: Row, pause: Option<String>, height: &mut u32) -> Drawing {
    let pause = pause.map(|text| {
        *height += LINE + ARROW;
        (*height - ARROW, text)
    });
    let top = *height;
    let time = row
        .seconds
        .map_or_else(String::new, |seconds| format!("{seconds:.6} s"));
    let mut texts = vec![head(&row, &time)];
    texts.extend(wrapped(&row.what));
    let mut lines = Vec::new();
    for text in texts {
        *height += LINE;
        lines.push((*height, text));
    }
    *height += ARROW;
    let arrow = arrow(row.drawn, *height);
    *height += ARROW;
    Drawing {
        class: class(row.drawn),
        time,
        pause,
        band: (top + 2, *height - top),
        lines,
        arrow,
        row,
    }
}

/// Frame and time, and a mark that is no colour.
fn head(row: &Row, time: &str) -> String {
    let mark = if row.decisive { "▶ " } else { "" };
    let place = match row.drawn {
        Drawn::Lost(_) => "before frame",
        _ => "frame",
    };
    let time = match time.is_empty() {
        true => String::new(),
        false => format!(" · {time}"),
    };
    format!("{mark}{place} {}{time}", row.frame)
}

const fn class(drawn: Drawn) -> &'static str {
    match drawn {
        Drawn::Arrow(_) => "said",
        Drawn::Ending(_) => "end",
        Drawn::Reset(_) => "reset",
        Drawn::Lost(_) | Drawn::DeviceReset(_) => "bad",
        Drawn::Device(_) => "device",
        Drawn::Again(_) => "again",
        Drawn::Established => "good",
        Drawn::Note => "note",
    }
}

fn arrow(drawn: Drawn, y: u32) -> Option<Arrow> {
    const RIGHT: &str = "M0 0L-10-5V5z";
    const LEFT: &str = "M0 0L10-5V5z";
    const CROSS: &str = "M-6-6L6 6M-6 6L6-6";
    let lane = |peer| match peer {
        Peer::Client => CLIENT,
        Peer::Server => SERVER,
    };
    let (from, to, is_cross) = match drawn {
        Drawn::Arrow(peer) | Drawn::Ending(peer) | Drawn::Again(peer) => {
            (lane(peer), lane(peer.other()), false)
        }
        Drawn::Reset(peer) => (lane(peer), lane(peer.other()), true),
        Drawn::Lost(peer) => (lane(peer), DEVICE, true),
        Drawn::Device(to) => (DEVICE, lane(to), false),
        Drawn::DeviceReset(to) => (DEVICE, lane(to), true),
        Drawn::Established | Drawn::Note => return None,
    };
    let tip = match (is_cross, from < to) {
        (true, _) => CROSS,
        (false, true) => RIGHT,
        (false, false) => LEFT,
    };
    Some(Arrow { y, from, to, tip })
}

/// Lines of a label, broken between words where that is possible.
fn wrapped(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut width = COLUMNS;
    for word in text.split_whitespace() {
        let word_width: usize = word.chars().map(columns).sum();
        if width + 1 + word_width <= COLUMNS
            && let Some(line) = lines.last_mut()
        {
            line.push(' ');
            line.push_str(word);
            width += 1 + word_width;
            continue;
        }
        lines.push(String::new());
        width = 0;
        for char in word.chars() {
            if width + columns(char) > COLUMNS {
                lines.push(String::new());
                width = 0;
            }
            width += columns(char);
            if let Some(line) = lines.last_mut() {
                line.push(char);
            }
        }
    }
    if lines.len() > LINES {
        lines.truncate(LINES);
        if let Some(last) = lines.last_mut() {
            last.push('…');
        }
    }
    lines
}

/// East Asian characters are twice as wide.
const fn columns(char: char) -> usize {
    match char {
        '\u{1100}'.. => 2,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_break_between_words_and_inside_long_ones() {
        let text = format!("a bb {} end", "x".repeat(100));
        let lines = wrapped(&text);
        assert_eq!(lines[0], "a bb");
        assert_eq!(lines[1], "x".repeat(COLUMNS));
        assert_eq!(lines[3], format!("{} end", "x".repeat(100 - 2 * COLUMNS)));
        let lines = wrapped(&"long ".repeat(1000));
        assert_eq!(lines.len(), LINES);
        assert!(lines[3].ends_with('…'));
        assert!(wrapped(&"漢".repeat(30))[0].chars().count() == COLUMNS / 2);
    }

    #[test]
    fn waits_are_told_from_a_second_on() {
        assert_eq!(pause(Some(1.0), Some(1.9)), None);
        assert_eq!(pause(Some(1.0), Some(3.0)).as_deref(), Some("2.0 s later"));
        assert_eq!(pause(None, Some(3.0)), None);
    }

    #[test]
    fn resets_of_a_device_come_from_the_middle() {
        let arrow = arrow(Drawn::DeviceReset(Peer::Client), 10).expect("an arrow");
        assert_eq!((arrow.from, arrow.to), (DEVICE, CLIENT));
    }
}
