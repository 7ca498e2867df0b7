//! Certificates and the messages about keys.

use starttap::model::Peer;
use starttap::model::tls::{SuiteCode, Version};
use starttap::tls::{certs as read, keyex as keys};

/// Certificate messages, single certificates, names.
pub fn certs(bytes: &[u8]) {
    let _ = read::certificate(bytes, 1);
    let _ = read::distinguished_name(bytes);
    let list = read::list(bytes);
    assert!(list.certificates.len() <= read::count(bytes));
    assert!(!read::is_chain(bytes) || list.whole || list.certificates.len() == 32);
    for peer in [Peer::Client, Peer::Server] {
        let (presented, chain) = read::presented(&list, peer, 1);
        assert_eq!(presented.len(), list.certificates.len());
        let at = chain.iter().flat_map(|chain| &chain.path);
        assert!(at.copied().all(|at| at < presented.len()));
    }
}

/// ServerKeyExchange and CertificateRequest, under any suite and version: four bytes in front.
pub fn keyex(bytes: &[u8]) {
    let Some((&[a, b, c, d], body)) = bytes.split_first_chunk() else {
        return;
    };
    let suite = SuiteCode::Tls(u16::from_be_bytes([a, b]));
    let version = Version(u16::from_be_bytes([c, d]));
    let _ = keys::server_key_exchange(body, suite, version);
    for is_whole in [true, false] {
        let (request, _) = keys::certificate_request(body, is_whole, version);
        assert!(request.authority_names.len() <= keys::MAX_AUTHORITY_NAMES);
    }
}
