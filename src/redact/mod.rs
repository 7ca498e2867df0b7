//! Redaction: what identifies people, hosts and networks becomes a pseudonym.
//!
//! It stands between the engine and the rules: facts are redacted before anything is worded, so
//! that no sentence, filter or piece of advice can hold an original. Pseudonyms are made from a key
//! without a table, the same ones for the same input, and as long as what they stand for,
//! so that they fit into packets. Names stay equal, different, and below one another as they were,
//! and what the rules go by stays: they find the same.
//!
//! What stays: times, ports, lengths, versions, suites, extensions, alerts, fingerprints (JA3, JA4),
//! what TCP did.

mod address;
mod certificate;
mod dn;
mod hello;
pub mod key;
mod message;
pub mod packet;
mod permutation;
mod session;
mod smtp;
mod stream;
pub mod survivors;
mod text;
mod tls;
mod words;

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;
use std::net::IpAddr;
use std::rc::Rc;

pub use self::key::Key;
use self::survivors::Originals;
use crate::model::{Endpoint, Input, Redaction};

/// Makes pseudonyms.
pub struct Pseudonyms {
    key: Key,
    /// Those of words made before: making one takes a few microseconds, and names recur.
    words: HashMap<Box<str>, Box<str>>,
    addresses: HashMap<IpAddr, IpAddr>,
    /// What is replaced, where somebody will look for it.
    originals: Option<Rc<RefCell<Originals>>>,
}

/// Says nothing of the key.
impl fmt::Debug for Pseudonyms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Pseudonyms").field(&self.key.name()).finish()
    }
}

/// Pseudonyms that are remembered, at about a hundred bytes each.
const REMEMBERED: usize = 1 << 16;

impl Pseudonyms {
    /// Pseudonyms of this key.
    pub fn new(key: Key) -> Self {
        Self {
            key,
            words: HashMap::new(),
            addresses: HashMap::new(),
            originals: None,
        }
    }

    /// Others that make the same ones, and note what they replace in the same place.
    pub fn another(&self) -> Self {
        Self {
            originals: self.originals.clone(),
            ..Self::new(self.key.clone())
        }
    }

    /// Notes from now on what is replaced; gives where.
    pub fn note_originals(&mut self) -> Rc<RefCell<Originals>> {
        Rc::clone(self.originals.get_or_insert_default())
    }

    fn note(&self, original: &str, pseudonym: &str) {
        if let Some(originals) = &self.originals {
            originals.borrow_mut().note(original, pseudonym);
        }
    }

    /// What reports say of it.
    pub fn summary(&self) -> Redaction {
        Redaction {
            key: self.key.name(),
        }
    }

    /// Redacts an input: its name, and where else that stands.
    pub fn input(&mut self, input: &mut Input) {
        let path = self.path(&input.path);
        if let Some(error) = &mut input.error {
            *error = error.replace(&input.path, &path);
        }
        input.path = path;
    }

    /// Redacts the path of an input: folders and files bear names of people and customers. Of the
    /// name stays what tells the format.
    pub fn path(&mut self, path: &str) -> String {
        const FORMATS: [&str; 7] = [".cap", ".dmp", ".gz", ".pcap", ".pcapng", ".trc", ".zst"];
        let format = |path: &str| {
            FORMATS
                .iter()
                .find(|it| path.ends_with(*it))
                .map(|it| it.len())
        };
        let mut end = path.len();
        while let Some(len) = format(&path[..end]) {
            end -= len;
        }
        let (name, format) = path.split_at(end);
        format!("{}{format}", self.name(name))
    }

    /// Redacts an address.
    pub fn ip(&mut self, ip: &mut IpAddr) {
        if let Some(known) = self.addresses.get(ip) {
            *ip = *known;
            return;
        }
        let pseudonym = address::ip(&self.key, *ip);
        self.note(&ip.to_string(), &pseudonym.to_string());
        if self.addresses.len() == REMEMBERED {
            self.addresses.clear();
        }
        self.addresses.insert(*ip, pseudonym);
        *ip = pseudonym;
    }

    fn endpoint(&mut self, endpoint: &mut Endpoint) {
        self.ip(&mut endpoint.ip);
    }

    /// The pseudonym of an address in a text, of the same length.
    fn address_in_text(&mut self, text: &str) -> Option<String> {
        // Most words are no addresses, which this sees at once.
        let may_be = text.contains([':', '.'])
            && !text.contains(|it: char| it.is_alphabetic() && !it.is_ascii_hexdigit());
        let pseudonym = may_be
            .then(|| address::in_text(&self.key, text))
            .flatten()?;
        self.note(text, &pseudonym);
        Some(pseudonym)
    }

    /// The pseudonym of a MAC address as `00:50:56:01:02:03`.
    fn mac(&self, text: &str) -> String {
        let bytes: Vec<u8> = text
            .split(':')
            .filter_map(|byte| u8::from_str_radix(byte, 16).ok())
            .collect();
        let Ok(bytes) = <[u8; 6]>::try_from(bytes) else {
            return String::new();
        };
        let bytes = address::mac(&self.key, bytes);
        bytes.map(|byte| format!("{byte:02x}")).join(":")
    }

    /// The pseudonym of a word.
    fn word(&mut self, word: &str) -> String {
        if let Some(known) = self.words.get(word) {
            return known.to_string();
        }
        let pseudonym = words::word(&self.key, word);
        self.note(word, &pseudonym);
        if self.words.len() == REMEMBERED {
            self.words.clear();
        }
        self.words.insert(word.into(), pseudonym.as_str().into());
        pseudonym
    }

    /// The pseudonym of a number or digest in hex, as long: it can be looked up in public logs.
    fn digest(&self, hex: &str) -> String {
        let digits: Vec<u8> = hex
            .chars()
            .filter_map(|char| char.to_digit(16)?.try_into().ok())
            .collect();
        let mut bytes: Vec<u8> = digits
            .chunks(2)
            .map(|pair| pair.iter().fold(0, |it, digit| it << 4 | digit))
            .collect();
        self.noise(&mut bytes);
        let mut found: String = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
        found.truncate(hex.len());
        self.note(hex, &found);
        match hex.contains(|char: char| char.is_ascii_lowercase()) {
            true => found.to_ascii_lowercase(),
            false => found,
        }
    }

    /// Overwrites bytes with others, the same ones for the same bytes.
    fn noise(&self, bytes: &mut [u8]) {
        let seed = self.key.mac("noise", &[bytes]);
        for (block, number) in bytes.chunks_mut(seed.len()).zip(0_u64..) {
            let mac = self.key.mac("block", &[&seed, &number.to_be_bytes()]);
            block.copy_from_slice(&mac[..block.len()]);
        }
    }

    /// Overwrites an address of four or sixteen bytes with its pseudonym.
    fn address_bytes(&mut self, bytes: &mut [u8]) {
        if let Ok(mut four) = <[u8; 4]>::try_from(&*bytes) {
            four = address::v4(&self.key, four.into()).octets();
            bytes.copy_from_slice(&four);
        } else if let Ok(mut sixteen) = <[u8; 16]>::try_from(&*bytes) {
            sixteen = address::v6(&self.key, sixteen.into()).octets();
            bytes.copy_from_slice(&sixteen);
        } else {
            bytes.fill(0);
        }
    }
}

/// Redacts every text of a list.
fn each(list: &mut [String], mut redact: impl FnMut(&str) -> String) {
    for text in list {
        *text = redact(text);
    }
}

/// Redacts a text that is there.
fn some(text: &mut Option<String>, redact: impl FnOnce(&str) -> String) {
    if let Some(text) = text {
        *text = redact(text);
    }
}
