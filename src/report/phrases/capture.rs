//! What is said of the capture: what it does not hold, and what it holds twice.

use crate::model::{Input, Session, Starts, Visibility};
use crate::report::text::style::plural;

/// What the capture does not show of a session.
pub fn caveats(session: &Session) -> Vec<&'static str> {
    let capture = &session.capture;
    let mut caveats = Vec::new();
    match capture.visibility {
        Visibility::Both => {}
        Visibility::ClientOnly => caveats.push("only the client's side captured"),
        Visibility::ServerOnly => caveats.push("only the server's side captured"),
    }
    if capture.starts == Starts::Midstream {
        caveats.push("begins in the middle");
    }
    if capture.snaplen_cut {
        caveats.push("cut by the snap length");
    }
    caveats
}

/// What copies say about the capture point, and what they leave open.
pub fn copies(session: &Session) -> Vec<String> {
    let tcp = &session.tcp;
    let mut lines = Vec::new();
    if let Some(point) = &session.capture.point {
        let copies = plural(tcp.capture_copies, "capture copy").replace("copys", "copies");
        lines.push(format!("{point}; {copies} set aside"));
    }
    if tcp.possible_copies > 0 {
        let frames = plural(tcp.possible_copies, "frame");
        lines.push(format!(
            "{frames} may be capture copies too and count as packets"
        ));
    }
    lines
}

/// What one capture point saw and the next did not.
pub fn lost_between(session: &Session) -> Option<String> {
    let lost = &session.tcp.lost_between;
    if lost.is_empty() {
        return None;
    }
    let frames: Vec<String> = lost.iter().map(u64::to_string).collect();
    let frames = frames.join(", ");
    Some(format!(
        "seen at the first capture point only, lost on the way to the second: {frames}"
    ))
}

/// What was not analysed of an input, and why.
pub fn not_analysed(input: &Input) -> Vec<String> {
    let skipped = &input.skipped;
    let reasons = [
        (
            skipped.fragments,
            "fragments of IP datagrams, counted until the datagram is whole",
        ),
        (skipped.malformed, "contradictory headers"),
        (skipped.snap_length, "headers cut by the snap length"),
        (
            skipped.unknown_link_type,
            "a link type that is not understood",
        ),
        (skipped.filtered, "dropped by the filter"),
    ];
    let counted = reasons.into_iter().filter(|(count, _)| *count > 0);
    let mut lines: Vec<String> = counted
        .map(|(count, why)| format!("{} not analysed: {why}", plural(count, "frame")))
        .collect();
    if let Some(dropped) = input.dropped.filter(|dropped| *dropped > 0) {
        let packets = plural(dropped, "packet");
        lines.push(format!(
            "{packets} lost by the capture itself: holes are likely"
        ));
    }
    lines
}
