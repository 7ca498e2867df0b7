//! Policy files with mistakes.

use super::*;

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
        (
            &format!("{HEAD}{line}forbid_groups = []\n"),
            9,
            "list is empty",
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
