//! What Chromium makes of a report: no message on its console, no request that leaves the file.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{STORIES, hostile, html, sessions};

/// What the browser says of a page.
struct Seen {
    /// The page after it was loaded, as HTML.
    dom: String,
    /// Messages on its console.
    console: Vec<String>,
    /// Its log of everything that has to do with the network.
    network: String,
}

fn has_chromium() -> bool {
    let version = Command::new("chromium").arg("--version").output();
    let found = version.is_ok_and(|output| output.status.success());
    if !found {
        say!("SKIPPED: chromium is not installed, HTML reports are not opened");
    }
    found
}

/// Opens a page in a browser that has never seen another one, with every host unknown.
fn open(name: &str, page: &str) -> Seen {
    let folder = folder(name);
    let file = folder.join("page.html");
    fs::write(&file, page).unwrap();
    let log = folder.join("network.json");
    let output = Command::new("timeout")
        .args([
            "--kill-after=10",
            "120",
            "chromium",
            "--headless",
            "--no-sandbox",
        ])
        .args([
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-sync",
        ])
        .args([
            "--disable-background-networking",
            "--disable-component-update",
        ])
        .args(["--disable-dev-shm-usage", "--enable-logging=stderr"])
        .arg("--host-resolver-rules=MAP * ~NOTFOUND")
        .arg(format!(
            "--user-data-dir={}",
            folder.join("profile").display()
        ))
        .arg(format!("--log-net-log={}", log.display()))
        .arg("--dump-dom")
        .arg(format!("file://{}", file.display()))
        .output()
        .unwrap();
    assert!(output.status.success(), "{name}: {:?}", output.status);
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    let console = stderr.lines().filter(|line| line.contains(":CONSOLE:"));
    let seen = Seen {
        dom: String::from_utf8_lossy(&output.stdout).into_owned(),
        console: console.map(str::to_owned).collect(),
        network: fs::read_to_string(&log).unwrap(),
    };
    fs::remove_dir_all(&folder).unwrap();
    seen
}

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("browser-{name}"));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

#[test]
fn a_browser_shows_reports_and_asks_for_nothing() {
    if !has_chromium() {
        return;
    }
    // That messages and requests are noticed at all.
    let control = "<title>x</title><script>console.error('here')</script>\
                   <img src='http://leak.example/x'>";
    let seen = open("control", control);
    assert!(!seen.console.is_empty(), "no message was noticed");
    assert!(
        seen.network.contains("leak.example"),
        "no request was noticed"
    );
    for file in STORIES {
        let seen = open(file, &html(sessions(file)));
        assert!(seen.dom.contains("starttap report</h1>"), "{file}");
        assert!(seen.dom.contains("Ladder diagram of session 1"), "{file}");
        assert_eq!(seen.console, Vec::<String>::new(), "{file}");
    }
    let seen = open("hostile", &html([hostile(100_000)]));
    assert_eq!(seen.console, Vec::<String>::new());
    assert!(!seen.network.contains("leak.example"));
    // The browser's own writing of the page: what it took for text is escaped, what it took for an
    // element is not.
    assert!(seen.dom.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
    assert!(!seen.dom.contains("<script"));
    assert!(!seen.dom.contains("<img"));
    assert!(!seen.dom.contains("<svg onload"));
    assert!(seen.dom.contains("\\u{0}\\u{202E}"));
    say!("{} reports shown by chromium", STORIES.len() + 1);
}
