//! A whole capture, up to its reports.

use std::io::Cursor;
use std::path::Path;

use starttap::capture::Frame;
use starttap::capture::open::from_reader;
use starttap::engine::Engine;
use starttap::engine::frames::{Options, Survey};
use starttap::engine::ports::Ports;
use starttap::limits::Limits;
use starttap::model::Session;
use starttap::report::frames::{Frames, Shape};

use super::reports;

/// Reads the capture as `starttap read` and as `starttap frames` do.
pub fn engine(bytes: &[u8]) {
    let limits = Limits::default();
    let mut engine = Engine::new("fuzz", Ports::default(), limits.clone());
    let mut sessions: Vec<Session> = Vec::new();
    each(bytes, &limits, |frame| {
        engine.push(frame, &mut |session| sessions.push(session));
    });
    engine.finish(&mut |session| sessions.push(session));
    let _ = reports::some(&mut sessions, bytes);
    frames(bytes, &limits);
}

fn each(bytes: &[u8], limits: &Limits, mut take: impl FnMut(&Frame<'_>)) {
    let reader = Box::new(Cursor::new(bytes.to_vec()));
    let Ok(mut source) = from_reader(Path::new("fuzz"), reader, limits, 0) else {
        return;
    };
    while let Ok(Some(frame)) = source.next() {
        take(&frame);
    }
}

fn frames(bytes: &[u8], limits: &Limits) {
    let options = Options {
        all_ports: true,
        ..Options::default()
    };
    let mut survey = Survey::new(options, limits.clone());
    each(bytes, limits, |frame| survey.push(frame));
    let mut rows = survey.finish();
    let mut text = Vec::new();
    let mut out = Frames::new(&mut text, Shape::Ndjson).expect("memory takes everything");
    let mut last = 0;
    each(bytes, limits, |frame| {
        assert!(!rows.is_done());
        if let Some(row) = rows.push(frame) {
            assert!(row.frame > last);
            last = row.frame;
            out.row(&row).expect("memory takes everything");
        }
    });
    assert!(rows.is_done());
    out.finish().expect("memory takes everything");
    drop(out);
    let text = String::from_utf8(text).expect("the rows are text");
    reports::assert_lines_are_json(&text);
}
