//! What is said of certificates.

use crate::escape::{shown, terminal};
use crate::model::Session;
use crate::model::certificate::{Certificate, Chain, ChainEnd, Date, NameKind, Order};
use crate::report::text::style::plural;
use crate::time::Timestamp;

/// Kinds of alternative names, with a word for each.
pub const NAME_KINDS: [(NameKind, &str); 8] = [
    (NameKind::Dns, "names"),
    (NameKind::Ip, "IP"),
    (NameKind::Email, "email"),
    (NameKind::Uri, "URI"),
    (NameKind::Directory, "dir name"),
    (NameKind::Upn, "UPN"),
    (NameKind::Other, "other"),
    (NameKind::RegisteredId, "reg. id"),
];

/// Its key and what it is signed with; empty where neither is known.
pub fn key(certificate: &Certificate) -> String {
    let key = certificate.key.as_deref().map(shown).unwrap_or_default();
    match &certificate.signature {
        Some(signature) if certificate.key.is_some() => {
            format!("{key}, signed with {}", shown(signature))
        }
        _ => key,
    }
}

/// Its validity, and whether it held when the session began; empty where nothing is known.
pub fn validity(certificate: &Certificate, seen: Timestamp) -> String {
    let (Some(from), Some(to)) = (certificate.not_before, certificate.not_after) else {
        let date = |date: Option<Date>| date.map_or_else(|| "?".to_owned(), Date::day);
        return match (certificate.not_before, certificate.not_after) {
            (None, None) => String::new(),
            (from, to) => format!("{} to {}", date(from), date(to)),
        };
    };
    let then = if certificate.not_yet_valid_at(seen) {
        format!(
            ", not valid until {} after capture",
            span(-from.seconds_until(seen))
        )
    } else if certificate.expired_at(seen) {
        format!(", expired {} before capture", span(to.seconds_until(seen)))
    } else {
        String::new()
    };
    format!("{} to {}{then}", from.day(), to.day())
}

fn span(seconds: i64) -> String {
    let seconds = seconds.unsigned_abs();
    match seconds / 86_400 {
        0 => plural(seconds / 3600, "hour"),
        days => plural(days, "day"),
    }
}

/// What tells an Exchange connector to present this certificate. It is there to be copied: whole,
/// or not at all where it cannot be shown as it is.
pub fn connector(certificate: &Certificate) -> Option<String> {
    let name = certificate.tls_certificate_name.as_deref()?;
    let is_plain = terminal(name) == name;
    is_plain.then(|| format!("-TlsCertificateName {}", powershell(name)))
}

/// How the certificates hang together, numbered from 1; nothing for a lone self-signed one.
pub fn chain_lines(chain: &Chain) -> Vec<String> {
    let mut lines = Vec::new();
    let mut links: Vec<String> = chain
        .path
        .windows(2)
        .map(|pair| format!("{} issued by {}", pair[0] + 1, pair[1] + 1))
        .collect();
    let last = chain.path.last().map_or(0, |at| at + 1);
    match (chain.ends, &chain.missing_issuer) {
        (Some(ChainEnd::SelfSigned), _) if !links.is_empty() => {
            links.push(format!("{last} self-signed"));
        }
        (Some(ChainEnd::IssuerNotSent), Some(issuer)) => {
            let may = if links.is_empty() {
                ""
            } else {
                " (a root need not be)"
            };
            links.push(format!("issuer of {last} not sent{may}: {}", shown(issuer)));
        }
        _ => {}
    }
    if !links.is_empty() {
        lines.push(links.join(", "));
    }
    match chain.order {
        Order::LeafFirst => {}
        Order::OutOfOrder => {
            lines.push("out of order: each is to be followed by its issuer".to_owned());
        }
        Order::LeafNotFirst => {
            lines.push("wrong order: the first one issued another one".to_owned());
        }
    }
    for at in &chain.strangers {
        let own = chain.path.first().map_or(0, |it| it + 1);
        lines.push(format!("{} is no issuer of {own}", at + 1));
    }
    for [first, again] in &chain.duplicates {
        lines.push(format!("{} repeats {}", again + 1, first + 1));
    }
    for [at, other] in &chain.other_keys {
        let (at, other) = (at + 1, other + 1);
        lines.push(format!(
            "{at} names {other} as its issuer, but another key than its"
        ));
    }
    if !chain.whole {
        lines.push("the rest of the list was not captured".to_owned());
    }
    lines
}

/// In TLS 1.3 certificates are encrypted: say so rather than show nothing.
pub fn hidden(session: &Session) -> Option<String> {
    let hello = session.tls.as_ref()?.server_hello.as_ref()?;
    let version = hello.version.filter(|version| version.is_tls13())?;
    Some(format!("not observable, {version} encrypts them"))
}

/// A literal string of PowerShell, whatever a stranger wrote into a certificate: in single quotes
/// nothing is expanded, and all that it takes for single quotes are doubled.
fn powershell(text: &str) -> String {
    let mut quoted = String::from("'");
    for char in text.chars() {
        if matches!(char, '\'' | '\u{2018}'..='\u{201B}') {
            quoted.push(char);
        }
        quoted.push(char);
    }
    quoted.push('\'');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_leaves_a_powershell_string() {
        assert_eq!(powershell("<I>CN=a<S>CN=b"), "'<I>CN=a<S>CN=b'");
        assert_eq!(powershell("O'Neil $(x) \"y\""), "'O''Neil $(x) \"y\"'");
        assert_eq!(
            powershell("a\u{2019}; b\u{201B}"),
            "'a\u{2019}\u{2019}; b\u{201B}\u{201B}'"
        );
    }

    #[test]
    fn chains_in_words() {
        let mut chain = Chain {
            whole: true,
            path: vec![0],
            order: Order::LeafFirst,
            strangers: Vec::new(),
            duplicates: Vec::new(),
            other_keys: Vec::new(),
            ends: Some(ChainEnd::SelfSigned),
            missing_issuer: None,
        };
        assert_eq!(chain_lines(&chain), Vec::<String>::new());
        chain.path = vec![0, 2, 1];
        chain.order = Order::OutOfOrder;
        assert_eq!(
            chain_lines(&chain),
            [
                "1 issued by 3, 3 issued by 2, 2 self-signed",
                "out of order: each is to be followed by its issuer",
            ]
        );
        chain.ends = Some(ChainEnd::IssuerNotSent);
        chain.missing_issuer = Some("CN=Root".to_owned());
        chain.path = vec![0];
        chain.order = Order::LeafFirst;
        chain.strangers = vec![1];
        chain.duplicates = vec![[0, 2]];
        chain.other_keys = vec![[0, 1]];
        assert_eq!(
            chain_lines(&chain),
            [
                "issuer of 1 not sent: CN=Root",
                "2 is no issuer of 1",
                "3 repeats 1",
                "1 names 2 as its issuer, but another key than its",
            ]
        );
    }
}
