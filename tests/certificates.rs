//! Certificates field by field against OpenSSL: those of the captures, whose bytes tshark gives,
//! and those of the unit tests, which hold more kinds of fields.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use starttap::model::certificate::{Certificate, NameKind};
use starttap::tls::certs;

use crate::support;

/// Fields by name, as text; those that OpenSSL does not print are left out on both sides.
type Fields = BTreeMap<&'static str, String>;

#[test]
fn fields_agree_with_openssl() {
    // Version 3 prints dates in a form to be compared.
    let version = Command::new("openssl").arg("version").output();
    let is_new = version.is_ok_and(|it| !it.stdout.starts_with(b"OpenSSL 1"));
    if !is_new {
        say!("SKIPPED: certificates are not compared, OpenSSL 3 is not installed");
        return;
    }
    let mut ders = of_unit_tests();
    let made = ders.len();
    if crate::labels::has_tshark() {
        ders.extend(of_captures());
        assert!(ders.len() > made + 20, "certificates are missing");
    } else {
        say!("SKIPPED: certificates of captures are not compared, tshark 4.0.17 is not installed");
    }
    let mut fields = 0;
    for (name, der) in &ders {
        let (ours, theirs) = (ours(&certs::certificate(der, 1)), openssl(der));
        assert_eq!(ours, theirs, "{name}");
        fields += ours.len();
    }
    say!("OpenSSL: {} certificates, {fields} fields", ders.len());
}

/// The certificates of the captures by their digest, each once. The captures are put behind one
/// another first, which spares tshark sixty starts.
fn of_captures() -> BTreeMap<String, Vec<u8>> {
    let all = Path::new(env!("CARGO_TARGET_TMPDIR")).join("all-captures.pcapng");
    let merged = Command::new("mergecap")
        .arg("-aw")
        .arg(&all)
        .args(support::captures())
        .status();
    assert!(merged.expect("mergecap comes with tshark").success());
    let output = Command::new("tshark")
        .args(["-n", "-o", "tls.keylog_file:", "-T", "fields"])
        .args(["-Y", "tls.handshake.certificate"])
        .args(["-e", "tls.handshake.certificate", "-r"])
        .arg(&all)
        .output()
        .expect("tshark runs");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let certificates = text.split_whitespace().flat_map(|line| line.split(','));
    certificates
        .map(unhex)
        .map(|der| (sha256(&der), der))
        .collect()
}

/// Certificates of the unit tests.
fn of_unit_tests() -> BTreeMap<String, Vec<u8>> {
    ["dsa", "ed25519", "every_kind", "extensions", "rsa_pss"]
        .map(|name| {
            let file = format!("src/tls/certs/fixtures/{name}.hex");
            let text = fs::read_to_string(support::root().join(file)).expect("a fixture");
            (name.to_owned(), unhex(&text))
        })
        .into()
}

fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<u32> = text.chars().filter_map(|it| it.to_digit(16)).collect();
    let pairs = digits.chunks_exact(2);
    pairs.map(|pair| (pair[0] * 16 + pair[1]) as u8).collect()
}

fn ours(certificate: &Certificate) -> Fields {
    assert_eq!(certificate.malformed, Vec::<String>::new());
    let text = |it: &Option<String>| it.clone().expect("a field that can be read");
    let date = |it: &Option<_>| it.as_ref().map_or_else(String::new, ToString::to_string);
    let dns = certificate
        .names
        .iter()
        .filter(|it| it.kind == NameKind::Dns);
    let mut dns: Vec<&str> = dns.map(|it| it.value.as_str()).collect();
    // OpenSSL prints no names at all where one of them holds a NUL.
    if dns.iter().any(|it| it.contains('\0')) {
        dns.clear();
    }
    let constraints = certificate.basic_constraints.map(|it| match it.path_len {
        Some(length) => format!("{}, {length}", it.ca),
        None => it.ca.to_string(),
    });
    let bits = certificate.key_bits.map(|it| it.to_string());
    let version = certificate.version.map(|it| it.to_string());
    let mut fields = Fields::from([
        ("sha256", certificate.sha256.clone()),
        (
            "serial",
            text(&certificate.serial).trim_start_matches('0').to_owned(),
        ),
        ("not before", date(&certificate.not_before)),
        ("not after", date(&certificate.not_after)),
        ("spki", text(&certificate.spki_sha256)),
        ("version", version.expect("a version")),
        ("dns", dns.join(", ")),
        ("usage", certificate.key_usage.join(", ")),
        ("purposes", certificate.extended_key_usage.join(", ")),
        ("constraints", constraints.unwrap_or_default()),
        (
            "key id",
            certificate.subject_key_id.clone().unwrap_or_default(),
        ),
        (
            "authority",
            certificate.authority_key_id.clone().unwrap_or_default(),
        ),
        ("bits", bits.unwrap_or_default()),
        ("ocsp", certificate.ocsp.join(", ")),
    ]);
    fields.retain(|_, value| !value.is_empty());
    fields
}

/// What `openssl x509` prints, in the same words.
fn openssl(der: &[u8]) -> Fields {
    let mut child = Command::new("openssl")
        .args([
            "x509",
            "-inform",
            "DER",
            "-noout",
            "-text",
            "-certopt",
            "no_sigdump",
        ])
        .args([
            "-serial",
            "-dates",
            "-dateopt",
            "iso_8601",
            "-pubkey",
            "-fingerprint",
            "-sha256",
        ])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("openssl runs");
    let mut input = child.stdin.take().expect("an input");
    input.write_all(der).expect("openssl reads");
    drop(input);
    let output = child.wait_with_output().expect("openssl ends");
    let text = String::from_utf8_lossy(&output.stdout);
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    // What follows a word, and the line after a title.
    let after = |word: &str| lines.iter().find_map(|line| line.strip_prefix(word));
    let below = |title: &str| {
        let at = lines.iter().position(|line| line.starts_with(title))?;
        lines.get(at + 1).copied()
    };
    let hex = |text: &str| text.replace(':', "");
    let date = |text: &str| text.replace(' ', "T").replace('Z', ".000000000Z");
    let dns = |line: &str| {
        let names = line.split(", ").filter_map(|it| it.strip_prefix("DNS:"));
        names.collect::<Vec<_>>().join(", ")
    };
    let bits = lines.iter().find_map(|line| {
        let (_, bits) = line.split_once("Public-Key: (")?;
        bits.strip_suffix(" bit)")
    });
    let authority = below("X509v3 Authority Key Identifier").map(|line| {
        let id = line.strip_prefix("keyid:").unwrap_or(line);
        hex(id)
    });
    let fields = [
        ("sha256", after("sha256 Fingerprint=").map(hex)),
        (
            "serial",
            after("serial=").map(|it| it.trim_start_matches('0').to_owned()),
        ),
        ("not before", after("notBefore=").map(date)),
        ("not after", after("notAfter=").map(date)),
        ("spki", Some(spki(&lines))),
        (
            "version",
            after("Version: ")
                .and_then(|it| it.split(' ').next())
                .map(str::to_owned),
        ),
        ("dns", below("X509v3 Subject Alternative Name").map(dns)),
        (
            "usage",
            below("X509v3 Key Usage").map(|line| words(line, &USAGE)),
        ),
        (
            "purposes",
            below("X509v3 Extended Key Usage").map(|line| words(line, &PURPOSES)),
        ),
        (
            "constraints",
            below("X509v3 Basic Constraints").map(constraints),
        ),
        ("key id", below("X509v3 Subject Key Identifier").map(hex)),
        ("authority", authority),
        ("bits", bits.map(str::to_owned)),
        ("ocsp", after("OCSP - URI:").map(str::to_owned)),
    ];
    let fields = fields.into_iter();
    let known = fields.filter_map(|(name, value)| Some((name, value?)));
    known.filter(|(_, value)| !value.is_empty()).collect()
}

/// Digest of the public key, which stands between two lines in base64.
fn spki(lines: &[&str]) -> String {
    let begin = lines
        .iter()
        .position(|it| *it == "-----BEGIN PUBLIC KEY-----");
    let end = lines
        .iter()
        .position(|it| *it == "-----END PUBLIC KEY-----");
    let (Some(begin), Some(end)) = (begin, end) else {
        return String::new();
    };
    let key = STANDARD
        .decode(lines[begin + 1..end].concat())
        .expect("base64");
    sha256(&key)
}

fn sha256(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02X}")).collect()
}

fn constraints(line: &str) -> String {
    let (ca, length) = line.split_once(", ").unwrap_or((line, ""));
    let ca = ca.trim_start_matches("CA:").to_lowercase();
    match length.strip_prefix("pathlen:") {
        Some(length) => format!("{ca}, {length}"),
        None => ca,
    }
}

const USAGE: [(&str, &str); 9] = [
    ("Digital Signature", "digitalSignature"),
    ("Non Repudiation", "nonRepudiation"),
    ("Key Encipherment", "keyEncipherment"),
    ("Data Encipherment", "dataEncipherment"),
    ("Key Agreement", "keyAgreement"),
    ("Certificate Sign", "keyCertSign"),
    ("CRL Sign", "cRLSign"),
    ("Encipher Only", "encipherOnly"),
    ("Decipher Only", "decipherOnly"),
];

const PURPOSES: [(&str, &str); 3] = [
    ("TLS Web Server Authentication", "serverAuth"),
    ("TLS Web Client Authentication", "clientAuth"),
    ("Any Extended Key Usage", "anyExtendedKeyUsage"),
];

/// A list in the standard's words; numbers stay.
fn words(line: &str, table: &[(&str, &str)]) -> String {
    let word = |it: &str| {
        let known = table.iter().find(|(theirs, _)| *theirs == it);
        known.map_or_else(|| it.to_owned(), |(_, ours)| (*ours).to_owned())
    };
    line.split(", ").map(word).collect::<Vec<_>>().join(", ")
}
