//! Ordinary sessions as a lossy, reordering, duplicating network and capture would show them.

use std::net::{IpAddr, Ipv4Addr};

use super::packet::{ACK, FIN, PSH, Packet, RST, Random, SYN};

/// At least `count` segments of sessions that overlap in time, in the order captured.
pub fn packets(random: &mut Random, count: usize) -> Vec<Packet> {
    let mut packets: Vec<Packet> = Vec::with_capacity(count + 500);
    let mut start = 1_700_000_000_000_000_000_i64;
    // Few client ports, so that they are used again.
    let ports = 1 + random.below(200) as u16;
    while packets.len() < count {
        let client = 40_000 + random.below(u64::from(ports)) as u16;
        let clean = session(random, start, client);
        packets.extend(spoilt(random, clean));
        start += random.below(100_000_000) as i64;
    }
    packets.sort_by_key(|packet| packet.time);
    for at in 1..packets.len() {
        // Captures of several interfaces hold packets slightly out of order.
        if random.chance(1) && random.chance(30) {
            packets.swap(at - 1, at);
        }
    }
    packets.truncate(count);
    packets
}

struct Writer {
    packets: Vec<Packet>,
    now: i64,
    ends: [(IpAddr, u16); 2],
    next: [u32; 2],
    window: [u16; 2],
}

impl Writer {
    fn send(&mut self, from: usize, flags: u8, len: u16, options: &[u8]) {
        let has_ack = flags & ACK != 0;
        self.packets.push(Packet {
            time: self.now,
            source: self.ends[from],
            destination: self.ends[1 - from],
            seq: self.next[from],
            ack: if has_ack { self.next[1 - from] } else { 0 },
            flags,
            window: self.window[from],
            options: options.to_vec(),
            len,
            quoted: None,
            claimed: None,
        });
        let counted = u32::from(flags & (SYN | FIN) != 0);
        self.next[from] = self.next[from].wrapping_add(u32::from(len) + counted);
    }
}

/// A dialogue without faults: handshake, flights both ways, an end of some kind.
fn session(random: &mut Random, start: i64, client: u16) -> Vec<Packet> {
    let rtt = 100_000 + random.below(60_000_000) as i64;
    let host = |last| IpAddr::V4(Ipv4Addr::new(198, 51, 100, last));
    let mut wire = Writer {
        packets: Vec::new(),
        now: start,
        ends: [(host(7), client), (host(25), random.pick(&[25, 587]))],
        next: [random.next() as u32, random.next() as u32],
        window: [
            random.pick(&[500, 8192, 65_535]),
            random.pick(&[1000, 29_200]),
        ],
    };
    if random.chance(10) {
        wire.next[random.below(2) as usize] = 0_u32.wrapping_sub(random.below(4000) as u32);
    }
    let scale = [2, 4, 5, 0xB4, 1, 3, 3, random.pick(&[0, 2, 7])];
    let both = random.pick(&[0, 4, 8]);
    wire.send(0, SYN, 0, &scale);
    if random.chance(5) {
        wire.now += rtt;
        wire.send(1, RST | ACK, 0, &[]);
        return wire.packets;
    }
    wire.now += rtt / 2;
    wire.send(1, SYN | ACK, 0, &scale[..both]);
    wire.now += rtt / 2;
    wire.send(0, ACK, 0, &[]);
    let mut from = 1;
    for _ in 0..random.below(12) {
        flight(random, &mut wire, from, rtt);
        from = 1 - from;
    }
    ending(random, &mut wire, rtt);
    wire.packets
}

fn flight(random: &mut Random, wire: &mut Writer, from: usize, rtt: i64) {
    let to = 1 - from;
    if random.chance(4) {
        closed_window(random, wire, from, rtt);
    }
    if random.chance(4) {
        // An idle connection probes with the number before the next.
        wire.now += 2_000_000_000;
        wire.next[from] = wire.next[from].wrapping_sub(1);
        wire.send(from, ACK, random.below(2) as u16, &[]);
        let last = wire.packets.len() - 1;
        wire.next[from] = wire.packets[last].seq.wrapping_add(1);
        wire.now += rtt;
        wire.send(to, ACK, 0, &[]);
    }
    for sent in 0..1 + random.below(8) {
        let full = random.chance(70);
        let len = if full {
            1448
        } else {
            1 + random.below(1448) as u16
        };
        wire.send(from, PSH | ACK, len, &[]);
        wire.now += random.below(200_000) as i64;
        if sent % 2 == 1 {
            wire.now += rtt / 2;
            wire.send(to, ACK, 0, &[]);
        }
    }
    wire.now += rtt / 2;
    if random.chance(20) {
        wire.window[to] = random.next() as u16 | 1;
    }
    wire.send(to, ACK, 0, &[]);
}

/// The receiver closes its window, is probed and opens it again.
fn closed_window(random: &mut Random, wire: &mut Writer, from: usize, rtt: i64) {
    let to = 1 - from;
    let open = std::mem::take(&mut wire.window[to]);
    wire.send(to, ACK, 0, &[]);
    for _ in 0..random.below(3) {
        wire.now += 300_000_000;
        wire.send(from, ACK, 1, &[]);
        // Not taken: the same byte is sent again.
        wire.next[from] = wire.next[from].wrapping_sub(1);
        wire.now += rtt;
        wire.send(to, ACK, 0, &[]);
    }
    wire.window[to] = open;
    wire.now += 10_000_000;
    wire.send(to, ACK, 0, &[]);
}

fn ending(random: &mut Random, wire: &mut Writer, rtt: i64) {
    let first = random.below(2) as usize;
    wire.now += random.below(10_000_000) as i64;
    match random.below(6) {
        0 => wire.send(first, RST, 0, &[]),
        1 => wire.send(first, RST | ACK, random.below(40) as u16, &[]),
        2 => {
            wire.send(first, FIN | ACK, 0, &[]);
            wire.now += rtt / 2;
            wire.send(1 - first, RST, 0, &[]);
        }
        3 => {}
        _ => {
            wire.send(first, FIN | PSH | ACK, random.below(3) as u16 * 50, &[]);
            wire.now += rtt / 2;
            wire.send(1 - first, FIN | ACK, 0, &[]);
            wire.now += rtt / 2;
            wire.send(first, ACK, 0, &[]);
        }
    }
}

/// What the capture shows of it.
fn spoilt(random: &mut Random, clean: Vec<Packet>) -> Vec<Packet> {
    let doubled = random.chance(5);
    let loss = random.pick(&[0, 0, 1, 3, 10]);
    let trouble = random.pick(&[0, 2, 10]);
    let late_start = if random.chance(10) {
        random.below(6) as usize
    } else {
        0
    };
    let mut shown = Vec::with_capacity(clean.len());
    for (at, mut packet) in clean.into_iter().enumerate() {
        if at < late_start || random.chance(loss) {
            continue;
        }
        if doubled {
            let mut copy = packet.clone();
            copy.time += 10_000;
            shown.push(copy);
        }
        if random.chance(trouble) {
            let mut again = packet.clone();
            again.time += random.pick(&[1_000, 1_000_000, 5_000_000, 200_000_000, 1_000_000_000]);
            if random.chance(20) {
                // Sent again together with what follows.
                again.len += random.below(200) as u16;
            }
            shown.push(again);
        }
        if random.chance(trouble) {
            packet.time += random.pick(&[500_000, 3_000_000, 25_000_000, 300_000_000]);
        }
        shown.push(packet);
    }
    shown
}
