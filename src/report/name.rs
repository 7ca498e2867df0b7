//! Distinguished names, taken apart: the record has them as Windows writes them, Zeek and ECS want
//! them in other ways.

use std::fmt::Write;

/// An attribute of a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Attribute {
    /// The key that Windows writes: `CN`, `S`, `OID.1.2.3`.
    pub(super) key: String,
    /// The value; in hex after `#` where it is no text.
    pub(super) value: String,
    /// The value was written in quotes, so a `#` at its start is text.
    quoted: bool,
    /// It belongs to the same relative name as the one before.
    joined: bool,
}

/// The attributes of a name as Windows writes it, in that order: the last one of the encoding first.
pub(super) fn attributes(name: &str) -> Vec<Attribute> {
    let mut attributes = Vec::new();
    let mut rest = name;
    let mut joined = false;
    while let Some((key, after)) = rest.split_once('=') {
        let (value, quoted, end) = match after.strip_prefix('"') {
            Some(text) => {
                let (value, end) = unquote(text);
                (value, true, end)
            }
            None => {
                let end = after.find([',', '+']).unwrap_or(after.len());
                let value = after[..end].strip_suffix(' ');
                let value = value.filter(|_| after[end..].starts_with('+'));
                (
                    value.unwrap_or(&after[..end]).to_owned(),
                    false,
                    &after[end..],
                )
            }
        };
        let key = key.to_owned();
        attributes.push(Attribute {
            key,
            value,
            quoted,
            joined,
        });
        let end = end.trim_start_matches(' ');
        joined = end.starts_with('+');
        rest = end.trim_start_matches([',', '+', ' ']);
    }
    attributes
}

/// The text up to a quotation mark that stands alone, and what follows it.
fn unquote(text: &str) -> (String, &str) {
    let mut value = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('"') {
        value.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let Some(more) = rest.strip_prefix('"') else {
            return (value, rest);
        };
        value.push('"');
        rest = more;
    }
    value.push_str(rest);
    (value, "")
}

/// A name as RFC 2253 writes it and OpenSSL, and with it Zeek: `CN=mx.example.org,O=Example,ST=…`.
/// OpenSSL turns the attributes of a relative name around as well, which Windows does not.
pub(super) fn rfc2253(name: &str) -> String {
    let attributes = attributes(name);
    let relative = attributes.chunk_by(|_, next| next.joined);
    let relative = relative.map(|attributes| {
        let written = attributes.iter().rev().map(Attribute::rfc2253);
        written.collect::<Vec<_>>().join("+")
    });
    relative.collect::<Vec<_>>().join(",")
}

impl Attribute {
    fn rfc2253(&self) -> String {
        let mut text = format!("{}=", short_name(&self.key));
        let is_hex = !self.quoted && self.value.starts_with('#');
        match is_hex {
            true => text.push_str(&self.value),
            false => escape(&self.value, &mut text),
        }
        text
    }
}

/// OpenSSL's short name of an attribute.
fn short_name(key: &str) -> &str {
    match key {
        "Description" => "description",
        "E" => "emailAddress",
        "G" => "GN",
        "I" => "initials",
        "OID.0.9.2342.19200300.100.1.1" => "UID",
        "OID.1.3.6.1.4.1.311.60.2.1.1" => "jurisdictionL",
        "OID.1.3.6.1.4.1.311.60.2.1.2" => "jurisdictionST",
        "OID.1.3.6.1.4.1.311.60.2.1.3" => "jurisdictionC",
        "OID.2.5.4.15" => "businessCategory",
        "OID.2.5.4.97" => "organizationIdentifier",
        "POBox" => "postOfficeBox",
        "Phone" => "telephoneNumber",
        "PostalCode" => "postalCode",
        "S" => "ST",
        "SERIALNUMBER" => "serialNumber",
        "STREET" => "street",
        "T" => "title",
        "X21Address" => "x121Address",
        other => other.strip_prefix("OID.").unwrap_or(other),
    }
}

/// RFC 2253 section 2.4; control characters and what is not ASCII as bytes of UTF-8.
fn escape(value: &str, text: &mut String) {
    let last = value.chars().count().saturating_sub(1);
    for (at, char) in value.chars().enumerate() {
        let at_edge = match char {
            ' ' => at == 0 || at == last,
            '#' => at == 0,
            _ => false,
        };
        if at_edge || matches!(char, ',' | '+' | '"' | '\\' | '<' | '>' | ';') {
            text.push('\\');
            text.push(char);
        } else if char.is_ascii() && !char.is_ascii_control() {
            text.push(char);
        } else {
            for byte in char.encode_utf8(&mut [0; 4]).bytes() {
                // Writing to a String cannot fail.
                let _ = write!(text, "\\{byte:02X}");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_openssl_writes_it() {
        let plain = "CN=mx.example.org, O=Example, S=Bavaria, C=DE";
        assert_eq!(
            rfc2253(plain),
            "CN=mx.example.org,O=Example,ST=Bavaria,C=DE"
        );
        let odd = "CN=\"Example, Inc. \"\"x\"\" \" + OU=\"#1\", OID.1.2.3=#0C0178, E=a@b.de, O=\u{fc}\u{7}";
        assert_eq!(
            rfc2253(odd),
            "OU=\\#1+CN=Example\\, Inc. \\\"x\\\"\\ ,1.2.3=#0C0178,emailAddress=a@b.de,\
             O=\\C3\\BC\\07"
        );
    }

    #[test]
    fn values_keep_their_spaces_and_strangers_end() {
        let value = |name, at: usize| attributes(name)[at].value.clone();
        assert_eq!(value("CN=a  b, O=c", 0), "a  b");
        assert_eq!(value("CN=\" a\", O=", 0), " a");
        assert_eq!(value("CN=\"\", O=x", 0), "");
        assert_eq!(attributes("CN=\"never closed").len(), 1);
        for strange in ["", "=", "no key", ",,,", "CN=\"x\"\"", "CN=x,", "+=+="] {
            rfc2253(strange);
        }
    }
}
