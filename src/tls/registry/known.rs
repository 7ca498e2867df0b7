//! Whether a name is one that the tables give: for what people write down.

use super::{names, oids, suites};

/// A TLS cipher suite.
pub fn suite(name: &str) -> bool {
    suites::SUITES.iter().any(|row| row.1 == name)
}

/// A named group.
pub fn group(name: &str) -> bool {
    names::GROUPS.iter().any(|row| row.1 == name)
}

/// An elliptic curve of certificates.
pub fn curve(name: &str) -> bool {
    oids::CURVES.iter().any(|row| row.1 == name)
}

/// A signature algorithm of certificates.
pub fn certificate_signature(name: &str) -> bool {
    oids::SIGNATURES.iter().any(|row| row.1 == name)
}
