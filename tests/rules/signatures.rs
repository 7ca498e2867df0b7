//! The ids of the signature table, and what became of each.

use starttap::rules::rows::ROWS;
use starttap::rules::{CROSS_RULES, RULES};

/// The ids of each family, as last number.
const FAMILIES: [(char, u8); 6] = [
    ('S', 25),
    ('T', 40),
    ('C', 19),
    ('P', 22),
    ('X', 12),
    ('K', 13),
];

/// Neither a rule nor explained yet.
const PENDING: &str = "\
    S01 S03 S04 S05 S06 S07 S08 S09 S10 S11 S12 S13 S14 S15 S16 S17 S18 S19 S20 S21 S22 S23 S24 \
    T01 T02 T03 T04 T05 T06 T07 T08 T09 T10 T11 T12 T13 T14 T15 T16 T17 T18 T19 T20 T21 T22 T23 \
    T24 T25 T26 T27 T28 T29 T30 T31 T34 T35 T36 \
    K11";

/// Every id of the table.
pub fn all() -> Vec<String> {
    let of_family = |(family, last)| (1..=last).map(move |number| format!("{family}{number:02}"));
    FAMILIES.into_iter().flat_map(of_family).collect()
}

#[test]
fn every_signature_has_its_place() {
    let across = CROSS_RULES.iter().map(|rule| rule.id);
    let rules = RULES.iter().map(|rule| rule.id).chain(across);
    let rows = ROWS.iter().map(|row| row.id);
    let pending = PENDING.split_whitespace();
    let mut placed: Vec<&str> = rules.chain(rows).chain(pending).collect();
    placed.sort_unstable();
    let mut all = all();
    all.sort_unstable();
    assert_eq!(placed, all, "each id once: a rule, a row, or pending");
}
