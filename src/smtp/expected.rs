//! Which commands wait for their replies, in order (RFC 2920 section 3.1).

use std::collections::VecDeque;

/// Entries that are remembered. Recipients of a message share one entry, so this is no bound for
/// them.
const MAX_ENTRIES: usize = 256;

/// What a reply answers. Frames are those of the commands, 0 where they were not captured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expected {
    Auth {
        frame: u64,
    },
    Banner,
    Data,
    Hello,
    Mail,
    /// A whole message; the command is the last BDAT, or the lone dot.
    Message {
        command: u64,
    },
    Other,
    Rcpt,
    StartTls {
        verb: &'static str,
        frame: u64,
    },
    Xclient,
}

impl Expected {
    /// Whether a reply with this code can answer it (RFC 5321 section 4.3.2, RFC 3207 section 4,
    /// RFC 4954 section 4).
    fn allows(self, code: u16) -> bool {
        match (self, code) {
            (Self::Other, _) | (_, 400..) => true,
            (Self::Auth { .. }, _) => code == 235 || code == 334,
            (Self::Banner | Self::StartTls { .. } | Self::Xclient, _) => code == 220,
            (Self::Data, _) => code == 354,
            (Self::Mail | Self::Rcpt | Self::Message { .. }, _) => (250..300).contains(&code),
            (Self::Hello, _) => code == 250,
        }
    }

    /// Commands of this kind come by the hundred, and only their number matters.
    fn is_counted(self) -> bool {
        matches!(self, Self::Other | Self::Rcpt)
    }
}

/// Whether only one kind of command is answered like this.
fn is_telling(code: u16) -> bool {
    matches!(code, 220 | 235 | 334 | 354)
}

/// The queue.
#[derive(Debug, Default)]
pub(super) struct Queue {
    /// Entries and how many commands each stands for: one, but for the counted ones.
    entries: VecDeque<(Expected, u64)>,
}

impl Queue {
    /// A command was sent.
    pub fn push(&mut self, expected: Expected) {
        let full = self.entries.len() >= MAX_ENTRIES;
        if let Some((last, count)) = self.entries.back_mut()
            && (full || *last == expected && expected.is_counted())
        {
            // Of a full queue the number still counts.
            if *last != expected {
                *last = Expected::Other;
            }
            *count = count.saturating_add(1);
            return;
        }
        self.entries.push_back((expected, 1));
    }

    /// The server goes on with what it was asked.
    pub fn push_front(&mut self, expected: Expected) {
        self.entries.push_front((expected, 1));
    }

    /// What the next reply answers.
    pub fn front(&self) -> Option<Expected> {
        self.entries.front().map(|&(expected, _)| expected)
    }

    /// All that wait.
    pub fn iter(&self) -> impl Iterator<Item = Expected> + '_ {
        self.entries.iter().map(|&(expected, _)| expected)
    }

    /// Order proves nothing any more.
    pub fn clear(&mut self) {
        self.entries.clear();
    }

    /// What a reply with this code answers. Where the capture begins late or a server says more
    /// than it was asked, replies and commands are out of step: a telling code finds its command
    /// further back, and a reply that cannot answer the next command answers none.
    pub fn answer(&mut self, code: u16) -> Option<Expected> {
        let at = match is_telling(code) {
            true => self
                .iter()
                .position(|it| it != Expected::Other && it.allows(code)),
            false => None,
        };
        let missed = match at {
            Some(at) => at,
            // A greeting that nobody captured.
            None if self.front() == Some(Expected::Banner) && code == 250 => 1,
            None => 0,
        };
        let (expected, _) = *self.entries.get(missed)?;
        if !expected.allows(code) {
            return None;
        }
        self.entries.drain(..missed);
        let (_, count) = self.entries.front_mut()?;
        *count -= 1;
        if *count == 0 {
            self.entries.pop_front();
        }
        Some(expected)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queue(entries: &[Expected]) -> Queue {
        let mut queue = Queue::default();
        entries.iter().for_each(|&entry| queue.push(entry));
        queue
    }

    #[test]
    fn replies_to_commands_that_were_not_captured_answer_nothing() {
        let mut queue = queue(&[Expected::Data]);
        assert_eq!(queue.answer(250), None);
        assert_eq!(queue.answer(250), None);
        assert_eq!(queue.answer(354), Some(Expected::Data));
    }

    #[test]
    fn a_telling_code_finds_its_command() {
        let mut queue = queue(&[Expected::Other, Expected::Other, Expected::Data]);
        assert_eq!(queue.answer(354), Some(Expected::Data));
        assert_eq!(queue.front(), None);
    }

    #[test]
    fn a_long_pipeline_stays_in_step() {
        let mut queue = Queue::default();
        for _ in 0..1_000_000 {
            queue.push(Expected::Other);
        }
        queue.push(Expected::Data);
        assert_eq!(queue.entries.len(), 2);
        for _ in 0..1_000_000 {
            assert_eq!(queue.answer(250), Some(Expected::Other));
        }
        assert_eq!(queue.answer(550), Some(Expected::Data));
    }

    #[test]
    fn a_full_queue_still_counts() {
        let mut queue = Queue::default();
        for _ in 0..1000 {
            queue.push(Expected::Data);
            queue.push(Expected::Hello);
        }
        assert_eq!(queue.entries.len(), MAX_ENTRIES);
        for _ in 0..2000 {
            assert!(queue.answer(500).is_some());
        }
        assert_eq!(queue.answer(500), None);
    }
}
