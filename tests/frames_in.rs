//! Frames of a capture that tests may change, and what an engine says of them.

use std::path::Path;

use serde_json::Value;
use starttap::capture::{Frame, FrameId, LinkType, open};
use starttap::engine::Engine;
use starttap::engine::ports::Ports;
use starttap::limits::Limits;
use starttap::model::Session;
use starttap::rules;
use starttap::time::Timestamp;

/// A frame that owns its bytes.
#[derive(Clone)]
pub struct Owned {
    pub id: FrameId,
    pub time: Timestamp,
    pub interface: u32,
    pub link_type: LinkType,
    pub bytes: Vec<u8>,
    pub wire_len: u32,
}

impl Owned {
    /// The frame as the decoder wants it.
    pub fn lend(&self) -> Frame<'_> {
        Frame {
            id: self.id,
            time: self.time,
            interface: self.interface,
            link_type: self.link_type,
            bytes: &self.bytes,
            wire_len: self.wire_len,
        }
    }
}

/// All frames of a capture.
pub fn frames(path: &Path) -> Vec<Owned> {
    let limits = Limits::default();
    let mut source = open::open(path, &limits, 0).expect("a capture");
    let mut frames = Vec::new();
    while let Some(frame) = source.next().expect("whole") {
        frames.push(Owned {
            id: frame.id,
            time: frame.time,
            interface: frame.interface,
            link_type: frame.link_type,
            bytes: frame.bytes.to_vec(),
            wire_len: frame.wire_len,
        });
    }
    frames
}

/// The judged sessions of these frames.
pub fn judged<'a>(frames: impl IntoIterator<Item = &'a Owned>) -> Vec<Session> {
    let mut engine = Engine::new("x", Ports::default(), Limits::default());
    let mut found = Vec::new();
    let mut sink = |mut session: Session| {
        rules::judge(&mut session, &rules::Settings::default());
        found.push(session);
    };
    for frame in frames {
        engine.push(&frame.lend(), &mut sink);
    }
    engine.finish(&mut sink);
    found
}

/// A session as its record.
pub fn record(session: &Session) -> Value {
    serde_json::to_value(session).expect("JSON")
}
