//! Greetings that come late, or never to their end.

use super::silence::{WAITED, sees_server, until};
use super::{Observation, Rule, words};
use crate::model::{Confidence, EndedBy, Session, Severity};

pub const LATE: Rule = Rule {
    id: "S19",
    title: "The server greets late",
    severity: Severity::Low,
    meaning: "The client had to wait for the greeting. Impatient clients leave; others queue up.",
    evidence: "Five seconds or more from the server's SYN+ACK to the last line of its 220; medium \
               from 30 seconds on.",
    trap: "Greet pauses against spam (postscreen) are meant to be so. A clock that jumps during \
           the recording looks the same.",
    advice: "Find out what the server waits for: name lookups of the client's address, a greet \
             pause, an inspecting proxy, load. Exempt known senders from the pause.",
    references: &["RFC 5321 section 4.5.3.2.1"],
    tls_rpt: None,
    check: late,
};

pub const UNFINISHED: Rule = Rule {
    id: "S20",
    title: "The greeting begins and is never finished",
    severity: Severity::High,
    meaning: "The server sent 220- and the last line never came. The client waits for it: a \
              postscreen that goes on testing, or a device that chokes on greetings of many lines.",
    evidence: "220- without a final 220, and five seconds or more without it.",
    trap: "The last line may be slow only: where it comes after all, it is S19.",
    advice: "Look whether the last line leaves the server. If so, a firewall in between drops it: \
             switch its mail inspection off.",
    references: &["RFC 5321 section 4.2.1", "RFC 5321 section 4.5.3.2.1"],
    tls_rpt: None,
    check: unfinished,
};

fn late(session: &Session) -> Option<Observation> {
    /// From here on clients that are less patient than RFC 5321 asks have left; in seconds.
    const LONG: f64 = 30.0;
    let smtp = session.smtp.as_ref()?;
    let banner = smtp.banner.as_ref()?;
    // The greeting after XCLIENT is another one than that whose time was taken.
    if smtp.xclient.is_some() {
        return None;
    }
    let seconds = banner.seconds.filter(|_| banner.complete)?;
    if seconds < WAITED {
        return None;
    }
    let gone = session.ended.by == EndedBy::Client
        && session.ended.frame.is_some_and(|end| end < banner.frame);
    let first = banner.first_seconds.filter(|first| seconds - first >= 1.0);
    let teaser = first.map_or_else(String::new, |first| {
        format!(
            "; its first line came after {first:.1} s (frame {})",
            banner.first_frame
        )
    });
    let then = match gone {
        true => format!(
            " The client at {} had left before (frame {}).",
            session.client.ip,
            session.ended.frame.unwrap_or_default()
        ),
        false => String::new(),
    };
    let end = session.ended.frame.filter(|_| gone);
    Some(Observation {
        severity: match (gone, seconds >= LONG) {
            (true, _) => Severity::High,
            (false, true) => Severity::Medium,
            (false, false) => Severity::Low,
        },
        confidence: Confidence::Medium,
        cause: format!(
            "The server at {} greeted after {seconds:.1} s (frame {}){teaser}.{then}",
            session.server.ip, banner.frame
        ),
        frames: [banner.first_frame, banner.frame]
            .into_iter()
            .chain(end)
            .collect(),
        explains: gone,
    })
}

fn unfinished(session: &Session) -> Option<Observation> {
    let banner = session.smtp.as_ref()?.banner.as_ref()?;
    let begun = session.evidence.time_of(banner.first_frame)?;
    let end = until(session);
    if banner.complete || !sees_server(session) || end.seconds_since(begun) < WAITED {
        return None;
    }
    let left = match session.ended.by {
        EndedBy::Client => format!(", then the client {}", words::how(session.ended.how)),
        EndedBy::Server => format!(", then it {}", words::how(session.ended.how)),
        EndedBy::ThirdParty | EndedBy::Unknown => String::new(),
    };
    Some(Observation {
        severity: Severity::High,
        confidence: Confidence::Medium,
        cause: format!(
            "The server at {} began its greeting (220-{}, frame {}) and did not finish it for \
             {}{left}.",
            session.server.ip,
            words::quoted(&banner.text),
            banner.frame,
            words::span(begun, end)
        ),
        frames: [banner.first_frame, banner.frame]
            .into_iter()
            .chain(session.ended.frame)
            .collect(),
        explains: true,
    })
}
