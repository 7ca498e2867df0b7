//! Certificates.

use super::Named;
use crate::endings::certificates::{proper, refused, self_signed};
use crate::trace::Trace;
use crate::trace::x509::Certificate;

pub const TRACES: &[Named] = &[
    ("valid-in-this-second", valid_in_this_second),
    ("self-signed-refused", self_signed_refused),
];

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
