//! The certificates as presented, and how they hang together.

use std::io::{self, Write};

use super::style::{BOLD, plural};
use crate::escape::{shown, terminal};
use crate::model::Session;
use crate::model::certificate::{Certificate, Chain, ChainEnd, Date, NameKind, Order};
use crate::time::Timestamp;

/// Columns of the labels.
const LABEL: usize = 8;
/// Names of a kind shown without `-v`.
const NAMES: usize = 12;

/// The certificates of both sides, or why there are none; `verbose`: all that is known of them.
pub(super) fn certificates(
    out: &mut impl Write,
    session: &Session,
    verbose: bool,
) -> io::Result<()> {
    let Some(tls) = &session.tls else {
        return Ok(());
    };
    let sent = &tls.certificates;
    for (whose, list, chain) in [
        ("server", &sent.server, &sent.chain.server),
        ("client", &sent.client, &sent.chain.client),
    ] {
        for (position, certificate) in list.iter().enumerate() {
            let number = position + 1;
            let total = list.len();
            let own = match certificate.self_signed {
                Some(true) => " (self-signed)",
                _ => "",
            };
            let frame = certificate.frame;
            writeln!(
                out,
                "\n   {BOLD}{whose} certificate{BOLD:#} {number} of {total}, frame {frame}{own}"
            )?;
            always(out, certificate, session.started, verbose)?;
            if verbose || whose == "server" {
                connector(out, certificate)?;
            }
            if verbose {
                details(out, certificate)?;
            }
        }
        let lines: Vec<String> = chain.iter().flat_map(chain_lines).collect();
        if !lines.is_empty() {
            writeln!(out, "\n   {BOLD}{whose} chain{BOLD:#} as sent")?;
        }
        for line in lines {
            writeln!(out, "      {line}")?;
        }
    }
    hidden(out, session)
}

/// What everybody looks for.
fn always(
    out: &mut impl Write,
    certificate: &Certificate,
    seen: Timestamp,
    verbose: bool,
) -> io::Result<()> {
    let text = |value: &Option<String>| value.as_deref().map(shown).unwrap_or_default();
    row(out, "subject", &text(&certificate.subject))?;
    row(out, "issuer", &text(&certificate.issuer))?;
    names(out, certificate, verbose)?;
    row(out, "valid", &validity(certificate, seen))?;
    row(out, "serial", &text(&certificate.serial))?;
    let key = match &certificate.signature {
        Some(signature) if certificate.key.is_some() => {
            format!(
                "{}, signed with {}",
                text(&certificate.key),
                shown(signature)
            )
        }
        _ => text(&certificate.key),
    };
    row(out, "key", &key)?;
    row(out, "SHA-1", &certificate.sha1)?;
    row(out, "SHA-256", &certificate.sha256)?;
    let malformed: Vec<String> = certificate.malformed.iter().map(|it| shown(it)).collect();
    row(out, "damaged", &malformed.join(", "))
}

/// What tells an Exchange connector to present this certificate. It is there to be copied: whole,
/// or not at all where a terminal cannot show it as it is.
fn connector(out: &mut impl Write, certificate: &Certificate) -> io::Result<()> {
    match &certificate.tls_certificate_name {
        Some(name) if terminal(name) == name.as_str() => {
            let argument = format!("-TlsCertificateName {}", powershell(name));
            row(out, "Exchange", &argument)
        }
        _ => Ok(()),
    }
}

/// Names, a row for each kind.
fn names(out: &mut impl Write, certificate: &Certificate, verbose: bool) -> io::Result<()> {
    const KINDS: [(NameKind, &str); 8] = [
        (NameKind::Dns, "names"),
        (NameKind::Ip, "IP"),
        (NameKind::Email, "email"),
        (NameKind::Uri, "URI"),
        (NameKind::Directory, "dir name"),
        (NameKind::Upn, "UPN"),
        (NameKind::Other, "other"),
        (NameKind::RegisteredId, "reg. id"),
    ];
    for (kind, label) in KINDS {
        let of_kind = certificate.names.iter().filter(|name| name.kind == kind);
        let all: Vec<String> = of_kind.map(|name| shown(&name.value)).collect();
        let most = if verbose { all.len() } else { NAMES };
        let mut line = all
            .iter()
            .take(most)
            .cloned()
            .collect::<Vec<_>>()
            .join(", ");
        if all.len() > most {
            line.push_str(&format!(" and {} more", all.len() - most));
        }
        row(out, label, &line)?;
    }
    let dropped = certificate
        .name_count
        .saturating_sub(certificate.names.len());
    if dropped > 0 {
        row(
            out,
            "",
            &format!("and {} of any kind", plural(dropped as u64, "name")),
        )?;
    }
    Ok(())
}

fn validity(certificate: &Certificate, seen: Timestamp) -> String {
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

/// What `-v` adds.
fn details(out: &mut impl Write, certificate: &Certificate) -> io::Result<()> {
    let version = certificate.version.map(|it| it.to_string());
    row(out, "version", &version.unwrap_or_default())?;
    let exponent = certificate.rsa_exponent.as_deref().map(shown);
    row(out, "exponent", &exponent.unwrap_or_default())?;
    row(out, "usage", &certificate.key_usage.join(", "))?;
    row(out, "purpose", &join(&certificate.extended_key_usage))?;
    if let Some(constraints) = &certificate.basic_constraints {
        let mut line = match constraints.ca {
            true => "is an authority".to_owned(),
            false => "is no authority".to_owned(),
        };
        if let Some(length) = constraints.path_len {
            line.push_str(&format!(", path length {length}"));
        }
        row(out, "CA", &line)?;
    }
    let text = |value: &Option<String>| value.as_deref().map(shown).unwrap_or_default();
    row(out, "key id", &text(&certificate.subject_key_id))?;
    row(out, "signer", &text(&certificate.authority_key_id))?;
    row(out, "SPKI", &text(&certificate.spki_sha256))?;
    if certificate.must_staple == Some(true) {
        row(
            out,
            "staple",
            "an OCSP response is to be stapled (RFC 7633)",
        )?;
    }
    for (parameters, digest) in &certificate.tlsa {
        row(out, "TLSA", &format!("{parameters} {digest}"))?;
    }
    row(out, "OCSP", &join(&certificate.ocsp))?;
    row(out, "fetch", &join(&certificate.ca_issuers))?;
    row(out, "CRL", &join(&certificate.crl))
}

/// How the certificates hang together, numbered from 1; nothing for a lone self-signed one.
fn chain_lines(chain: &Chain) -> Vec<String> {
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
fn hidden(out: &mut impl Write, session: &Session) -> io::Result<()> {
    let hello = session
        .tls
        .as_ref()
        .and_then(|tls| tls.server_hello.as_ref());
    match hello.and_then(|hello| hello.version) {
        Some(version) if version.is_tls13() => writeln!(
            out,
            "\n   certificates: not observable, {version} encrypts them"
        ),
        _ => Ok(()),
    }
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

fn join(values: &[String]) -> String {
    let values: Vec<String> = values.iter().map(|it| shown(it)).collect();
    values.join(", ")
}

/// A label and its value, nothing where the value is empty.
fn row(out: &mut impl Write, label: &str, value: &str) -> io::Result<()> {
    if value.is_empty() {
        return Ok(());
    }
    writeln!(out, "      {label:<LABEL$} {value}")
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
