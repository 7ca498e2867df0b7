//! The mail: recorded sessions, sent again between other hosts at other times.
//!
//! Dialogue and handshake are byte for byte those of `captures/`, so that the work on them is the
//! real one. Sequence numbers stay as recorded: the options hold some, and other endpoints make
//! another connection anyway.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::error::Error;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use starttap::capture::open;
use starttap::decode::{Decoded, Decoder, Segment};
use starttap::limits::Limits;

use super::capture::Capture;
use super::packet::{Packet, Transport};
use super::random::Random;

/// What is sent again: mostly what works, as on a real relay, and some of what does not.
const RECORDINGS: [&str; 10] = [
    "tls12-postfix.pcap",
    "tls13-openssl.pcap",
    "story2-rc4-accepted.pcap",
    "tls12-exim.pcap",
    "hello-retry.pcap",
    "tls13-openssl.pcap",
    "tls12-postfix.pcap",
    "story2-rc4-refused.pcap",
    "starttls-454.pcap",
    "story1-failing-alert.pcap",
];

/// A segment of a recording.
struct Recorded {
    by_client: bool,
    /// Time since the first segment.
    after: Duration,
    seq: u32,
    ack: u32,
    flags: u8,
    window: u16,
    options: Vec<u8>,
    payload: Vec<u8>,
}

impl Recorded {
    fn of(segment: &Segment<'_>, client: SocketAddr, start: i64) -> Self {
        let nanos = segment.time.as_nanos() - start;
        Self {
            by_client: source(segment) == client,
            after: Duration::from_nanos(u64::try_from(nanos).unwrap_or(0)),
            seq: segment.seq,
            ack: segment.ack,
            flags: segment.flags.0,
            window: segment.window,
            options: segment.options.to_vec(),
            payload: segment.payload.to_vec(),
        }
    }
}

/// One session under way.
struct Session {
    recording: usize,
    start: Duration,
    client: SocketAddr,
    server: SocketAddr,
    sent: usize,
}

/// All mail of the capture.
pub struct Mail {
    recordings: Vec<Vec<Recorded>>,
    random: Random,
    running: Vec<Session>,
    /// When each session sends next; the earlier session first when two send at the same time.
    due: BinaryHeap<Reverse<(Duration, usize)>>,
    planned: u64,
}

impl Mail {
    /// Loads the recordings from this folder.
    pub fn load(folder: &Path) -> Result<Self, Box<dyn Error>> {
        let recordings = RECORDINGS
            .iter()
            .map(|name| load(&folder.join(name)))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            recordings,
            random: Random::new(25),
            running: Vec::new(),
            due: BinaryHeap::new(),
            planned: 0,
        })
    }

    /// Begins a session within the next 10 ms.
    pub fn start(&mut self, now: Duration) {
        let number = self.running.len();
        let recording = number % self.recordings.len();
        let start = now + Duration::from_micros(self.random.below(10_000) as u64);
        // Benchmark addresses (RFC 2544): never those of the other traffic.
        let [.., high, low] = (number as u32).to_be_bytes();
        let client = Ipv4Addr::new(198, 18, high, low);
        let server = Ipv4Addr::new(198, 19, 0, self.random.between(1, 9) as u8);
        let port = if self.random.percent(70) { 25 } else { 587 };
        self.running.push(Session {
            recording,
            start,
            client: (client, self.random.between(1024, 65_536) as u16).into(),
            server: (server, port).into(),
            sent: 0,
        });
        self.due.push(Reverse((start, number)));
        self.planned += self.recordings[recording].len() as u64;
    }

    /// Sends what is due by now.
    pub fn send_due(&mut self, capture: &mut Capture) -> io::Result<()> {
        while let Some(&Reverse((time, number))) = self.due.peek() {
            if time > capture.now() {
                return Ok(());
            }
            self.due.pop();
            self.send(number, capture)?;
        }
        Ok(())
    }

    /// Lets every session come to its end.
    pub fn send_all(&mut self, capture: &mut Capture) -> io::Result<()> {
        while let Some(Reverse((time, number))) = self.due.pop() {
            capture.wait_until(time);
            self.send(number, capture)?;
        }
        Ok(())
    }

    fn send(&mut self, number: usize, capture: &mut Capture) -> io::Result<()> {
        let session = &mut self.running[number];
        let recording = &self.recordings[session.recording];
        let recorded = &recording[session.sent];
        let (source, destination) = match recorded.by_client {
            true => (session.client, session.server),
            false => (session.server, session.client),
        };
        capture.write(&Packet {
            source,
            destination,
            transport: Transport::Tcp {
                seq: recorded.seq,
                ack: recorded.ack,
                flags: recorded.flags,
                window: recorded.window,
                options: &recorded.options,
            },
            payload: [&recorded.payload, &[]],
        })?;
        session.sent += 1;
        if let Some(next) = recording.get(session.sent) {
            self.due.push(Reverse((session.start + next.after, number)));
        }
        Ok(())
    }

    /// Packets of all sessions, those still to be sent included.
    pub fn planned(&self) -> u64 {
        self.planned
    }

    /// Sessions begun.
    pub fn sessions(&self) -> u64 {
        self.running.len() as u64
    }
}

/// The segments of a recording, which begins with the client's SYN.
fn load(path: &Path) -> Result<Vec<Recorded>, Box<dyn Error>> {
    let limits = Limits::default();
    let mut capture = open::open(path, &limits, 0)?;
    let mut decoder = Decoder::new(&limits);
    let mut recording = Vec::new();
    let mut first = None;
    while let Some(frame) = capture.next()? {
        if let Decoded::Tcp(segment) = decoder.decode(&frame) {
            let (client, start) = *first.get_or_insert((source(&segment), segment.time.as_nanos()));
            recording.push(Recorded::of(&segment, client, start));
        }
    }
    if recording.is_empty() {
        return Err(format!("{}: no TCP in it", path.display()).into());
    }
    Ok(recording)
}

fn source(segment: &Segment<'_>) -> SocketAddr {
    (segment.source, segment.source_port).into()
}
