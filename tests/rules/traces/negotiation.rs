//! Handshakes that fail, for reasons that no recorded program could be made to show.

use super::Named;
use crate::trace::tls::{
    ClientHello, SUPPORTED_VERSIONS, ServerHello, alert, certificates, client_finished, encrypted,
    handshake, record, server_done, server_finished,
};
use crate::trace::x509::Certificate;
use crate::trace::{CLIENT, SERVER, Trace};

pub const TRACES: &[Named] = &[
    ("version-not-offered", version_not_offered),
    ("draft-of-tls13", draft_of_tls13),
    ("tls13-taken-out", tls13_taken_out),
    ("weak-suites-offered", weak_suites_offered),
    ("only-rc4-refused", || refused(&[0x0005, 0x0004])),
    ("only-3des-refused", || refused(&[0x000A, 0x0005])),
    ("rc4-then-alert", rc4_then_alert),
    ("key-signed-with-sha1", key_signed_with_sha1),
    ("no-extended-secret", || without(EXTENDED_SECRET, true)),
    ("no-extended-secret-accepted", || {
        without(EXTENDED_SECRET, false)
    }),
    ("no-renegotiation-info", || without(RENEGOTIATION, true)),
    ("no-renegotiation-info-accepted", || {
        without(RENEGOTIATION, false)
    }),
    ("silence-after-retry", || after_retry(false)),
    ("reset-after-retry", || after_retry(true)),
    ("no-camouflage", || camouflage(false)),
    ("camouflage", || camouflage(true)),
    ("hybrid-share-reset", hybrid_share_reset),
    ("client-has-internal-error", client_has_internal_error),
    ("finished-not-verified", finished_not_verified),
    ("long-list-cut", || long_list(true)),
    ("long-list-whole", || long_list(false)),
    ("security-not-sufficient", security_not_sufficient),
    ("stale-session", stale_session),
    ("suites-of-2003-too-late", || suites_of_2003(true)),
    ("suites-too-late-elsewhere", || suites_of_2003(false)),
    ("silence-until-capture-ends", silence_until_capture_ends),
    ("noise-instead-of-tls", noise_instead_of_tls),
    ("tls10-refused-in-text", tls10_refused_in_text),
    ("tls10-close-at-once", tls10_close_at_once),
];

/// extended_master_secret (RFC 7627).
const EXTENDED_SECRET: u16 = 23;
/// renegotiation_info (RFC 5746), empty as in a first handshake.
pub const RENEGOTIATION: u16 = 0xFF01;
/// What the two carry, with the length of nothing in the latter.
const EXTENSIONS: [(u16, &[u8]); 2] = [(EXTENDED_SECRET, &[]), (RENEGOTIATION, &[0])];
/// key_share (RFC 8446 section 4.2.8).
const KEY_SHARE: u16 = 51;
/// The random of a HelloRetryRequest (RFC 8446 section 4.1.3).
const RETRY: [u8; 32] = [
    0xCF, 0x21, 0xAD, 0x74, 0xE5, 0x9A, 0x61, 0x11, 0xBE, 0x1D, 0x8C, 0x02, 0x1E, 0x65, 0xB8, 0x91,
    0xC2, 0xA2, 0x11, 0x16, 0x7A, 0xBB, 0x8C, 0x5E, 0x07, 0x9E, 0x09, 0xE2, 0xC8, 0xA8, 0x33, 0x9C,
];

pub fn begin(hello: &ClientHello) -> Trace {
    let mut trace = Trace::new();
    trace.granted().client_tls(&hello.record());
    trace
}

/// The client leaves by this alert.
pub fn leaves(mut trace: Trace, code: u8) -> Trace {
    trace.client_tls(&alert(2, code)).close(CLIENT);
    trace
}

/// The rest of a session of TLS 1.2 that works.
fn works(mut trace: Trace) -> Trace {
    trace.client_tls(&client_finished());
    trace.server_tls(&server_finished());
    trace.client_tls(&encrypted(60)).server_tls(&encrypted(200));
    trace.client_tls(&encrypted(40)).close(CLIENT);
    trace
}

pub fn chosen(hello: &ServerHello) -> Vec<u8> {
    [hello.record(), server_done()].concat()
}

/// TLS 1.3 to a client of TLS 1.2.
fn version_not_offered() -> Trace {
    let mut trace = begin(&ClientHello::tls12());
    let hello = ServerHello::tls12(0x1301).extension(SUPPORTED_VERSIONS, &[0x03, 0x04]);
    trace.server_tls(&hello.record());
    leaves(trace, 47)
}

/// A draft of TLS 1.3, which the client offers.
fn draft_of_tls13() -> Trace {
    let offer = ClientHello::tls12().suites(&[0x1301]);
    let offer = offer.extension(SUPPORTED_VERSIONS, &[2, 0x7F, 0x1C]);
    let mut trace = begin(&offer);
    let hello = ServerHello::tls12(0x1301).extension(SUPPORTED_VERSIONS, &[0x7F, 0x1C]);
    trace.server_tls(&hello.record());
    leaves(trace, 47)
}

/// A server with TLS 1.3 that believes it was not offered.
fn tls13_taken_out() -> Trace {
    let mut trace = begin(&ClientHello::tls13());
    let mut hello = ServerHello::tls12(0xC02F);
    hello.random[24..].copy_from_slice(b"DOWNGRD\x01");
    trace.server_tls(&chosen(&hello));
    leaves(trace, 47)
}

/// RC4, 3DES, NULL, EXPORT and anonymous suites are offered, AES is chosen.
fn weak_suites_offered() -> Trace {
    let suites = [0x0005, 0x000A, 0x0002, 0x0003, 0x0034, 0x009C];
    let mut trace = begin(&ClientHello::tls12().suites(&suites));
    trace.server_tls(&chosen(&ServerHello::tls12(0x009C)));
    works(trace)
}

/// These are all the client has.
fn refused(suites: &[u16]) -> Trace {
    let mut trace = begin(&ClientHello::tls12().suites(suites));
    trace.server_tls(&alert(2, 40)).close(SERVER);
    trace
}

fn rc4_then_alert() -> Trace {
    let mut trace = begin(&ClientHello::tls12().suites(&[0x009C, 0x0005]));
    trace.server_tls(&chosen(&ServerHello::tls12(0x0005)));
    leaves(trace, 40)
}

/// ECDHE signed with RSA and SHA-1, for a client that takes SHA-256.
fn key_signed_with_sha1() -> Trace {
    let offer = ClientHello::tls12().extension(13, &[0, 2, 0x04, 0x01]);
    let mut trace = begin(&offer);
    let mut body = vec![3, 0, 0x17, 65];
    body.extend([4; 65]);
    body.extend([0x02, 0x01, 1, 0]);
    body.extend([0x5A; 256]);
    let exchange = record(22, &handshake(12, &body));
    let hello = ServerHello::tls12(0xC02F).record();
    trace.server_tls(&[hello, exchange, server_done()].concat());
    leaves(trace, 47)
}

/// The server lacks this extension, and the client minds or does not.
fn without(missing: u16, minds: bool) -> Trace {
    let mut offer = ClientHello::tls12();
    let mut hello = ServerHello::tls12(0x009C);
    for (kind, body) in EXTENSIONS {
        offer = offer.extension(kind, body);
        if kind != missing {
            hello = hello.extension(kind, body);
        }
    }
    let mut trace = begin(&offer);
    trace.server_tls(&chosen(&hello));
    match minds {
        true => leaves(trace, 40),
        false => works(trace),
    }
}

/// The server asks for P-256, gets it, and says nothing or resets.
fn after_retry(reset: bool) -> Trace {
    let mut trace = begin(&ClientHello::tls13());
    let mut retry = ServerHello::tls12(0x1301).extension(SUPPORTED_VERSIONS, &[0x03, 0x04]);
    retry.random = RETRY;
    let retry = retry.extension(KEY_SHARE, &[0, 0x17]);
    trace.server_tls(&retry.record());
    let mut share = vec![0, 69, 0, 0x17, 0, 65];
    share.extend([4; 65]);
    let second = ClientHello::tls13().extension(KEY_SHARE, &share);
    trace.client_tls(&second.record());
    match reset {
        true => {
            trace.wait(41.0).reset(SERVER);
        }
        false => {
            trace.wait(20_000.0).close(CLIENT);
        }
    }
    trace
}

/// A client that is owed a ChangeCipherSpec gets one or does not, and leaves.
fn camouflage(sent: bool) -> Trace {
    let mut offer = ClientHello::tls13();
    offer.session_id = vec![7; 32];
    let mut trace = begin(&offer);
    let mut hello = ServerHello::tls12(0x1301).extension(SUPPORTED_VERSIONS, &[0x03, 0x04]);
    hello.session_id = vec![7; 32];
    let change = match sent {
        true => record(20, &[1]),
        false => Vec::new(),
    };
    trace.server_tls(&[hello.record(), change, encrypted(900)].concat());
    leaves(trace, 10)
}

/// A hello of two segments with X25519MLKEM768, and a reset of the server's own.
fn hybrid_share_reset() -> Trace {
    let mut share = vec![0x04, 0xC4, 0x11, 0xEC, 0x04, 0xC0];
    share.extend([9; 1216]);
    let offer = ClientHello::tls13().extension(KEY_SHARE, &share);
    let padded = offer.extension(21, &[0; 300]);
    let mut trace = begin(&padded);
    trace.wait(41.0).reset(SERVER);
    trace
}

/// Alert 80 after the server's flight.
fn client_has_internal_error() -> Trace {
    let mut trace = begin(&ClientHello::tls12());
    trace.server_tls(&chosen(&ServerHello::tls12(0x009C)));
    leaves(trace, 80)
}

fn finished_not_verified() -> Trace {
    let mut trace = begin(&ClientHello::tls12());
    trace.server_tls(&chosen(&ServerHello::tls12(0x009C)));
    trace.client_tls(&client_finished());
    trace.server_tls(&alert(2, 20)).close(SERVER);
    trace
}

/// A request for a client certificate with 130 names, cut in the last one or not; the server
/// then closes.
fn long_list(cut: bool) -> Trace {
    const NAMES: usize = 130;
    let mut trace = begin(&ClientHello::tls12());
    let name = [&[0, 100][..], &[0x30; 100]].concat();
    let mut list = name.repeat(NAMES);
    if cut {
        list.truncate(list.len() - 50);
    }
    let mut body = vec![1, 1, 0, 2, 4, 1];
    body.extend((list.len() as u16).to_be_bytes());
    body.extend(list);
    let request = record(22, &handshake(13, &body));
    let certificate = certificates(&[Certificate::new("mail.example.com", "Some CA").der()]);
    let hello = ServerHello::tls12(0x009C).record();
    trace.server_tls(&[hello, certificate, request, server_done()].concat());
    trace.wait(41.0).close(CLIENT);
    trace
}

fn security_not_sufficient() -> Trace {
    let mut trace = begin(&ClientHello::tls12());
    trace.server_tls(&alert(2, 71)).close(SERVER);
    trace
}

/// The session is known to the server, and the keys are not those of the client.
fn stale_session() -> Trace {
    let mut offer = ClientHello::tls12();
    offer.session_id = vec![7; 32];
    let mut trace = begin(&offer);
    let mut hello = ServerHello::tls12(0x009C);
    hello.session_id = vec![7; 32];
    trace.server_tls(&[hello.record(), server_finished()].concat());
    leaves(trace, 20)
}

/// 64 suites that Windows 2003 does not know, then two that it does.
pub fn suites_of_2003_offered(windows: bool) -> Trace {
    let mut trace = Trace::new();
    trace.connect().server(match windows {
        true => "220 mail.example.com Microsoft ESMTP MAIL Service, Version: 6.0.3790.4675 ready",
        false => "220 mail.example.com ESMTP",
    });
    trace.client("EHLO hub.example.net");
    trace.server("250-mail.example.com\r\n250 STARTTLS");
    trace.client("STARTTLS").server("220 ready").wait(1.0);
    let mut suites: Vec<u16> = (0xC023..0xC063).collect();
    suites.extend([0x0005, 0x000A]);
    let hello = ClientHello::tls12().suites(&suites);
    trace.client_tls(&hello.record());
    trace
}

/// The server leaves without a word.
fn suites_of_2003(windows: bool) -> Trace {
    let mut trace = suites_of_2003_offered(windows);
    trace.wait(41.0).close(SERVER);
    trace
}

/// The client speaks inside TLS, and the recording is over before anything comes.
fn silence_until_capture_ends() -> Trace {
    let mut trace = begin(&ClientHello::tls12());
    trace.server_tls(&chosen(&ServerHello::tls12(0x009C)));
    trace.client_tls(&client_finished());
    trace.server_tls(&server_finished());
    trace.client_tls(&encrypted(60));
    trace
}

fn noise_instead_of_tls() -> Trace {
    let mut trace = begin(&ClientHello::tls12());
    // No content type among them, and no text.
    let noise: Vec<u8> = (0..300_u32)
        .map(|at| ((at * 7919) >> 3) as u8 | 0x80)
        .collect();
    trace.server_tls(&ServerHello::tls12(0x009C).record());
    trace.server_tls(&noise).close(SERVER);
    trace
}

fn tls10() -> ClientHello {
    let mut hello = ClientHello::tls12();
    hello.version = 0x0301;
    hello
}

/// An old hello, and a server that has no TLS at all for the moment.
fn tls10_refused_in_text() -> Trace {
    let mut trace = begin(&tls10());
    trace.server("454 4.7.0 TLS not available").close(SERVER);
    trace
}

fn tls10_close_at_once() -> Trace {
    let mut trace = begin(&tls10());
    trace.wait(41.0).close(SERVER);
    trace
}
