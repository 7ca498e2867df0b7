//! Cut, random and damaged hellos.

use proptest::prelude::*;

use super::*;

/// A cut hello says nothing that the whole one takes back: lists are beginnings of the whole lists,
/// and what is not `null` is the same. Size and partiality aside.
fn assert_says_no_more(cut: &impl serde::Serialize, whole: &impl serde::Serialize, at: usize) {
    let [cut, whole] = [json(cut), json(whole)];
    for (name, said) in cut.as_object().expect("fields") {
        let known = &whole[name];
        let agrees = match said {
            serde_json::Value::Null => true,
            serde_json::Value::Array(said) => {
                known.as_array().is_some_and(|it| it.starts_with(said))
            }
            _ => said == known || name == "partial",
        };
        assert!(
            agrees,
            "cut at {at}: {name} is {said}, of the whole {known}"
        );
    }
}

fn json(hello: &impl serde::Serialize) -> serde_json::Value {
    serde_json::to_value(hello).expect("JSON")
}

#[test]
fn every_prefix_of_a_client_hello() {
    for text in CLIENTS {
        let body = unhex(text);
        let whole = client_hello(&body).expect("whole");
        let mut suites = 0;
        for cut in 0..body.len() {
            // A cut body given as a complete one is malformed at most.
            if let Some(found) = client_hello(&body[..cut]) {
                assert!(found.malformed == Some(true) || found.extensions.is_empty());
            }
            let Some(found) = client_hello_prefix(&body[..cut], body.len()) else {
                assert!(cut < 2);
                continue;
            };
            assert!(found.partial && found.malformed.is_none());
            assert_eq!((&found.ja3, &found.ja4), (&None, &None));
            assert_says_no_more(&found, &whole, cut);
            assert!(found.cipher_suites.len() >= suites);
            suites = found.cipher_suites.len();
        }
        assert_eq!(client_hello_prefix(&body, body.len()), Some(whole));
    }
}

/// The type of the extension a cut goes through is known, though not what it says.
#[test]
fn a_cut_goes_through_an_extension() {
    let body = build_client(0x0303, &[0x1301], &[(23, &[]), (10, &[0, 2, 0, 29])]);
    let cut = client_hello_prefix(&body[..body.len() - 1], body.len()).expect("a version");
    assert_eq!(kinds(&cut.extensions), [23, 10]);
    assert!(cut.groups.is_empty() && cut.malformed_extensions.is_empty());
    assert_eq!(cut.extended_master_secret, Some(true));
    assert_eq!((cut.encrypt_then_mac, cut.ech), (None, None));
    assert_eq!(cut.fallback_scsv, Some(false));
}

#[test]
fn every_prefix_of_a_server_hello() {
    for text in SERVERS {
        let body = unhex(text);
        let whole = server_hello(&body).expect("whole");
        for cut in 0..body.len() {
            let _ = server_hello(&body[..cut]);
            let Some(found) = server_hello_prefix(&body[..cut], body.len()) else {
                assert!(cut < 2);
                continue;
            };
            assert!(found.hello.partial && found.hello.ja3s.is_none());
            assert_says_no_more(&found.hello, &whole.hello, cut);
        }
        assert_eq!(server_hello_prefix(&body, body.len()), Some(whole));
    }
}

proptest! {
    #[test]
    fn random_bytes(body in proptest::collection::vec(any::<u8>(), 0..600)) {
        let _ = client_hello(&body);
        let _ = client_hello_prefix(&body, body.len() + 1);
        let _ = server_hello(&body);
        let _ = server_hello_prefix(&body, body.len() + 1);
    }

    #[test]
    fn cut_hellos_say_no_more(
        suites in proptest::collection::vec(prop_oneof![Just(0x00FF), Just(0x5600), any::<u16>()], 1..9),
        extensions in proptest::collection::vec(
            (prop_oneof![0_u16..60, Just(0xFF01), Just(0xFE0D)], proptest::collection::vec(0_u8..5, 0..9)),
            0..9,
        ),
        cut in any::<prop::sample::Index>(),
    ) {
        let extensions: Vec<(u16, &[u8])> = extensions.iter().map(|(kind, body)| (*kind, &body[..])).collect();
        let body = build_client(0x0303, &suites, &extensions);
        let at = cut.index(body.len() - 2) + 2;
        let whole = client_hello(&body).expect("well-formed");
        let found = client_hello_prefix(&body[..at], body.len()).expect("a version");
        assert_says_no_more(&found, &whole, at);
        let body = build_server(0x0303, suites[0], &extensions);
        let at = cut.index(body.len() - 2) + 2;
        let whole = server_hello(&body).expect("well-formed").hello;
        let found = server_hello_prefix(&body[..at], body.len()).expect("a version").hello;
        assert_says_no_more(&found, &whole, at);
    }

    #[test]
    fn damaged_hellos(
        which in 0..CLIENTS.len(),
        damage in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        for text in [CLIENTS[which], SERVERS[which]] {
            let mut body = unhex(text);
            for (index, byte) in &damage {
                let index = index.index(body.len());
                body[index] = *byte;
            }
            let _ = client_hello(&body);
            let _ = client_hello_prefix(&body, body.len());
            let _ = server_hello(&body);
            let _ = server_hello_prefix(&body, body.len());
        }
    }
}
