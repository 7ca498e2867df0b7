//! The file readers against what tshark reads.
//!
//! The captures and tshark's answers are not part of the package; without them the comparison says
//! so and passes.

use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};

use starttap::capture::{Source, open};
use starttap::error::Error;
use starttap::limits::Limits;
use starttap::time::Timestamp;

/// One row of tshark's answer, or one frame of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Row {
    number: u64,
    /// Nanoseconds since the epoch; `None` where tshark has no time or a broken one.
    time: Option<i64>,
    captured: usize,
    wire: u32,
}

#[test]
fn every_frame_is_where_tshark_has_it() {
    let Some(corpus) = corpus() else { return };
    let status = fs::read_to_string(corpus.join("oracle/expected/status.tsv")).expect("status");
    let mut compared = 0;
    for line in status.lines().skip(1) {
        let mut fields = line.split('\t');
        let (Some(name), Some(exit), Some(_), Some(words)) =
            (fields.next(), fields.next(), fields.next(), fields.next())
        else {
            panic!("status.tsv: {line:?}");
        };
        let path = corpus.join(name);
        let mut source = match open::open(&path, &Limits::default(), 0) {
            Ok(source) => source,
            Err(Error::NotACapture {
                looks_like, remedy, ..
            }) if name.ends_with(".snoop") => {
                assert!(looks_like.contains("snoop") && remedy.contains("editcap"));
                continue;
            }
            #[cfg(not(feature = "compress"))]
            Err(Error::Feature { .. }) => continue,
            Err(error) => panic!("{error}"),
        };
        let (ours, error) = drain(&mut *source);
        let mut expected = expected(&corpus, name);
        if name == "fmt_fuzz_absurd_caplen.pcap" {
            // Because of the damage in the second record tshark takes the file for a variant with
            // longer record headers and finds one byte of packet there; libpcap and we do not.
            expected.truncate(1);
        }
        compare(name, &expected, &ours);
        let agrees = match &error {
            None => exit == "0",
            Some(Error::Damaged { .. }) => words.contains("damaged or corrupt"),
            Some(Error::CutShort { .. }) => words.contains("cut short"),
            Some(_) => false,
        };
        assert!(agrees, "{name}: {error:?}; tshark: {exit} {words}");
        compared += 1;
    }
    assert!(compared > 100, "{compared} captures compared");
}

#[test]
fn every_cut_gives_a_prefix_and_no_panic() {
    let Some(corpus) = corpus() else { return };
    for name in [
        "fmt_nano_be.pcap",
        "fmt_ng_le_difficult_test202.pcapng",
        "fmt_ng_be_basic_test012.pcapng",
    ] {
        let whole = fs::read(corpus.join(name)).expect("a readable capture");
        let (frames, error) = read(&whole).expect("a capture");
        assert!(error.is_none(), "{name}: {error:?}");
        for len in 0..whole.len() {
            let Ok((cut, error)) = read(&whole[..len]) else {
                assert!(len < 24, "{name}: {len} bytes are enough for a header");
                continue;
            };
            assert_eq!(cut, frames[..cut.len()], "{name} cut after {len} bytes");
            match error {
                None => {}
                Some(Error::CutShort { frame, offset, .. }) => {
                    assert!(offset <= len as u64);
                    assert!(frame > cut.last().map_or(0, |row| row.number));
                }
                Some(error) => panic!("{name} cut after {len} bytes: {error}"),
            }
        }
    }
}

#[test]
fn every_changed_byte_ends_in_frames_or_an_error() {
    let Some(corpus) = corpus() else { return };
    for name in [
        "fmt_modified_kuznetzov.pcap",
        "fmt_ver21_be.pcap",
        "fmt_ng_le_difficult_test202.pcapng",
        "fmt_ng_le_basic_test018.pcapng",
    ] {
        let whole = fs::read(corpus.join(name)).expect("a readable capture");
        for at in 0..whole.len().min(3000) {
            for value in [0x00, 0x01, 0x7f, 0x80, 0xff] {
                let mut changed = whole.clone();
                changed[at] = value;
                if let Ok((frames, _)) = read(&changed) {
                    assert!(
                        frames.is_sorted_by(|a, b| a.number < b.number),
                        "{name} {at}"
                    );
                }
            }
        }
    }
}

fn compare(name: &str, expected: &[Row], ours: &[Row]) {
    let same = |(theirs, own): (&Row, &Row)| {
        (theirs.number, theirs.captured, theirs.wire) == (own.number, own.captured, own.wire)
            && theirs.time.is_none_or(|time| own.time == Some(time))
    };
    if let Some((theirs, own)) = expected.iter().zip(ours).find(|pair| !same(*pair)) {
        panic!("{name}: tshark has {theirs:?}, we have {own:?}");
    }
    assert_eq!(expected.len(), ours.len(), "{name}: number of frames");
}

/// tshark's frames. Custom blocks and their like have numbers there but are no packets: they have
/// neither time nor interface, while a pcapng packet always has an interface.
fn expected(corpus: &Path, name: &str) -> Vec<Row> {
    let path = corpus.join(format!("oracle/expected/{name}.tsv"));
    let table = fs::read_to_string(path).expect("an answer of tshark");
    let mut rows = Vec::new();
    for line in table.lines().skip(1) {
        let fields: Vec<&str> = line.split('\t').collect();
        let (number, time, interface) = (fields[0], fields[1], fields[4]);
        if time.is_empty() && interface.is_empty() {
            continue;
        }
        rows.push(Row {
            number: number.parse().expect("a frame number"),
            time: nanos(name, number, time),
            captured: fields[2].parse().expect("a length"),
            wire: fields[3].parse().expect("a length"),
        });
    }
    rows
}

/// tshark prints the fraction with as many digits as it needs, so that `1.1000000000` is 2 s.
fn nanos(name: &str, number: &str, time: &str) -> Option<i64> {
    // Fractions of more than 2^31 ns overflow in tshark.
    let overflows = [
        ("fmt_micro_invalid_ts.pcap", "3"),
        ("fmt_nano_invalid_ts.pcap", "3"),
    ];
    if time.is_empty() || overflows.contains(&(name, number)) {
        return None;
    }
    let (seconds, fraction) = time.split_once('.').expect("seconds and a fraction");
    let seconds = seconds.parse().expect("seconds");
    let fraction = fraction.parse().expect("a fraction");
    Some(Timestamp::from_parts(seconds, fraction).as_nanos())
}

fn read(bytes: &[u8]) -> Result<(Vec<Row>, Option<Error>), Error> {
    let reader = Box::new(Cursor::new(bytes.to_vec()));
    let limits = Limits {
        read_window: 4096,
        ..Limits::default()
    };
    let mut source = open::from_reader(Path::new("x"), reader, &limits, 0)?;
    Ok(drain(&mut *source))
}

fn drain(source: &mut dyn Source) -> (Vec<Row>, Option<Error>) {
    let mut rows = Vec::new();
    loop {
        match source.next() {
            Ok(Some(frame)) => rows.push(Row {
                number: frame.id.number,
                time: Some(frame.time.as_nanos()),
                captured: frame.bytes.len(),
                wire: frame.wire_len,
            }),
            Ok(None) => return (rows, None),
            Err(error) => return (rows, Some(error)),
        }
    }
}

fn corpus() -> Option<PathBuf> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    if corpus.is_dir() {
        return Some(corpus);
    }
    say!(
        "SKIPPED: there is no corpus of captures at {}",
        corpus.display()
    );
    None
}
