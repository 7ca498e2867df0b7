//! Whether an original is still there in what was made of it: the last look before something is
//! handed to others, and one that knows nothing of how it was made.
//!
//! Bytes are read in every way in which a word could have been written, and the words found are
//! looked up among the originals.

use std::collections::{BTreeSet, HashSet};

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// Letters and digits of a word that is looked for in text. Shorter ones stand in any by chance.
const SHORTEST: usize = 6;

/// Those of a word that is looked for among bytes of any kind.
const SHORTEST_OF_BINARY: usize = 8;

/// Originals that are looked for, at less than a hundred bytes each.
const MOST: usize = 500_000;

/// What was replaced.
#[derive(Debug, Default)]
pub struct Originals {
    /// In lower case.
    words: HashSet<Box<str>>,
    /// What stands for them. A word that is the pseudonym of another one may well be there.
    made: HashSet<Box<str>>,
    left_out: u64,
}

/// An original that is still there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Survivor {
    /// In lower case.
    pub word: String,
    /// How it is written.
    pub way: &'static str,
}

/// A way to write a word.
type Way = (&'static str, fn(&[u8]) -> Vec<Vec<u8>>);

/// All ways but plain text, each with what undoes it.
const WAYS: [Way; 5] = [
    ("base64", base64),
    ("hex", hex),
    ("percent", percent),
    ("UTF-16LE", |bytes| vec![utf16(bytes, 1)]),
    ("UTF-16BE", |bytes| vec![utf16(bytes, 0)]),
];

impl Originals {
    /// Notes what a word, a number or an address was replaced by.
    pub fn note(&mut self, original: &str, pseudonym: &str) {
        let is_short = original.len() < SHORTEST;
        if is_short || original.eq_ignore_ascii_case(pseudonym) {
            return;
        }
        if self.words.len() >= MOST {
            self.left_out += 1;
            return;
        }
        self.words.insert(original.to_ascii_lowercase().into());
        self.made.insert(pseudonym.to_ascii_lowercase().into());
    }

    /// How many are looked for, and how many are not because they are too many.
    pub fn count(&self) -> (usize, u64) {
        (self.words.len(), self.left_out)
    }

    /// Whether a word must not be there.
    pub fn has(&self, word: &str) -> bool {
        let word = word.to_ascii_lowercase();
        let (word, is_public) = (word.as_str(), super::text::is_public(&word));
        !is_public && self.words.contains(word) && !self.made.contains(word)
    }

    /// The originals that stand in these bytes, each with how it is written.
    pub fn in_text(&self, bytes: &[u8]) -> Vec<Survivor> {
        self.find(bytes, SHORTEST)
    }

    /// The same of bytes that are no text: of longer words only.
    pub fn in_binary(&self, bytes: &[u8]) -> Vec<Survivor> {
        self.find(bytes, SHORTEST_OF_BINARY)
    }

    fn find(&self, bytes: &[u8], shortest: usize) -> Vec<Survivor> {
        let mut found = BTreeSet::new();
        self.plain("plain text", bytes, shortest, &mut found);
        for (way, undo) in WAYS {
            for undone in undo(bytes) {
                self.plain(way, &undone, shortest, &mut found);
            }
        }
        found.into_iter().collect()
    }

    fn plain(
        &self,
        way: &'static str,
        bytes: &[u8],
        shortest: usize,
        found: &mut BTreeSet<Survivor>,
    ) {
        // Words of ASCII, of any letters, and addresses.
        let kinds: [fn(&u8) -> bool; 3] = [
            u8::is_ascii_alphanumeric,
            |byte| byte.is_ascii_alphanumeric() || !byte.is_ascii(),
            |byte| byte.is_ascii_hexdigit() || matches!(byte, b'.' | b':'),
        ];
        for is_of_kind in kinds {
            for run in bytes.split(|byte| !is_of_kind(byte)) {
                // What JSON writes as `\n` stands right before the next word.
                let starts = if way == "plain text" { 0..2 } else { 0..1 };
                for start in starts {
                    let word = run.get(start..).unwrap_or_default();
                    let Ok(word) = std::str::from_utf8(word) else {
                        continue;
                    };
                    let word = word.trim_matches(['.', ':']);
                    if word.len() >= shortest && self.has(word) {
                        let word = word.to_ascii_lowercase();
                        found.insert(Survivor { word, way });
                    }
                }
            }
        }
    }
}

/// What runs of base64 say, read from each of the four places of a group.
fn base64(bytes: &[u8]) -> Vec<Vec<u8>> {
    const CONFIG: GeneralPurposeConfig = GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent);
    const BASE64: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, CONFIG);
    let of_alphabet = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/-_".contains(byte);
    let mut found = Vec::new();
    for run in bytes.split(|byte| !of_alphabet(byte)) {
        if run.len() < SHORTEST {
            continue;
        }
        // The alphabet of URLs (RFC 4648 section 5).
        let standard: Vec<u8> = run
            .iter()
            .map(|byte| match byte {
                b'-' => b'+',
                b'_' => b'/',
                other => *other,
            })
            .collect();
        for start in 0..4 {
            let rest = standard.get(start..).unwrap_or_default();
            // A single character more is no group.
            let len = if rest.len() % 4 == 1 {
                rest.len() - 1
            } else {
                rest.len()
            };
            if let Ok(decoded) = BASE64.decode(&rest[..len]) {
                found.push(decoded);
            }
        }
    }
    found
}

/// What runs of hex digits say, read from both places of a pair; signs between pairs are left out.
fn hex(bytes: &[u8]) -> Vec<Vec<u8>> {
    let digits = |byte: &u8| byte.is_ascii_hexdigit() || matches!(byte, b':' | b' ');
    let mut found = Vec::new();
    for run in bytes.split(|byte| !digits(byte)) {
        let run: Vec<u8> = run
            .iter()
            .filter_map(|&byte| char::from(byte).to_digit(16)?.try_into().ok())
            .collect();
        for start in 0..2 {
            let pairs = run.get(start..).unwrap_or_default().chunks_exact(2);
            if pairs.len() >= SHORTEST {
                found.push(pairs.map(|pair| pair[0] << 4 | pair[1]).collect());
            }
        }
    }
    found
}

/// The bytes with percent signs and digits undone (RFC 3986 section 2.1); nothing without them.
fn percent(bytes: &[u8]) -> Vec<Vec<u8>> {
    if !bytes.contains(&b'%') {
        return Vec::new();
    }
    let mut undone = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((&byte, tail)) = rest.split_first() {
        let digit = |at: usize| char::from(*tail.get(at)?).to_digit(16);
        let decoded = digit(0).zip(digit(1)).filter(|_| byte == b'%');
        match decoded.and_then(|(high, low)| u8::try_from(high << 4 | low).ok()) {
            Some(decoded) => {
                undone.push(decoded);
                rest = &tail[2..];
            }
            None => {
                undone.push(byte);
                rest = tail;
            }
        }
    }
    vec![undone]
}

/// Characters of two bytes, of which the one at `zero` is zero; what lies between becomes a space.
fn utf16(bytes: &[u8], zero: usize) -> Vec<u8> {
    let mut found = Vec::new();
    let mut rest = bytes;
    while let [first, second, ..] = *rest {
        let pair = [first, second];
        let char = pair[1 - zero];
        match pair[zero] == 0 && char.is_ascii_graphic() {
            true => {
                found.push(char);
                rest = &rest[2..];
            }
            false => {
                if found.last().is_some_and(|&last| last != b' ') {
                    found.push(b' ');
                }
                rest = &rest[1..];
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

    use super::*;

    fn originals() -> Originals {
        let mut originals = Originals::default();
        originals.note("Zqsecret", "abcdefgh");
        originals.note("93.184.216.34", "47.152.201.88");
        originals.note("2001:db8::7", "2001:ab7::3");
        originals.note("postfix", "qwertyu");
        originals.note("server", "clapton");
        originals.note("clapton", "hendrix");
        originals
    }

    fn survivor(word: &str, way: &'static str) -> Survivor {
        let word = word.to_owned();
        Survivor { word, way }
    }

    #[test]
    fn every_way_is_found() {
        let originals = originals();
        let utf16 = |bytes: fn(u16) -> [u8; 2]| -> Vec<u8> {
            "a zqSecret.".encode_utf16().flat_map(bytes).collect()
        };
        let ways: [(&str, Vec<u8>); 10] = [
            ("plain text", b"mail.zqsecret.example".to_vec()),
            ("plain text", b"\"CN=a\\nzqsecret\"".to_vec()),
            ("plain text", b"\x30\x0azqsecret\x82".to_vec()),
            ("base64", STANDARD.encode("\0zqsecret\0pass").into_bytes()),
            (
                "base64",
                URL_SAFE_NO_PAD.encode("\u{3ff}?zqsecret").into_bytes(),
            ),
            (
                "base64",
                format!("abc{}", STANDARD.encode("zqsecret")).into_bytes(),
            ),
            ("hex", b"0x7A71736563726574".to_vec()),
            ("percent", b"%7Aqsecre%74".to_vec()),
            ("UTF-16LE", utf16(u16::to_le_bytes)),
            ("UTF-16BE", utf16(u16::to_be_bytes)),
        ];
        for (way, bytes) in ways {
            let found = originals.in_text(&bytes);
            assert!(
                found.contains(&survivor("zqsecret", way)),
                "{way}: {found:?}"
            );
        }
        for address in ["93.184.216.34", "2001:db8::7"] {
            let found = originals.in_text(format!("from [{address}]:25.").as_bytes());
            assert_eq!(found, [survivor(address, "plain text")]);
        }
    }

    #[test]
    fn what_says_nothing_is_passed_over() {
        let originals = originals();
        // Words of the vocabulary, and pseudonyms that happen to be originals.
        for text in [
            "postfix",
            "the server",
            "clapton",
            "zqsecre t",
            "93.184.216.340",
            "",
        ] {
            assert_eq!(originals.in_text(text.as_bytes()), [], "{text}");
        }
        assert_eq!(originals.count(), (6, 0));
    }
}
