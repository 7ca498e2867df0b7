//! How sure the rules about TLS are, and where they hold their tongue.

use serde_json::Value;

use super::{blames, cites, says, silent};
use crate::rules::traces::make;
use crate::trace::tls::{
    ClientHello, ServerHello, alert, client_finished, record, server_done, server_finished,
};
use crate::trace::{CLIENT, SERVER, Trace};

/// What the connections of the table are blamed on, and how sure that is.
const BLAMED: [(&str, &str, &str); 19] = [
    ("version-not-offered", "T04", "medium"),
    ("tls13-taken-out", "T05", "high"),
    ("only-rc4-refused", "T08", "medium"),
    ("rc4-then-alert", "T08", "medium"),
    ("only-3des-refused", "T09", "medium"),
    ("key-signed-with-sha1", "T14", "high"),
    ("no-extended-secret", "T15", "medium"),
    ("no-renegotiation-info", "T16", "medium"),
    ("silence-after-retry", "T18", "medium"),
    ("reset-after-retry", "T18", "medium"),
    ("no-camouflage", "T19", "high"),
    ("hybrid-share-reset", "T20", "medium"),
    ("finished-not-verified", "T23", "medium"),
    ("long-list-cut", "T24", "high"),
    ("security-not-sufficient", "T26", "high"),
    ("stale-session", "T27", "medium"),
    ("suites-of-2003-too-late", "T28", "high"),
    ("tls10-close-at-once", "T02", "medium"),
    ("old-record-version", "T07", "medium"),
];

#[test]
fn causes_and_how_sure_they_are() {
    for (name, id, confidence) in BLAMED {
        let session = make(name).session(&format!("negotiation-{name}"));
        says(&session, id, "high", confidence);
        blames(&session, id);
        assert_eq!(session["verdict"]["confidence"], confidence, "{name}");
    }
}

/// A hello that offers this and nothing newer; granted in frame 9, sent in frame 10.
fn at_most(version: u16) -> Trace {
    let mut hello = ClientHello::tls12();
    hello.version = version;
    let mut trace = Trace::new();
    trace.granted().client_tls(&hello.record());
    trace
}

#[test]
fn t01_tells_who_offered_what_and_who_left_when() {
    let mut trace = at_most(0x0300);
    trace.wait(41.0).close(SERVER);
    let session = trace.session("t01");
    says(&session, "T01", "high", "high");
    cites(&session, "T01", &[9, 10, 11]);
    blames(&session, "T01");
    let text = session["verdict"]["text"].as_str().expect("a text");
    let mut rest = text;
    for part in [
        "client at 192.0.2.10 offered at most SSL 3.0",
        "frame 10: record version TLS 1.0, hello version SSL 3.0",
        "server at 192.0.2.25 answered STARTTLS with 220 (frame 9)",
        "closed the connection (FIN) in frame 11, 42 ms after the ClientHello",
        "before any ServerHello",
        "prohibited (RFC 7568)",
        "lift the client",
    ] {
        let Some((_, behind)) = rest.split_once(part) else {
            panic!("{part:?} is missing or in another place: {text}");
        };
        rest = behind;
    }
}

#[test]
fn t01_is_less_sure_without_the_alert_for_it() {
    // handshake_failure may be about the suites.
    let mut trace = at_most(0x0300);
    trace.server_tls(&alert(2, 40)).close(SERVER);
    says(&trace.session("t01-alert-40"), "T01", "high", "medium");
    // Half a minute is no answer to a hello.
    let mut trace = at_most(0x0300);
    trace.wait(30_000.0).close(SERVER);
    says(&trace.session("t01-late"), "T01", "high", "medium");
    // An internal error is something else.
    let mut trace = at_most(0x0300);
    trace.server_tls(&alert(2, 80)).close(SERVER);
    let session = trace.session("t01-alert-80");
    silent(&session, &["T01"]);
    blames(&session, "T22");
}

#[test]
fn t01_and_t02_not_where_the_client_leaves_or_the_capture_has_holes() {
    for version in [0x0300, 0x0302] {
        let mut trace = at_most(version);
        trace.wait(41.0).close(CLIENT);
        let session = trace.session(&format!("client-leaves-{version:x}"));
        silent(&session, &["T01", "T02"]);
        let mut trace = at_most(version);
        trace.unseen(SERVER, 700);
        trace.wait(41.0).close(SERVER);
        let session = trace.session(&format!("answer-missing-{version:x}"));
        silent(&session, &["T01", "T02", "S25"]);
    }
}

#[test]
fn a_text_or_another_answer_is_no_word_about_versions() {
    let session = make("tls10-refused-in-text").session("negotiation-text");
    silent(&session, &["T01", "T02", "T07"]);
    // As an HTTP server answers on its TLS port.
    let mut trace = at_most(0x0301);
    trace.server_tls(b"HTTP/1.1 400 Bad Request\r\n\r\n");
    trace.close(SERVER);
    silent(&trace.session("negotiation-http"), &["T01", "T02", "T07"]);
}

#[test]
fn a_generic_alert_stays_generic() {
    for name in [
        "client-has-internal-error",
        "camouflage",
        "draft-of-tls13",
        "long-list-whole",
    ] {
        let session = make(name).session(&format!("generic-{name}"));
        let verdict = &session["verdict"];
        let generic = [Value::Null, "T42".into()];
        assert!(generic.contains(&verdict["finding"]), "{name}: {verdict:#}");
        assert_ne!(verdict["confidence"], "high", "{name}");
    }
}

/// Whoever only tries a server completes the handshake and says goodbye.
#[test]
fn t08_a_probe_looks_alike() {
    let leave = |goodbye: bool| {
        let mut trace = Trace::new();
        let offer = ClientHello::tls12().suites(&[0x009C, 0x0005]);
        trace.granted().client_tls(&offer.record());
        let flight = [ServerHello::tls12(0x0005).record(), server_done()].concat();
        trace.server_tls(&flight).client_tls(&client_finished());
        trace.server_tls(&server_finished());
        if goodbye {
            trace.client_tls(&record(21, &[0xA5; 22]));
        }
        trace.close(CLIENT);
        trace.session(&format!("t08-{goodbye}"))
    };
    let session = leave(false);
    says(&session, "T08", "high", "medium");
    blames(&session, "T08");
    let session = leave(true);
    says(&session, "T08", "medium", "low");
    assert!(session["verdict"]["finding"].is_null());
}
