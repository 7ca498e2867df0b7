//! Names and patterns given on the command line, as the README tells it.

use serde_json::Value;

use crate::support::starttap;

fn status(arguments: &[&str]) -> i32 {
    starttap(arguments).status.code().expect("an exit status")
}

fn read_json(arguments: &[&str]) -> Value {
    let all = [&["read", "-q", "--format", "json"], arguments].concat();
    serde_json::from_slice(&starttap(&all).stdout).expect("JSON")
}

fn cause(findings: &Value, id: &str) -> Option<String> {
    let mut findings = findings.as_array().expect("findings").iter();
    let finding = findings.find(|finding| finding["id"] == id)?;
    finding["cause"].as_str().map(str::to_owned)
}

#[test]
fn a_name_that_the_capture_does_not_show() {
    const REFUSED: &str = "captures/story3-alert42.pcap";
    let verdict = |arguments: &[&str]| {
        let report = read_json(&[arguments, &[REFUSED]].concat());
        report["sessions"][0]["verdict"].clone()
    };
    assert_eq!(verdict(&[])["finding"], "C22");
    let told = verdict(&["--expect-name", "smtp.example.net"]);
    assert_eq!(told["finding"], "C04");
    assert_eq!(told["confidence"], "high");
    let text = told["text"].as_str().expect("a text");
    assert!(text.contains("smtp.example.net"), "{text}");
    assert!(text.contains("*.exchangeserverpro.net"), "{text}");
    // Any one of several will do.
    for name in ["MAIL.exchangeserverpro.net.", "exchangeserverpro.net"] {
        let fits = verdict(&["--expect-name", "smtp.example.net", "--expect-name", name]);
        assert_eq!(fits["finding"], "C22", "{name}");
    }
    for wrong in ["", "192.0.2.1", "*.example.net", "m\u{fc}ller.de", "a b"] {
        assert_eq!(
            status(&["read", "--expect-name", wrong, REFUSED]),
            2,
            "{wrong}"
        );
        let live = ["live", "-i", "no-such-interface", "--expect-name", wrong];
        assert_eq!(status(&live), 2, "{wrong}");
    }
}

/// Story 5 in one command, as the README has it.
#[test]
fn what_a_connector_takes() {
    const GATEWAY: &str = "captures/story5-client-cert.pcap";
    const TLS13: &str = "captures/story5-client-cert-tls13.pcap";
    const OTHER: &str = "captures/cert-client-no-clientauth.pcap";
    let taken = |pattern: &str| {
        let report = read_json(&["--connector-pattern", pattern, GATEWAY]);
        let session = &report["sessions"][0]["findings"];
        let finding = session.as_array().expect("findings").iter();
        let mut severity = finding
            .filter(|it| it["id"] == "C12")
            .map(|it| &it["severity"]);
        (
            cause(session, "C12").expect("C12"),
            severity.next().cloned(),
        )
    };
    let (text, severity) = taken("*.varunagroup.de");
    for name in ["mx01", "mx02", "smtpo365"] {
        assert!(text.contains(&format!("{name}.varunagroup.de")), "{text}");
    }
    assert!(
        text.contains("every certificate for a host of varunagroup.de"),
        "{text}"
    );
    assert_eq!(severity, Some("medium".into()));
    let (text, severity) = taken("mx02.varunagroup.de");
    assert!(
        text.contains("by its very name mx02.varunagroup.de"),
        "{text}"
    );
    assert_eq!(severity, Some("info".into()));
    let (text, severity) = taken("*.de");
    assert!(text.contains("only if the receiver"), "{text}");
    assert_eq!(severity, Some("medium".into()));
    let (text, severity) = taken("*.example.com");
    assert!(text.contains("which *.example.com does not take"), "{text}");
    assert_eq!(severity, Some("info".into()));
    // Encrypted: no guess.
    let report = read_json(&["--connector-pattern", "*.varunagroup.de", GATEWAY, TLS13]);
    let text = cause(&report["sessions"][1]["findings"], "C12").expect("C12");
    assert!(text.contains("not observable"), "{text}");
    assert_eq!(cause(&report["findings"], "C12"), None);
    // Nothing without a pattern.
    let report = read_json(&[GATEWAY]);
    assert_eq!(cause(&report["sessions"][0]["findings"], "C12"), None);
    assert_eq!(
        status(&["read", "--connector-pattern", "a.*.b", GATEWAY]),
        2
    );
    assert_eq!(status(&["read", "--connector-pattern", "*", GATEWAY]), 2);
    // The other sender's certificate is taken by another pattern.
    let both = [
        "--connector-pattern",
        "*.varunagroup.de",
        "--connector-pattern",
        "*.example.net",
    ];
    let report = read_json(&[&both[..], &[GATEWAY, OTHER]].concat());
    assert_eq!(cause(&report["findings"], "C12"), None);
    for session in report["sessions"].as_array().expect("sessions") {
        assert!(cause(&session["findings"], "C12").is_some());
    }
}

#[test]
fn the_command_for_the_proper_certificate() {
    let report = read_json(&["captures/story3-two-backends.pcap"]);
    let text = cause(&report["findings"], "C05").expect("C05");
    let command = "Set-ReceiveConnector CONNECTOR -TlsCertificateName '<I>CN=Example Trust Issuing \
                   CA, O=Example Trust, C=US<S>CN=*.exchangeserverpro.net, O=Exchange Server Pro, \
                   L=Brisbane, S=Queensland, C=AU'";
    assert!(text.contains(command), "{text}");
    let report = read_json(&["captures/story3-selfsigned-alert46.pcap"]);
    assert_eq!(cause(&report["findings"], "C05"), None);
}
