//! What `-v` adds about the messages of the handshake other than the hellos.

use std::io::{self, Write};

use super::details::{row, title};
use crate::escape::shown;
use crate::model::handshake::{OddMessage, PerSide};
use crate::model::tls::{Alert, Tls};
use crate::model::{At, Session};

/// Every message with its frame, what each of them says, and when each side went encrypted.
pub(super) fn handshake(out: &mut impl Write, session: &Session) -> io::Result<()> {
    let Some(tls) = &session.tls else {
        return Ok(());
    };
    server_key_exchange(out, tls)?;
    certificate_request(out, tls)?;
    let rows = rows(tls);
    if rows.is_empty() {
        return Ok(());
    }
    title(out, "handshake messages")?;
    rows.iter()
        .try_for_each(|(name, value)| row(out, name, value))
}

fn rows(tls: &Tls) -> Vec<(&'static str, String)> {
    let at = |at: Option<At>| at.map_or_else(String::new, |at| format!("frame {}", at.frame));
    let mut rows = Vec::new();
    rows.push(("HelloRequest", at(tls.hello_request)));
    if let Some(status) = &tls.certificate_status {
        let (kind, bytes, frame) = (&status.status_type, status.bytes, status.frame);
        rows.push((
            "CertificateStatus",
            format!("{kind}, {bytes} bytes, frame {frame}"),
        ));
    }
    rows.push(("ServerHelloDone", at(tls.server_hello_done)));
    rows.push(("ClientKeyExchange", at(tls.client_key_exchange)));
    if let Some(verify) = &tls.certificate_verify {
        let algorithm = verify.signature_algorithm.as_deref();
        let algorithm = algorithm.map_or_else(String::new, |name| format!("{name}, "));
        let value = format!("{algorithm}frame {}", verify.frame);
        rows.push(("CertificateVerify", value));
    }
    if let Some(ticket) = &tls.new_session_ticket {
        let value = format!(
            "lifetime hint {} s, {} bytes, frame {}",
            ticket.lifetime_hint, ticket.bytes, ticket.frame
        );
        rows.push(("NewSessionTicket", value));
    }
    rows.push(("ChangeCipherSpec", sides(tls.change_cipher_spec)));
    rows.push(("encrypted from", sides(tls.encrypted)));
    rows.push(("other messages", odd(&tls.other_messages)));
    rows.extend(tls.alerts.iter().map(|alert| ("alert", self::alert(alert))));
    rows.retain(|(_, value)| !value.is_empty());
    rows
}

fn server_key_exchange(out: &mut impl Write, tls: &Tls) -> io::Result<()> {
    let Some(exchange) = &tls.server_key_exchange else {
        return Ok(());
    };
    let bits = |bits: Option<u32>| bits.map_or_else(String::new, |bits| format!("{bits} bit"));
    let hint = match exchange.psk_hint {
        Some(true) => "given",
        Some(false) => "empty",
        None => "",
    };
    title(out, &format!("ServerKeyExchange, frame {}", exchange.frame))?;
    row(out, "group", exchange.group.as_deref().unwrap_or_default())?;
    row(out, "curve type", exchange.curve_type.unwrap_or_default())?;
    row(out, "DH prime", &bits(exchange.dh_bits))?;
    row(out, "ephemeral RSA key", &bits(exchange.rsa_bits))?;
    let algorithm = exchange.signature_algorithm.as_deref();
    row(out, "signature algorithm", algorithm.unwrap_or_default())?;
    row(out, "PSK identity hint", hint)
}

fn certificate_request(out: &mut impl Write, tls: &Tls) -> io::Result<()> {
    let Some(request) = &tls.certificate_request else {
        return Ok(());
    };
    title(out, &format!("CertificateRequest, frame {}", request.frame))?;
    let types = request.certificate_types.join(", ");
    row(out, "certificate types", &types)?;
    let algorithms = request.signature_algorithms.join(", ");
    row(out, "signature algorithms", &algorithms)?;
    let announced = match request.authority_bytes {
        Some(bytes) => format!("{bytes} bytes announced"),
        None => "length not captured".to_owned(),
    };
    let seen = request.authority_bytes_seen;
    let cut = match request.truncated {
        Some(true) => ", cut by the server",
        Some(false) => "",
        None => ", may be cut",
    };
    let count = request.authorities;
    let value = format!("{count} names, {announced}, {seen} there{cut}");
    row(out, "authorities", &value)?;
    let mut names = request.authority_names.iter();
    names.try_for_each(|name| row(out, "authority", &shown(name)))
}

fn sides(sides: PerSide) -> String {
    let sides = [("client", sides.client), ("server", sides.server)];
    let seen = sides.into_iter().filter_map(|(who, at)| Some((who, at?)));
    let seen: Vec<String> = seen
        .map(|(who, at)| format!("{who} frame {}", at.frame))
        .collect();
    seen.join(", ")
}

fn odd(messages: &[OddMessage]) -> String {
    let messages: Vec<String> = messages
        .iter()
        .map(|it| {
            let name = it.name.map_or_else(String::new, |name| format!(" {name}"));
            format!("{}{name} of the {} (frame {})", it.kind, it.from, it.frame)
        })
        .collect();
    messages.join(", ")
}

fn alert(alert: &Alert) -> String {
    let answers = match &alert.answers {
        Some(answers) => format!(", after {} (frame {})", answers.message, answers.frame),
        None => String::new(),
    };
    let sure = match alert.confidence {
        Some(confidence) => format!(", confidence {confidence}"),
        None => String::new(),
    };
    format!(
        "frame {}, of the {}{answers}{sure}",
        alert.frame, alert.from
    )
}
