//! What a client line asks for (RFC 5321 section 4.1, RFC 3207, RFC 3030, RFC 4954).

use super::auth::{self, AUTH_VERBS};

/// A command, as far as it matters here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// AUTH, or X-EXPS of Exchange, with its mechanism; the initial response is dropped at once.
    Auth {
        /// AUTH or X-EXPS.
        verb: &'static str,
        /// Mechanism, upper case; `unknown` when what stands there cannot be one.
        mechanism: String,
        /// Something that may be a secret stands in the line.
        payload: bool,
    },
    /// BDAT: this many bytes of message follow (RFC 3030 section 2).
    Bdat {
        /// Size of the chunk in bytes.
        size: u64,
        /// It is the last one of the message.
        last: bool,
    },
    /// DATA.
    Data,
    /// EHLO, HELO or LHLO with the client's name.
    Hello {
        /// EHLO, HELO or LHLO.
        verb: &'static str,
        /// The name as sent.
        name: String,
    },
    /// MAIL FROM.
    Mail,
    /// The verb was overwritten with X on its way.
    Masked,
    /// Any other verb SMTP knows.
    Other,
    /// What a proxy states about the original client (Postfix's XCLIENT and XFORWARD).
    Original {
        /// XCLIENT or XFORWARD.
        verb: &'static str,
        /// Names of the attributes, upper case; the values are dropped at once.
        attributes: Vec<String>,
    },
    /// QUIT.
    Quit,
    /// RCPT TO.
    Rcpt,
    /// STARTTLS or X-ANONYMOUSTLS.
    StartTls {
        /// The verb in its usual spelling.
        verb: &'static str,
    },
    /// Not a command of SMTP.
    Unknown,
}

/// Verbs that are commands but need no attention.
const OTHER_VERBS: [&str; 12] = [
    "ATRN", "BURL", "ETRN", "EXPN", "HELP", "NOOP", "RSET", "SAML", "SEND", "SOML", "TURN", "VRFY",
];

/// Verbs that [`Command`] has a variant for.
const VERBS: [&str; 8] = [
    "BDAT", "DATA", "EHLO", "HELO", "LHLO", "MAIL", "QUIT", "RCPT",
];

/// The verbs that introduce a client (RFC 5321 section 4.1.1.1, RFC 2033).
const HELLO_VERBS: [&str; 3] = ["EHLO", "HELO", "LHLO"];

/// The verbs that ask for TLS.
pub const TLS_VERBS: [&str; 2] = ["STARTTLS", "X-ANONYMOUSTLS"];

/// The verbs that state whom the proxy speaks for.
pub const ORIGINAL_VERBS: [&str; 2] = ["XCLIENT", "XFORWARD"];

/// Most attributes that are kept; Postfix knows nine.
const MAX_ATTRIBUTES: usize = 16;

/// What stands for an overwritten verb.
pub const MASKED: &str = "XXXX";

/// Fewest letters X in a row that count as overwritten: shorter ones could be somebody's verb.
const MASK_MIN: usize = 4;

impl Command {
    /// Reads a line without its end.
    pub fn parse(line: &[u8]) -> Self {
        let line = line.trim_ascii_end();
        let split = line
            .iter()
            .position(u8::is_ascii_whitespace)
            .unwrap_or(line.len());
        let (verb, rest) = line.split_at(split);
        let rest = rest.trim_ascii();
        let is = |name: &str| verb.eq_ignore_ascii_case(name.as_bytes());
        let word = || {
            let end = rest.iter().position(u8::is_ascii_whitespace);
            &rest[..end.unwrap_or(rest.len())]
        };
        if let Some(verb) = HELLO_VERBS.into_iter().find(|name| is(name)) {
            let name = String::from_utf8_lossy(rest).into_owned();
            Self::Hello { verb, name }
        } else if let Some(verb) = TLS_VERBS.into_iter().find(|name| is(name)) {
            Self::StartTls { verb }
        } else if is("MAIL") {
            Self::Mail
        } else if is("RCPT") {
            Self::Rcpt
        } else if let Some(verb) = AUTH_VERBS.into_iter().find(|name| is(name)) {
            let word = word();
            let mechanism = auth::mechanism(word);
            // An equals sign stands for an empty response (RFC 4954 section 4).
            let response = rest[word.len()..].trim_ascii_start();
            let payload = !matches!(response, b"" | b"=") || mechanism == auth::UNKNOWN;
            Self::Auth {
                verb,
                mechanism,
                payload,
            }
        } else if let Some(verb) = ORIGINAL_VERBS.into_iter().find(|name| is(name)) {
            let attributes = attributes(rest);
            Self::Original { verb, attributes }
        } else if is("DATA") {
            Self::Data
        } else if is("BDAT") {
            let size = std::str::from_utf8(word())
                .ok()
                .and_then(|digits| digits.parse().ok())
                .unwrap_or(0);
            let last = rest
                .split(u8::is_ascii_whitespace)
                .next_back()
                .is_some_and(|word| word.eq_ignore_ascii_case(b"LAST"));
            Self::Bdat { size, last }
        } else if is("QUIT") {
            Self::Quit
        } else if OTHER_VERBS.iter().any(|name| is(name)) {
            Self::Other
        } else if is_masked(verb) {
            Self::Masked
        } else {
            Self::Unknown
        }
    }
}

/// Names of `NAME=value` pairs.
fn attributes(rest: &[u8]) -> Vec<String> {
    let pairs = rest.split(u8::is_ascii_whitespace);
    let name = |pair| Some(String::from_utf8_lossy(attribute(pair)?).to_ascii_uppercase());
    pairs.filter_map(name).take(MAX_ATTRIBUTES).collect()
}

/// The name in a `NAME=value` pair.
pub(super) fn attribute(pair: &[u8]) -> Option<&[u8]> {
    let end = pair.iter().position(|&byte| byte == b'=')?;
    let is_name = end > 0 && end <= 20 && pair[..end].iter().all(u8::is_ascii_alphabetic);
    is_name.then_some(&pair[..end])
}

/// The verb of a line, where SMTP knows it: never anything else of the line.
pub fn verb(line: &[u8]) -> Option<&'static str> {
    let word = line
        .split(u8::is_ascii_whitespace)
        .next()
        .unwrap_or_default();
    let verb = known_verbs().find(|verb| word.eq_ignore_ascii_case(verb.as_bytes()));
    match verb {
        None if is_masked(word) => Some(MASKED),
        verb => verb.copied(),
    }
}

/// Every verb that SMTP knows.
fn known_verbs() -> impl Iterator<Item = &'static &'static str> {
    let special = TLS_VERBS.iter().chain(&AUTH_VERBS).chain(&ORIGINAL_VERBS);
    VERBS.iter().chain(&OTHER_VERBS).chain(special)
}

/// Whether a keyword is one of [`TLS_VERBS`].
pub fn asks_for_tls(keyword: &[u8]) -> bool {
    TLS_VERBS
        .iter()
        .any(|verb| keyword.eq_ignore_ascii_case(verb.as_bytes()))
}

/// Whether a keyword was overwritten as firewalls do: all X, the last letter sometimes kept.
pub fn is_masked(keyword: &[u8]) -> bool {
    let leading = keyword.iter().take_while(|&&byte| byte == b'X').count();
    leading >= MASK_MIN
        && (leading == keyword.len()
            || leading + 1 == keyword.len() && keyword[leading].is_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verbs_in_any_case_and_spacing() {
        for line in [
            &b"STARTTLS"[..],
            b"sTaRtTlS ",
            b"starttls foo",
            b"STARTTLS\t",
        ] {
            let verb = "STARTTLS";
            assert_eq!(Command::parse(line), Command::StartTls { verb });
        }
        for line in [&b"STARTTLSX"[..], b" STARTTLS", b"", b"\x16\x03\x01"] {
            assert_eq!(Command::parse(line), Command::Unknown);
        }
        for (line, size, last) in [
            (&b"BDAT 86 LAST"[..], 86, true),
            (b"bdat 0 last", 0, true),
            (b"BDAT 1000", 1000, false),
            (b"BDAT", 0, false),
        ] {
            assert_eq!(Command::parse(line), Command::Bdat { size, last });
        }
        assert_eq!(Command::parse(b"mail FROM:<a@b>"), Command::Mail);
    }

    #[test]
    fn the_secret_after_auth_is_dropped() {
        let read = |line: &str| match Command::parse(line.as_bytes()) {
            Command::Auth {
                verb,
                mechanism,
                payload,
            } => format!("{verb} {mechanism} {payload}"),
            other => format!("{other:?}"),
        };
        assert_eq!(read("auth plain AGFsaWNlAHNlY3JldA=="), "AUTH PLAIN true");
        assert_eq!(read("X-EXPS GSSAPI"), "X-EXPS GSSAPI false");
        assert_eq!(read("AUTH PLAIN ="), "AUTH PLAIN false");
        assert_eq!(read("AUTH AGFsaWNlAHNlY3JldA=="), "AUTH unknown true");
    }

    #[test]
    fn of_attributes_the_names_are_kept() {
        let line = b"XCLIENT ADDR=203.0.113.9 login=alice NAME= =x secret";
        let attributes = ["ADDR", "LOGIN", "NAME"].map(str::to_owned).to_vec();
        let verb = "XCLIENT";
        assert_eq!(Command::parse(line), Command::Original { verb, attributes });
    }

    #[test]
    fn every_command_has_a_verb() {
        for &name in known_verbs() {
            let line = format!("{} secret", name.to_lowercase());
            assert_eq!(verb(line.as_bytes()), Some(name));
            assert_ne!(Command::parse(line.as_bytes()), Command::Unknown);
        }
        assert_eq!(verb(b"XXXXXXXA"), Some("XXXX"));
        assert_eq!(verb(b"c2VjcmV0"), None);
        assert_eq!(verb(b""), None);
    }

    #[test]
    fn overwritten_keywords() {
        for masked in ["XXXX", "XXXXXXXA", "XXXXXXXX"] {
            assert!(is_masked(masked.as_bytes()), "{masked}");
        }
        for plain in ["XXX", "X-EXPS", "XEXCH50", "XXXXab", "STARTTLS", "XXXXXX1"] {
            assert!(!is_masked(plain.as_bytes()), "{plain}");
        }
    }
}
