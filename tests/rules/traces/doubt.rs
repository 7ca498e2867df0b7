//! Connections on which a sure verdict would be wrong: something else ended them, or the deciding
//! bytes say less than they seem to.

use super::Named;
use super::negotiation::{RENEGOTIATION, begin, chosen, leaves, suites_of_2003_offered};
use crate::trace::tls::{
    ClientHello, SUPPORTED_VERSIONS, ServerHello, alert, certificates, client_finished, encrypted,
    handshake, record, server_done,
};
use crate::trace::x509::Certificate;
use crate::trace::{ACK, CLIENT, FIN, SERVER, Trace};

pub const TRACES: &[Named] = &[
    ("ssl3-and-a-close-on-its-way", ssl3_and_a_close_on_its_way),
    ("ssl3-and-a-bare-reset", ssl3_and_a_bare_reset),
    ("old-choice-with-mark", old_choice_with_mark),
    ("3des-without-the-hello", triple_des_without_hello),
    ("odd-signature-and-alert-42", odd_signature),
    ("odd-signature-taken", odd_signature_taken),
    ("weak-dh-and-old-server", weak_dh_and_old_server),
    ("long-list-and-alert-48", long_list_and_unknown_ca),
    ("no-certificate-and-alert-20", || no_certificate(20)),
    ("no-certificate-and-alert-80", || no_certificate(80)),
    ("no-camouflage-owed", no_camouflage_owed),
    ("suites-of-2003-and-alert-70", || {
        let mut trace = suites_of_2003_offered(true);
        trace.server_tls(&alert(2, 70)).close(SERVER);
        trace
    }),
    ("tls12-for-tls13-only", || tls12_for(&[0x0304])),
    ("tls12-for-tls12-and-tls13", || tls12_for(&[0x0304, 0x0303])),
    ("several-versions-refused", several_versions_refused),
    ("second-attempt-refused", second_attempt_refused),
];

fn ssl3() -> Vec<u8> {
    let mut hello = ClientHello::tls12().suites(&[0x0005]);
    hello.version = 0x0300;
    hello.record()
}

/// The server has closed before the hello reaches it: its FIN acknowledges nothing of it.
fn ssl3_and_a_close_on_its_way() -> Trace {
    let mut trace = Trace::new();
    trace.granted().lost(CLIENT, &ssl3());
    trace.wait(5.0).bare(SERVER, FIN | ACK);
    trace.wait(1.0).bare(CLIENT, FIN | ACK);
    trace
}

/// A reset without an acknowledgment may have been on its way as well.
fn ssl3_and_a_bare_reset() -> Trace {
    let mut trace = Trace::new();
    trace.granted().lost(CLIENT, &ssl3());
    trace.wait(5.0).reset(SERVER);
    trace
}

/// TLS 1.0 from a server that has TLS 1.2 and says so.
fn old_choice_with_mark() -> Trace {
    let mut trace = begin(&ClientHello::tls12());
    let mut hello = ServerHello::tls12(0x002F);
    hello.version = 0x0301;
    hello.random[24..].copy_from_slice(b"DOWNGRD\x00");
    trace.server_tls(&chosen(&hello));
    leaves(trace, 70)
}

/// What else the client offered is not in the capture.
fn triple_des_without_hello() -> Trace {
    let mut trace = Trace::new();
    trace.granted();
    let hello = ClientHello::tls12().record();
    trace.unseen(CLIENT, hello.len());
    trace.hosts[SERVER].got = trace.hosts[CLIENT].next;
    trace.server_tls(&chosen(&ServerHello::tls12(0x000A)));
    trace.client_tls(&client_finished()).close(CLIENT);
    trace
}

/// A key signed in a way the client did not ask for, after a certificate that anybody may refuse.
fn signed_oddly() -> Trace {
    let mut trace = begin(&ClientHello::tls12().extension(13, &[0, 2, 0x04, 0x01]));
    let mut body = vec![3, 0, 0x17, 65];
    body.extend([4; 65]);
    body.extend([0x02, 0x01, 1, 0]);
    body.extend([0x5A; 256]);
    let exchange = record(22, &handshake(12, &body));
    let certificate = certificates(&[Certificate::new("mail.example.com", "Some CA").der()]);
    let hello = ServerHello::tls12(0xC02F).record();
    trace.server_tls(&[hello, certificate, exchange, server_done()].concat());
    trace
}

fn odd_signature() -> Trace {
    leaves(signed_oddly(), 42)
}

/// The client goes on with its keys: the signature was good enough.
fn odd_signature_taken() -> Trace {
    let mut trace = signed_oddly();
    trace.client_tls(&record(22, &handshake(16, &[0xAB; 66])));
    leaves(trace, 40)
}

/// A prime of 1024 bits from a server without secure renegotiation: either is a reason for alert 40.
fn weak_dh_and_old_server() -> Trace {
    let mut trace = begin(&ClientHello::tls12().extension(RENEGOTIATION, &[0]));
    let mut body = vec![0, 128];
    body.extend([0xC3; 128]);
    body.extend([0, 1, 2, 0, 128]);
    body.extend([0x35; 128]);
    body.extend([0x04, 0x01, 1, 0]);
    body.extend([0x5A; 256]);
    let exchange = record(22, &handshake(12, &body));
    let hello = ServerHello::tls12(0x009E).record();
    trace.server_tls(&[hello, exchange, server_done()].concat());
    leaves(trace, 40)
}

/// The list is cut, and the client leaves because it does not know the issuer.
fn long_list_and_unknown_ca() -> Trace {
    let mut trace = begin(&ClientHello::tls12());
    let mut list = [&[0, 100][..], &[0x30; 100]].concat().repeat(130);
    list.truncate(list.len() - 50);
    let mut body = vec![1, 1, 0, 2, 4, 1];
    body.extend((list.len() as u16).to_be_bytes());
    body.extend(list);
    let request = record(22, &handshake(13, &body));
    let certificate = certificates(&[Certificate::new("mail.example.com", "Some CA").der()]);
    let hello = ServerHello::tls12(0x009C).record();
    trace.server_tls(&[hello, certificate, request, server_done()].concat());
    leaves(trace, 48)
}

/// Asked for, not given, and the server leaves with an alert that is about something else.
fn no_certificate(code: u8) -> Trace {
    let mut trace = begin(&ClientHello::tls12());
    let request = record(22, &handshake(13, &[1, 1, 0, 2, 4, 1, 0, 0]));
    let hello = ServerHello::tls12(0x009C).record();
    trace.server_tls(&[hello, request, server_done()].concat());
    trace.client_tls(&[certificates(&[]), client_finished()].concat());
    trace.server_tls(&alert(2, code)).close(SERVER);
    trace
}

/// A hello without a session id has no claim to a ChangeCipherSpec.
fn no_camouflage_owed() -> Trace {
    let mut trace = begin(&ClientHello::tls13());
    let hello = ServerHello::tls12(0x1301).extension(SUPPORTED_VERSIONS, &[0x03, 0x04]);
    trace.server_tls(&[hello.record(), encrypted(900)].concat());
    leaves(trace, 10)
}

/// TLS 1.1, marked as a second attempt: the first may have offered more.
fn second_attempt_refused() -> Trace {
    let mut hello = ClientHello::tls12().suites(&[0x002F, 0x5600]);
    hello.version = 0x0302;
    let mut trace = begin(&hello);
    trace.server_tls(&alert(2, 70)).close(SERVER);
    trace
}

fn offering(versions: &[u16]) -> ClientHello {
    let mut list: Vec<u8> = versions.iter().flat_map(|it| it.to_be_bytes()).collect();
    list.insert(0, list.len() as u8);
    let hello = ClientHello::tls12().suites(&[0x1301, 0xC02F]);
    hello.extension(SUPPORTED_VERSIONS, &list)
}

/// A server that knows no list of versions, and a client that leaves.
fn tls12_for(versions: &[u16]) -> Trace {
    let mut trace = begin(&offering(versions));
    trace.server_tls(&chosen(&ServerHello::tls12(0xC02F)));
    leaves(trace, 70)
}

/// A server that takes none of four versions may be one that does not understand the list.
fn several_versions_refused() -> Trace {
    let mut trace = begin(&offering(&[0x0304, 0x0303, 0x0302, 0x0301]));
    trace.server_tls(&alert(2, 70)).close(SERVER);
    trace
}
