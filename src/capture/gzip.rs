//! gzip-compressed captures, unpacked on the way into a second window.
//!
//! The first window stays below the decompressor and counts compressed bytes, because only they
//! tell how much of the file is left.

use std::io::{self, BufRead, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::bufread::MultiGzDecoder;

use super::window::Window;
use crate::limits::Limits;

/// A window over the unpacked bytes of `window`, all gzip members one after the other.
pub(super) fn unpack(window: Window, limits: &Limits) -> Window {
    let path = window.path().to_owned();
    let consumed = Arc::new(AtomicU64::new(window.offset()));
    let decoder = MultiGzDecoder::new(Compressed {
        window,
        consumed: Arc::clone(&consumed),
    });
    Window::over_compressed(&path, Box::new(SmallSteps(decoder)), limits, consumed)
}

/// The compressed bytes.
struct Compressed {
    window: Window,
    consumed: Arc<AtomicU64>,
}

impl BufRead for Compressed {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.window.fill(1)?;
        Ok(self.window.peek())
    }

    fn consume(&mut self, count: usize) {
        self.window.take(count);
        self.consumed.store(self.window.offset(), Ordering::Relaxed);
    }
}

impl Read for Compressed {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let mut available = self.fill_buf()?;
        let count = available.read(into)?;
        self.consume(count);
        Ok(count)
    }
}

/// The decoder throws away what it has unpacked in the call that meets damage: asking for little
/// at a time keeps that loss small.
struct SmallSteps<R>(R);

impl<R: Read> Read for SmallSteps<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let step = into.len().min(STEP);
        self.0.read(&mut into[..step])
    }
}

/// Half of deflate's 32 KiB dictionary.
const STEP: usize = 16 << 10;
