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
    let hybrid = hello.key_shares.iter().find(|share| share.post_quantum);
    let hybrid = hybrid.map_or_else(String::new, |share| format!(", key share {}", share.group));
    let alpn = match hello.alpn.first() {
        Some(first) => format!(", ALPN {}", shown(first)),
        None => String::new(),
    };
    let resumes = if asks_to_resume(hello) {
        ", asks to resume a session"
    } else {
        ""
    };
    format!("{again}ClientHello{format}: {best}{suites}{sni}{hybrid}{alpn}{resumes}{partial}")
}

/// In TLS 1.3 a session id is camouflage (RFC 8446 appendix D.4).
fn asks_to_resume(hello: &ClientHello) -> bool {
    let is_older = hello.max_version.is_some_and(|best| !best.is_tls13());
    let has_id = is_older && hello.session_id.is_some();
    has_id || hello.psk.is_some() || hello.session_ticket.is_some_and(|len| len > 0)
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
    let alpn = match &hello.alpn {
        Some(alpn) => format!(", ALPN {}", shown(alpn)),
        None => String::new(),
    };
    let resumed = match (hello.resumed, hello.resumption) {
        (Some(true), Some(means)) => format!(", resumed by {means}"),
        (Some(true), None) => ", resumed".to_owned(),
        _ => String::new(),
    };
    let partial = if hello.partial { ", cut" } else { "" };
    format!(
        "ServerHello: {}{suite}{group}{bits}{alpn}{resumed}{partial}",
        named(hello.version)
    )
}
