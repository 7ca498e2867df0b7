//! One session in full.

use askama::Template;

use super::collected::is_grave;
use super::ladder::Ladder;
use super::offer::Offer;
use super::presented::{Presented, presented};
use super::timeline::class_of;
use crate::escape::shown;
use crate::model::{EndedBy, Session};
use crate::report::Cause;
use crate::report::phrases::{capture, certificates};
use crate::rules::words;

/// A session as a part of the page.
#[derive(Template)]
#[template(path = "session.html", config = "src/report/html/askama.toml")]
pub struct Told<'a> {
    became: Cause,
    number: usize,
    session: &'a Session,
    /// It is the only one: its verdict is the answer above.
    alone: bool,
    /// It stands behind a line that opens it.
    folded: bool,
    class: &'static str,
    facts: Vec<(&'static str, String)>,
    ladder: Ladder,
    offer: Option<Offer>,
    presented: Vec<Presented>,
    hidden: Option<String>,
}

impl<'a> Told<'a> {
    /// The session of this number; `alone`: there is no other.
    pub fn new(number: usize, session: &'a Session, alone: bool) -> Self {
        Self {
            became: Cause::of(session),
            number,
            session,
            alone,
            folded: !alone && !is_grave(session),
            class: class_of(Cause::of(session), is_grave(session)),
            facts: facts(session),
            ladder: Ladder::new(session),
            offer: Offer::new(session),
            presented: presented(session),
            hidden: certificates::hidden(session),
        }
    }
}

/// Where it stands, who took part, how it went.
fn facts(session: &Session) -> Vec<(&'static str, String)> {
    let capture = &session.capture;
    let smtp = session.smtp.as_ref();
    let stream = match capture.tcp_stream {
        Some(stream) => format!(", tcp.stream {stream}"),
        None => String::new(),
    };
    let caveats: String = capture::caveats(session)
        .iter()
        .map(|it| format!(", {it}"))
        .collect();
    let ehlo = smtp.and_then(|smtp| smtp.ehlo.as_ref());
    let ehlo = ehlo.map(|ehlo| format!(", calls itself {}", shown(&ehlo.name)));
    let host = smtp.and_then(|smtp| smtp.banner.as_ref()?.host.as_deref());
    let host = host.map(|host| format!(", greets as {}", shown(host)));
    let span = words::span(session.started, session.ended_at);
    let tcp = &session.tcp;
    let again = match (tcp.client.retransmissions, tcp.server.retransmissions) {
        (0, 0) => String::new(),
        (client, server) => format!("{client} by the client, {server} by the server"),
    };
    let rtt = tcp.rtt.map(|rtt| words::nanos((rtt * 1e9) as i64));
    let mut facts = vec![
        (
            "capture",
            format!(
                "{}, frames {} to {}{stream}{caveats}",
                shown(&capture.input),
                capture.first_frame,
                capture.last_frame
            ),
        ),
        (
            "client",
            format!("{}{}", session.client, ehlo.unwrap_or_default()),
        ),
        (
            "server",
            format!("{}{}", session.server, host.unwrap_or_default()),
        ),
        ("began", format!("{}, took {span}", session.started)),
        ("end", ending(session)),
        ("round trip", rtt.unwrap_or_default()),
        ("sent again", again),
    ];
    facts.extend(
        capture::copies(session)
            .into_iter()
            .map(|it| ("copies", it)),
    );
    facts.push(("lost", capture::lost_between(session).unwrap_or_default()));
    facts.push(("Community ID", session.community_id.clone()));
    facts.retain(|(_, value)| !value.is_empty());
    facts
}

fn ending(session: &Session) -> String {
    let ended = &session.ended;
    let who = match ended.by {
        EndedBy::Client => "the client",
        EndedBy::Server => "the server",
        EndedBy::ThirdParty => "a device in between",
        EndedBy::Unknown => "the connection",
    };
    let frame = match ended.frame {
        Some(frame) => format!(" in frame {frame}"),
        None => String::new(),
    };
    format!("{who} {}{frame}, {}", words::how(ended.how), ended.phase)
}
