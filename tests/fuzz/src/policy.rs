//! Policies of the user's own.

use std::io::Cursor;
use std::path::Path;
use std::sync::LazyLock;

use starttap::capture::open::from_reader;
use starttap::engine::Engine;
use starttap::engine::ports::Ports;
use starttap::limits::Limits;
use starttap::model::Session;
use starttap::rules::policy::Policy;

use super::reports::is_safe;

/// RC4, TLS 1.2 with both certificates, TLS 1.3.
static SESSIONS: LazyLock<Vec<Session>> = LazyLock::new(|| {
    let captures: [&[u8]; 3] = [
        include_bytes!("../../../captures/story2-rc4-accepted.pcap"),
        include_bytes!("../../../captures/story5-client-cert.pcap"),
        include_bytes!("../../../captures/tls13-openssl.pcap"),
    ];
    captures.into_iter().flat_map(sessions).collect()
});

/// A policy file, held against sessions.
pub fn policy(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    match Policy::parse(&text, Path::new("fuzz.toml")) {
        Ok(policy) => {
            for session in SESSIONS.iter() {
                let findings = policy.findings(session);
                assert!(findings.iter().all(|it| it.id.starts_with('N')));
                assert!(findings.iter().all(|it| is_safe(&it.cause)));
            }
        }
        Err(mistake) => assert!(is_safe(&mistake.to_string()), "{mistake:?}"),
    }
}

fn sessions(capture: &'static [u8]) -> Vec<Session> {
    let limits = Limits::default();
    let reader = Box::new(Cursor::new(capture));
    let mut source = from_reader(Path::new("fuzz"), reader, &limits, 0).expect("a capture");
    let mut engine = Engine::new("fuzz", Ports::default(), limits);
    let mut sessions = Vec::new();
    while let Some(frame) = source.next().expect("a frame") {
        engine.push(&frame, &mut |session| sessions.push(session));
    }
    engine.finish(&mut |session| sessions.push(session));
    sessions
}
