//! Alerts: what they answer, and those that only length and place give away.

use super::*;
use crate::model::Confidence;
use crate::model::tls::Alert;
use Peer::{Client, Server};

fn answered(alert: &Alert) -> Option<(u64, &str)> {
    let answers = alert.answers.as_ref()?;
    Some((answers.frame, answers.message.as_str()))
}

#[test]
fn an_alert_answers_the_last_message_of_the_other_side() {
    let done = messages(&[(11, &[0, 0, 0]), (14, &[])]);
    let alerts = facts(&[
        (Client, &[client_hello()]),
        (Server, &[record(record::ALERT, &[1, 112]), server_hello()]),
        (Server, &[done]),
        (Client, &[record(record::ALERT, &[2, 48])]),
    ])
    .alerts;
    assert_eq!(answered(&alerts[0]), Some((1, "ClientHello")));
    assert_eq!(answered(&alerts[1]), Some((3, "ServerHelloDone")));
    assert!(
        alerts
            .iter()
            .all(|it| it.confidence.is_none() && it.guess.is_none())
    );
    let alone = facts(&[(Server, &[record(record::ALERT, &[2, 40])])]);
    assert_eq!(answered(&alone.alerts[0]), None);
}

/// Two alerts in a record, and one over two records, which each side has for itself.
#[test]
fn several_alerts() {
    let alerts = facts(&[
        (Client, &[client_hello()]),
        (Server, &[record(record::ALERT, &[1, 112, 2, 40])]),
        (Client, &[record(record::ALERT, &[2])]),
        (Server, &[record(record::ALERT, &[1])]),
        (Client, &[record(record::ALERT, &[80])]),
        (Server, &[record(record::ALERT, &[0])]),
    ])
    .alerts;
    let codes: Vec<_> = alerts
        .iter()
        .map(|it| (it.frame, it.from, it.code))
        .collect();
    assert_eq!(
        codes,
        [
            (2, Server, Some(112)),
            (2, Server, Some(40)),
            (5, Client, Some(80)),
            (6, Server, Some(0))
        ]
    );
}

/// A session of TLS 1.2 and what follows.
fn tls12(more: &[(Peer, Vec<u8>)]) -> Vec<Alert> {
    let handshake = [
        (Client, client_hello()),
        (Server, server_hello()),
        (Client, [changed(), finished()].concat()),
        (Server, [changed(), finished()].concat()),
    ];
    let flights: Vec<_> = [&handshake[..], more]
        .concat()
        .into_iter()
        .map(|(from, bytes)| (from, vec![bytes]))
        .collect();
    let flights: Vec<Flight<'_>> = flights.iter().map(|(from, it)| (*from, &it[..])).collect();
    facts(&flights).alerts
}

#[test]
fn an_encrypted_alert_is_certain_and_what_it_says_is_not() {
    let alert = record(record::ALERT, &[0x9A; 26]);
    let goodbye = tls12(&[(Client, data(50)), (Client, alert.clone())]);
    assert_eq!(goodbye[0].confidence, Some(Confidence::High));
    assert_eq!(
        (goodbye[0].guess, goodbye[0].code),
        (Some("close_notify"), None)
    );
    assert_eq!(answered(&goodbye[0]), None);
    // Before any data it may be anything, and so may one that is not the last word.
    assert_eq!(tls12(&[(Client, alert.clone())])[0].guess, None);
    let within = tls12(&[
        (Client, data(50)),
        (Client, alert.clone()),
        (Client, data(50)),
    ]);
    assert_eq!(within[0].guess, None);
    let mut open = play(&[
        (Client, &[client_hello()]),
        (Server, &[server_hello()]),
        (Client, &[changed(), finished()]),
        (Server, &[changed(), finished()]),
        (Client, &[data(50), alert]),
    ]);
    let facts = open.finish(false, &Limits::default());
    assert_eq!(facts.alerts[0].guess, None);
}

/// A handshake of TLS 1.3 up to the server's flight, and what follows.
fn tls13(more: &[(Peer, Vec<u8>)]) -> Vec<(u64, Peer, Option<Confidence>)> {
    let handshake = [
        (Client, client_hello()),
        (Server, [server_hello_13(), changed(), data(900)].concat()),
    ];
    let flights: Vec<_> = [&handshake[..], more]
        .concat()
        .into_iter()
        .map(|(from, bytes)| (from, vec![bytes]))
        .collect();
    let flights: Vec<Flight<'_>> = flights.iter().map(|(from, it)| (*from, &it[..])).collect();
    let alerts = facts(&flights).alerts;
    let alerts = alerts.iter().filter(|it| it.encrypted);
    alerts
        .map(|it| (it.frame, it.from, it.confidence))
        .collect()
}

#[test]
fn an_alert_instead_of_finished() {
    let alert = (Client, [changed(), data(19)].concat());
    let expected = [(3, Client, Some(Confidence::Medium))];
    assert_eq!(tls13(std::slice::from_ref(&alert)), expected);
    // Near misses: another length, a Finished, data after it, a goodbye after data.
    assert_eq!(tls13(&[(Client, data(20))]), []);
    assert_eq!(tls13(&[(Client, data(53))]), []);
    assert_eq!(tls13(&[alert, (Client, data(53))]), []);
    assert_eq!(tls13(&[(Client, data(53)), (Client, data(19))]), []);
    let goodbyes = [
        (Client, data(53)),
        (Server, data(250)),
        (Client, data(60)),
        (Server, data(60)),
        (Client, data(19)),
        (Server, data(19)),
    ];
    assert_eq!(tls13(&goodbyes), []);
}

#[test]
fn the_server_answers_finished_with_an_alert() {
    let expected = [(4, Server, Some(Confidence::Medium))];
    assert_eq!(tls13(&[(Client, data(53)), (Server, data(19))]), expected);
    // After tickets or data, or after the client's goodbye, it is a goodbye.
    let tickets = [(Client, data(53)), (Server, data(250)), (Server, data(19))];
    assert_eq!(tls13(&tickets), []);
    let goodbye = [(Client, data(53)), (Client, data(19)), (Server, data(19))];
    assert_eq!(tls13(&goodbye), []);
}

#[test]
fn a_connection_that_goes_on_hints_at_nothing() {
    let flights = [
        (Client, vec![client_hello()]),
        (Server, vec![server_hello_13(), data(900)]),
        (Client, vec![data(19)]),
    ];
    let flights = flights.each_ref().map(|(from, it)| (*from, &it[..]));
    let mut handshake = play(&flights);
    assert!(
        handshake
            .finish(false, &Limits::default())
            .alerts
            .is_empty()
    );
    // A Finished may be among missing bytes.
    let mut handshake = play(&flights[..2]);
    handshake.gap(Client, 58, &Limits::default());
    handshake.push(Client, &data(19), Moment::default(), &Limits::default());
    assert!(handshake.finish(true, &Limits::default()).alerts.is_empty());
}

/// Bytes that are no TLS: the first place of each side, and the search for the next record.
#[test]
fn bytes_that_are_neither_tls_nor_text() {
    let limits = Limits::default();
    let at = |frame| Moment {
        frame,
        ..Moment::default()
    };
    let mut handshake = play(&[(Client, &[client_hello()]), (Server, &[server_hello()])]);
    // A length that no record has.
    let liar = [&[22, 3, 3, 0xFF, 0xFF][..], &[0x9A; 50]].concat();
    assert_eq!(handshake.push(Server, &liar, at(3), &limits), Taken::All);
    let done = messages(&[(14, &[])]);
    assert_eq!(handshake.push(Server, &done, at(4), &limits), Taken::All);
    // No content type: who called decides what it is.
    assert_eq!(
        handshake.push(Client, b"\xFFxyz", at(5), &limits),
        Taken::Until(0)
    );
    handshake.not_tls(Client, at(5));
    assert_eq!(
        handshake.push(Client, b"\xFFxyz", at(6), &limits),
        Taken::All
    );
    handshake.push(Server, &liar, at(7), &limits);
    let facts = handshake.finish(true, &limits);
    assert_eq!(facts.server_hello_done.map(|at| at.frame), Some(4));
    let places: Vec<_> = facts.not_tls.iter().map(|it| (it.frame, it.from)).collect();
    assert_eq!(places, [(3, Server), (5, Client)]);
}
