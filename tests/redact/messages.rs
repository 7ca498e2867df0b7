//! TLS messages and certificates with tokens in every text.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::planted::Tokens;

pub fn base64(text: &str) -> String {
    STANDARD.encode(text)
}

/// A ClientHello of TLS 1.2 in its record.
pub fn client_hello(t: &mut Tokens) -> Vec<u8> {
    let sni = vec16(&[&[0][..], &vec16(t.host().as_bytes())].concat());
    let alpn = vec16(&[vec8(t.word().as_bytes()), vec8(b"smtp")].concat());
    let extensions = [
        extension(0, &sni),
        extension(16, &alpn),
        // A ticket, and an extension that nobody knows.
        extension(35, t.host().as_bytes()),
        extension(0xFEED, t.word().as_bytes()),
    ]
    .concat();
    let random = random(t);
    let body = [
        &[3, 3][..],
        &random,
        &vec8(&session_id(t)),
        &vec16(&[0xC0, 0x2F, 0, 0x2F]),
        &vec8(&[0]),
        &vec16(&extensions),
    ]
    .concat();
    record(&message(1, &body))
}

/// ServerHello, Certificate, CertificateStatus, CertificateRequest, ServerHelloDone.
pub fn server_flight(t: &mut Tokens) -> Vec<u8> {
    let alpn = extension(16, &vec16(&vec8(t.word().as_bytes())));
    let hello = [
        &[3, 3][..],
        &random(t),
        &vec8(&session_id(t)),
        &[0, 0x2F, 0],
        &vec16(&alpn),
    ]
    .concat();
    let status = [&[1][..], &vec24(t.word().as_bytes())].concat();
    let authorities = [vec16(&name(t)), vec16(&name(t))].concat();
    let request = [vec8(&[1]), vec16(&[4, 1]), vec16(&authorities)].concat();
    let messages = [
        message(2, &hello),
        message(11, &chain(t)),
        message(22, &status),
        message(13, &request),
        message(14, &[]),
    ];
    record(&messages.concat())
}

/// The client's Certificate and a ClientKeyExchange.
pub fn client_flight(t: &mut Tokens) -> Vec<u8> {
    let messages = [message(11, &chain(t)), message(16, &vec16(&[0x5A; 256]))];
    record(&messages.concat())
}

fn random(t: &mut Tokens) -> Vec<u8> {
    t.word().repeat(4).into_bytes()
}

fn session_id(t: &mut Tokens) -> Vec<u8> {
    t.word().into_bytes()
}

fn chain(t: &mut Tokens) -> Vec<u8> {
    vec24(&[vec24(&certificate(t)), vec24(&certificate(t))].concat())
}

fn record(messages: &[u8]) -> Vec<u8> {
    [&[22, 3, 3][..], &vec16(messages)].concat()
}

fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    [&[kind][..], &vec24(body)].concat()
}

fn extension(kind: u16, body: &[u8]) -> Vec<u8> {
    [&kind.to_be_bytes()[..], &vec16(body)].concat()
}

fn vec8(body: &[u8]) -> Vec<u8> {
    [&[body.len() as u8][..], body].concat()
}

fn vec16(body: &[u8]) -> Vec<u8> {
    [&(body.len() as u16).to_be_bytes()[..], body].concat()
}

fn vec24(body: &[u8]) -> Vec<u8> {
    [&(body.len() as u32).to_be_bytes()[1..], body].concat()
}

const SEQUENCE: u8 = 0x30;

/// A certificate (RFC 5280 section 4.1) with text wherever it may stand.
fn certificate(t: &mut Tokens) -> Vec<u8> {
    let algorithm = der(
        SEQUENCE,
        &[
            der(6, &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 11]),
            der(5, b""),
        ],
    );
    let key_kind = der(
        SEQUENCE,
        &[
            der(6, &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 1]),
            der(5, b""),
        ],
    );
    let exponent = [&[1][..], t.word().as_bytes()].concat();
    let key = der(SEQUENCE, &[der(2, &[0x41; 128]), der(2, &exponent)]);
    let body = der(
        SEQUENCE,
        &[
            der(0xA0, &[der(2, &[2])]),
            der(2, t.word().as_bytes()),
            algorithm.clone(),
            name(t),
            der(
                SEQUENCE,
                &[der(0x17, b"250701000000Z"), der(0x17, b"260701000000Z")],
            ),
            name(t),
            der(SEQUENCE, &[key_kind, der(3, &[vec![0], key].concat())]),
            der(0xA3, &[extensions(t)]),
        ],
    );
    der(SEQUENCE, &[body, algorithm, der(3, &[0x5A; 129])])
}

fn extensions(t: &mut Tokens) -> Vec<u8> {
    let url = |t: &mut Tokens| format!("http://{}/{}", t.host(), t.word());
    let other = [
        der(6, &[0x2B, 6, 1, 4, 1, 0x82, 0x37, 20, 2, 3]),
        der(0xA0, &[der(12, t.mailbox().as_bytes())]),
    ];
    let unknown = [
        der(6, &[0x2B, 6, 1, 4, 1, 99]),
        der(0xA0, &[der(12, t.word().as_bytes())]),
    ];
    let names = [
        der(0x82, t.host().as_bytes()),
        der(0x82, format!("*.{}", t.host()).as_bytes()),
        der(0x81, t.mailbox().as_bytes()),
        der(0x86, url(t).as_bytes()),
        der(0x87, &[93, 184, 216, 34]),
        der(0xA4, &[name(t)]),
        der(0xA0, &other),
        der(0xA0, &unknown),
        der(0xA3, t.word().as_bytes()),
    ];
    let points = der(0xA0, &[der(0xA0, &[der(0x86, url(t).as_bytes())])]);
    let access = |last: u8, url: String| {
        der(
            SEQUENCE,
            &[
                der(6, &[0x2B, 6, 1, 5, 5, 7, 48, last]),
                der(0x86, url.as_bytes()),
            ],
        )
    };
    let list = [
        (&[0x55, 29, 17][..], der(SEQUENCE, &names)),
        (&[0x55, 29, 14], der(4, t.word().as_bytes())),
        (
            &[0x55, 29, 35],
            der(SEQUENCE, &[der(0x80, t.word().as_bytes())]),
        ),
        (&[0x55, 29, 31], der(SEQUENCE, &[der(SEQUENCE, &[points])])),
        (
            &[0x2B, 6, 1, 5, 5, 7, 1, 1],
            der(SEQUENCE, &[access(1, url(t)), access(2, url(t))]),
        ),
        (&[0x2B, 6, 1, 4, 1, 98], der(12, t.word().as_bytes())),
    ];
    let list = list.map(|(kind, value)| der(SEQUENCE, &[der(6, kind), der(4, &value)]));
    der(SEQUENCE, &list)
}

/// A name with every kind of string.
fn name(t: &mut Tokens) -> Vec<u8> {
    let utf16: Vec<u8> = t.word().encode_utf16().flat_map(u16::to_be_bytes).collect();
    let attributes = [
        (&[0x55, 4, 6][..], 0x13, b"DE".to_vec()),
        (
            &[0x55, 4, 10],
            12,
            format!("{}, \"{}\" {}", t.word(), t.word(), t.word()).into_bytes(),
        ),
        (&[0x55, 4, 11], 30, utf16),
        (&[0x55, 4, 97], 0x13, t.word().into_bytes()),
        (&[0x55, 4, 5], 4, t.word().into_bytes()),
        (
            &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 9, 1],
            0x16,
            t.mailbox().into_bytes(),
        ),
        (&[0x55, 4, 3], 12, t.host().into_bytes()),
    ];
    let sets = attributes
        .map(|(kind, tag, value)| der(0x31, &[der(SEQUENCE, &[der(6, kind), der(tag, &value)])]));
    der(SEQUENCE, &sets)
}

/// A value in DER, from its contents or from the values in it.
fn der(tag: u8, contents: impl Contents) -> Vec<u8> {
    let contents = contents.bytes();
    let len = contents.len();
    let mut value = vec![tag];
    match len {
        0..0x80 => value.push(len as u8),
        0x80..0x100 => value.extend([0x81, len as u8]),
        _ => value.extend([0x82, (len >> 8) as u8, len as u8]),
    }
    value.extend(contents);
    value
}

trait Contents {
    fn bytes(self) -> Vec<u8>;
}

impl Contents for &[u8] {
    fn bytes(self) -> Vec<u8> {
        self.to_vec()
    }
}

impl<const N: usize> Contents for &[u8; N] {
    fn bytes(self) -> Vec<u8> {
        self.to_vec()
    }
}

impl Contents for &Vec<u8> {
    fn bytes(self) -> Vec<u8> {
        self.clone()
    }
}

impl<const N: usize> Contents for &[Vec<u8>; N] {
    fn bytes(self) -> Vec<u8> {
        self.concat()
    }
}
