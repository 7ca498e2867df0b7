//! Flights of records, and what a bystander makes of them.

mod complaints;
mod encryption;
mod flight;
mod ssl2;

use super::*;

/// A record of TLS 1.2.
fn record(content_type: u8, body: &[u8]) -> Vec<u8> {
    let len = u16::try_from(body.len()).expect("a short record");
    [&[content_type, 3, 3], &len.to_be_bytes()[..], body].concat()
}

/// A handshake message.
fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    let len = u32::try_from(body.len()).expect("a short message");
    [&[kind], &len.to_be_bytes()[1..], body].concat()
}

/// A record of handshake messages.
fn messages(messages: &[(u8, &[u8])]) -> Vec<u8> {
    let messages: Vec<_> = messages
        .iter()
        .map(|(kind, body)| message(*kind, body))
        .collect();
    record(record::HANDSHAKE, &messages.concat())
}

/// A ClientHello of TLS 1.2 with these extensions.
fn client_hello_with(extensions: &[u8]) -> Vec<u8> {
    let len = u16::try_from(extensions.len()).expect("short extensions");
    let body = [
        &[3, 3][..],
        &[7; 32],
        &[0, 0, 2, 0x13, 1, 1, 0],
        &len.to_be_bytes(),
        extensions,
    ]
    .concat();
    messages(&[(CLIENT_HELLO, &body)])
}

fn client_hello() -> Vec<u8> {
    client_hello_with(&[])
}

/// A ServerHello of TLS 1.2 without session id and extensions: ECDHE, RSA.
fn server_hello() -> Vec<u8> {
    let body = [&[3, 3][..], &[7; 32], &[0, 0xC0, 0x2F, 0]].concat();
    messages(&[(SERVER_HELLO, &body)])
}

/// A ServerHello of TLS 1.3.
fn server_hello_13() -> Vec<u8> {
    let body = [
        &[3, 3][..],
        &[7; 32],
        &[0, 0x13, 1, 0, 0, 6, 0, 43, 0, 2, 3, 4],
    ]
    .concat();
    messages(&[(SERVER_HELLO, &body)])
}

fn changed() -> Vec<u8> {
    record(record::CHANGE_CIPHER_SPEC, &[1])
}

/// An encrypted Finished, or any other encrypted handshake message.
fn finished() -> Vec<u8> {
    record(record::HANDSHAKE, &[0x9A; 40])
}

fn data(len: usize) -> Vec<u8> {
    record(record::APPLICATION_DATA, &vec![0x9A; len])
}

/// What one side sends at a time.
type Flight<'a> = (Peer, &'a [Vec<u8>]);

/// Plays flights, each in a frame of its own, from 1 on.
fn play(flights: &[Flight<'_>]) -> Handshake {
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

/// The facts of a connection that was closed, which are the same when every byte comes alone.
fn facts(flights: &[Flight<'_>]) -> Tls {
    let limits = Limits::default();
    let whole = play(flights).finish(true, &limits);
    let mut handshake = Handshake::default();
    for ((from, records), frame) in flights.iter().zip(1..) {
        let at = Moment {
            frame,
            ..Moment::default()
        };
        for byte in records.concat() {
            handshake.push(*from, &[byte], at, &limits);
        }
    }
    assert_eq!(handshake.finish(true, &limits), whole);
    whole
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
    let handshake = play(&[
        (Peer::Client, &[changed(), client_hello()]),
        (Peer::Server, &[changed(), server_hello()]),
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
