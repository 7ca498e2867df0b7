//! What shows of a session when its contents do not: silence, lone alerts, another handshake.

use super::ending::ending;
use super::seen::whole;
use super::silence::WAITED;
use super::{Observation, Rule, words};
use crate::model::{Confidence, Outcome, Peer, Session, Severity};
use crate::time::Timestamp;

pub const HANG: Rule = Rule {
    id: "T29",
    title: "The handshake succeeds and the server says nothing more",
    severity: Severity::High,
    meaning: "TLS is established, the client speaks, and the server never answers: the mail waits \
              until the client gives up. Windows 2003 does that with AES and 3DES.",
    evidence: "Both sides encrypted, at least one record of the client, none of the server, and \
               silence for five seconds or more until the client leaves.",
    trap: "A server may delay on purpose (tarpit), or its window is closed (P09). Where the \
           capture ends first nothing is known, and in TLS 1.3 tickets hide it.",
    advice: "Look at the server at that moment (filters, scanners). Do not use TLS with Windows \
             2003: retire it, or leave STARTTLS out towards it.",
    references: &["RFC 5246 section 7.3", "KB 2984448"],
    tls_rpt: Some("validation-failure"),
    check: hang,
};

pub const HIDDEN_ALERT: Rule = Rule {
    id: "T30",
    title: "The client leaves by an encrypted alert",
    severity: Severity::High,
    meaning: "Instead of the end of its handshake the client sends a fatal alert that cannot be \
              read. Most likely it rejects the server's certificate.",
    evidence: "TLS 1.3: a record with the length of an alert (19 bytes, with the padding of Java \
               35) where the client's Finished belongs, and then the end.",
    trap: "A goodbye (close_notify) has the same length, but comes after data.",
    advice: "The certificate is encrypted, too: fetch it with another client (openssl s_client \
             -starttls smtp) and check names, dates and chain; look at the client's log.",
    references: &["RFC 8446 section 6", "RFC 8446 section 4.4"],
    tls_rpt: Some("validation-failure"),
    check: hidden_alert,
};

pub const NOT_TLS: Rule = Rule {
    id: "T34",
    title: "Neither TLS nor text where TLS was expected",
    severity: Severity::Low,
    meaning: "Bytes came that are no record of TLS and no line of SMTP: damaged, or packets of \
              the capture are missing.",
    evidence: "After TLS was granted, bytes that begin with no content type of TLS.",
    trap: "A hole in the recording looks the same (K07).",
    advice: "Check whether the capture dropped packets, and look at the frame.",
    references: &["RFC 8446 section 5.1"],
    tls_rpt: None,
    check: not_tls,
};

pub const RENEGOTIATION: Rule = Rule {
    id: "T35",
    title: "The handshake is repeated inside the session",
    severity: Severity::Low,
    meaning: "One side asked for a renegotiation. It costs the server work, has been a hole more \
              than once, and is gone in TLS 1.3.",
    evidence: "Encrypted handshake records after application data.",
    trap: "Only the types of the records can be read: who agreed to it, and to what, cannot.",
    advice: "Switch renegotiation by clients off at the server; no mail program needs it.",
    references: &["RFC 9325 section 3.5", "RFC 5746"],
    tls_rpt: None,
    check: renegotiation,
};

fn hang(session: &Session) -> Option<Observation> {
    let tls = session.tls.as_ref()?;
    let hello = tls.server_hello.as_ref()?;
    let done = session.evidence.established_at?;
    let [client, server] = session.evidence.data_records;
    let mute = client > 0 && server == 0 && !hello.version?.is_tls13();
    // Bytes that never arrived are a matter of the path.
    let arrived = session.evidence.undelivered == [0; 2] && whole(session);
    let end = ending(session).filter(|it| it.from == Peer::Client && it.alert.is_none())?;
    let (gap, spoke) = longest_silence(session, done)?;
    if !mute || !arrived || gap < WAITED {
        return None;
    }
    let banner = session.smtp.as_ref().and_then(|smtp| smtp.banner.as_ref());
    let windows = match banner {
        Some(banner) if banner.text.contains("6.0.3790") => {
            " By its banner it is a Windows 2003, which is known for that."
        }
        _ => "",
    };
    let suite = hello
        .cipher_suite
        .map_or_else(String::new, |suite| format!(" with {suite}"));
    let cause = format!(
        "The handshake was completed{suite} (frame {}), the client at {} sent data (last in frame \
         {spoke}), and the server at {} answered nothing for {gap:.1} s; the client {} in frame {}.{windows}",
        tls.established?.frame,
        session.client.ip,
        session.server.ip,
        words::how(session.ended.how),
        end.frame
    );
    let established = tls.established.map(|at| at.frame);
    Some(Observation {
        severity: Severity::High,
        confidence: Confidence::Medium,
        cause,
        frames: established.into_iter().chain([spoke, end.frame]).collect(),
        explains: true,
    })
}

/// The longest time without data or end after this moment, in seconds, and the frame before it.
fn longest_silence(session: &Session, done: Timestamp) -> Option<(f64, u64)> {
    let frames = session.evidence.times.iter();
    let later: Vec<_> = frames.filter(|seen| seen.time >= done).collect();
    let pairs = later.iter().zip(later.iter().skip(1));
    pairs
        .map(|(one, next)| (next.time.seconds_since(one.time), one.frame))
        .max_by(|one, other| one.0.total_cmp(&other.0))
}

fn hidden_alert(session: &Session) -> Option<Observation> {
    let tls = session.tls.as_ref()?;
    let mut alerts = tls.alerts.iter();
    let alert = alerts.find(|alert| {
        alert.encrypted
            && alert.from == Peer::Client
            && alert.confidence == Some(Confidence::Medium)
    })?;
    let hello = tls.server_hello.as_ref()?;
    if session.outcome != Outcome::TlsFailed || !whole(session) {
        return None;
    }
    let ending = ending(session);
    let then = ending.map_or_else(String::new, |ending| {
        let since = session.evidence.time_of(alert.frame);
        let words = since.map(|since| ending.words(since));
        words.map_or_else(String::new, |words| {
            format!("; the {} {words}", ending.from)
        })
    });
    let cause = format!(
        "In place of its Finished the client at {} sent one record with the length of an alert \
         (frame {}){then}: most likely it rejects the certificate of the server at {}, which TLS \
         1.3 hides (ServerHello in frame {}).",
        session.client.ip, alert.frame, session.server.ip, hello.frame
    );
    Some(Observation {
        severity: Severity::High,
        confidence: Confidence::Medium,
        cause,
        frames: [hello.frame, alert.frame]
            .into_iter()
            .chain(ending.map(|ending| ending.frame))
            .collect(),
        explains: true,
    })
}

fn not_tls(session: &Session) -> Option<Observation> {
    let places = &session.tls.as_ref()?.not_tls;
    let first = places.first()?;
    let frames: Vec<u64> = places.iter().map(|place| place.frame).collect();
    let cause = format!(
        "The {} sent bytes that are neither TLS nor text where TLS was expected ({}).",
        first.from,
        words::frames(&frames)
    );
    Some(Observation {
        severity: Severity::Low,
        confidence: Confidence::Low,
        cause,
        frames,
        explains: false,
    })
}

fn renegotiation(session: &Session) -> Option<Observation> {
    let again = session.tls.as_ref()?.renegotiation?;
    let cause = format!(
        "After application data the {} sent an encrypted handshake message (frame {}): a \
         renegotiation was asked for or begun.",
        again.from, again.frame
    );
    Some(Observation {
        severity: Severity::Low,
        confidence: Confidence::Medium,
        cause,
        frames: vec![again.frame],
        explains: false,
    })
}
