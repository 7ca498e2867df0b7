//! The policies that come along.

use super::*;

/// Whatever is absent from the record breaks no line of any policy.
#[test]
fn absence_breaks_nothing() {
    let unknown_suite = CipherSuite {
        code: SuiteCode::Tls(0xFFFF),
        ..CipherSuite::clone(&tls_suite(0xFFFF))
    };
    let hello = ServerHello {
        frame: 22,
        ..ServerHello::default()
    };
    let silent = [
        Tls::default(),
        answered(hello.clone()),
        answered(ServerHello {
            cipher_suite: Some(unknown_suite),
            group: Some("0xFEFE".to_owned()),
            ..hello.clone()
        }),
        // Known versions with nothing else known.
        answered(ServerHello {
            version: Some(Version::TLS12),
            ..hello.clone()
        }),
        answered(ServerHello {
            version: Some(Version::TLS13),
            ..hello
        }),
        offered(ClientHello::default()),
        presented(vec![Certificate::default()], vec![Certificate::default()]),
    ];
    for name in Policy::names() {
        let policy = Policy::built_in(name).expect(name).expect(name);
        for tls in &silent {
            assert_eq!(
                policy.findings(&session(tls.clone())),
                [],
                "{name}: {tls:?}"
            );
        }
        let mut without = session(Tls::default());
        without.tls = None;
        assert_eq!(policy.findings(&without), [], "{name}");
    }
}

#[test]
fn every_policy_parses_and_every_line_has_a_source() {
    for name in Policy::names() {
        let policy = Policy::built_in(name).expect(name).expect(name);
        assert_eq!(policy.info.name, name);
        assert!(policy.info.url.starts_with("https://"), "{name}");
        assert!(policy.info.date.len() >= 7, "{name}");
        for line in &policy.lines {
            let sourced = line.source.chars().any(|c| c.is_ascii_digit())
                || line.source.contains(": ")
                || line.source.contains(", ");
            assert!(sourced, "{name} {}: {}", line.id, line.source);
        }
    }
}

/// What today's software negotiates breaks none of the policies.
#[test]
fn a_modern_session_breaks_nothing() {
    let hello = ServerHello {
        group: Some("secp384r1".to_owned()),
        ..answer(Version::TLS13, TLS13_GCM)
    };
    for name in Policy::names() {
        let policy = Policy::built_in(name).expect(name).expect(name);
        assert_eq!(
            policy.findings(&session(answered(hello.clone()))),
            [],
            "{name}"
        );
    }
}

/// The demands of `default` are those of the built-in rules: where T37 to T40 fire, so does it.
#[test]
fn the_default_holds_the_floor_of_the_rules() {
    let policy = Policy::built_in("default").expect("there").expect("fine");
    let severity = |tls: Tls| -> Vec<Severity> {
        let findings = policy.findings(&session(tls)).into_iter();
        findings.map(|finding| finding.severity).collect()
    };
    let chosen = |version, suite| severity(answered(answer(version, suite)));
    assert_eq!(chosen(Version::SSL3, CBC), [Severity::Critical]);
    assert_eq!(chosen(Version::TLS10, CBC), [Severity::High]);
    assert_eq!(chosen(Version::TLS12, RC4), [Severity::High]);
    assert_eq!(chosen(Version::TLS12, CBC), []);
}

/// Knowing less never breaks more: of a session that breaks what it can, every set of facts is
/// forgotten in turn.
#[test]
fn forgetting_facts_adds_no_breach() {
    const FORGET: &[fn(&mut Tls)] = &[
        |tls| tls.client_hello = None,
        |tls| of_server(tls, |hello| hello.version = None),
        |tls| of_server(tls, |hello| hello.cipher_suite = None),
        |tls| of_server(tls, |hello| hello.group = None),
        |tls| of_server(tls, |hello| hello.dh_bits = None),
        |tls| of_server(tls, |hello| hello.compression_method = None),
        |tls| of_server(tls, |hello| hello.extended_master_secret = None),
        |tls| of_server(tls, |hello| hello.renegotiation_info = None),
        |tls| tls.certificates.server[0].key = None,
        |tls| tls.certificates.server[0].signature = None,
        |tls| tls.certificates.server[0].self_signed = None,
    ];
    for version in [Version::TLS10, Version::TLS12, Version::TLS13] {
        for suite in [RC4, CBC] {
            let worst = worst(version, suite);
            for name in Policy::names() {
                let policy = Policy::built_in(name).expect(name).expect(name);
                let broken = lines(&policy, worst.clone());
                for set in 0..1_u32 << FORGET.len() {
                    let mut tls = worst.clone();
                    let chosen = FORGET.iter().enumerate();
                    chosen
                        .filter(|(bit, _)| set & (1 << bit) != 0)
                        .for_each(|(_, forget)| forget(&mut tls));
                    let still = lines(&policy, tls);
                    assert!(
                        still.iter().all(|line| broken.contains(line)),
                        "{name}: {set:b}"
                    );
                }
            }
        }
    }
}

fn of_server(tls: &mut Tls, forget: impl Fn(&mut ServerHello)) {
    tls.server_hello.iter_mut().for_each(forget);
}

fn worst(version: Version, suite: u16) -> Tls {
    let mut tls = presented(vec![certificate("RSA 512", "md5WithRSAEncryption")], vec![]);
    tls.client_hello = Some(ClientHello {
        frame: 19,
        max_version: Some(version),
        cipher_suites: vec![tls_suite(RC4), tls_suite(suite)],
        extended_master_secret: Some(false),
        encrypt_then_mac: Some(false),
        renegotiation_info: Some(Renegotiation::None),
        ..ClientHello::default()
    });
    tls.server_hello = Some(ServerHello {
        group: Some("secp160k1".to_owned()),
        dh_bits: Some(512),
        compression_method: Some("DEFLATE".to_owned()),
        extended_master_secret: Some(false),
        encrypt_then_mac: Some(false),
        renegotiation_info: Some(false),
        ..answer(version, suite)
    });
    tls
}

/// The lines that a session breaks, by what their findings end in.
fn lines(policy: &Policy, tls: Tls) -> Vec<String> {
    let findings = policy.findings(&session(tls)).into_iter();
    let line = |cause: String| cause.rsplit(' ').next().unwrap_or_default().to_owned();
    findings.map(|finding| line(finding.cause)).collect()
}
