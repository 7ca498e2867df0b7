//! The recorded sessions: both byte streams and the order in which the peers took turns, found
//! with a naive reassembly that shares nothing with the program but the reader and the decoder.

use std::net::SocketAddr;
use std::ops::Range;
use std::path::Path;

use starttap::capture::open::open;
use starttap::decode::{Decoded, Decoder};
use starttap::engine::Engine;
use starttap::engine::ports::Ports;
use starttap::limits::Limits;
use starttap::model::{Peer, Session, Starts, Visibility};
use starttap::rules;

use crate::support::captures;

/// What happened, in the order of the capture.
#[derive(Clone, Debug)]
pub enum Event {
    /// These bytes of a stream became available.
    Data(Peer, Range<usize>),
    Fin(Peer),
    Rst(Peer),
}

/// One session of a capture.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// File and stream.
    pub name: String,
    pub ports: [u16; 2],
    /// What client and server sent.
    pub streams: [Vec<u8>; 2],
    pub events: Vec<Event>,
    /// What the program says of it.
    pub session: Session,
}

/// The sessions of `captures/` that are whole: both directions from the SYN on, no holes, no cut
/// frames, and an ending that was captured (that of a session which merely stops is judged by
/// counting retransmissions, which repeated segments rightly change).
pub fn all() -> Vec<Recorded> {
    let all: Vec<_> = captures().iter().flat_map(|path| of(path)).collect();
    assert!(all.len() >= 20, "only {} sessions in captures/", all.len());
    all
}

/// A segment as the naive reassembly needs it.
struct Seen {
    number: u64,
    from: SocketAddr,
    to: SocketAddr,
    seq: u32,
    flags: starttap::decode::Flags,
    payload: Vec<u8>,
}

fn of(path: &Path) -> Vec<Recorded> {
    let limits = Limits::default();
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    let mut source = open(path, &limits, 0).unwrap();
    let mut decoder = Decoder::new(&limits);
    let mut engine = Engine::new(&name, Ports::default(), limits.clone());
    let mut sessions = Vec::new();
    let mut segments = Vec::new();
    while let Some(frame) = source.next().unwrap() {
        engine.push(&frame, &mut |session| sessions.push(session));
        if let Decoded::Tcp(segment) = decoder.decode(&frame) {
            segments.push(Seen {
                number: frame.id.number,
                from: (segment.source, segment.source_port).into(),
                to: (segment.destination, segment.destination_port).into(),
                seq: segment.seq,
                flags: segment.flags,
                payload: segment.payload.to_vec(),
            });
        }
    }
    engine.finish(&mut |session| sessions.push(session));
    let settings = rules::Settings::default();
    sessions
        .iter_mut()
        .for_each(|session| rules::judge(session, &settings));
    sessions
        .into_iter()
        .filter(|session| {
            session.capture.starts == Starts::Syn
                && session.capture.visibility == Visibility::Both
                && !session.capture.snaplen_cut
                && session.ended.frame.is_some()
                && session.tcp.client.bytes + session.tcp.server.bytes > 0
                && session.tcp.client.missing_bytes + session.tcp.server.missing_bytes == 0
                && !rests_on_packets(session)
                // Mail on other ports is known by its first segments.
                && Ports::default().role(session.server.port).is_some()
        })
        .map(|session| record(&name, session, &segments))
        .collect()
}

/// Whether the judgement rests on hop limits, packet sizes or pauses, which cutting anew changes.
fn rests_on_packets(session: &Session) -> bool {
    const BY_PACKETS: [&str; 10] = [
        "P04", "P05", "P06", "P07", "P08", "P09", "P10", "P12", "S19", "T29",
    ];
    let mut findings = session.findings.iter();
    findings.any(|finding| BY_PACKETS.contains(&finding.id))
}

fn record(name: &str, session: Session, segments: &[Seen]) -> Recorded {
    let client = SocketAddr::from((session.client.ip, session.client.port));
    let server = SocketAddr::from((session.server.ip, session.server.port));
    let frames = session.capture.first_frame..=session.capture.last_frame;
    let mut base = [None; 2];
    let mut streams: [Vec<Option<u8>>; 2] = Default::default();
    let mut done = [0_usize; 2];
    let mut fins = [false; 2];
    let mut events = Vec::new();
    for segment in segments.iter().filter(|it| frames.contains(&it.number)) {
        let from = match (segment.from, segment.to) {
            ends if ends == (client, server) => Peer::Client,
            ends if ends == (server, client) => Peer::Server,
            _ => continue,
        };
        let side = from.index();
        if segment.flags.syn() {
            base[side] = Some(segment.seq.wrapping_add(1));
        }
        if segment.flags.rst() {
            events.push(Event::Rst(from));
            continue;
        }
        let offset = segment.seq.wrapping_sub(base[side].unwrap_or(segment.seq)) as i32;
        for (byte, at) in segment.payload.iter().zip(i64::from(offset)..) {
            let Ok(at) = usize::try_from(at) else {
                continue;
            };
            let stream = &mut streams[side];
            stream.resize(stream.len().max(at + 1), None);
            stream[at].get_or_insert(*byte);
        }
        let start = done[side];
        while streams[side].get(done[side]).is_some_and(Option::is_some) {
            done[side] += 1;
        }
        match events.last_mut() {
            _ if start == done[side] => {}
            Some(Event::Data(last, range)) if *last == from => range.end = done[side],
            _ => events.push(Event::Data(from, start..done[side])),
        }
        if segment.flags.fin() && !std::mem::replace(&mut fins[side], true) {
            events.push(Event::Fin(from));
        }
    }
    let streams = streams.map(|stream| stream.into_iter().map_while(|byte| byte).collect());
    Recorded {
        name: format!("{name} stream {:?}", session.capture.tcp_stream),
        ports: [client.port(), server.port()],
        streams,
        events,
        session,
    }
}
