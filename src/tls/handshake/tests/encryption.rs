//! When each side goes encrypted, and what the order of records gives away.

use super::*;
use crate::model::At;
use Peer::{Client, Server};

fn frame(at: Option<At>) -> Option<u64> {
    at.map(|at| at.frame)
}

/// The extension early_data.
const EARLY_DATA: &[u8] = &[0, 42, 0, 0];

#[test]
fn each_side_of_tls12() {
    let facts = facts(&[
        (Client, &[client_hello()]),
        (Server, &[server_hello()]),
        (Client, &[changed()]),
        (Client, &[finished()]),
        (Server, &[changed()]),
        (Server, &[finished()]),
        (Client, &[data(50)]),
    ]);
    let changes = facts.change_cipher_spec;
    assert_eq!(
        (frame(changes.client), frame(changes.server)),
        (Some(3), Some(5))
    );
    let encrypted = facts.encrypted;
    assert_eq!(
        (frame(encrypted.client), frame(encrypted.server)),
        (Some(4), Some(6))
    );
    assert_eq!((facts.renegotiation, facts.false_start), (None, None));
}

/// The ChangeCipherSpec of TLS 1.3 changes nothing.
#[test]
fn each_side_of_tls13() {
    let facts = facts(&[
        (Client, &[client_hello(), changed()]),
        (Server, &[server_hello_13(), changed()]),
        (Server, &[data(900)]),
        (Client, &[data(53)]),
        (Server, &[data(200)]),
    ]);
    let changes = facts.change_cipher_spec;
    assert_eq!(
        (frame(changes.client), frame(changes.server)),
        (Some(1), Some(2))
    );
    let encrypted = facts.encrypted;
    assert_eq!(
        (frame(encrypted.client), frame(encrypted.server)),
        (Some(4), Some(3))
    );
    assert_eq!(frame(facts.established), Some(5));
    assert_eq!(facts.early_data, None);
}

#[test]
fn a_change_of_ciphers_answers_nothing_in_tls13() {
    let hello = [client_hello(), changed()];
    let handshake = play(&[(Client, &hello), (Server, &[server_hello_13()])]);
    assert!(!handshake.client_answered());
    let handshake = play(&[(Client, &hello), (Server, &[server_hello()])]);
    assert!(handshake.client_answered());
}

#[test]
fn renegotiation() {
    let handshake = [
        (Client, vec![client_hello()]),
        (Server, vec![server_hello()]),
        (Client, vec![changed(), finished()]),
        (Server, vec![changed(), finished()]),
    ];
    let after = |more: &[(Peer, Vec<u8>)]| {
        let mut flights = handshake.to_vec();
        flights.extend(
            more.iter()
                .map(|(from, record)| (*from, vec![record.clone()])),
        );
        let flights: Vec<Flight<'_>> = flights.iter().map(|(from, it)| (*from, &it[..])).collect();
        facts(&flights).renegotiation.map(|it| (it.frame, it.from))
    };
    assert_eq!(
        after(&[(Client, data(50)), (Server, finished())]),
        Some((6, Server))
    );
    let by_client = [
        (Client, data(50)),
        (Client, finished()),
        (Server, finished()),
    ];
    assert_eq!(after(&by_client), Some((6, Client)));
    // Nothing but data; a Finished in more than one record.
    assert_eq!(after(&[(Client, data(50)), (Server, data(50))]), None);
    assert_eq!(after(&[(Server, finished()), (Client, data(50))]), None);
    // A ChangeCipherSpec alone is no handshake message.
    assert_eq!(after(&[(Client, data(50)), (Client, changed())]), None);
}

#[test]
fn false_starts() {
    let hellos = [
        (Client, vec![client_hello()]),
        (Server, vec![server_hello()]),
    ];
    let after = |more: &[(Peer, Vec<Vec<u8>>)]| {
        let flights = [&hellos[..], more].concat();
        let flights: Vec<Flight<'_>> = flights.iter().map(|(from, it)| (*from, &it[..])).collect();
        frame(facts(&flights).false_start)
    };
    let early = (Client, vec![changed(), finished(), data(50)]);
    let answer = (Server, vec![changed(), finished()]);
    assert_eq!(after(&[early.clone(), answer.clone()]), Some(3));
    // Its answer is an alert.
    let alert = (Server, vec![record(record::ALERT, &[2, 40])]);
    assert_eq!(after(&[early.clone(), alert]), Some(3));
    // The server's side of the capture may just be missing.
    assert_eq!(after(&[early]), None);
    // A resumed session: the server's Finished comes first.
    let data_after = (Client, vec![changed(), finished(), data(50)]);
    assert_eq!(after(&[answer, data_after, (Server, vec![data(9)])]), None);
}

#[test]
fn a_lost_change_of_ciphers_is_no_false_start() {
    let limits = Limits::default();
    let mut handshake = play(&[(Client, &[client_hello()]), (Server, &[server_hello()])]);
    let early = [changed(), finished(), data(50)].concat();
    handshake.push(Client, &early, Moment::default(), &limits);
    handshake.gap(Server, 51, &limits);
    handshake.push(Server, &data(60), Moment::default(), &limits);
    assert_eq!(handshake.finish(true, &limits).false_start, None);
}

#[test]
fn early_data() {
    let hello = client_hello_with(EARLY_DATA);
    let facts = facts(&[
        (Client, &[hello.clone(), changed(), data(40)]),
        (Client, &[data(300), data(40)]),
        (Server, &[server_hello_13(), data(900)]),
        // May be early data as well; nobody knows.
        (Client, &[data(40)]),
    ]);
    let early = facts.early_data.expect("early data");
    assert_eq!((early.frame, early.records), (1, 3));
    assert_eq!(frame(facts.encrypted.client), Some(1));

    // The server is not seen to answer later: its side may be missing.
    let alone = super::facts(&[(Client, &[hello.clone(), data(40)])]);
    assert_eq!(alone.early_data, None);
    // Without the extension it is no early data, whatever it is.
    let without = super::facts(&[
        (Client, &[client_hello(), data(40)]),
        (Server, &[server_hello_13()]),
    ]);
    assert_eq!(without.early_data, None);
}
