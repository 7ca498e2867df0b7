//! Distinguished encoding rules (X.690), value by value.

use std::fmt::Write as _;

use x509_parser::asn1_rs::{Any, Class, FromDer, Tag};
use x509_parser::time::ASN1Time;

use crate::model::certificate::Date;

/// A sequence of DER values.
#[derive(Clone, Copy)]
pub(super) struct Der<'a> {
    pub(super) rest: &'a [u8],
}

impl<'a> Der<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// The next value with its tag.
    pub(super) fn next(&mut self) -> Option<Any<'a>> {
        let (rest, any) = Any::from_der(self.rest).ok()?;
        self.rest = rest;
        Some(any)
    }

    /// The next value as it is encoded, tag and length included.
    pub(super) fn encoded(&mut self) -> Option<&'a [u8]> {
        let start = self.rest;
        self.next()?;
        start.get(..start.len() - self.rest.len())
    }

    /// The contents of the next value.
    pub(super) fn enter(&mut self) -> Option<Self> {
        Some(Self::new(self.next()?.data))
    }

    /// The contents of the next value if it has this context-specific tag.
    pub(super) fn tagged(&mut self, tag: u32) -> Option<Self> {
        let mut ahead = *self;
        let value = ahead.next()?;
        if value.class() != Class::ContextSpecific || value.tag().0 != tag {
            return None;
        }
        *self = ahead;
        Some(Self::new(value.data))
    }

    /// The contents of the next value if it is a SEQUENCE.
    pub(super) fn sequence(&mut self) -> Option<Self> {
        self.universal(Tag::Sequence).map(Self::new)
    }

    /// The next value if it is an object identifier.
    pub(super) fn oid(&mut self) -> Option<String> {
        self.universal(Tag::Oid).map(dotted)
    }

    fn universal(&mut self, tag: Tag) -> Option<&'a [u8]> {
        let value = self.next()?;
        (value.class() == Class::Universal && value.tag() == tag).then_some(value.data)
    }

    /// A time; an unreadable one is passed over.
    pub(super) fn time(&mut self) -> Option<Date> {
        let (_, time) = ASN1Time::from_der(self.encoded()?).ok()?;
        Date::from_unix(time.timestamp())
    }
}

/// An object identifier as `1.2.3` (X.690 section 8.19); its bytes as hex when a component does not
/// end or leaves 64 bits.
///
/// x509_parser computes components of any size, which takes seconds for one of 256 KiB.
pub(super) fn dotted(bytes: &[u8]) -> String {
    try_dotted(bytes).unwrap_or_else(|| format!("0x{}", upper_hex(bytes)))
}

fn try_dotted(bytes: &[u8]) -> Option<String> {
    let mut text = String::new();
    let mut component: u64 = 0;
    let mut ended = false;
    for byte in bytes {
        component = component.checked_mul(0x80)? | u64::from(byte & 0x7F);
        ended = byte & 0x80 == 0;
        if !ended {
            continue;
        }
        if text.is_empty() {
            // The first two components share a number.
            let first = (component / 40).min(2);
            component -= first * 40;
            text = first.to_string();
        }
        // Writing to a String cannot fail.
        let _ = write!(text, ".{component}");
        component = 0;
    }
    ended.then_some(text)
}

/// Upper-case hex without separators, as Windows prints thumbprints.
pub(in crate::tls) fn upper_hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02X}");
    }
    text
}
