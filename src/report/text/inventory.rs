//! The inventory: what a higher floor would break, then clients, servers and certificates.

use std::io::{self, Write};

use super::style::{BOLD, plural};
use crate::escape::shown;
use crate::model::inventory::{Inventory, Negotiated, Seen};
use crate::model::tls::{Version, named};

/// Prints the inventory.
pub(super) fn inventory(out: &mut impl Write, inventory: &Inventory) -> io::Result<()> {
    title(out, "What breaks when the floor becomes …")?;
    for floor in &inventory.floors {
        writeln!(
            out,
            "   {:<40} {}, {}; {} established below it",
            floor.title,
            plural(floor.clients, "client"),
            plural(floor.servers, "server"),
            plural(floor.sessions, "session")
        )?;
    }
    title(out, &plural(inventory.clients.len() as u64, "client"))?;
    for client in &inventory.clients {
        let name = client.ehlo.as_deref().map_or_else(String::new, shown);
        writeln!(out, "   {BOLD}{}{BOLD:#} {name}", client.ip)?;
        let suites = plural(client.cipher_suites as u64, "suite");
        let ja4 = client.ja4.as_deref().unwrap_or("none");
        let best = named(client.best_version);
        writeln!(out, "      offers at most {best}, {suites}; JA4 {ja4}")?;
        rest(out, &client.negotiated, &client.seen, &client.breaks)?;
    }
    title(out, &plural(inventory.servers.len() as u64, "server"))?;
    for server in &inventory.servers {
        let name = server.host.as_deref().map_or_else(String::new, shown);
        writeln!(out, "   {BOLD}{}{BOLD:#} {name}", server.endpoint)?;
        if let Some(best) = server.best_version {
            writeln!(out, "      chose at most {best}")?;
        }
        rest(out, &server.negotiated, &server.seen, &server.breaks)?;
    }
    if !inventory.certificates.is_empty() {
        title(out, "server certificates")?;
    }
    for certificate in &inventory.certificates {
        let subject = shown(&certificate.subject);
        writeln!(
            out,
            "   {BOLD}{subject}{BOLD:#} serial {}",
            shown(&certificate.serial)
        )?;
        let servers: Vec<String> = certificate
            .servers
            .iter()
            .map(ToString::to_string)
            .collect();
        let sessions = plural(certificate.sessions, "session");
        writeln!(out, "      at {} in {sessions}", servers.join(", "))?;
    }
    if inventory.left_out > 0 {
        let scanners: Vec<String> = inventory.scanners.iter().map(ToString::to_string).collect();
        let sessions = plural(inventory.left_out, "session");
        let whose = match scanners.is_empty() {
            true => "second sightings of a connection".to_owned(),
            false => format!("scanners ({}) and second sightings", scanners.join(", ")),
        };
        writeln!(out, "\n   left out: {sessions} of {whose}")?;
    }
    Ok(())
}

fn title(out: &mut impl Write, text: &str) -> io::Result<()> {
    writeln!(out, "\n{BOLD}{text}{BOLD:#}")
}

fn rest(
    out: &mut impl Write,
    negotiated: &[Negotiated],
    seen: &Seen,
    breaks: &[&str],
) -> io::Result<()> {
    for row in negotiated {
        let version = row.version.as_ref().map(Version::to_string);
        let both = [version, row.cipher_suite.clone()];
        let both: Vec<String> = both.into_iter().flatten().collect();
        let sessions = plural(row.sessions, "session");
        writeln!(out, "      negotiated {} in {sessions}", both.join(", "))?;
    }
    writeln!(
        out,
        "      {}: {} with TLS, {} failed, {} in clear; from {} to {}",
        plural(seen.sessions, "session"),
        seen.established,
        seen.failed,
        seen.in_clear,
        seen.first,
        seen.last
    )?;
    match breaks.is_empty() {
        true => Ok(()),
        false => writeln!(out, "      breaks at: {}", breaks.join(", ")),
    }
}
