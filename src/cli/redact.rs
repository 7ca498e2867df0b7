//! `--redact` and `--redact-key FILE`: whether and with which key.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use super::Common;
use crate::error::Error;
use crate::redact::{Key, Pseudonyms};

/// Fewest bytes of a secret that cannot be guessed.
const SHORTEST: u64 = 16;
/// Longest file in bytes that is taken for a secret and not for a capture named by mistake.
const LONGEST: u64 = 64 << 10;

/// What makes the pseudonyms; `None` where nothing is to be redacted.
pub fn pseudonyms(common: &Common) -> Result<Option<Pseudonyms>, Error> {
    if !common.wants_redaction() {
        return Ok(None);
    }
    let key = match &common.redact_key {
        Some(path) => read(path).map_err(|source| Error::Key {
            from: path.display().to_string(),
            source,
        })?,
        None => Key::random().map_err(|error| Error::Key {
            from: "random numbers of the system".to_owned(),
            source: io::Error::other(error.to_string()),
        })?,
    };
    Ok(Some(Pseudonyms::new(key)))
}

fn read(path: &Path) -> io::Result<Key> {
    let mut secret = Vec::new();
    File::open(path)?
        .take(LONGEST + 1)
        .read_to_end(&mut secret)?;
    match secret.len() as u64 {
        ..SHORTEST => Err(io::Error::other(
            "too short: 16 bytes at least, 32 random ones are good",
        )),
        SHORTEST..=LONGEST => Ok(Key::new(&secret)),
        _ => Err(io::Error::other("too long for a secret")),
    }
}
