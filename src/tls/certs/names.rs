//! Distinguished names and alternative names.

use std::net::{Ipv4Addr, Ipv6Addr};

use x509_parser::asn1_rs::{Any, Class};

use super::der::{Der, dotted};
use super::{bounded, upper_hex};
use crate::model::certificate::{Name, NameKind};
use crate::tls::dn::{self, Attribute, Value};

/// More names than any certification authority puts into a certificate.
const MAX_NAMES: usize = 1024;
/// id-at-commonName (RFC 5280 appendix A.1).
const COMMON_NAME: &str = "2.5.4.3";
/// Microsoft's user principal name, an otherName.
const UPN: &str = "1.3.6.1.4.1.311.20.2.3";

/// A Name (RFC 5280 section 4.1.2.4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Distinguished {
    /// As Windows writes it.
    pub(super) text: String,
    /// The last common name, which is the most specific one.
    pub(super) common_name: Option<String>,
}

/// Reads a Name from the contents of its sequence.
pub(super) fn distinguished(mut rdns: Der<'_>) -> Option<Distinguished> {
    let mut found = Vec::new();
    let mut common_name = None;
    while !rdns.rest.is_empty() {
        let mut rdn = rdns.enter()?;
        let mut attributes = Vec::new();
        while !rdn.rest.is_empty() {
            let mut pair = rdn.enter()?;
            let oid = pair.oid()?;
            let encoding = pair.encoded()?;
            let value = Der::new(encoding).next()?;
            let value = Value::new(value.tag().0, value.data, encoding);
            if let (COMMON_NAME, Value::Text(text)) = (oid.as_str(), &value) {
                common_name = Some(text.clone());
            }
            attributes.push(Attribute { oid, value });
        }
        found.push(attributes);
    }
    Some(Distinguished {
        text: dn::to_text(&found),
        common_name,
    })
}

/// Alternative names as far as they can be read: as texts, and kinds apart.
#[derive(Debug, Default)]
pub(super) struct Alternative {
    pub(super) texts: Vec<String>,
    pub(super) names: Vec<Name>,
    /// Those that are not kept included.
    pub(super) count: usize,
}

/// Reads GeneralNames from the contents of their sequence; what follows a value that does not
/// parse stays in `list`.
pub(super) fn alternative(list: &mut Der<'_>) -> Alternative {
    let mut found = Alternative::default();
    while let Some(entry) = list.next() {
        found.count += 1;
        if found.names.len() < MAX_NAMES {
            let (kind, prefix, value) = general_name(&entry);
            let value = bounded(value);
            found.texts.push(format!("{prefix}{value}"));
            found.names.push(Name { kind, value });
        }
    }
    found
}

/// A GeneralName (RFC 5280 section 4.2.1.6): its kind, what stands before it in a list of mixed
/// kinds, its text.
pub(super) fn general_name(entry: &Any<'_>) -> (NameKind, &'static str, String) {
    let (tag, data) = (entry.tag().0, entry.data);
    if entry.class() != Class::ContextSpecific {
        return (NameKind::Other, "", format!("[{tag}]:{}", upper_hex(data)));
    }
    match tag {
        0 => other_name(data),
        1 => (NameKind::Email, "email:", dn::eight_bit(data)),
        2 => (NameKind::Dns, "", dn::eight_bit(data)),
        3 => (NameKind::Other, "", format!("X400:{}", upper_hex(data))),
        4 => {
            let name = Der::new(data).enter().and_then(distinguished);
            let text = name.map(|it| it.text).unwrap_or_default();
            (NameKind::Directory, "DirName:", text)
        }
        5 => (NameKind::Other, "", format!("EDI:{}", upper_hex(data))),
        6 => (NameKind::Uri, "URI:", dn::eight_bit(data)),
        7 => (NameKind::Ip, "IP:", address(data)),
        8 => (NameKind::RegisteredId, "RID:", dotted(data)),
        _ => (NameKind::Other, "", format!("[{tag}]:{}", upper_hex(data))),
    }
}

/// An OtherName: its kind by number, and the value in `[0]`.
fn other_name(data: &[u8]) -> (NameKind, &'static str, String) {
    let mut parts = Der::new(data);
    let Some(oid) = parts.oid() else {
        return (NameKind::Other, "", format!("[0]:{}", upper_hex(data)));
    };
    match parts.enter().and_then(|mut it| it.next()) {
        Some(text) if oid == UPN => (NameKind::Upn, "UPN:", dn::eight_bit(text.data)),
        // UTF8String and IA5String
        Some(text) if matches!(text.tag().0, 12 | 22) => {
            let text = dn::eight_bit(text.data);
            (NameKind::Other, "other:", format!("{oid}={text}"))
        }
        _ => (NameKind::Other, "other:", oid),
    }
}

fn address(bytes: &[u8]) -> String {
    if let Ok(v4) = <[u8; 4]>::try_from(bytes) {
        return Ipv4Addr::from(v4).to_string();
    }
    if let Ok(v6) = <[u8; 16]>::try_from(bytes) {
        return Ipv6Addr::from(v6).to_string();
    }
    upper_hex(bytes)
}
