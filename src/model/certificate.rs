//! Certificates as presented (RFC 5280), and how those of one list hang together.
//!
//! Nothing here says who trusts whom, and no signature was verified.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use jiff::{SignedDuration, civil};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};

use crate::time::{RFC3339_NANOS, Timestamp};

/// Certificates by sender, in the order sent.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct Certificates {
    /// The server's list.
    pub server: Vec<Certificate>,
    /// The client's list.
    pub client: Vec<Certificate>,
    /// How the certificates of each list hang together.
    pub chain: Chains,
}

/// Chain facts by sender; `None` where no certificate was seen.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct Chains {
    /// Of the server's list.
    pub server: Option<Chain>,
    /// Of the client's list.
    pub client: Option<Chain>,
}

/// One X.509 certificate. A list is empty where the certificate does not have the field, or where
/// it cannot be read: then `malformed` names it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct Certificate {
    /// Frame that completes the record with its last byte.
    pub frame: u64,
    /// 1 or 3, as people count: the wire says 0 and 2.
    pub version: Option<u32>,
    /// Subject as Windows writes it.
    pub subject: Option<String>,
    /// The most specific common name of the subject.
    pub common_name: Option<String>,
    /// Issuer as Windows writes it.
    pub issuer: Option<String>,
    /// Serial number, upper-case hex.
    pub serial: Option<String>,
    /// SHA-1 thumbprint, upper-case hex.
    pub sha1: String,
    /// SHA-256 thumbprint, upper-case hex.
    pub sha256: String,
    /// Start of validity.
    pub not_before: Option<Date>,
    /// End of validity; this second is valid still.
    pub not_after: Option<Date>,
    /// Subject alternative names: DNS names as they are, others with their kind before them.
    pub sans: Vec<String>,
    /// The same names, kinds apart.
    pub names: Vec<Name>,
    /// How many there are; more than are listed where there are very many.
    pub name_count: usize,
    /// Key type and size: `RSA 2048`, `EC P-256`.
    pub key: Option<String>,
    /// Key type: `RSA`, `EC`, `Ed25519`, `ML-DSA-65`; unknown ones by their number.
    pub key_algorithm: Option<String>,
    /// Bits of the RSA modulus, the DSA prime or the curve's field; `None` where the algorithm
    /// fixes the size.
    pub key_bits: Option<u32>,
    /// Curve of an elliptic curve key: `P-256`; unknown ones by their number.
    pub curve: Option<String>,
    /// The RSA public exponent where it is not the usual 65537: decimal, or hex after `0x`.
    pub rsa_exponent: Option<String>,
    /// SHA-256 of the SubjectPublicKeyInfo, upper-case hex.
    pub spki_sha256: Option<String>,
    /// Signature algorithm: `sha256WithRSAEncryption`, `RSASSA-PSS with SHA-256`.
    pub signature: Option<String>,
    /// Digest of the signature algorithm: `SHA-256`; `None` where the algorithm fixes it.
    pub signature_hash: Option<&'static str>,
    /// Subject equals issuer.
    pub self_signed: Option<bool>,
    /// Key usage by its names in RFC 5280 section 4.2.1.3.
    pub key_usage: Vec<&'static str>,
    /// Extended key usage (section 4.2.1.12) by name, unknown ones by their number.
    pub extended_key_usage: Vec<String>,
    /// Basic constraints (section 4.2.1.9); `None`: the certificate has none.
    pub basic_constraints: Option<BasicConstraints>,
    /// Subject key identifier, upper-case hex.
    pub subject_key_id: Option<String>,
    /// Key identifier of the authority, upper-case hex.
    pub authority_key_id: Option<String>,
    /// Asks for a stapled OCSP response (RFC 7633 section 4.2.3.1); `None` when the extensions
    /// cannot be read.
    pub must_staple: Option<bool>,
    /// OCSP responders (RFC 5280 section 4.2.2.1).
    pub ocsp: Vec<String>,
    /// Where the issuer's certificate can be fetched (section 4.2.2.1).
    pub ca_issuers: Vec<String>,
    /// Where revocation lists can be fetched (section 4.2.1.13).
    pub crl: Vec<String>,
    /// Position in the list, from 0, of the certificate that issued this one: by name, and not
    /// contradicted by key identifiers. `None` when it was not sent, or is this one.
    pub issued_by: Option<usize>,
    /// TLSA parameters (usage, selector, matching type) and digests (RFC 6698 section 2.1) to
    /// compare with DNS: `3 1 1` and `3 0 1` of the server's own certificate, `2 1 1` and `2 0 1`
    /// of the issuers it sent (RFC 7671 section 5.2, RFC 7672 section 3.1).
    pub tlsa: BTreeMap<&'static str, String>,
    /// `<I>issuer<S>subject`, what Exchange's `-TlsCertificateName` takes; of the first in the list.
    pub tls_certificate_name: Option<String>,
    /// Fields and extensions that could not be read, that follow the end, or stand twice.
    pub malformed: Vec<String>,
}

impl Certificate {
    /// Whether it had expired at that time; false where its end is unknown.
    pub fn expired_at(&self, time: Timestamp) -> bool {
        self.not_after
            .is_some_and(|end| end.seconds_until(time) > 0)
    }

    /// Whether it was to become valid only after that time; false where its start is unknown.
    pub fn not_yet_valid_at(&self, time: Timestamp) -> bool {
        self.not_before
            .is_some_and(|start| start.seconds_until(time) < 0)
    }
}

/// A date of a certificate: whole seconds since 1970-01-01 UTC, from the year 0 to 9999, which
/// `Timestamp` cannot hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(i64);

impl Date {
    /// From seconds since the epoch; `None` outside of the years that have four digits.
    pub fn from_unix(seconds: i64) -> Option<Self> {
        let date = Self(seconds);
        date.civil()
            .is_some_and(|it| it.year() >= 0)
            .then_some(date)
    }

    /// Whole seconds from this date to that time; negative when the time is earlier.
    pub fn seconds_until(self, time: Timestamp) -> i64 {
        time.as_nanos()
            .div_euclid(1_000_000_000)
            .saturating_sub(self.0)
    }

    /// The day alone, in UTC: `2026-11-22`.
    pub fn day(self) -> String {
        self.to_string().chars().take(10).collect()
    }

    fn civil(self) -> Option<civil::DateTime> {
        let epoch = civil::date(1970, 1, 1).at(0, 0, 0, 0);
        epoch.checked_add(SignedDuration::from_secs(self.0)).ok()
    }
}

/// RFC 3339 in UTC with nine decimals, as all times of the record.
impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.civil() {
            Some(date) => write!(f, "{date:.9}Z"),
            None => write!(f, "{}", self.0),
        }
    }
}

impl Serialize for Date {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl JsonSchema for Date {
    fn schema_name() -> Cow<'static, str> {
        "Date".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A date of a certificate: RFC 3339 in UTC with nine decimals.",
            "type": "string",
            "format": "date-time",
            "pattern": RFC3339_NANOS,
        })
    }
}

/// A subject alternative name (RFC 5280 section 4.2.1.6).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Name {
    /// Its kind.
    pub kind: NameKind,
    /// Its text; hex where it is none.
    pub value: String,
}

/// Kinds of alternative names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NameKind {
    /// A host name.
    Dns,
    /// An IP address.
    Ip,
    /// A mail address.
    Email,
    /// A URI.
    Uri,
    /// A distinguished name, as Windows writes it.
    Directory,
    /// Microsoft's user principal name.
    Upn,
    /// Any other: `1.2.3=text`, or what cannot be read.
    Other,
    /// An object identifier.
    RegisteredId,
}

/// Whether a certificate may issue others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct BasicConstraints {
    /// It belongs to a certification authority.
    pub ca: bool,
    /// How many more authorities may follow below it.
    pub path_len: Option<u32>,
}

/// How the certificates of one list hang together. Positions count from 0.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Chain {
    /// All of the list was captured; else nothing is said about what is not in it, nor when a
    /// subject cannot be read.
    pub whole: bool,
    /// From the sender's own certificate to the last issuer that was sent.
    pub path: Vec<usize>,
    /// Whether they were sent in that order.
    pub order: Order,
    /// Certificates that are no issuers of the sender's own one, directly or through others.
    pub strangers: Vec<usize>,
    /// A certificate and its repetition.
    pub duplicates: Vec<[usize; 2]>,
    /// A certificate, and one with its issuer's name but another key identifier.
    pub other_keys: Vec<[usize; 2]>,
    /// Where the path ends.
    pub ends: Option<ChainEnd>,
    /// The issuer at the path's end, as Windows writes it, when it was not sent. Beyond two or
    /// more certificates it may be the root, which need not be sent (RFC 5246 section 7.4.2).
    pub missing_issuer: Option<String>,
}

/// The order of a list; each certificate is to be followed by its issuer (RFC 5246 section 7.4.2,
/// RFC 8446 section 4.4.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// As it is to be.
    LeafFirst,
    /// The sender's own certificate is first, its issuers do not follow one by one.
    OutOfOrder,
    /// The first certificate has issued another one of the list.
    LeafNotFirst,
}

/// Where a path of certificates ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChainEnd {
    /// At a certificate that names itself as its issuer.
    SelfSigned,
    /// At one whose issuer was not sent.
    IssuerNotSent,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_beyond_nanoseconds() {
        let text = |seconds| Date::from_unix(seconds).map(|date| date.to_string());
        let is = |text: &str| Some(text.to_owned());
        assert_eq!(text(0), is("1970-01-01T00:00:00.000000000Z"));
        assert_eq!(text(-1), is("1969-12-31T23:59:59.000000000Z"));
        assert_eq!(text(-312_753_294), is("1960-02-03T04:05:06.000000000Z"));
        assert_eq!(text(9_223_372_037), is("2262-04-11T23:47:17.000000000Z"));
        assert_eq!(text(253_402_300_799), is("9999-12-31T23:59:59.000000000Z"));
        assert_eq!(text(253_402_300_800), None);
        assert_eq!(text(-62_167_219_200), is("0000-01-01T00:00:00.000000000Z"));
        assert_eq!(text(-62_167_219_201), None);
        assert_eq!(text(i64::MAX), None);
    }

    #[test]
    fn the_last_second_is_valid() {
        let certificate = Certificate {
            not_before: Date::from_unix(100),
            not_after: Date::from_unix(200),
            ..Certificate::default()
        };
        let at = |seconds, nanos| {
            let time = Timestamp::from_parts(seconds, nanos);
            (
                certificate.not_yet_valid_at(time),
                certificate.expired_at(time),
            )
        };
        assert_eq!(at(99, 999_999_999), (true, false));
        assert_eq!(at(100, 0), (false, false));
        assert_eq!(at(200, 999_999_999), (false, false));
        assert_eq!(at(201, 0), (false, true));
        assert_eq!(at(-1, 1), (true, false));
        let unknown = Certificate::default();
        assert!(!unknown.expired_at(Timestamp::from_nanos(i64::MAX)));
        assert!(!unknown.not_yet_valid_at(Timestamp::from_nanos(i64::MIN)));
    }
}
