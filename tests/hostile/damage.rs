//! Captures cut at every byte, and captures with changed bytes, through everything.

use std::io::Cursor;
use std::path::Path;

use starttap::capture::open::from_reader;
use starttap::engine::Engine;
use starttap::engine::ports::Ports;
use starttap::error::Error;
use starttap::limits::Limits;
use starttap::model::Session;
use starttap::rules::policy::Policy;
use starttap::rules::{self, Settings};

use super::{assert_bounded, reports};
use crate::invariance::seed;
use crate::labels::packet::Random;
use crate::support::captures;

/// A capture as it was read.
#[derive(Default)]
struct Reading {
    /// Offsets of the frames.
    offsets: Vec<u64>,
    sessions: Vec<Session>,
    skipped: u64,
    error: Option<Error>,
}

/// Every rule there is, and the policy with the most kinds of lines.
fn strictest() -> Settings {
    let policy = Policy::built_in("bsi-tr-02102-2").expect("it comes along");
    Settings {
        policy: Some(policy.expect("it has no mistakes")),
        expect_names: vec!["mail.example.com".to_owned()],
        connector_patterns: vec!["*.example.com".to_owned()],
    }
}

fn read(bytes: &[u8]) -> Reading {
    let limits = Limits::default();
    let mut reading = Reading::default();
    let mut engine = Engine::new("x", Ports::default(), limits.clone());
    let reader = Box::new(Cursor::new(bytes.to_vec()));
    let mut sessions = Vec::new();
    match from_reader(Path::new("x"), reader, &limits, 0) {
        Err(error) => reading.error = Some(error),
        Ok(mut source) => loop {
            match source.next() {
                Ok(Some(frame)) => {
                    reading.offsets.push(frame.id.offset);
                    engine.push(&frame, &mut |session| sessions.push(session));
                }
                Ok(None) => break,
                Err(error) => {
                    reading.error = Some(error);
                    break;
                }
            }
        },
    }
    engine.finish(&mut |session| sessions.push(session));
    let settings = strictest();
    sessions
        .iter_mut()
        .for_each(|session| rules::judge(session, &settings));
    for session in &sessions {
        assert_bounded(session, &limits);
    }
    let skipped = engine.skipped();
    reading.skipped = skipped.fragments
        + skipped.malformed
        + skipped.not_ip
        + skipped.not_tcp
        + skipped.snap_length
        + skipped.unknown_link_type;
    reading.sessions = sessions;
    reading
}

/// Where the record at this offset ends.
fn record_end(bytes: &[u8], offset: u64, pcapng: bool) -> usize {
    let offset = offset as usize;
    let word = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
    match pcapng {
        true => offset + word(offset + 4),
        false => offset + 16 + word(offset + 8),
    }
}

#[test]
fn a_capture_cut_anywhere_reports_what_was_read() {
    let mut cuts = 0;
    for path in captures() {
        let bytes = std::fs::read(&path).unwrap();
        // Small ones: every length of every one of them is tried.
        if bytes.len() > 4000 {
            continue;
        }
        let whole = read(&bytes);
        assert!(whole.error.is_none(), "{}", path.display());
        let pcapng = path.extension().is_some_and(|it| it == "pcapng");
        let ends: Vec<usize> = whole
            .offsets
            .iter()
            .map(|&offset| record_end(&bytes, offset, pcapng))
            .collect();
        for len in 0..bytes.len() {
            let cut = read(&bytes[..len]);
            let expected = ends.iter().filter(|&&end| end <= len).count();
            let name = format!("{} cut at {len}", path.display());
            assert_eq!(cut.offsets.len(), expected, "{name}");
            let packets: u64 = cut
                .sessions
                .iter()
                .map(|session| session.tcp.client.packets + session.tcp.server.packets)
                .sum();
            assert_eq!(packets + cut.skipped, expected as u64, "{name}");
            match &cut.error {
                Some(error) => assert!(!error.to_string().is_empty(), "{name}"),
                None => assert!(pcapng || len == 24 || ends.contains(&len), "{name}"),
            }
            cuts += 1;
            if len % 64 == 0 {
                reports(&cut.sessions);
            }
        }
    }
    assert!(cuts > 10_000, "only {cuts} cuts");
}

#[test]
fn changed_bytes_do_no_harm() {
    /// Damaged copies of each capture.
    const COPIES: u64 = 40;
    let mut random = Random::new(seed());
    for path in captures() {
        let whole = std::fs::read(&path).unwrap();
        for copy in 0..COPIES {
            let mut bytes = whole.clone();
            // Some get a few changes, some get many; half spare the headers of the records.
            let changes = 1 + random.below(1 << (copy % 8));
            for _ in 0..changes {
                let at = random.below(bytes.len() as u64) as usize;
                bytes[at] = match random.below(3) {
                    0 => bytes[at] ^ (1 << random.below(8)),
                    1 => random.pick(&[0, 1, 0x16, 0x7F, 0x80, 0xFF, b'\n']),
                    _ => random.next() as u8,
                };
            }
            reports(&read(&bytes).sessions);
        }
    }
}
