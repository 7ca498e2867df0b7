//! Enters what may be shown of both streams, as they are read.

use std::ops::Range;

use crate::model::Peer;
use crate::model::kept::{Kept, Spoken};
use crate::smtp::Shown;

/// What may be shown so far.
#[derive(Debug)]
pub struct Showing {
    kept: Kept,
    lines: [Line; 2],
    /// Replies that were captured before their commands, with their positions.
    early: Vec<(u64, Vec<u8>)>,
}

/// Replies captured before their commands that are remembered: seldom any.
const MAX_EARLY: usize = 64;

/// Where one direction stands.
#[derive(Debug, Default)]
struct Line {
    /// Position of the line's first byte.
    start: u64,
    /// End of the last line of a message: what ends the message stands behind it.
    body_end: Option<(u64, Vec<u8>)>,
}

impl Showing {
    /// Nothing was read yet; at most `room` bytes of memory for each direction.
    pub fn new(room: usize) -> Self {
        Self {
            kept: Kept::new(room),
            lines: Default::default(),
            early: Vec::new(),
        }
    }

    /// From this frame on the first byte of `from` has this sequence number.
    pub fn begins_at(&mut self, from: Peer, frame: u64, seq: u32) {
        self.kept.of_mut(from).begins_at(frame, seq);
    }

    /// Lines of text begin here, if `from` did not speak in lines before.
    pub fn text(&mut self, from: Peer, here: u64, between_lines: bool) {
        self.kept.of_mut(from).speaks(here, Spoken::Text);
        if between_lines {
            self.lines[from.index()].start = here;
        }
    }

    /// A line is complete; `taken` are its last bytes, the first of which stands `here`.
    pub fn line(&mut self, from: Peer, here: u64, taken: &[u8], shown: Shown) {
        let ends = taken.iter().rev();
        let ends = ends
            .take_while(|byte| matches!(byte, b'\r' | b'\n'))
            .count();
        let end = here + taken.len() as u64;
        let last = &taken[taken.len() - ends..];
        let line = &mut self.lines[from.index()];
        if let Shown::Body { first: false } = shown {
            line.body_end = Some((end - ends as u64, last.to_vec()));
            return;
        }
        let kept = self.kept.of_mut(from);
        if let Some((offset, bytes)) = line.body_end.take() {
            kept.keep(offset, &bytes);
        }
        let (text, is_whole) = match shown {
            Shown::Line(text, is_whole) => (text, is_whole),
            Shown::Early(text, whole) => {
                if self.early.len() < MAX_EARLY {
                    self.early.push((line.start, whole));
                }
                (text, false)
            }
            Shown::Body { .. } | Shown::End => (Vec::new(), true),
        };
        match is_whole {
            true => kept.keep(line.start, &text),
            false => kept.replace(line.start, &text),
        }
        if !text.is_empty() {
            // Its carriage return may have come before.
            let stop = line.start + text.len() as u64;
            if stop + 1 == end - ends as u64 {
                kept.keep(stop, b"\r");
            }
        }
        kept.keep(end - ends as u64, last);
    }

    /// The header of a proxy goes on here.
    pub fn preamble(&mut self, from: Peer, here: u64, bytes: &[u8]) {
        self.kept.of_mut(from).keep(here, bytes);
    }

    /// Bytes of TLS stand here, of which these parts may be shown.
    pub fn tls(&mut self, from: Peer, here: u64, bytes: &[u8], parts: &[Range<usize>]) {
        self.body_ends(from);
        let kept = self.kept.of_mut(from);
        kept.speaks(here, Spoken::Tls);
        for part in parts {
            kept.keep(here + part.start as u64, &bytes[part.clone()]);
        }
    }

    /// All of it; `discreet`: the server's replies may repeat a secret.
    pub fn finish(mut self, discreet: bool) -> Kept {
        if !discreet {
            let server = self.kept.of_mut(Peer::Server);
            let early = self.early.iter();
            early.for_each(|(offset, line)| server.reveal(*offset, line));
        }
        for from in [Peer::Client, Peer::Server] {
            self.body_ends(from);
        }
        self.kept
    }

    fn body_ends(&mut self, from: Peer) {
        if let Some((offset, bytes)) = self.lines[from.index()].body_end.take() {
            self.kept.of_mut(from).keep(offset, &bytes);
        }
    }
}
