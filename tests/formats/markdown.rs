//! Markdown, rendered by the reference implementation of GitHub's.

use std::io::Write;
use std::process::{Command, Stdio};

use super::{BANNER, capture_paths, hostile, is_installed, printed};

/// The document as cmark-gfm understands it, as XML: raw HTML is a node of its own there.
fn rendered(markdown: &str) -> String {
    let mut child = Command::new("cmark-gfm")
        .args([
            "--to",
            "xml",
            "-e",
            "table",
            "-e",
            "strikethrough",
            "-e",
            "tagfilter",
        ])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("cmark-gfm runs");
    let mut input = child.stdin.take().expect("its input");
    let text = markdown.to_owned();
    let writer = std::thread::spawn(move || input.write_all(text.as_bytes()));
    let output = child.wait_with_output().expect("cmark-gfm runs");
    writer.join().expect("a thread").expect("cmark-gfm reads");
    assert!(output.status.success());
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// The text of a rendered document, that of its code included, without any of its structure.
fn text(xml: &str) -> String {
    let mut text = String::new();
    for piece in xml.split('<').skip(1) {
        let (tag, content) = piece.split_once('>').expect("a tag");
        if tag.starts_with("text") || tag.starts_with("code") {
            text.push_str(content);
        } else if tag.starts_with("/paragraph") || tag.starts_with("/table_cell") {
            text.push('\n');
        }
    }
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&amp;", "&")
}

/// Columns of a row of a table: bars that no backslash makes text.
fn columns(row: &str) -> usize {
    let row = row.replace("\\\\", "").replace("\\|", "");
    row.matches('|').count()
}

/// Rows of tables, after each had as many columns as the head of its table.
fn rows(markdown: &str) -> usize {
    let mut rows = 0;
    let mut head = None;
    for line in markdown.lines() {
        if !line.starts_with('|') {
            head = None;
            continue;
        }
        let expected = *head.get_or_insert(columns(line));
        assert_eq!(columns(line), expected, "{line}");
        rows += 1;
    }
    rows
}

#[test]
fn reports_render_as_they_are_meant() {
    if !is_installed("cmark-gfm") {
        say!("SKIPPED: Markdown is not rendered, cmark-gfm is not installed");
        return;
    }
    let hostile = hostile("formats-markdown");
    let mut total = 0;
    for path in capture_paths().iter().chain([&hostile]) {
        let markdown = printed("markdown", &[path], &[]);
        let xml = rendered(&markdown);
        for node in [
            "html_block",
            "html_inline",
            "link",
            "image",
            "strikethrough",
        ] {
            assert!(!xml.contains(&format!("<{node}")), "{path}: {node}");
        }
        let rows = rows(&markdown);
        let tables = xml.matches("<table>").count();
        // The line below the head of a table is no row.
        let seen = xml.matches("<table_row>").count() + xml.matches("<table_header>").count();
        assert_eq!(rows - tables, seen, "{path}: a table that is none");
        let sections = markdown
            .lines()
            .filter(|line| line.starts_with('#'))
            .count();
        assert_eq!(
            xml.matches("<heading ").count(),
            sections,
            "{path}: headings"
        );
        let filters = markdown.lines().filter(|line| *line == "```").count() / 2;
        assert_eq!(
            xml.matches("<code_block").count(),
            filters,
            "{path}: display filters"
        );
        total += rows;
    }
    say!("markdown: {total} rows of tables");
    assert!(total > 1_000);

    // What strangers say is shown as it is, but for what a terminal would obey.
    let shown = text(&rendered(&printed("markdown", &[&hostile], &[])));
    let banner = BANNER.replace('\u{202E}', "\\u{202E}");
    assert!(shown.contains(&banner), "{shown}");
    assert!(shown.contains("@SUM(1+1)*cmd|'/c calc'!A1"), "{shown}");
}
