//! `--policy NAME|FILE`: a policy that comes along, or one of the user's own.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use crate::error::Error;
use crate::rules::policy::Policy;

/// Longest policy file in bytes; the longest that come along have a tenth of it. A capture named
/// by mistake must not fill the memory.
const LONGEST: u64 = 256 << 10;

/// Finds a policy; the names of those that come along go before files.
pub fn load(name: &str) -> Result<Policy, Error> {
    if let Some(policy) = Policy::built_in(name) {
        return policy;
    }
    let path = Path::new(name);
    let text = read(path).map_err(|source| Error::NoPolicy {
        name: name.to_owned(),
        source,
        known: Policy::names().collect::<Vec<_>>().join(", "),
    })?;
    Policy::parse(&text, path)
}

fn read(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    File::open(path)?
        .take(LONGEST + 1)
        .read_to_string(&mut text)?;
    match text.len() as u64 > LONGEST {
        true => Err(io::Error::other("too long for a policy")),
        false => Ok(text),
    }
}
