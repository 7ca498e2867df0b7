//! What a client sends between its request for TLS and the reply.
//!
//! Whether it waited is told by the order of the capture; where a segment acknowledges bytes of
//! the server that are captured only later, it is the capture that is out of order.

use crate::model::smtp::{AfterStarttls, Early};

/// A request for TLS without a reply so far.
#[derive(Debug)]
pub(super) struct Pending {
    /// Frame of the request.
    frame: u64,
    sent: Option<AfterStarttls>,
    /// A first command is still to be read.
    reads_command: bool,
}

impl Pending {
    pub fn new(frame: u64) -> Self {
        Self {
            frame,
            sent: None,
            reads_command: true,
        }
    }

    /// Whether the request came in this frame, too: what stands behind it did not wait, whatever
    /// else is not in the capture.
    pub fn shares(&self, frame: u64) -> bool {
        self.frame == frame
    }

    /// So many bytes came, first of this kind.
    pub fn sent(&mut self, kind: Early, bytes: usize, frame: u64) {
        let sent = self.sent.get_or_insert(AfterStarttls {
            frame,
            bytes: 0,
            kind,
            command: None,
        });
        sent.bytes += bytes as u64;
    }

    /// A line is complete.
    pub fn line(&mut self, verb: Option<&'static str>) {
        if let Some(sent) = &mut self.sent
            && std::mem::take(&mut self.reads_command)
        {
            sent.command = verb;
        }
    }

    /// The reply came: whatever was sent did not wait for it.
    pub fn replied(self) -> Option<AfterStarttls> {
        self.sent
    }

    /// No reply was captured: only what shares a frame with the request is known to be early.
    pub fn unreplied(self) -> Option<AfterStarttls> {
        let frame = self.frame;
        self.sent.filter(|sent| sent.frame == frame)
    }
}
