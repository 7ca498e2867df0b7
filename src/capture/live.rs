//! Frames from network interfaces, as they come by.
//!
//! The only room that asks a clock. What it hands on is like a capture file: frames in order of
//! time, over all interfaces, and on a quiet link the time up to which nothing more can come.
//!
//! libpcap's read timeout does not fire on a quiet link (TPACKET_V3), so the handles never block
//! and one poll waits for all of them. Immediate mode loses bursts; without it the kernel hands
//! over blocks, of each interface at its own time, and they are merged here.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use pcap::{Active, Capture, Precision};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use super::devices::{explain, message, names, refuse};
use super::dlt::from_dlt;
use super::{Frame, FrameId, Interface, LinkType, Source, kernel};
use crate::error::Error;
use crate::time::Timestamp;

/// What to sniff, and how.
#[derive(Clone, Debug)]
pub struct Options {
    /// TCP ports; the kernel drops what cannot belong to them.
    pub ports: Vec<u16>,
    /// A filter that frames must pass as well.
    pub filter: Option<String>,
    /// Bytes kept of each packet.
    pub snap_len: u32,
    /// Bytes of the kernel's buffer, for each interface.
    pub buffer: u32,
    /// Also what is not sent to this machine, as on a mirror port.
    pub promiscuous: bool,
    /// How long to sniff; `None` = until told to stop.
    pub duration: Option<Duration>,
}

/// What [`Live::wait`] came back with.
#[derive(Debug)]
pub enum Event<'a> {
    /// A frame.
    Frame(Frame<'a>),
    /// No frame before this time is still to come.
    Quiet(Timestamp),
    /// Told to stop, and everything captured until then is read.
    Stopped,
}

/// One or several interfaces.
pub struct Live {
    taps: Vec<Tap>,
    interfaces: Vec<Interface>,
    frames: u64,
    bytes: u64,
    stop: Arc<AtomicBool>,
    deadline: Option<Instant>,
    closing: Option<Closing>,
}

/// One interface.
struct Tap {
    name: String,
    capture: Capture<Active>,
    link_type: LinkType,
    /// Its next frame, whose bytes are in `bytes`. libpcap's own buffer is gone when it looks for
    /// another frame; a copy costs little against its system calls.
    head: Option<Head>,
    bytes: Vec<u8>,
}

#[derive(Clone, Copy)]
struct Head {
    time: Timestamp,
    wire_len: u32,
}

/// Told to stop.
struct Closing {
    /// Frames up to this time are still wanted.
    last: Timestamp,
    /// By then the kernel has handed them over.
    until: Instant,
}

enum Ready {
    Frame(usize),
    Quiet(Timestamp),
    Stopped,
}

impl Live {
    /// Opens the interfaces; setting `stop` ends the capture.
    ///
    /// # Errors
    ///
    /// [`Error::Interface`] with what to do; [`Error::Filter`] when the filter has no meaning on
    /// one of the interfaces.
    pub fn open(names: &[String], options: &Options, stop: Arc<AtomicBool>) -> Result<Self, Error> {
        let mut taps: Vec<Tap> = Vec::new();
        for name in names {
            if !taps.iter().any(|tap| tap.name == *name) {
                taps.push(Tap::open(name, options)?);
            }
        }
        let interfaces = taps.iter().map(|tap| Interface {
            name: Some(tap.name.clone()),
            link_type: tap.link_type,
            snap_len: options.snap_len,
            resolution: None,
        });
        Ok(Self {
            interfaces: interfaces.collect(),
            taps,
            frames: 0,
            bytes: 0,
            stop,
            deadline: options.duration.map(|duration| Instant::now() + duration),
            closing: None,
        })
    }

    /// Waits for the next frame, at most for a moment.
    ///
    /// # Errors
    ///
    /// [`Error::Interface`] when an interface goes away.
    pub fn wait(&mut self) -> Result<Event<'_>, Error> {
        Ok(match self.ready()? {
            Ready::Frame(tap) => Event::Frame(self.lend(tap)),
            Ready::Quiet(until) => Event::Quiet(until),
            Ready::Stopped => Event::Stopped,
        })
    }

    /// Packets that the kernel or an interface dropped; `None` when it does not say. How many it
    /// saw is not told: on the loopback interface it counts each twice.
    pub fn dropped(&mut self) -> Option<u64> {
        self.taps
            .iter_mut()
            .map(|tap| {
                let counts = tap.capture.stats().ok()?;
                Some(u64::from(counts.dropped) + u64::from(counts.if_dropped))
            })
            .sum()
    }

    fn ready(&mut self) -> Result<Ready, Error> {
        loop {
            for tap in &mut self.taps {
                tap.look()?;
            }
            self.close_in_time();
            if let Some(tap) = self.oldest() {
                return Ok(Ready::Frame(tap));
            }
            let closed = |closing: &Closing| Instant::now() >= closing.until;
            if self.closing.as_ref().is_some_and(closed) {
                return Ok(Ready::Stopped);
            }
            let now = now();
            if !self.poll()? {
                return Ok(Ready::Quiet(before(now, SETTLE)));
            }
        }
    }

    /// The interface with the oldest frame, unless an older one may still come from another.
    fn oldest(&self) -> Option<usize> {
        let heads = self.taps.iter().enumerate();
        let (time, oldest) = heads
            .filter_map(|(index, tap)| tap.head.map(|head| (head.time, index)))
            .min()?;
        let complete = self.taps.iter().all(|tap| tap.head.is_some());
        let wanted = match &self.closing {
            Some(closing) => time <= closing.last,
            None => true,
        };
        (wanted && (complete || is_settled(time))).then_some(oldest)
    }

    fn close_in_time(&mut self) {
        let over = |deadline: Instant| Instant::now() >= deadline;
        let stop = self.stop.load(Ordering::Relaxed) || self.deadline.is_some_and(over);
        if stop && self.closing.is_none() {
            self.closing = Some(Closing {
                last: now(),
                until: Instant::now() + SETTLE,
            });
        }
    }

    /// Waits until an interface has frames; false when none had any for a while.
    fn poll(&self) -> Result<bool, Error> {
        let waiting = self.closing.is_some() || self.taps.iter().any(|tap| tap.head.is_some());
        let patience = if waiting { SHORT } else { QUIET };
        let empty = self.taps.iter().filter(|tap| tap.head.is_none());
        let mut handles: Vec<PollFd<'_>> = empty
            .map(|tap| PollFd::new(&tap.capture, PollFlags::IN))
            .collect();
        match poll(&mut handles, Some(&patience)) {
            Ok(count) => Ok(count > 0),
            // A signal: there may be a reason to stop.
            Err(Errno::INTR) => Ok(true),
            Err(error) => Err(Error::Interface {
                interface: self.name(),
                reason: format!("waiting for packets failed: {error}"),
                remedy: LOST.to_owned(),
            }),
        }
    }

    /// The interfaces by name.
    pub fn name(&self) -> String {
        let names: Vec<&str> = self.taps.iter().map(|tap| tap.name.as_str()).collect();
        names.join("+")
    }

    fn lend(&mut self, index: usize) -> Frame<'_> {
        let tap = &mut self.taps[index];
        let head = tap.head.take().unwrap_or(Head {
            time: Timestamp::default(),
            wire_len: 0,
        });
        self.frames += 1;
        self.bytes += tap.bytes.len() as u64;
        Frame {
            id: FrameId {
                input: 0,
                number: self.frames,
                offset: 0,
            },
            time: head.time,
            interface: index as u32,
            link_type: tap.link_type,
            bytes: &tap.bytes,
            wire_len: head.wire_len,
        }
    }
}

impl Source for Live {
    fn next(&mut self) -> Result<Option<Frame<'_>>, Error> {
        loop {
            match self.ready()? {
                Ready::Frame(tap) => return Ok(Some(self.lend(tap))),
                Ready::Quiet(_) => {}
                Ready::Stopped => return Ok(None),
            }
        }
    }

    fn interfaces(&self) -> &[Interface] {
        &self.interfaces
    }

    fn format(&self) -> &str {
        "live"
    }

    fn position(&self) -> u64 {
        self.bytes
    }
}

impl Tap {
    fn open(name: &str, options: &Options) -> Result<Self, Error> {
        refuse(name)?;
        let failed = |error| explain(name, error, &names());
        let limit = |number: u32| i32::try_from(number).unwrap_or(i32::MAX);
        let capture = Capture::from_device(name)
            .map_err(failed)?
            .snaplen(limit(options.snap_len))
            .buffer_size(limit(options.buffer))
            // On all interfaces at once libpcap takes the wish for an error.
            .promisc(options.promiscuous && name != "any")
            .precision(PRECISION)
            .timeout(BLOCK_MILLIS);
        let mut capture = capture
            .open()
            .and_then(Capture::setnonblock)
            .map_err(failed)?;
        let expressions = kernel::expressions(&options.ports, options.filter.as_deref());
        let filtered = capture
            .filter(&expressions.tagged, true)
            .or_else(|_| capture.filter(&expressions.plain, true));
        match (filtered, &options.filter) {
            // Some link types libpcap cannot filter at all (NFLOG); the engine asks for the ports
            // again.
            (Ok(()), _) | (Err(_), None) => {}
            (Err(error), Some(filter)) => {
                return Err(Error::Filter {
                    filter: filter.clone(),
                    reason: format!("on {name}: {}", message(error)),
                });
            }
        }
        let link_type = from_dlt(capture.get_datalink()).unwrap_or(LinkType(u16::MAX));
        Ok(Self {
            name: name.to_owned(),
            capture,
            link_type,
            head: None,
            bytes: Vec::new(),
        })
    }

    /// Takes the next frame from the kernel, if there is one.
    fn look(&mut self) -> Result<(), Error> {
        if self.head.is_some() {
            return Ok(());
        }
        match self.capture.next_packet() {
            Ok(packet) => {
                self.bytes.clear();
                self.bytes.extend_from_slice(packet.data);
                self.head = Some(Head {
                    time: time_of(packet.header),
                    wire_len: packet.header.len,
                });
                Ok(())
            }
            Err(pcap::Error::TimeoutExpired) => Ok(()),
            Err(error) => Err(Error::Interface {
                interface: self.name.clone(),
                reason: message(error),
                remedy: LOST.to_owned(),
            }),
        }
    }
}

#[allow(
    clippy::useless_conversion,
    reason = "some systems have 32 bits of these"
)]
fn time_of(header: &pcap::PacketHeader) -> Timestamp {
    let fraction = i64::from(header.ts.tv_usec);
    let nanos = match PRECISION {
        Precision::Nano => fraction,
        Precision::Micro => fraction * 1_000,
    };
    Timestamp::from_parts(i64::from(header.ts.tv_sec), nanos)
}

/// Whether frames of other interfaces from before this time have had the time to come.
fn is_settled(time: Timestamp) -> bool {
    // Once the clock was put back, its frames seem to come from the future.
    let age = now().nanos_since(time);
    u128::try_from(age).map_or(true, |age| age >= SETTLE.as_nanos())
}

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let nanos = since.unwrap_or_default().as_nanos();
    Timestamp::from_nanos(i64::try_from(nanos).unwrap_or(i64::MAX))
}

fn before(time: Timestamp, span: Duration) -> Timestamp {
    let nanos = i64::try_from(span.as_nanos()).unwrap_or(i64::MAX);
    Timestamp::from_nanos(time.as_nanos().saturating_sub(nanos))
}

/// The kernel hands over a block that is not full after this time.
const BLOCK_MILLIS: i32 = 100;

/// After this time a frame is in our hands: a block's time, and as much again for the scheduler.
const SETTLE: Duration = Duration::from_millis(250);

/// How long a poll waits on a quiet link.
const QUIET: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 200_000_000,
};

/// How long it waits while frames of other interfaces settle.
const SHORT: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 20_000_000,
};

/// Others than Linux do not always have nanoseconds, and libpcap does not say so.
const PRECISION: Precision = if cfg!(target_os = "linux") {
    Precision::Nano
} else {
    Precision::Micro
};

const LOST: &str = "what was captured before is reported";
