//! Certificates.

use super::Named;
use crate::endings::certificates::{proper, refused, self_signed};
use crate::trace::Trace;
use crate::trace::x509::Certificate;

pub const TRACES: &[Named] = &[
    ("valid-in-this-second", valid_in_this_second),
    ("self-signed-refused", self_signed_refused),
    ("issuer-on-the-web", || {
        issued_by("Some CA", "http://ca.example/ca.crt")
    }),
    ("issuer-in-the-directory", || {
        issued_by("Some CA", "ldap:///CN=Some%20CA,CN=AIA,DC=example,DC=com")
    }),
    ("issued-by-a-root", || {
        issued_by("Example Root CA", "http://ca.example/root.crt")
    }),
    ("certificate-revoked", || refused(&proper(), 44)),
    ("certificate-kind-refused", || refused(&proper(), 43)),
    ("certificate-for-clients", certificate_for_clients),
    ("small-key-and-alert-43", small_key),
];

/// The leaf alone, and a client that does not know its issuer.
fn issued_by(issuer: &str, place: &'static str) -> Trace {
    let leaf = Certificate {
        issuer: issuer.to_owned(),
        ca_issuers: vec![place],
        ..proper()
    };
    refused(&leaf, 48)
}

fn certificate_for_clients() -> Trace {
    let leaf = Certificate {
        purposes: vec![2],
        ..proper()
    };
    refused(&leaf, 43)
}

fn small_key() -> Trace {
    let leaf = Certificate {
        bits: 1024,
        ..proper()
    };
    refused(&leaf, 43)
}

/// Valid for the very second in which it is presented, and refused all the same.
fn valid_in_this_second() -> Trace {
    let leaf = Certificate {
        not_before: "260101000001Z",
        not_after: "260101000001Z",
        ..proper()
    };
    refused(&leaf, 42)
}

fn self_signed_refused() -> Trace {
    refused(&self_signed(), 48)
}
