//! Sessions of SSL 2.0.

use super::*;
use crate::model::tls::SuiteCode;
use Peer::{Client, Server};

/// A record of SSL 2.0 without padding.
fn ssl2(body: &[u8]) -> Vec<u8> {
    let len = u16::try_from(body.len()).expect("a short record") | 0x8000;
    [&len.to_be_bytes()[..], body].concat()
}

/// A record with three bytes of padding.
fn padded(body: &[u8]) -> Vec<u8> {
    let len = u16::try_from(body.len() + 3).expect("a short record");
    [&len.to_be_bytes()[..], &[3], body, &[0; 3]].concat()
}

fn client() -> Vec<u8> {
    let mut body = vec![1, 0, 2, 0, 6, 0, 0, 0, 16, 1, 0, 0x80, 7, 0, 0xC0];
    body.extend([0xAA; 16]);
    ssl2(&body)
}

fn server(session_hit: u8) -> Vec<u8> {
    let mut body = vec![4, session_hit, 1, 0, 2, 0, 0, 0, 3, 0, 4, 7, 0, 0xC0];
    body.extend([9; 4]);
    ssl2(&body)
}

/// CLIENT-MASTER-KEY with the suite 0x0700C0.
fn master_key() -> Vec<u8> {
    ssl2(&[&[2, 7, 0, 0xC0][..], &[0, 0, 0, 64, 0, 8], &[0x9A; 72]].concat())
}

/// Plays a session; the sides that begin with SSL 2.0 are told so.
fn facts(server_too: bool, flights: &[Flight<'_>]) -> (Tls, [u64; 2]) {
    let limits = Limits::default();
    let play = |size: usize| {
        let mut handshake = Handshake::default();
        handshake.start_sslv2(Client);
        if server_too {
            handshake.start_sslv2(Server);
        }
        for ((from, records), frame) in flights.iter().zip(1..) {
            let at = Moment {
                frame,
                ..Moment::default()
            };
            for part in records.concat().chunks(size) {
                assert_eq!(handshake.push(*from, part, at, &limits), Taken::All);
            }
        }
        let data = handshake.data_records();
        (handshake.finish(true, &limits), data)
    };
    let whole = play(1000);
    assert_eq!(play(1), whole);
    whole
}

#[test]
fn a_whole_session() {
    let (facts, data) = facts(
        true,
        &[
            (Client, &[client()]),
            (Server, &[server(0)]),
            (Client, &[master_key()]),
            (Client, &[padded(&[0x9A; 37])]),
            (Server, &[ssl2(&[0x9A; 33])]),
            (Server, &[padded(&[0x9A; 37])]),
            (Client, &[padded(&[0x9A; 61])]),
        ],
    );
    let key = facts.ssl2.and_then(|it| it.client_master_key);
    let key = key.expect("a master key");
    assert_eq!(key.frame, 3);
    assert_eq!(key.cipher_suite.code, SuiteCode::Ssl2(0x0007_00C0));
    assert_eq!(facts.encrypted.client.map(|at| at.frame), Some(4));
    assert_eq!(facts.encrypted.server.map(|at| at.frame), Some(5));
    assert_eq!(facts.established.map(|at| at.frame), Some(5));
    assert_eq!(data, [1, 0]);
}

#[test]
fn a_session_taken_up_again_has_no_master_key() {
    let (facts, _) = facts(
        true,
        &[
            (Client, &[client()]),
            (Server, &[server(1)]),
            (Client, &[ssl2(&[2; 33])]),
            (Server, &[ssl2(&[0x9A; 33])]),
        ],
    );
    assert_eq!(facts.ssl2.and_then(|it| it.client_master_key), None);
    assert_eq!(facts.established.map(|at| at.frame), Some(4));
}

#[test]
fn errors_keep_their_number() {
    let (facts, _) = facts(
        true,
        &[(Client, &[client()]), (Server, &[ssl2(&[0, 0, 1])])],
    );
    let errors = facts.ssl2.expect("SSL 2.0").errors;
    assert_eq!(
        (errors[0].frame, errors[0].from, errors[0].code),
        (2, Server, 1)
    );
    assert_eq!((facts.server_hello, facts.established), (None, None));
}

/// Only the client's side was captured: its key goes on in the same format.
#[test]
fn the_client_alone() {
    let flights: [Flight<'_>; 2] = [
        (Client, &[client(), master_key()]),
        (Client, &[ssl2(&[0x9A; 33])]),
    ];
    let (facts, _) = facts(false, &flights);
    assert!(facts.ssl2.is_some_and(|it| it.client_master_key.is_some()));
    assert_eq!(facts.encrypted.client.map(|at| at.frame), Some(2));
    assert_eq!(facts.established, None);
}

/// The hello is in the old format, the answer and all the rest are TLS.
#[test]
fn the_server_answers_in_tls() {
    let key = messages(&[(16, &[1, 9])]);
    let (facts, _) = facts(
        false,
        &[
            (Client, &[client()]),
            (Server, &[server_hello()]),
            (Client, &[key, changed(), finished()]),
            (Server, &[changed(), finished()]),
        ],
    );
    assert_eq!(facts.ssl2, None);
    assert_eq!(facts.client_key_exchange.map(|at| at.frame), Some(3));
    assert_eq!(facts.established.map(|at| at.frame), Some(4));
}
