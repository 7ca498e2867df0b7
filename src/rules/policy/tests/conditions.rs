//! Each condition with a session that breaks it and one that nearly does.

use super::*;

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
        "RSASSA-PSS with SHA-1",
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
