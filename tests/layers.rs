//! Data flows one way. This test holds the `use crate::` edges against the order of the design.

use std::fs;
use std::path::{Path, PathBuf};

/// The rooms from left to right; rooms in the same group must not use each other.
const ORDER: [&[&str]; 12] = [
    &["error", "escape", "limits", "time"],
    &["model"],
    &["capture"],
    &["decode"],
    &["flow"],
    &["stream", "tcp"],
    &["smtp", "tls"],
    &["engine"],
    &["redact"],
    &["rules"],
    &["report"],
    &["cli"],
];

/// Uses inside a group that the design allows.
const ALLOWED: [(&str, &str); 0] = [];

fn rank(room: &str) -> usize {
    ORDER
        .iter()
        .position(|group| group.contains(&room))
        .unwrap_or_else(|| panic!("room {room} is not in the order of tests/layers.rs"))
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

/// Names after `crate::`, also in groups: `crate::{capture::Frame, time}`.
fn uses(text: &str) -> Vec<String> {
    let mut rooms = Vec::new();
    for line in text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
    {
        for (at, _) in line.match_indices("crate::") {
            let rest = &line[at + "crate::".len()..];
            let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
            match rest.strip_prefix('{') {
                Some(group) => rooms.extend(
                    group
                        .split(['{', ',', '}'])
                        .map(|name| name.trim().chars().take_while(|&c| is_name(c)).collect()),
                ),
                None => rooms.push(rest.chars().take_while(|&c| is_name(c)).collect()),
            }
        }
    }
    rooms.retain(|room: &String| !room.is_empty());
    rooms
}

#[test]
fn no_room_reaches_back() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut edges = 0;
    for path in sources(&src) {
        let inside = path.strip_prefix(&src).expect("below src");
        let first = inside.iter().next().expect("a name");
        let room = first.to_string_lossy().trim_end_matches(".rs").to_owned();
        if room == "lib" || room == "main" {
            continue;
        }
        for used in uses(&fs::read_to_string(&path).expect("a source file")) {
            if used == room {
                continue;
            }
            edges += 1;
            let allowed =
                rank(&used) < rank(&room) || ALLOWED.contains(&(room.as_str(), used.as_str()));
            assert!(allowed, "{}: {room} uses {used}", inside.display());
        }
    }
    assert!(edges > 50, "only {edges} edges found: the search is broken");
}
