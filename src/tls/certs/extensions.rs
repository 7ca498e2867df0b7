//! Extensions (RFC 5280 section 4.2). One that cannot be read costs only itself.

use x509_parser::asn1_rs::{FromDer, Tag};
use x509_parser::extensions as x509;

use super::der::{Der, dotted};
use super::{bounded, names, upper_hex};

use crate::model::certificate::{BasicConstraints, Certificate};
use crate::tls::dn::eight_bit;
use crate::tls::registry::{certificate_extension_name, purpose_name};

/// More extensions than any certificate needs; real ones have up to fifteen.
const MAX_EXTENSIONS: usize = 64;
/// More purposes than are registered.
const MAX_PURPOSES: usize = 64;
/// More addresses of a kind than anybody would try.
const MAX_URLS: usize = 8;

/// Names of the bits of KeyUsage (section 4.2.1.3), the first one first.
const KEY_USAGE: [&str; 9] = [
    "digitalSignature",
    "nonRepudiation",
    "keyEncipherment",
    "dataEncipherment",
    "keyAgreement",
    "keyCertSign",
    "cRLSign",
    "encipherOnly",
    "decipherOnly",
];
/// id-ad-ocsp and id-ad-caIssuers (section 4.2.2.1).
const OCSP: &str = "1.3.6.1.5.5.7.48.1";
const CA_ISSUERS: &str = "1.3.6.1.5.5.7.48.2";
/// The TLS extension status_request, as a TLS feature (RFC 7633 section 4.2.3.1).
const STATUS_REQUEST: [u8; 1] = [5];

/// Reads `Extensions` from the contents of `[3]`.
pub(super) fn read(mut outer: Der<'_>, found: &mut Certificate) {
    let Some(mut list) = outer.enter() else {
        return found.malformed.push("extensions".to_owned());
    };
    found.must_staple = Some(false);
    let mut seen = Vec::new();
    while !list.rest.is_empty() {
        if seen.len() == MAX_EXTENSIONS {
            let more = format!("more than {MAX_EXTENSIONS} extensions");
            return found.malformed.push(more);
        }
        let Some(extension) = list.enter() else {
            return found.malformed.push("extensions".to_owned());
        };
        let Some((oid, value)) = extension_parts(extension) else {
            found.malformed.push("extension".to_owned());
            continue;
        };
        let name = bounded(certificate_extension_name(&oid).to_owned());
        // Section 4.2: no more than one of a kind. The first one counts.
        if seen.contains(&oid) {
            found.malformed.push(format!("second {name}"));
        } else if extension_value(&oid, value, found).is_none() {
            found.malformed.push(name);
        }
        seen.push(oid);
    }
}

/// The identifier of an extension and the contents of its OCTET STRING.
fn extension_parts(mut extension: Der<'_>) -> Option<(String, &[u8])> {
    let oid = extension.oid()?;
    let mut value = extension.next()?;
    // Critical or not
    if value.tag() == Tag::Boolean {
        value = extension.next()?;
    }
    (value.tag() == Tag::OctetString).then_some((oid, value.data))
}

/// `None` when it is one of those that matter here and cannot be read.
fn extension_value(oid: &str, value: &[u8], found: &mut Certificate) -> Option<()> {
    let mut der = Der::new(value);
    match certificate_extension_name(oid) {
        "subjectAltName" => subject_alt_names(der, found),
        "keyUsage" => {
            found.key_usage = key_usage(value)?;
            Some(())
        }
        "extKeyUsage" => extended_key_usage(der, found),
        "basicConstraints" => {
            let (_, read) = x509::BasicConstraints::from_der(value).ok()?;
            found.basic_constraints = Some(BasicConstraints {
                ca: read.ca,
                path_len: read.path_len_constraint,
            });
            Some(())
        }
        "subjectKeyIdentifier" => {
            let id = der.next().filter(|it| it.tag() == Tag::OctetString)?;
            found.subject_key_id = Some(bounded(upper_hex(id.data)));
            Some(())
        }
        "authorityKeyIdentifier" => {
            // The issuer's name and serial may stand there instead of a key identifier.
            let id = der.sequence()?.tagged(0);
            found.authority_key_id = id.map(|it| bounded(upper_hex(it.rest)));
            Some(())
        }
        "tlsfeature" => {
            let mut features = der.sequence()?;
            let mut found_it = false;
            while !features.rest.is_empty() {
                found_it |= features.next()?.data == STATUS_REQUEST;
            }
            found.must_staple = Some(found_it);
            Some(())
        }
        "authorityInfoAccess" => authority_info_access(value, found),
        "cRLDistributionPoints" => {
            let (_, read) = x509::CRLDistributionPoints::from_der(value).ok()?;
            for point in &read.points {
                if let Some(x509::DistributionPointName::FullName(names)) =
                    &point.distribution_point
                {
                    let addresses = names.iter().filter_map(address);
                    let room = MAX_URLS - found.crl.len();
                    found.crl.extend(addresses.take(room));
                }
            }
            Some(())
        }
        _ => Some(()),
    }
}

fn subject_alt_names(mut value: Der<'_>, found: &mut Certificate) -> Option<()> {
    let mut list = value.sequence()?;
    let read = names::alternative(&mut list);
    found.sans = read.texts;
    found.names = read.names;
    found.name_count = read.count;
    list.rest.is_empty().then_some(())
}

fn key_usage(value: &[u8]) -> Option<Vec<&'static str>> {
    let (_, usage) = x509::KeyUsage::from_der(value).ok()?;
    let bits = KEY_USAGE.iter().enumerate();
    let set = bits.filter(|(bit, _)| usage.flags >> bit & 1 == 1);
    let names: Vec<&str> = set.map(|(_, &name)| name).collect();
    // At least one bit is set (section 4.2.1.3).
    (!names.is_empty()).then_some(names)
}

/// At least one purpose (section 4.2.1.12).
fn extended_key_usage(mut value: Der<'_>, found: &mut Certificate) -> Option<()> {
    let mut purposes = value.sequence()?;
    let first = purposes.oid()?;
    let purpose = |oid: &str| bounded(purpose_name(oid).to_owned());
    found.extended_key_usage.push(purpose(&first));
    while !purposes.rest.is_empty() {
        let oid = purposes.oid()?;
        if found.extended_key_usage.len() < MAX_PURPOSES {
            found.extended_key_usage.push(purpose(&oid));
        }
    }
    Some(())
}

fn authority_info_access(value: &[u8], found: &mut Certificate) -> Option<()> {
    let (_, read) = x509::AuthorityInfoAccess::from_der(value).ok()?;
    for description in &read.accessdescs {
        let list = match dotted(description.access_method.as_bytes()).as_str() {
            OCSP => &mut found.ocsp,
            CA_ISSUERS => &mut found.ca_issuers,
            _ => continue,
        };
        if list.len() < MAX_URLS {
            list.extend(address(&description.access_location));
        }
    }
    Some(())
}

/// A URI; other kinds of names lead nowhere a reader could follow.
fn address(name: &x509::GeneralName<'_>) -> Option<String> {
    match name {
        x509::GeneralName::URI(text) => Some(bounded((*text).to_owned())),
        x509::GeneralName::Invalid(Tag(6), data) => Some(bounded(eight_bit(data))),
        _ => None,
    }
}
