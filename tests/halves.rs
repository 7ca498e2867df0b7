//! One direction alone tells what its bytes tell: the same hellos, suites, alerts and certificates
//! as both directions together, and nothing that only the other one could show.

use serde_json::{Value, json};
use starttap::decode::{Decoded, Decoder};
use starttap::limits::Limits;
use starttap::model::smtp::Smtp;
use starttap::model::tls::Version;
use starttap::model::{Outcome, Peer, Session, Visibility};
use starttap::tls::registry;

use crate::frames_in::{Owned, frames, judged, record};
use crate::support::{captures, name};

/// The frames that this side of any of the sessions sent.
fn half(all: &[Owned], whole: &[Session], side: Peer) -> Vec<Owned> {
    let mut decoder = Decoder::new(&Limits::default());
    let mut kept = all.to_vec();
    kept.retain(|frame| match decoder.decode(&frame.lend()) {
        Decoded::Tcp(segment) => whole.iter().any(|session| {
            let sender = match side {
                Peer::Client => session.client,
                Peer::Server => session.server,
            };
            (segment.source, segment.source_port) == (sender.ip, sender.port)
        }),
        _ => false,
    });
    kept
}

/// What the bytes of one side show of TLS.
fn shown_by(side: Peer, session: &Session) -> Value {
    let record = record(session);
    let tls = &record["tls"];
    let name = side.to_string();
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let chain = list(&tls["certificates"][&name]);
    let alerts: Vec<Value> = tls["alerts"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|alert| alert["from"] == name.as_str() && alert["encrypted"] == false)
        .map(|alert| json!([alert["frame"], alert["level"], alert["code"], alert["name"]]))
        .collect();
    let said = |fact: &str, field: &str| record["smtp"][fact][field].clone();
    match side {
        Peer::Client => json!({
            "hello": tls["client_hello"],
            "second": tls["second_client_hello"],
            "alerts": alerts,
            "certificates": chain,
            "ehlo": record["smtp"]["ehlo"],
            "requested": record["smtp"]["requested"],
            "auth": [said("cleartext_auth", "frame"), said("cleartext_auth", "mechanism")],
            "mail": [said("cleartext_mail", "frame"), said("cleartext_mail", "message")],
            "proxy": record["smtp"]["proxy"],
            "protocol": record["smtp"]["protocol"],
            "xclient": record["smtp"]["xclient"],
        }),
        Peer::Server => json!({
            "hello": server_hello(&tls["server_hello"]),
            "retry": server_hello(&tls["hello_retry_request"]),
            "alerts": alerts,
            "certificates": chain,
            "banner": record["smtp"]["banner"],
            "offered": record["smtp"]["offered"],
            "auth_mechanisms": list(&record["smtp"]["auth_mechanisms"]),
            "capabilities": list(&record["smtp"]["capabilities"]),
        }),
    }
}

/// Without what only the client's session id tells.
fn server_hello(hello: &Value) -> Value {
    let mut hello = hello.clone();
    if let Some(fields) = hello.as_object_mut() {
        fields.remove("session_id_echoed");
        fields.remove("resumption");
    }
    hello
}

#[test]
fn either_half_shows_what_its_bytes_show() {
    let mut compared = 0;
    for path in captures() {
        let all = frames(&path);
        let whole = judged(&all);
        for side in [Peer::Client, Peer::Server] {
            let sessions = judged(&half(&all, &whole, side));
            for session in &sessions {
                let case = format!("{}: {side} of {}", name(&path), session.client);
                // Ports may be used again: the frames tell which connection it was.
                let same = |other: &&Session| {
                    let frames = other.capture.first_frame..=other.capture.last_frame;
                    other.client == session.client
                        && other.server == session.server
                        && frames.contains(&session.capture.first_frame)
                };
                let original = whole.iter().find(same).expect("the whole session");
                // Of such a session it takes both halves to know that TLS was granted.
                let smtp = original.smtp.as_ref();
                // A cipher that hides nothing is known by the server's hello.
                let tls = original.tls.as_ref();
                let hello = tls.and_then(|tls| tls.server_hello.as_ref());
                let suite = hello.and_then(|hello| hello.cipher_suite);
                let in_clear = |smtp: &Smtp| {
                    smtp.decrypted.is_some() || !smtp.plaintext_after_grant.is_empty()
                };
                if smtp.is_some_and(in_clear)
                    || suite.is_some_and(|suite| registry::is_null(suite.code))
                    // And that a hello is one of SSL 2.0, by the client's.
                    || hello.is_some_and(|hello| hello.version == Some(Version::SSL2))
                {
                    continue;
                }
                assert_eq!(
                    shown_by(side, session),
                    shown_by(side, original),
                    "{case}: facts"
                );
                assert_ne!(session.capture.visibility, Visibility::Both, "{case}");
                // Nobody can have seen the handshake succeed.
                assert_ne!(session.outcome, Outcome::TlsEstablished, "{case}");
                compared += 1;
            }
        }
    }
    say!("halves: {compared} one-sided sessions compared with the whole ones");
    assert!(compared > 100);
}
