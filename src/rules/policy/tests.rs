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
    Certificate {
        frame: 23,
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

#[test]
fn a_finding_names_policy_line_and_source() {
    let tls = answered(answer(Version::TLS10, RC4));
    let findings = policy("min_version = \"TLS 1.2\"").findings(&session(tls));
    let [finding] = findings.as_slice() else {
        panic!("{findings:?}");
    };
    assert_eq!(
        finding.cause,
        "The server at 192.0.2.25 chose TLS 1.0 (frame 22); TLS 1.2 is the least allowed. Policy \
         own of 2026-11, line it."
    );
    assert_eq!(finding.severity, Severity::High);
    assert_eq!(finding.references, ["Ours, section 1"]);
    assert!(finding.filter.ends_with("frame.number in {22}"));
}

#[test]
fn versions() {
    let condition = "min_version = \"TLS 1.2\"";
    breaks(
        condition,
        "N01",
        &[22],
        answered(answer(Version::TLS11, RC4)),
    );
    breaks(
        condition,
        "N01",
        &[22],
        answered(answer(Version::SSL2, RC4)),
    );
    keeps(condition, answered(answer(Version::TLS12, RC4)));
    // A draft of TLS 1.3.
    keeps(condition, answered(answer(Version(0x7F1C), TLS13_GCM)));

    let condition = "min_offer = \"TLS 1.2\"";
    let best = |version, partial| {
        offered(ClientHello {
            max_version: Some(version),
            partial,
            ..ClientHello::default()
        })
    };
    breaks(condition, "N01", &[19], best(Version::TLS10, false));
    keeps(condition, best(Version::TLS12, false));
    keeps(condition, best(Version::TLS10, true));
}

#[test]
fn suites_by_name_and_kind() {
    let chosen = |suite| answered(answer(Version::TLS12, suite));
    let allowed = "allow_suites = [\"TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384\"]";
    breaks(allowed, "N02", &[22], chosen(CBC));
    keeps(allowed, chosen(GCM));
    let forbidden = "forbid_suites = [\"TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA\", \"rc4\"]";
    breaks(forbidden, "N02", &[22], chosen(CBC));
    breaks(forbidden, "N02", &[22], chosen(RC4));
    keeps(forbidden, chosen(GCM));
    // A number that no registry knows is neither allowed nor forbidden.
    keeps(allowed, chosen(0xFFFF));
    keeps(
        "forbid_suites = [\"no-forward-secrecy\", \"non-aead\"]",
        chosen(0xFFFF),
    );
}

#[test]
fn kinds_of_suites() {
    // Each with a suite that is of the kind, and one that nearly is.
    for (kind, of_it, near) in [
        ("rc4", RC4, 0x0007),
        ("3des", TRIPLE_DES, 0x0009),
        // TLS_RSA_WITH_NULL_SHA, TLS_RSA_EXPORT_WITH_RC4_40_MD5.
        ("null", 0x0002, 0x0003),
        ("export", 0x0003, 0x0004),
        // TLS_DH_anon_WITH_AES_256_GCM_SHA384.
        ("anonymous", 0x00A7, DHE),
        ("cbc", CBC, GCM),
        ("non-aead", RC4, GCM),
        ("static-rsa", TRIPLE_DES, CBC),
        // TLS_ECDH_RSA_WITH_AES_256_GCM_SHA384.
        ("static-dh", 0xC032, GCM),
        // TLS_DH_anon_WITH_AES_256_GCM_SHA384 again.
        ("dhe", DHE, 0x00A7),
        ("no-forward-secrecy", RC4, DHE),
        // TLS_RSA_WITH_DES_CBC_SHA.
        ("under-112-bits", 0x0009, TRIPLE_DES),
        ("under-128-bits", TRIPLE_DES, RC4),
    ] {
        let condition = format!("forbid_suites = [\"{kind}\"]");
        let chosen = |suite| answered(answer(Version::TLS12, suite));
        breaks(&condition, "N02", &[22], chosen(of_it));
        keeps(&condition, chosen(near));
    }
    assert_eq!(suites::KINDS.len(), 13, "a kind without a test");
}

#[test]
fn what_is_merely_offered() {
    let offer = |suites: &[u16]| {
        offered(ClientHello {
            cipher_suites: suites.iter().copied().map(tls_suite).collect(),
            ..ClientHello::default()
        })
    };
    let condition = "forbid_offered_suites = [\"rc4\"]";
    breaks(condition, "N02", &[19], offer(&[GCM, RC4]));
    keeps(condition, offer(&[GCM, CBC, 0x0A0A]));
    keeps("forbid_suites = [\"rc4\"]", offer(&[RC4]));
}

#[test]
fn key_exchanges() {
    let group = |group: &str| {
        answered(ServerHello {
            group: Some(group.to_owned()),
            ..answer(Version::TLS13, TLS13_GCM)
        })
    };
    let allowed = "allow_groups = [\"secp256r1\"]";
    breaks(allowed, "N03", &[22], group("x25519"));
    keeps(allowed, group("secp256r1"));
    keeps(allowed, group("0xBEEF"));
    let forbidden = "forbid_groups = [\"secp192r1\"]";
    breaks(forbidden, "N03", &[22], group("secp192r1"));
    keeps(forbidden, group("secp256r1"));

    let prime = |bits| {
        answered(ServerHello {
            dh_bits: Some(bits),
            ..answer(Version::TLS12, DHE)
        })
    };
    breaks("min_dh_bits = 2048", "N03", &[22], prime(2047));
    keeps("min_dh_bits = 2048", prime(2048));
    breaks("min_dh_bits = 3000", "N03", &[22], group("ffdhe2048"));
    keeps("min_dh_bits = 3000", group("ffdhe3072"));
    keeps("min_dh_bits = 3000", group("secp256r1"));
}

#[test]
fn keys_of_certificates() {
    let rsa = |bits| certificate(&format!("RSA {bits}"), "sha256WithRSAEncryption");
    let condition = "min_rsa_bits = 2048";
    breaks(condition, "N04", &[23], presented(vec![rsa(1024)], vec![]));
    breaks(condition, "N04", &[23], presented(vec![], vec![rsa(2047)]));
    keeps(condition, presented(vec![rsa(2048)], vec![rsa(4096)]));
    // Only the first of a chain is the sender's own.
    keeps(condition, presented(vec![rsa(2048), rsa(1024)], vec![]));
    keeps(
        condition,
        presented(vec![certificate("DSA 1024", "dsa-with-sha1")], vec![]),
    );
    let server = "min_rsa_bits = 2048\npeer = \"server\"";
    keeps(server, presented(vec![], vec![rsa(1024)]));

    let on = |key| presented(vec![certificate(key, "ecdsa-with-SHA256")], vec![]);
    let condition = "allow_curves = [\"P-256\"]";
    breaks(condition, "N04", &[23], on("EC secp256k1"));
    keeps(condition, on("EC P-256"));
    keeps(condition, on("EC 1.2.3.4"));
    keeps(condition, on("EC explicit"));
    keeps(condition, on("RSA 1024"));
}

#[test]
fn signatures_of_certificates() {
    let signed = |signature| certificate("RSA 2048", signature);
    let condition = "forbid_hashes = [\"sha1\", \"md5\"]";
    for wrong in [
        "sha1WithRSAEncryption",
        "ecdsa-with-SHA1",
        "dsa-with-sha1",
        "md5WithRSA",
    ] {
        breaks(
            condition,
            "N04",
            &[23],
            presented(vec![signed(wrong)], vec![]),
        );
    }
    for fine in [
        "sha256WithRSAEncryption",
        "RSASSA-PSS",
        "Ed25519",
        "1.2.840.1",
    ] {
        keeps(condition, presented(vec![signed(fine)], vec![]));
    }
    // An intermediate counts; a root does not, nor what may be one.
    let chain = vec![
        signed("sha256WithRSAEncryption"),
        signed("sha1WithRSAEncryption"),
    ];
    breaks(condition, "N04", &[23], presented(chain, vec![]));
    for self_signed in [Some(true), None] {
        let mut root = signed("sha1WithRSAEncryption");
        root.self_signed = self_signed;
        keeps(condition, presented(vec![root], vec![]));
    }
    let condition = "forbid_signatures = [\"sha256WithRSAEncryption\"]";
    let tls = presented(vec![signed("sha256WithRSAEncryption")], vec![]);
    breaks(condition, "N04", &[23], tls);
    keeps(
        condition,
        presented(vec![signed("sha384WithRSAEncryption")], vec![]),
    );
}

#[test]
fn long_chains_make_short_sentences() {
    let chain = vec![certificate("RSA 2048", "sha1WithRSAEncryption"); 3000];
    let findings =
        policy("forbid_hashes = [\"sha1\"]").findings(&session(presented(chain, vec![])));
    let cause = &findings[0].cause;
    assert!(cause.contains("The same holds for 2996 more."), "{cause}");
    assert!(cause.len() < 600);
}

#[test]
fn features_of_the_server_hello() {
    let with = |version, suite, agreed: Option<bool>| {
        answered(ServerHello {
            extended_master_secret: agreed,
            renegotiation_info: agreed,
            encrypt_then_mac: agreed,
            ..answer(version, suite)
        })
    };
    for feature in [
        "extended-master-secret",
        "secure-renegotiation",
        "encrypt-then-mac",
    ] {
        let condition = format!("require = \"{feature}\"");
        breaks(
            &condition,
            "N05",
            &[22],
            with(Version::TLS12, CBC, Some(false)),
        );
        keeps(&condition, with(Version::TLS12, CBC, Some(true)));
        keeps(&condition, with(Version::TLS12, CBC, None));
        keeps(&condition, with(Version::TLS13, TLS13_GCM, Some(false)));
    }
    let condition = "require = \"encrypt-then-mac\"";
    keeps(condition, with(Version::TLS12, GCM, Some(false)));
    let condition = "require = \"extended-master-secret\"";
    keeps(condition, with(Version::SSL3, CBC, Some(false)));
    let condition = "require = \"secure-renegotiation\"";
    breaks(
        condition,
        "N05",
        &[22],
        with(Version::SSL3, CBC, Some(false)),
    );
    // Where the client does not offer it, the client is named too.
    let mut tls = with(Version::TLS12, CBC, Some(false));
    tls.client_hello = Some(ClientHello {
        frame: 19,
        renegotiation_info: Some(Renegotiation::None),
        ..ClientHello::default()
    });
    breaks(condition, "N05", &[19, 22], tls);
}

#[test]
fn compression() {
    let with = |method: Option<&str>| {
        answered(ServerHello {
            compression_method: method.map(str::to_owned),
            ..answer(Version::TLS12, GCM)
        })
    };
    let condition = "forbid = \"compression\"";
    breaks(condition, "N05", &[22], with(Some("DEFLATE")));
    for fine in [Some("null"), Some("0x07"), None] {
        keeps(condition, with(fine));
    }
}

#[test]
fn lines_may_be_for_some_sessions_only() {
    let condition = "forbid_suites = [\"cbc\"]\nversions = [\"TLS 1.2\"]";
    breaks(
        condition,
        "N02",
        &[22],
        answered(answer(Version::TLS12, CBC)),
    );
    keeps(condition, answered(answer(Version::TLS11, CBC)));
    let mut unknown = answer(Version::TLS12, CBC);
    unknown.version = None;
    keeps(condition, answered(unknown));

    let tls = answered(answer(Version::TLS12, CBC));
    let day = |day| format!("forbid_suites = [\"cbc\"]\nfrom = \"{day}\"");
    breaks(&day("2026-11-22"), "N02", &[22], tls.clone());
    keeps(&day("2026-11-23"), tls);
}

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
        assert_eq!(policy.name, name);
        assert!(policy.url.starts_with("https://"), "{name}");
        assert!(policy.date.len() >= 7, "{name}");
        for line in &policy.lines {
            let sourced = line.source.chars().any(|c| c.is_ascii_digit())
                || line.source.contains(": ")
                || line.source.contains(", ");
            assert!(sourced, "{name} {}: {}", line.id, line.source);
        }
    }
}

/// What today's software negotiates breaks none of the policies seriously.
#[test]
fn a_modern_session_breaks_little() {
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

#[test]
fn mistakes_name_their_line() {
    let line = "[[line]]\nid = \"it\"\nseverity = \"high\"\nsource = \"s\"\n";
    for (text, at, word) in [
        ("", 1, "name"),
        (HEAD, 1, "line"),
        (&format!("{HEAD}colour = \"red\"\n"), 5, "colour"),
        (&format!("{HEAD}{line}"), 5, "no condition"),
        (
            &format!("{HEAD}{line}min_rsa_bits = 1\nmin_dh_bits = 1\n"),
            5,
            "2 conditions",
        ),
        (&format!("{HEAD}{line}min_rsa_bits = \"many\"\n"), 9, "u32"),
        (
            &format!("{HEAD}{line}min_version = \"TLSv1.2\"\n"),
            9,
            "TLS 1.2",
        ),
        (
            &format!("{HEAD}{line}forbid_suites = [\n\"rc4\",\n\"RC4-SHA\"]\n"),
            11,
            "RC4-SHA",
        ),
        (
            &format!("{HEAD}{line}allow_groups = [\"P-256\"]\n"),
            9,
            "P-256",
        ),
        (
            &format!("{HEAD}{line}allow_curves = [\"secp256r1\"]\n"),
            9,
            "secp256r1",
        ),
        (
            &format!("{HEAD}{line}forbid_hashes = [\"SHA1\"]\n"),
            9,
            "sha1",
        ),
        (
            &format!("{HEAD}{line}forbid_signatures = [\"sha1\"]\n"),
            9,
            "sha1 is no signature",
        ),
        (
            &format!("{HEAD}{line}require = \"sni\"\n"),
            9,
            "encrypt-then-mac",
        ),
        (&format!("{HEAD}{line}forbid = \"sni\"\n"), 9, "compression"),
        (
            &format!("{HEAD}{line}min_dh_bits = 1\nfrom = \"soon\"\n"),
            10,
            "a day",
        ),
        (
            &format!("{HEAD}{line}min_dh_bits = 1\npeer = \"server\"\n"),
            10,
            "certificates",
        ),
        (
            &format!("{HEAD}{line}min_dh_bits = 1\n{line}min_dh_bits = 2\n"),
            11,
            "already",
        ),
        (
            &format!("{HEAD}{}", line.replace("\"s\"", "\" \"")),
            8,
            "empty",
        ),
        (
            &format!("{HEAD}{}", line.replace("high", "severe")),
            7,
            "critical, high",
        ),
        (&HEAD.replace("own", "My own"), 1, "line"),
        (
            &format!("{}{line}min_dh_bits = 1\n", HEAD.replace("own", "My own")),
            1,
            "lower-case",
        ),
        (
            &format!(
                "{}{line}min_dh_bits = 1\n",
                HEAD.replace("2026-11", "11/2026")
            ),
            3,
            "a date",
        ),
        ("name = \"own\ntitle = 1\n", 1, ""),
    ] {
        let error = Policy::parse(text, Path::new("own.toml")).expect_err(text);
        let Error::Policy { line, reason, .. } = &error else {
            panic!("{error:?}");
        };
        assert_eq!(*line, at, "{reason}: {text}");
        assert!(reason.contains(word), "{reason}: {text}");
        assert!(
            error
                .to_string()
                .starts_with(&format!("own.toml, line {at}: "))
        );
    }
}

#[test]
fn what_reports_print_stays_on_its_line() {
    let text = format!("{HEAD}[[line]]\nid = \"it\"\nseverity = \"high\"\nmin_dh_bits = 1\n");
    let text = format!("{text}source = \"a\\u001B[31mb\\nc\"\n");
    let policy = Policy::parse(&text, Path::new("own.toml")).expect("a policy");
    assert_eq!(policy.lines[0].source, "a\\u{1B}[31mb\\u{A}c");
}
