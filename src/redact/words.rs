//! Pseudonyms of words: as long, with letters, digits and capitals in the same places.
//!
//! Of a word with a digit in third place another such word is made by shuffling all words of that
//! shape, so different words stay different, and equal ones equal whatever their case.

use super::key::Key;
use super::permutation::Permutation;

/// Characters shuffled together: 26^24 is below the 2^120 of a [`Permutation`].
const TOGETHER: usize = 24;

/// Whether a word can hold the character; everything else stands between words and stays.
pub fn is_of_word(char: char) -> bool {
    // What stands for bytes that were no text, and for text that was cut off.
    let stands_for = matches!(char, '\u{FFFD}' | '…');
    char.is_ascii_alphanumeric() || (!char.is_ascii() && !stands_for)
}

/// The pseudonym of a word.
pub fn word(key: &Key, word: &str) -> String {
    let lower = word.to_ascii_lowercase();
    let chars: Vec<char> = word.chars().collect();
    let mut found = String::with_capacity(word.len());
    for (chunk, number) in chars.chunks(TOGETHER).zip(0_usize..) {
        let before: String = lower.chars().take(number * TOGETHER).collect();
        push(&mut found, key, &before, chunk);
    }
    found
}

/// Pseudonyms of some characters of a word, of which `before` is the beginning.
fn push(to: &mut String, key: &Key, before: &str, chunk: &[char]) {
    // Which shape, and which shuffling of it: everything that the pseudonym has in common with
    // the word, so that the word can be told from it by who has the key and by nobody else.
    let shape: String = chunk.iter().map(|&char| shape(char)).collect();
    let tweak = ["word", before, "\0", &shape].concat();
    let size = chunk.iter().map(|&char| letters(char).1).product();
    let number = chunk.iter().fold(0, |number, &char| {
        let (first, count) = letters(char);
        number * count + u128::from(u32::from(char.to_ascii_lowercase()) - first)
    });
    let mut number = Permutation::new(key, tweak.as_bytes(), size).of(number);
    let mut new: Vec<char> = Vec::with_capacity(chunk.len());
    for &char in chunk.iter().rev() {
        let (first, count) = letters(char);
        let digit = u32::try_from(number % count).unwrap_or_default();
        number /= count;
        let made = match char.is_ascii() {
            true => char::from_u32(first + digit).unwrap_or('x'),
            false => other(key, before, chunk, char),
        };
        new.push(match char.is_ascii_uppercase() {
            true => made.to_ascii_uppercase(),
            false => made,
        });
    }
    to.extend(new.iter().rev());
}

/// The first of the characters that may stand in this place, and how many they are.
fn letters(char: char) -> (u32, u128) {
    match char {
        '0'..='9' => (u32::from('0'), 10),
        char if char.is_ascii() => (u32::from('a'), 26),
        char => (u32::from(char), 1),
    }
}

fn shape(char: char) -> char {
    match char {
        '0'..='9' => '0',
        char if char.is_ascii() => 'a',
        char => char,
    }
}

/// In place of a character beyond ASCII one with an encoding of the same length. There are too
/// many kinds of them to shuffle; that two words differ in nothing else is not worth more.
fn other(key: &Key, before: &str, chunk: &[char], char: char) -> char {
    let first = match char.len_utf8() {
        2 => 'à',
        3 => '一',
        _ => '𠀀',
    };
    /// As many letters follow `à` before a sign that is none.
    const LETTERS: u8 = 23;
    let chunk: String = chunk.iter().map(char::to_ascii_lowercase).collect();
    let encoded = char.to_string();
    let [byte, ..] = key.mac(
        "letter",
        &[before.as_bytes(), chunk.as_bytes(), encoded.as_bytes()],
    );
    char::from_u32(u32::from(first) + u32::from(byte % LETTERS)).unwrap_or(first)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn new(text: &str) -> String {
        word(&Key::new(b"a secret of tests"), text)
    }

    #[test]
    fn shapes_stay() {
        for old in ["EX2016SRV2", "mail", "a", "7", "köln", "日本x", "😀1"] {
            let new = new(old);
            assert_ne!(new, old);
            assert_eq!(new.len(), old.len());
            for (a, b) in old.chars().zip(new.chars()) {
                assert_eq!(a.len_utf8(), b.len_utf8());
                assert_eq!(a.is_ascii_digit(), b.is_ascii_digit());
                assert_eq!(a.is_ascii_uppercase(), b.is_ascii_uppercase());
            }
        }
    }

    #[test]
    fn case_does_not_matter() {
        assert_eq!(new("MAIL").to_lowercase(), new("mail"));
        assert_eq!(new("Mail").to_lowercase(), new("mail"));
    }

    #[test]
    fn no_two_become_the_same() {
        let all: BTreeSet<String> = (0..1000)
            .map(|number| new(&format!("{number:03}")))
            .collect();
        assert_eq!(all.len(), 1000);
        let letters = ('a'..='z').flat_map(|a| ('a'..='z').map(move |b| format!("{a}{b}")));
        assert_eq!(
            letters
                .map(|word| new(&word))
                .collect::<BTreeSet<_>>()
                .len(),
            676
        );
    }

    #[test]
    fn long_words_are_shuffled_to_the_end() {
        let long = "abcdefghijklmnopqrstuvwxyz0123456789".repeat(40);
        let other = format!("{}8", &long[..long.len() - 1]);
        let [a, b] = [&long, &other].map(|it| new(it));
        assert_eq!(a.len(), long.len());
        assert_ne!(a, b);
        assert_eq!(a[..1416], b[..1416]);
        let same = a.bytes().zip(long.bytes()).filter(|(a, b)| a == b).count();
        assert!(same < 150, "{same}");
    }
}
