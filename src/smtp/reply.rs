//! A line of the server (RFC 5321 section 4.2).

/// One line of a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReplyLine<'a> {
    /// The three digits.
    pub code: u16,
    /// Whether more lines of this reply follow.
    pub more: bool,
    /// What stands after code and separator.
    pub text: &'a [u8],
}

impl<'a> ReplyLine<'a> {
    /// Reads a line without its end; `None` when it does not begin with a reply code.
    pub fn parse(line: &'a [u8]) -> Option<Self> {
        let (digits, rest) = line.split_at_checked(3)?;
        if !digits.iter().all(u8::is_ascii_digit) || !(b'2'..=b'5').contains(&digits[0]) {
            return None;
        }
        let code = digits
            .iter()
            .fold(0, |code, digit| code * 10 + u16::from(digit - b'0'));
        let (more, text) = match rest.split_first() {
            None => (false, rest),
            Some((b'-', text)) => (true, text),
            Some((b' ' | b'\t', text)) => (false, text),
            Some(_) => return None,
        };
        Some(Self { code, more, text })
    }
}

/// The host name a greeting starts with, where its first word looks like one.
pub fn host(text: &str) -> Option<String> {
    let word = text.split_ascii_whitespace().next()?;
    let plausible = word
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'));
    // The enhanced status code of another reply (RFC 2034) is no name.
    let is_name = word.bytes().any(|byte| byte.is_ascii_alphabetic());
    let is_protocol = ["ESMTP", "SMTP", "LMTP"].contains(&word);
    (plausible && is_name && !is_protocol).then(|| word.to_owned())
}

/// Whether the first line of a reply can name the server.
pub fn greets(text: &[u8]) -> bool {
    let word = text.split(|&byte| byte == b' ').next();
    let can_name = |byte: &u8| byte.is_ascii_alphabetic() || *byte == b'[';
    word.is_some_and(|word| word.iter().any(can_name))
}

/// Whether a greeting was overwritten with asterisks, as firewalls do; some leave a 0 or 2.
pub fn is_starred(text: &str) -> bool {
    let stars = text.bytes().filter(|&byte| byte == b'*').count();
    let others = text
        .bytes()
        .filter(|byte| !matches!(byte, b'*' | b' ' | b'0' | b'2'))
        .count();
    stars >= 4 && others == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reply_lines() {
        let line = ReplyLine::parse(b"250-STARTTLS").expect("a reply");
        assert_eq!(
            (line.code, line.more, line.text),
            (250, true, &b"STARTTLS"[..])
        );
        let bare = ReplyLine::parse(b"220").expect("a reply");
        assert_eq!((bare.code, bare.more), (220, false));
        for odd in [&b"22"[..], b"2200 x", b"abc", b"999 x", b"16\x03"] {
            assert_eq!(ReplyLine::parse(odd), None);
        }
    }

    #[test]
    fn greetings() {
        assert_eq!(
            host("mx1.example.org ESMTP Postfix").as_deref(),
            Some("mx1.example.org")
        );
        assert_eq!(
            host("EX2016SRV2 Microsoft ESMTP").as_deref(),
            Some("EX2016SRV2")
        );
        assert_eq!(host("ESMTP ready"), None);
        assert_eq!(host("*****"), None);
        assert_eq!(host("2.0.0 Ready to start TLS"), None);
        assert!(is_starred("**************0*2******"));
        assert!(!is_starred("mx1 ESMTP ***"));
    }
}
