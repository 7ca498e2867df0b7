//! SASL mechanisms, in commands and in offers (RFC 4954; X-EXPS is Exchange's AUTH).

use crate::model::smtp::shows_secret;

/// The verbs that begin an authentication.
pub const AUTH_VERBS: [&str; 2] = ["AUTH", "X-EXPS"];

/// What stands for a mechanism that cannot be one.
pub const UNKNOWN: &str = "unknown";

/// The name of a SASL mechanism (RFC 4422 section 3.1), upper case. A client that forgets it puts
/// the secret in its place: what mixes cases as base64 does is no name, but for the two that
/// people type.
pub fn mechanism(word: &[u8]) -> String {
    /// Longest name that RFC 4422 allows.
    const LONGEST: usize = 20;
    let in_alphabet = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let upper = word.to_ascii_uppercase();
    let one_case = word == upper || word == word.to_ascii_lowercase();
    let typed = [&b"LOGIN"[..], b"PLAIN"].contains(&upper.as_slice());
    match word.len() <= LONGEST && word.iter().all(in_alphabet) && (one_case || typed) {
        true => String::from_utf8_lossy(&upper).into_owned(),
        false => UNKNOWN.to_owned(),
    }
}

/// Which of the client's responses holds its secret as it is, counted from 1: LOGIN sends the name
/// first. `None` where none does.
pub fn telling_response(mechanism: &str) -> Option<usize> {
    shows_secret(mechanism).then_some(match mechanism {
        "LOGIN" => 2,
        _ => 1,
    })
}

/// The mechanisms of a capability line and the verb they are for: `AUTH LOGIN PLAIN`, the
/// `AUTH=LOGIN` of old clients' times, `X-EXPS NTLM`.
pub fn offered(line: &str) -> Option<(&'static str, impl Iterator<Item = &str>)> {
    let end = line.find([' ', '\t', '=']).unwrap_or(line.len());
    let (keyword, rest) = line.split_at(end);
    let is = |verb: &&str| keyword.eq_ignore_ascii_case(verb);
    let verb = AUTH_VERBS.into_iter().find(is)?;
    let words = rest.split([' ', '\t', '=']).filter(|word| !word.is_empty());
    Some((verb, words))
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn offers() {
        let read = |line| {
            let (verb, words) = offered(line)?;
            Some((verb, words.collect::<Vec<_>>()))
        };
        assert_eq!(
            read("AUTH LOGIN  PLAIN"),
            Some(("AUTH", vec!["LOGIN", "PLAIN"]))
        );
        assert_eq!(
            read("auth=login plain"),
            Some(("AUTH", vec!["login", "plain"]))
        );
        assert_eq!(
            read("X-EXPS GSSAPI NTLM"),
            Some(("X-EXPS", vec!["GSSAPI", "NTLM"]))
        );
        assert_eq!(read("X-EXPS"), Some(("X-EXPS", vec![])));
        assert_eq!(read("AUTHENTICATE PLAIN"), None);
    }
}
