//! What goes wrong with the hellos of TLS 1.3: retries, large key shares, camouflage.

use super::ending::{aborted, ending, refused};
use super::seen::whole;
use super::silence::{WAITED, until};
use super::{Observation, Rule, words};
use crate::model::tls::{ClientHello, named};
use crate::model::{Confidence, EndedBy, How, Outcome, Peer, Session, Severity};

pub const AFTER_RETRY: Rule = Rule {
    id: "T18",
    title: "The handshake dies after a HelloRetryRequest",
    severity: Severity::High,
    meaning: "The server asked for another group, the client tried again, and nothing came of it: \
              a device in between does not know such a second hello, or no group suits both.",
    evidence: "HelloRetryRequest, a second ClientHello, and then the end or silence instead of a \
               ServerHello.",
    trap: "A lost packet looks like silence: where the second hello was sent again it is no more \
           than a hint.",
    advice: "Let the client send a share for the group that the server wants at once (often X25519 \
             or P-256), and look for devices that inspect TLS.",
    references: &["RFC 8446 section 4.1.4"],
    tls_rpt: Some("validation-failure"),
    check: after_retry,
};

pub const WANTS_CAMOUFLAGE: Rule = Rule {
    id: "T19",
    title: "The client misses the server's ChangeCipherSpec",
    severity: Severity::High,
    meaning: "In TLS 1.3 that record is mere camouflage for old devices, which this client \
              insists on or the server owed it.",
    evidence: "A ServerHello of TLS 1.3, no ChangeCipherSpec of the server, and the client's \
               alert 10 (unexpected_message).",
    trap: "Without a session id in its hello the client has no claim to it.",
    advice: "Update the client; a server that gets a session id in the hello is to send the \
             record.",
    references: &["RFC 8446 appendix D.4"],
    tls_rpt: Some("validation-failure"),
    check: wants_camouflage,
};

pub const LARGE_HELLO: Rule = Rule {
    id: "T20",
    title: "A large ClientHello with a post-quantum key share is not answered",
    severity: Severity::High,
    meaning: "The key share makes the hello longer than one segment, and some servers and devices \
              in between cannot cope with that.",
    evidence: "A hybrid key share, a hello above the segment size, and a reset, a close or \
               silence instead of a ServerHello.",
    trap: "A path that drops full segments does the same to any large packet (P06): look whether \
           smaller hellos of the same client get through.",
    advice: "For a try leave the hybrid group out of the client's list. If that helps, update the \
             server or the device in between.",
    references: &["RFC 8446 section 4.2.8", "https://tldr.fail"],
    tls_rpt: Some("validation-failure"),
    check: large_hello,
};

/// unexpected_message (RFC 8446 section 6.2).
const UNEXPECTED_MESSAGE: u8 = 10;

/// The server said nothing to the last hello until the client gave up, or nobody did.
fn silence(session: &Session) -> bool {
    match session.ended.by {
        EndedBy::Client => session
            .ended
            .after
            .is_some_and(|after| after.from == Peer::Client && after.seconds >= WAITED),
        EndedBy::Unknown => until(session).seconds_since(session.ended_at) >= WAITED,
        EndedBy::Server | EndedBy::ThirdParty => false,
    }
}

fn after_retry(session: &Session) -> Option<Observation> {
    let tls = session.tls.as_ref()?;
    let retry = tls.hello_retry_request.as_ref()?;
    let second = tls.second_client_hello.as_ref()?;
    let open = tls.server_hello.is_none() && session.outcome == Outcome::TlsFailed;
    if !open || second.frame < retry.frame || !whole(session) {
        return None;
    }
    let asked = session.evidence.time_of(second.frame)?;
    let ending = ending(session).filter(|it| it.from == Peer::Server && it.time >= asked);
    let (what, frame) = match ending {
        Some(ending) => (ending.words(asked), Some(ending.frame)),
        None if silence(session) => (format!("sent nothing more{}", gave_up(session)), None),
        None => return None,
    };
    let wanted = match &retry.group {
        Some(group) => format!(" for {group}"),
        None => String::new(),
    };
    let again = !session.evidence.handshake_retransmissions.is_empty();
    let cause = format!(
        "The server at {} asked{wanted} by HelloRetryRequest (frame {}), the client at {} sent a \
         second ClientHello (frame {}), and the server {what}.",
        session.server.ip, retry.frame, session.client.ip, second.frame
    );
    Some(Observation {
        severity: Severity::High,
        confidence: match again {
            true => Confidence::Low,
            false => Confidence::Medium,
        },
        cause,
        frames: [retry.frame, second.frame]
            .into_iter()
            .chain(frame)
            .collect(),
        explains: true,
    })
}

/// `; the client closed …` or nothing.
fn gave_up(session: &Session) -> String {
    match (session.ended.by, session.ended.frame) {
        (EndedBy::Client, Some(frame)) => format!(
            "; the client {} in frame {frame}",
            words::how(session.ended.how)
        ),
        _ => String::new(),
    }
}

fn wants_camouflage(session: &Session) -> Option<Observation> {
    let aborted = aborted(session, Peer::Client)?;
    let hello = aborted.hello;
    let absent = aborted.tls.change_cipher_spec.server.is_none();
    let tls13 = hello.version?.is_tls13();
    if !tls13 || !absent || aborted.ending.code() != Some(UNEXPECTED_MESSAGE) {
        return None;
    }
    let offer = aborted.tls.client_hello.as_ref()?;
    let (owed, confidence) = match offer.session_id {
        Some(_) => (
            "which the session id in the hello asks for",
            Confidence::High,
        ),
        None => ("which it need not send", Confidence::Medium),
    };
    let cause = format!(
        "The server at {} chose TLS 1.3 (frame {}) and sent no ChangeCipherSpec, {owed} (frame \
         {}); the client at {} {}.",
        session.server.ip,
        hello.frame,
        offer.frame,
        session.client.ip,
        aborted.words()
    );
    Some(Observation {
        severity: Severity::High,
        confidence,
        cause,
        frames: aborted.frames(offer),
        explains: true,
    })
}

/// Bytes of a TCP segment where the SYNs are not in the capture: Ethernet less the headers.
const SEGMENT: u16 = 1_460;

/// The hello takes more than a segment, and a post-quantum key share is why.
fn is_large(session: &Session, hello: &ClientHello) -> bool {
    let segments = session.evidence.openings.iter().flatten();
    let segment = segments.filter_map(|opening| opening.mss).min();
    let shares = hello.key_shares.iter().filter(|share| share.post_quantum);
    let bytes: u32 = shares.map(|share| u32::from(share.size)).sum();
    bytes > 0 && hello.size > u32::from(segment.unwrap_or(SEGMENT))
}

fn large_hello(session: &Session) -> Option<Observation> {
    let tls = session.tls.as_ref()?;
    let hello = tls.client_hello.as_ref().filter(|hello| !hello.partial)?;
    if !is_large(session, hello) || session.outcome != Outcome::TlsFailed {
        return None;
    }
    let (what, frame) = match refused(session) {
        Some(refused) if refused.ending.alert.is_some() => return None,
        Some(refused) => (refused.words(), Some(refused.ending.frame)),
        None => {
            let unanswered =
                tls.server_hello.is_none() && tls.hello_retry_request.is_none() && whole(session);
            let stuck = session.ended.how == How::CaptureEnd
                && !session.evidence.handshake_retransmissions.is_empty();
            (unanswered && (stuck || silence(session)))
                .then(|| (format!("said nothing to it{}", gave_up(session)), None))?
        }
    };
    let group = hello.key_shares.iter().find(|share| share.post_quantum)?;
    let cause = format!(
        "The client at {} sent a ClientHello of {} bytes with a key share of {} (frame {}: up to \
         {}), more than one segment holds; the server at {} {what}. Smaller hellos may get \
         through.",
        session.client.ip,
        hello.size,
        group.group,
        hello.frame,
        named(hello.max_version),
        session.server.ip
    );
    Some(Observation {
        severity: Severity::High,
        confidence: Confidence::Medium,
        cause,
        frames: [hello.frame].into_iter().chain(frame).collect(),
        explains: true,
    })
}
