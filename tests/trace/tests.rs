//! What is made up is read as it was meant.

use super::tls::{
    ClientHello, SUPPORTED_VERSIONS, ServerHello, alert, certificates, encrypted, server_done,
};
use super::x509::Certificate;
use super::{CLIENT, SERVER, Trace};

#[test]
fn a_certificate_and_an_alert() {
    let mut leaf = Certificate::new("mail.example.com", "Some CA");
    leaf.names.push("mx.example.com");
    leaf.bits = 1024;
    leaf.signature = 5;
    let root = Certificate::new("Some CA", "Some CA");
    let chain = certificates(&[leaf.der(), root.der()]);
    let mut trace = Trace::new();
    trace.granted().client_tls(&ClientHello::tls12().record());
    trace.server_tls(&[ServerHello::tls12(0xC02F).record(), chain, server_done()].concat());
    trace.client_tls(&alert(2, 42)).close(CLIENT);
    let session = trace.session("made-up-certificate");
    assert_eq!(session["outcome"], "tls-failed");
    assert_eq!(session["tls"]["alerts"][0]["code"], 42);
    let [leaf, root] = session["tls"]["certificates"]["server"]
        .as_array()
        .expect("certificates")
        .as_slice()
    else {
        panic!("two certificates: {:#}", session["tls"]["certificates"]);
    };
    assert_eq!(leaf["subject"], "CN=mail.example.com");
    assert_eq!(leaf["issuer"], "CN=Some CA");
    assert_eq!(leaf["key"], "RSA 1024");
    assert_eq!(leaf["signature"], "sha1WithRSAEncryption");
    assert_eq!(leaf["not_after"], "2026-07-01T00:00:00.000000000Z");
    assert_eq!(leaf["self_signed"], false);
    assert_eq!(root["self_signed"], true);
    assert_eq!(session["started"], "2026-01-01T00:00:01.000000000Z");
}

#[test]
fn tls13_up_to_the_mail() {
    let mut trace = Trace::new();
    trace.granted().client_tls(&ClientHello::tls13().record());
    let hello = ServerHello::tls12(0x1301).extension(SUPPORTED_VERSIONS, &[3, 4]);
    trace.server_tls(&[hello.record(), encrypted(900)].concat());
    trace.client_tls(&[encrypted(69), encrypted(40)].concat());
    trace.server_tls(&encrypted(250)).close(SERVER);
    let session = trace.session("made-up-tls13");
    assert_eq!(session["outcome"], "tls-established");
    assert_eq!(session["tls"]["server_hello"]["version"], "TLS 1.3");
}
