//! Segments that probe every comparison of the analysis: numbers at and next to each boundary the
//! rules know, times exactly at the thresholds, flags in every combination.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::packet::{ACK, FIN, PSH, Packet, RST, Random, SYN};

/// What the generator remembers of one direction, to aim at.
#[derive(Clone, Default)]
struct Aim {
    isn: u32,
    top: u32,
    top_time: i64,
    contig: u32,
    seq: u32,
    ack: u32,
    window: u16,
    shift: u32,
    time: i64,
}

struct Flow {
    ends: [(IpAddr, u16); 2],
    aims: [Aim; 2],
    syn_time: i64,
    rtt: i64,
}

/// `count` segments of few connections, interleaved.
pub fn packets(random: &mut Random, count: usize) -> Vec<Packet> {
    let mut flows: Vec<Flow> = (0..1 + random.below(12))
        .map(|at| flow(random, at))
        .collect();
    let mut now = 1_700_000_000_000_000_000_i64 + random.below(1_000_000_000) as i64;
    let mut packets = Vec::with_capacity(count);
    for _ in 0..count {
        let at = random.below(flows.len() as u64) as usize;
        if random.chance(1) && random.chance(20) {
            flows[at] = flow(random, at as u64);
        }
        let packet = segment(random, &mut flows[at], &mut now);
        packets.push(packet);
    }
    packets
}

fn flow(random: &mut Random, at: u64) -> Flow {
    let port = random.pick(&[25, 587, 465, 2525, 40_000]);
    let ends = if random.chance(20) {
        let host = |last: u16| IpAddr::V6(Ipv6Addr::new(0x2001, 0xDB8, 0, 0, 0, 0, 0, last));
        [(host(7), 50_000 + at as u16), (host(25), port)]
    } else {
        let host = |last| IpAddr::V4(Ipv4Addr::new(192, 0, 2, last));
        [(host(7), 50_000 + at as u16), (host(25), port)]
    };
    let mut aim = || {
        let isn = match random.below(6) {
            // A real zero is taken for "unset" in several places.
            0 => 0_u32.wrapping_sub(random.below(3) as u32),
            1 => 0_u32.wrapping_sub(random.below(5000) as u32),
            2 => 0x7FFF_FFFF_u32.wrapping_sub(random.below(5000) as u32),
            _ => random.next() as u32,
        };
        Aim {
            isn,
            top: isn,
            contig: isn,
            ..Aim::default()
        }
    };
    let aims = [aim(), aim()];
    Flow {
        ends,
        aims,
        syn_time: 0,
        rtt: 0,
    }
}

fn segment(random: &mut Random, flow: &mut Flow, now: &mut i64) -> Packet {
    let from = random.below(2) as usize;
    let to = 1 - from;
    let (fwd, rev) = (flow.aims[from].clone(), flow.aims[to].clone());
    *now = time(random, *now, &fwd, &rev, flow.rtt);
    let flags = match random.below(40) {
        0..=15 => ACK,
        16..=28 => PSH | ACK,
        29 | 30 => SYN,
        31 | 32 => SYN | ACK,
        33 => FIN | ACK,
        34 => RST,
        35 => RST | ACK,
        36 => 0,
        37 => random.pick(&[FIN, SYN | FIN, SYN | RST, FIN | RST | ACK]),
        _ => random.next() as u8,
    };
    let seq = sequence(random, flags, &fwd, &rev);
    let window = match random.below(10) {
        0..=4 => fwd.window,
        5 | 6 => 0,
        7 => random.below(50) as u16,
        _ => random.next() as u16,
    };
    let options = options(random, flags);
    // Quotes that end within the header or the options are left out: see README.md.
    let whole = 20 + options.len();
    let quoted = random
        .chance(2)
        .then(|| random.pick(&[8, 12, whole, whole, whole + 8]));
    let len = length(random, seq, &fwd, &rev);
    // A header too short for a header, or one longer than its packet.
    let is_broken = quoted.is_none() && random.chance(1);
    let claimed = match usize::from(len) + whole {
        0..60 if options.is_empty() && random.chance(50) => 15,
        _ => random.below(5) as u8,
    };
    let packet = Packet {
        time: *now,
        source: flow.ends[from],
        destination: flow.ends[to],
        seq,
        ack: acknowledgment(random, &fwd, &rev),
        flags,
        window,
        options,
        len,
        quoted,
        claimed: is_broken.then_some(claimed),
    };
    if packet.quoted.is_none() && !is_broken {
        remember(flow, from, &packet);
    }
    packet
}

fn time(random: &mut Random, now: i64, fwd: &Aim, rev: &Aim, rtt: i64) -> i64 {
    let near = random.below(3) as i64 - 1;
    let aimed = match random.below(24) {
        0 => rev.time + 20_000_000 + near,
        1 => fwd.top_time + rtt + near,
        2 => fwd.top_time + 3_000_000 + near,
        3 => return (now - random.below(1_000_000) as i64).max(1),
        4 if random.chance(10) => return (now - random.below(5_000_000_000) as i64).max(1),
        5 => now,
        6 => now + 300_000_000,
        7 if random.chance(10) => now + random.below(90_000_000_000) as i64,
        8..=12 => now + random.below(3_000_000) as i64,
        13 => now + random.below(30_000_000) as i64,
        _ => now + random.below(50_000) as i64,
    };
    // Most aims lie in the past; few of them may pull time back, and none may run away with it.
    let runs_away = aimed > now + 100_000_000_000;
    if runs_away || (aimed < now && random.chance(70)) {
        now
    } else {
        aimed.max(1)
    }
}

fn sequence(random: &mut Random, flags: u8, fwd: &Aim, rev: &Aim) -> u32 {
    let small = random.below(4) as u32;
    let step = random.below(3000) as u32;
    if flags & SYN != 0 && random.chance(60) {
        return fwd.isn;
    }
    match random.below(32) {
        0..=13 => fwd.top,
        14 => fwd.top.wrapping_sub(1),
        15 => fwd.top.wrapping_add(small),
        16 => fwd.top.wrapping_sub(small),
        17 | 18 => fwd.top.wrapping_sub(step),
        19 => fwd.top.wrapping_add(step),
        20 | 21 => fwd.seq,
        22 | 23 => rev.ack,
        24 => rev.ack.wrapping_sub(small),
        25 | 26 => fwd.contig,
        27 => fwd.isn.wrapping_add(small),
        28 => rev.ack.wrapping_add(step),
        29 if random.chance(20) => fwd.top.wrapping_add(0x8000_0000).wrapping_sub(small),
        30 if random.chance(20) => random.next() as u32,
        31 if random.chance(20) => 0_u32.wrapping_sub(small),
        _ => fwd.top,
    }
}

fn acknowledgment(random: &mut Random, fwd: &Aim, rev: &Aim) -> u32 {
    let small = random.below(4) as u32;
    let step = random.below(3000) as u32;
    match random.below(32) {
        0..=13 => fwd.ack,
        14..=21 => rev.top,
        22 => rev.top.wrapping_sub(small),
        23 => rev.top.wrapping_add(small),
        24 => rev.top.wrapping_sub(step),
        25 => rev.top.wrapping_add(step),
        26 => rev.contig,
        27 => rev.contig.wrapping_add(small),
        28 => rev.seq,
        29 if random.chance(20) => rev.top.wrapping_add(0x8000_0000).wrapping_sub(small),
        30 if random.chance(20) => random.next() as u32,
        31 => 0,
        _ => fwd.ack,
    }
}

fn length(random: &mut Random, seq: u32, fwd: &Aim, rev: &Aim) -> u16 {
    match random.below(20) {
        0..=8 => 0,
        9 | 10 => 1,
        11 => 2,
        12 => random.below(30_000) as u16,
        // Up to the edge of the window, scaled or not.
        13 | 14 => {
            let shift = if random.chance(70) { rev.shift } else { 0 };
            let edge = rev.ack.wrapping_add(u32::from(rev.window) << shift);
            let len = edge.wrapping_sub(seq);
            if len < 40_000 { len as u16 } else { 100 }
        }
        // Exactly up to the highest number sent.
        15 => {
            let len = fwd.top.wrapping_sub(seq);
            if len < 40_000 { len as u16 } else { 100 }
        }
        _ => random.below(1460) as u16,
    }
}

fn options(random: &mut Random, flags: u8) -> Vec<u8> {
    let scale = |random: &mut Random| vec![1, 3, 3, random.pick(&[0, 1, 2, 7, 14, 15, 200])];
    if flags & SYN != 0 {
        return match random.below(4) {
            0 => Vec::new(),
            1 => vec![2, 4, 5, 0xB4],
            _ => [vec![2, 4, 5, 0xB4], scale(random)].concat(),
        };
    }
    match random.below(40) {
        0 => scale(random),
        1..=4 => vec![1, 1, 8, 10, 0, 0, 0, random.next() as u8, 0, 0, 0, 1],
        5 => vec![1, 1, 5, 10, 0, 0, 0, 1, 0, 0, 0, 9],
        6 if random.chance(20) => random
            .pick(&[
                [3, 3, 0, 0],
                [3, 2, 3, 3],
                [3, 9, 1, 1],
                [3, 0, 1, 1],
                [3, 4, 7, 7],
                [0, 3, 3, 7],
                [1, 1, 1, 3],
            ])
            .to_vec(),
        _ => Vec::new(),
    }
}

fn remember(flow: &mut Flow, from: usize, packet: &Packet) {
    let has = |flag: u8| packet.flags & flag != 0;
    if has(SYN) && !has(ACK) {
        flow.syn_time = packet.time;
        if packet.seq != flow.aims[from].isn {
            flow.rtt = 0;
            flow.aims[from].top = packet.seq;
        }
    } else if has(ACK) && !has(SYN) && flow.rtt == 0 && flow.syn_time != 0 {
        flow.rtt = packet.time - flow.syn_time;
    }
    let aim = &mut flow.aims[from];
    if has(SYN) {
        aim.isn = packet.seq;
    }
    if let [.., 3, 3, shift] = packet.options[..] {
        aim.shift = u32::from(shift.min(14));
    }
    let end = packet
        .seq
        .wrapping_add(u32::from(packet.len))
        .wrapping_add(u32::from(has(SYN) || has(FIN)));
    if end.wrapping_sub(aim.top) < 0x8000_0000 {
        aim.top = end;
        aim.top_time = packet.time;
    }
    if packet.seq == aim.contig {
        aim.contig = aim.top;
    }
    aim.seq = packet.seq;
    aim.ack = packet.ack;
    aim.window = packet.window;
    aim.time = packet.time;
}
