//! Certificates that were refused, and refusals that have another reason.

use serde_json::Value;

use super::{blames, cites, finding, says, silent};
use crate::trace::tls::{
    ClientHello, ServerHello, alert, certificates, client_finished, server_done,
};
use crate::trace::x509::Certificate;
use crate::trace::{CLIENT, SERVER, Trace};

const CA: &str = "Example CA";
/// The second of the trace in which its certificates are presented.
const NOW: &str = "260101000001Z";

/// In order, and issued by a CA whose certificate is sent with it.
pub fn proper() -> Certificate {
    Certificate::new("mail.example.com", CA)
}

pub fn expired() -> Certificate {
    Certificate {
        not_after: "251231235959Z",
        ..proper()
    }
}

pub fn self_signed() -> Certificate {
    Certificate::new("mail.example.com", "mail.example.com")
}

/// Issued by a root.
fn issuer() -> Certificate {
    Certificate {
        names: Vec::new(),
        purposes: Vec::new(),
        ..Certificate::new(CA, "Example Root")
    }
}

/// The handshake up to the end of the server's flight; the list is complete up to a root.
pub fn presented(leaf: &Certificate) -> Trace {
    let chain = match leaf.issuer == leaf.subject {
        true => vec![leaf.der()],
        false => vec![leaf.der(), issuer().der()],
    };
    let mut trace = Trace::new();
    trace.granted().client_tls(&ClientHello::tls12().record());
    let hello = ServerHello::tls12(0xC02F).record();
    trace.server_tls(&[hello, certificates(&chain), server_done()].concat());
    trace
}

/// The client refuses the certificate with this alert.
pub fn refused(leaf: &Certificate, code: u8) -> Trace {
    let mut trace = presented(leaf);
    trace.client_tls(&alert(2, code)).close(CLIENT);
    trace
}

/// The client closes so long after the certificate, in milliseconds.
pub fn closed(leaf: &Certificate, after: f64) -> Trace {
    let mut trace = presented(leaf);
    trace.wait(after).close(CLIENT);
    trace
}

#[track_caller]
fn sure(session: &Value, confidence: &str) {
    let verdict = &session["verdict"];
    assert_eq!(verdict["confidence"], confidence, "{verdict:#}");
}

#[test]
fn c01_the_alert_decides_how_sure_it_is() {
    for (code, confidence) in [(45, "high"), (42, "high"), (46, "medium")] {
        let session = refused(&expired(), code).session(&format!("c01-{code}"));
        says(&session, "C01", "high", confidence);
        blames(&session, "C01");
        cites(&session, "C01", &[12, 13]);
    }
    // Unknown issuer means something else, and what is not about certificates too.
    for (code, cause) in [(40, "T42"), (47, "T42"), (48, "C22"), (80, "T42")] {
        let session = refused(&expired(), code).session(&format!("c01-{code}"));
        says(&session, "C01", "medium", "high");
        blames(&session, cause);
    }
    // And so does revoked, of which the peer knows.
    let session = refused(&expired(), 44).session("c01-44");
    says(&session, "C01", "medium", "high");
    blames(&session, "C20");
}

#[test]
fn c01_a_client_that_closes_without_a_word() {
    let session = closed(&expired(), 5.0).session("c01-closed");
    says(&session, "C01", "high", "medium");
    blames(&session, "C01");
    // Who waits for so long waits for something else.
    let session = closed(&expired(), 30_000.0).session("c01-closed-late");
    says(&session, "C01", "medium", "high");
    blames(&session, "T42");
    sure(&session, "low");
    // The server left, not the one that got the certificate.
    let mut trace = presented(&expired());
    trace.close(SERVER);
    let session = trace.session("c01-server-left");
    says(&session, "C01", "medium", "high");
    blames(&session, "T42");
    sure(&session, "low");
}

#[test]
fn validity_holds_in_its_first_and_last_second() {
    let now = Certificate {
        not_before: NOW,
        not_after: NOW,
        ..proper()
    };
    let session = refused(&now, 42).session("c01-now");
    silent(&session, &["C01", "C02"]);
    let gone = Certificate {
        not_after: "260101000000Z",
        ..proper()
    };
    says(
        &refused(&gone, 45).session("c01-second"),
        "C01",
        "high",
        "high",
    );
    let early = Certificate {
        not_before: "260101000002Z",
        ..proper()
    };
    says(
        &refused(&early, 42).session("c02-second"),
        "C02",
        "high",
        "high",
    );
}

#[test]
fn several_faults_make_the_verdict_unsure() {
    let leaf = Certificate {
        not_after: "251231235959Z",
        ..self_signed()
    };
    // 45 names one of them.
    let session = refused(&leaf, 45).session("c01-and-c03-45");
    blames(&session, "C01");
    sure(&session, "high");
    // 46 may mean either.
    let session = refused(&leaf, 46).session("c01-and-c03-46");
    blames(&session, "C03");
    sure(&session, "high");
    let text = session["verdict"]["text"].as_str().expect("a text");
    assert!(text.contains("(C01)"), "{text}");
    let session = closed(&leaf, 5.0).session("c01-and-c03-closed");
    sure(&session, "medium");
}

#[test]
fn the_certificate_that_was_refused_is_named() {
    let expired_too = Certificate {
        not_after: "251001000000Z",
        ..Certificate::new("hub.example.net", CA)
    };
    let mut trace = presented(&expired());
    let chain = [expired_too.der(), issuer().der()];
    let answer = [certificates(&chain), client_finished()].concat();
    trace
        .client_tls(&answer)
        .server_tls(&alert(2, 45))
        .close(SERVER);
    let session = trace.session("c01-both");
    says(&session, "C01", "high", "high");
    let text = finding(&session, "C01").expect("C01")["cause"].as_str();
    assert!(
        text.is_some_and(|it| it.contains("hub.example.net")),
        "{text:?}"
    );
}

#[test]
fn refusals_that_the_certificate_does_not_explain() {
    for (code, words, confidence) in [
        (42, "does not say why", "medium"),
        (48, "CN=Example Root", "high"),
        (49, "does not let", "medium"),
    ] {
        let session = refused(&proper(), code).session(&format!("proper-{code}"));
        says(&session, "C22", "high", confidence);
        blames(&session, "C22");
        cites(&session, "C22", &[12, 13]);
        let text = session["verdict"]["text"].as_str().expect("a text");
        assert!(text.contains("rejected the server's certificate"), "{text}");
        assert!(text.contains(words), "{text}");
    }
    // illegal_parameter is about something else.
    let session = refused(&proper(), 47).session("proper-47");
    blames(&session, "T42");
    let text = session["verdict"]["text"].as_str().expect("a text");
    assert!(!text.contains("certificate"), "{text}");
}

#[test]
fn c06_a_root_that_is_not_known_looks_alike() {
    let mut trace = Trace::new();
    trace.granted().client_tls(&ClientHello::tls12().record());
    let hello = ServerHello::tls12(0xC02F).record();
    let flight = [hello, certificates(&[proper().der()]), server_done()].concat();
    trace
        .server_tls(&flight)
        .client_tls(&alert(2, 48))
        .close(CLIENT);
    let session = trace.session("c06-alone");
    says(&session, "C06", "high", "medium");
    blames(&session, "C06");
    silent(&refused(&proper(), 48).session("c06-not-alone"), &["C06"]);
}
