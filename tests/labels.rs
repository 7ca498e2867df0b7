//! Labels and stream numbers against tshark 4.0.17, frame by frame, on recorded captures and on
//! made-up ones. Where they differ on purpose stands in `labels/README.md`.

mod corpus;
mod hostile;
mod ours;
pub mod packet;
mod sessions;
mod tally;
pub mod tshark;

use std::path::PathBuf;

use packet::{ACK, FIN, Packet, Random, SYN};
use tally::Tally;
pub use tshark::is_installed as has_tshark;

/// What is said about a frame with a TCP header.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Row {
    /// Quoted in an ICMP error: starttap gives no labels to it, tshark sometimes `reused_ports`.
    is_quote: bool,
    stream: u32,
    labels: String,
    /// Number and frame.
    dup_ack: (u64, u64),
    /// Nanoseconds and frame.
    rto: (i64, u64),
    /// Nanoseconds; tshark prints it only on some frames.
    initial_rtt: Option<i64>,
    /// The final value of the connection.
    completeness: Option<u8>,
}

/// Packets of one made-up capture, all of them together well above 200 000.
const ROUND: usize = 20_000;

#[test]
fn made_up_traffic_is_labelled_as_tshark_does() {
    if !tshark::is_installed() {
        say!("SKIPPED: made-up traffic is not compared, tshark 4.0.17 is not installed");
        return;
    }
    let number = |name: &str, default: u64| match std::env::var(name) {
        Ok(value) => value.parse().expect("a number in the environment"),
        Err(_) => default,
    };
    let seed = number("STARTTAP_SEED", 0x57A7);
    let mut random = Random::new(seed);
    let mut tally = Tally::default();
    for round in 0..number("STARTTAP_ROUNDS", 12) {
        let packets = match round % 3 {
            0 => sessions::packets(&mut random, ROUND),
            _ => hostile::packets(&mut random, ROUND),
        };
        let file = scratch(&format!("made-up-{seed}-{round}.pcap"));
        packet::write(&file, &packets).expect("the capture is written");
        let before = tally.differences;
        let (ours, tshark) = (ours::rows(&file), tshark::rows(&file));
        assert_eq!(tshark.len(), packets.len());
        tally.compare(&format!("round {round}"), &ours, &tshark);
        // A capture with differences stays for a closer look.
        if tally.differences == before {
            std::fs::remove_file(&file).expect("the capture is removed");
        }
    }
    say!("seed {seed}: {tally}");
    assert!(tally.differences == 0, "seed {seed}: {}", tally.examples());
    for label in starttap::tcp::Label::ALL {
        assert!(tally.seen(label) > 50, "{} is seldom met", label.name());
    }
}

#[test]
fn more_unacknowledged_segments_than_are_remembered() {
    if !tshark::is_installed() {
        say!("SKIPPED: the full list is not compared, tshark 4.0.17 is not installed");
        return;
    }
    let ends = [("192.0.2.7", 40_000), ("192.0.2.25", 25)]
        .map(|(ip, port)| (ip.parse().expect("an address"), port));
    let mut packets = Vec::new();
    let mut send = |flags, len: u16, from: usize, seq, ack| {
        packets.push(Packet {
            time: 1_700_000_000_000_000_000 + packets.len() as i64 * 5_000_000,
            source: ends[from],
            destination: ends[1 - from],
            seq,
            ack,
            flags,
            window: 1000,
            options: Vec::new(),
            len,
            quoted: None,
            claimed: None,
        });
    };
    let mut seq = 1000;
    for at in 0..10_050_u32 {
        let len = 10 + (at % 7) as u16;
        send(ACK, len, 0, seq, 1);
        seq += u32::from(len);
    }
    // The list is full: a FIN or SYN takes no number, and the oldest entry stays.
    send(FIN | ACK, 5, 0, seq, 1);
    send(FIN | ACK, 5, 0, seq, 1);
    send(SYN, 0, 0, seq + 5, 1);
    send(ACK, 10, 0, 5000, 1);
    send(ACK, 0, 1, 1, 60_000);
    send(ACK, 10, 0, 70_000, 1);
    send(FIN | ACK, 5, 0, seq, 1);
    let file = scratch("full-list.pcap");
    packet::write(&file, &packets).expect("the capture is written");
    let mut tally = Tally::default();
    tally.compare("full list", &ours::rows(&file), &tshark::rows(&file));
    assert!(tally.differences == 0, "{}", tally.examples());
}

/// Every frame of every capture: the project's own and, where it is there, the corpus.
#[test]
fn recorded_captures_are_labelled_as_tshark_does() {
    let mut files: Vec<_> = crate::support::captures();
    let corpus = corpus::captures();
    match &corpus {
        Some(captures) => files.extend(captures.iter().map(|capture| capture.path.clone())),
        None => say!("SKIPPED: the corpus is not compared, there is no ../shared/corpus"),
    }
    let ours: Vec<_> = files.iter().map(|file| ours::rows(file)).collect();
    let mut recorded = Tally::default();
    let corpus = corpus.unwrap_or_default();
    for (capture, ours) in corpus.iter().zip(&ours[files.len() - corpus.len()..]) {
        let labels_only: Vec<_> = ours
            .iter()
            .map(|row| row.as_ref().map(corpus::labels_only))
            .collect();
        recorded.compare(&capture.name, &labels_only, &capture.expected());
    }
    say!("{} captures, oracle files: {recorded}", corpus.len());
    assert!(recorded.differences == 0, "{}", recorded.examples());
    if !tshark::is_installed() {
        say!("SKIPPED: numbers beside the labels are not compared without tshark 4.0.17");
        return;
    }
    let mut asked = Tally::default();
    for ((file, ours), tshark) in files.iter().zip(&ours).zip(tshark::rows_of_all(&files)) {
        asked.compare(&crate::support::name(file), ours, &tshark);
    }
    say!("{} captures, tshark: {asked}", files.len());
    assert!(asked.differences == 0, "{}", asked.examples());
}

fn scratch(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("labels");
    std::fs::create_dir_all(&folder).expect("a folder for made-up captures");
    folder.join(name)
}
