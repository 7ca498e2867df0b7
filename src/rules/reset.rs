//! Resets by the server, by somebody in between, and the refusal of a connection.

use super::{Observation, Rule, words};
use crate::model::path::{IpIdSign, Signs, TtlSign, hops};
use crate::model::tcp::Handshake;
use crate::model::{
    Confidence, EndedBy, Outcome, Peer, Phase, Reset, Session, Severity, Visibility,
};

pub const REFUSED: Rule = Rule {
    id: "P02",
    title: "The connection was refused",
    severity: Severity::High,
    meaning: "The host is there and nobody takes the connection: the mail service is down or \
              listens elsewhere, or a filter rejects it.",
    evidence: "A reset in answer to the SYN.",
    trap: "A packet filter can send this reset in the host's name; there is no other packet of \
           the host to compare it with.",
    advice: "Check that the mail service runs and listens on this address and port, and that no \
             packet filter rejects the client.",
    references: &["RFC 9293 section 3.10.7.1"],
    tls_rpt: None,
    check: refused,
};

pub const AFTER_HELLO: Rule = Rule {
    id: "P03",
    title: "The server answered the ClientHello with a reset",
    severity: Severity::High,
    meaning: "The server's host threw the connection away when it saw the offer: a policy, a \
              limit, a service that crashed.",
    evidence: "A reset right after the ClientHello, with the hop limit of the server's other \
               packets.",
    trap: "A load balancer that speaks for the server has the same hop limit in all its packets. \
           A reset with another one is P04.",
    advice: "Look at the server: its TLS policy or the mail service itself gave the connection up; \
             its log may say why.",
    references: &["RFC 9293 section 3.5.2"],
    tls_rpt: Some("validation-failure"),
    check: after_hello,
};

pub const INJECTED: Rule = Rule {
    id: "P04",
    title: "The reset did not come from the peer",
    severity: Severity::High,
    meaning: "A firewall, an intrusion prevention system or a load balancer ended the connection \
              in the name of a peer.",
    evidence: "A reset whose hop limit, IP identification or window is not that of the peer, that \
               comes sooner than the peer could answer, or after which the peer goes on as before.",
    trap: "Routes of unequal length change the hop limit by one or two, and a reset about a stray \
           packet is not meant for this connection. One sign is a hint; two make it sure.",
    advice: "Ask whoever runs the firewall, intrusion prevention or load balancer at that distance \
             why it cuts this connection; capture on both sides of it to prove it.",
    references: &["RFC 9293 section 3.10.7", "RFC 3360"],
    tls_rpt: None,
    check: injected,
};

pub const BOTH_WAYS: Rule = Rule {
    id: "P05",
    title: "Both peers were reset at the same instant",
    severity: Severity::High,
    meaning: "One device in between ended the connection towards both ends.",
    evidence: "Resets in the name of either peer, closer together than any answer.",
    trap: "After both have closed, resets of both are noise; a reset a round trip after the other \
           answers something else.",
    advice: "Ask whoever runs the firewall or intrusion prevention between the peers why it cuts \
             this connection.",
    references: &["RFC 9293 section 3.10.7", "RFC 3360"],
    tls_rpt: None,
    check: both_ways,
};

pub const AFTER_IDLE: Rule = Rule {
    id: "P12",
    title: "A device in between had forgotten the idle connection",
    severity: Severity::High,
    meaning: "A firewall or NAT device had dropped its state of the connection during a pause, \
              and the next packet met a device that knew nothing of it.",
    evidence: "A long pause, and on the next packets a reset that is not the peer's.",
    trap: "A server that ends idle connections itself resets with its own hop limit: then the \
           timeout is the server's. After pauses of less than a minute it is less sure.",
    advice: "Raise the idle timeout of the firewall for this port, or let the peers send TCP \
             keep-alives more often than it.",
    references: &["RFC 5382 section 5", "RFC 9293 section 3.8.4"],
    tls_rpt: None,
    check: after_idle,
};

/// The reset that ended the session.
pub(super) fn ending_reset(session: &Session) -> Option<&Reset> {
    let mut resets = session.evidence.resets.iter();
    resets.find(|reset| Some(reset.frame) == session.ended.frame && !reset.noise)
}

fn refused(session: &Session) -> Option<Observation> {
    let reset = session.evidence.resets.first()?;
    if session.tcp.handshake != Handshake::Refused {
        return None;
    }
    let syns = &session.evidence.path.syns;
    let frames: Vec<u64> = syns.iter().map(|syn| syn.frame).collect();
    let after = syns.last().map_or_else(String::new, |syn| {
        format!(", {} after the SYN", words::span(syn.time, reset.time))
    });
    let cause = format!(
        "{} refused the connection on port {}: RST in frame {}{after}, {}. Nobody listens there, or a packet filter rejects the client; there is no other packet of \
         the server to compare the reset with.",
        session.server.ip,
        session.server.port,
        reset.frame,
        from_afar(reset.ttl)
    );
    Some(Observation {
        explains: false,
        severity: Severity::High,
        // One without an acknowledgment answers something else that is not in the capture.
        confidence: match reset.acknowledges {
            true => Confidence::High,
            false => Confidence::Medium,
        },
        cause,
        frames: frames.into_iter().chain([reset.frame]).collect(),
    })
}

fn after_hello(session: &Session) -> Option<Observation> {
    let hello = session.tls.as_ref()?.client_hello.as_ref()?;
    let reset = ending_reset(session)?;
    let fits = session.ended.by == EndedBy::Server
        && session.ended.phase == Phase::ClientHello
        && session.outcome == Outcome::TlsFailed
        && session.capture.visibility == Visibility::Both
        && reset.foreign.is_none();
    // Without the peer's usual hop limit a device in its place cannot be told from it.
    let usual = reset.usual_ttl.filter(|_| fits)?;
    if fatal_alert(session) {
        return None;
    }
    let sent = session.evidence.client_hello_at?;
    let cause = format!(
        "The server at {} reset the connection in frame {}, {} after the ClientHello (frame {}). \
         Nothing about the reset looks foreign: its TTL is {}, that of the server's other packets \
         {usual}.",
        session.server.ip,
        reset.frame,
        words::span(sent, reset.time),
        hello.frame,
        reset.ttl
    );
    Some(Observation {
        explains: false,
        severity: Severity::High,
        confidence: Confidence::Medium,
        cause,
        frames: vec![hello.frame, reset.frame],
    })
}

fn injected(session: &Session) -> Option<Observation> {
    let reset = ending_reset(session)?;
    let sure = confidence(session, reset)?;
    let alone = Signs {
        both_ways: None,
        ..reset.signs
    };
    if alone == Signs::default() {
        return None;
    }
    let (signs, mut frames) = signs(reset);
    frames.extend(reset.after.map(|(_, seen)| seen.frame));
    let cause = format!(
        "The reset in frame {} carries the {}'s address and {} sent by a device in between: {}. It \
         came {}{}.",
        reset.frame,
        reset.from,
        was(sure),
        signs.join("; "),
        session.ended.phase,
        after(reset)
    );
    Some(Observation {
        explains: false,
        severity: match sure {
            Confidence::Low => Severity::Low,
            _ => Severity::High,
        },
        confidence: sure,
        cause,
        frames,
    })
}

fn both_ways(session: &Session) -> Option<Observation> {
    let reset = ending_reset(session)?;
    let sure = confidence(session, reset)?;
    let other = reset.signs.both_ways?;
    let cause = format!(
        "Resets in the name of both peers within {} (frames {} and {}): nobody answers a reset \
         with a reset, so a device in between ended the connection {}{}.",
        words::span(reset.time, other.time),
        reset.frame,
        other.frame,
        session.ended.phase,
        after(reset)
    );
    Some(Observation {
        explains: false,
        severity: Severity::High,
        confidence: sure,
        cause,
        frames: [reset.frame, other.frame]
            .into_iter()
            .chain(reset.after.map(|(_, seen)| seen.frame))
            .collect(),
    })
}

fn after_idle(session: &Session) -> Option<Observation> {
    /// Shorter than any firewall forgets a connection by default.
    const LONG: f64 = 60.0;
    let reset = ending_reset(session)?;
    let sure = confidence(session, reset).filter(|&sure| sure != Confidence::Low)?;
    let (before, resumed) = reset.idle?;
    let (signs, mut frames) = signs(reset);
    let long = resumed.time.seconds_since(before.time) >= LONG;
    let cause = format!(
        "After {} without a packet (from frame {} to frame {}) a reset came in the {}'s name (frame \
         {}) that {} sent by a device in between: {}.",
        words::span(before.time, resumed.time),
        before.frame,
        resumed.frame,
        reset.from,
        reset.frame,
        was(sure),
        signs.join("; ")
    );
    frames.extend([before.frame, resumed.frame]);
    Some(Observation {
        explains: false,
        severity: Severity::High,
        confidence: match long {
            true => sure,
            false => sure.max(Confidence::Medium),
        },
        cause,
        frames,
    })
}

fn was(sure: Confidence) -> &'static str {
    match sure {
        Confidence::High => "was",
        Confidence::Medium => "was probably",
        Confidence::Low => "was possibly",
    }
}

/// How sure somebody else sent it; less where only one direction can be seen.
fn confidence(session: &Session, reset: &Reset) -> Option<Confidence> {
    let sure = reset.foreign?;
    Some(match session.capture.visibility {
        Visibility::Both => sure,
        _ => sure.max(Confidence::Medium),
    })
}

pub(super) fn fatal_alert(session: &Session) -> bool {
    let alerts = session.tls.iter().flat_map(|tls| &tls.alerts);
    let mut levels = alerts.filter_map(|alert| alert.level.as_deref());
    levels.any(|level| level == "fatal")
}

/// `, 26 µs after data of the client (frame 11)`.
pub(super) fn after(reset: &Reset) -> String {
    reset.after.map_or_else(String::new, |(from, seen)| {
        format!(
            ", {} after data of the {from} (frame {})",
            words::span(seen.time, reset.time),
            seen.frame
        )
    })
}

/// Each sign in words, and the frames that show them.
fn signs(reset: &Reset) -> (Vec<String>, Vec<u64>) {
    let from = reset.from;
    let mut frames = vec![reset.frame];
    let mut words = Vec::new();
    let signs = &reset.signs;
    words.extend(signs.ttl.map(|sign| ttl(sign, from)));
    words.extend(signs.ip_id.map(|sign| match sign {
        IpIdSign::Copied(id) => format!(
            "its IP identification 0x{id:04x} is copied from the {}'s packet before it",
            from.other()
        ),
        IpIdSign::OutOfSequence { reset, last } => format!(
            "its IP identification 0x{reset:04x} does not continue the {from}'s count (last \
             0x{last:04x})"
        ),
        IpIdSign::Zero => {
            format!("its IP identification is 0, while the {from} numbers even its SYN+ACK")
        }
    }));
    words.extend(
        signs
            .window
            .map(|window| format!("its window field {window} is none the {from} uses")),
    );
    words.extend(signs.too_early.map(|(reaction, shortest)| {
        format!(
            "it acknowledges data that had passed here {} before, though an answer of the {from} \
             takes at least {}",
            words::nanos(reaction),
            words::nanos(shortest)
        )
    }));
    if let Some(seen) = signs.went_on {
        frames.push(seen.frame);
        words.push(format!(
            "the {from} went on {} later as if nothing had happened (frame {})",
            words::span(reset.time, seen.time),
            seen.frame
        ));
    }
    if let Some(seen) = signs.both_ways {
        frames.push(seen.frame);
        words.push(format!(
            "the other side was reset at the same instant (frame {})",
            seen.frame
        ));
    }
    (words, frames)
}

/// `from about 3 hops away`.
fn from_afar(ttl: u8) -> String {
    match hops(ttl) {
        0 => "from the capture point or next to it".to_owned(),
        1 => "from about 1 hop away".to_owned(),
        hops => format!("from about {hops} hops away"),
    }
}

fn ttl(sign: TtlSign, from: Peer) -> String {
    let TtlSign { reset, usual } = sign;
    match sign.other_distance() {
        true => format!(
            "its TTL is {reset} where the {from}'s packets have {usual} (it comes {}, they {})",
            from_afar(reset),
            from_afar(usual)
        ),
        false => format!(
            "its TTL is {reset} where the {from}'s packets have {usual} (about the same distance, \
             another initial value)"
        ),
    }
}
