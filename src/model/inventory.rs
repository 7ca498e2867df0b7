//! Who can do what: clients and servers with what they offer and choose, and what a higher floor
//! would break.

use std::net::IpAddr;

use schemars::JsonSchema;
use serde::Serialize;

use super::session::Endpoint;
use super::tls::Version;
use crate::time::Timestamp;

/// All clients and servers of a run, scanners left out.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct Inventory {
    /// The floors that are tried out, with what each would break.
    pub floors: Vec<Floor>,
    /// Clients, those that break most first.
    pub clients: Vec<Client>,
    /// Servers, those that break most first.
    pub servers: Vec<Server>,
    /// Server certificates, and where each is presented.
    pub certificates: Vec<Presented>,
    /// Addresses from which somebody only tried things out; those sessions count nowhere else.
    pub scanners: Vec<IpAddr>,
    /// Sessions left out: of scanners, and second sightings of a connection.
    pub left_out: u64,
}

/// A requirement, and what it would break.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Floor {
    /// Stable name: `tls-1.2`, `no-rc4` …
    pub id: &'static str,
    /// In words.
    pub title: &'static str,
    /// Clients whose offers cannot meet it.
    pub clients: u64,
    /// Servers that chose less although the client offered it.
    pub servers: u64,
    /// Sessions established below it.
    pub sessions: u64,
}

/// One client: address, EHLO name and fingerprint of its hello.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Client {
    /// Address.
    pub ip: IpAddr,
    /// The name it gives itself.
    pub ehlo: Option<String>,
    /// JA4 of its ClientHello.
    pub ja4: Option<String>,
    /// The highest version it offers.
    pub best_version: Option<Version>,
    /// Number of cipher suites it offers, signals left out.
    pub cipher_suites: usize,
    /// What became of its sessions.
    pub seen: Seen,
    /// What was negotiated, most frequent first.
    pub negotiated: Vec<Negotiated>,
    /// Ids of floors its offer cannot meet.
    pub breaks: Vec<&'static str>,
}

/// One server: address and port.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Server {
    /// Address and port.
    #[serde(flatten)]
    pub endpoint: Endpoint,
    /// The host its last greeting named.
    pub host: Option<String>,
    /// The highest version it chose.
    pub best_version: Option<Version>,
    /// What became of its sessions.
    pub seen: Seen,
    /// What it chose, most frequent first.
    pub negotiated: Vec<Negotiated>,
    /// Ids of floors below which it chose although the client offered what would meet them.
    pub breaks: Vec<&'static str>,
}

/// Sessions of a client or server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Seen {
    /// All.
    pub sessions: u64,
    /// With TLS established.
    pub established: u64,
    /// With TLS tried and lost, or refused.
    pub failed: u64,
    /// With mail in clear.
    pub in_clear: u64,
    /// Start of the first.
    pub first: Timestamp,
    /// Start of the last.
    pub last: Timestamp,
}

/// A version and suite that was chosen, and how often.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Negotiated {
    /// The version.
    pub version: Option<Version>,
    /// The suite's name, or its number.
    pub cipher_suite: Option<String>,
    /// In how many sessions.
    pub sessions: u64,
}

/// A certificate and where it is presented.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Presented {
    /// Subject.
    pub subject: String,
    /// Issuer.
    pub issuer: String,
    /// Serial number.
    pub serial: String,
    /// SHA-256 thumbprint.
    pub sha256: String,
    /// Servers that present it.
    pub servers: Vec<Endpoint>,
    /// In how many sessions.
    pub sessions: u64,
    /// First time it was seen.
    pub first: Timestamp,
    /// Last time it was seen.
    pub last: Timestamp,
}
