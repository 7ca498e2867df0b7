//! What of a connection is compared, in words that both sides can be put into: numbers as
//! `0x0303`, lists joined by commas.

use std::collections::BTreeMap;

use starttap::model::tls::SuiteCode;

/// Facts by stream number.
pub type Streams = BTreeMap<u32, Facts>;

/// Facts of one connection, each list in the order of the frames.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    pub client_hellos: Vec<Hello>,
    /// HelloRetryRequests too.
    pub server_hellos: Vec<Hello>,
    /// `frame:port of the sender:level/code`.
    pub alerts: Vec<String>,
    /// `frame:sha256`.
    pub certificates: Vec<String>,
}

/// A hello of either side.
#[derive(Clone, Debug, Default)]
pub struct Hello {
    pub frame: u64,
    /// Name and value of what it says; what one side does not tell at all is not compared.
    pub details: Vec<(&'static str, String)>,
}

impl Hello {
    /// A detail by its name.
    pub fn detail(&self, name: &str) -> Option<&str> {
        let found = self.details.iter().find(|(it, _)| *it == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// A suite number: two bytes, or three of SSL 2.0.
pub fn suite(code: SuiteCode) -> String {
    match code {
        SuiteCode::Tls(code) => format!("0x{code:04x}"),
        SuiteCode::Ssl2(code) => format!("0x{code:06x}"),
    }
}
