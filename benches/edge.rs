//! What a capture of a busy edge costs: `starttap read` beside tcpdump and tshark.
//!
//! Writes 1 GiB of traffic as a mirror port at the edge of a network sees it, the same bytes on
//! every run, nearly all of it not mail, and lets the three programs find the mail in it: one
//! after the other, over and over, so that whatever else the machine does meets all of them.
//! Ratios count; absolute times belong to the machine.
//!
//! ```text
//! cargo bench --bench edge              # 1 GiB, tshark once: some minutes
//! cargo bench --bench edge -- --small   # 64 MiB
//! cargo bench --bench edge -- --help
//! ```
#![allow(missing_docs, reason = "a program, not a library")]
#![expect(clippy::print_stdout, reason = "the figures are what it is for")]

mod edge {
    pub mod capture;
    pub mod mail;
    pub mod measure;
    pub mod packet;
    pub mod random;
    pub mod web;
}

use std::error::Error;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process;
use std::time::{Duration, Instant};

use clap::Parser;

use crate::edge::capture::Capture;
use crate::edge::mail::Mail;
use crate::edge::measure::{Program, Times, megabytes, peak_memory, seconds};
use crate::edge::random::Random;
use crate::edge::web::Web;

/// starttap read, tcpdump and tshark side by side on a generated edge capture
#[derive(Debug, Parser)]
struct Options {
    /// Size of the capture in MiB
    #[arg(long, default_value_t = 1024)]
    mib: u64,
    /// 64 MiB instead
    #[arg(long, conflicts_with = "mib")]
    small: bool,
    /// Percent of the packets that are mail
    #[arg(long, default_value_t = 2)]
    mail: u64,
    /// Connections of other ports open at the same time, in a capture of 1 GiB
    #[arg(long, default_value_t = 100_000)]
    connections: u64,
    /// Timed runs of starttap and of tcpdump
    #[arg(long, default_value_t = 7)]
    repeat: usize,
    /// Leave tshark out
    #[arg(long)]
    without_tshark: bool,
    /// Keep the capture
    #[arg(long)]
    keep: bool,
    /// What `cargo bench` says to every benchmark
    #[arg(long, hide = true)]
    bench: bool,
}

/// The folder the capture is written to; the system's folder for temporary files without it.
const FOLDER: &str = "STARTTAP_BENCH_DIR";

/// Goals: times as fast as tshark, and at most this much of tcpdump's time.
const GOALS: (f64, f64) = (30.0, 1.0);

fn main() -> Result<(), Box<dyn Error>> {
    let mut options = Options::parse();
    if !options.bench {
        println!("nothing measured: this is for `cargo bench --bench edge`");
        return Ok(());
    }
    if options.small {
        options.mib = 64;
    }
    let folder = std::env::var_os(FOLDER).map_or_else(std::env::temp_dir, PathBuf::from);
    let file = Temporary {
        path: folder.join(format!("starttap-edge-{}.pcap", process::id())),
        keep: options.keep,
    };
    let made = generate(&file.path, &options)?;
    println!(
        "capture: {} in {} packets of {} bytes on average; {} mail packets in {} sessions; \
         {} other connections, {} of them at a time; {:.0} s of capture time; made in {}",
        megabytes(made.bytes),
        made.packets,
        made.bytes / made.packets,
        made.mail_packets,
        made.sessions,
        made.connections,
        made.open,
        made.capture_time.as_secs_f64(),
        seconds(made.took),
    );
    if options.keep {
        println!("capture kept: {}", file.path.display());
    }
    compare(&file.path, &made, &options)
}

/// What was generated.
struct Made {
    bytes: u64,
    packets: u64,
    mail_packets: u64,
    sessions: u64,
    connections: u64,
    open: u64,
    capture_time: Duration,
    took: Duration,
}

fn generate(path: &Path, options: &Options) -> Result<Made, Box<dyn Error>> {
    let start = Instant::now();
    let target = options.mib << 20;
    let mut capture = Capture::create(path)?;
    let mut mail = Mail::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("captures"))?;
    // As many packets for each connection in small captures as in large ones.
    let open = (options.connections * options.mib / 1024).max(1);
    let mut web = Web::new(Random::new(1), usize::try_from(open)?);
    while capture.bytes() < target {
        if mail.planned() * 100 < capture.packets() * options.mail {
            mail.start(capture.now());
        }
        mail.send_due(&mut capture)?;
        web.step(&mut capture)?;
    }
    mail.send_all(&mut capture)?;
    let capture_time = capture.now();
    let (bytes, packets) = (capture.bytes(), capture.packets());
    capture.finish()?;
    Ok(Made {
        bytes,
        packets,
        mail_packets: mail.planned(),
        sessions: mail.sessions(),
        connections: web.connections(),
        open,
        capture_time,
        took: start.elapsed(),
    })
}

fn compare(path: &Path, made: &Made, options: &Options) -> Result<(), Box<dyn Error>> {
    let file = path.as_os_str();
    let starttap = Program::new(env!("CARGO_BIN_EXE_starttap"))
        .arguments(&["read", "--format", "ndjson"])
        .argument(file);
    let tcpdump = Program::new("tcpdump")
        .argument("-r")
        .argument(file)
        .arguments(&["-w", "/dev/null", "tcp port 25 or tcp port 587"]);
    let tshark = Program::new("tshark")
        .arguments(&["-n", "-r"])
        .argument(file)
        .arguments(&[
            "-Y",
            "tls.handshake.type==1 or tls.handshake.type==2",
            "-T",
            "fields",
            "-e",
            "frame.number",
        ]);

    // The first runs warm the page cache, and show that the right thing is measured.
    let found = starttap.lines_with(r#""kind":"session""#)?;
    if found != made.sessions {
        return Err(format!("starttap found {found} of {} sessions", made.sessions).into());
    }
    let with_tcpdump = tcpdump.is_installed();
    let mut ours = Times::default();
    let mut theirs = Times::default();
    let mut reading = Times::default();
    for _ in 0..options.repeat.max(1) {
        reading.add(read_through(path)?);
        ours.add(starttap.run()?);
        if with_tcpdump {
            theirs.add(tcpdump.run()?);
        }
    }
    let per_packet = |time: Duration| time.as_nanos() / u128::from(made.packets);
    let row = |name: &str, times: &Times, memory: Option<u64>| {
        println!(
            "{name:<14} best {:>8}  median {:>8}  {:>6} ns a packet  {:>8}/s  peak {}",
            seconds(times.best()),
            seconds(times.median()),
            per_packet(times.best()),
            megabytes((made.bytes as f64 / times.best().as_secs_f64()) as u64),
            memory.map_or_else(|| "?".to_owned(), megabytes),
        );
    };
    row("plain reading", &reading, None);
    row("starttap", &ours, peak_memory(&starttap)?);
    let (goal_tshark, goal_tcpdump) = GOALS;
    if with_tcpdump {
        row("tcpdump", &theirs, peak_memory(&tcpdump)?);
        let ratio = |ours: Duration, theirs: Duration| ours.as_secs_f64() / theirs.as_secs_f64();
        println!(
            "starttap takes {:.2} of tcpdump's time (best), {:.2} (median); goal: at most {goal_tcpdump}",
            ratio(ours.best(), theirs.best()),
            ratio(ours.median(), theirs.median()),
        );
    } else {
        println!("SKIPPED tcpdump: not installed");
    }
    if options.without_tshark {
        println!("SKIPPED tshark: --without-tshark");
    } else if tshark.is_installed() {
        let (time, memory) = tshark.run_watched()?;
        let mut once = Times::default();
        once.add(time);
        row("tshark", &once, memory);
        println!(
            "starttap is {:.0} times as fast as tshark; goal: at least {goal_tshark}",
            time.as_secs_f64() / ours.median().as_secs_f64(),
        );
    } else {
        println!("SKIPPED tshark: not installed");
    }
    Ok(())
}

/// Reads the file as starttap does and does nothing with it: what no program can be faster than.
fn read_through(path: &Path) -> Result<Duration, Box<dyn Error>> {
    let mut window = vec![0; 1 << 20];
    let start = Instant::now();
    let mut file = File::open(path)?;
    while file.read(&mut window)? > 0 {}
    Ok(start.elapsed())
}

/// A file that goes when the benchmark ends, however it ends.
struct Temporary {
    path: PathBuf,
    keep: bool,
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if !self.keep {
            // Nothing can be done about a file that is not there or cannot be removed.
            let _ = fs::remove_file(&self.path);
        }
    }
}
