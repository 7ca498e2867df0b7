//! A sliding window over one input: the only place that reads capture bytes.
//!
//! The readers of pcap and pcapng ask for the next record to be whole in memory and borrow it from
//! here, so no packet is copied or allocated for. The window starts with `Limits::read_window`
//! bytes and grows only when one record does not fit, up to `Limits::block`. An error of the
//! system is kept with the place it happened at, which is why `pcap-parser`'s own reader is not
//! used: it turns every I/O error into a unit value.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::ahead::{Ahead, HEADROOM};
use crate::error::Error;
use crate::limits::Limits;

/// Where the bytes come from.
enum Feed {
    /// Read when needed.
    Reader(Box<dyn Read>),
    /// Read ahead by a thread.
    Ahead(Ahead),
}

/// The unread bytes of one input, as far as they are in memory.
///
/// Invariant: `start <= end <= buffer.len()`; `buffer[start..end]` are the bytes at `offset` of the
/// input.
pub struct Window {
    path: PathBuf,
    feed: Feed,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    /// Offset of `buffer[start]` in the (decompressed) input.
    offset: u64,
    largest: usize,
    ended: bool,
    /// Bytes consumed below a decompressor, when there is one.
    compressed: Option<Arc<AtomicU64>>,
}

impl Window {
    /// A window over `reader`; `path` names the input in errors.
    pub fn new(path: &Path, reader: Box<dyn Read>, limits: &Limits) -> Self {
        Self::over(path, Feed::Reader(reader), limits)
    }

    /// A window over a file that is read ahead.
    pub fn ahead(path: &Path, file: File, limits: &Limits) -> io::Result<Self> {
        Ok(Self::over(path, Feed::Ahead(Ahead::new(file)?), limits))
    }

    fn over(path: &Path, feed: Feed, limits: &Limits) -> Self {
        // Some bytes above the block, so that a header in front of the largest packet still fits.
        let largest = limits.block.saturating_add(SLACK);
        Self {
            path: path.to_owned(),
            feed,
            buffer: vec![0; limits.read_window.clamp(SLACK, largest)],
            start: 0,
            end: 0,
            offset: 0,
            largest,
            ended: false,
            compressed: None,
        }
    }

    /// Like [`Window::new`] for a decompressor that counts its input in `consumed`.
    #[cfg(feature = "compress")]
    pub(super) fn over_compressed(
        path: &Path,
        reader: Box<dyn Read>,
        limits: &Limits,
        consumed: Arc<AtomicU64>,
    ) -> Self {
        Self {
            compressed: Some(consumed),
            ..Self::new(path, reader, limits)
        }
    }

    /// Makes at least `wanted` bytes available; false when the input ends before.
    ///
    /// `frames` is the number of the last good frame, for the error.
    #[inline]
    pub fn ensure(&mut self, wanted: usize, frames: u64) -> Result<bool, Error> {
        if self.end - self.start >= wanted {
            return Ok(true);
        }
        match self.fill(wanted) {
            Ok(enough) => Ok(enough),
            Err(source) => Err(self.failed(source, frames)),
        }
    }

    /// The bytes that are available now, beginning at [`Window::offset`].
    #[inline]
    pub fn peek(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    /// Consumes and lends `count` bytes, which [`Window::ensure`] has promised.
    #[inline]
    pub fn take(&mut self, count: usize) -> &[u8] {
        let begin = self.start;
        let taken = &self.buffer[begin..self.end][..count];
        self.start += count;
        self.offset += count as u64;
        taken
    }

    /// Consumes `count` bytes without holding them; false when the input ends before.
    pub fn skip(&mut self, mut count: u64, frames: u64) -> Result<bool, Error> {
        loop {
            let step = usize::try_from(count)
                .unwrap_or(usize::MAX)
                .min(self.end - self.start);
            self.take(step);
            count -= step as u64;
            if count == 0 {
                return Ok(true);
            }
            if !self.ensure(1, frames)? {
                return Ok(false);
            }
        }
    }

    /// Byte offset of the next unread byte in the (decompressed) input.
    #[inline]
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Bytes of the underlying input consumed so far; compressed bytes for a compressed input.
    pub fn position(&self) -> u64 {
        match &self.compressed {
            Some(consumed) => consumed.load(Ordering::Relaxed),
            None => self.offset,
        }
    }

    /// Whether the input is read through a decompressor.
    pub fn is_compressed(&self) -> bool {
        self.compressed.is_some()
    }

    /// The input's name.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A record at `offset` cannot be right; `frames` good frames came before. There is nothing
    /// more to read after that.
    #[cold]
    pub fn damaged(&mut self, frames: u64, offset: u64, what: String) -> Error {
        self.close();
        Error::Damaged {
            path: self.path.clone(),
            frame: frames,
            offset,
            what,
        }
    }

    /// The end of the record at `offset` is missing; `frames` good frames came before. There is
    /// nothing more to read after that.
    #[cold]
    pub fn cut_short(&mut self, frames: u64, offset: u64, what: String) -> Error {
        self.close();
        Error::CutShort {
            path: self.path.clone(),
            frame: frames + 1,
            offset,
            what,
        }
    }

    /// Reads until `wanted` bytes are there or the input ends. Never waits for more than that: the
    /// input may be a pipe that a capture program is still filling.
    #[cold]
    pub(super) fn fill(&mut self, wanted: usize) -> io::Result<bool> {
        self.check(wanted)?;
        while self.end - self.start < wanted && !self.ended {
            if self.next_block()? {
                continue;
            }
            self.make_room(wanted);
            let Feed::Reader(reader) = &mut self.feed else {
                self.ended = true;
                break;
            };
            match reader.read(&mut self.buffer[self.end..]) {
                Ok(0) => self.ended = true,
                Ok(count) => self.end += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(self.end - self.start >= wanted)
    }

    /// Exchanges the window for the next block that was read ahead, if there is one.
    fn next_block(&mut self) -> io::Result<bool> {
        let Feed::Ahead(ahead) = &self.feed else {
            return Ok(false);
        };
        let left = self.end - self.start;
        if left > HEADROOM {
            // A huge record: the window grows by what comes.
            let Some(block) = ahead.next(Vec::new())? else {
                return Ok(false);
            };
            self.buffer.copy_within(self.start..self.end, 0);
            self.buffer.truncate(left);
            self.buffer
                .extend_from_slice(&block.buffer[HEADROOM..block.end]);
            (self.start, self.end) = (0, self.buffer.len());
            return Ok(true);
        }
        let rest = self.buffer[self.start..self.end].to_vec();
        let Some(mut block) = ahead.next(std::mem::take(&mut self.buffer))? else {
            self.buffer = rest;
            (self.start, self.end) = (0, left);
            return Ok(false);
        };
        self.start = HEADROOM - left;
        block.buffer[self.start..HEADROOM].copy_from_slice(&rest);
        self.end = block.end;
        self.buffer = block.buffer;
        Ok(true)
    }

    fn check(&self, wanted: usize) -> io::Result<()> {
        if wanted > self.largest {
            return Err(io::Error::other(format!(
                "a record of {wanted} bytes is larger than the {} bytes allowed",
                self.largest
            )));
        }
        Ok(())
    }

    fn make_room(&mut self, wanted: usize) {
        let fits = self.buffer.len() - self.start >= wanted && self.end < self.buffer.len();
        if fits && self.start < self.end {
            return;
        }
        self.buffer.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        if self.buffer.len() < wanted {
            let size = wanted.next_power_of_two().clamp(wanted, self.largest);
            self.buffer.resize(size, 0);
        }
    }

    /// A decompressor reports a cut or broken stream as an I/O error; a file never does.
    #[cold]
    fn failed(&mut self, source: io::Error, frames: u64) -> Error {
        match source.kind() {
            io::ErrorKind::UnexpectedEof if self.is_compressed() => self.cut_short(
                frames,
                self.offset,
                "the compressed data ends in the middle".to_owned(),
            ),
            io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput if self.is_compressed() => {
                self.damaged(frames, self.offset, format!("decompression: {source}"))
            }
            _ => {
                let offset = self.offset + self.peek().len() as u64;
                self.close();
                Error::Read {
                    path: self.path.clone(),
                    offset,
                    source,
                }
            }
        }
    }

    fn close(&mut self) {
        self.start = self.end;
        self.ended = true;
    }
}

/// Room for a record header in front of the largest packet, and the smallest window.
const SLACK: usize = 4096;

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use super::*;

    /// Gives the prepared answers one by one.
    struct Script(VecDeque<io::Result<Vec<u8>>>);

    impl Read for Script {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            match self.0.pop_front() {
                Some(Ok(mut bytes)) => {
                    let rest = bytes.split_off(bytes.len().min(into.len()));
                    into[..bytes.len()].copy_from_slice(&bytes);
                    if !rest.is_empty() {
                        self.0.push_front(Ok(rest));
                    }
                    Ok(bytes.len())
                }
                Some(Err(error)) => Err(error),
                None => Ok(0),
            }
        }
    }

    fn window(answers: Vec<io::Result<Vec<u8>>>, limits: &Limits) -> Window {
        let script = Script(answers.into());
        Window::new(Path::new("x"), Box::new(script), limits)
    }

    #[test]
    fn an_interrupted_read_is_tried_again() {
        let interrupted = io::Error::from(io::ErrorKind::Interrupted);
        let mut window = window(
            vec![Ok(vec![1]), Err(interrupted), Ok(vec![2, 3])],
            &Limits::default(),
        );
        assert!(window.ensure(3, 0).expect("no error"));
        assert_eq!(window.take(2), [1, 2]);
        assert_eq!((window.offset(), window.peek()), (2, &[3][..]));
        assert!(!window.ensure(2, 0).expect("no error"));
    }

    #[test]
    fn an_error_of_the_system_keeps_its_place_and_cause() {
        let mut window = window(
            vec![Ok(vec![0; 10]), Err(io::Error::other("disk on fire"))],
            &Limits::default(),
        );
        assert!(window.ensure(4, 0).expect("no error"));
        window.take(4);
        let error = window.ensure(20, 7).expect_err("the disk is on fire");
        assert_eq!(
            error.to_string(),
            "x: reading failed at byte 10: disk on fire"
        );
    }

    #[test]
    fn slides_and_grows_to_one_block() {
        let limits = Limits {
            read_window: 4096,
            block: 1 << 20,
            ..Limits::default()
        };
        let data: Vec<u8> = (0..600_000u32).map(|n| (n % 251) as u8).collect();
        let answers = data.chunks(1000).map(|chunk| Ok(chunk.to_vec())).collect();
        let mut window = window(answers, &limits);
        for size in [1, 4095, 3000, 200_000, 17, 300_000] {
            let at = usize::try_from(window.offset()).expect("small");
            assert!(window.ensure(size, 0).expect("no error"));
            assert_eq!(window.take(size), &data[at..at + size]);
        }
        assert!(window.skip(50_000, 0).expect("no error"));
        assert_eq!(window.peek()[0], data[507_113 + 50_000]);
        assert!(!window.skip(1 << 40, 0).expect("no error"));
        assert!(window.buffer.len() <= 1 << 20);
    }

    #[test]
    fn never_grows_beyond_the_limit() {
        let limits = Limits {
            block: 1 << 16,
            ..Limits::default()
        };
        let mut window = window(vec![Ok(vec![0; 100])], &limits);
        assert!(window.ensure(1 << 20, 0).is_err());
        assert!(window.buffer.len() <= (1 << 16) + SLACK);
    }
}
