//! The session record: plain owned data, the JSON contract `starttap/1`.
//!
//! Every layer may use these types; they use no layer. Absent knowledge is `None`, never a default.

pub mod certificate;
pub mod evidence;
pub mod finding;
pub mod handshake;
pub mod inventory;
pub mod kept;
pub mod left_out;
pub mod message;
pub mod path;
pub mod report;
pub mod session;
pub mod smtp;
pub mod tcp;
pub mod tls;

pub use evidence::Evidence;
pub use finding::{Confidence, Finding, Severity, Verdict};
pub use kept::Kept;
pub use left_out::LeftOut;
pub use message::{Message, MessageLog};
pub use path::Reset;
pub use report::{Cited, CrossFinding, Input, PolicyInfo, Redaction, Report, Skipped, Summary};
pub use session::{
    After, At, CaptureInfo, Ended, EndedBy, Endpoint, How, Outcome, Peer, Phase, Session, Starts,
    Visibility,
};

/// Version of the JSON contract.
pub const SCHEMA: &str = "starttap/1";
