//! The messages of a flight, remarkable ones, and holes among them.

use super::*;
use crate::model::handshake::OddMessage;
use Peer::{Client, Server};

/// A ServerKeyExchange for secp256r1, signed with rsa_pss_rsae_sha256.
const KEY: &[u8] = &[3, 0, 23, 2, 4, 5, 8, 4, 0, 1, 9];
/// A CertificateRequest of TLS 1.2 without names.
const REQUEST: &[u8] = &[1, 1, 0, 2, 4, 1, 0, 0];
/// A CertificateStatus with an OCSP response of two bytes.
const STATUS: &[u8] = &[1, 0, 0, 2, 0x30, 0];
/// A NewSessionTicket of three bytes for two hours.
const TICKET: &[u8] = &[0, 0, 0x1C, 0x20, 0, 3, 1, 2, 3];

fn kinds(messages: &[OddMessage]) -> Vec<(u64, Peer, u8, u32)> {
    let kinds = messages.iter();
    kinds
        .map(|it| (it.frame, it.from, it.kind, it.bytes))
        .collect()
}

#[test]
fn every_message_of_a_handshake() {
    let facts = facts(&[
        (Server, &[messages(&[(0, &[])])]),
        (Client, &[client_hello()]),
        (Server, &[server_hello()]),
        (
            Server,
            &[messages(&[(11, &[0, 0, 0]), (22, STATUS), (12, KEY)])],
        ),
        (Server, &[messages(&[(13, REQUEST), (14, &[])])]),
        (Client, &[messages(&[(11, &[0, 0, 0]), (16, &[1, 9])])]),
        (Client, &[messages(&[(15, &[4, 3, 0, 1, 9])])]),
        (Client, &[changed(), finished()]),
        (Server, &[messages(&[(4, TICKET)]), changed(), finished()]),
    ]);
    let exchange = facts.server_key_exchange.expect("a key");
    assert_eq!(exchange.frame, 4);
    assert_eq!(exchange.group.as_deref(), Some("secp256r1"));
    assert_eq!(exchange.curve_type, Some("named_curve"));
    assert_eq!(
        exchange.signature_algorithm.as_deref(),
        Some("rsa_pss_rsae_sha256")
    );
    let hello = facts.server_hello.expect("a hello");
    assert_eq!(hello.group.as_deref(), Some("secp256r1"));
    let request = facts.certificate_request.expect("a request");
    assert_eq!((request.frame, request.truncated), (5, Some(false)));
    assert_eq!(request.certificate_types, ["rsa_sign"]);
    let status = facts.certificate_status.expect("a status");
    assert_eq!(
        (status.frame, &*status.status_type, status.bytes),
        (4, "ocsp", 2)
    );
    let ticket = facts.new_session_ticket.expect("a ticket");
    assert_eq!(
        (ticket.frame, ticket.lifetime_hint, ticket.bytes),
        (9, 7200, 3)
    );
    let verify = facts.certificate_verify.expect("a proof");
    assert_eq!(
        verify.signature_algorithm.as_deref(),
        Some("ecdsa_secp256r1_sha256")
    );
    let frames = [
        facts.server_hello_done,
        facts.client_key_exchange,
        facts.no_client_certificate,
        // Nobody has said hello: encrypted messages of a session begun earlier look like this.
        facts.hello_request,
    ];
    assert_eq!(
        frames.map(|at| at.map(|at| at.frame)),
        [Some(5), Some(6), Some(6), None]
    );
    assert_eq!(facts.established.map(|at| at.frame), Some(9));
    assert!(facts.other_messages.is_empty() && facts.malformed_messages.is_empty());
    assert_eq!(facts.renegotiation, None);
}

#[test]
fn a_request_for_a_hello_in_clear() {
    let facts = facts(&[
        (Client, &[client_hello()]),
        (Server, &[messages(&[(0, &[])]), server_hello()]),
    ]);
    assert_eq!(facts.hello_request.map(|at| at.frame), Some(2));
    assert_eq!(facts.renegotiation, None);
}

/// One-byte records are legal (RFC 8446 section 5.1), and so are messages over many of them.
#[test]
fn records_of_one_byte() {
    let flight = [message(12, KEY), message(14, &[])].concat();
    let records: Vec<_> = flight
        .iter()
        .map(|&byte| record(record::HANDSHAKE, &[byte]))
        .collect();
    let facts = facts(&[
        (Client, &[client_hello()]),
        (Server, &[server_hello()]),
        (Server, &records),
    ]);
    assert_eq!(facts.server_hello_done.map(|at| at.frame), Some(3));
    assert_eq!(facts.server_key_exchange.map(|it| it.frame), Some(3));
    assert!(facts.malformed_messages.is_empty() && facts.not_tls.is_empty());
}

/// An alert in the middle of a message does not end the message.
#[test]
fn an_alert_within_a_message() {
    let key = message(12, KEY);
    let parts = [&key[..5], &key[5..]].map(|part| record(record::HANDSHAKE, part));
    let alert = record(record::ALERT, &[1, 112]);
    let [first, second] = parts;
    let facts = facts(&[
        (Client, &[client_hello()]),
        (Server, &[server_hello(), first, alert, second]),
    ]);
    assert_eq!(facts.alerts[0].code, Some(112));
    assert!(facts.server_key_exchange.is_some() && facts.malformed_messages.is_empty());
}

#[test]
fn remarkable_messages() {
    let facts = facts(&[
        (Client, &[client_hello()]),
        (Server, &[server_hello()]),
        (
            Server,
            // Compressed, unknown, a list that leaves its message, a cut curve, a long farewell.
            &[messages(&[
                (25, &[0, 1]),
                (99, &[]),
                (11, &[0, 0, 9, 0, 0, 1, 7]),
                (12, &[3, 0]),
                (14, &[1]),
            ])],
        ),
        // A client does not send this.
        (Client, &[messages(&[(14, &[])])]),
    ]);
    assert_eq!(
        kinds(&facts.other_messages),
        [(3, Server, 25, 2), (3, Server, 99, 0), (4, Client, 14, 0)]
    );
    let names: Vec<_> = facts.other_messages.iter().map(|it| it.name).collect();
    assert_eq!(
        names,
        [Some("CompressedCertificate"), None, Some("ServerHelloDone")]
    );
    assert_eq!(
        kinds(&facts.malformed_messages),
        [(3, Server, 11, 7), (3, Server, 12, 2), (3, Server, 14, 1)]
    );
}

#[test]
fn remarkable_messages_are_bounded() {
    let unknown: Vec<_> = (0..40).map(|_| messages(&[(99, &[])])).collect();
    let mut handshake = play(&[(Client, &[client_hello()]), (Server, &[server_hello()])]);
    handshake.push(
        Server,
        &unknown.concat(),
        Moment::default(),
        &Limits::default(),
    );
    assert_eq!(handshake.facts().other_messages.len(), 16);
    assert_eq!(handshake.left_out().odd_messages, 24);
}

#[test]
fn unreadable_hellos() {
    let facts = facts(&[
        (Client, &[messages(&[(1, &[3, 3, 7])])]),
        (Server, &[messages(&[(2, &[3, 3, 7, 7])])]),
    ]);
    assert_eq!(facts.client_hello, None);
    assert_eq!(
        kinds(&facts.malformed_messages),
        [(1, Client, 1, 3), (2, Server, 2, 4)]
    );
}

/// A Certificate beyond the limit: its first certificate is read, what follows it is too, and the
/// record says so. Cut in its middle likewise.
#[test]
fn a_certificate_beyond_the_limit() {
    let limits = Limits {
        handshake_message: 100,
        ..Limits::default()
    };
    let list = [&[0, 0, 198, 0, 0, 2, 0x30, 0, 0, 0, 190][..], &[7; 190]].concat();
    let flight = [message(11, &list), message(14, &[])].concat();
    for (size, len) in [(50, flight.len()), (50, 150), (210, flight.len()), (1, 190)] {
        let mut handshake = play(&[(Client, &[client_hello()]), (Server, &[server_hello()])]);
        let at = Moment {
            frame: 3,
            ..Moment::default()
        };
        for part in flight[..len].chunks(size) {
            let part = record(record::HANDSHAKE, part);
            handshake.push(Server, &part, at, &limits);
        }
        let facts = handshake.finish(true, &limits);
        assert_eq!(kinds(&facts.oversized_messages), [(3, Server, 11, 201)]);
        assert_eq!(facts.certificates.server.len(), 1, "{size} {len}");
        let done = (len == flight.len()).then_some(3);
        assert_eq!(facts.server_hello_done.map(|at| at.frame), done);
        assert!(facts.malformed_messages.is_empty());
        assert_eq!(handshake.left_out().large_messages, 1);
    }
}

/// A message that went on for longer than it said: what seems to follow is none.
#[test]
fn bytes_that_are_no_message() {
    let facts = facts(&[
        (Client, &[client_hello()]),
        (Server, &[server_hello()]),
        (
            Server,
            &[record(
                record::HANDSHAKE,
                &[14, 0, 0, 0, 56, 0x31, 0, 0, 7, 7],
            )],
        ),
        (Server, &[messages(&[(12, KEY)])]),
    ]);
    assert_eq!(
        kinds(&facts.malformed_messages),
        [(3, Server, 56, 0x31_0000)]
    );
    assert!(facts.oversized_messages.is_empty());
    assert!(facts.server_key_exchange.is_some());
}

/// After a hole a record may begin in the middle of a message: only what looks like messages from
/// its first to its last byte is taken for some.
#[test]
fn after_a_hole() {
    let limits = Limits::default();
    for (after, done) in [
        (messages(&[(12, KEY), (14, &[])]), true),
        (record(record::HANDSHAKE, &[0x9A; 40]), false),
        (record(record::HANDSHAKE, &[0; 40]), false),
    ] {
        let mut handshake = play(&[(Client, &[client_hello()]), (Server, &[server_hello()])]);
        handshake.gap(Server, 1000, &limits);
        let at = Moment {
            frame: 3,
            ..Moment::default()
        };
        handshake.push(Server, &after, at, &limits);
        let facts = handshake.finish(true, &limits);
        assert_eq!(facts.server_hello_done.is_some(), done);
        assert_eq!(facts.server_key_exchange.is_some(), done);
        assert!(facts.other_messages.is_empty() && facts.malformed_messages.is_empty());
        assert_eq!(facts.hello_request, None);
    }
}

/// Encrypted messages of a connection whose beginning is missing look like anything.
#[test]
fn without_a_hello_nothing_is_remarkable() {
    let facts = facts(&[
        (Server, &[record(record::HANDSHAKE, &[0; 40])]),
        (Server, &[record(record::HANDSHAKE, &[14, 0, 0, 0])]),
        (
            Client,
            &[record(record::HANDSHAKE, &[99, 0xFF, 0xFF, 0xFF, 1])],
        ),
        (
            Client,
            &[record(record::HANDSHAKE, &[1, 0xFF, 0xFF, 0xFF, 9, 9])],
        ),
    ]);
    assert_eq!(facts, Tls::default());
}

/// A HelloRetryRequest of its own type, as in drafts of TLS 1.3.
#[test]
fn a_retry_request_of_a_draft() {
    for (body, suite) in [
        (&[0x7F, 18, 0, 6, 0, 40, 0, 2, 0, 23][..], false),
        (&[0x7F, 21, 0x13, 2, 0, 6, 0, 40, 0, 2, 0, 23], true),
    ] {
        let facts = facts(&[
            (Client, &[client_hello()]),
            (Server, &[messages(&[(6, body)])]),
        ]);
        let retry = facts.hello_retry_request.expect("a retry request");
        assert_eq!(
            (retry.frame, retry.group.as_deref()),
            (2, Some("secp256r1"))
        );
        assert_eq!(retry.cipher_suite.is_some(), suite);
        assert!(retry.version.is_some_and(Version::is_tls13));
        assert!(facts.malformed_messages.is_empty());
    }
    let facts = facts(&[
        (Client, &[client_hello()]),
        (Server, &[server_hello(), messages(&[(6, &[3, 3, 0, 0])])]),
    ]);
    assert_eq!(facts.hello_retry_request, None);
    assert_eq!(facts.malformed_messages.len(), 1);
}
