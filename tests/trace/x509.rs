//! Certificates made up field by field (RFC 5280 section 4.1). Keys and signatures are noise of the
//! right size: nobody checks them.

const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OCTET_STRING: u8 = 0x04;
const NULL: u8 = 0x05;
const OBJECT_ID: u8 = 0x06;
const UTF8_STRING: u8 = 0x0C;
const UTC_TIME: u8 = 0x17;
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;

/// 1.2.840.113549.1.1, PKCS #1, without its last number.
const PKCS1: [u8; 8] = [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01];
/// 1.3.6.1.5.5.7.3, purposes of keys, without their last number.
const PURPOSES: [u8; 7] = [0x2B, 6, 1, 5, 5, 7, 3];
/// 2.5.4.3.
const COMMON_NAME: [u8; 3] = [0x55, 4, 3];
/// 2.5.29.17 and 2.5.29.37.
const ALTERNATIVE_NAMES: [u8; 3] = [0x55, 29, 17];
const KEY_PURPOSES: [u8; 3] = [0x55, 29, 37];
/// 1.3.6.1.5.5.7.1.1 and 1.3.6.1.5.5.7.48.2.
const AUTHORITY_INFO: [u8; 8] = [0x2B, 6, 1, 5, 5, 7, 1, 1];
const CA_ISSUERS: [u8; 8] = [0x2B, 6, 1, 5, 5, 7, 48, 2];

/// A certificate; fields are changed before [`Certificate::der`].
#[derive(Clone, Debug)]
pub struct Certificate {
    /// Common names.
    pub subject: String,
    pub issuer: String,
    pub serial: u8,
    /// As `YYMMDDhhmmssZ`. Traces begin on 2026-01-01.
    pub not_before: &'static str,
    pub not_after: &'static str,
    /// Host names.
    pub names: Vec<&'static str>,
    /// Bits of the RSA key.
    pub bits: usize,
    /// Last number of the signature algorithm in PKCS #1: 11 is SHA-256, 5 SHA-1, 4 MD5.
    pub signature: u8,
    /// Last numbers of the extended key usages: 1 is serverAuth, 2 clientAuth.
    pub purposes: Vec<u8>,
    /// Where the certificate of the issuer can be fetched.
    pub ca_issuers: Vec<&'static str>,
}

impl Certificate {
    /// Valid for a year, for this host name; issued by this CA, or by itself.
    pub fn new(name: &'static str, issuer: &str) -> Self {
        Self {
            subject: name.to_owned(),
            issuer: issuer.to_owned(),
            serial: 1,
            not_before: "250701000000Z",
            not_after: "260701000000Z",
            names: vec![name],
            bits: 2048,
            signature: 11,
            purposes: vec![1],
            ca_issuers: Vec::new(),
        }
    }

    pub fn der(&self) -> Vec<u8> {
        let algorithm = sequence(&[&pkcs1(self.signature), &der(NULL, &[])]);
        let body = sequence(&[
            // Version 3.
            &der(0xA0, &der(INTEGER, &[2])),
            &der(INTEGER, &[self.serial]),
            &algorithm,
            &name(&self.issuer),
            &sequence(&[
                &der(UTC_TIME, self.not_before.as_bytes()),
                &der(UTC_TIME, self.not_after.as_bytes()),
            ]),
            &name(&self.subject),
            &self.key(),
            &self.extensions(),
        ]);
        sequence(&[&body, &algorithm, &bits(&vec![0x5A; self.bits / 8])])
    }

    fn key(&self) -> Vec<u8> {
        let modulus = [vec![0, 0xC3], vec![0x35; self.bits / 8 - 1]].concat();
        let key = sequence(&[&der(INTEGER, &modulus), &der(INTEGER, &[1, 0, 1])]);
        let algorithm = sequence(&[&pkcs1(1), &der(NULL, &[])]);
        sequence(&[&algorithm, &bits(&key)])
    }

    fn extensions(&self) -> Vec<u8> {
        let names = self.names.iter().map(|name| der(0x82, name.as_bytes()));
        let names: Vec<Vec<u8>> = names.collect();
        let purpose = |last: &u8| der(OBJECT_ID, &[&PURPOSES[..], &[*last]].concat());
        let purposes: Vec<Vec<u8>> = self.purposes.iter().map(purpose).collect();
        let mut all = Vec::new();
        let place = |place: &&str| {
            let location = der(0x86, place.as_bytes());
            sequence(&[&der(OBJECT_ID, &CA_ISSUERS), &location])
        };
        let places: Vec<Vec<u8>> = self.ca_issuers.iter().map(place).collect();
        let lists = [
            (&ALTERNATIVE_NAMES[..], names),
            (&KEY_PURPOSES[..], purposes),
            (&AUTHORITY_INFO[..], places),
        ];
        for (id, values) in lists {
            if !values.is_empty() {
                let value = der(OCTET_STRING, &der(SEQUENCE, &values.concat()));
                all.extend(sequence(&[&der(OBJECT_ID, id), &value]));
            }
        }
        der(0xA3, &der(SEQUENCE, &all))
    }
}

fn pkcs1(last: u8) -> Vec<u8> {
    der(OBJECT_ID, &[&PKCS1[..], &[last]].concat())
}

fn name(common: &str) -> Vec<u8> {
    let attribute = [
        der(OBJECT_ID, &COMMON_NAME),
        der(UTF8_STRING, common.as_bytes()),
    ]
    .concat();
    sequence(&[&der(SET, &der(SEQUENCE, &attribute))])
}

fn bits(bytes: &[u8]) -> Vec<u8> {
    der(BIT_STRING, &[&[0], bytes].concat())
}

fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    der(SEQUENCE, &parts.concat())
}

fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let len = content.len();
    let mut value = vec![tag];
    match len {
        0..0x80 => value.push(len as u8),
        0x80..0x100 => value.extend([0x81, len as u8]),
        _ => value.extend([0x82, (len >> 8) as u8, len as u8]),
    }
    value.extend(content);
    value
}
