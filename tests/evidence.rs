//! Evidence files: read again they say what the original says, other programs take them, and they
//! hold no secrets.

pub mod made;
mod recorded;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use crate::support::starttap;

/// Writes an evidence file of a capture.
fn evidence(capture: &str, name: &str, options: &[&str]) -> (PathBuf, Output) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("evidence");
    fs::create_dir_all(&folder).expect("a folder");
    let path = folder.join(format!("{name}.pcapng"));
    let to = path.to_str().expect("a path");
    let mut arguments = vec!["read", "--format", "json", "-q", capture, "-o", to];
    arguments.extend(options);
    let output = starttap(&arguments);
    (path, output)
}

/// Number of each frame of an evidence file in the original, as its comments say.
pub fn originals(file: &[u8]) -> Vec<u64> {
    comments(file).iter().map(|it| original(it)).collect()
}

fn original(comments: &[String]) -> u64 {
    let mut numbers = comments.iter().filter_map(|comment| {
        let rest = comment.strip_prefix("frame ")?;
        rest.split(' ').next()?.parse().ok()
    });
    numbers.next().expect("a comment that names the frame")
}

/// The comments of each packet of a little-endian pcapng file.
fn comments(file: &[u8]) -> Vec<Vec<String>> {
    let word = |at: usize| u32::from_le_bytes(file[at..at + 4].try_into().expect("a word"));
    let half = |at: usize| u16::from_le_bytes(file[at..at + 2].try_into().expect("half a word"));
    let mut found = Vec::new();
    let mut block = 0;
    while block < file.len() {
        let len = word(block + 4) as usize;
        if word(block) == 6 {
            let captured = word(block + 20) as usize;
            let mut at = block + 28 + captured.next_multiple_of(4);
            let mut texts = Vec::new();
            while half(at) != 0 {
                let value = &file[at + 4..at + 4 + usize::from(half(at + 2))];
                texts.push(String::from_utf8(value.to_vec()).expect("text"));
                at += 4 + value.len().next_multiple_of(4);
            }
            found.push(texts);
        }
        block += len;
    }
    found
}
