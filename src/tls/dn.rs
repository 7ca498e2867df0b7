//! Distinguished names as Windows writes them.
//!
//! Administrators compare a report with `Get-ExchangeCertificate` and `certutil`, so names are
//! written as `CertNameToStr` does with `CERT_X500_NAME_STR | CERT_NAME_STR_REVERSE_FLAG`: the
//! last component first, `S=` and `E=`, quotes only where needed.

use super::registry::attribute_key;

/// One attribute of a relative name: dotted OID and value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Attribute {
    pub(super) oid: String,
    pub(super) value: Value,
}

/// The value of an attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    Text(String),
    /// No string type: the DER encoding, of an OCTET STRING its contents.
    Other(Vec<u8>),
}

impl Value {
    /// From a universal tag number, the contents, and the whole encoding.
    pub(super) fn new(tag: u32, data: &[u8], encoding: &[u8]) -> Self {
        match tag {
            // OCTET STRING
            4 => Self::Other(data.to_vec()),
            // UTF8String
            12 => Self::Text(String::from_utf8_lossy(data).into_owned()),
            // Numeric-, Printable-, T61-, Videotex-, IA5-, Graphic-, Visible- and GeneralString.
            18..=22 | 25..=27 => Self::Text(eight_bit(data)),
            // UniversalString
            28 => Self::Text(
                data.chunks(4)
                    .map(|it| {
                        <[u8; 4]>::try_from(it)
                            .ok()
                            .and_then(|it| char::from_u32(u32::from_be_bytes(it)))
                            .unwrap_or(char::REPLACEMENT_CHARACTER)
                    })
                    .collect(),
            ),
            // BMPString: UCS-2, in practice UTF-16.
            30 => {
                let units: Vec<u16> = super::reader::u16s(data);
                Self::Text(String::from_utf16_lossy(&units))
            }
            _ => Self::Other(encoding.to_vec()),
        }
    }
}

/// Strings of one byte a character: as Windows does, UTF-8 where it is valid, else Latin-1.
pub(super) fn eight_bit(data: &[u8]) -> String {
    match std::str::from_utf8(data) {
        Ok(text) => text.to_owned(),
        Err(_) => data.iter().copied().map(char::from).collect(),
    }
}

/// Writes a name given in the order of its encoding.
pub(super) fn to_text(rdns: &[Vec<Attribute>]) -> String {
    let mut text = String::new();
    for (index, rdn) in rdns.iter().rev().enumerate() {
        if index > 0 {
            text.push_str(", ");
        }
        for (index, attribute) in rdn.iter().enumerate() {
            if index > 0 {
                text.push_str(" + ");
            }
            text.push_str(&attribute_key(&attribute.oid));
            text.push('=');
            match &attribute.value {
                Value::Text(value) => push_quoted(&mut text, value),
                Value::Other(encoding) => {
                    text.push('#');
                    text.push_str(&super::certs::upper_hex(encoding));
                }
            }
        }
    }
    text
}

/// Quotes a value that is empty, starts or ends with white space, or holds a special character;
/// quotes in it are doubled.
fn push_quoted(text: &mut String, value: &str) {
    const SPECIAL: &[char] = &[',', '+', '=', '"', '\n', '<', '>', '#', ';'];
    let blank = |it: char| matches!(it, ' ' | '\u{9}'..='\u{D}');
    let needed = value.is_empty()
        || value.starts_with(blank)
        || value.ends_with(blank)
        || value.contains(SPECIAL);
    if !needed {
        text.push_str(value);
        return;
    }
    text.push('"');
    text.push_str(&value.replace('"', "\"\""));
    text.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attribute(oid: &str, value: &str) -> Attribute {
        Attribute {
            oid: oid.to_owned(),
            value: Value::Text(value.to_owned()),
        }
    }

    #[test]
    fn last_component_first() {
        let name = [
            vec![attribute("2.5.4.6", "US")],
            vec![attribute("2.5.4.8", "Washington")],
            vec![attribute("2.5.4.10", "Contoso, Inc.")],
            vec![
                attribute("2.5.4.3", "mail"),
                attribute("1.2.840.113549.1.9.1", "a@b"),
            ],
            vec![attribute("2.5.4.97", "X")],
        ];
        assert_eq!(
            to_text(&name),
            "OID.2.5.4.97=X, CN=mail + E=a@b, O=\"Contoso, Inc.\", S=Washington, C=US"
        );
    }

    #[test]
    fn quotes_only_where_needed() {
        let text = |value| to_text(&[vec![attribute("2.5.4.3", value)]]);
        assert_eq!(text("a b"), "CN=a b");
        assert_eq!(text(" a"), "CN=\" a\"");
        assert_eq!(text("a\t"), "CN=\"a\t\"");
        assert_eq!(text(""), "CN=\"\"");
        assert_eq!(text("a\"b"), "CN=\"a\"\"b\"");
        assert_eq!(text("#1"), "CN=\"#1\"");
        assert_eq!(text("a\nb"), "CN=\"a\nb\"");
        assert_eq!(text("a\rb"), "CN=a\rb");
        assert_eq!(text("a;b"), "CN=\"a;b\"");
        assert_eq!(text("<a>"), "CN=\"<a>\"");
        assert_eq!(text("a=b+c"), "CN=\"a=b+c\"");
        // Examples of Microsoft's page on CertNameToStr.
        assert_eq!(text(" Microsoft"), "CN=\" Microsoft\"");
        assert_eq!(text("Joe \"Cool\""), "CN=\"Joe \"\"Cool\"\"\"");
        assert_eq!(text("a  b"), "CN=a  b");
        assert_eq!(text("a/b\\c*"), "CN=a/b\\c*");
        assert_eq!(text("a\0b"), "CN=a\0b");
    }

    #[test]
    fn string_types() {
        let text = |tag, data: &[u8]| Value::new(tag, data, data);
        let is = |value: &str| Value::Text(value.to_owned());
        assert_eq!(text(12, b"M\xC3\xBCller"), is("Müller"));
        assert_eq!(text(12, b"M\xFCller"), is("M\u{FFFD}ller"));
        assert_eq!(text(20, b"M\xFCller"), is("Müller"));
        assert_eq!(text(20, b"M\xC3\xBCller"), is("Müller"));
        assert_eq!(text(30, &[0, b'A', 0x26, 0x3A]), is("A☺"));
        assert_eq!(text(30, &[0xD8, 0x00]), is("\u{FFFD}"));
        assert_eq!(
            text(28, &[0, 0, 0, b'A', 0, 0x11, 0, 0, 1]),
            is("A\u{FFFD}\u{FFFD}")
        );
        assert_eq!(text(2, &[2, 1, 5]), Value::Other(vec![2, 1, 5]));
        assert_eq!(
            Value::new(4, &[0x0A, 0x56, 0xCF], &[4, 3, 0x0A, 0x56, 0xCF]),
            Value::Other(vec![0x0A, 0x56, 0xCF])
        );
        let name = [vec![Attribute {
            oid: "2.5.4.3".to_owned(),
            value: text(2, &[2, 1, 5]),
        }]];
        assert_eq!(to_text(&name), "CN=#020105");
    }
}
