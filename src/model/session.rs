//! One TCP connection of the chosen ports, from its first to its last frame.

use std::fmt;
use std::net::IpAddr;

use schemars::JsonSchema;
use serde::Serialize;

use super::evidence::Evidence;
use super::finding::{Finding, Verdict};
use super::smtp::Smtp;
use super::tcp::Tcp;
use super::tls::Tls;
use crate::time::Timestamp;

/// Everything known about one connection.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Session {
    /// Where in the capture it stands and how much of it was captured.
    pub capture: CaptureInfo,
    /// Community ID version 1 of the connection.
    pub community_id: String,
    /// Who opened the connection.
    pub client: Endpoint,
    /// Who was called.
    pub server: Endpoint,
    /// Time of the first frame.
    pub started: Timestamp,
    /// Time of the last frame.
    pub ended_at: Timestamp,
    /// The mail dialogue in clear; `None` when none was seen.
    pub smtp: Option<Smtp>,
    /// The TLS handshake; `None` when none was seen.
    pub tls: Option<Tls>,
    /// What TCP did.
    pub tcp: Tcp,
    /// How it ended.
    pub ended: Ended,
    /// What became of it.
    pub outcome: Outcome,
    /// The one cause that explains the ending.
    pub verdict: Verdict,
    /// Everything worth telling, most severe first.
    pub findings: Vec<Finding>,
    /// Facts for the rules that are no part of the record.
    #[serde(skip)]
    pub evidence: Evidence,
}

impl Session {
    /// Whether it is a health check or another probe, which no failure count should hold.
    pub fn is_probe(&self) -> bool {
        let id = self.verdict.finding;
        id.is_some_and(|id| ["P17", "S10"].contains(&id))
    }

    /// Whether TLS came about and nothing came of it: a side left at once or fell silent.
    pub fn came_to_nothing(&self) -> bool {
        let id = self
            .verdict
            .finding
            .filter(|_| self.outcome == Outcome::TlsEstablished);
        id.is_some_and(|id| ["S12", "S24", "T08", "T29"].contains(&id))
    }
}

/// Where a session stands in its capture.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct CaptureInfo {
    /// The input as given on the command line.
    pub input: String,
    /// Wireshark's `tcp.stream`; `None` once the table of other connections was full, and in a live
    /// capture, which does not see the other connections.
    pub tcp_stream: Option<u32>,
    /// First frame of the session.
    pub first_frame: u64,
    /// Last frame of the session.
    pub last_frame: u64,
    /// Which directions were captured.
    pub visibility: Visibility,
    /// Whether the start of the connection was captured.
    pub starts: Starts,
    /// The snap length cut at least one frame of the session.
    pub snaplen_cut: bool,
    /// What copies of packets say about the capture point; `None` without copies.
    pub point: Option<String>,
}

/// One end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
pub struct Endpoint {
    /// Address.
    pub ip: IpAddr,
    /// TCP port.
    pub port: u16,
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.ip {
            IpAddr::V4(ip) => write!(f, "{ip}:{}", self.port),
            IpAddr::V6(ip) => write!(f, "[{ip}]:{}", self.port),
        }
    }
}

/// A frame that proves something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct At {
    /// 1-based frame number in the input.
    pub frame: u64,
}

/// One of the two ends of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Peer {
    /// Sender of the SYN.
    Client,
    /// The mail server.
    Server,
}

impl Peer {
    /// The other end.
    pub const fn other(self) -> Self {
        match self {
            Self::Client => Self::Server,
            Self::Server => Self::Client,
        }
    }

    /// 0 for the client, 1 for the server.
    pub const fn index(self) -> usize {
        self as usize
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Client => "client",
            Self::Server => "server",
        })
    }
}

/// Which directions of a connection the capture holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Visibility {
    /// Both directions.
    Both,
    /// Only what the client sent.
    ClientOnly,
    /// Only what the server sent.
    ServerOnly,
}

/// Whether a session begins with its SYN.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Starts {
    /// A SYN (or SYN+ACK) was captured.
    Syn,
    /// The capture began later.
    Midstream,
}

/// How a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Ended {
    /// Sender of the first FIN or RST.
    pub by: EndedBy,
    /// By what.
    pub how: How,
    /// Frame of that FIN or RST.
    pub frame: Option<u64>,
    /// The last milestone that had been reached.
    pub phase: Phase,
    /// When.
    pub time: Timestamp,
    /// The last data before; `None` without any, and where no end was captured.
    pub after: Option<After>,
}

/// What came last before an ending.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, JsonSchema)]
pub struct After {
    /// Whose data it was.
    pub from: Peer,
    /// Frame of the last data; that of the FIN itself where the FIN carries data.
    pub frame: u64,
    /// Seconds from there to the end.
    pub seconds: f64,
}

/// Who ended a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum EndedBy {
    /// The client.
    Client,
    /// The server.
    Server,
    /// A device in between.
    ThirdParty,
    /// The capture does not show it.
    Unknown,
}

/// What ended a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum How {
    /// An orderly close.
    Fin,
    /// A reset.
    Rst,
    /// Nothing for longer than the idle limit, in capture time.
    Timeout,
    /// The capture ends before the connection does.
    CaptureEnd,
}

/// The milestones of a session, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// No data yet.
    TcpHandshake,
    /// The server has greeted.
    Banner,
    /// The client has introduced itself.
    Ehlo,
    /// TLS was asked for.
    Starttls,
    /// The client's hello was sent.
    ClientHello,
    /// The server's hello was sent.
    ServerFlight,
    /// The client has answered the server's flight, or one side went encrypted.
    KeyExchange,
    /// Both sides are encrypted.
    Established,
    /// Mail or credentials were sent in clear.
    Mail,
    /// The client said QUIT in clear.
    Quit,
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TcpHandshake => "with no dialogue before",
            Self::Banner => "after the banner",
            Self::Ehlo => "after EHLO",
            Self::Starttls => "after STARTTLS",
            Self::ClientHello => "after the ClientHello",
            Self::ServerFlight => "after the ServerHello",
            Self::KeyExchange => "during the key exchange",
            Self::Established => "after the TLS handshake",
            Self::Mail => "after mail in clear",
            Self::Quit => "after QUIT",
        })
    }
}

/// What became of a session; the first that matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Both sides went encrypted.
    TlsEstablished,
    /// MAIL or AUTH was sent in clear.
    Cleartext,
    /// TLS was asked for, or a ClientHello sent, and did not come about.
    TlsFailed,
    /// A dialogue without TLS or mail.
    NoMail,
    /// No dialogue at all.
    NoSmtp,
    /// The deciding bytes are not in the capture.
    NotObservable,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TlsEstablished => "TLS established",
            Self::Cleartext => "in clear",
            Self::TlsFailed => "TLS failed",
            Self::NoMail => "no TLS, no mail",
            Self::NoSmtp => "no dialogue",
            Self::NotObservable => "not observable",
        })
    }
}
