//! Hostile bytes made printable.
//!
//! Banners, names and certificates are chosen by strangers; printed raw they could move a
//! terminal's cursor, set its title or reverse the reading order.

use std::borrow::Cow;
use std::fmt::Write;

/// Text that a terminal shows as text: control characters, and those that change direction or are
/// invisible, become `\u{…}`. Line ends too: what was one line stays one.
pub fn terminal(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for char in text.chars() {
        if is_unsafe(char) {
            // Writing to a String cannot fail.
            let _ = write!(safe, "\\u{{{:X}}}", u32::from(char));
        } else {
            safe.push(char);
        }
    }
    Cow::Owned(safe)
}

/// JSON text without raw characters that a terminal would obey: they become `\\uXXXX`, which is
/// the same JSON. Outside of strings JSON is plain ASCII, so every such character stands in one.
pub fn json(text: &str) -> Cow<'_, str> {
    let obeyed = |char: char| char != '\n' && is_unsafe(char);
    if !text.chars().any(obeyed) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 64);
    for char in text.chars() {
        if obeyed(char) {
            for unit in char.encode_utf16(&mut [0; 2]) {
                // Writing to a String cannot fail.
                let _ = write!(safe, "\\u{unit:04x}");
            }
        } else {
            safe.push(char);
        }
    }
    Cow::Owned(safe)
}

/// [`terminal`], with every character escaped that Markdown or the HTML in it would obey.
pub fn markdown(text: &str) -> String {
    let mut safe = String::with_capacity(text.len() + 16);
    for char in terminal(text).chars() {
        match char {
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '&' => safe.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '#' | '|' | '~' | '!' | '@' | '$' => {
                safe.push('\\');
                safe.push(char);
            }
            char => safe.push(char),
        }
    }
    safe
}

/// Longest text shown in a line of a report, in characters; the record keeps all of it.
pub const SHOWN: usize = 160;

/// [`terminal`], cut to [`SHOWN`] characters.
pub fn shown(text: &str) -> String {
    let mut chars = text.chars();
    let cut: String = chars.by_ref().take(SHOWN).collect();
    let more = if chars.next().is_some() { "…" } else { "" };
    format!("{}{more}", terminal(&cut))
}

fn is_unsafe(char: char) -> bool {
    char.is_control()
        || matches!(char,
            '\u{061C}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}'
            | '\u{E0000}'..='\u{E007F}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_what_a_terminal_would_obey() {
        assert_eq!(terminal("mx1.example.org"), "mx1.example.org");
        assert_eq!(
            terminal("a\x1b]0;x\x07\r\nb"),
            "a\\u{1B}]0;x\\u{7}\\u{D}\\u{A}b"
        );
        assert_eq!(terminal("\u{202E}gro.elpmaxe"), "\\u{202E}gro.elpmaxe");
        assert_eq!(terminal("\u{9b}31m"), "\\u{9B}31m");
    }

    #[test]
    fn json_stays_the_same_json() {
        let text = "{\n \"a\": \"x\u{9b}\u{202E}\u{7f}\u{E0041}y\"}";
        let safe = json(text);
        assert!(safe.is_ascii());
        let value = |text: &str| serde_json::from_str::<serde_json::Value>(text).expect("JSON");
        assert_eq!(value(&safe), value(text));
    }

    #[test]
    fn long_text_is_cut_by_characters() {
        let text = "ä".repeat(SHOWN + 1);
        assert_eq!(shown(&text).chars().count(), SHOWN + 1);
        assert!(shown(&text).ends_with('…'));
    }
}
