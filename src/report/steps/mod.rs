//! The course of a session as rows: frame, who, what.

mod smtp;
mod tls;

use crate::model::{Confidence, EndedBy, How, Peer, Session};
use crate::rules::words;

/// One row.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// The frame that proves it.
    pub frame: u64,
    /// Who acted; `None` = a device in between, or not known.
    pub who: Option<Peer>,
    /// What kind of event it is.
    pub kind: Kind,
    /// What happened, safe to print.
    pub what: String,
    /// Seconds since the session began; `None` where the time of the frame is not kept.
    pub seconds: Option<f64>,
}

/// What a diagram draws differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Something was said, in clear or as TLS.
    Said,
    /// A TLS alert.
    Alert,
    /// Both sides are encrypted.
    Established,
    /// A line of this peer, overwritten by a device in between.
    Overwritten(Peer),
    /// An orderly close.
    Fin,
    /// A reset.
    Rst,
    /// A reset that a device in between sent under this peer's address.
    ForeignRst(Peer),
    /// Nothing more: silence, or the capture's end.
    Silence,
}

/// Rows of a session in frame order.
pub fn steps(session: &Session) -> Vec<Step> {
    let mut steps = Vec::new();
    if let Some(smtp) = &session.smtp {
        smtp::dialogue(smtp, &mut steps);
    }
    if let Some(tls) = &session.tls {
        tls::handshake(tls, &mut steps);
    }
    ending(session, &mut steps);
    cited(session, &mut steps);
    steps.sort_by_key(|step| step.frame);
    for step in &mut steps {
        let time = session.evidence.time_of(step.frame);
        step.seconds = time.map(|time| time.seconds_since(session.started));
    }
    steps
}

fn add(steps: &mut Vec<Step>, frame: u64, who: impl Into<Option<Peer>>, what: String) {
    add_kind(steps, frame, who, Kind::Said, what);
}

fn add_kind(
    steps: &mut Vec<Step>,
    frame: u64,
    who: impl Into<Option<Peer>>,
    kind: Kind,
    what: String,
) {
    let who = who.into();
    steps.push(Step {
        frame,
        who,
        kind,
        what,
        seconds: None,
    });
}

/// Frames that the verdict rests on and that say nothing by themselves.
fn cited(session: &Session, steps: &mut Vec<Step>) {
    let has_row = |frame: u64| steps.iter().any(|step| step.frame == frame);
    let mut bare = session.verdict.frames.clone();
    bare.retain(|&frame| !has_row(frame));
    let evidence = &session.evidence;
    let before_end = session.ended.after;
    for frame in bare {
        let is_syn = evidence.path.syns.iter().any(|syn| syn.frame == frame);
        let again = evidence.retransmissions.contains(&frame);
        let by_client = evidence.client_retransmissions.contains(&frame);
        let data = evidence.times.iter().any(|seen| seen.frame == frame);
        let (who, what) = match (is_syn, again, data) {
            (true, true, _) => (Some(Peer::Client), "SYN again"),
            (true, false, _) => (Some(Peer::Client), "SYN"),
            (_, true, _) if by_client => (Some(Peer::Client), "sent again"),
            (_, true, _) => (Some(Peer::Server), "sent again"),
            (_, _, true) => {
                let after = before_end.filter(|after| after.frame == frame);
                (after.map(|after| after.from), "data")
            }
            _ => (None, "a segment without data"),
        };
        add(steps, frame, who, what.to_owned());
    }
}

fn ending(session: &Session, steps: &mut Vec<Step>) {
    let who = match session.ended.by {
        EndedBy::Client => Some(Peer::Client),
        EndedBy::Server => Some(Peer::Server),
        _ => None,
    };
    let what = match session.ended.how {
        How::Rst if session.ended.by == EndedBy::ThirdParty => "RST by a device in between",
        How::Fin => "FIN",
        How::Rst => "RST",
        How::Timeout => "nothing more until the session was given up",
        How::CaptureEnd if session.evidence.taken_over => "the ports were used anew",
        How::CaptureEnd => "the capture ends",
    };
    let frame = session.ended.frame.unwrap_or(session.capture.last_frame);
    let after = match session.ended.after {
        Some(after) if after.frame != frame => {
            let later = words::nanos((after.seconds * 1e9) as i64);
            format!(
                ", {later} after the {}'s last data (frame {})",
                after.from, after.frame
            )
        }
        _ => String::new(),
    };
    add_kind(
        steps,
        frame,
        who,
        ending_kind(session),
        format!("{what}{after}"),
    );
    for reset in &session.evidence.resets {
        if Some(reset.frame) == session.ended.frame {
            continue;
        }
        match reset.foreign {
            Some(Confidence::High | Confidence::Medium) => {
                let what = "RST by a device in between".to_owned();
                let kind = Kind::ForeignRst(reset.from);
                add_kind(steps, reset.frame, None, kind, what);
            }
            _ => {
                let what = "RST".to_owned();
                add_kind(steps, reset.frame, reset.from, Kind::Rst, what);
            }
        }
    }
}

fn ending_kind(session: &Session) -> Kind {
    match session.ended.how {
        How::Fin => Kind::Fin,
        How::Rst if session.ended.by == EndedBy::ThirdParty => {
            let mut resets = session.evidence.resets.iter();
            let this = resets.find(|reset| Some(reset.frame) == session.ended.frame);
            this.map_or(Kind::Rst, |reset| Kind::ForeignRst(reset.from))
        }
        How::Rst => Kind::Rst,
        How::Timeout | How::CaptureEnd => Kind::Silence,
    }
}
