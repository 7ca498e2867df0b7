//! TLS records with made-up messages in them (RFC 5246, RFC 8446).

/// Content types.
const CHANGE_CIPHER_SPEC: u8 = 20;
const ALERT: u8 = 21;
const HANDSHAKE: u8 = 22;
const APPLICATION_DATA: u8 = 23;

/// `supported_versions` (RFC 8446 section 4.2.1).
pub const SUPPORTED_VERSIONS: u16 = 43;
/// `padding` (RFC 7685).
const PADDING: u16 = 21;

/// A record of this content type; version 0x0303.
pub fn record(kind: u8, body: &[u8]) -> Vec<u8> {
    record_of(0x0303, kind, body)
}

fn record_of(version: u16, kind: u8, body: &[u8]) -> Vec<u8> {
    let mut record = vec![kind];
    record.extend(version.to_be_bytes());
    record.extend(sized16(body));
    record
}

/// A handshake message of this type, without its record.
pub fn handshake(kind: u8, body: &[u8]) -> Vec<u8> {
    let mut message = vec![kind, 0];
    message.extend(sized16(body));
    message
}

/// An alert in clear: 1 is a warning, 2 is fatal.
pub fn alert(level: u8, code: u8) -> Vec<u8> {
    record(ALERT, &[level, code])
}

/// Application data, or whatever pretends to be.
pub fn encrypted(len: usize) -> Vec<u8> {
    record(APPLICATION_DATA, &vec![0xE7; len])
}

/// A Certificate message of TLS 1.2 with this chain, the leaf first.
pub fn certificates(chain: &[Vec<u8>]) -> Vec<u8> {
    let each = chain.iter();
    let list: Vec<u8> = each
        .flat_map(|der| [vec![0], sized16(der)].concat())
        .collect();
    let body = [vec![0], sized16(&list)].concat();
    record(HANDSHAKE, &handshake(11, &body))
}

/// ServerHelloDone.
pub fn server_done() -> Vec<u8> {
    record(HANDSHAKE, &handshake(14, &[]))
}

/// ClientKeyExchange, ChangeCipherSpec, and a Finished that cannot be read.
pub fn client_finished() -> Vec<u8> {
    let keys = record(HANDSHAKE, &handshake(16, &[0xAB; 66]));
    [keys, server_finished()].concat()
}

/// ChangeCipherSpec, and a Finished that cannot be read.
pub fn server_finished() -> Vec<u8> {
    let change = record(CHANGE_CIPHER_SPEC, &[1]);
    [change, record(HANDSHAKE, &[0xF1; 40])].concat()
}

/// A ClientHello; fields are changed before [`ClientHello::record`].
#[derive(Clone, Debug)]
pub struct ClientHello {
    pub record_version: u16,
    pub version: u16,
    pub random: [u8; 32],
    pub session_id: Vec<u8>,
    pub suites: Vec<u16>,
    /// Type and body.
    pub extensions: Vec<(u16, Vec<u8>)>,
}

impl ClientHello {
    /// Two suites, no extensions.
    pub fn tls12() -> Self {
        Self {
            record_version: 0x0301,
            version: 0x0303,
            random: [0x5A; 32],
            session_id: Vec::new(),
            suites: vec![0xC02F, 0x009C],
            extensions: Vec::new(),
        }
    }

    /// `supported_versions` with 1.3 and 1.2.
    pub fn tls13() -> Self {
        let hello = Self::tls12().suites(&[0x1301, 0xC02F]);
        hello.extension(SUPPORTED_VERSIONS, &[4, 0x03, 0x04, 0x03, 0x03])
    }

    pub fn suites(mut self, suites: &[u16]) -> Self {
        self.suites = suites.to_vec();
        self
    }

    pub fn extension(mut self, kind: u16, body: &[u8]) -> Self {
        self.extensions.push((kind, body.to_vec()));
        self
    }

    /// One record.
    pub fn record(&self) -> Vec<u8> {
        let suites: Vec<u8> = self.suites.iter().flat_map(|it| it.to_be_bytes()).collect();
        let mut body = self.version.to_be_bytes().to_vec();
        body.extend(self.random);
        body.extend(sized8(&self.session_id));
        body.extend(sized16(&suites));
        // Compression: none.
        body.extend([1, 0]);
        body.extend(extensions(&self.extensions));
        record_of(self.record_version, HANDSHAKE, &handshake(1, &body))
    }
}

/// A ServerHello; fields are changed before [`ServerHello::record`].
#[derive(Clone, Debug)]
pub struct ServerHello {
    pub version: u16,
    pub random: [u8; 32],
    pub session_id: Vec<u8>,
    pub suite: u16,
    /// Type and body.
    pub extensions: Vec<(u16, Vec<u8>)>,
}

impl ServerHello {
    pub fn tls12(suite: u16) -> Self {
        Self {
            version: 0x0303,
            random: [0xA5; 32],
            session_id: Vec::new(),
            suite,
            extensions: Vec::new(),
        }
    }

    pub fn extension(mut self, kind: u16, body: &[u8]) -> Self {
        self.extensions.push((kind, body.to_vec()));
        self
    }

    /// One record.
    pub fn record(&self) -> Vec<u8> {
        let mut body = self.version.to_be_bytes().to_vec();
        body.extend(self.random);
        body.extend(sized8(&self.session_id));
        body.extend(self.suite.to_be_bytes());
        body.push(0);
        body.extend(extensions(&self.extensions));
        record(HANDSHAKE, &handshake(2, &body))
    }
}

/// A ClientHello for TLS 1.2 of this size on the wire.
pub fn client_hello(size: usize) -> Vec<u8> {
    let hello = ClientHello::tls12();
    let bare = hello.clone().extension(PADDING, &[]).record().len();
    let padding = size.checked_sub(bare).expect("a size above 58");
    hello.extension(PADDING, &vec![0; padding]).record()
}

fn extensions(list: &[(u16, Vec<u8>)]) -> Vec<u8> {
    if list.is_empty() {
        return Vec::new();
    }
    let each = list.iter();
    let bytes: Vec<u8> = each
        .flat_map(|(kind, body)| [kind.to_be_bytes().to_vec(), sized16(body)].concat())
        .collect();
    sized16(&bytes)
}

/// A length of one byte, then the bytes.
fn sized8(bytes: &[u8]) -> Vec<u8> {
    let length = u8::try_from(bytes.len()).expect("at most 255 bytes");
    [&[length], bytes].concat()
}

/// A length of two bytes, then the bytes.
fn sized16(bytes: &[u8]) -> Vec<u8> {
    let length = u16::try_from(bytes.len()).expect("at most 65,535 bytes");
    [&length.to_be_bytes()[..], bytes].concat()
}
