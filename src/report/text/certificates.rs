//! The certificates as presented, and how they hang together.

use std::io::{self, Write};

use super::style::{BOLD, plural};
use crate::escape::shown;
use crate::model::Session;
use crate::model::certificate::Certificate;
use crate::report::phrases::certificates::{
    NAME_KINDS, chain_lines, connector, hidden, key, validity,
};
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
                row(out, "Exchange", &connector(certificate).unwrap_or_default())?;
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
    match hidden(session) {
        Some(why) => writeln!(out, "\n   certificates: {why}"),
        None => Ok(()),
    }
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
    row(out, "key", &key(certificate))?;
    row(out, "SHA-1", &certificate.sha1)?;
    row(out, "SHA-256", &certificate.sha256)?;
    let malformed: Vec<String> = certificate.malformed.iter().map(|it| shown(it)).collect();
    row(out, "damaged", &malformed.join(", "))
}

/// Names, a row for each kind.
fn names(out: &mut impl Write, certificate: &Certificate, verbose: bool) -> io::Result<()> {
    for (kind, label) in NAME_KINDS {
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
