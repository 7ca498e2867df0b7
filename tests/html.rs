//! The HTML report: its structure, its size, and what a browser makes of it.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod browser;
mod document;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use starttap::capture::open;
use starttap::engine::Engine;
use starttap::engine::ports::Ports;
use starttap::limits::Limits;
use starttap::model::{Input, Outcome, Report, Session};
use starttap::report::Output;
use starttap::report::html::Html;
use starttap::rules::{self, Settings};

use self::document::Document;
use crate::support::{captures, name, root, starttap};

const STORIES: [&str; 6] = [
    "story1-failing.pcap",
    "story2-rc4-queue.pcap",
    "story2-rc4-leaves.pcap",
    "story3-selfsigned-alert46.pcap",
    "story4-masked-inside.pcap",
    "story5-client-cert.pcap",
];

/// What a stranger may write into a banner or a certificate.
const HOSTILE: &str = "<script>alert(1)</script><svg onload=alert(2)><img src=http://leak.example/x>\
    \"' onmouseover='x' </style></title>{{7*7}}&lt;\0\u{202E}\u{1b}[31m";

/// The sessions of a capture, not yet judged.
fn sessions(file: &str) -> Vec<Session> {
    let limits = Limits::default();
    let path = root().join("captures").join(file);
    let mut source = open::open(&path, &limits, 0).unwrap();
    let mut engine = Engine::new(file, Ports::default(), limits);
    let mut sessions = Vec::new();
    while let Some(frame) = source.next().unwrap() {
        engine.push(&frame, &mut |session| sessions.push(session));
    }
    engine.finish(&mut |session| sessions.push(session));
    sessions
}

/// The report of these sessions, which are judged first.
fn html(sessions: impl IntoIterator<Item = Session>) -> String {
    let mut report = Report {
        inputs: vec![Input {
            path: HOSTILE.to_owned(),
            ..Input::default()
        }],
        ..Report::default()
    };
    let mut out = Vec::new();
    let mut output = Html::new(&mut out);
    for mut session in sessions {
        rules::judge(&mut session, &Settings::default());
        report.summary.add(&session);
        output.session(&session).unwrap();
    }
    output.finish(&report).unwrap();
    String::from_utf8(out).unwrap()
}

/// A session in which everything that strangers choose is hostile, and so many bytes long.
fn hostile(bytes: usize) -> Session {
    let mut sessions = sessions("cert-odd-names.pcap");
    let mut session = sessions.remove(0);
    let text = || format!("{HOSTILE}{}", "A".repeat(bytes));
    session.capture.input = text();
    let smtp = session.smtp.as_mut().unwrap();
    let banner = smtp.banner.as_mut().unwrap();
    banner.text = text();
    banner.lines = vec![text(), text()];
    banner.host = Some(text());
    smtp.ehlo.as_mut().unwrap().name = text();
    smtp.capabilities.push(format!("STARTTLS {}", text()));
    let tls = session.tls.as_mut().unwrap();
    let hello = tls.client_hello.as_mut().unwrap();
    hello.sni = Some(text());
    hello.alpn = vec![text(); 150];
    hello.groups = vec![text(); 150];
    for certificate in &mut tls.certificates.server {
        certificate.subject = Some(text());
        certificate.issuer = Some(text());
        certificate.common_name = Some(text());
        certificate.key = Some(text());
        certificate.serial = Some(text());
        certificate.malformed = vec![text(); 150];
        let names = &mut certificate.names;
        names.iter_mut().for_each(|name| name.value = text());
    }
    session
}

#[test]
fn every_capture_gives_a_sound_document() {
    let mut ladders = 0;
    for path in captures() {
        let file = name(&path);
        let capture = format!("captures/{file}");
        let output = starttap(&["read", "--format", "html", "--inventory", &capture]);
        assert!(output.status.success(), "{file}: {:?}", output.status);
        let text = String::from_utf8(output.stdout).unwrap();
        let document = Document::parse(&text).unwrap_or_else(|wrong| panic!("{file}: {wrong}"));
        document
            .check()
            .unwrap_or_else(|wrong| panic!("{file}: {wrong}"));
        ladders += text.matches("class=\"ladder\"").count();
    }
    assert!(ladders > 100, "only {ladders} ladders");
}

#[test]
fn the_failing_step_is_marked() {
    let text = html(sessions(STORIES[0]));
    assert!(text.contains("▶ frame 12 · 0.067126 s"));
    assert!(text.contains("FIN, 6 ms after the client&#39;s last data"));
    assert!(text.contains("<tr class=\"key\"><th scope=\"row\">▶ 12</th>"));
    assert!(
        text.contains("<p class=\"answer bad\">The client at 192.0.2.10 offered at most SSL 3.0")
    );
}

#[test]
fn a_device_in_between_has_a_lane_of_its_own() {
    let lane = "<span class=\"middle\">in between</span>";
    for file in ["injected-reset.pcap", STORIES[4]] {
        assert!(html(sessions(file)).contains(lane), "{file}");
    }
    assert!(!html(sessions(STORIES[0])).contains(lane));
}

/// What TCP and the path did stands among the steps.
#[test]
fn what_the_path_did_stands_in_the_ladder() {
    for (file, what) in [
        ("loss-in-handshake.pcap", ">sent again"),
        ("syn-unanswered.pcap", ">SYN, sent again<"),
        ("pmtu-icmp.pcap", ">ICMP of "),
        ("pmtu-blackhole-receiver.pcap", "never arrive<"),
        ("zero-window.pcap", "closes its receive window"),
        ("silent-server.pcap", " s later<"),
    ] {
        assert!(html(sessions(file)).contains(what), "{file}: {what}");
    }
}

/// The policy of the page names its style sheet by digest, and nothing else is allowed.
#[test]
fn the_policy_names_the_style_sheet() {
    let text = html(sessions(STORIES[0]));
    let (_, rest) = text.split_once("<style>").unwrap();
    let (style, _) = rest.split_once("</style>").unwrap();
    let digest = STANDARD.encode(Sha256::digest(style));
    let policy = format!(
        "content=\"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; \
         base-uri 'none'; form-action 'none'\""
    );
    // Escaped or not: what counts is what the browser reads.
    assert!(text.contains(&policy), "{}", &text[..600]);
}

#[test]
fn hostile_text_is_shown_as_text() {
    let text = html([hostile(100_000)]);
    let document = Document::parse(&text).unwrap();
    document.check().unwrap();
    assert!(text.contains("&#60;script&#62;alert(1)"));
    let obeyed = |char: char| (char.is_control() && char != '\n') || char == '\u{202E}';
    assert!(!text.contains(obeyed));
    assert!(text.len() < 200_000, "{} bytes", text.len());
}

/// Ticket systems and mail take 10 MB.
#[test]
fn ten_thousand_sessions_stay_below_10_mb() {
    /// Sessions in all.
    const MANY: usize = 10_000;
    let measure = |what: &str, templates: Vec<Session>| {
        let many = (0..MANY).map(|at| {
            let mut session = templates[at % templates.len()].clone();
            session.client.port = 1024 + at as u16;
            session.capture.first_frame += 100 * at as u64;
            session
        });
        let text = html(many);
        let told = text.matches("<article class=\"session").count();
        say!(
            "{MANY} sessions, {what}: {} bytes, {told} in full",
            text.len()
        );
        assert!(text.len() < 10_000_000, "{what}: {} bytes", text.len());
        Document::parse(&text).unwrap().check().unwrap();
        (text, told)
    };
    let (text, told) = measure("all failing", sessions(STORIES[0]));
    assert_eq!(told, 200);
    assert!(text.contains("9800 more sessions"));
    let stories = STORIES.iter().flat_map(|file| sessions(file)).collect();
    measure("those of the stories", stories);
    let (_, told) = measure("all working", sessions(STORIES[5]));
    assert_eq!(told, 25);
}

/// The largest sessions there can be are bounded, too.
#[test]
fn hostile_sessions_stay_below_10_mb() {
    let template = hostile(200);
    let many = (0..300).map(|_| Session {
        outcome: Outcome::TlsFailed,
        ..template.clone()
    });
    let text = html(many);
    let told = text.matches("<article class=\"session").count();
    say!("300 hostile sessions: {} bytes, {told} in full", text.len());
    assert!(text.len() < 10_000_000, "{} bytes", text.len());
}
