//! `--policy` and `--min-severity`, on recorded captures and through the command line.

use std::fs;
use std::path::PathBuf;

use insta::{assert_snapshot, with_settings};
use serde_json::{Value, json};

use crate::support::{root, starttap};

const RC4: &str = "captures/story2-rc4-leaves.pcap";

fn report(arguments: &[&str]) -> Value {
    let output = starttap(&[&["read", "--format", "json"], arguments].concat());
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    serde_json::from_slice(&output.stdout).expect("a report")
}

fn stderr(arguments: &[&str]) -> (Option<i32>, String) {
    let output = starttap(arguments);
    let text = String::from_utf8(output.stderr).expect("UTF-8");
    (output.status.code(), text)
}

/// Id, severity and name of the line of every finding of the first session.
fn breaches(report: &Value) -> Vec<(String, String, String)> {
    let findings = report["sessions"][0]["findings"]
        .as_array()
        .expect("findings");
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    findings
        .iter()
        .filter(|finding| text(&finding["id"]).starts_with('N'))
        .map(|finding| {
            let cause = text(&finding["cause"]);
            let line = cause.rsplit(' ').next().unwrap_or_default();
            let line = line.trim_end_matches('.').to_owned();
            (text(&finding["id"]), text(&finding["severity"]), line)
        })
        .collect()
}

#[test]
fn story2_under_rfc9325() {
    let arguments = ["read", "--color", "never", "--policy", "rfc9325", RC4];
    let output = starttap(&arguments);
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    with_settings!({snapshot_path => "snapshots", prepend_module_to_snapshot => false, omit_expression => true}, {
        assert_snapshot!("policy.rfc9325.story2-rc4-leaves.pcap.text", text);
    });
    let report = report(&["--policy", "rfc9325", RC4]);
    assert_eq!(report["summary"]["policy"]["name"], "rfc9325");
    assert_eq!(report["summary"]["policy"]["date"], "2022-11");
    let found = breaches(&report);
    let named = |id: &str, severity: &str, line: &str| {
        (id.to_owned(), severity.to_owned(), line.to_owned())
    };
    assert_eq!(
        found,
        [
            named("N01", "high", "tls10-tls11"),
            named("N02", "high", "rc4"),
            named("N02", "medium", "static-rsa"),
        ]
    );
}

#[test]
fn a_policy_leaves_the_rest_of_the_record_alone() {
    let plain = report(&[RC4]);
    let mut held = report(&["--policy", "nist-800-52r2", RC4]);
    assert!(breaches(&plain).is_empty());
    assert!(!breaches(&held).is_empty());
    for session in held["sessions"].as_array_mut().expect("sessions") {
        let findings = session["findings"].as_array_mut().expect("findings");
        findings.retain(|finding| !finding["id"].as_str().is_some_and(|id| id.starts_with('N')));
    }
    assert_eq!(held["sessions"], plain["sessions"]);
    // A session that breaks two lines under one id is one session with that finding.
    let held = report(&["--policy", "rfc9325", RC4]);
    assert_eq!(held["summary"]["findings"]["N02"], json!(3));
}

#[test]
fn what_is_below_the_minimum_is_hidden_and_counted() {
    let all = report(&[RC4]);
    let some = report(&["--min-severity", "high", RC4]);
    let count = |report: &Value| -> usize {
        let sessions = report["sessions"].as_array().expect("sessions");
        let findings = sessions
            .iter()
            .map(|it| it["findings"].as_array().map_or(0, Vec::len));
        findings.sum()
    };
    let hidden = count(&all) - count(&some);
    assert!(hidden > 0);
    assert_eq!(some["summary"]["hidden_findings"], json!(hidden));
    assert_eq!(all["summary"]["hidden_findings"], json!(0));
    for part in ["severities", "findings", "outcomes"] {
        assert_eq!(some["summary"][part], all["summary"][part], "{part}");
    }
    for (one, other) in [0, 1, 2].map(|at| (&some["sessions"][at], &all["sessions"][at])) {
        assert_eq!(one["verdict"], other["verdict"]);
    }
    let output = starttap(&["read", "--color", "never", "--min-severity", "high", RC4]);
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let note = format!("\n  {hidden} findings below --min-severity not shown\n");
    assert!(text.contains(&note), "{text}");
    assert!(!text.contains("T39"), "{text}");
    // What was asked to fail on is failed on, shown or not.
    let both = [
        "read",
        "--min-severity",
        "critical",
        "--fail-on",
        "low",
        RC4,
    ];
    assert_eq!(starttap(&both).status.code(), Some(1));
}

#[test]
fn a_policy_of_ones_own() {
    let built_in = root().join("src/rules/policy/data/default.toml");
    let text = fs::read_to_string(built_in).expect("the default");
    let own = text.replace("name = \"default\"", "name = \"ours\"");
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("ours.toml");
    fs::write(&path, own).expect("a scratch file");
    let path = path.display().to_string();
    let ours = breaches(&report(&["--policy", &path, RC4]));
    assert!(!ours.is_empty());
    assert_eq!(ours, breaches(&report(&["--policy", "default", RC4])));
    // Breaches count for --fail-on: this session has no rule of its own for Triple DES on offer.
    let healthy = "captures/tls12-postfix.pcap";
    assert_eq!(
        starttap(&["read", "--fail-on", "low", healthy])
            .status
            .code(),
        Some(0)
    );
    let with = [
        "read",
        "--fail-on",
        "low",
        "--policy",
        "bsi-tr-02102-2",
        healthy,
    ];
    assert_eq!(starttap(&with).status.code(), Some(1));
}

#[test]
fn mistakes_are_named_before_anything_is_read() {
    let (status, error) = stderr(&["read", "--policy", "rfc7525", RC4]);
    assert_eq!(status, Some(2));
    for known in ["rfc7525", "default, rfc9325, ", "exchange-online"] {
        assert!(error.contains(known), "{error}");
    }
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("wrong.toml");
    let text = "name = \"wrong\"\ntitle = \"t\"\ndate = \"2026\"\nurl = \"u\"\n\n[[line]]\n\
                id = \"x\"\nseverity = \"high\"\nsource = \"s\"\nforbid_suites = [\"RC4-SHA\"]\n";
    fs::write(&path, text).expect("a scratch file");
    let path = path.display().to_string();
    let (status, error) = stderr(&["read", "--policy", &path, RC4]);
    assert_eq!(status, Some(2));
    assert!(
        error.contains("wrong.toml, line 10: RC4-SHA is no cipher suite"),
        "{error}"
    );
    // A capture in the place of the policy.
    let (status, error) = stderr(&["read", "--policy", RC4, RC4]);
    assert_eq!(status, Some(2));
    assert!(error.contains(RC4), "{error}");
}

/// The README shows a policy and lists those that come along.
#[test]
fn the_readme_tells_about_policies() {
    let readme = fs::read_to_string(root().join("README.md")).expect("a README");
    let folder = root().join("src/rules/policy/data");
    for entry in fs::read_dir(folder).expect("policies") {
        let file = entry.expect("a file").file_name();
        let name = file.to_string_lossy().replace(".toml", "");
        assert!(
            readme.contains(&format!("`{name}`")),
            "README.md does not name {name}"
        );
        let (status, error) = stderr(&["read", "--policy", &name, RC4]);
        assert_eq!(status, Some(0), "{name}: {error}");
    }
    let (_, example) = readme.split_once("```toml\n").expect("an example");
    let (example, _) = example.split_once("```").expect("its end");
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("readme.toml");
    fs::write(&path, example).expect("a scratch file");
    let (status, error) = stderr(&["read", "--policy", &path.display().to_string(), RC4]);
    assert_eq!(status, Some(0), "{error}");
}
