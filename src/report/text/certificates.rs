//! The chains as presented.

use std::io::{self, Write};

use super::style::BOLD;
use crate::escape::shown;
use crate::model::Session;
use crate::model::tls::Certificate;
use crate::time::Timestamp;

/// The chains of both sides, or why there are none.
pub(super) fn certificates(
    out: &mut impl Write,
    session: &Session,
    _verbose: bool,
) -> io::Result<()> {
    let Some(tls) = &session.tls else {
        return Ok(());
    };
    chain(out, "server", &tls.certificates.server, session.started)?;
    chain(out, "client", &tls.certificates.client, session.started)?;
    hidden(out, session)
}

fn chain(
    out: &mut impl Write,
    whose: &str,
    chain: &[Certificate],
    seen: Timestamp,
) -> io::Result<()> {
    for (position, certificate) in chain.iter().enumerate() {
        let number = position + 1;
        let total = chain.len();
        let own = match certificate.self_signed {
            Some(true) => " (self-signed)",
            _ => "",
        };
        writeln!(out)?;
        writeln!(
            out,
            "   {BOLD}{whose} certificate{BOLD:#} {number} of {total}, frame {}{own}",
            certificate.frame
        )?;
        let text = |value: &Option<String>| value.as_deref().map(shown);
        let validity = match (certificate.not_before, certificate.not_after) {
            (Some(from), Some(to)) => {
                let then = match (seen < from, seen > to) {
                    (true, _) => ", not yet valid at capture time",
                    (_, true) => ", expired at capture time",
                    _ => "",
                };
                Some(format!("{} to {}{then}", day(from), day(to)))
            }
            _ => None,
        };
        let names = (!certificate.sans.is_empty()).then(|| {
            let names: Vec<String> = certificate
                .sans
                .iter()
                .take(12)
                .map(|name| shown(name))
                .collect();
            match certificate.sans.len() > names.len() {
                true => format!(
                    "{} and {} more",
                    names.join(", "),
                    certificate.sans.len() - names.len()
                ),
                false => names.join(", "),
            }
        });
        let key = match (&certificate.key, &certificate.signature) {
            (Some(key), Some(signature)) => {
                Some(format!("{}, signed with {}", shown(key), shown(signature)))
            }
            _ => text(&certificate.key),
        };
        for (label, value) in [
            ("subject", text(&certificate.subject)),
            ("issuer", text(&certificate.issuer)),
            ("names", names),
            ("valid", validity),
            ("serial", text(&certificate.serial)),
            ("key", key),
            ("SHA-1", Some(certificate.sha1.clone())),
            ("SHA-256", Some(certificate.sha256.clone())),
        ] {
            if let Some(value) = value {
                writeln!(out, "      {label:<8} {value}")?;
            }
        }
    }
    Ok(())
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

fn day(time: Timestamp) -> String {
    time.to_string().chars().take(10).collect()
}
