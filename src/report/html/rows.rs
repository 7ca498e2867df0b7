//! The rows of a session's diagram: its steps, and what only a diagram has room for.

use crate::model::path::IcmpNote;
use crate::model::tcp::Handshake;
use crate::model::{Peer, Session};
use crate::report::steps::{Kind, Step, steps};
use crate::report::text::style::plural;
use crate::rules::words;

/// One row.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Frame that proves it.
    pub frame: u64,
    /// Seconds since the session began, where known.
    pub seconds: Option<f64>,
    /// What happened, safe to print.
    pub what: String,
    /// How it is drawn.
    pub drawn: Drawn,
    /// The verdict rests on it.
    pub decisive: bool,
}

/// How a row is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drawn {
    /// An arrow from one peer to the other.
    Arrow(Peer),
    /// An arrow that stands for an alert or a close.
    Ending(Peer),
    /// An arrow with a cross: a reset.
    Reset(Peer),
    /// Sent again.
    Again(Peer),
    /// Sent and not seen to arrive.
    Lost(Peer),
    /// Sent by a device in between to this peer.
    Device(Peer),
    /// A reset by a device in between to this peer.
    DeviceReset(Peer),
    /// Both sides are encrypted.
    Established,
    /// What nobody sent.
    Note,
}

impl Drawn {
    /// Who acted, in a word.
    pub fn who(self) -> &'static str {
        match self {
            Self::Arrow(from)
            | Self::Ending(from)
            | Self::Reset(from)
            | Self::Again(from)
            | Self::Lost(from) => match from {
                Peer::Client => "client",
                Peer::Server => "server",
            },
            Self::Device(_) | Self::DeviceReset(_) => "in between",
            Self::Established => "both",
            Self::Note => "",
        }
    }
}

/// All rows in frame order.
pub fn rows(session: &Session) -> Vec<Row> {
    let mut rows: Vec<Row> = steps(session).into_iter().map(said).collect();
    syns(session, &mut rows);
    resent(session, &mut rows);
    holes(session, &mut rows);
    windows(session, &mut rows);
    let icmp = session.evidence.path.icmp.iter();
    rows.extend(icmp.map(|note| error(session, note)));
    // That the capture ends comes after what its last frame says.
    rows.sort_by_key(|row| (row.frame, row.drawn == Drawn::Note));
    for row in &mut rows {
        row.decisive = session.verdict.frames.contains(&row.frame);
        let time = session.evidence.time_of(row.frame);
        let known = time.map(|time| time.seconds_since(session.started));
        row.seconds = row.seconds.or(known);
    }
    rows
}

fn row(frame: u64, drawn: Drawn, what: String) -> Row {
    Row {
        frame,
        seconds: None,
        what,
        drawn,
        decisive: false,
    }
}

fn said(step: Step) -> Row {
    let drawn = match (step.kind, step.who) {
        (Kind::Said, Some(from)) => Drawn::Arrow(from),
        (Kind::Alert | Kind::Fin, Some(from)) => Drawn::Ending(from),
        (Kind::Rst, Some(from)) => Drawn::Reset(from),
        (Kind::Overwritten(from), _) => Drawn::Device(from.other()),
        (Kind::ForeignRst(from), _) => Drawn::DeviceReset(from.other()),
        (Kind::Established, _) => Drawn::Established,
        _ => Drawn::Note,
    };
    let mut row = row(step.frame, drawn, step.what);
    row.seconds = step.seconds;
    row
}

/// The opening, where it is the matter.
fn syns(session: &Session, rows: &mut Vec<Row>) {
    let syns = &session.evidence.path.syns;
    let is_usual = matches!(
        session.tcp.handshake,
        Handshake::Complete | Handshake::Midstream
    );
    if is_usual && syns.len() < 2 {
        return;
    }
    for (at, syn) in syns.iter().enumerate() {
        let (drawn, what) = match at {
            0 => (Drawn::Arrow(Peer::Client), "SYN"),
            _ => (Drawn::Again(Peer::Client), "SYN, sent again"),
        };
        let mut row = row(syn.frame, drawn, what.to_owned());
        row.seconds = Some(syn.time.seconds_since(session.started));
        rows.push(row);
    }
}

/// Retransmissions; those of one side in a row are one row.
fn resent(session: &Session, rows: &mut Vec<Row>) {
    let evidence = &session.evidence;
    let syns = &evidence.path.syns;
    let of_client = &evidence.client_retransmissions;
    let mut runs: Vec<(Peer, Vec<u64>)> = Vec::new();
    for &frame in &evidence.retransmissions {
        if syns.iter().any(|syn| syn.frame == frame) {
            continue;
        }
        let from = match of_client.binary_search(&frame) {
            Ok(_) => Peer::Client,
            Err(_) => Peer::Server,
        };
        match runs.last_mut() {
            Some((last, run)) if *last == from && !is_between(rows, run, frame) => run.push(frame),
            _ => runs.push((from, vec![frame])),
        }
    }
    for (from, run) in runs {
        let what = match run.len() {
            1 => "sent again".to_owned(),
            many => format!("sent again, {many} times: {}", words::frames(&run)),
        };
        rows.push(row(run[0], Drawn::Again(from), what));
    }
}

/// Whether a row stands between the last frame of the run and this one.
fn is_between(rows: &[Row], run: &[u64], frame: u64) -> bool {
    let last = run.last().copied().unwrap_or_default();
    rows.iter().any(|row| row.frame > last && row.frame < frame)
}

/// Bytes that never arrive.
fn holes(session: &Session, rows: &mut Vec<Row>) {
    let holes = &session.evidence.path.holes;
    for (hole, from) in holes.iter().zip([Peer::Client, Peer::Server]) {
        let Some(hole) = hole else {
            continue;
        };
        let missing = plural(hole.missing.into(), "byte");
        let what = format!("{missing} never arrive");
        let mut row = row(hole.seen.frame, Drawn::Lost(from), what);
        row.seconds = Some(hole.seen.time.seconds_since(session.started));
        rows.push(row);
    }
}

/// Receivers that take nothing more.
fn windows(session: &Session, rows: &mut Vec<Row>) {
    let stalls = &session.evidence.path.stalls;
    for (stall, of) in stalls.iter().zip([Peer::Client, Peer::Server]) {
        let Some(stall) = stall else {
            continue;
        };
        let until = match stall.until {
            Some(until) => format!("opens again in frame {}", until.frame),
            None => "is not seen to open again".to_owned(),
        };
        let what = format!("the {of} closes its receive window, which {until}");
        let mut row = row(stall.from.frame, Drawn::Note, what);
        row.seconds = Some(stall.from.time.seconds_since(session.started));
        rows.push(row);
    }
}

/// An ICMP error: of a peer itself, or of a router on the way.
fn error(session: &Session, note: &IcmpNote) -> Row {
    let sender = note.sender;
    let kind = match (note.is_too_big(), note.is_unreachable()) {
        (true, _) => "packet too big".to_owned(),
        (_, true) => format!("unreachable (code {})", note.code),
        _ => format!("type {} code {}", note.kind, note.code),
    };
    let mtu = match note.mtu {
        0 => String::new(),
        mtu => format!(", next hop takes {mtu} bytes"),
    };
    let what = format!("ICMP of {sender}: {kind}{mtu}");
    let is_peer = sender == session.client.ip || sender == session.server.ip;
    let drawn = match is_peer {
        true => Drawn::Ending(note.to.other()),
        false => Drawn::Device(note.to),
    };
    let mut row = row(note.seen.frame, drawn, what);
    row.seconds = Some(note.seen.time.seconds_since(session.started));
    row
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_ends_where_something_else_happens() {
        let rows = [row(7, Drawn::Note, String::new())];
        assert!(is_between(&rows, &[3, 5], 9));
        assert!(!is_between(&rows, &[3, 5], 6));
        assert!(!is_between(&rows, &[8], 9));
    }
}
