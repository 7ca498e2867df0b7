//! Somebody waits and nothing comes: unanswered SYNs, closed windows, connections without a word or
//! without an end.

use super::{Observation, Rule, words};
use crate::model::path::Stall;
use crate::model::tcp::Handshake;
use crate::model::{Confidence, EndedBy, How, Peer, Session, Severity, Starts, Visibility};
use crate::time::Timestamp;

pub const NO_ANSWER: Rule = Rule {
    id: "P01",
    title: "The server does not answer the SYN",
    severity: Severity::High,
    meaning: "Nothing comes back from the server's address: a packet filter or a provider blocks \
              the port, or the host is down.",
    evidence: "SYNs at growing intervals and no packet of the server, or an ICMP error that calls \
               it unreachable.",
    trap: "In a capture of one direction the answers may exist: SYNs repeated within a second \
           point at a refusal, and a client that goes on was answered.",
    advice: "Look for a packet filter or a provider that blocks this port on the way out, and check \
             that the server is up.",
    references: &["RFC 9293 section 3.10.1", "RFC 6298 section 5.7"],
    tls_rpt: None,
    check: no_answer,
};

pub const ZERO_WINDOW: Rule = Rule {
    id: "P09",
    title: "A receiver takes no more data (zero window)",
    severity: Severity::Medium,
    meaning: "A program does not read what arrives, because of a virus scanner, a full disk or a \
              lack of threads, and the other side has to wait.",
    evidence: "A receive window of zero for more than a second, or probes of it.",
    trap: "Shorter ones are flow control, and the window field of a reset means nothing. Without \
           the SYN the scale is unknown, so that only zero is sure.",
    advice: "Look at that host: its mail program does not read (virus scanner, disk, lack of \
             threads or memory). The network is not at fault.",
    references: &["RFC 9293 section 3.8.6.1"],
    tls_rpt: None,
    check: zero_window,
};

pub const UNFINISHED: Rule = Rule {
    id: "P13",
    title: "The end of the connection is not in the capture",
    severity: Severity::Info,
    meaning: "How the connection ended is not known: the recording stopped first, or one side \
              vanished.",
    evidence: "Neither FIN nor RST of either side.",
    trap: "This is no failure. Of a rotated capture the end is in the next file.",
    advice: "If the capture was rotated, read the next file as well.",
    references: &["RFC 9293 section 3.6"],
    tls_rpt: None,
    check: unfinished,
};

pub const BARE_CONNECT: Rule = Rule {
    id: "P17",
    title: "A connection without a word",
    severity: Severity::Info,
    meaning: "A health check or a port scan: nobody wanted to send mail.",
    evidence: "A connection without a byte of data that the client ends within five seconds.",
    trap: "A client that waited longer gave up on the banner (P18); where the server leaves first \
           it is neither.",
    advice: "Leave it out of failure counts: health checks and port scans look like this.",
    references: &["RFC 5321 section 3.1"],
    tls_rpt: None,
    check: bare_connect,
};

pub const IMPATIENT_CLIENT: Rule = Rule {
    id: "P18",
    title: "The client left before the server had greeted",
    severity: Severity::High,
    meaning: "The client had waited for the greeting and gave up.",
    evidence: "A connection without a byte of data that the client ends after five seconds or \
               more.",
    trap: "With implicit TLS the client speaks first and waits for nothing; a banner that was \
           acknowledged came, though not into the capture.",
    advice: "Find out why the server greets late (name lookups, greet pause, load), and give the \
             client the five minutes of RFC 5321.",
    references: &["RFC 5321 section 4.5.3.2.1"],
    tls_rpt: None,
    check: impatient_client,
};

/// Who waits this long waits for an answer; in seconds.
pub(super) const WAITED: f64 = 5.0;

/// When what was going on at the end was over.
pub(super) fn until(session: &Session) -> Timestamp {
    match session.ended.how {
        How::Fin | How::Rst => session.ended.time,
        How::Timeout | How::CaptureEnd => session.evidence.path.observed_until,
    }
}

/// Both directions, nothing missing of what the server said.
pub(super) fn sees_server(session: &Session) -> bool {
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
            explains: false,
            severity: Severity::High,
            confidence: Confidence::High,
            cause,
            frames: frames.into_iter().chain([note.seen.frame]).collect(),
        });
    }
    let observed = until(session).seconds_since(first.time);
    // The last one before the capture ends may be answered.
    let long = last.time.seconds_since(first.time) >= WAITED;
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
        _ if long && path.syns.windows(2).all(waits) => (
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
        explains: false,
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
        explains: false,
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

fn unfinished(session: &Session) -> Option<Observation> {
    let never_open = matches!(
        session.tcp.handshake,
        Handshake::SynOnly | Handshake::Refused
    );
    if session.ended.frame.is_some() || never_open || session.evidence.taken_over {
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
        explains: false,
        severity: Severity::Info,
        confidence: Confidence::High,
        cause,
        frames: session
            .evidence
            .path
            .last
            .map(|seen| seen.frame)
            .into_iter()
            .collect(),
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
    /// Who stays for longer may have waited for the greeting, if not for long; in seconds.
    const AT_ONCE: f64 = 1.0;
    let stayed = wordless(session).filter(|stayed| *stayed < WAITED)?;
    let frame = session.ended.frame?;
    let cause = format!(
        "The client at {} connected and {} after {} (frame {frame}) without waiting for a word.",
        session.client.ip,
        words::how(session.ended.how),
        words::span(session.started, session.ended.time),
    );
    Some(Observation {
        explains: false,
        severity: Severity::Info,
        confidence: match stayed < AT_ONCE {
            true => Confidence::High,
            false => Confidence::Medium,
        },
        cause,
        frames: vec![session.capture.first_frame, frame],
    })
}

fn impatient_client(session: &Session) -> Option<Observation> {
    let stayed = wordless(session)?;
    let frame = session.ended.frame?;
    if stayed < WAITED || session.evidence.implicit_tls {
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
        explains: false,
        severity: Severity::High,
        confidence: Confidence::High,
        cause,
        frames: vec![session.capture.first_frame, frame],
    })
}
