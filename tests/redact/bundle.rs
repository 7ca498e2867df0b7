//! Bundles: complete, the same again, and free of originals.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use sha2::{Digest, Sha256};
use starttap::capture::open;
use starttap::decode::{Decoded, Decoder};
use starttap::limits::Limits;

use super::leaks::Leaks;
use super::planted::{self, Tokens};
use super::{key_file, pcap};
use crate::support::{captures, name, starttap};

/// A folder that is not there yet.
fn folder(name: &str) -> PathBuf {
    let folders = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bundles");
    fs::create_dir_all(&folders).expect("a folder");
    let folder = folders.join(name);
    let _ = fs::remove_dir_all(&folder);
    folder
}

fn bundle(folder: &Path, arguments: &[&str]) -> Output {
    let folder = folder.to_str().expect("a path");
    let key = key_file();
    let options = ["read", "-q", "--bundle", folder, "--redact-key", &key];
    starttap(&[&options[..], arguments].concat())
}

/// The files of a bundle.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(folder).expect("a bundle");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    paths
        .map(|path| (name(&path), fs::read(&path).expect("a file")))
        .collect()
}

#[test]
fn everything_is_there_and_the_same_again() {
    let mut all = Vec::new();
    for name in ["one", "two"] {
        let folder = folder(name);
        let output = bundle(
            &folder,
            &[
                "captures/story3-proper.pcap",
                "captures/story1-failing.pcap",
            ],
        );
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && told.is_empty(), "{told}");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(text.contains("Redacted with the key"), "{text}");
        all.push(files(&folder));
        // A folder with something in it is not touched.
        let again = bundle(&folder, &["captures/story3-proper.pcap"]);
        assert_eq!(again.status.code(), Some(2));
    }
    assert_eq!(all[0], all[1]);
    let names: Vec<&str> = all[0].keys().map(String::as_str).collect();
    let expected = [
        "MANIFEST.sha256",
        "evidence.pcapng",
        "report.html",
        "report.md",
        "report.txt",
        "sessions.ndjson",
    ];
    assert_eq!(names, expected);
    let manifest = String::from_utf8_lossy(&all[0]["MANIFEST.sha256"]).into_owned();
    for line in manifest.lines() {
        let (digest, name) = line.split_once("  ").expect("a digest and a name");
        let given: String = Sha256::digest(&all[0][name])
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        assert_eq!(given, digest, "{name}");
    }
    assert_eq!(manifest.lines().count(), 5);
}

/// No word that happens to be in one of starttap's own sentences is taken for a survivor.
#[test]
fn captures_make_bundles() {
    for path in captures().iter().step_by(10) {
        let file = name(path);
        let folder = folder("every");
        let output = bundle(&folder, &["--evidence", "all", &format!("captures/{file}")]);
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && folder.exists(), "{file}: {told}");
    }
}

/// The payload of each direction of a capture, put together.
fn streams(path: &Path) -> Vec<Vec<u8>> {
    let limits = Limits::default();
    let mut source = open::open(path, &limits, 0).expect("a capture");
    let mut decoder = Decoder::new(&limits);
    let mut streams: BTreeMap<_, Vec<u8>> = BTreeMap::new();
    while let Some(frame) = source.next().expect("a frame") {
        if let Decoded::Tcp(segment) = decoder.decode(&frame) {
            let key = (
                segment.source,
                segment.source_port,
                segment.destination,
                segment.destination_port,
            );
            streams.entry(key).or_default().extend(segment.payload);
        }
    }
    streams.into_values().collect()
}

#[test]
fn no_token_survives_in_a_bundle() {
    let mut tokens = Tokens::default();
    let packets = planted::packets(&mut tokens, 1000);
    let mut originals = tokens.0.clone();
    originals.extend(planted::addresses(&packets));
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("planted-bundle.pcap");
    fs::write(&path, pcap(&packets)).expect("a capture");
    let leaks = Leaks::new(&originals);
    let capture = path.to_str().expect("a path");
    let plain = folder("plain");
    let output = bundle(&plain, &["--evidence", "all", "--no-redact", capture]);
    assert!(output.status.success());
    let redacted = folder("redacted");
    let output = bundle(
        &redacted,
        &["--evidence", "all", "--inventory", "-v", capture],
    );
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
    let mut shown = std::collections::BTreeSet::new();
    for (name, bytes) in files(&plain) {
        shown.extend(leaks.of(&bytes));
        let bytes = &files(&redacted)[&name];
        assert_eq!(leaks.of(bytes), Vec::<String>::new(), "{name}");
    }
    for stream in streams(&plain.join("evidence.pcapng")) {
        shown.extend(leaks.of(&stream));
    }
    for stream in streams(&redacted.join("evidence.pcapng")) {
        assert_eq!(leaks.of(&stream), Vec::<String>::new());
    }
    say!(
        "bundle: {} tokens planted, {} shown without redaction",
        originals.len(),
        shown.len()
    );
    assert!(
        shown.len() > 1000,
        "only {} tokens are shown at all",
        shown.len()
    );
    // Secrets and messages are in neither.
    let secret = &tokens.0;
    assert!(secret.len() > shown.len());
}

/// The title of somebody's policy is told as it is: if it names one of the hosts, somebody has to
/// look.
#[test]
fn a_survivor_stops_the_bundle() {
    let policies = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("named.toml");
    let text =
        fs::read_to_string(crate::support::root().join("src/rules/policy/data/rfc9325.toml"));
    let text = text.expect("a policy");
    let title = text
        .lines()
        .find(|line| line.starts_with("title"))
        .expect("a title");
    fs::write(
        &policies,
        text.replace(title, "title = \"TLS at tailspintoys\""),
    )
    .expect("a policy");
    let policy = policies.to_str().expect("a path");
    let folder = folder("survivor");
    let arguments = ["--policy", policy, "captures/story1-failing.pcap"];
    let output = bundle(&folder, &arguments);
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{told}");
    assert!(told.contains("are still in"), "{told}");
    assert!(!folder.exists());
    let left = fs::read_dir(folder.parent().expect("a folder")).expect("a folder");
    let partial = left
        .filter(|entry| name(&entry.as_ref().expect("an entry").path()).starts_with("survivor"));
    assert_eq!(partial.count(), 0);
    assert!(
        bundle(&folder, &[&arguments[..], &["--no-redact"]].concat())
            .status
            .success()
    );
}
