//! Live capture, on real interfaces in network namespaces of our own: no root is needed where user
//! namespaces are allowed, and no frame ever leaves them.

use std::env;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

const STARTTAP: &str = env!("CARGO_BIN_EXE_starttap");

/// Set in a test that runs in a namespace of its own.
const INSIDE: &str = "STARTTAP_TEST_NAMESPACE";

#[test]
fn a_session_is_printed_when_it_ends_and_ctrl_c_ends_with_the_report() {
    stage(
        "live::a_session_is_printed_when_it_ends_and_ctrl_c_ends_with_the_report",
        || {
            let pem = env::temp_dir().join(format!("starttap-live-{}.pem", std::process::id()));
            certificate(&pem);
            let sniffer = Sniffer::start(&["-i", "lo"]);
            let pem_path = pem.display().to_string();
            python("session.py", &["127.0.0.1", "25", &pem_path, "TLSv1_2"]);
            let _ = std::fs::remove_file(&pem);
            // Nothing else comes by: only the clock can end the session.
            let block = sniffer.until("SHA-256");
            assert!(
                block.contains("-> 127.0.0.1:25  TLS established"),
                "{block}"
            );
            assert!(block.contains("TLS 1.2"), "{block}");
            assert!(block.contains("CN=mx.example.net"), "{block}");
            assert!(!block.contains("tcp.stream"), "{block}");
            let (status, rest) = sniffer.interrupt();
            assert_eq!(status.code(), Some(0), "{rest}");
            assert!(rest.contains("lo: live, Ethernet, "), "{rest}");
            assert!(
                rest.contains("1 mail connection: 1 TLS established"),
                "{rest}"
            );
        },
    );
}

#[test]
fn tagged_frames_are_seen() {
    stage("live::tagged_frames_are_seen", || {
        link("a");
        for (capture, tag) in [
            ("story1-failing.pcap", "0"),
            ("story1-failing.pcap", "7"),
            ("qinq.pcap", "0"),
        ] {
            let sniffer = Sniffer::start(&["-i", "a0", "--format", "ndjson"]);
            let path = recorded(capture);
            python("replay.py", &[&path, tag, "a1"]);
            // What was on the wire before Ctrl-C is in the report.
            let (status, records) = sniffer.interrupt();
            assert_eq!(status.code(), Some(0));
            assert_same_sessions(&records, &path);
        }
    });
}

#[test]
fn two_interfaces_are_one_time_line() {
    stage("live::two_interfaces_are_one_time_line", || {
        link("a");
        link("b");
        let sniffer = Sniffer::start(&["-i", "a0", "-i", "b0", "--format", "ndjson"]);
        let path = recorded("story1-failing.pcap");
        python("replay.py", &[&path, "0", "a1", "b1"]);
        let (status, records) = sniffer.interrupt();
        assert_eq!(status.code(), Some(0));
        assert_same_sessions(&records, &path);
        assert!(records.contains(r#""path":"a0+b0""#), "{records}");
    });
}

#[test]
fn count_duration_and_filter() {
    stage("live::count_duration_and_filter", || {
        link("a");
        let path = recorded("story1-failing.pcap");
        let counted = Sniffer::start(&["-i", "a0", "-c", "3"]);
        let filtered = Sniffer::start(&["-i", "a0", "-f", "host 198.51.100.1", "--duration", "1s"]);
        python("replay.py", &[&path, "0", "a1"]);
        let (status, report) = counted.end();
        assert_eq!(status.code(), Some(0));
        assert!(report.contains("a0: live, Ethernet, 3 frames"), "{report}");
        let (status, report) = filtered.end();
        assert_eq!(status.code(), Some(0));
        assert!(report.contains("a0: live, Ethernet, 0 frames"), "{report}");
    });
}

#[test]
fn an_interface_that_goes_away_leaves_the_report() {
    stage(
        "live::an_interface_that_goes_away_leaves_the_report",
        || {
            link("a");
            let sniffer = Sniffer::start(&["-i", "a0"]);
            python("replay.py", &[&recorded("story1-failing.pcap"), "0", "a1"]);
            thread::sleep(Duration::from_millis(300));
            ip("link del a0");
            let (status, report) = sniffer.end();
            assert_eq!(status.code(), Some(4), "{report}");
            assert!(report.contains("incomplete"), "{report}");
            assert!(report.contains("1 TLS failed"), "{report}");
        },
    );
}

#[test]
fn what_cannot_be_sniffed_is_explained() {
    stage("live::what_cannot_be_sniffed_is_explained", || {
        ip("link add a0 type veth peer name a1");
        for (interface, expected) in [
            ("a0", "a0: the interface is down; sudo ip link set a0 up"),
            ("eth7", "eth7: no such interface; there are "),
            ("nfqueue", "starttap only listens"),
        ] {
            let output = Command::new(STARTTAP)
                .args(["live", "-i", interface])
                .output()
                .expect("starttap runs");
            let said = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(3), "{said}");
            assert!(said.contains(expected), "{said}");
        }
        let output = Command::new(STARTTAP)
            .arg("interfaces")
            .output()
            .expect("starttap runs");
        let list = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success());
        assert!(list.contains("lo   "), "{list}");
        assert!(list.contains("Ethernet            127.0.0.1"), "{list}");
        assert!(list.contains("-> sudo ip link set a0 up"), "{list}");
    });
}

#[test]
fn a_missing_permission_is_explained() {
    let root = Command::new("id").arg("-u").output();
    let root = root.is_ok_and(|output| output.stdout == b"0\n");
    let mut command = match root {
        false => Command::new(STARTTAP),
        true => {
            let mut command = Command::new("setpriv");
            command.args(["--reuid=65534", "--regid=65534", "--clear-groups", STARTTAP]);
            command
        }
    };
    let Ok(output) = command
        .args(["live", "-i", "lo", "--duration", "10ms"])
        .output()
    else {
        return skip("setpriv is missing");
    };
    let said = String::from_utf8_lossy(&output.stderr);
    if said.contains("failed to execute") || output.status.success() {
        return skip("this user may sniff, or may not run starttap");
    }
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("CAP_NET_RAW"), "{said}");
    let remedy = "sudo setcap cap_net_raw+ep $(command -v starttap)";
    assert!(said.contains(remedy), "{said}");
}

#[test]
fn wrong_usage_needs_no_permission() {
    for arguments in [
        &["live"][..],
        &["live", "-i", "lo", "-f", "prot 25"],
        &["live", "-i", "lo", "--duration", "0s"],
        &["live", "-i", "lo", "-c", "0"],
        &["live", "-i", "lo", "--buffer", "1KiB"],
    ] {
        let output = Command::new(STARTTAP)
            .args(arguments)
            .output()
            .expect("starttap runs");
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    }
}

/// Runs the rest of this test in a namespace of its own: the test program calls itself.
fn stage(name: &str, act: impl FnOnce()) {
    if env::var_os(INSIDE).is_some() {
        return act();
    }
    for tool in ["unshare", "ip", "python3", "openssl", "sh"] {
        let there = Command::new("sh")
            .args(["-c", &format!("command -v {tool}")])
            .output();
        if !there.is_ok_and(|output| output.status.success()) {
            return skip(&format!("{tool} is missing"));
        }
    }
    let enter = |flags: &str| {
        let mut command = Command::new("unshare");
        command.args([flags, "sh", "-c", "ip link set lo up && exec \"$@\"", "sh"]);
        command
    };
    let works = |flags: &&str| {
        let output = enter(flags).arg("true").output();
        output.is_ok_and(|output| output.status.success())
    };
    let Some(flags) = ["-Urn", "-n"].into_iter().find(works) else {
        return skip("no network namespaces");
    };
    let this = env::current_exe().expect("this test program");
    let output = enter(flags)
        .arg(this)
        .args(["--exact", name, "--nocapture"])
        .env(INSIDE, "1")
        .output()
        .expect("the namespace was there a moment ago");
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text);
    assert!(output.status.success(), "{text}");
    assert!(text.contains("1 passed"), "{name} is not a test: {text}");
}

/// Past the output capture of the test program: a skipped test must be seen.
fn skip(why: &str) {
    let name = thread::current().name().unwrap_or_default().to_owned();
    let _ = writeln!(io::stderr(), "SKIPPED {name}: {why}");
}

/// `starttap live`, running.
struct Sniffer {
    child: Child,
    lines: Receiver<String>,
}

impl Sniffer {
    /// Starts it, and waits until it sniffs.
    fn start(arguments: &[&str]) -> Self {
        let mut child = Command::new(STARTTAP)
            .arg("live")
            .args(arguments)
            .args(["--color", "never"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("starttap runs");
        let mut errors = BufReader::new(child.stderr.take().expect("a pipe"));
        let mut note = String::new();
        errors.read_line(&mut note).expect("text");
        assert!(note.contains("sniffing"), "{note}");
        thread::spawn(move || errors.read_to_string(&mut String::new()));
        let (sender, lines) = mpsc::channel();
        let output = BufReader::new(child.stdout.take().expect("a pipe"));
        thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        Self { child, lines }
    }

    /// What it prints, up to a line with this text.
    fn until(&self, text: &str) -> String {
        let mut seen = String::new();
        while !seen.contains(text) {
            match self.lines.recv_timeout(Duration::from_secs(10)) {
                Ok(line) => seen.extend([line.as_str(), "\n"]),
                Err(error) => panic!("{error}, no {text:?} in {seen}"),
            }
        }
        seen
    }

    /// Ctrl-C; gives the exit status and the rest of the output.
    fn interrupt(self) -> (ExitStatus, String) {
        let kill = format!("kill -INT {}", self.child.id());
        let killed = Command::new("sh").args(["-c", &kill]).status();
        assert!(killed.expect("sh runs").success());
        self.end()
    }

    /// Waits for its end; gives the exit status and the rest of the output.
    fn end(mut self) -> (ExitStatus, String) {
        let mut rest = String::new();
        loop {
            match self.lines.recv_timeout(Duration::from_secs(10)) {
                Ok(line) => rest.extend([line.as_str(), "\n"]),
                Err(mpsc::RecvTimeoutError::Disconnected) => break,
                Err(error) => panic!("{error} after {rest}"),
            }
        }
        (self.child.wait().expect("a child"), rest)
    }
}

impl Drop for Sniffer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The sessions must be those of the file, but for what a live capture cannot know.
fn assert_same_sessions(records: &str, capture: &str) {
    let read = Command::new(STARTTAP)
        .args(["read", "--format", "ndjson", capture])
        .output()
        .expect("starttap runs");
    let expected = sessions(&String::from_utf8_lossy(&read.stdout));
    let seen = sessions(records);
    assert_eq!(seen.len(), expected.len(), "{records}");
    for (seen, expected) in seen.iter().zip(&expected) {
        for fact in [
            "/outcome",
            "/verdict/finding",
            "/community_id",
            "/ended/by",
            "/ended/phase",
        ] {
            assert_eq!(seen.pointer(fact), expected.pointer(fact), "{fact}");
        }
        for fact in [
            "/tcp/client",
            "/tcp/server",
            "/smtp/ehlo/name",
            "/capture/visibility",
        ] {
            assert_eq!(seen.pointer(fact), expected.pointer(fact), "{fact}");
        }
        for fact in ["ja3", "ja4", "versions", "size"] {
            let fact = format!("/tls/client_hello/{fact}");
            assert_eq!(seen.pointer(&fact), expected.pointer(&fact), "{fact}");
        }
        let stream = seen.pointer("/capture/tcp_stream");
        assert_eq!(stream, Some(&serde_json::Value::Null));
    }
}

fn sessions(records: &str) -> Vec<serde_json::Value> {
    records
        .lines()
        .map(|line| serde_json::from_str(line).expect("a record"))
        .filter(|record: &serde_json::Value| record["kind"] == "session")
        .collect()
}

/// Two joined interfaces, `{name}0` and `{name}1`.
fn link(name: &str) {
    ip(&format!("link add {name}0 type veth peer name {name}1"));
    for end in [0, 1] {
        // Room for tags.
        ip(&format!("link set {name}{end} mtu 9000 up"));
    }
}

fn ip(arguments: &str) {
    let status = Command::new("ip").args(arguments.split(' ')).status();
    assert!(
        status.is_ok_and(|status| status.success()),
        "ip {arguments}"
    );
}

fn python(script: &str, arguments: &[&str]) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/live");
    let status = Command::new("python3")
        .arg(folder.join(script))
        .args(arguments)
        .status();
    assert!(status.is_ok_and(|status| status.success()), "{script}");
}

fn certificate(pem: &Path) {
    let command = "openssl req -x509 -newkey rsa:2048 -nodes -keyout \"$1\" -subj /CN=mx.example.net \
                   -days 30 2>/dev/null >\"$1.crt\" && cat \"$1.crt\" >>\"$1\" && rm \"$1.crt\"";
    let status = Command::new("sh")
        .args(["-c", command, "sh"])
        .arg(pem)
        .status();
    assert!(status.is_ok_and(|status| status.success()));
}

fn recorded(name: &str) -> String {
    let folder: PathBuf = [env!("CARGO_MANIFEST_DIR"), "captures"].iter().collect();
    folder.join(name).display().to_string()
}
