//! Sessions and policies made for the tests of policies.

mod conditions;
mod files;
mod policies;

use std::path::Path;

use super::*;
use crate::model::tls::{
    Certificate, CipherSuite, ClientHello, Renegotiation, ServerHello, SuiteCode, Tls,
};
use crate::model::{
    CaptureInfo, Ended, EndedBy, Endpoint, Evidence, How, Outcome, Phase, Starts, Verdict,
    Visibility,
};
use crate::tls::registry::tls_suite;

/// TLS_RSA_WITH_RC4_128_SHA.
const RC4: u16 = 0x0005;
/// TLS_RSA_WITH_3DES_EDE_CBC_SHA.
const TRIPLE_DES: u16 = 0x000A;
/// TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA.
const CBC: u16 = 0xC014;
/// TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384.
const GCM: u16 = 0xC030;
/// TLS_DHE_RSA_WITH_AES_256_GCM_SHA384.
const DHE: u16 = 0x009F;
/// TLS_AES_256_GCM_SHA384.
const TLS13_GCM: u16 = 0x1302;

fn session(tls: Tls) -> Session {
    let endpoint = |last: u8, port| Endpoint {
        ip: [192, 0, 2, last].into(),
        port,
    };
    // 2026-11-22T15:50:15Z
    let started = Timestamp::from_parts(1_795_362_615, 0);
    Session {
        capture: CaptureInfo {
            input: "x.pcap".to_owned(),
            tcp_stream: None,
            first_frame: 1,
            last_frame: 30,
            visibility: Visibility::Both,
            starts: Starts::Syn,
            snaplen_cut: false,
            point: None,
        },
        community_id: String::new(),
        client: endpoint(7, 40_000),
        server: endpoint(25, 25),
        started,
        ended_at: started,
        smtp: None,
        tls: Some(tls),
        tcp: crate::model::tcp::Tcp {
            handshake: crate::model::tcp::Handshake::Complete,
            rtt: None,
            client: crate::model::tcp::Counters::default(),
            server: crate::model::tcp::Counters::default(),
            capture_copies: 0,
            possible_copies: 0,
            vantages: Vec::new(),
            lost_between: Vec::new(),
        },
        ended: Ended {
            by: EndedBy::Unknown,
            how: How::CaptureEnd,
            frame: None,
            phase: Phase::Established,
            time: started,
            after: None,
        },
        outcome: Outcome::TlsEstablished,
        verdict: Verdict::default(),
        findings: Vec::new(),
        evidence: Evidence::default(),
    }
}

/// A hello of the server in frame 22.
fn answer(version: Version, suite: u16) -> ServerHello {
    ServerHello {
        frame: 22,
        version: Some(version),
        cipher_suite: Some(tls_suite(suite)),
        ..ServerHello::default()
    }
}

fn answered(hello: ServerHello) -> Tls {
    Tls {
        server_hello: Some(hello),
        ..Tls::default()
    }
}

/// A hello of the client in frame 19.
fn offered(hello: ClientHello) -> Tls {
    Tls {
        client_hello: Some(ClientHello { frame: 19, ..hello }),
        ..Tls::default()
    }
}

/// A certificate that somebody else signed, in frame 23.
fn certificate(key: &str, signature: &str) -> Certificate {
    let hashes = [("sha1", "SHA-1"), ("md5", "MD5"), ("sha256", "SHA-256")];
    let lower = signature.to_lowercase().replace("sha-", "sha");
    let hash = hashes.iter().find(|(word, _)| lower.contains(word));
    Certificate {
        frame: 23,
        signature_hash: hash.map(|(_, name)| *name),
        key: Some(key.to_owned()),
        signature: Some(signature.to_owned()),
        self_signed: Some(false),
        ..Certificate::default()
    }
}

fn presented(server: Vec<Certificate>, client: Vec<Certificate>) -> Tls {
    let mut tls = Tls::default();
    tls.certificates.server = server;
    tls.certificates.client = client;
    tls
}

const HEAD: &str = "name = \"own\"\ntitle = \"Ours\"\ndate = \"2026-11\"\nurl = \"x\"\n";

/// A policy of one line with this condition.
fn policy(condition: &str) -> Policy {
    let line = "[[line]]\nid = \"it\"\nseverity = \"high\"\nsource = \"Ours, section 1\"\n";
    Policy::parse(&format!("{HEAD}{line}{condition}\n"), Path::new("own.toml")).expect(condition)
}

/// Id and frames of the finding, if there is one.
fn found(condition: &str, tls: Tls) -> Option<(&'static str, Vec<u64>)> {
    let mut findings = policy(condition).findings(&session(tls)).into_iter();
    let first = findings.next().map(|finding| (finding.id, finding.frames));
    assert!(findings.next().is_none());
    first
}

#[track_caller]
fn breaks(condition: &str, id: &'static str, frames: &[u64], tls: Tls) {
    assert_eq!(
        found(condition, tls),
        Some((id, frames.to_vec())),
        "{condition}"
    );
}

#[track_caller]
fn keeps(condition: &str, tls: Tls) {
    assert_eq!(found(condition, tls), None, "{condition}");
}
