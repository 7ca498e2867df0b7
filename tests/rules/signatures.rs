//! The ids of the signature table, and what became of each.

use starttap::rules::rows::ROWS;
use starttap::rules::{CROSS_RULES, RULES};

/// The ids of each family, as last number.
const FAMILIES: [(char, u8); 6] = [
    ('S', 25),
    ('T', 42),
    ('C', 22),
    ('P', 22),
    ('X', 12),
    ('K', 13),
];

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
    let mut placed: Vec<&str> = rules.chain(rows).collect();
    placed.sort_unstable();
    let mut all = all();
    all.sort_unstable();
    assert_eq!(placed, all, "each id once: a rule or a row");
}
