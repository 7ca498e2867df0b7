//! Connections of other ports that may turn out to be mail: a server greets with `220` and its
//! client says EHLO, HELO or LHLO. FTP servers greet with `220`, too, so it takes both.
//!
//! Until then the first segments are kept, so that the session begins with its SYN. Nearly every
//! connection is decided by its first data and costs nothing from there on.

use foldhash::fast::RandomState;
use hashbrown::HashMap;

use crate::decode::Segment;
use crate::flow::key::Side;
use crate::flow::table::{Arrival, Located};
use crate::smtp::command::Command;
use crate::smtp::proxy::{self, Preamble};

/// Connections that are undecided at the same time; a new one takes the place of the oldest. They
/// are in their TCP handshake or have said nothing yet, so this is as many as connect within the
/// delay of a slow greeting, a few seconds, at a thousand a second.
const MAX_CONNECTIONS: usize = 8192;

/// Segments kept of a connection: handshake, greeting and acknowledgments, five times for captures
/// that hold copies, with some room.
const MAX_SEGMENTS: usize = 32;

/// Bytes of greeting kept of a connection.
const MAX_BYTES: usize = 4096;

/// Most bytes of TCP options (RFC 9293 section 3.1).
const OPTIONS: usize = 40;

/// What is known of a connection.
pub enum Known {
    /// It is mail: its segments before this one, and the server's side.
    Mail(Vec<Kept>, Side),
    /// It is something else.
    Other,
    /// Nothing yet.
    Nothing,
}

/// The undecided connections.
#[derive(Default)]
pub struct Undecided {
    slots: Vec<Slot>,
    /// Where each connection is.
    places: HashMap<u64, usize, RandomState>,
    /// Slots without a connection; the last one is the one most likely to be in a cache.
    free: Vec<usize>,
    /// The slot to take from its connection when there is no other.
    oldest: usize,
}

#[derive(Default)]
struct Slot {
    connection: u64,
    kept: Vec<Kept>,
    bytes: usize,
    /// Who said `220`.
    greeter: Option<Side>,
}

impl Undecided {
    /// Takes a segment of an undecided connection.
    pub fn segment(&mut self, segment: &Segment<'_>, located: Located) -> Known {
        let is_new = matches!(located.arrival, Arrival::First | Arrival::PortReuse);
        let place = match self.places.get(&located.connection) {
            Some(&place) => place,
            None if is_new && may_begin(segment) => self.place(located.connection),
            None => return Known::Other,
        };
        let slot = &mut self.slots[place];
        match slot.take(segment, located) {
            Step::Wait => Known::Nothing,
            Step::Mail(server) => {
                let kept = std::mem::take(&mut slot.kept);
                self.free(place);
                Known::Mail(kept, server)
            }
            Step::Other => {
                self.free(place);
                Known::Other
            }
        }
    }

    /// A slot for a new connection.
    fn place(&mut self, connection: u64) -> usize {
        if self.free.is_empty() && self.slots.len() < MAX_CONNECTIONS {
            self.free.push(self.slots.len());
            self.slots.push(Slot::default());
        }
        let place = self.free.pop().unwrap_or_else(|| {
            // Slots are given in turn once all are taken, so this is the oldest, about.
            self.oldest = (self.oldest + 1) % MAX_CONNECTIONS;
            self.places.remove(&self.slots[self.oldest].connection);
            self.oldest
        });
        let slot = &mut self.slots[place];
        slot.kept.clear();
        slot.bytes = 0;
        slot.greeter = None;
        slot.connection = connection;
        self.places.insert(connection, place);
        place
    }

    fn free(&mut self, place: usize) {
        self.places.remove(&self.slots[place].connection);
        self.free.push(place);
    }
}

enum Step {
    Mail(Side),
    Other,
    Wait,
}

impl Slot {
    fn take(&mut self, segment: &Segment<'_>, located: Located) -> Step {
        let flags = segment.flags;
        if segment.payload_len == 0 {
            if flags.rst() || flags.fin() {
                return Step::Other;
            }
            // Acknowledgments beyond these tell nothing.
            if self.kept.len() < MAX_SEGMENTS {
                self.kept.push(Kept::new(segment, located));
            }
            return Step::Wait;
        }
        match self.greeter {
            Some(server) if server != located.side => return step_of_client(segment, server),
            None if greets(segment) => self.greeter = Some(located.side),
            None if is_proxy(segment) => {}
            None => return Step::Other,
            // More of the greeting.
            Some(_) => {}
        }
        self.bytes += segment.payload.len();
        if self.bytes > MAX_BYTES || self.kept.len() >= MAX_SEGMENTS {
            return Step::Other;
        }
        self.kept.push(Kept::new(segment, located));
        Step::Wait
    }
}

fn step_of_client(segment: &Segment<'_>, server: Side) -> Step {
    let line = segment.payload.split(|&byte| byte == b'\n').next();
    match Command::parse(line.unwrap_or_default()) {
        Command::Hello { .. } => Step::Mail(server),
        _ => Step::Other,
    }
}

/// Whether a connection may be mail whose first segment is this.
fn may_begin(segment: &Segment<'_>) -> bool {
    segment.payload_len == 0 || greets(segment) || is_proxy(segment)
}

fn greets(segment: &Segment<'_>) -> bool {
    matches!(segment.payload, [b'2', b'2', b'0', b' ' | b'-', ..])
}

fn is_proxy(segment: &Segment<'_>) -> bool {
    matches!(segment.payload, [b'P' | b'\r', ..])
        && matches!(proxy::read(segment.payload), Preamble::Yes { .. })
}

/// A segment that owns its bytes.
pub struct Kept {
    /// All but options and payload.
    header: Segment<'static>,
    located: Located,
    options: [u8; OPTIONS],
    options_len: usize,
    payload: Box<[u8]>,
}

impl Kept {
    fn new(segment: &Segment<'_>, located: Located) -> Self {
        let &Segment {
            frame,
            time,
            interface,
            vlan,
            macs,
            tunnel_depth,
            source,
            destination,
            source_port,
            destination_port,
            seq,
            ack,
            flags,
            window,
            urgent,
            options: given,
            payload,
            payload_len,
            ttl,
            ip_id,
            flow_label,
        } = segment;
        let options_len = given.len().min(OPTIONS);
        let mut options = [0; OPTIONS];
        options[..options_len].copy_from_slice(&given[..options_len]);
        Self {
            header: Segment {
                frame,
                time,
                interface,
                vlan,
                macs,
                tunnel_depth,
                source,
                destination,
                source_port,
                destination_port,
                seq,
                ack,
                flags,
                window,
                urgent,
                options: &[],
                payload: &[],
                payload_len,
                ttl,
                ip_id,
                flow_label,
            },
            located,
            options,
            options_len,
            payload: payload.into(),
        }
    }

    /// The segment, and where it stood.
    pub fn lend(&self) -> (Segment<'_>, Located) {
        let segment = Segment {
            options: &self.options[..self.options_len],
            payload: &self.payload,
            ..self.header
        };
        (segment, self.located)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::{Flags, samples};
    use crate::flow::table::Status;

    fn located(connection: u64, side: Side, arrival: Arrival) -> Located {
        Located {
            connection,
            stream: None,
            side,
            arrival,
            status: Status::Undecided,
        }
    }

    fn says(undecided: &mut Undecided, connection: u64, side: Side, text: &'static str) -> Known {
        let segment = Segment {
            payload: text.as_bytes(),
            payload_len: text.len() as u32,
            ..samples::segment()
        };
        undecided.segment(&segment, located(connection, side, Arrival::Known))
    }

    fn syn(undecided: &mut Undecided, connection: u64) {
        let segment = Segment {
            flags: Flags(Flags::SYN),
            options: &[2, 4, 5, 180],
            ..samples::segment()
        };
        let at = located(connection, Side::Low, Arrival::First);
        assert!(matches!(undecided.segment(&segment, at), Known::Nothing));
    }

    #[test]
    fn a_greeting_and_an_introduction_make_mail() {
        let mut undecided = Undecided::default();
        syn(&mut undecided, 1);
        let known = says(&mut undecided, 1, Side::High, "220-mx\r\n");
        assert!(matches!(known, Known::Nothing));
        says(&mut undecided, 1, Side::High, "220 mx\r\n");
        let known = says(&mut undecided, 1, Side::Low, "lhlo hub\r\n");
        let Known::Mail(kept, Side::High) = known else {
            panic!("mail");
        };
        let segments: Vec<_> = kept.iter().map(|it| it.lend().0).collect();
        assert_eq!(segments[0].options, [2, 4, 5, 180]);
        assert_eq!(segments[2].payload, b"220 mx\r\n");
        assert!(undecided.places.is_empty());
    }

    #[test]
    fn other_protocols_are_told_by_their_first_data() {
        for lines in [
            &[(Side::Low, "GET / HTTP/1.1\r\n")][..],
            &[(Side::High, "* OK IMAP4rev1\r\n")],
            &[(Side::High, "220 ftp\r\n"), (Side::Low, "USER a\r\n")],
            &[(Side::High, "2200 x\r\n")],
        ] {
            let mut undecided = Undecided::default();
            syn(&mut undecided, 1);
            let mut last = Known::Nothing;
            for &(side, text) in lines {
                last = says(&mut undecided, 1, side, text);
            }
            assert!(matches!(last, Known::Other), "{lines:?}");
            assert!(undecided.places.is_empty());
        }
    }

    #[test]
    fn room_is_bounded() {
        let mut undecided = Undecided::default();
        for connection in 0..3 * MAX_CONNECTIONS as u64 {
            syn(&mut undecided, connection);
        }
        assert_eq!(undecided.places.len(), MAX_CONNECTIONS);
        assert_eq!(undecided.slots.len(), MAX_CONNECTIONS);
        // The oldest ones are forgotten.
        let known = says(&mut undecided, 5, Side::High, "220 mx\r\n");
        assert!(matches!(known, Known::Other));
        let last = 3 * MAX_CONNECTIONS as u64 - 1;
        for _ in 0..100 {
            undecided.segment(
                &samples::segment(),
                located(last, Side::Low, Arrival::Known),
            );
        }
        let place = undecided.places[&last];
        assert_eq!(undecided.slots[place].kept.len(), MAX_SEGMENTS);
        let long = "220-x\r\n".repeat(1000).leak();
        let known = says(&mut undecided, last, Side::High, long);
        assert!(matches!(known, Known::Other));
    }
}
