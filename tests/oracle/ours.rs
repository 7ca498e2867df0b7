//! What starttap says about a file.

use std::path::Path;

use starttap::capture::open::open;
use starttap::engine::Engine;
use starttap::engine::ports::{PortSpec, Ports, Role};
use starttap::limits::Limits;
use starttap::model::tls::{
    Alert, CipherSuite, ClientHello, Extension, KeyShare, ServerHello, Version,
};
use starttap::model::{Peer, Session};

use super::facts::{Hello, Streams, suite};

/// All streams with these ports (the default ones when there are none), those without TLS too. A
/// capture that is damaged or cut short ends there, one in a foreign format has no streams.
pub fn facts(file: &Path, ports: &[u16]) -> Streams {
    let limits = Limits::default();
    let specs: Vec<_> = ports
        .iter()
        .map(|&port| PortSpec {
            port,
            role: Role::Smtps,
        })
        .collect();
    let mut streams = Streams::new();
    let mut engine = Engine::new("", Ports::new(&specs), limits.clone());
    let Ok(mut source) = open(file, &limits, 0) else {
        return streams;
    };
    let mut sink = |session: Session| add(&mut streams, &session);
    while let Ok(Some(frame)) = source.next() {
        engine.push(&frame, &mut sink);
    }
    engine.finish(&mut sink);
    for facts in streams.values_mut() {
        // The two sides of a connection are kept apart, and a connection may be several sessions.
        facts.client_hellos.sort_by_key(|hello| hello.frame);
        facts.server_hellos.sort_by_key(|hello| hello.frame);
        facts.alerts.sort_by_key(|line| frame(line));
        facts.certificates.sort_by_key(|line| frame(line));
    }
    streams
}

fn frame(line: &str) -> u64 {
    let number = line.split(':').next().and_then(|it| it.parse().ok());
    number.expect("a frame number in front")
}

fn add(streams: &mut Streams, session: &Session) {
    let stream = session.capture.tcp_stream.expect("numbered");
    let facts = streams.entry(stream).or_default();
    let Some(tls) = &session.tls else {
        return;
    };
    let hellos = [&tls.client_hello, &tls.second_client_hello];
    facts
        .client_hellos
        .extend(hellos.into_iter().flatten().map(client_hello));
    let hellos = [&tls.hello_retry_request, &tls.server_hello];
    facts
        .server_hellos
        .extend(hellos.into_iter().flatten().map(server_hello));
    let clear = tls.alerts.iter().filter(|alert| !alert.encrypted);
    facts.alerts.extend(clear.map(|it| alert(session, it)));
    let certificates = &tls.certificates;
    let certificates = certificates.server.iter().chain(&certificates.client);
    facts
        .certificates
        .extend(certificates.map(|it| format!("{}:{}", it.frame, it.sha256.to_lowercase())));
}

fn client_hello(hello: &ClientHello) -> Hello {
    let versions: Vec<_> = hello.versions.iter().copied().map(version).collect();
    let suites: Vec<_> = hello
        .cipher_suites
        .iter()
        .map(|it| suite(it.code))
        .collect();
    // tshark has one field for three extensions.
    let signatures = hello.extensions.iter().flat_map(|it| match it.name {
        Some("signature_algorithms") => &hello.signature_algorithms[..],
        Some("signature_algorithms_cert") => &hello.signature_algorithms_cert,
        Some("delegated_credential") => &hello.delegated_credential,
        _ => &[],
    });
    let signatures: Vec<_> = signatures.map(String::as_str).collect();
    let shares: Vec<_> = hello.key_shares.iter().map(key_share).collect();
    let psk = hello.psk.map_or(0, |psk| psk.identities);
    Hello {
        frame: hello.frame,
        details: vec![
            ("record_version", version(hello.record_version)),
            ("legacy_version", version(hello.legacy_version)),
            ("versions", versions.join(",")),
            ("suites", suites.join(",")),
            ("sni", hello.sni.clone().unwrap_or_default()),
            ("ja3", hello.ja3.clone().unwrap_or_default()),
            ("session_id", hello.session_id.clone().unwrap_or_default()),
            ("compression", hello.compression_methods.join(",")),
            ("extensions", extensions(&hello.extensions)),
            ("groups", hello.groups.join(",")),
            ("point_formats", hello.point_formats.join(",")),
            ("signature_algorithms", signatures.join(",")),
            ("alpn", hello.alpn.join(",")),
            ("key_shares", shares.join(",")),
            ("psk", psk.to_string()),
            ("max_fragment_length", number(hello.max_fragment_length)),
        ],
    }
}

fn server_hello(hello: &ServerHello) -> Hello {
    let chosen = |it: CipherSuite| suite(it.code);
    let share = hello.key_share.as_ref().map(key_share);
    // A HelloRetryRequest names the group alone.
    let mut names = hello.extensions.iter().filter_map(|it| it.name);
    let has_share = names.any(|name| name.starts_with("key_share"));
    let is_retry = has_share && share.is_none();
    let retry_group = hello.group.clone().filter(|_| is_retry);
    Hello {
        frame: hello.frame,
        details: vec![
            ("record_version", version(hello.record_version)),
            ("version", hello.version.map(version).unwrap_or_default()),
            ("suite", hello.cipher_suite.map(chosen).unwrap_or_default()),
            ("ja3s", hello.ja3s.clone().unwrap_or_default()),
            ("legacy_version", version(hello.legacy_version)),
            ("session_id", hello.session_id.clone().unwrap_or_default()),
            (
                "compression",
                hello.compression_method.clone().unwrap_or_default(),
            ),
            ("extensions", extensions(&hello.extensions)),
            ("alpn", hello.alpn.clone().unwrap_or_default()),
            ("key_share", share.unwrap_or_default()),
            ("retry_group", retry_group.unwrap_or_default()),
            ("psk_selected", number(hello.psk_selected)),
            ("max_fragment_length", number(hello.max_fragment_length)),
        ],
    }
}

fn extensions(extensions: &[Extension]) -> String {
    let codes: Vec<_> = extensions.iter().map(|it| it.code.to_string()).collect();
    codes.join(",")
}

fn key_share(share: &KeyShare) -> String {
    format!("{} {}", share.group, share.size)
}

fn number(value: Option<u16>) -> String {
    value.map(|it| it.to_string()).unwrap_or_default()
}

fn alert(session: &Session, alert: &Alert) -> String {
    let port = match alert.from {
        Peer::Client => session.client.port,
        Peer::Server => session.server.port,
    };
    let level = match alert.level.as_deref() {
        Some("warning") => "1",
        Some("fatal") => "2",
        other => other.expect("alerts in clear have a level"),
    };
    let code = alert.code.expect("alerts in clear have a code");
    format!("{}:{port}:{level}/{code}", alert.frame)
}

fn version(version: Version) -> String {
    format!("0x{:04x}", version.0)
}
