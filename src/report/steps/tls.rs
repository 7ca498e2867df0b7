//! Rows of the handshake.

use super::{Kind, Step, add, add_kind};
use crate::escape::shown;
use crate::model::handshake::CertificateRequest;
use crate::model::tls::{Alert, ClientHello, HelloFormat, ServerHello, Tls, named};
use crate::model::{Confidence, Peer};

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
    messages(tls, steps);
    for alert in &tls.alerts {
        let what = alert_row(alert);
        add_kind(steps, alert.frame, alert.from, Kind::Alert, what);
    }
    oddities(tls, steps);
    if let Some(established) = tls.established {
        let what = "TLS established: both sides encrypted".to_owned();
        add_kind(steps, established.frame, None, Kind::Established, what);
    }
}

/// The messages that are neither hellos nor certificates, as far as they matter at first sight.
fn messages(tls: &Tls, steps: &mut Vec<Step>) {
    use Peer::{Client, Server};
    if let Some(request) = &tls.certificate_request {
        let what = certificate_request(request);
        add(steps, request.frame, Server, what);
    }
    if let Some(none) = tls.no_client_certificate {
        let what = "presents no certificate".to_owned();
        add(steps, none.frame, Client, what);
    }
    if let Some(request) = tls.hello_request {
        let what = "HelloRequest: asks for a handshake".to_owned();
        add(steps, request.frame, Server, what);
    }
    if let Some(early) = tls.early_data {
        let records = match early.records {
            1 => "1 record".to_owned(),
            many => format!("{many} records"),
        };
        let what = format!("early data before the ServerHello, {records}");
        add(steps, early.frame, Client, what);
    }
    if let Some(start) = tls.false_start {
        let what = "false start: data before the server's Finished".to_owned();
        add(steps, start.frame, Client, what);
    }
    if let Some(again) = tls.renegotiation {
        let what = "renegotiation: an encrypted handshake message after data".to_owned();
        add(steps, again.frame, again.from, what);
    }
    let Some(ssl2) = &tls.ssl2 else {
        return;
    };
    if let Some(key) = ssl2.client_master_key {
        let what = format!("ClientMasterKey: chooses {}", key.cipher_suite);
        add(steps, key.frame, Client, what);
    }
    for error in &ssl2.errors {
        let what = format!("SSL 2.0 error {}", error.code);
        add(steps, error.frame, error.from, what);
    }
}

fn certificate_request(request: &CertificateRequest) -> String {
    let names = match (request.authorities, request.authority_bytes) {
        (0, None | Some(0)) => String::new(),
        (count, bytes) => {
            let noun = if count == 1 {
                "authority"
            } else {
                "authorities"
            };
            let bytes = bytes.map_or_else(String::new, |bytes| format!(" in {bytes} bytes"));
            format!(", names {count} {noun}{bytes}")
        }
    };
    let cut = match request.truncated {
        Some(true) => ", cut by the server",
        _ => "",
    };
    format!("asks for a client certificate{names}{cut}")
}

fn alert_row(alert: &Alert) -> String {
    match (alert.code, &alert.level, &alert.name) {
        (Some(code), Some(level), Some(name)) => format!("{level} alert {name} ({code})"),
        (Some(code), Some(level), None) => format!("{level} alert {code}"),
        _ => match (alert.confidence, alert.guess) {
            (_, Some(guess)) => format!("encrypted alert, most likely {guess}"),
            (None | Some(Confidence::High), None) => "encrypted alert".to_owned(),
            (Some(_), None) => "probably an encrypted alert".to_owned(),
        },
    }
}

/// What does not belong into a handshake.
fn oddities(tls: &Tls, steps: &mut Vec<Step>) {
    for (messages, what) in [
        (
            &tls.oversized_messages,
            "larger than the bound, read in part",
        ),
        (&tls.malformed_messages, "malformed"),
    ] {
        for message in messages {
            let name = match message.name {
                Some(name) => name.to_owned(),
                None => format!("handshake message of type {}", message.kind),
            };
            let what = format!("{name} of {} bytes, {what}", message.bytes);
            add(steps, message.frame, message.from, what);
        }
    }
    for place in &tls.not_tls {
        let what = "bytes that are neither TLS nor text".to_owned();
        add(steps, place.frame, place.from, what);
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
