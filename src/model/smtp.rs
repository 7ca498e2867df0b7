//! What the mail dialogue said in clear. Never AUTH payloads, never message bodies.

use serde::Serialize;

use super::session::{At, Peer};

/// The dialogue before TLS (or without it).
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Smtp {
    /// The server's greeting.
    pub banner: Option<Banner>,
    /// The last EHLO, HELO or LHLO before TLS.
    pub ehlo: Option<Ehlo>,
    /// Capability lines of the reply to it, verbatim, without code and separator.
    pub capabilities: Vec<String>,
    /// What asked for TLS: `STARTTLS`, `X-ANONYMOUSTLS`, `implicit`; `None` = nothing did.
    pub tls_verb: Option<String>,
    /// Where the server offered STARTTLS or X-ANONYMOUSTLS.
    pub offered: Option<At>,
    /// The request that was granted, else the last one.
    pub requested: Option<At>,
    /// The reply to that request.
    pub reply: Option<Reply>,
    /// Lines that a device in between has overwritten, as seen.
    pub masked: Vec<Masked>,
    /// AUTH in clear: the mechanism, never the secret.
    pub cleartext_auth: Option<Auth>,
    /// MAIL FROM in clear.
    pub cleartext_mail: Option<At>,
    /// QUIT in clear.
    pub quit: Option<At>,
}

/// The server's greeting (RFC 5321 section 4.2).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Banner {
    /// Frame that completes the line.
    pub frame: u64,
    /// The text after the code, of the last line.
    pub text: String,
    /// The host name it starts with, where it looks like one.
    pub host: Option<String>,
}

/// The client's introduction (RFC 5321 section 4.1.1.1).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Ehlo {
    /// Frame that completes the line.
    pub frame: u64,
    /// EHLO, HELO or LHLO.
    pub verb: &'static str,
    /// The name the client gives itself.
    pub name: String,
}

/// The server's reply to the request for TLS (RFC 3207 section 4).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Reply {
    /// Frame that completes the reply.
    pub frame: u64,
    /// Reply code.
    pub code: u16,
    /// Text of the last line.
    pub text: String,
}

/// A line overwritten on its way, as seen.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Masked {
    /// Whose line it was.
    pub from: Peer,
    /// Frame that completes the line.
    pub frame: u64,
    /// The whole line of a server; of a client the verb alone, for the rest may be a secret.
    pub text: String,
}

/// AUTH in clear (RFC 4954).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Auth {
    /// Frame that completes the command.
    pub frame: u64,
    /// The mechanism, upper case.
    pub mechanism: String,
}
