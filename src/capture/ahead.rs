//! Reads a file ahead of its analysis, on a thread of its own.
//!
//! On a warm file more time goes into the system's copying than into looking at the packets; a
//! second core can do it meanwhile. Blocks change hands as they are: each leaves room in front for
//! the bytes that the window has not used up yet, so nothing but such a remainder is copied twice.
//! Only for files: a pipe would have to wait for whole blocks.

use std::fs::File;
use std::io::{self, Read};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread;

/// Room in front of a block: the largest packet that capture programs write (256 KiB) and its
/// headers. A larger remainder is moved to a larger window.
pub const HEADROOM: usize = (256 << 10) + 1024;

/// Bytes read at a time: the blocks in flight stay in the cache that the cores share.
const BLOCK: usize = 256 << 10;

/// Blocks in flight; two would do if both sides were always equally fast.
const IN_FLIGHT: usize = 4;

/// A block of the file.
pub struct Block {
    /// `HEADROOM` bytes of room, then the data.
    pub buffer: Vec<u8>,
    /// End of the data.
    pub end: usize,
}

/// The reading end.
pub struct Ahead {
    full: Receiver<io::Result<Block>>,
    used: Sender<Vec<u8>>,
}

impl Ahead {
    /// Starts reading. The thread ends with the file, with an error, or when this is dropped.
    pub fn new(file: File) -> io::Result<Self> {
        let (send_full, full) = sync_channel(IN_FLIGHT);
        let (used, take_used) = channel();
        thread::Builder::new()
            .name("read ahead".to_owned())
            .spawn(move || read(file, &send_full, &take_used))?;
        Ok(Self { full, used })
    }

    /// The next block, in exchange for a buffer that is no longer needed; `None` at the end.
    pub fn next(&self, used: Vec<u8>) -> io::Result<Option<Block>> {
        // The thread may have ended: then nobody needs the buffer.
        let _ = self.used.send(used);
        match self.full.recv() {
            Ok(block) => block.map(Some),
            Err(_) => Ok(None),
        }
    }
}

fn read(mut file: File, full: &SyncSender<io::Result<Block>>, used: &Receiver<Vec<u8>>) {
    loop {
        let mut buffer = used.try_recv().unwrap_or_default();
        // A window that had to grow gives back a larger one.
        buffer.resize(HEADROOM + BLOCK, 0);
        let block = match file.read(&mut buffer[HEADROOM..]) {
            Ok(0) => return,
            Ok(count) => Ok(Block {
                buffer,
                end: HEADROOM + count,
            }),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => Err(error),
        };
        let failed = block.is_err();
        if full.send(block).is_err() || failed {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::super::window::Window;
    use super::*;
    use crate::limits::Limits;

    #[test]
    fn records_of_every_size_come_whole() {
        let bytes: Vec<u8> = (0..3_000_000_u32)
            .map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8)
            .collect();
        let path = std::env::temp_dir().join(format!("starttap-ahead-{}", std::process::id()));
        let mut file = File::create(&path).expect("a file");
        file.write_all(&bytes).expect("written");
        let file = File::open(&path).expect("a file");
        let mut window = Window::ahead(&path, file, &Limits::default()).expect("a thread");
        let mut at = 0;
        for size in [1, 16, 70_000, 262_144, 900_000, 3, 1_200_000, 40_000]
            .into_iter()
            .cycle()
        {
            if at + size > bytes.len() {
                break;
            }
            assert!(window.ensure(size, 0).expect("readable"));
            assert!(
                window.take(size) == &bytes[at..at + size],
                "{size} bytes at {at}"
            );
            at += size;
        }
        let rest = bytes.len() - at;
        assert!(!window.ensure(rest + 1, 0).expect("readable"));
        assert!(window.peek() == &bytes[at..]);
        std::fs::remove_file(&path).expect("removed");
    }
}
