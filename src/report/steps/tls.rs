//! Rows of the handshake.

use super::{Step, add};
use crate::escape::shown;
use crate::model::Peer;
use crate::model::tls::{ClientHello, HelloFormat, ServerHello, Tls, named};

pub(super) fn handshake(tls: &Tls, steps: &mut Vec<Step>) {
    use Peer::{Client, Server};
    // Only a HelloRetryRequest asks for another hello.
    let again_word = match tls.hello_retry_request {
        Some(_) => "second ",
        None => "another ",
    };
    for (hello, again) in [
        (&tls.client_hello, ""),
        (&tls.second_client_hello, again_word),
    ] {
        if let Some(hello) = hello {
            add(steps, hello.frame, Client, client_hello(hello, again));
        }
    }
    if let Some(retry) = &tls.hello_retry_request {
        let group = retry
            .group
            .as_deref()
            .map_or_else(String::new, |group| format!(", asks for {group}"));
        add(
            steps,
            retry.frame,
            Server,
            format!("HelloRetryRequest: {}{group}", named(retry.version)),
        );
    }
    if let Some(hello) = &tls.server_hello {
        add(steps, hello.frame, Server, server_hello(hello));
    }
    let certificates = &tls.certificates;
    for (chain, who) in [
        (&certificates.server, Server),
        (&certificates.client, Client),
    ] {
        if let Some(leaf) = chain.first() {
            let subject = shown(leaf.subject.as_deref().unwrap_or("unreadable"));
            let own = if leaf.self_signed == Some(true) {
                ", self-signed"
            } else {
                ""
            };
            let count = match chain.len() {
                1 => "Certificate".to_owned(),
                more => format!("Certificate chain of {more}"),
            };
            add(steps, leaf.frame, who, format!("{count}: {subject}{own}"));
        }
    }
    if let Some(request) = tls.certificate_request {
        add(
            steps,
            request.frame,
            Server,
            "asks for a client certificate".to_owned(),
        );
    }
    if let Some(none) = tls.no_client_certificate {
        add(
            steps,
            none.frame,
            Client,
            "presents no certificate".to_owned(),
        );
    }
    for alert in &tls.alerts {
        let what = match (alert.code, &alert.level, &alert.name) {
            (Some(code), Some(level), Some(name)) => format!("{level} alert {name} ({code})"),
            (Some(code), Some(level), None) => format!("{level} alert {code}"),
            _ => "encrypted alert".to_owned(),
        };
        add(steps, alert.frame, alert.from, what);
    }
    if let Some(established) = tls.established {
        add(
            steps,
            established.frame,
            None,
            "TLS established: both sides encrypted".to_owned(),
        );
    }
}

fn client_hello(hello: &ClientHello, again: &str) -> String {
    let format = match hello.format {
        HelloFormat::Tls => "",
        HelloFormat::Sslv2 => " in SSL 2.0 format",
    };
    let partial = if hello.partial { ", cut" } else { "" };
    let sni = hello
        .sni
        .as_deref()
        .map_or_else(String::new, |name| format!(", for {}", shown(name)));
    let best = match hello.max_version {
        Some(best) => format!("at most {best}"),
        None => "best version unknown".to_owned(),
    };
    let suites = match hello.cipher_suites.len() {
        0 => String::new(),
        1 => ", 1 cipher suite".to_owned(),
        many => format!(", {many} cipher suites"),
    };
    format!("{again}ClientHello{format}: {best}{suites}{sni}{partial}")
}

fn server_hello(hello: &ServerHello) -> String {
    let suite = hello
        .cipher_suite
        .map_or_else(String::new, |suite| format!(", {suite}"));
    let group = hello
        .group
        .as_deref()
        .map_or_else(String::new, |group| format!(", {group}"));
    let bits = hello
        .dh_bits
        .map_or_else(String::new, |bits| format!(", DH {bits} bit"));
    let resumed = if hello.resumed == Some(true) {
        ", resumed"
    } else {
        ""
    };
    let partial = if hello.partial { ", cut" } else { "" };
    format!(
        "ServerHello: {}{suite}{group}{bits}{resumed}{partial}",
        named(hello.version)
    )
}
