//! Lines about what the ServerHello agrees to beside version and suite. TLS 1.3 has all of it built
//! in, or no longer.

use super::Feature;
use super::check::Breach;
use super::suites::kind;
use crate::model::Session;
use crate::model::tls::{ClientHello, Renegotiation, ServerHello, Tls, Version};

/// The server did not agree to a feature that the version chosen knows.
pub fn require(feature: Feature, session: &Session, tls: &Tls) -> Option<Breach> {
    let hello = tls.server_hello.as_ref()?;
    let version = hello.version?;
    if version.is_tls13() || version < feature.since() || feature.agreed(hello)? {
        return None;
    }
    if feature == Feature::EncryptThenMac && !is_cbc(hello) {
        return None;
    }
    let name = feature.name();
    let client = tls.client_hello.as_ref();
    let Some(client) = client.filter(|client| feature.offered(client) == Some(false)) else {
        return Some(Breach {
            what: format!(
                "The server at {} did not agree to {name} (frame {})",
                session.server.ip, hello.frame
            ),
            frames: vec![hello.frame],
        });
    };
    Some(Breach {
        what: format!(
            "The client at {} does not offer {name} (frame {}), and the server chose {version} \
             without it (frame {})",
            session.client.ip, client.frame, hello.frame
        ),
        frames: vec![client.frame, hello.frame],
    })
}

/// The server chose to compress.
pub fn forbid_compression(session: &Session, tls: &Tls) -> Option<Breach> {
    let hello = tls.server_hello.as_ref()?;
    let method = hello.compression_method.as_deref()?;
    // Numbers without a name are unknown methods; `null` is none.
    if method == "null" || method.starts_with("0x") {
        return None;
    }
    Some(Breach {
        what: format!(
            "The server at {} chose the compression {method} (frame {})",
            session.server.ip, hello.frame
        ),
        frames: vec![hello.frame],
    })
}

fn is_cbc(hello: &ServerHello) -> bool {
    let cbc = kind("cbc");
    let suite = hello.cipher_suite;
    cbc.zip(suite).is_some_and(|(cbc, suite)| cbc.fits(suite))
}

impl Feature {
    /// The extension, as the registry names it.
    const fn name(self) -> &'static str {
        match self {
            Self::ExtendedMasterSecret => "extended_master_secret",
            Self::SecureRenegotiation => "renegotiation_info",
            Self::EncryptThenMac => "encrypt_then_mac",
        }
    }

    /// The first version that has it: SSL 3.0 knows no extension but this one (RFC 5746 section 4.5).
    const fn since(self) -> Version {
        match self {
            Self::SecureRenegotiation => Version::SSL3,
            Self::ExtendedMasterSecret | Self::EncryptThenMac => Version::TLS10,
        }
    }

    const fn agreed(self, hello: &ServerHello) -> Option<bool> {
        match self {
            Self::ExtendedMasterSecret => hello.extended_master_secret,
            Self::SecureRenegotiation => hello.renegotiation_info,
            Self::EncryptThenMac => hello.encrypt_then_mac,
        }
    }

    fn offered(self, hello: &ClientHello) -> Option<bool> {
        match self {
            Self::ExtendedMasterSecret => hello.extended_master_secret,
            Self::SecureRenegotiation => {
                let how = hello.renegotiation_info?;
                Some(how != Renegotiation::None)
            }
            Self::EncryptThenMac => hello.encrypt_then_mac,
        }
    }
}
