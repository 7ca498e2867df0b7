//! A whole capture, up to its report.
#![no_main]

use std::io::Cursor;
use std::path::Path;

use libfuzzer_sys::fuzz_target;
use starttap::capture::open::from_reader;
use starttap::engine::Engine;
use starttap::engine::ports::Ports;
use starttap::limits::Limits;
use starttap::model::{Input, Session, Summary};
use starttap::report::Output;
use starttap::report::json::Json;
use starttap::report::text::Text;
use starttap::rules::policy::Policy;
use starttap::rules::{self, Settings};

fuzz_target!(|bytes: &[u8]| {
    let limits = Limits::default();
    let reader = Box::new(Cursor::new(bytes.to_vec()));
    let Ok(mut source) = from_reader(Path::new("fuzz"), reader, &limits, 0) else {
        return;
    };
    let mut engine = Engine::new("fuzz", Ports::default(), limits);
    let mut sessions: Vec<Session> = Vec::new();
    while let Ok(Some(frame)) = source.next() {
        engine.push(&frame, &mut |session| sessions.push(session));
    }
    engine.finish(&mut |session| sessions.push(session));
    let mut json = Vec::new();
    let mut text = Vec::new();
    let outputs: [&mut dyn Output; 2] = [&mut Json::new(&mut json), &mut Text::new(&mut text)];
    let mut summary = Summary::default();
    // The policy with the most kinds of lines.
    let policy = Policy::built_in("bsi-tr-02102-2").expect("it comes along");
    let settings = Settings {
        policy: Some(policy.expect("it has no mistakes")),
        expect_names: vec!["mail.example.com".to_owned()],
        connector_patterns: vec!["*.example.com".to_owned()],
    };
    for session in &mut sessions {
        rules::judge(session, &settings);
        summary.add(session);
    }
    for output in outputs {
        for session in &sessions {
            output.session(session).expect("memory takes everything");
        }
        let inputs = [Input::default()];
        output
            .finish(&inputs, &summary)
            .expect("memory takes everything");
    }
    serde_json::from_slice::<serde_json::Value>(&json).expect("the report is JSON");
});
