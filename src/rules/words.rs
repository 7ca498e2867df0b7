//! Phrases that several rules share.

use std::net::IpAddr;

use crate::escape::shown;
use crate::model::smtp::Reply;
use crate::model::tls::{Alert, ClientHello};
use crate::model::{Endpoint, How, Session};
use crate::time::Timestamp;

/// A Wireshark display filter for frames of a session: by addresses and ports, so that it works in
/// a capture with other stream numbers too.
pub fn filter(session: &Session, frames: &[u64]) -> String {
    let conversation = conversation(session.client, session.server);
    if frames.is_empty() {
        return conversation;
    }
    format!("{conversation} && frame.number in {{{}}}", list(frames))
}

/// A display filter for all frames between two endpoints.
pub fn conversation(client: Endpoint, server: Endpoint) -> String {
    let family = match client.ip {
        IpAddr::V4(_) => "ip",
        IpAddr::V6(_) => "ipv6",
    };
    format!(
        "{family}.addr == {} && {family}.addr == {} && tcp.port == {} && tcp.port == {}",
        client.ip, server.ip, client.port, server.port
    )
}

/// `1 session`, `2 sessions`.
pub fn plural(count: usize, noun: &str) -> String {
    match count {
        1 => format!("1 {noun}"),
        many => format!("{many} {noun}s"),
    }
}

/// Frame numbers with commas.
pub fn list(frames: &[u64]) -> String {
    let numbers: Vec<String> = frames.iter().map(u64::to_string).collect();
    numbers.join(", ")
}

/// `frame 7`, `frames 7, 9`, and of many the first ones.
pub fn frames(frames: &[u64]) -> String {
    /// Frames named in a sentence; the finding carries them all.
    const NAMED: usize = 8;
    let word = if frames.len() == 1 { "frame" } else { "frames" };
    match frames.get(..NAMED) {
        Some(first) if frames.len() > NAMED => {
            format!("{word} {} and {} more", list(first), frames.len() - NAMED)
        }
        _ => format!("{word} {}", list(frames)),
    }
}

/// A span of capture time for people.
pub fn span(from: Timestamp, to: Timestamp) -> String {
    nanos(to.nanos_since(from))
}

/// Nanoseconds of capture time for people.
pub fn nanos(nanos: i64) -> String {
    let seconds = nanos as f64 / 1e9;
    if seconds < 0.0 {
        "at an earlier capture time".to_owned()
    } else if seconds < 0.001 {
        format!("{:.0} µs", seconds * 1e6)
    } else if seconds < 1.0 {
        format!("{:.0} ms", seconds * 1e3)
    } else {
        format!("{seconds:.1} s")
    }
}

/// `fatal alert protocol_version (70)`.
pub fn alert(alert: &Alert) -> String {
    let Some(code) = alert.code else {
        return "an encrypted alert".to_owned();
    };
    let level = alert.level.as_deref().unwrap_or_default();
    match &alert.name {
        Some(name) => format!("{level} alert {name} ({code})"),
        None => format!("{level} alert {code}"),
    }
}

/// `454 “TLS not available” (frame 9)`.
pub fn reply(reply: &Reply) -> String {
    let said = match reply.text.is_empty() {
        true => String::new(),
        false => format!(" {}", quoted(&reply.text)),
    };
    format!("{}{said} (frame {})", reply.code, reply.frame)
}

/// What a hello says about versions, every field by its name.
pub fn hello_versions(hello: &ClientHello) -> String {
    let own = format!(
        "record version {}, hello version {}",
        hello.record_version, hello.legacy_version
    );
    if hello.versions.is_empty() || hello.versions == [hello.legacy_version] {
        return own;
    }
    let listed: Vec<String> = hello.versions.iter().map(ToString::to_string).collect();
    format!("{own}, supported_versions {}", listed.join(" "))
}

/// `with FIN`, `with a reset`, …
pub fn how(how: How) -> &'static str {
    match how {
        How::Fin => "closed the connection (FIN)",
        How::Rst => "reset the connection (RST)",
        How::Timeout => "fell silent",
        How::CaptureEnd => "was still connected when the capture ended",
    }
}

/// Text of the wire in quotation marks.
pub fn quoted(text: &str) -> String {
    format!("“{}”", shown(text))
}
