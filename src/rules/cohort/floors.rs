//! The floors people want to raise: what an offer must hold to meet one, and what a choice must be.

use super::digest::{Chosen, Offer};
use crate::model::tls::{SuiteCode, Version};
use crate::tls::registry::{self, KeyExchange};

/// A requirement on offers and choices.
pub(super) struct Requirement {
    /// Stable name.
    pub id: &'static str,
    /// In words.
    pub title: &'static str,
    /// Whether an offer can meet it.
    pub offered: fn(&Offer) -> bool,
    /// Whether a choice meets it; `None` when that cannot be told.
    pub chosen: fn(&Chosen) -> Option<bool>,
}

/// What is tried out.
pub(super) static FLOORS: &[Requirement] = &[
    Requirement {
        id: "tls-1.2",
        title: "TLS 1.2 or later",
        offered: |offer| {
            offer
                .max_version
                .is_none_or(|best| reaches(best, Version::TLS12))
        },
        chosen: |chosen| {
            chosen
                .version
                .map(|version| reaches(version, Version::TLS12))
        },
    },
    Requirement {
        id: "tls-1.3",
        title: "TLS 1.3",
        offered: |offer| {
            offer
                .max_version
                .is_none_or(|best| reaches(best, Version::TLS13))
        },
        chosen: |chosen| {
            chosen
                .version
                .map(|version| reaches(version, Version::TLS13))
        },
    },
    Requirement {
        id: "no-rc4",
        title: "no RC4",
        offered: |offer| offers_other(offer, registry::is_rc4),
        chosen: |chosen| chosen.suite.map(|suite| !registry::is_rc4(suite)),
    },
    Requirement {
        id: "no-3des",
        title: "no RC4 and no 3DES",
        offered: |offer| offers_other(offer, is_old_cipher),
        chosen: |chosen| chosen.suite.map(|suite| !is_old_cipher(suite)),
    },
    Requirement {
        id: "forward-secrecy",
        title: "no RSA key transport: forward secrecy",
        offered: |offer| offers_other(offer, is_key_transport),
        chosen: |chosen| chosen.suite.map(|suite| !is_key_transport(suite)),
    },
    Requirement {
        id: "aead",
        title: "AEAD suites with forward secrecy",
        offered: |offer| offers_other(offer, |suite| !is_modern(suite)),
        chosen: |chosen| chosen.suite.map(is_modern),
    },
    // TLS 1.3 has it built in (RFC 8446 appendix D.1).
    Requirement {
        id: "ems",
        title: "extended master secret",
        offered: |offer| offer.master_secret != Some(false) || is_13(offer.max_version),
        chosen: |chosen| match is_13(chosen.version) {
            true => Some(true),
            false => chosen.master_secret,
        },
    },
];

fn is_13(version: Option<Version>) -> bool {
    version.is_some_and(Version::is_tls13)
}

/// SSL 2.0 has the lowest number of all, drafts of TLS 1.3 the highest.
fn reaches(version: Version, floor: Version) -> bool {
    version >= floor
}

/// The offer holds a suite that is not of this kind.
fn offers_other(offer: &Offer, kind: fn(SuiteCode) -> bool) -> bool {
    let real = |suite: &&SuiteCode| registry::profile(**suite).is_some();
    let mut suites = offer.suites.iter().filter(real);
    suites.any(|&suite| !kind(suite))
}

fn is_old_cipher(suite: SuiteCode) -> bool {
    registry::is_rc4(suite) || registry::is_3des(suite)
}

fn is_key_transport(suite: SuiteCode) -> bool {
    let profile = registry::profile(suite);
    profile.is_some_and(|profile| profile.key_exchange == KeyExchange::Rsa)
}

fn is_modern(suite: SuiteCode) -> bool {
    let profile = registry::profile(suite);
    profile.is_some_and(|profile| {
        profile.mac == registry::Mac::Aead && profile.key_exchange.is_ephemeral()
    })
}
