//! What keeps text text: every expression of every template goes through here.

use std::fmt::{self, Write};

use askama::filters::{Escaper, Html};

use crate::escape::terminal;

/// Control characters and those that change direction become `\u{…}`, then what HTML would obey is
/// escaped.
#[derive(Clone, Copy, Debug)]
pub struct Shown;

impl Escaper for Shown {
    fn write_escaped_str<W: Write>(&self, dest: W, string: &str) -> fmt::Result {
        Html.write_escaped_str(dest, &terminal(string))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neither_markup_nor_control_characters_survive() {
        let mut out = String::new();
        let text = "<script>\"'&\u{0}\u{202E}x\r\n";
        Shown
            .write_escaped_str(&mut out, text)
            .expect("a String takes all");
        assert_eq!(
            out,
            "&#60;script&#62;&#34;&#39;&#38;\\u{0}\\u{202E}x\\u{D}\\u{A}"
        );
    }
}
