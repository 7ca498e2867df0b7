//! Somebody waits and nothing comes: unanswered SYNs, closed windows, silent servers, lost hellos,
//! connections without a word or without an end.

use super::reset::fatal_alert;
use super::{Observation, Rule, words};
use crate::model::path::Stall;
use crate::model::tcp::Handshake;
use crate::model::{Confidence, EndedBy, How, Peer, Session, Severity, Starts, Visibility};
use crate::time::Timestamp;

pub const NO_ANSWER: Rule = Rule {
    id: "P01",
    title: "The server does not answer the SYN",
    advice: "Look for a packet filter or a provider that blocks this port on the way out, and check \
             that the server is up.",
    references: &["RFC 9293 section 3.10.1", "RFC 6298 section 5.7"],
    tls_rpt: None,
    check: no_answer,
};

pub const ZERO_WINDOW: Rule = Rule {
    id: "P09",
    title: "A receiver takes no more data (zero window)",
    advice: "Look at that host: its mail program does not read (virus scanner, disk, lack of \
             threads or memory). The network is not at fault.",
    references: &["RFC 9293 section 3.8.6.1"],
    tls_rpt: None,
    check: zero_window,
};

pub const SILENT_SERVER: Rule = Rule {
    id: "P10",
    title: "The server got the ClientHello and says nothing",
    advice: "Look at the server at that moment: it may wait for something (revocation lists, OCSP, \
             LDAP, a key store), or a proxy in front of it does.",
    references: &["RFC 5246 section 7.3", "RFC 8446 section 2"],
    tls_rpt: Some("validation-failure"),
    check: silent_server,
};

pub const LOST_HELLO: Rule = Rule {
    id: "P11",
    title: "The ClientHello does not get through",
    advice: "Something on the path drops it: compare with a smaller hello (without post-quantum key \
             share), look for inspection devices, and check the path MTU.",
    references: &["RFC 9293 section 3.8.1"],
    tls_rpt: Some("validation-failure"),
    check: lost_hello,
};

pub const UNFINISHED: Rule = Rule {
    id: "P13",
    title: "The end of the connection is not in the capture",
    advice: "If the capture was rotated, read the next file as well.",
    references: &["RFC 9293 section 3.6"],
    tls_rpt: None,
    check: unfinished,
};

pub const BARE_CONNECT: Rule = Rule {
    id: "P17",
    title: "A connection without a word",
    advice: "Leave it out of failure counts: health checks and port scans look like this.",
    references: &["RFC 5321 section 3.1"],
    tls_rpt: None,
    check: bare_connect,
};

pub const IMPATIENT_CLIENT: Rule = Rule {
    id: "P18",
    title: "The client left before the server had greeted",
    advice: "Find out why the server greets late (name lookups, greet pause, load), and give the \
             client the five minutes of RFC 5321.",
    references: &["RFC 5321 section 4.5.3.2.1"],
    tls_rpt: None,
    check: impatient_client,
};

/// A client that waits this long waits for the banner; in seconds.
const WAITED: f64 = 5.0;
/// Implicit TLS: there the client speaks first (RFC 8314 section 3.3).
const SUBMISSIONS: u16 = 465;

/// When what was going on at the end was over.
fn until(session: &Session) -> Timestamp {
    match session.ended.how {
        How::Fin | How::Rst => session.ended.time,
        How::Timeout | How::CaptureEnd => session.evidence.path.observed_until,
    }
}

/// Both directions, nothing missing of what the server said.
fn sees_server(session: &Session) -> bool {
    session.capture.visibility == Visibility::Both
        && session.tcp.server.missing_bytes == 0
        && !session.evidence.path.unseen[Peer::Server.index()]
}

fn no_answer(session: &Session) -> Option<Observation> {
    /// Who gets a RST may try again after half a second; who gets nothing waits for a second or
    /// more (RFC 6298 section 2.1). In seconds.
    const TIMEOUT: f64 = 0.9;
    /// An answer takes less than this, in seconds.
    const PATIENCE: f64 = 3.0;
    let path = &session.evidence.path;
    let (first, last) = (path.syns.first()?, path.syns.last()?);
    let silent = session.tcp.handshake == Handshake::SynOnly
        && session.capture.visibility == Visibility::ClientOnly
        && session.tcp.client.bytes == 0
        && session.evidence.resets.is_empty();
    if !silent {
        return None;
    }
    let frames: Vec<u64> = path.syns.iter().map(|syn| syn.frame).collect();
    let waits = |pair: &[crate::model::path::Seen]| match pair {
        [one, two] => two.time.seconds_since(one.time) >= TIMEOUT,
        _ => true,
    };
    if let Some(note) = path.icmp.iter().find(|note| note.is_unreachable()) {
        let cause = format!(
            "{} says that {} cannot be reached (ICMP type {} code {}, frame {}), in answer to the \
             SYN ({}).",
            note.sender,
            session.server,
            note.kind,
            note.code,
            note.seen.frame,
            words::frames(&frames)
        );
        return Some(Observation {
            severity: Severity::High,
            confidence: Confidence::High,
            cause,
            frames: frames.into_iter().chain([note.seen.frame]).collect(),
        });
    }
    let observed = until(session).seconds_since(first.time);
    let (sure, meaning) = match path.syns.len() {
        1 if observed < PATIENCE => return None,
        1 => (
            Confidence::Low,
            "filtered on the way, or the rest is not in the capture",
        ),
        2 => (
            Confidence::Medium,
            "filtered on the way, or the answers do not reach the client",
        ),
        _ if path.syns.windows(2).all(waits) => (
            Confidence::High,
            "a client that is answered does not repeat its SYN at such intervals, so nothing \
             reached it, whether or not the capture sees both directions; the port is filtered, or \
             the server is down",
        ),
        _ => (
            Confidence::Medium,
            "filtered, or refused in a direction that is not in the capture",
        ),
    };
    let count = match path.syns.len() {
        1 => "1 SYN".to_owned(),
        many => format!("{many} SYNs in {}", words::span(first.time, last.time)),
    };
    let cause = format!(
        "No answer from {} to {count} ({}): {meaning}.",
        session.server,
        words::frames(&frames)
    );
    Some(Observation {
        severity: match path.syns.len() {
            1 => Severity::Medium,
            _ => Severity::High,
        },
        confidence: sure,
        cause,
        frames,
    })
}

/// The longest stall of either side, and whose.
pub(super) fn stall(session: &Session) -> Option<(Peer, &Stall)> {
    let length = |stall: &Stall| stall.last.time.nanos_since(stall.from.time);
    [Peer::Client, Peer::Server]
        .into_iter()
        .filter_map(|peer| Some((peer, session.evidence.path.stalls[peer.index()].as_ref()?)))
        .max_by_key(|(_, stall)| length(stall))
}

fn zero_window(session: &Session) -> Option<Observation> {
    /// Shorter ones are normal flow control, in seconds.
    const LONG: f64 = 1.0;
    let (peer, stall) = stall(session)?;
    let end = match stall.until {
        Some(open) => open.time,
        None => until(session).max(stall.last.time),
    };
    if end.seconds_since(stall.from.time) <= LONG && stall.probes.is_empty() {
        return None;
    }
    let span = words::span(stall.from.time, end);
    let ip = match peer {
        Peer::Client => session.client.ip,
        Peer::Server => session.server.ip,
    };
    let probes = match stall.probes.as_slice() {
        [] => String::new(),
        probes => format!("; the other side probed it ({})", words::frames(probes)),
    };
    let opened = match stall.until {
        Some(open) => format!("for {span}, until frame {}", open.frame),
        None => format!("for {span} and did not open it again in the capture"),
    };
    let cause = format!(
        "The {peer} at {ip} closed its receive window (frame {}) {opened}{probes}.",
        stall.from.frame
    );
    Some(Observation {
        severity: match stall.until {
            Some(_) => Severity::Medium,
            None => Severity::High,
        },
        // A zero is a zero whatever the scale; but how small the window was before is not known.
        confidence: match session.capture.starts {
            Starts::Syn => Confidence::High,
            Starts::Midstream => Confidence::Medium,
        },
        cause,
        frames: [stall.from.frame]
            .into_iter()
            .chain(stall.until.map(|open| open.frame))
            .chain(stall.probes.iter().copied())
            .collect(),
    })
}

fn silent_server(session: &Session) -> Option<Observation> {
    let hello = session.evidence.path.hello.as_ref()?;
    let acked = hello.acked?;
    if !sees_server(session) {
        return None;
    }
    let end = hello
        .answer
        .map_or_else(|| until(session), |answer| answer.time);
    if end.seconds_since(hello.sent.time) <= WAITED {
        return None;
    }
    let span = words::span(hello.sent.time, end);
    let (severity, then) = match (hello.answer, session.ended.by) {
        (Some(answer), _) => (
            Severity::Medium,
            format!("answered only {span} later (frame {})", answer.frame),
        ),
        (None, EndedBy::Unknown) => (Severity::High, format!("sent nothing for {span}")),
        (None, by) => {
            let who = match by {
                EndedBy::Client => "the client",
                EndedBy::Server => "it",
                _ => "a device in between",
            };
            let how = words::how(session.ended.how);
            (
                Severity::High,
                format!("sent nothing for {span}, then {who} {how}"),
            )
        }
    };
    let cause = format!(
        "The server at {} acknowledged the ClientHello (frame {}, acknowledged in frame {}) and \
         {then}.",
        session.server.ip, hello.sent.frame, acked.frame
    );
    let answer = hello.answer.map(|answer| answer.frame);
    Some(Observation {
        severity,
        confidence: Confidence::Medium,
        cause,
        frames: [hello.sent.frame, acked.frame]
            .into_iter()
            .chain(answer.or(session.ended.frame))
            .collect(),
    })
}

fn lost_hello(session: &Session) -> Option<Observation> {
    let hello = session.evidence.path.hello.as_ref()?;
    let lost = hello.acked.is_none() && hello.answer.is_none() && !hello.again.is_empty();
    if !lost || !sees_server(session) || fatal_alert(session) {
        return None;
    }
    let again: Vec<u64> = hello.again.iter().map(|seen| seen.frame).collect();
    let part = hello.part_acked.map_or_else(String::new, |seen| {
        format!(
            " Only its beginning was acknowledged (frame {}).",
            seen.frame
        )
    });
    let span = hello
        .again
        .last()
        .map_or_else(String::new, |last| words::span(hello.sent.time, last.time));
    let cause = format!(
        "The client at {} sent its ClientHello (frame {}) again {} times in {span} ({}); it was \
         never acknowledged.{part}",
        session.client.ip,
        hello.sent.frame,
        again.len(),
        words::frames(&again)
    );
    let often = again.len() >= 3;
    Some(Observation {
        severity: match often {
            true => Severity::High,
            false => Severity::Medium,
        },
        confidence: match often {
            true => Confidence::Medium,
            false => Confidence::Low,
        },
        cause,
        frames: [hello.sent.frame].into_iter().chain(again).collect(),
    })
}

fn unfinished(session: &Session) -> Option<Observation> {
    let never_open = matches!(
        session.tcp.handshake,
        Handshake::SynOnly | Handshake::Refused
    );
    if session.ended.frame.is_some() || never_open {
        return None;
    }
    let silence = words::span(session.ended_at, session.evidence.path.observed_until);
    let what = match session.ended.how {
        How::Timeout => format!("nothing came for {silence}, so it was given up as half-open"),
        _ if session.evidence.path.observed_until == session.ended_at => {
            "the capture ends with its last frame".to_owned()
        }
        _ => format!("the capture ends {silence} after its last frame"),
    };
    let cause = format!(
        "Neither FIN nor RST was seen; {what}. How it ended, {}, is unknown.",
        session.ended.phase
    );
    Some(Observation {
        severity: Severity::Info,
        confidence: Confidence::High,
        cause,
        frames: vec![session.capture.last_frame],
    })
}

/// How long a client stayed that came and left without a word from either side, in seconds.
fn wordless(session: &Session) -> Option<f64> {
    let wordless = matches!(
        session.tcp.handshake,
        Handshake::Complete | Handshake::HalfOpen
    ) && session.capture.starts == Starts::Syn
        && session.tcp.client.bytes + session.tcp.server.bytes == 0
        && session.tcp.client.missing_bytes == 0
        && session.ended.by == EndedBy::Client
        && sees_server(session);
    wordless.then(|| session.ended.time.seconds_since(session.started))
}

fn bare_connect(session: &Session) -> Option<Observation> {
    if wordless(session)? >= WAITED {
        return None;
    }
    let frame = session.ended.frame?;
    let cause = format!(
        "The client at {} connected and {} after {} (frame {frame}) without waiting for a word.",
        session.client.ip,
        words::how(session.ended.how),
        words::span(session.started, session.ended.time),
    );
    Some(Observation {
        severity: Severity::Info,
        confidence: Confidence::High,
        cause,
        frames: vec![session.capture.first_frame, frame],
    })
}

fn impatient_client(session: &Session) -> Option<Observation> {
    let stayed = wordless(session)?;
    let frame = session.ended.frame?;
    if stayed < WAITED || session.server.port == SUBMISSIONS {
        return None;
    }
    let cause = format!(
        "The client at {} waited {} for the banner of {}, which did not come, and {} (frame \
         {frame}).",
        session.client.ip,
        words::span(session.started, session.ended.time),
        session.server,
        words::how(session.ended.how),
    );
    Some(Observation {
        severity: Severity::High,
        confidence: Confidence::High,
        cause,
        frames: vec![session.capture.first_frame, frame],
    })
}
