//! Flights of records, and what a bystander makes of them.

use super::*;

/// A record of TLS 1.2.
fn record(content_type: u8, body: &[u8]) -> Vec<u8> {
    let len = u16::try_from(body.len()).expect("a short record");
    [&[content_type, 3, 3], &len.to_be_bytes()[..], body].concat()
}

/// A ServerHello of TLS 1.2 without session id and extensions.
fn server_hello() -> Vec<u8> {
    let body = [&[3, 3][..], &[7; 32], &[0, 0xC0, 0x2F, 0]].concat();
    let len = u8::try_from(body.len()).expect("a short body");
    record(record::HANDSHAKE, &[&[2, 0, 0, len], &body[..]].concat())
}

fn play(flights: &[(Peer, &[Vec<u8>])]) -> Handshake {
    let mut handshake = Handshake::default();
    for ((from, records), frame) in flights.iter().zip(1..) {
        let at = Moment {
            frame,
            ..Moment::default()
        };
        let taken = handshake.push(*from, &records.concat(), at, &Limits::default());
        assert_eq!(taken, Taken::All);
    }
    handshake
}

#[test]
fn a_bare_alert_after_change_cipher_spec_is_in_clear() {
    let changed = record(record::CHANGE_CIPHER_SPEC, &[1]);
    let finished = record(record::HANDSHAKE, &[0x9A; 40]);
    let alert = record(record::ALERT, &[2, 51]);
    let handshake = play(&[
        (Peer::Server, &[server_hello()]),
        (Peer::Client, &[changed.clone(), finished]),
        (Peer::Server, &[changed, alert]),
    ]);
    let [alert] = &handshake.facts().alerts[..] else {
        panic!("one alert: {:?}", handshake.facts().alerts);
    };
    assert_eq!((alert.frame, alert.from), (3, Peer::Server));
    assert_eq!(
        (alert.level.as_deref(), alert.code),
        (Some("fatal"), Some(51))
    );
    assert!(!alert.encrypted && !handshake.close_notify_seen());
    // An alert in clear is no sign that the server went encrypted.
    assert_eq!(handshake.facts().established, None);
}

#[test]
fn a_longer_alert_after_change_cipher_spec_is_encrypted() {
    let changed = record(record::CHANGE_CIPHER_SPEC, &[1]);
    let finished = record(record::HANDSHAKE, &[0x9A; 40]);
    let alert = record(record::ALERT, &[2; 26]);
    let handshake = play(&[
        (Peer::Server, &[server_hello()]),
        (Peer::Client, &[changed.clone(), finished.clone()]),
        (Peer::Server, &[changed, finished]),
        (Peer::Server, &[alert]),
    ]);
    let established = handshake.facts().established.map(|at| at.frame);
    assert_eq!(established, Some(3));
    assert!(handshake.facts().alerts[0].encrypted && handshake.close_notify_seen());
}

#[test]
fn hellos_after_change_cipher_spec_without_the_retry_request() {
    let changed = record(record::CHANGE_CIPHER_SPEC, &[1]);
    let client_hello = [&[3, 3][..], &[7; 32], &[0, 0, 2, 0x13, 1, 1, 0]].concat();
    let len = u8::try_from(client_hello.len()).expect("a short body");
    let client_hello = [&[1, 0, 0, len], &client_hello[..]].concat();
    let client_hello = record(record::HANDSHAKE, &client_hello);
    let handshake = play(&[
        (Peer::Client, &[changed.clone(), client_hello]),
        (Peer::Server, &[changed, server_hello()]),
    ]);
    let facts = handshake.facts();
    assert_eq!(
        facts.client_hello.as_ref().map(|hello| hello.frame),
        Some(1)
    );
    assert_eq!(
        facts.server_hello.as_ref().map(|hello| hello.frame),
        Some(2)
    );
    assert_eq!(facts.established, None);
}

#[test]
fn encrypted_messages_of_an_unknown_version() {
    let changed = record(record::CHANGE_CIPHER_SPEC, &[1]);
    // Its first bytes could be those of a hello.
    let finished = record(
        record::HANDSHAKE,
        &[&[1, 0, 0, 0][..], &[0x9A; 36]].concat(),
    );
    let handshake = play(&[
        (Peer::Client, &[changed.clone(), finished.clone()]),
        (Peer::Server, &[changed, finished]),
    ]);
    assert_eq!(handshake.facts().client_hello, None);
    let established = handshake.facts().established.map(|at| at.frame);
    assert_eq!(established, Some(2));
}
