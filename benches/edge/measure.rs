//! Running programs, their time and their memory.

use std::error::Error;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// A command line that is run again and again.
pub struct Program {
    name: OsString,
    arguments: Vec<OsString>,
}

impl Program {
    /// A program without arguments.
    pub fn new(name: &str) -> Self {
        Self {
            name: name.into(),
            arguments: Vec::new(),
        }
    }

    /// One more argument.
    pub fn argument(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.arguments.push(argument.as_ref().to_owned());
        self
    }

    /// More arguments.
    pub fn arguments(mut self, arguments: &[&str]) -> Self {
        self.arguments.extend(arguments.iter().map(OsString::from));
        self
    }

    /// Whether it can be run at all.
    pub fn is_installed(&self) -> bool {
        let mut command = Command::new(&self.name);
        command.arg("--version");
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    }

    /// Runs it; what it prints is thrown away.
    pub fn run(&self) -> Result<Duration, Box<dyn Error>> {
        let start = Instant::now();
        let status = self.start()?.wait()?;
        let time = start.elapsed();
        self.check(status)?;
        Ok(time)
    }

    /// Runs it and looks at its peak memory all the time, which takes some of its own.
    pub fn run_watched(&self) -> Result<(Duration, Option<u64>), Box<dyn Error>> {
        let start = Instant::now();
        let mut child = self.start()?;
        let mut peak = None;
        let status = loop {
            peak = peak.max(high_water(child.id()));
            if let Some(status) = child.try_wait()? {
                break status;
            }
            thread::sleep(Duration::from_millis(2));
        };
        let time = start.elapsed();
        self.check(status)?;
        Ok((time, peak))
    }

    /// How many lines with this text it prints.
    pub fn lines_with(&self, text: &str) -> Result<u64, Box<dyn Error>> {
        let output = Command::new(&self.name)
            .args(&self.arguments)
            .stderr(Stdio::inherit())
            .output()?;
        self.check(output.status)?;
        let lines = String::from_utf8(output.stdout)?;
        Ok(lines.lines().filter(|line| line.contains(text)).count() as u64)
    }

    fn start(&self) -> Result<Child, Box<dyn Error>> {
        Ok(Command::new(&self.name)
            .args(&self.arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?)
    }

    fn check(&self, status: ExitStatus) -> Result<(), Box<dyn Error>> {
        match status.success() {
            true => Ok(()),
            false => Err(format!("{}: {status}", self.name.display()).into()),
        }
    }
}

/// Peak memory of a run in bytes, where the system tells.
pub fn peak_memory(program: &Program) -> Result<Option<u64>, Box<dyn Error>> {
    Ok(program.run_watched()?.1)
}

/// `VmHWM` of a running process (proc(5)), in bytes.
fn high_water(process: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes << 10)
}

/// The times of several runs.
#[derive(Default)]
pub struct Times(Vec<Duration>);

impl Times {
    /// One more run.
    pub fn add(&mut self, time: Duration) {
        let at = self.0.partition_point(|&other| other < time);
        self.0.insert(at, time);
    }

    /// The fastest run.
    pub fn best(&self) -> Duration {
        self.0.first().copied().unwrap_or_default()
    }

    /// The run in the middle.
    pub fn median(&self) -> Duration {
        self.0.get(self.0.len() / 2).copied().unwrap_or_default()
    }
}

/// Seconds for people.
pub fn seconds(time: Duration) -> String {
    format!("{:.3} s", time.as_secs_f64())
}

/// Bytes for people.
pub fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}
