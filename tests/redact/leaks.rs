//! Looks for tokens in every way they could be written.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Tokens by what they look like.
pub struct Leaks {
    /// In lower case; all of one length are looked for at once.
    forms: BTreeMap<usize, BTreeMap<Vec<u8>, String>>,
}

impl Leaks {
    pub fn new(tokens: &[String]) -> Self {
        let mut forms: BTreeMap<usize, BTreeMap<Vec<u8>, String>> = BTreeMap::new();
        for token in tokens {
            for form in ways(token) {
                let form = form.to_ascii_lowercase();
                forms
                    .entry(form.len())
                    .or_default()
                    .insert(form, token.clone());
            }
        }
        Self { forms }
    }

    /// The tokens that stand in these bytes.
    pub fn of(&self, bytes: &[u8]) -> Vec<String> {
        let bytes = bytes.to_ascii_lowercase();
        let mut found = Vec::new();
        for (len, forms) in &self.forms {
            let windows = bytes.windows(*len);
            found.extend(windows.filter_map(|window| forms.get(window)).cloned());
        }
        found.sort();
        found.dedup();
        found
    }
}

/// Plain, UTF-16, percent, hex, and base64 at each of the three places in a group.
fn ways(token: &str) -> Vec<Vec<u8>> {
    let each = |write: fn(u8) -> String| token.bytes().map(write).collect::<String>().into_bytes();
    let utf16 = |write: fn(u16) -> [u8; 2]| token.encode_utf16().flat_map(write).collect();
    let mut ways = vec![
        token.as_bytes().to_vec(),
        utf16(u16::to_be_bytes),
        utf16(u16::to_le_bytes),
        each(|byte| format!("%{byte:02x}")),
        each(|byte| format!("{byte:02x}")),
        each(|byte| format!("{byte:02x}:")),
    ];
    for before in 0..3 {
        let bytes = [&vec![0; before][..], token.as_bytes()].concat();
        let text = STANDARD.encode(&bytes);
        // Characters that hold bits of the neighbours, too, are left out.
        let start = (before * 8).div_ceil(6);
        let end = bytes.len() * 8 / 6;
        ways.push(text.as_bytes()[start..end].to_vec());
    }
    ways
}

#[test]
fn every_way_is_found() {
    let leaks = Leaks::new(&["zqsecret".to_owned()]);
    for text in [
        "a zqsecret b",
        "ZQSECRET",
        "z\0q\0s\0e\0c\0r\0e\0t\0",
        "%7A%71%73%65%63%72%65%74",
        "7a71736563726574",
        &STANDARD.encode("zqsecret"),
        &STANDARD.encode("xzqsecret!"),
        &STANDARD.encode("xxzqsecret!"),
    ] {
        assert_eq!(leaks.of(text.as_bytes()), ["zqsecret"], "{text}");
    }
    assert!(leaks.of(b"zqsecre t").is_empty());
}
