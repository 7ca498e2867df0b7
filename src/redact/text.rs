//! Text from the wire: names in it become pseudonyms, and so does every word that is not known to
//! belong to the protocol or to everybody. Lengths stay, and what stands between words.

use super::Pseudonyms;
use super::words::is_of_word;

/// Words that may stay in free text, one a line, sorted: keywords of SMTP, mechanisms, products
/// that the rules know, and what mail servers say in their replies.
const VOCABULARY: &str = include_str!("words.txt");

/// Names that say nothing wherever they stand; the tag of addresses (RFC 5321 section 4.1.3).
const RESERVED: [&str; 3] = ["ipv6", "localdomain", "localhost"];

/// Providers whose servers the rules know; what stands before may be a customer's name.
const PROVIDERS: [&str; 2] = [".office365.com", ".outlook.com"];

/// Beginnings of version numbers that the rules know: 6.0.3790 is Windows Server 2003.
const BUILDS: [&str; 1] = ["6.0.3790"];

/// Which words of a text may stay.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stay {
    /// Those that are [`RESERVED`].
    Few,
    /// Those of the [`VOCABULARY`], too.
    Known,
}

impl Pseudonyms {
    /// Redacts names: of hosts, people, mailboxes, files. `*` stays, and so does every dot.
    pub fn name(&mut self, text: &str) -> String {
        self.scan(text, Stay::Few)
    }

    /// Redacts what a peer says in its own words.
    pub fn free_text(&mut self, text: &str) -> String {
        // A device has overwritten it: rules read how.
        let is_starred = text.contains('*') && text.bytes().all(|byte| b"*02 ".contains(&byte));
        match is_starred {
            true => text.to_owned(),
            false => self.scan(text, Stay::Known),
        }
    }

    /// Redacts a URL; its scheme stays.
    pub fn url(&mut self, text: &str) -> String {
        match text.split_once("://") {
            Some((scheme @ ("ftp" | "http" | "https" | "ldap"), rest)) => {
                format!("{scheme}://{}", self.name(rest))
            }
            _ => self.name(text),
        }
    }

    /// Redacts what has a registered name, or is written as a number because it has none.
    pub fn registered(&mut self, text: &str) -> String {
        match text.starts_with(|char: char| char.is_ascii_digit()) {
            true => self.name(text),
            false => text.to_owned(),
        }
    }

    fn scan(&mut self, text: &str, stay: Stay) -> String {
        let parts: Vec<&str> = runs(text, is_of_token).collect();
        let mut found = String::with_capacity(text.len());
        for (at, part) in parts.iter().enumerate() {
            // Tokens alternate with what separates them.
            let before = at.checked_sub(2).map_or("", |at| parts[at]);
            let after = parts.get(at + 2).copied().unwrap_or_default();
            let is_token = part.starts_with(is_of_token);
            match is_token && !(stay == Stay::Known && says_when_or_how_much(before, part, after)) {
                true => self.token(&mut found, part, stay),
                false => found.push_str(part),
            }
        }
        found
    }

    /// Redacts what stands between blanks and brackets.
    fn token(&mut self, to: &mut String, token: &str, stay: Stay) {
        let tagged = token
            .get(..5)
            .filter(|tag| tag.eq_ignore_ascii_case("IPv6:"));
        let (tag, address) = token.split_at(tagged.map_or(0, str::len));
        if let Some(pseudonym) = self.address_in_text(address) {
            to.push_str(tag);
            to.push_str(&pseudonym);
            return;
        }
        if let Some((part, rest)) = token.split_once(':') {
            self.token(to, part, stay);
            to.push(':');
            return self.token(to, rest, stay);
        }
        let start = token.find(is_of_word).unwrap_or(token.len());
        let (before, rest) = token.split_at(start);
        let end = rest
            .rfind(is_of_word)
            .map_or(0, |at| at + char_len(rest, at));
        let (core, after) = rest.split_at(end);
        to.push_str(before);
        self.core(to, core, stay);
        to.push_str(after);
    }

    /// Redacts what begins and ends with a word.
    fn core(&mut self, to: &mut String, core: &str, stay: Stay) {
        if let Some(pseudonym) = self.address_in_text(core) {
            return to.push_str(&pseudonym);
        }
        if stay == Stay::Known && is_status_or_version(core) {
            return to.push_str(core);
        }
        let lower = core.to_ascii_lowercase();
        let ends = PROVIDERS.iter().find(|end| lower.ends_with(*end));
        let is_build = |it: &&&str| core.starts_with(**it) && core[it.len()..].starts_with('.');
        let begins = BUILDS.iter().filter(|_| stay == Stay::Known).find(is_build);
        let (begin, rest) = core.split_at(begins.map_or(0, |it| it.len()));
        let (rest, end) = rest.split_at(rest.len() - ends.map_or(0, |it| it.len()));
        let is_name = core.contains('@') || core.contains('.') && !is_dotted_number(core);
        let stay = if is_name { Stay::Few } else { stay };
        to.push_str(begin);
        self.words(to, rest, stay);
        to.push_str(end);
    }

    fn words(&mut self, to: &mut String, text: &str, stay: Stay) {
        for part in runs(text, is_of_word) {
            match part.starts_with(is_of_word) && !stays(part, stay) {
                true => to.push_str(&self.word(part)),
                false => to.push_str(part),
            }
        }
    }
}

/// The longest pieces of a text whose characters are all of a kind, or all not.
fn runs(text: &str, of_kind: fn(char) -> bool) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let kind = of_kind(rest.chars().next()?);
        let end = rest.find(|char| of_kind(char) != kind);
        let (run, tail) = rest.split_at(end.unwrap_or(rest.len()));
        rest = tail;
        Some(run)
    })
}

/// Whether a number belongs to a date (RFC 5322 section 3.3), as times are no secret, or says how
/// large messages may be (RFC 1870).
fn says_when_or_how_much(before: &str, token: &str, after: &str) -> bool {
    const MONTHS: [&str; 12] = [
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ];
    let is_month = |word: &str| MONTHS.contains(&word.to_ascii_lowercase().as_str());
    let is_time = |word: &str| {
        let parts = word.split(':');
        word.len() == 8
            && parts.clone().count() == 3
            && parts.clone().all(|it| it.len() == 2 && is_number(it))
    };
    let is_zone =
        |word: &str| word.len() == 5 && word.starts_with(['+', '-']) && is_number(&word[1..]);
    match token.len() {
        _ if before.eq_ignore_ascii_case("SIZE") => is_number(token),
        1..=2 => is_number(token) && is_month(after),
        4 => is_number(token) && is_month(before),
        5 => is_zone(token) && is_time(before),
        _ => is_time(token),
    }
}

fn stays(word: &str, stay: Stay) -> bool {
    let lower = word.to_ascii_lowercase();
    let is_reserved = RESERVED.contains(&lower.as_str());
    is_reserved || stay == Stay::Known && (is_known(&lower) || is_masked(word))
}

/// Whether a word in lower case may stand anywhere.
pub(super) fn is_public(lower: &str) -> bool {
    RESERVED.contains(&lower) || is_known(lower)
}

fn is_known(lower: &str) -> bool {
    // The text is sorted, but its lines differ in length: bisect by bytes, then align.
    let (mut low, mut high) = (0, VOCABULARY.len());
    while low < high {
        let middle = (low + high) / 2;
        let start = VOCABULARY[..middle].rfind('\n').map_or(0, |at| at + 1);
        let end = VOCABULARY[start..]
            .find('\n')
            .map_or(VOCABULARY.len(), |at| start + at);
        match VOCABULARY[start..end].cmp(lower) {
            std::cmp::Ordering::Equal => return true,
            std::cmp::Ordering::Less => low = end + 1,
            std::cmp::Ordering::Greater => high = start,
        }
    }
    false
}

/// `XXXXXXXA`, with which firewalls overwrite keywords; `xxxx` stands for what is hidden in an
/// evidence file.
fn is_masked(word: &str) -> bool {
    let is_hidden = word.bytes().all(|byte| byte == b'x');
    is_hidden || crate::smtp::command::is_masked(word.as_bytes())
}

/// What belongs to addresses and host names stands together; `+` and `%` do in mailboxes.
fn is_of_token(char: char) -> bool {
    is_of_word(char) || ".:-_@+%".contains(char)
}

fn is_number(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_dotted_number(text: &str) -> bool {
    text.split('.').all(is_number)
}

/// `5.7.1` (RFC 3463), `4.96`: two or three short numbers.
fn is_status_or_version(text: &str) -> bool {
    let parts: Vec<&str> = text.split('.').collect();
    let is_short = |longest| move |it: &&str| is_number(it) && (1..=longest).contains(&it.len());
    match *parts {
        ["2" | "4" | "5", _, _] => parts.iter().all(|it| is_short(3)(it)),
        [_, _] | [_, _, _] => parts.iter().all(|it| is_short(2)(it)),
        _ => false,
    }
}

fn char_len(text: &str, at: usize) -> usize {
    text[at..].chars().next().map_or(0, char::len_utf8)
}

#[cfg(test)]
mod tests {
    use super::super::Key;
    use super::*;

    fn pseudonyms() -> Pseudonyms {
        Pseudonyms::new(Key::new(b"a secret of tests"))
    }

    #[test]
    fn the_vocabulary_is_sorted() {
        let words: Vec<&str> = VOCABULARY.lines().collect();
        assert!(words.is_sorted(), "sort it with LC_ALL=C sort -u");
        for word in words {
            assert!(is_known(word), "{word}");
            assert!(
                word.bytes()
                    .all(|it| it.is_ascii_lowercase() || it.is_ascii_digit()),
                "{word}"
            );
        }
        for word in ["", "zzzz", "aa", "contoso", "0", "to start"] {
            assert!(!is_known(word), "{word}");
        }
    }

    #[test]
    fn what_belongs_to_the_protocol_stays() {
        for text in [
            "STARTTLS",
            "SIZE 36700160",
            "AUTH LOGIN PLAIN SCRAM-SHA-256-PLUS XOAUTH2",
            "AUTH=LOGIN",
            "X-ANONYMOUSTLS",
            "250-XXXXXXXA",
            "**************0*2****",
            "2.0.0 Ready to start TLS",
            "ESMTP Exim 4.96 Sun, 22 Nov 2026 18:42:17 +0000",
            "5.7.1 <unknown>: Client host rejected: Access denied",
            "4.7.0 TLS not available due to local problem",
            "451 5.7.3 STARTTLS is required to send mail",
        ] {
            // Codes before are no part of the text.
            let text = text
                .strip_prefix("250-")
                .or(text.strip_prefix("451 "))
                .unwrap_or(text);
            assert_eq!(pseudonyms().free_text(text), text);
        }
        let banner = "gate Microsoft ESMTP MAIL Service, Version: 6.0.3790.4675 ready";
        let new = pseudonyms().free_text(banner);
        assert!(
            new.contains(" Version: 6.0.3790.") && !new.contains("4675"),
            "{new}"
        );
    }

    #[test]
    fn everything_else_goes() {
        let text = "mail.acme.example Hello hub.acme.example [93.184.216.34], <joe.doe@acme.example> \
                    IPv6:2a02:26f0::1 mail.acme.example:25 acme q7XyZ (4711) ready.acme";
        let new = pseudonyms().free_text(text);
        assert_eq!(new.len(), text.len());
        for word in [
            "acme", "hub", "joe", "doe", "93.184", "26f0", "q7XyZ", "4711", "mail",
        ] {
            assert!(!new.contains(word), "{word} in {new}");
        }
        for word in [" Hello ", " IPv6:"] {
            assert!(new.contains(word), "{word} in {new}");
        }
        let mut pseudonyms = pseudonyms();
        let host = pseudonyms.name("mail.acme.example");
        assert!(new.starts_with(&host) && new.contains(&format!("{host}:")));
        let address = pseudonyms.name("[93.184.216.34]");
        assert!(new.contains(&address), "{address} in {new}");
    }

    #[test]
    fn relations_of_names_stay() {
        let mut pseudonyms = pseudonyms();
        let whole = pseudonyms.name("mx01.Acme.example");
        let domain = pseudonyms.name("acme.EXAMPLE").to_lowercase();
        assert!(whole.to_lowercase().ends_with(&format!(".{domain}")));
        let wildcard = pseudonyms.name("*.acme.example");
        assert_eq!(wildcard, format!("*.{domain}"));
        assert_eq!(pseudonyms.name("localhost"), "localhost");
        let cloud = pseudonyms.name("acme-com.mail.protection.Outlook.com");
        assert!(
            cloud.ends_with(".Outlook.com") && !cloud.contains("protection"),
            "{cloud}"
        );
        let url = pseudonyms.url("http://crl.acme.example/ca.crl?a=b");
        assert!(url.starts_with("http://") && !url.contains("crl"), "{url}");
        assert_eq!(pseudonyms.registered("clientAuth"), "clientAuth");
        assert_ne!(
            pseudonyms.registered("1.3.6.1.4.1.4711"),
            "1.3.6.1.4.1.4711"
        );
    }
}
