//! What is said of hellos.

use crate::model::tls::{CipherSuite, KeyShare, PskOffer, ServerHello, SuiteProperties, Version};
use crate::report::text::style::plural;

/// A version; a draft of TLS 1.3 with its number.
pub fn version(version: Version) -> String {
    match version.draft() {
        Some(draft) => format!("{version} (TLS 1.3 draft {draft})"),
        None => version.to_string(),
    }
}

/// A suite, and what is wrong with it.
pub fn suite(suite: &CipherSuite) -> String {
    match suite.weakness {
        Some(weakness) => format!("{suite} (weak: {weakness})"),
        None => suite.to_string(),
    }
}

/// What a suite is made of.
pub fn properties(suite: SuiteProperties) -> Vec<String> {
    let bits = suite.bits;
    let parts = [
        suite.key_exchange.map(|it| format!("key exchange {it}")),
        suite
            .authentication
            .map(|it| format!("authentication {it}")),
        Some(format!("encryption {} ({bits} bit)", suite.encryption)),
        Some(format!("MAC {}", suite.mac)),
    ];
    parts.into_iter().flatten().collect()
}

/// Nothing where nothing is compressed: that is as it should be.
pub fn compressing(methods: &[String]) -> Vec<String> {
    match methods {
        [only] if only == "null" => Vec::new(),
        methods => methods.to_vec(),
    }
}

/// A group and the size of the key.
pub fn key_share(share: &KeyShare) -> String {
    let size = plural(share.size.into(), "byte");
    let hybrid = if share.post_quantum {
        ", post-quantum"
    } else {
        ""
    };
    format!("{} ({size}{hybrid})", share.group)
}

/// A session ticket, from its length.
pub fn ticket(length: Option<u16>) -> String {
    match length {
        None => String::new(),
        Some(0) => "asks for one".to_owned(),
        Some(length) => format!("presents one of {}", plural(length.into(), "byte")),
    }
}

/// Pre-shared keys offered.
pub fn psk(offer: Option<PskOffer>) -> String {
    let Some(offer) = offer else {
        return String::new();
    };
    let binders = plural(offer.binders.into(), "binder");
    format!("{} offered, {binders}", offer.identities)
}

/// Whether an earlier session was resumed; empty where that cannot be told.
pub fn resumed(hello: &ServerHello) -> String {
    match (hello.resumed, hello.resumption) {
        (Some(true), Some(means)) => format!("yes, by {means}"),
        (Some(true), None) => "yes".to_owned(),
        (Some(false), _) => "no".to_owned(),
        (None, _) => String::new(),
    }
}
