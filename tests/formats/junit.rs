//! JUnit reports, held by xmllint against a schema of what their readers agree on.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::{BANNER, capture_paths, folder, hostile, is_installed, printed};
use crate::support::root;

/// Whether xmllint finds the file in order, or what it says.
fn check(file: &Path) -> Result<(), String> {
    let output = Command::new("xmllint")
        .args(["--noout", "--nonet", "--schema"])
        .arg(root().join("tests/formats/junit.xsd"))
        .arg(file)
        .output()
        .expect("xmllint runs");
    match output.status.success() {
        true => Ok(()),
        false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
    }
}

/// The value of an XPath expression.
fn value(expression: &str, file: &Path) -> String {
    let mut command = Command::new("xmllint");
    command.args(["--xpath", expression]).arg(file);
    let output = command.output().expect("xmllint runs");
    assert!(output.status.success(), "{expression}: {output:?}");
    String::from_utf8(output.stdout)
        .expect("UTF-8")
        .trim_end()
        .to_owned()
}

#[test]
fn reports_follow_a_schema() {
    if !is_installed("xmllint") {
        say!("SKIPPED: JUnit reports are not read, xmllint is not installed");
        return;
    }
    let folder = folder("junit");
    let captures = capture_paths();
    let mut captures: Vec<&str> = captures.iter().map(String::as_str).collect();
    let hostile = hostile("formats-junit");
    captures.push(&hostile);
    let all = folder.join("all.xml");
    fs::write(&all, printed("junit", &captures, &[])).expect("a file");
    check(&all).expect("a JUnit report");
    let count = |expression: &str| value(expression, &all);
    assert_eq!(
        count("count(//testcase)"),
        count("string(/testsuites/@tests)")
    );
    assert_eq!(
        count("count(//failure)"),
        count("string(/testsuites/@failures)")
    );
    assert_eq!(count("count(//testsuite[@tests != count(testcase)])"), "0");
    assert_eq!(
        count("count(//testsuite[@failures != count(testcase/failure)])"),
        "0"
    );
    let twice = "count(//testcase[@name = preceding-sibling::testcase/@name])";
    assert_eq!(count(twice), "0", "readers would take two cases for one");
    say!("junit: {} test cases", count("count(//testcase)"));

    // What strangers say stays text, as it is but for what XML or a terminal has no place for.
    let one = folder.join("hostile.xml");
    fs::write(&one, printed("junit", &[&hostile], &[])).expect("a file");
    check(&one).expect("a JUnit report");
    let text = value("string(//failure)", &one);
    let banner = BANNER.replace('\u{202E}', "\\u{202E}");
    assert!(text.contains(&banner), "{text}");
}

#[test]
fn the_schema_refuses_other_documents() {
    if !is_installed("xmllint") {
        say!("SKIPPED: the schema of JUnit reports is not tried, xmllint is not installed");
        return;
    }
    let good = printed("junit", &["captures/story1-failing.pcap"], &[]);
    let folder = folder("junit");
    for (number, (from, to)) in [
        ("time=\"0.068\"", "time=\"fast\""),
        (" classname=", " class="),
        ("<failure ", "<failed "),
        ("tests=\"1\"", "tests=\"-1\""),
        ("</testsuites>", ""),
    ]
    .into_iter()
    .enumerate()
    {
        let bad = good.replace(from, to).replace(
            "</failure>",
            &match to {
                "<failed " => "</failed>".to_owned(),
                _ => "</failure>".to_owned(),
            },
        );
        assert_ne!(bad, good, "{from}");
        let file = folder.join(format!("bad-{number}.xml"));
        fs::write(&file, bad).expect("a file");
        assert!(check(&file).is_err(), "{to} may stand for {from}");
    }
}
