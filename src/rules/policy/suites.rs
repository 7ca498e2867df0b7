//! Cipher suites in policies: by their registered name, or by a property.

use crate::model::tls::CipherSuite;
use crate::tls::registry::{Authentication, Cipher, KeyExchange, Mac, Profile, profile};

/// Which suites an entry of a list means.
#[derive(Clone, Debug)]
pub enum SuiteMatch {
    /// The one of this name.
    Name(String),
    /// All with this property.
    Kind(&'static Kind),
}

/// A property that suites have or lack.
#[derive(Debug)]
pub struct Kind {
    /// Its name in policies.
    pub name: &'static str,
    /// What a suite with it does.
    pub words: &'static str,
    has: fn(&Profile, &str) -> bool,
}

/// All properties.
#[rustfmt::skip]
pub static KINDS: &[Kind] = &[
    Kind { name: "rc4", words: "encrypts with RC4", has: |it, _| it.cipher == Cipher::Rc4 },
    Kind { name: "3des", words: "encrypts with Triple DES", has: |it, _| it.cipher == Cipher::TripleDes },
    Kind { name: "null", words: "does not encrypt", has: |it, _| it.cipher == Cipher::Null },
    Kind { name: "export", words: "is weakened for export", has: |it, _| it.export },
    Kind { name: "anonymous", words: "leaves the server unauthenticated", has: |it, _| it.authentication == Authentication::Anonymous },
    Kind { name: "cbc", words: "is in CBC mode", has: |_, name| name.contains("_CBC") },
    Kind { name: "non-aead", words: "is no AEAD", has: |it, _| it.mac != Mac::Aead },
    Kind { name: "static-rsa", words: "transports the key under RSA", has: |it, _| it.key_exchange == KeyExchange::Rsa },
    Kind { name: "static-dh", words: "agrees on the key with static Diffie-Hellman", has: |it, _| matches!(it.key_exchange, KeyExchange::Dh | KeyExchange::Ecdh) },
    Kind { name: "dhe", words: "agrees on the key with ephemeral finite-field Diffie-Hellman", has: |it, _| it.key_exchange == KeyExchange::Dhe && it.authentication != Authentication::Anonymous },
    Kind { name: "no-forward-secrecy", words: "has no forward secrecy", has: |it, _| !it.key_exchange.is_ephemeral() },
    Kind { name: "under-112-bits", words: "keeps less than 112 bits secret", has: |it, _| it.bits < 112 && it.cipher != Cipher::Null },
    Kind { name: "under-128-bits", words: "keeps less than 128 bits secret", has: |it, _| it.bits < 128 && it.cipher != Cipher::Null },
];

/// The property of this name.
pub fn kind(name: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.name == name)
}

impl Kind {
    /// Whether a suite has the property; never of a suite that is not known.
    pub fn fits(&self, suite: CipherSuite) -> bool {
        let known = suite.name.zip(profile(suite.code));
        known.is_some_and(|(name, profile)| (self.has)(&profile, name))
    }
}

impl SuiteMatch {
    /// Whether it means this suite; never one that is not known.
    pub fn fits(&self, suite: CipherSuite) -> bool {
        match self {
            Self::Name(name) => suite.name == Some(name),
            Self::Kind(kind) => kind.fits(suite),
        }
    }

    /// What is to say about a suite it means, after the name of the suite.
    pub fn words(&self) -> &'static str {
        match self {
            Self::Name(_) => "is not allowed",
            Self::Kind(kind) => kind.words,
        }
    }
}
