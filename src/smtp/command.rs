//! What a client line asks for (RFC 5321 section 4.1, RFC 3207, RFC 3030, RFC 4954).

/// A command, as far as it matters here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// AUTH, or X-EXPS of Exchange, with its mechanism; the initial response is dropped at once.
    Auth {
        /// Mechanism, upper case; `unknown` when what stands there cannot be one.
        mechanism: String,
    },
    /// BDAT: this many bytes of message follow.
    Bdat {
        /// Size of the chunk in bytes.
        size: u64,
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
    /// QUIT.
    Quit,
    /// STARTTLS or X-ANONYMOUSTLS.
    StartTls {
        /// The verb in its usual spelling.
        verb: &'static str,
    },
    /// Not a command of SMTP.
    Unknown,
}

/// Verbs that are commands but need no attention.
const OTHER_VERBS: [&str; 15] = [
    "ATRN", "BURL", "ETRN", "EXPN", "HELP", "NOOP", "RCPT", "RSET", "SAML", "SEND", "SOML", "TURN",
    "VRFY", "XCLIENT", "XFORWARD",
];

/// Verbs that [`Command`] has a variant for.
const VERBS: [&str; 9] = [
    "AUTH", "BDAT", "DATA", "EHLO", "HELO", "LHLO", "MAIL", "QUIT", "X-EXPS",
];

/// The verbs that introduce a client (RFC 5321 section 4.1.1.1, RFC 2033).
const HELLO_VERBS: [&str; 3] = ["EHLO", "HELO", "LHLO"];

/// The verbs that ask for TLS.
pub const TLS_VERBS: [&str; 2] = ["STARTTLS", "X-ANONYMOUSTLS"];

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
        } else if is("AUTH") || is("X-EXPS") {
            let mechanism = mechanism(word());
            Self::Auth { mechanism }
        } else if is("DATA") {
            Self::Data
        } else if is("BDAT") {
            let size = std::str::from_utf8(word())
                .ok()
                .and_then(|digits| digits.parse().ok())
                .unwrap_or(0);
            Self::Bdat { size }
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

/// The name of a SASL mechanism (RFC 4422 section 3.1), upper case. A client that forgets it puts
/// the secret in its place: what mixes cases as base64 does is no name, but for the two that
/// people type.
fn mechanism(word: &[u8]) -> String {
    /// Longest name that RFC 4422 allows.
    const LONGEST: usize = 20;
    let in_alphabet = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let upper = word.to_ascii_uppercase();
    let one_case = word == upper || word == word.to_ascii_lowercase();
    let typed = [&b"LOGIN"[..], b"PLAIN"].contains(&upper.as_slice());
    match word.len() <= LONGEST && word.iter().all(in_alphabet) && (one_case || typed) {
        true => String::from_utf8_lossy(&upper).into_owned(),
        false => "unknown".to_owned(),
    }
}

/// The verb of a line, where SMTP knows it: never anything else of the line.
pub fn verb(line: &[u8]) -> Option<&'static str> {
    let word = line
        .split(u8::is_ascii_whitespace)
        .next()
        .unwrap_or_default();
    let mut known = VERBS.iter().chain(&TLS_VERBS).chain(&OTHER_VERBS);
    let verb = known.find(|verb| word.eq_ignore_ascii_case(verb.as_bytes()));
    match verb {
        None if is_masked(word) => Some("XXXX"),
        verb => verb.copied(),
    }
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
        assert_eq!(Command::parse(b"BDAT 86 LAST"), Command::Bdat { size: 86 });
        assert_eq!(Command::parse(b"mail FROM:<a@b>"), Command::Mail);
    }

    #[test]
    fn the_secret_after_auth_is_dropped() {
        let command = Command::parse(b"auth plain AGFsaWNlAHNlY3JldA==");
        let mechanism = "PLAIN".to_owned();
        assert_eq!(command, Command::Auth { mechanism });
    }

    #[test]
    fn a_secret_in_the_place_of_the_mechanism_is_dropped() {
        for secret in ["AGFsaWNlAHNlY3JldA==", "cGFzc3dvcmQ", "p4ss!word"] {
            assert_eq!(mechanism(secret.as_bytes()), "unknown");
        }
        for name in ["plain", "Login", "SCRAM-SHA-256-PLUS", "XOAUTH2"] {
            assert_eq!(mechanism(name.as_bytes()), name.to_ascii_uppercase());
        }
    }

    #[test]
    fn every_command_has_a_verb() {
        let all = VERBS.into_iter().chain(TLS_VERBS).chain(OTHER_VERBS);
        for name in all {
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
