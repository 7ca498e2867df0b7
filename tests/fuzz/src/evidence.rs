//! Evidence files of captures in memory.

use std::io::Cursor;
use std::path::Path;

use starttap::capture::open::from_reader;
use starttap::capture::write::Writer;
use starttap::capture::{Frame, Source};
use starttap::decode::{Decoded, Decoder};
use starttap::engine::Engine;
use starttap::engine::ports::Ports;
use starttap::error::Error;
use starttap::limits::Limits;
use starttap::model::{Report, Session};
use starttap::report::Output;
use starttap::report::evidence::{Cutter, Original, Selection};
use starttap::rules::{self, Settings};

const MEMORY: &str = "memory takes everything";

/// What is cut out of any capture is a capture, whose sessions can be cut out again.
pub fn evidence(bytes: &[u8]) {
    if opened(bytes).is_err() {
        return;
    }
    let once = cut(bytes, bytes.len().is_multiple_of(2));
    let mut frames = 0;
    if !once.is_empty() {
        each(&once, |_| frames += 1).expect("evidence is not damaged");
        let again = cut(&once, false);
        let mut left = 0;
        each(&again, |_| left += 1).expect("evidence is not damaged");
        assert!(left <= frames);
    }
}

/// All sessions of a capture, cut out.
pub fn cut(capture: &[u8], with_payload: bool) -> Vec<u8> {
    let (sessions, frames) = sessions(capture);
    let mut selection = Selection::new(true);
    let each = sessions.iter();
    each.for_each(|session| selection.session(session).expect(MEMORY));
    selection.finish(&Report::default()).expect(MEMORY);
    let cutter = Cutter {
        ports: Ports::default(),
        filter: None,
        with_payload,
        limits: Limits::default(),
        pseudonyms: None,
    };
    let original = Original {
        name: "x",
        frames,
        open: &|| opened(capture),
    };
    let mut bytes = Vec::new();
    let mut writer = Writer::new(&mut bytes);
    if let Some(notes) = selection.of("x") {
        cutter.cut(&original, notes, &mut writer).expect("evidence");
    }
    writer.finish().expect(MEMORY);
    bytes
}

/// The sessions of a capture, judged, and how many frames it has.
pub fn sessions(capture: &[u8]) -> (Vec<Session>, u64) {
    let mut engine = Engine::new("x", Ports::default(), Limits::default());
    let mut sessions = Vec::new();
    let mut sink = |session: Session| sessions.push(session);
    let mut frames = 0;
    // What follows damage is not there.
    let until = each(capture, |frame| {
        engine.push(frame, &mut sink);
        frames += 1;
    });
    if let Ok(Some(until)) = until {
        engine.listened_until(until, &mut sink);
    }
    engine.finish(&mut sink);
    let settings = Settings::default();
    let each = sessions.iter_mut();
    each.for_each(|session| rules::judge(session, &settings));
    (sessions, frames)
}

/// The bytes of a capture as characters, and once more what each direction sent, one segment after
/// the other.
pub fn text(capture: &[u8]) -> String {
    let characters =
        |bytes: &[u8]| -> String { bytes.iter().map(|&byte| char::from(byte)).collect() };
    let mut decoder = Decoder::new(&Limits::default());
    let mut streams = [String::new(), String::new()];
    let _ = each(capture, |frame| {
        if let Decoded::Tcp(segment) = decoder.decode(frame) {
            let up = segment.source_port < segment.destination_port;
            streams[usize::from(up)] += &characters(segment.payload);
        }
    });
    characters(capture) + &streams.concat()
}

/// Opens a capture.
pub fn opened(capture: &[u8]) -> Result<Box<dyn Source>, Error> {
    let reader = Box::new(Cursor::new(capture.to_vec()));
    from_reader(Path::new("x"), reader, &Limits::default(), 0)
}

/// Gives until when was listened.
fn each(
    capture: &[u8],
    mut take: impl FnMut(&Frame<'_>),
) -> Result<Option<starttap::time::Timestamp>, Error> {
    let mut source = opened(capture)?;
    while let Some(frame) = source.next()? {
        take(&frame);
    }
    Ok(source.listened_until())
}
