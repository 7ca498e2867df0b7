//! Policy files: TOML, read strictly. A word that is not known is a mistake, for a misspelt suite
//! would forbid nothing.

use std::collections::BTreeSet;
use std::ops::Range;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Deserialize;
use toml::Spanned;

use super::certificates::HASHES;
use super::suites::{KINDS, SuiteMatch, kind};
use super::{Condition, Feature, Line, Policy};
use crate::escape::shown;
use crate::model::tls::Version;
use crate::model::{Peer, PolicyInfo, Severity};
use crate::time::Timestamp;
use crate::tls::registry::known;

/// What is wrong with a policy file, and in which line.
#[derive(Debug, PartialEq)]
pub struct Mistake {
    pub line: usize,
    pub reason: String,
}

/// A word and where it stands.
type Word = Spanned<String>;
/// A list of them.
type Words = Spanned<Vec<Word>>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    name: Word,
    title: Word,
    date: Word,
    url: Word,
    line: Vec<Spanned<Row>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    id: Word,
    severity: Word,
    source: Word,
    advice: Option<Word>,
    #[serde(default)]
    versions: Vec<Word>,
    peer: Option<Word>,
    from: Option<Word>,
    min_version: Option<Word>,
    min_offer: Option<Word>,
    allow_suites: Option<Words>,
    forbid_suites: Option<Words>,
    forbid_offered_suites: Option<Words>,
    allow_groups: Option<Words>,
    forbid_groups: Option<Words>,
    min_dh_bits: Option<u32>,
    min_rsa_bits: Option<u32>,
    allow_curves: Option<Words>,
    forbid_hashes: Option<Words>,
    forbid_signatures: Option<Words>,
    require: Option<Word>,
    forbid: Option<Word>,
}

/// A mistake before its place is a line.
struct Wrong {
    at: Range<usize>,
    reason: String,
}

type Read<T> = Result<T, Wrong>;

/// Reads a policy.
pub fn policy(text: &str) -> Result<Policy, Mistake> {
    let read = toml::from_str(text)
        .map_err(|error: toml::de::Error| Wrong {
            at: error.span().unwrap_or_default(),
            reason: shown(error.message()),
        })
        .and_then(file);
    read.map_err(|wrong| Mistake {
        line: line_of(text, wrong.at.start),
        reason: wrong.reason,
    })
}

fn line_of(text: &str, at: usize) -> usize {
    let before = text.as_bytes().iter().take(at);
    1 + before.filter(|&&byte| byte == b'\n').count()
}

fn file(file: File) -> Read<Policy> {
    let mut lines = Vec::new();
    let mut ids = BTreeSet::new();
    for row in file.line {
        let at = row.span();
        let row = row.into_inner();
        if !ids.insert(row.id.get_ref().clone()) {
            let reason = format!("there is a line {} already", shown(row.id.get_ref()));
            return wrong(&row.id, reason);
        }
        lines.push(line(row, at)?);
    }
    let info = PolicyInfo {
        name: identifier(&file.name)?,
        title: text(&file.title)?,
        date: date(&file.date)?,
        url: text(&file.url)?,
    };
    Ok(Policy { info, lines })
}

fn line(row: Row, at: Range<usize>) -> Read<Line> {
    let line = Line {
        id: identifier(&row.id)?,
        severity: severity(&row.severity)?,
        source: text(&row.source)?,
        advice: row.advice.as_ref().map(text).transpose()?,
        versions: row.versions.iter().map(version).collect::<Read<_>>()?,
        peer: row.peer.as_ref().map(peer).transpose()?,
        from: row.from.as_ref().map(from).transpose()?,
        condition: condition(&row, at)?,
    };
    match (&line.condition, &row.peer) {
        (
            Condition::MinRsaBits(_)
            | Condition::AllowCurves(_)
            | Condition::ForbidHashes(_)
            | Condition::ForbidSignatures(_),
            _,
        )
        | (_, None) => Ok(line),
        (_, Some(peer)) => wrong(peer, "only lines about certificates have a peer"),
    }
}

/// The one condition of a line.
fn condition(row: &Row, at: Range<usize>) -> Read<Condition> {
    use Condition as C;

    let mut found = Vec::new();
    found.extend(one(&row.min_version, version, C::MinVersion)?);
    found.extend(one(&row.min_offer, version, C::MinOffer)?);
    found.extend(list(&row.allow_suites, suite, C::AllowSuites)?);
    found.extend(list(&row.forbid_suites, suite, C::ForbidSuites)?);
    found.extend(list(
        &row.forbid_offered_suites,
        suite,
        C::ForbidOfferedSuites,
    )?);
    found.extend(list(&row.allow_groups, group, C::AllowGroups)?);
    found.extend(list(&row.forbid_groups, group, C::ForbidGroups)?);
    found.extend(row.min_dh_bits.map(C::MinDhBits));
    found.extend(row.min_rsa_bits.map(C::MinRsaBits));
    found.extend(list(&row.allow_curves, curve, C::AllowCurves)?);
    found.extend(list(&row.forbid_hashes, hash, C::ForbidHashes)?);
    found.extend(list(
        &row.forbid_signatures,
        signature,
        C::ForbidSignatures,
    )?);
    found.extend(one(&row.require, feature, C::Require)?);
    found.extend(one(&row.forbid, compression, |()| C::ForbidCompression)?);
    let count = found.len();
    match found.pop() {
        Some(condition) if count == 1 => Ok(condition),
        found => {
            let id = shown(row.id.get_ref());
            let reason = match found {
                Some(_) => format!("line {id} has {count} conditions: make each a line of its own"),
                None => format!("line {id} has no condition"),
            };
            Err(Wrong { at, reason })
        }
    }
}

fn one<T>(
    word: &Option<Word>,
    read: impl Fn(&Word) -> Read<T>,
    condition: impl Fn(T) -> Condition,
) -> Read<Option<Condition>> {
    Ok(word.as_ref().map(read).transpose()?.map(condition))
}

fn list<T>(
    words: &Option<Words>,
    read: impl Fn(&Word) -> Read<T>,
    condition: impl Fn(Vec<T>) -> Condition,
) -> Read<Option<Condition>> {
    let Some(words) = words else {
        return Ok(None);
    };
    // It would allow nothing, or forbid nothing.
    if words.get_ref().is_empty() {
        let at = words.span();
        let reason = "this list is empty".to_owned();
        return Err(Wrong { at, reason });
    }
    let entries: Read<Vec<T>> = words.get_ref().iter().map(read).collect();
    entries.map(|entries| Some(condition(entries)))
}

fn wrong<T>(word: &Word, reason: impl Into<String>) -> Read<T> {
    let reason = reason.into();
    let at = word.span();
    Err(Wrong { at, reason })
}

/// Text that reports print: on one line, and not empty.
fn text(word: &Word) -> Read<String> {
    match word.get_ref().trim() {
        "" => wrong(word, "this is empty"),
        text => Ok(shown(text)),
    }
}

fn identifier(word: &Word) -> Read<String> {
    let name = word.get_ref();
    let is_fine = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-.".contains(c);
    match !name.is_empty() && name.len() <= 40 && name.chars().all(is_fine) {
        true => Ok(name.clone()),
        false => wrong(
            word,
            "a name is up to 40 lower-case letters, digits, hyphens and dots",
        ),
    }
}

/// A year, a year and a month, or a day.
fn date(word: &Word) -> Read<String> {
    let date = word.get_ref();
    let whole = match date.len() {
        4 => format!("{date}-01-01"),
        7 => format!("{date}-01"),
        _ => date.clone(),
    };
    match whole.parse::<Date>() {
        Ok(_) if date.len() <= 10 => Ok(date.clone()),
        _ => wrong(word, "expected a date such as 2026, 2026-11 or 2026-11-22"),
    }
}

fn from(word: &Word) -> Read<Timestamp> {
    let day = word.get_ref().parse::<Date>().ok();
    let midnight = day.and_then(|day| day.to_zoned(TimeZone::UTC).ok());
    match midnight {
        Some(midnight) => Ok(Timestamp::from_parts(midnight.timestamp().as_second(), 0)),
        None => wrong(word, "expected a day such as 2026-11-22"),
    }
}

fn severity(word: &Word) -> Read<Severity> {
    use Severity::{Critical, High, Info, Low, Medium};

    pick(word, &[Critical, High, Medium, Low, Info])
}

fn peer(word: &Word) -> Read<Peer> {
    pick(word, &[Peer::Client, Peer::Server])
}

fn version(word: &Word) -> Read<Version> {
    use Version as V;

    pick(
        word,
        &[V::SSL2, V::SSL3, V::TLS10, V::TLS11, V::TLS12, V::TLS13],
    )
}

/// The one that is written so.
fn pick<T: Copy + ToString>(word: &Word, all: &[T]) -> Read<T> {
    let found = all.iter().find(|it| it.to_string() == *word.get_ref());
    match found {
        Some(found) => Ok(*found),
        None => {
            let all: Vec<String> = all.iter().map(ToString::to_string).collect();
            wrong(word, format!("expected one of {}", all.join(", ")))
        }
    }
}

fn feature(word: &Word) -> Read<Feature> {
    match word.get_ref().as_str() {
        "extended-master-secret" => Ok(Feature::ExtendedMasterSecret),
        "secure-renegotiation" => Ok(Feature::SecureRenegotiation),
        "encrypt-then-mac" => Ok(Feature::EncryptThenMac),
        _ => wrong(
            word,
            "expected extended-master-secret, secure-renegotiation or encrypt-then-mac",
        ),
    }
}

fn compression(word: &Word) -> Read<()> {
    match word.get_ref().as_str() {
        "compression" => Ok(()),
        _ => wrong(word, "only compression can be forbidden so"),
    }
}

fn suite(word: &Word) -> Read<SuiteMatch> {
    let name = word.get_ref();
    if let Some(kind) = kind(name) {
        return Ok(SuiteMatch::Kind(kind));
    }
    if known::suite(name) {
        return Ok(SuiteMatch::Name(name.clone()));
    }
    let kinds: Vec<&str> = KINDS.iter().map(|kind| kind.name).collect();
    wrong(
        word,
        format!(
            "{} is no cipher suite of the IANA registry, and none of {}",
            shown(name),
            kinds.join(", ")
        ),
    )
}

fn hash(word: &Word) -> Read<&'static str> {
    let found = HASHES.iter().find(|hash| *hash == word.get_ref());
    match found {
        Some(hash) => Ok(hash),
        None => wrong(word, format!("expected one of {}", HASHES.join(", "))),
    }
}

fn group(word: &Word) -> Read<String> {
    named(
        word,
        known::group,
        "group of the IANA registry, such as secp256r1",
    )
}

fn curve(word: &Word) -> Read<String> {
    named(word, known::curve, "curve of certificates, such as P-256")
}

fn signature(word: &Word) -> Read<String> {
    named(
        word,
        known::certificate_signature,
        "signature algorithm of certificates, such as sha1WithRSAEncryption",
    )
}

fn named(word: &Word, is_known: fn(&str) -> bool, what: &str) -> Read<String> {
    let name = word.get_ref();
    match is_known(name) {
        true => Ok(name.clone()),
        false => wrong(word, format!("{} is no {what}", shown(name))),
    }
}
