//! Labels a file with `starttap frames --all-ports`: what is compared is what people read.

use std::path::Path;

use crate::support::starttap;

use super::Row;
use super::tshark::{nanos, number};

/// One row per frame up to the last that has one: `None` for frames without a whole TCP header.
pub fn rows(file: &Path) -> Vec<Option<Row>> {
    let path = file.to_str().expect("a path in UTF-8");
    let output = starttap(&["frames", "--all-ports", "-q", path]);
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let mut lines = text.lines();
    let Some(header) = lines.next() else {
        // No capture that starttap reads.
        assert_eq!(output.status.code(), Some(3), "{path}");
        return Vec::new();
    };
    let header: Vec<_> = header.split('\t').collect();
    let mut rows = Vec::new();
    for line in lines {
        let values: Vec<_> = line.split('\t').collect();
        assert_eq!(values.len(), header.len(), "{line}");
        let value = |name: &str| {
            let at = header.iter().position(|column| *column == name);
            values[at.expect("the column")]
        };
        let frame: usize = value("frame").parse().expect("a frame");
        assert!(frame > rows.len(), "frames ascend");
        rows.resize(frame - 1, None);
        rows.push(Some(Row {
            is_quote: value("messages").starts_with("ICMP("),
            stream: value("stream").parse().expect("a stream"),
            labels: value("analysis").to_owned(),
            dup_ack: (number(value("dup_ack_num")), number(value("dup_ack_frame"))),
            rto: (nanos(value("rto")).unwrap_or(0), number(value("rto_frame"))),
            initial_rtt: nanos(value("initial_rtt")),
            completeness: value("completeness").parse().ok(),
        }));
    }
    rows
}
