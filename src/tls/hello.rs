//! The fixed part of a hello, read by a reader that does not give up: tls-parser refuses some hellos
//! and knows no cut ones. What the whole hello says is put together in the modules below.

mod choice;
mod offer;

pub use self::choice::{ParsedServerHello, RETRY_RANDOM};
pub(super) use self::choice::{finish_server, relate};
pub use self::offer::max_version;
pub(super) use self::offer::{finish_client, offer_of, renegotiation};
use super::reader::{Reader, u16s};
use super::registry::is_grease;

/// Entries of a list that the record keeps: more than are registered of anything.
pub(super) const MAX_LISTED: usize = 512;

/// The part of a ClientHello before its extensions.
pub(super) struct ClientFixed<'a> {
    pub(super) version: u16,
    pub(super) random: Option<[u8; 32]>,
    pub(super) session_id: &'a [u8],
    pub(super) complete_session_id: bool,
    pub(super) suites: Vec<u16>,
    pub(super) complete_suites: bool,
    pub(super) compression: &'a [u8],
    pub(super) block: &'a [u8],
    pub(super) malformed: bool,
}

impl<'a> ClientFixed<'a> {
    /// Reads what is there; a length that leaves the body is taken as "up to the end".
    pub(super) fn read(body: &'a [u8]) -> Option<Self> {
        let mut reader = Reader::new(body);
        let version = reader.u16()?;
        let random = reader.take_up_to(32).try_into().ok();
        let mut fixed = Self {
            version,
            random,
            session_id: &[],
            complete_session_id: false,
            suites: Vec::new(),
            complete_suites: false,
            compression: &[],
            block: &[],
            malformed: true,
        };
        let Some(len) = reader.u8() else {
            return Some(fixed);
        };
        fixed.session_id = reader.take_up_to(usize::from(len));
        fixed.complete_session_id = fixed.session_id.len() == usize::from(len);
        let Some(len) = reader.u16() else {
            return Some(fixed);
        };
        let suites = reader.take_up_to(usize::from(len));
        fixed.suites = u16s(suites);
        fixed.complete_suites = suites.len() == usize::from(len);
        let Some(len) = reader.u8() else {
            return Some(fixed);
        };
        fixed.compression = reader.take_up_to(usize::from(len));
        let compression_cut = fixed.compression.len() != usize::from(len);
        let Some(len) = reader.u16() else {
            fixed.malformed = !reader.is_empty() || compression_cut;
            return Some(fixed);
        };
        fixed.block = reader.take_up_to(usize::from(len));
        fixed.malformed = fixed.block.len() != usize::from(len) || !reader.is_empty();
        Some(fixed)
    }
}

/// The part of a ServerHello before its extensions.
pub(super) struct ServerFixed<'a> {
    pub(super) version: u16,
    pub(super) random: &'a [u8],
    pub(super) session_id: &'a [u8],
    pub(super) suite: Option<u16>,
    pub(super) compression: Option<u8>,
    pub(super) block: &'a [u8],
    pub(super) malformed: bool,
}

impl<'a> ServerFixed<'a> {
    /// Reads what is there; a length that leaves the body is taken as "up to the end".
    pub(super) fn read(body: &'a [u8]) -> Option<Self> {
        let mut reader = Reader::new(body);
        let version = reader.u16()?;
        let mut fixed = Self {
            version,
            random: reader.take_up_to(32),
            session_id: &[],
            suite: None,
            compression: None,
            block: &[],
            malformed: true,
        };
        // Drafts 16 to 21 of TLS 1.3 had neither session id nor compression.
        let short = matches!(version, 0x7F00..=0x7F15);
        if !short {
            let Some(len) = reader.u8() else {
                return Some(fixed);
            };
            fixed.session_id = reader.take_up_to(usize::from(len));
        }
        let Some(suite) = reader.u16() else {
            return Some(fixed);
        };
        fixed.suite = Some(suite);
        if !short {
            let Some(compression) = reader.u8() else {
                return Some(fixed);
            };
            fixed.compression = Some(compression);
        }
        let Some(len) = reader.u16() else {
            fixed.malformed = !reader.is_empty();
            return Some(fixed);
        };
        fixed.block = reader.take_up_to(usize::from(len));
        fixed.malformed = fixed.block.len() != usize::from(len) || !reader.is_empty();
        Some(fixed)
    }
}

/// What is no GREASE, as far as the record keeps it.
fn plain(numbers: &[u16]) -> impl Iterator<Item = u16> + '_ {
    let plain = numbers.iter().copied().filter(|&it| !is_grease(it));
    plain.take(MAX_LISTED)
}

pub(super) fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Lower-case digits; `None` where there is nothing.
pub(super) fn hex(bytes: &[u8]) -> Option<String> {
    let digits = bytes.iter().map(|byte| format!("{byte:02x}"));
    (!bytes.is_empty()).then(|| digits.collect())
}
