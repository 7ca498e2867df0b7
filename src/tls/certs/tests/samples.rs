//! Certificates built by hand, as small as they can be.

/// A DER value with a length of up to 64 KiB.
pub fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let len = content.len();
    let mut value = match len {
        0..0x80 => vec![tag, len as u8],
        0x80..0x100 => vec![tag, 0x81, len as u8],
        _ => vec![tag, 0x82, (len >> 8) as u8, len as u8],
    };
    value.extend_from_slice(content);
    value
}

pub const SEQUENCE: u8 = 0x30;
pub const OID: u8 = 0x06;
pub const OCTETS: u8 = 0x04;
pub const UTF8: u8 = 0x0C;
pub const PRINTABLE: u8 = 0x13;
pub const UTC_TIME: u8 = 0x17;

/// A name with this common name in this string type; no attributes for an empty one.
pub fn name(tag: u8, common_name: &[u8]) -> Vec<u8> {
    if common_name.is_empty() {
        return der(SEQUENCE, &[]);
    }
    let pair = [der(OID, &[0x55, 4, 3]), der(tag, common_name)].concat();
    der(SEQUENCE, &der(0x31, &der(SEQUENCE, &pair)))
}

/// An extension `2.5.29.N`.
pub fn extension(number: u8, value: &[u8]) -> Vec<u8> {
    let parts = [der(OID, &[0x55, 0x1D, number]), der(OCTETS, value)].concat();
    der(SEQUENCE, &parts)
}

/// What differs between the certificates of a chain.
#[derive(Clone)]
pub struct Sample {
    pub subject: Vec<u8>,
    pub issuer: Vec<u8>,
    pub not_before: Vec<u8>,
    pub not_after: Vec<u8>,
    pub extensions: Vec<Vec<u8>>,
}

impl Sample {
    pub fn new(subject: &str, issuer: &str) -> Self {
        Self {
            subject: name(UTF8, subject.as_bytes()),
            issuer: name(UTF8, issuer.as_bytes()),
            not_before: der(UTC_TIME, b"260101000000Z"),
            not_after: der(UTC_TIME, b"270101000000Z"),
            extensions: Vec::new(),
        }
    }

    /// With its own key identifier and that of its issuer.
    pub fn keys(mut self, own: u8, issuer: u8) -> Self {
        let authority = der(SEQUENCE, &der(0x80, &[issuer]));
        self.extensions.push(extension(14, &der(OCTETS, &[own])));
        self.extensions.push(extension(35, &authority));
        self
    }

    pub fn der(&self) -> Vec<u8> {
        // sha256WithRSAEncryption, and a key of four bits
        let algorithm = |last| {
            let oid = [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, last];
            der(SEQUENCE, &der(OID, &oid))
        };
        let numbers = [der(0x02, &[13]), der(0x02, &[1, 0, 1])].concat();
        let bits = [vec![0], der(SEQUENCE, &numbers)].concat();
        let mut tbs = [
            der(0xA0, &der(0x02, &[2])),
            der(0x02, &[1]),
            algorithm(11),
            self.issuer.clone(),
            der(
                SEQUENCE,
                &[self.not_before.clone(), self.not_after.clone()].concat(),
            ),
            self.subject.clone(),
            der(SEQUENCE, &[algorithm(1), der(0x03, &bits)].concat()),
        ]
        .concat();
        if !self.extensions.is_empty() {
            tbs.extend(der(0xA3, &der(SEQUENCE, &self.extensions.concat())));
        }
        let parts = [der(SEQUENCE, &tbs), algorithm(11), der(0x03, &[0, 1])].concat();
        der(SEQUENCE, &parts)
    }
}
