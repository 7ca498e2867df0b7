//! `starttap live`: interfaces, until Ctrl-C.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use bytesize::ByteSize;
use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use jiff::SignedDuration;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

use super::interfaces::is_understood;
use super::run::Run;
use super::{Common, complain, policy, status};
use crate::capture::Source;
use crate::capture::devices::SEE_LIST;
use crate::capture::filter::Filter;
use crate::capture::live::{Event, Live, Options};
use crate::engine::Engine;
use crate::error::Error;
use crate::escape::terminal;
use crate::limits::Limits;
use crate::model::Input;

/// Sniff interfaces; Ctrl-C ends with the report
#[derive(Debug, Args)]
pub struct LiveArgs {
    /// Interface, repeatable; `starttap interfaces` lists them
    #[arg(short, long = "interface", value_name = "IFACE", required = true,
          value_parser = NonEmptyStringValueParser::new())]
    interfaces: Vec<String>,
    /// End after this many frames
    #[arg(short, long, value_name = "COUNT", value_parser = clap::value_parser!(u64).range(1..))]
    count: Option<u64>,
    /// End after this time: 500ms, 30s, 5m, 1h
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    duration: Option<Duration>,
    /// The system's packet buffer for each interface: 16MiB, 1GiB
    #[arg(long, value_name = "SIZE", default_value = "16MiB", value_parser = buffer)]
    buffer: u32,
    /// Bytes kept of each packet
    #[arg(long, value_name = "BYTES", default_value_t = 65_535,
          value_parser = clap::value_parser!(u32).range(64..=262_144))]
    snaplen: u32,
    /// Also packets not sent to this machine, as on a mirror port
    #[arg(long)]
    promiscuous: bool,
    #[command(flatten)]
    common: Common,
}

/// Sniffs; gives the exit status.
pub fn run(args: &LiveArgs) -> Result<u8, Error> {
    // A mistake in filter or policy is found with or without the permission to sniff.
    args.common.filter.as_deref().map(Filter::new).transpose()?;
    args.common
        .policy
        .as_deref()
        .map(policy::load)
        .transpose()?;
    let ports = args.common.ports();
    let options = Options {
        ports: ports.iter().collect(),
        filter: args.common.filter.clone(),
        snap_len: args.snaplen,
        buffer: args.buffer,
        promiscuous: args.promiscuous,
        duration: args.duration,
    };
    let mut live = Live::open(&args.interfaces, &options, stop_flag())?;
    for interface in live.interfaces() {
        if !is_understood(interface.link_type) {
            return Err(Error::Interface {
                interface: interface.name.clone().unwrap_or_default(),
                reason: format!("{} carries no mail", interface.link_type),
                remedy: SEE_LIST.to_owned(),
            });
        }
    }
    let mut run = Run::open(&args.common, true)?;
    let name = live.name();
    if !args.common.quiet {
        note(&live, &options);
    }
    let limits = Limits {
        // The kernel drops the connections that Wireshark would number.
        other_connections: 0,
        ..Limits::default()
    };
    let mut engine = Engine::new(&name, ports, limits);
    let mut input = Input {
        path: name,
        ..Input::default()
    };
    let stopped = frames(&mut run, &mut live, &mut engine, &mut input, args.count).err();
    input.dropped = live.dropped();
    run.close(engine, input, Some(&live), stopped.as_ref());
    let worst = match &stopped {
        Some(error) => {
            complain(error);
            status::PARTIAL
        }
        None => status::DONE,
    };
    Ok(run.finish(worst))
}

fn frames(
    run: &mut Run<'_>,
    live: &mut Live,
    engine: &mut Engine,
    input: &mut Input,
    count: Option<u64>,
) -> Result<(), Error> {
    while run.goes_on() && Some(input.frames) != count {
        match live.wait()? {
            Event::Frame(frame) => run.frame(&frame, engine, None, input)?,
            Event::Quiet(now) => engine.tick(now, &mut |session| run.session(session)),
            Event::Stopped => break,
        }
    }
    Ok(())
}

/// Set by Ctrl-C and SIGTERM; a second signal ends the program at once.
fn stop_flag() -> Arc<AtomicBool> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        // Only signals that cannot be handled are refused. The order matters: the second signal
        // finds the flag set.
        let _ = flag::register_conditional_default(signal, Arc::clone(&stop));
        let _ = flag::register(signal, Arc::clone(&stop));
    }
    stop
}

/// Says what is going on: a quiet link looks like a program that hangs.
fn note(live: &Live, options: &Options) {
    let interfaces: Vec<String> = live
        .interfaces()
        .iter()
        .map(|interface| {
            let name = interface.name.as_deref().unwrap_or_default();
            format!("{} ({})", terminal(name), interface.link_type)
        })
        .collect();
    let ports: Vec<String> = options.ports.iter().map(u16::to_string).collect();
    // Nobody is left to hear about a broken standard error.
    let _ = writeln!(
        io::stderr(),
        "starttap: sniffing {} for ports {}; Ctrl-C ends with the report",
        interfaces.join(", "),
        ports.join(", ")
    );
}

fn duration(text: &str) -> Result<Duration, String> {
    let expected = || "expected a time like 500ms, 8s, 5m or 1h".to_owned();
    let duration: SignedDuration = text.parse().map_err(|_| expected())?;
    match Duration::try_from(duration) {
        Ok(duration) if !duration.is_zero() => Ok(duration),
        _ => Err(expected()),
    }
}

/// libpcap takes up to 2 GiB; a buffer must hold a few of the largest packets.
fn buffer(text: &str) -> Result<u32, String> {
    let size: ByteSize = text
        .parse()
        .map_err(|_| "expected a size like 16MiB, 100MB or 1GiB".to_owned())?;
    u32::try_from(size.as_u64())
        .ok()
        .filter(|size| (1 << 20..1 << 31).contains(size))
        .ok_or_else(|| "not from 1MiB up to 2GiB".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        for (text, millis) in [
            ("500ms", 500),
            ("8s", 8_000),
            ("5m", 300_000),
            ("1h", 3_600_000),
            ("1h30m", 5_400_000),
        ] {
            assert_eq!(duration(text), Ok(Duration::from_millis(millis)), "{text}");
        }
        for wrong in ["", "5", "0s", "-5s", "5s ago", "1 month", "x", "1e9999s"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn sizes() {
        for (text, size) in [
            ("16MiB", 16 << 20),
            ("100MB", 100_000_000),
            ("1GiB", 1 << 30),
            ("2000000", 2_000_000),
        ] {
            assert_eq!(buffer(text), Ok(size), "{text}");
        }
        for wrong in [
            "",
            "x",
            "-1MiB",
            "1KiB",
            "2GiB",
            "99999999999GB",
            "5 parsecs",
        ] {
            assert!(buffer(wrong).is_err(), "{wrong}");
        }
    }
}
