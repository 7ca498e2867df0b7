//! Lines, commands, replies, and the header of a proxy.

use starttap::escape;
use starttap::smtp::auth;
use starttap::smtp::command::Command;
use starttap::smtp::line::LineBuffer;
use starttap::smtp::proxy::{self, Preamble};
use starttap::smtp::reply::{self, ReplyLine};

use super::reports::is_safe;

/// Bytes of a line that are kept.
const KEPT: usize = 60;

/// The first byte says how the rest is cut.
pub fn lines(bytes: &[u8]) {
    let Some((&first, rest)) = bytes.split_first() else {
        return;
    };
    preamble(rest);
    let mut buffer = LineBuffer::default();
    let mut found = Vec::new();
    for part in rest.chunks(usize::from(first) % 23 + 1) {
        let mut part = part;
        while !part.is_empty() {
            let (taken, complete) = buffer.push(part, KEPT);
            part = &part[taken..];
            if complete {
                found.extend(buffer.take());
            }
        }
    }
    let mut expected: Vec<&[u8]> = rest.split_inclusive(|&byte| byte == b'\n').collect();
    expected.pop_if(|line| line.last() != Some(&b'\n'));
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        let kept = &expected[..expected.len().min(KEPT)];
        let end = kept.iter().rposition(|byte| !matches!(byte, b'\r' | b'\n'));
        assert_eq!(found, &kept[..end.map_or(0, |end| end + 1)]);
        line(found);
    }
}

fn line(line: &[u8]) {
    match Command::parse(line) {
        Command::Auth { mechanism, .. } => {
            assert!(mechanism.len() <= 20 && mechanism.is_ascii());
        }
        Command::Original { attributes, .. } => assert!(attributes.len() <= 16),
        _ => {}
    }
    if let Some(reply) = ReplyLine::parse(line) {
        assert!((200..600).contains(&reply.code));
        assert_eq!(reply.text.len(), line.len().saturating_sub(4));
    }
    let text = String::from_utf8_lossy(line);
    let _ = reply::host(&text);
    let _ = reply::is_starred(&text);
    if let Some((_, words)) = auth::offered(&text) {
        for word in words {
            let name = auth::mechanism(word.as_bytes());
            assert!(name.len() <= 20 && is_safe(&name));
        }
    }
    assert!(is_safe(&escape::terminal(&text)));
    assert!(is_safe(&escape::markdown(&text)));
    assert!(is_safe(&escape::shown(&text)));
    let quoted = serde_json::to_string(&text).expect("memory takes everything");
    let escaped = escape::json(&quoted);
    assert!(is_safe(&escaped));
    let same: String = serde_json::from_str(&escaped).expect("it is still JSON");
    assert_eq!(same, text);
}

/// What the first bytes decide, more bytes do not change.
fn preamble(bytes: &[u8]) {
    let whole = proxy::read(bytes);
    for len in 0..bytes.len().min(120) {
        let told = proxy::read(&bytes[..len]);
        assert!(
            told == Preamble::Maybe || told == whole,
            "{told:?}, then {whole:?}"
        );
    }
}
