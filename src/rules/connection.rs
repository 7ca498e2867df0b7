//! What became of the connection: endings without a ServerHello, resets, retransmissions.

use super::ending::ending;
use super::reset::after as reset_after;
use super::{Observation, Rule, words};
use crate::model::tcp::Handshake;
use crate::model::{Confidence, EndedBy, How, Outcome, Peer, Session, Severity, Visibility};

pub const NO_SERVER_HELLO: Rule = Rule {
    id: "S25",
    title: "The handshake ended without a ServerHello",
    severity: Severity::High,
    meaning: "TLS was begun and the server chose nothing: what the client offers does not suit \
              it, or somebody in between objects.",
    evidence: "A ClientHello, no ServerHello, and the end of the connection or of the capture.",
    trap: "An answer that is missing in the capture, or cut by the snap length, looks like none: \
           nothing is said then. Why a server ends the handshake is seldom on the wire.",
    advice: "Compare what the client offers with what the server is configured for; the server's \
             own log (Schannel events 36871, 36874, 36888) may name the reason.",
    references: &["RFC 5246 section 7.4.1", "RFC 8446 section 4.1"],
    tls_rpt: Some("validation-failure"),
    check: no_server_hello,
};

pub const RESET: Rule = Rule {
    id: "P21",
    title: "The connection was reset",
    severity: Severity::Info,
    meaning: "A side threw the connection away instead of closing it: a habit after QUIT, a cut \
              in the middle of something else.",
    evidence: "A segment with the RST flag.",
    trap: "After FIN, QUIT or an alert a reset is noise. Where nothing had announced the end the \
           severity is high; the cause is mostly something earlier.",
    advice: "Look at what came before: a reset is mostly a consequence.",
    references: &["RFC 9293 section 3.5.2"],
    tls_rpt: None,
    check: reset,
};

pub const RETRANSMISSIONS: Rule = Rule {
    id: "P22",
    title: "Segments were retransmitted",
    severity: Severity::Info,
    meaning: "Packets were lost, or their acknowledgments came late, and were sent again.",
    evidence: "The same bytes again in another packet, when copies of packets are set aside.",
    trap: "A router or mirror port shows a packet twice that was sent once; what Wireshark calls \
           a retransmission may be such a copy.",
    advice: "A few are normal. Many, or always the same large one, point at the path (loss, MTU).",
    references: &["RFC 9293 section 3.8.1"],
    tls_rpt: None,
    check: retransmissions,
};

fn no_server_hello(session: &Session) -> Option<Observation> {
    let tls = session.tls.as_ref()?;
    let hello = tls.client_hello.as_ref()?;
    // A direction that is missing, or has holes, may have held one.
    let never_came = session.evidence.path.holes[Peer::Server.index()].is_some();
    let whole = session.capture.visibility == Visibility::Both
        && !session.capture.snaplen_cut
        && session.tcp.server.missing_bytes == 0
        && (session.evidence.undelivered[Peer::Server.index()] == 0 || never_came);
    if tls.server_hello.is_some() || session.outcome != Outcome::TlsFailed || !whole {
        return None;
    }
    let (ended, frame) = ended_words(session);
    let sent = match never_came {
        true => "arrived",
        false => "was sent",
    };
    let cause = format!(
        "{ended} the ClientHello (frame {}); no ServerHello {sent}.",
        hello.frame
    );
    Some(Observation {
        explains: false,
        severity: Severity::High,
        confidence: Confidence::Medium,
        cause,
        frames: [hello.frame].into_iter().chain(frame).collect(),
    })
}

/// `The server at B answered with fatal alert … (frame 9), 3 ms after`, and the frame.
pub fn ended_words(session: &Session) -> (String, Option<u64>) {
    let hello_at = session.evidence.client_hello_at.unwrap_or(session.started);
    let alerts = session.tls.iter().flat_map(|tls| &tls.alerts);
    let mut fatal = alerts.filter(|alert| alert.level.as_deref() == Some("fatal"));
    // An alert behind a FIN of the other side is a consequence.
    let had_left = ending(session).is_some_and(|ending| ending.alert.is_none());
    if let Some(alert) = fatal.next().filter(|_| !had_left) {
        let (peer, ip) = match alert.from {
            Peer::Client => ("client", session.client.ip),
            Peer::Server => ("server", session.server.ip),
        };
        let text = format!(
            "The {peer} at {ip} sent {} (frame {}) after",
            words::alert(alert),
            alert.frame
        );
        return (text, Some(alert.frame));
    }
    let when = match session.ended.time < hello_at {
        true => "before".to_owned(),
        false => format!("{} after", words::span(hello_at, session.ended.time)),
    };
    let who = match session.ended.by {
        EndedBy::Client => format!("The client at {}", session.client.ip),
        EndedBy::Server => format!("The server at {}", session.server.ip),
        EndedBy::ThirdParty => "A device in between".to_owned(),
        EndedBy::Unknown => {
            let silence = words::span(hello_at, session.ended_at);
            let what = match session.ended.how {
                How::CaptureEnd => "until the capture ended",
                _ => "until the connection was given up",
            };
            return (
                format!(
                    "The server at {} sent nothing for {silence}, {what}, after",
                    session.server.ip
                ),
                None,
            );
        }
    };
    let frame = session.ended.frame;
    let cited = frame.map_or_else(String::new, |frame| format!(" in frame {frame}"));
    (
        format!("{who} {}{cited}, {when}", words::how(session.ended.how)),
        frame,
    )
}

fn reset(session: &Session) -> Option<Observation> {
    let resets = &session.evidence.resets;
    let first = resets
        .iter()
        .find(|reset| !reset.noise)
        .or(resets.first())?;
    let all: Vec<u64> = resets.iter().map(|reset| reset.frame).collect();
    let own = resets.iter().filter(|reset| reset.from == first.from);
    let own: Vec<u64> = own.map(|reset| reset.frame).collect();
    let both_seen = session.capture.visibility == Visibility::Both;
    // The refusal of a connection has a row of its own.
    let refused = session.tcp.handshake == Handshake::Refused;
    let foreign =
        session.ended.by == EndedBy::ThirdParty && Some(first.frame) == session.ended.frame;
    let who = match foreign {
        true => format!("Somebody in the {}'s name", first.from),
        false => format!("The {}", first.from),
    };
    let told = (!first.noise && !refused).then_some(first);
    let later = told.map_or_else(String::new, reset_after);
    let data = told.and_then(|reset| reset.after);
    let what = match (first.noise, both_seen) {
        (true, _) => "The connection was over already, by FIN, QUIT or an alert: normal noise.",
        (false, true) => "Nothing had announced the end.",
        (false, false) => "Whether the other side had closed before is not in the capture.",
    };
    let cause = format!(
        "{who} reset the connection ({}) {}{later}. {what}",
        words::frames(&own),
        session.ended.phase
    );
    Some(Observation {
        explains: false,
        severity: match first.noise || refused || !both_seen {
            true => Severity::Info,
            false => Severity::High,
        },
        confidence: match first.noise || both_seen {
            true => Confidence::High,
            false => Confidence::Low,
        },
        cause,
        frames: all
            .into_iter()
            .chain(data.map(|(_, seen)| seen.frame))
            .collect(),
    })
}

fn retransmissions(session: &Session) -> Option<Observation> {
    let evidence = &session.evidence;
    if evidence.retransmissions.is_empty() {
        return None;
    }
    let [client, server] =
        [&session.tcp.client, &session.tcp.server].map(|side| side.retransmissions);
    let who = match (client, server) {
        (_, 0) => format!("{client} from the client"),
        (0, _) => format!("{server} from the server"),
        _ => format!("{client} from the client and {server} from the server"),
    };
    let hit = &evidence.handshake_retransmissions;
    let handshake = match hit.len() {
        0 => String::new(),
        1 if evidence.retransmissions.len() == 1 => ", which carried the TLS handshake".to_owned(),
        all if all == evidence.retransmissions.len() => {
            ", all of which carried the TLS handshake".to_owned()
        }
        _ => format!("; {} carried the TLS handshake", words::frames(hit)),
    };
    let cause = format!(
        "{who} ({}){handshake}.",
        words::frames(&evidence.retransmissions)
    );
    Some(Observation {
        explains: false,
        severity: match hit.is_empty() {
            true => Severity::Info,
            false => Severity::Medium,
        },
        confidence: Confidence::High,
        cause,
        frames: evidence.retransmissions.clone(),
    })
}
