//! What `-v` adds: every field of the hellos.
//!
//! What is not offered is said of whole hellos only; what a cut one leaves open is in no row.

use std::io::{self, Write};

use super::details::{list, row, title};
use super::style::plural;
use crate::escape::shown;
use crate::model::Session;
use crate::model::tls::{ClientHello, Extension, Renegotiation, ServerHello};
use crate::report::phrases::hellos::{
    compressing, key_share, properties, psk, resumed, suite, ticket, version,
};

/// The hellos.
pub(super) fn hellos(out: &mut impl Write, session: &Session) -> io::Result<()> {
    let Some(tls) = &session.tls else {
        return Ok(());
    };
    if let Some(hello) = &tls.client_hello {
        client_hello(out, hello, "ClientHello")?;
    }
    if let Some(hello) = &tls.hello_retry_request {
        server_hello(out, hello, "HelloRetryRequest")?;
    }
    if let Some(hello) = &tls.second_client_hello {
        client_hello(out, hello, "second ClientHello")?;
    }
    if let Some(hello) = &tls.server_hello {
        server_hello(out, hello, "ServerHello")?;
    }
    Ok(())
}

fn client_hello(out: &mut impl Write, hello: &ClientHello, name: &str) -> io::Result<()> {
    let cut = if hello.partial { ", cut" } else { "" };
    let size = plural(hello.size.into(), "byte");
    title(out, &format!("{name}, frame {}, {size}{cut}", hello.frame))?;
    row(out, "record version", &version(hello.record_version))?;
    row(out, "hello version", &version(hello.legacy_version))?;
    list(out, "versions", hello.versions.iter().copied().map(version))?;
    row(out, "server name", &text(&hello.sni))?;
    list(out, "ALPN", hello.alpn.iter().map(|name| shown(name)))?;
    list(out, "cipher suites", hello.cipher_suites.iter().map(suite))?;
    list(out, "compression", compressing(&hello.compression_methods))?;
    list(out, "groups", hello.groups.clone())?;
    list(out, "key shares", hello.key_shares.iter().map(key_share))?;
    let signatures = &hello.signature_algorithms;
    list(out, "signature algorithms", signatures.clone())?;
    let signatures = &hello.signature_algorithms_cert;
    list(out, "  in certificates", signatures.clone())?;
    let signatures = &hello.delegated_credential;
    list(out, "  delegated", signatures.clone())?;
    list(out, "point formats", hello.point_formats.clone())?;
    row(out, "session id", &text(&hello.session_id))?;
    row(out, "session ticket", &ticket(hello.session_ticket))?;
    row(out, "pre-shared keys", &psk(hello.psk))?;
    list(out, "PSK modes", hello.psk_modes.clone())?;
    let offers = offers(hello);
    list(out, "offers", of(&offers, true))?;
    list(out, "does not offer", of(&offers, false))?;
    limits(out, hello.record_size_limit, hello.max_fragment_length)?;
    let compression = &hello.compress_certificate;
    list(out, "certificates packed by", compression.clone())?;
    row(out, "challenge", &bytes(hello.challenge_length))?;
    let all = &hello.extensions;
    let (bad, twice) = (&hello.malformed_extensions, &hello.duplicate_extensions);
    extensions(out, all, bad, twice, hello.malformed)?;
    row(out, "JA3", &text(&hello.ja3))?;
    row(out, "JA4", &text(&hello.ja4))
}

fn server_hello(out: &mut impl Write, hello: &ServerHello, name: &str) -> io::Result<()> {
    let cut = if hello.partial { ", cut" } else { "" };
    title(out, &format!("{name}, frame {}{cut}", hello.frame))?;
    row(out, "record version", &version(hello.record_version))?;
    row(out, "hello version", &version(hello.legacy_version))?;
    let chosen = hello.version.map(version);
    row(out, "version", &chosen.unwrap_or_default())?;
    let sentinel = hello.downgrade_sentinel;
    let sentinel = sentinel.map(|at_most| format!("the server came down to {at_most}"));
    row(out, "downgrade sentinel", &sentinel.unwrap_or_default())?;
    let chosen = hello.cipher_suite.as_ref().map(suite);
    row(out, "cipher suite", &chosen.unwrap_or_default())?;
    let made_of = hello.suite_properties.map(properties);
    list(out, "  made of", made_of.unwrap_or_default())?;
    let accepted = hello.sslv2_cipher_suites.iter();
    list(out, "cipher suites", accepted.map(suite))?;
    let compression = hello.compression_method.as_slice();
    list(out, "compression", compressing(compression))?;
    row(out, "group", &text(&hello.group))?;
    let share = hello.key_share.as_ref().map(key_share);
    row(out, "key share", &share.unwrap_or_default())?;
    let prime = hello.dh_bits.map(|bits| format!("{bits} bit"));
    row(out, "DH prime", &prime.unwrap_or_default())?;
    row(out, "ALPN", &text(&hello.alpn))?;
    row(out, "session id", &session_id(hello))?;
    let psk = hello.psk_selected.map(|index| format!("number {index}"));
    row(out, "pre-shared key", &psk.unwrap_or_default())?;
    row(out, "resumed", &resumed(hello))?;
    let answers = answers(hello);
    list(out, "answers", of(&answers, true))?;
    list(out, "does not answer", of(&answers, false))?;
    limits(out, hello.record_size_limit, hello.max_fragment_length)?;
    row(out, "connection id", &bytes(hello.connection_id_length))?;
    let all = &hello.extensions;
    let (bad, twice) = (&hello.malformed_extensions, &hello.duplicate_extensions);
    extensions(out, all, bad, twice, hello.malformed)?;
    row(out, "JA3S", &text(&hello.ja3s))
}

/// What is or is not there.
type Marks = Vec<(&'static str, Option<bool>)>;

fn offers(hello: &ClientHello) -> Marks {
    let renegotiation = hello.renegotiation_info;
    let renegotiation_name = match renegotiation {
        Some(Renegotiation::Scsv) => "secure renegotiation (SCSV)",
        _ => "secure renegotiation",
    };
    vec![
        ("extended master secret", hello.extended_master_secret),
        ("encrypt-then-MAC", hello.encrypt_then_mac),
        (
            renegotiation_name,
            renegotiation.map(|it| it != Renegotiation::None),
        ),
        ("fallback SCSV", hello.fallback_scsv),
        ("OCSP stapling", hello.status_request),
        ("OCSP stapling v2", hello.status_request_v2),
        (
            "certificate transparency",
            hello.signed_certificate_timestamp,
        ),
        ("early data", hello.early_data),
        ("ECH or GREASE of it", hello.ech),
        ("retry cookie", hello.cookie),
    ]
}

fn answers(hello: &ServerHello) -> Marks {
    vec![
        ("server name", hello.sni_acknowledged),
        ("extended master secret", hello.extended_master_secret),
        ("encrypt-then-MAC", hello.encrypt_then_mac),
        ("secure renegotiation", hello.renegotiation_info),
        ("session ticket", hello.session_ticket),
        ("OCSP stapling", hello.status_request),
        ("retry cookie", hello.cookie),
    ]
}

fn of(marks: &Marks, wanted: bool) -> Vec<String> {
    let marks = marks
        .iter()
        .filter(|(_, is_there)| *is_there == Some(wanted));
    marks.map(|(name, _)| (*name).to_owned()).collect()
}

fn limits(out: &mut impl Write, record: Option<u16>, fragment: Option<u16>) -> io::Result<()> {
    row(out, "record size limit", &bytes(record))?;
    row(out, "fragment length", &bytes(fragment))
}

fn extensions(
    out: &mut impl Write,
    all: &[Extension],
    malformed: &[u16],
    duplicate: &[u16],
    body_malformed: Option<bool>,
) -> io::Result<()> {
    let numbers = |codes: &[u16]| -> Vec<String> { codes.iter().map(u16::to_string).collect() };
    list(out, "extensions", all.iter().map(ToString::to_string))?;
    list(out, "  malformed", numbers(malformed))?;
    list(out, "  there twice", numbers(duplicate))?;
    let body = match body_malformed {
        Some(true) => "does not follow its own lengths",
        _ => "",
    };
    row(out, "body", body)
}

fn session_id(hello: &ServerHello) -> String {
    let id = text(&hello.session_id);
    match (id.is_empty(), hello.session_id_echoed) {
        (true, Some(false)) => "none, though the client gave one".to_owned(),
        (false, Some(true)) => format!("{id} (the client's)"),
        _ => id,
    }
}

fn bytes(length: Option<u16>) -> String {
    length.map_or_else(String::new, |length| plural(length.into(), "byte"))
}

/// Text from the wire; nothing where it is not known.
fn text(value: &Option<String>) -> String {
    value.as_deref().map(shown).unwrap_or_default()
}
