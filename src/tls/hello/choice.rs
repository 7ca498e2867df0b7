//! What a ServerHello chooses, and what that means beside the ClientHello it answers.

use super::{ServerFixed, hex, lossy};
use crate::model::tls::{ClientHello, Resumption, Sentinel, ServerHello, Tls, Version};
use crate::tls::extensions::{Extensions, kind};
use crate::tls::{fingerprint, registry};

/// SHA-256 of `HelloRetryRequest`: the random of a ServerHello that asks for another ClientHello
/// (RFC 8446 section 4.1.3).
pub const RETRY_RANDOM: [u8; 32] = [
    0xCF, 0x21, 0xAD, 0x74, 0xE5, 0x9A, 0x61, 0x11, 0xBE, 0x1D, 0x8C, 0x02, 0x1E, 0x65, 0xB8, 0x91,
    0xC2, 0xA2, 0x11, 0x16, 0x7A, 0xBB, 0x8C, 0x5E, 0x07, 0x9E, 0x09, 0xE2, 0xC8, 0xA8, 0x33, 0x9C,
];

/// A ServerHello or HelloRetryRequest.
#[derive(Clone, Debug, PartialEq)]
pub struct ParsedServerHello {
    /// For the record; `frame` and `record_version` are the caller's to set.
    pub hello: ServerHello,
    /// It is a HelloRetryRequest (RFC 8446 section 4.1.4).
    pub is_retry: bool,
}

/// Puts the fixed part and the extensions together.
pub(in crate::tls) fn finish_server(
    fixed: ServerFixed<'_>,
    extensions: &Extensions,
    partial: bool,
) -> ParsedServerHello {
    let malformed = fixed.malformed || extensions.truncated;
    let is_whole = !partial && !malformed;
    let legacy_version = Version(fixed.version);
    let selected_version = extensions.versions.first().copied().map(Version);
    let known = !partial || legacy_version < Version::TLS12;
    let version = selected_version.or(known.then_some(legacy_version));
    let is_tls13 = version.is_some_and(Version::is_tls13);
    let is_retry = fixed.random == RETRY_RANDOM;
    // From TLS 1.3 on these answers are encrypted (RFC 8446 section 4.3.1).
    let answers = |kind| extensions.says(kind, is_whole && !is_tls13);
    let share = extensions.key_shares.first();
    let suite = fixed.suite.map(registry::tls_suite);
    let hello = ServerHello {
        legacy_version,
        selected_version,
        version,
        downgrade_sentinel: sentinel(fixed.random).filter(|_| version.is_some() && !is_tls13),
        session_id: hex(fixed.session_id).filter(|_| fixed.suite.is_some()),
        cipher_suite: suite,
        suite_properties: suite.and_then(|suite| registry::properties(suite.code)),
        compression_method: fixed.compression.map(registry::compression_name),
        extensions: extensions.listed(),
        malformed_extensions: extensions.malformed.clone(),
        duplicate_extensions: extensions.duplicate.clone(),
        group: share.map(|share| registry::group_name(share.group)),
        key_share: share.and_then(|share| share.named()),
        alpn: extensions.alpn.first().map(|it| lossy(it)),
        sni_acknowledged: answers(kind::SERVER_NAME),
        extended_master_secret: answers(kind::EXTENDED_MASTER_SECRET),
        encrypt_then_mac: answers(kind::ENCRYPT_THEN_MAC),
        renegotiation_info: answers(kind::RENEGOTIATION_INFO),
        session_ticket: answers(kind::SESSION_TICKET),
        status_request: answers(kind::STATUS_REQUEST)
            .filter(|&is_there| is_there)
            .or_else(|| answers(kind::STATUS_REQUEST_V2)),
        record_size_limit: extensions.record_size_limit,
        max_fragment_length: extensions.max_fragment_length,
        psk_selected: extensions.psk_selected,
        cookie: is_retry
            .then(|| extensions.says(kind::COOKIE, is_whole))
            .flatten(),
        // Up to TLS 1.2 only what follows tells.
        resumed: (is_tls13 && !is_retry && !partial).then_some(extensions.psk_selected.is_some()),
        partial,
        malformed: (!partial).then_some(malformed),
        ja3s: match fixed.suite {
            Some(suite) if !partial => {
                Some(fingerprint::ja3s(fixed.version, suite, &extensions.kinds))
            }
            _ => None,
        },
        ..ServerHello::default()
    };
    ParsedServerHello { hello, is_retry }
}

fn sentinel(random: &[u8]) -> Option<Sentinel> {
    match random.get(24..) {
        Some(b"DOWNGRD\x01") => Some(Sentinel::Tls12),
        Some(b"DOWNGRD\x00") => Some(Sentinel::Tls11),
        _ => None,
    }
}

/// Sets what only both hellos together tell; `resumed` is decided before.
pub(in crate::tls) fn relate(tls: &mut Tls) {
    for server in [&mut tls.hello_retry_request, &mut tls.server_hello] {
        let Some(server) = server else { continue };
        let second = tls.second_client_hello.as_ref();
        let answered = second.filter(|second| second.frame <= server.frame);
        if let Some(client) = answered.or(tls.client_hello.as_ref()) {
            server.session_id_echoed = is_echoed(client, server);
            server.resumption = resumption(client, server);
        }
    }
}

/// `None` where the client gave no session id, or one of the two ids is not known.
fn is_echoed(client: &ClientHello, server: &ServerHello) -> Option<bool> {
    let wanted = client.session_id.as_ref()?;
    // It stands behind the id, and like it is missing in drafts of TLS 1.3.
    server.compression_method.as_ref()?;
    Some(server.session_id.as_ref() == Some(wanted))
}

/// Who presents a ticket gets his own session id back as the sign that it was taken (RFC 5077
/// section 3.4); without a session id only `resumed` tells.
fn resumption(client: &ClientHello, server: &ServerHello) -> Option<Resumption> {
    if server.resumed != Some(true) {
        return None;
    }
    if server.version.is_some_and(Version::is_tls13) {
        return Some(Resumption::Psk);
    }
    let has_ticket = match client.session_ticket {
        Some(len) => len > 0,
        None if client.malformed == Some(false) => false,
        None => return None,
    };
    match (has_ticket, server.session_id_echoed) {
        (true, None | Some(true)) => Some(Resumption::Ticket),
        (false, Some(true)) => Some(Resumption::SessionId),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(session_id: &str, session_ticket: Option<u16>) -> ClientHello {
        ClientHello {
            session_id: (!session_id.is_empty()).then(|| session_id.to_owned()),
            session_ticket,
            malformed: Some(false),
            ..ClientHello::default()
        }
    }

    fn server(session_id: &str, resumed: Option<bool>) -> ServerHello {
        ServerHello {
            frame: 2,
            version: Some(Version::TLS12),
            session_id: (!session_id.is_empty()).then(|| session_id.to_owned()),
            compression_method: Some("null".to_owned()),
            resumed,
            ..ServerHello::default()
        }
    }

    fn related(client: ClientHello, server: ServerHello) -> (Option<bool>, Option<Resumption>) {
        let mut tls = Tls {
            client_hello: Some(client),
            server_hello: Some(server),
            ..Tls::default()
        };
        relate(&mut tls);
        let server = tls.server_hello.expect("as given");
        (server.session_id_echoed, server.resumption)
    }

    #[test]
    fn ways_to_resume() {
        let yes = Some(true);
        for (offer, answer, expected) in [
            (
                client("aa", None),
                server("aa", yes),
                (yes, Some(Resumption::SessionId)),
            ),
            (
                client("aa", Some(0)),
                server("aa", yes),
                (yes, Some(Resumption::SessionId)),
            ),
            (
                client("aa", Some(9)),
                server("aa", yes),
                (yes, Some(Resumption::Ticket)),
            ),
            (
                client("", Some(9)),
                server("", yes),
                (None, Some(Resumption::Ticket)),
            ),
            (
                client("aa", Some(9)),
                server("bb", yes),
                (Some(false), None),
            ),
            (
                client("aa", None),
                server("bb", Some(false)),
                (Some(false), None),
            ),
            (client("", None), server("bb", None), (None, None)),
            // Compatible with TLS 1.3, not resumed.
            (client("aa", None), server("aa", Some(false)), (yes, None)),
        ] {
            assert_eq!(related(offer, answer), expected);
        }
    }

    #[test]
    fn what_is_cut_decides_nothing() {
        let mut cut = client("aa", None);
        cut.malformed = None;
        assert_eq!(related(cut, server("aa", Some(true))), (Some(true), None));
        let mut cut = server("", Some(true));
        cut.compression_method = None;
        assert_eq!(related(client("aa", None), cut), (None, None));
    }

    #[test]
    fn a_later_hello_is_not_the_one_answered() {
        let mut later = client("cc", None);
        later.frame = 3;
        let mut tls = Tls {
            client_hello: Some(client("aa", None)),
            second_client_hello: Some(later),
            server_hello: Some(server("aa", None)),
            ..Tls::default()
        };
        relate(&mut tls);
        assert_eq!(
            tls.server_hello.expect("given").session_id_echoed,
            Some(true)
        );
    }
}
