//! Rules and other rows of the signature table by their ids.

use serde::Serialize;

use super::policy::{self, Family};
use super::rows::{ROWS, Row};
use super::{CROSS_RULES, CrossRule, RULES, Rule};
use crate::model::Severity;

/// What there is to tell about a rule; the fields are those of [`Rule`].
#[derive(Clone, Copy, Debug, Serialize)]
#[expect(missing_docs)]
pub struct Page {
    pub id: &'static str,
    pub title: &'static str,
    pub severity: Severity,
    pub meaning: &'static str,
    pub evidence: &'static str,
    pub trap: &'static str,
    pub advice: &'static str,
    pub references: &'static [&'static str],
    pub tls_rpt: Option<&'static str>,
}

impl From<&Rule> for Page {
    fn from(rule: &Rule) -> Self {
        Self {
            id: rule.id,
            title: rule.title,
            severity: rule.severity,
            meaning: rule.meaning,
            evidence: rule.evidence,
            trap: rule.trap,
            advice: rule.advice,
            references: rule.references,
            tls_rpt: rule.tls_rpt,
        }
    }
}

impl From<&Family> for Page {
    fn from(family: &Family) -> Self {
        Self {
            id: family.id,
            title: family.title,
            severity: family.severity,
            meaning: family.meaning,
            evidence: family.evidence,
            trap: family.trap,
            advice: family.advice,
            references: family.references,
            tls_rpt: None,
        }
    }
}

impl From<&CrossRule> for Page {
    fn from(rule: &CrossRule) -> Self {
        Self {
            id: rule.id,
            title: rule.title,
            severity: rule.severity,
            meaning: rule.meaning,
            evidence: rule.evidence,
            trap: rule.trap,
            advice: rule.advice,
            references: rule.references,
            tls_rpt: rule.tls_rpt,
        }
    }
}

/// What an id stands for.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(untagged)]
pub enum Entry {
    /// A rule.
    Rule(Page),
    /// A signature that no rule looks for.
    Row(&'static Row),
}

impl Entry {
    fn id(self) -> &'static str {
        match self {
            Self::Rule(page) => page.id,
            Self::Row(row) => row.id,
        }
    }
}

/// The families of ids, in the order of the signature table: mail, TLS, certificates, path,
/// several connections, capture; then what policies demand.
const FAMILIES: &str = "STCPXKN";

/// All rules by their ids.
pub fn pages() -> Vec<Page> {
    let across = CROSS_RULES.iter().map(Page::from);
    let policies = policy::FAMILIES.into_iter().map(Page::from);
    let rules = RULES.iter().map(Page::from);
    let mut pages: Vec<Page> = rules.chain(across).chain(policies).collect();
    pages.sort_by_key(|page| (FAMILIES.find(&page.id[..1]), page.id));
    pages
}

/// What this id stands for; upper and lower case and leading zeros are the same. Else the nearest
/// ids there are.
pub fn find(text: &str) -> Result<Entry, Vec<&'static str>> {
    let Some((family, number)) = split(text.trim()) else {
        return Err(Vec::new());
    };
    let rules = pages().into_iter().map(Entry::Rule);
    let mut entries: Vec<Entry> = rules.chain(ROWS.iter().map(Entry::Row)).collect();
    // Of a family that there is the nearest numbers, else the same number of the nearest letters.
    entries.sort_by_key(|entry| {
        let known = split(entry.id());
        known.map(|known| {
            let letters = u32::from(known.0).abs_diff(u32::from(family));
            (letters != 0, known.1.abs_diff(number), letters)
        })
    });
    match entries.first() {
        Some(entry) if split(entry.id()) == Some((family, number)) => Ok(*entry),
        _ => Err(entries.iter().take(NEAREST).map(|it| it.id()).collect()),
    }
}

/// Ids named to somebody who asked for one that there is not.
const NEAREST: usize = 3;

/// `t8` as `('T', 8)`.
fn split(id: &str) -> Option<(char, u16)> {
    let mut chars = id.chars();
    let family = chars.next()?.to_ascii_uppercase();
    let number = chars.as_str().parse().ok()?;
    Some((family, number))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Option<&'static str> {
        find(text).ok().map(Entry::id)
    }

    #[test]
    fn an_id_however_it_is_written() {
        assert_eq!(found("T40"), Some("T40"));
        assert_eq!(found("t40"), Some("T40"));
        assert_eq!(found(" p3 "), Some("P03"));
        assert_eq!(found("x01"), Some("X01"));
        assert_eq!(found("N1"), Some("N01"));
    }

    #[test]
    fn the_nearest_of_what_there_is_not() {
        assert_eq!(find("T999").err().map(|ids| ids[0]), Some("T42"));
        let near = find("Q01").expect_err("unknown");
        assert_eq!(near.len(), NEAREST);
        assert!(near.contains(&"P01"), "{near:?}");
        for nonsense in ["", "T", "é", "certificate", "T-1", "T70000"] {
            assert_eq!(find(nonsense).err(), Some(Vec::new()), "{nonsense:?}");
        }
    }

    #[test]
    fn every_family_has_its_place() {
        for page in pages() {
            assert!(FAMILIES.contains(&page.id[..1]), "{}", page.id);
        }
    }
}
