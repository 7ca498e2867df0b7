//! From a path to a stream of frames: what a file is, is asked of its bytes, never of its name.

use std::fs::File;
use std::io::{self, IsTerminal, Read};
use std::path::Path;

use super::Source;
use super::foreign::{self, Foreign};
use super::pcap::{self, Pcap};
use super::pcapng::{self, Pcapng};
use super::window::Window;
use crate::error::Error;
use crate::limits::Limits;

/// Opens a capture file, or standard input for `-`.
///
/// `input` is the index of this input, which every frame of it carries.
///
/// # Errors
///
/// [`Error::Open`] when the system refuses, [`Error::NotACapture`] with what it is instead and
/// the remedy, [`Error::Feature`] for a compressed capture without the `compress` feature, and
/// the errors of reading the file header.
pub fn open(path: &Path, limits: &Limits, input: u32) -> Result<Box<dyn Source>, Error> {
    if path == Path::new("-") {
        return standard_input(limits, input);
    }
    let cannot_open = |source| Error::Open {
        path: path.to_owned(),
        source,
    };
    let file = File::open(path).map_err(cannot_open)?;
    let metadata = file.metadata().map_err(cannot_open)?;
    if metadata.is_dir() {
        return Err(not_a_capture(
            path,
            Foreign {
                looks_like: "a folder".to_owned(),
                remedy: "name the capture files in it".to_owned(),
            },
        ));
    }
    /// From here on a thread that reads ahead is worth its start.
    const LARGE: u64 = 4 << 20;
    if metadata.is_file()
        && metadata.len() >= LARGE
        && let Ok(window) = Window::ahead(path, file.try_clone().map_err(cannot_open)?, limits)
    {
        return from_window(window, limits, input);
    }
    from_reader(path, Box::new(file), limits, input)
}

/// Reads a capture from `reader`; `name` stands for it in errors. Otherwise like [`open`].
///
/// The reader should have no buffer of its own: it is read in large pieces.
///
/// # Errors
///
/// Like [`open`], without [`Error::Open`].
pub fn from_reader(
    name: &Path,
    reader: Box<dyn Read>,
    limits: &Limits,
    input: u32,
) -> Result<Box<dyn Source>, Error> {
    from_window(Window::new(name, reader, limits), limits, input)
}

fn from_window(mut window: Window, limits: &Limits, input: u32) -> Result<Box<dyn Source>, Error> {
    // No more than the magic number: the input may be a pipe with its first packet to come.
    window.ensure(4, 0)?;
    if window.peek().starts_with(GZIP) {
        return compressed(window, limits, input);
    }
    capture(window, limits, input)
}

fn standard_input(limits: &Limits, input: u32) -> Result<Box<dyn Source>, Error> {
    let name = Path::new("standard input");
    let stdin = io::stdin();
    if stdin.is_terminal() {
        return Err(not_a_capture(
            name,
            Foreign {
                looks_like: "a terminal".to_owned(),
                remedy: "pipe a capture into it, for example from tcpdump -w -".to_owned(),
            },
        ));
    }
    from_reader(name, Box::new(stdin), limits, input)
}

#[cfg(feature = "compress")]
fn compressed(window: Window, limits: &Limits, input: u32) -> Result<Box<dyn Source>, Error> {
    let mut window = super::gzip::unpack(window, limits);
    window.ensure(4, 0)?;
    capture(window, limits, input)
}

#[cfg(not(feature = "compress"))]
fn compressed(_: Window, _: &Limits, _: u32) -> Result<Box<dyn Source>, Error> {
    Err(Error::Feature {
        what: "reading a gzip-compressed capture",
        feature: "compress",
    })
}

/// The reader for the magic number that is now available.
fn capture(mut window: Window, limits: &Limits, input: u32) -> Result<Box<dyn Source>, Error> {
    if pcap::is_pcap(window.peek()) {
        return Ok(Box::new(Pcap::new(window, limits, input)?));
    }
    if pcapng::is_pcapng(window.peek()) {
        return Ok(Box::new(Pcapng::new(window, limits, input)));
    }
    window.ensure(foreign::ENOUGH, 0)?;
    let start = window.peek();
    let mut found = foreign::identify(&start[..start.len().min(foreign::ENOUGH)]);
    if window.is_compressed() {
        found.looks_like = format!("gzip-compressed: {}", found.looks_like);
    }
    Err(not_a_capture(window.path(), found))
}

fn not_a_capture(path: &Path, found: Foreign) -> Error {
    Error::NotACapture {
        path: path.to_owned(),
        looks_like: found.looks_like,
        remedy: found.remedy,
    }
}

/// RFC 1952 section 2.3.1: ID1 and ID2.
const GZIP: &[u8] = &[0x1f, 0x8b];

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;
    use crate::capture::pcap::Order;
    use crate::capture::samples;

    fn from_bytes(bytes: &[u8]) -> Result<Box<dyn Source>, Error> {
        let reader = Box::new(Cursor::new(bytes.to_vec()));
        from_reader(Path::new("x"), reader, &Limits::default(), 0)
    }

    fn small_pcap(packets: usize) -> Vec<u8> {
        let mut file = samples::pcap_header(Order::Little, 0xa1b2_c3d4, (2, 4), 1);
        for n in 0..packets {
            let time = [n as u32, 0];
            file.extend(samples::pcap_record(Order::Little, time, [100, 100], false));
            // Hard to compress, so that a cut archive is cut somewhere in the packets.
            file.extend((0..100).map(|i| ((n * 7919 + i * 104_729) >> 3) as u8));
        }
        file
    }

    #[test]
    fn the_content_decides() {
        let pcap = from_bytes(&small_pcap(1)).expect("a pcap file");
        assert_eq!(pcap.format(), "pcap");
        let pcapng = from_bytes(&samples::section(Order::Big)).expect("a pcapng file");
        assert_eq!(pcapng.format(), "pcapng");
        for (bytes, words) in [
            (&b""[..], "an empty file"),
            (b"\xd4\xc3", "unknown data"),
            (b"snoop\0\0\0", "snoop"),
            (b"220 mail.example.org ESMTP\r\n", "text"),
        ] {
            match from_bytes(bytes).err() {
                Some(Error::NotACapture { looks_like, .. }) => {
                    assert!(looks_like.contains(words), "{looks_like}");
                }
                other => panic!("{words}: {other:?}"),
            }
        }
    }

    /// A pipe whose capture program is waiting for the second packet.
    struct Waiting(Option<Vec<u8>>);

    impl Read for Waiting {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let bytes = self.0.take().expect("nobody reads more than is needed");
            into[..bytes.len()].copy_from_slice(&bytes);
            Ok(bytes.len())
        }
    }

    #[test]
    fn the_first_frame_of_a_pipe_does_not_wait_for_the_second() {
        let order = Order::Little;
        let pcapng = [
            samples::section(order),
            samples::interface(order, 1, 0, &[]),
            samples::packet(order, 0, 0, b"x"),
        ];
        for bytes in [small_pcap(1), pcapng.concat()] {
            let pipe = Box::new(Waiting(Some(bytes)));
            let mut source =
                from_reader(Path::new("x"), pipe, &Limits::default(), 0).expect("a capture");
            assert!(matches!(source.next(), Ok(Some(_))));
        }
    }

    #[test]
    fn a_folder_and_a_missing_file_are_told_apart() {
        let limits = Limits::default();
        let folder = open(Path::new("src"), &limits, 0).err();
        assert!(
            matches!(&folder, Some(Error::NotACapture { looks_like, .. }) if looks_like == "a folder"),
            "{folder:?}"
        );
        let missing = open(Path::new("no/such/file.pcap"), &limits, 0).err();
        assert!(matches!(missing, Some(Error::Open { .. })));
    }

    #[cfg(not(feature = "compress"))]
    #[test]
    fn without_the_feature_gzip_names_the_build() {
        let error = from_bytes(&[0x1f, 0x8b, 8, 0]).err();
        assert!(matches!(
            error,
            Some(Error::Feature {
                feature: "compress",
                ..
            })
        ));
    }

    #[cfg(feature = "compress")]
    mod compressed {
        use std::io::Write;

        use flate2::Compression;
        use flate2::write::GzEncoder;

        use super::*;

        fn gzip(bytes: &[u8]) -> Vec<u8> {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
            encoder.write_all(bytes).expect("memory takes everything");
            encoder.finish().expect("memory takes everything")
        }

        #[test]
        fn members_are_joined_and_compressed_bytes_counted() {
            let pcap = small_pcap(50);
            let (first, second) = pcap.split_at(777);
            let packed = [gzip(first), gzip(second)].concat();
            let mut source = from_bytes(&packed).expect("a capture");
            assert_eq!(source.format(), "pcap (gzip)");
            let (frames, error) = samples::drain(&mut *source);
            assert!(error.is_none(), "{error:?}");
            assert_eq!(frames.len(), 50);
            assert_eq!(frames[49].id.offset, 24 + 49 * 116);
            assert_eq!(source.position(), packed.len() as u64);
        }

        #[test]
        fn a_cut_archive_gives_a_prefix_and_says_so() {
            let packed = gzip(&small_pcap(50));
            let mut most = 0;
            for len in 60..packed.len() {
                let mut source = match from_bytes(&packed[..len]) {
                    Ok(source) => source,
                    Err(Error::CutShort { .. } | Error::NotACapture { .. }) => continue,
                    Err(error) => panic!("{len}: {error}"),
                };
                let (frames, error) = samples::drain(&mut *source);
                assert!(
                    matches!(error, Some(Error::CutShort { .. })),
                    "{len}: {error:?}"
                );
                assert!(frames.len() >= most, "more input never gives fewer frames");
                most = frames.len();
            }
            assert_eq!(most, 50);
        }

        #[test]
        fn a_broken_archive_is_damage() {
            let mut packed = gzip(&small_pcap(5000));
            let middle = packed.len() / 2;
            packed[middle..middle + 64].fill(0xff);
            let mut source = from_bytes(&packed).expect("the start is whole");
            let (frames, error) = samples::drain(&mut *source);
            assert!(frames.len() > 1000, "{}", frames.len());
            assert!(matches!(error, Some(Error::Damaged { .. })), "{error:?}");
        }

        #[test]
        fn what_is_inside_is_named() {
            let error = from_bytes(&gzip(b"just text")).err();
            let error = error.map(|error| error.to_string()).unwrap_or_default();
            assert!(
                error.contains("gzip-compressed: a text or log file"),
                "{error}"
            );
        }
    }
}
