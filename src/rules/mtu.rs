//! Paths that do not carry full-size packets.

use super::{Observation, Rule, words};
use crate::model::path::{IcmpNote, Seen, Stuck};
use crate::model::{Confidence, Endpoint, Peer, Session, Severity, Visibility};

pub const BLACK_HOLE: Rule = Rule {
    id: "P06",
    title: "Full-size packets vanish on the path (PMTU black hole)",
    severity: Severity::High,
    meaning: "A link on the way has a smaller MTU than the sender believes, and the ICMP messages \
              that say so do not arrive. The dialogue works until the first large message, \
              usually the server's certificate or a large ClientHello.",
    evidence: "A full-size segment sent four times or more at growing intervals and never \
               acknowledged, while smaller ones are; no ICMP error.",
    trap: "A burst of loss hits every size and lets a repetition pass. Frames above the MSS are \
           cut later by the sender's network card: their size on the wire is not known.",
    advice: "Let ICMP \"fragmentation needed\" (type 3 code 4) and \"packet too big\" through, or \
             lower the MSS: clamp it on the router or tunnel, or set a smaller MTU at the sender.",
    references: &["RFC 2923 section 2.1", "RFC 1191", "RFC 8201", "RFC 4821"],
    tls_rpt: None,
    check: black_hole,
};

pub const TOO_BIG: Rule = Rule {
    id: "P07",
    title: "A router says that packets of this connection are too big",
    severity: Severity::Info,
    meaning: "A link on the way has a smaller MTU, and a router says so. A sender that is told \
              sends smaller packets; that costs a round trip.",
    evidence: "ICMP type 3 code 4, or ICMPv6 packet too big, with a packet of this connection in \
               it.",
    trap: "A message seen here may be filtered before it reaches the sender. Then larger packets \
           go on, and the severity is high.",
    advice: "Clamp the MSS to that MTU less 40 bytes (IPv6: 60), and make sure the message reaches \
             the sender: packet filters on the way must let it through.",
    references: &["RFC 1191 section 4", "RFC 8201 section 4"],
    tls_rpt: None,
    check: too_big,
};

pub const NEVER_ARRIVES: Rule = Rule {
    id: "P08",
    title: "Full-size packets never arrive (PMTU black hole, seen by the receiver)",
    severity: Severity::High,
    meaning: "As P06, seen at the other end: large packets are lost on their way here.",
    evidence: "A hole where full-size segments should be, a smaller one behind it that did come, \
               and acknowledgments that go on asking for the hole.",
    trap: "A hole that the receiver acknowledges is one of the capture only, and a full-size \
           segment that came before speaks against it.",
    advice: "Capture at the sender as well to see the large packets leave; then as for P06: let \
             ICMP through, or lower the MSS.",
    references: &["RFC 2923 section 2.1", "RFC 1191", "RFC 8201"],
    tls_rpt: None,
    check: never_arrives,
};

/// Bytes of TCP options in data segments at most: so much a full segment lacks to the MSS.
const OPTIONS: u32 = 40;
/// Without the SYNs: larger than what common tunnels let through, and at most an Ethernet segment.
const FULL_UNKNOWN: std::ops::RangeInclusive<u32> = 1200..=1460;

/// Whether a segment of this length is as large as the connection allows, and not larger: a frame
/// above the MSS is cut by the sender's network card, its size on the wire is not known.
fn is_full(len: u32, mss: Option<u16>) -> bool {
    match mss.map(u32::from) {
        Some(mss) => len <= mss && len + OPTIONS >= mss,
        None => FULL_UNKNOWN.contains(&len),
    }
}

fn ends(session: &Session, sender: Peer) -> (Endpoint, Endpoint) {
    match sender {
        Peer::Client => (session.client, session.server),
        Peer::Server => (session.server, session.client),
    }
}

/// A segment that is stuck as a black hole would have it.
fn stuck(session: &Session, sender: Peer) -> Option<&Stuck> {
    let stuck = session.evidence.path.stuck[sender.index()].as_ref()?;
    let fits = is_full(stuck.len, stuck.mss)
        && stuck.sent.len() >= 4
        && (stuck.backs_off || stuck.smaller_passed.is_some())
        && stuck.passed > 0
        && stuck.largest_passed < stuck.len
        && session.capture.visibility == Visibility::Both;
    fits.then_some(stuck)
}

fn told(session: &Session, sender: Peer) -> Option<&IcmpNote> {
    let mut notes = session.evidence.path.icmp.iter();
    notes.find(|note| note.to == sender && note.is_too_big())
}

fn black_hole(session: &Session) -> Option<Observation> {
    [Peer::Server, Peer::Client]
        .into_iter()
        .find_map(|sender| vanishing(session, sender))
}

fn vanishing(session: &Session, sender: Peer) -> Option<Observation> {
    let stuck = stuck(session, sender)?;
    if told(session, sender).is_some() {
        return None;
    }
    let (from, to) = ends(session, sender);
    let frames: Vec<u64> = stuck.sent.iter().map(|seen| seen.frame).collect();
    let span = match (stuck.sent.first(), stuck.sent.last()) {
        (Some(first), Some(last)) => words::span(first.time, last.time),
        _ => String::new(),
    };
    let proof = [stuck.later_passed].into_iter().flatten();
    let later = match (
        stuck.smaller_passed,
        stuck.later_passed,
        stuck.receiver_alive,
    ) {
        (Some(piece), ..) => {
            format!(" The same bytes got through in pieces of at most {piece} bytes.")
        }
        (None, Some(seen), _) => format!(
            " Smaller ones behind it did arrive: {} says so (frame {}).",
            to.ip, seen.frame
        ),
        (None, None, Some(seen)) => format!(
            " {} is still there (frame {}), but nothing shows that smaller ones would get \
             through now.",
            to.ip, seen.frame
        ),
        (None, None, None) => format!(
            " Nothing more came from {}: the path may have failed altogether.",
            to.ip
        ),
    };
    /// A burst of loss is over sooner, in seconds.
    const BURST: f64 = 4.0;
    let long = match (stuck.sent.first(), stuck.sent.last()) {
        (Some(first), Some(last)) => last.time.seconds_since(first.time) >= BURST,
        _ => false,
    };
    let sure = stuck.mss.is_some()
        && stuck.passed >= 2
        && (stuck.smaller_passed.is_some() || stuck.later_passed.is_some() && long);
    let cause = format!(
        "{} sent the same {} bytes {} times in {span} ({}) and they were never acknowledged, while \
         {} smaller segments (at most {} bytes) were. No ICMP message explains it.{later}",
        from.ip,
        stuck.len,
        stuck.sent.len(),
        words::frames(&frames),
        stuck.passed,
        stuck.largest_passed
    );
    Some(Observation {
        explains: false,
        severity: Severity::High,
        confidence: match sure {
            true => Confidence::High,
            false => Confidence::Medium,
        },
        cause,
        frames: frames
            .into_iter()
            .chain(proof.map(|seen: Seen| seen.frame))
            .collect(),
    })
}

fn too_big(session: &Session) -> Option<Observation> {
    let notes = &session.evidence.path.icmp;
    let note = notes.iter().find(|note| note.is_too_big())?;
    let (from, to) = ends(session, note.to);
    let size = match note.mtu {
        0 => "are too large for the next link, without saying how large they may be".to_owned(),
        mtu => format!("may have at most {mtu} bytes"),
    };
    let ignored = notes
        .iter()
        .filter(|note| note.is_too_big())
        .find_map(|note| note.ignored);
    let is_stuck = stuck(session, note.to).is_some();
    let heeded = match (ignored, is_stuck) {
        (Some(frame), _) => format!(
            " {} goes on with larger ones (frame {frame}): the message was lost later on its way, \
             or is not heeded.",
            from.ip
        ),
        (None, true) => format!(" {} goes on with the same segment.", from.ip),
        (None, false) => " The sender keeps to it.".to_owned(),
    };
    let fails = is_stuck && ignored.is_some();
    let cause = format!(
        "{} says (frame {}) that packets from {} to {} {size}.{heeded}",
        note.sender, note.seen.frame, from.ip, to.ip
    );
    Some(Observation {
        explains: false,
        severity: match fails {
            true => Severity::High,
            false => Severity::Info,
        },
        confidence: Confidence::High,
        cause,
        frames: [note.seen.frame].into_iter().chain(ignored).collect(),
    })
}

fn never_arrives(session: &Session) -> Option<Observation> {
    [Peer::Server, Peer::Client]
        .into_iter()
        .find_map(|sender| missing(session, sender))
}

fn missing(session: &Session, sender: Peer) -> Option<Observation> {
    /// Shorter, and the missing bytes may still have been on their way, in seconds.
    const PATIENCE: f64 = 1.0;
    let hole = session.evidence.path.holes[sender.index()].as_ref()?;
    let (from, to) = ends(session, sender);
    let until = match session.ended.frame {
        Some(_) => hole.last,
        None => session.evidence.path.observed_until,
    };
    let full = hole.mss.map_or(*FULL_UNKNOWN.start(), |mss| {
        u32::from(mss).saturating_sub(OPTIONS)
    });
    let fits = hole.missing >= full
        && hole.largest_seen < full
        && !hole.acks.is_empty()
        && until.seconds_since(hole.seen.time) >= PATIENCE
        && session.capture.visibility == Visibility::Both
        && !session.capture.snaplen_cut;
    if !fits {
        return None;
    }
    let cause = format!(
        "{} bytes from {} never arrived: later ones did (frame {}), and {} went on asking for the \
         missing ones ({}). Nothing larger than {} bytes came from {} in the whole connection, so \
         full-size packets seem to be lost on the path.",
        hole.missing,
        from.ip,
        hole.seen.frame,
        to.ip,
        words::frames(&hole.acks),
        hole.largest_seen,
        from.ip
    );
    Some(Observation {
        explains: false,
        severity: Severity::High,
        confidence: match hole.mss {
            Some(_) => Confidence::Medium,
            None => Confidence::Low,
        },
        cause,
        frames: [hole.seen.frame]
            .into_iter()
            .chain(hole.acks.iter().copied())
            .collect(),
    })
}
