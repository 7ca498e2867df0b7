//! What `-v` adds: every field of the dialogue and of the hellos, as a table of names and values.

use std::io::{self, Write};

use super::style::BOLD;
use crate::escape::shown;
use crate::model::Session;
use crate::model::smtp::Mechanism;
use crate::model::tls::{ClientHello, ServerHello};

/// Columns of the names.
const LABEL: usize = 22;

/// The dialogue.
pub(super) fn smtp(out: &mut impl Write, session: &Session) -> io::Result<()> {
    let Some(smtp) = &session.smtp else {
        return Ok(());
    };
    title(out, "mail dialogue")?;
    if let Some(banner) = &smtp.banner {
        let seconds = |name, seconds: Option<f64>| {
            let text = seconds.map(|it| format!("{it:.6} s after the connection was accepted"));
            (name, text.unwrap_or_default())
        };
        let last = banner.seconds.filter(|_| banner.lines.len() > 1);
        for (name, text) in [
            seconds("banner", banner.first_seconds),
            seconds("its last line", last),
        ] {
            row(out, name, &text)?;
        }
        if banner.lines.len() > 1 {
            row(out, "banner lines", &escaped(&banner.lines))?;
        }
    }
    if let Some(proxy) = &smtp.proxy {
        let ends = proxy.source.zip(proxy.destination);
        let ends = ends.map(|(from, to)| format!("{from} -> {to}"));
        row(out, "proxy states", &ends.unwrap_or_default())?;
    }
    row(out, "capabilities", &escaped(&smtp.capabilities))?;
    row(out, "AUTH offered", &mechanisms(&smtp.auth_mechanisms))?;
    if let Some(after) = &smtp.after_tls {
        row(out, "readable capabilities", &escaped(&after.capabilities))?;
        row(
            out,
            "readable AUTH offered",
            &mechanisms(&after.auth_mechanisms),
        )?;
    }
    Ok(())
}

fn mechanisms(offered: &[Mechanism]) -> String {
    let each = offered.iter().map(|it| match it.verb {
        "AUTH" => format!("{} (frame {})", shown(&it.mechanism), it.frame),
        verb => format!("{} ({verb}, frame {})", shown(&it.mechanism), it.frame),
    });
    each.collect::<Vec<_>>().join(", ")
}

fn escaped(lines: &[String]) -> String {
    let lines: Vec<String> = lines.iter().map(|line| shown(line)).collect();
    lines.join(", ")
}

/// The hellos.
pub(super) fn tls(out: &mut impl Write, session: &Session) -> io::Result<()> {
    let Some(tls) = &session.tls else {
        return Ok(());
    };
    for (hello, name) in [
        (&tls.client_hello, "ClientHello"),
        (&tls.second_client_hello, "second ClientHello"),
    ] {
        if let Some(hello) = hello {
            client_hello(out, hello, name)?;
        }
    }
    for (hello, name) in [
        (&tls.hello_retry_request, "HelloRetryRequest"),
        (&tls.server_hello, "ServerHello"),
    ] {
        if let Some(hello) = hello {
            server_hello(out, hello, name)?;
        }
    }
    Ok(())
}

fn client_hello(out: &mut impl Write, hello: &ClientHello, name: &str) -> io::Result<()> {
    title(out, &format!("{name}, frame {}", hello.frame))?;
    row(out, "record version", &hello.record_version.to_string())?;
    row(out, "hello version", &hello.legacy_version.to_string())?;
    row(out, "versions", &join(&hello.versions))?;
    row(out, "cipher suites", &join(&hello.cipher_suites))?;
    row(out, "groups", &join(&hello.groups))?;
    row(
        out,
        "signature algorithms",
        &join(&hello.signature_algorithms),
    )?;
    let alpn: Vec<String> = hello.alpn.iter().map(|name| shown(name)).collect();
    row(out, "ALPN", &alpn.join(", "))?;
    row(out, "JA3", hello.ja3.as_deref().unwrap_or_default())?;
    row(out, "JA4", hello.ja4.as_deref().unwrap_or_default())
}

fn server_hello(out: &mut impl Write, hello: &ServerHello, name: &str) -> io::Result<()> {
    title(out, &format!("{name}, frame {}", hello.frame))?;
    row(out, "record version", &hello.record_version.to_string())?;
    row(out, "JA3S", hello.ja3s.as_deref().unwrap_or_default())
}

fn join<T: ToString>(values: &[T]) -> String {
    let values: Vec<String> = values.iter().map(ToString::to_string).collect();
    values.join(", ")
}

fn title(out: &mut impl Write, text: &str) -> io::Result<()> {
    writeln!(out, "\n   {BOLD}{text}{BOLD:#}")
}

/// A name and its value, nothing where the value is empty.
fn row(out: &mut impl Write, label: &str, value: &str) -> io::Result<()> {
    if value.is_empty() {
        return Ok(());
    }
    writeln!(out, "      {label:<LABEL$} {value}")
}
