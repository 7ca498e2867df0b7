//! A progress bar by bytes on standard error, when somebody watches.

use std::io::IsTerminal;
use std::path::Path;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::When;

/// Bytes between two updates: an update costs more than decoding a packet.
const STEP: u64 = 64 << 10;

/// Progress through one input.
pub struct Progress {
    bar: ProgressBar,
    next: u64,
}

impl Progress {
    /// A bar for this input; its length is that of the file, where it is one.
    pub fn new(when: When, quiet: bool, path: &Path) -> Self {
        Self::named(when, quiet, path, &path.display().to_string())
    }

    /// The same under another name.
    pub fn named(when: When, quiet: bool, path: &Path, name: &str) -> Self {
        let wanted = match when {
            When::Auto => !quiet && std::io::stderr().is_terminal(),
            When::Always => true,
            When::Never => false,
        };
        if !wanted {
            let bar = ProgressBar::hidden();
            return Self {
                bar,
                next: u64::MAX,
            };
        }
        let file = std::fs::metadata(path)
            .ok()
            .filter(std::fs::Metadata::is_file);
        let (len, template) = match &file {
            Some(file) => (
                Some(file.len()),
                "{msg} [{bar:30}] {bytes}/{total_bytes} {bytes_per_sec} {eta}",
            ),
            None => (None, "{msg} {spinner} {bytes} {bytes_per_sec}"),
        };
        let target = ProgressDrawTarget::stderr();
        let bar = ProgressBar::with_draw_target(len, target);
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_message(crate::escape::shown(name));
        Self { bar, next: 0 }
    }

    /// This many bytes are read.
    pub fn at(&mut self, position: u64) {
        if position >= self.next {
            self.bar.set_position(position);
            self.next = position + STEP;
        }
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
