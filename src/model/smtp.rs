//! What was said in clear. Never AUTH payloads, never message bodies.

use schemars::JsonSchema;
use serde::Serialize;

use super::session::{At, Endpoint, Peer};

/// The dialogue before TLS, without it, and around it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct Smtp {
    /// What is spoken; `None` where no EHLO, HELO or LHLO was seen.
    pub protocol: Option<Protocol>,
    /// What a proxy says of the client, in front of everything.
    pub proxy: Option<Proxy>,
    /// The server's greeting.
    pub banner: Option<Banner>,
    /// The last EHLO, HELO or LHLO before TLS was granted.
    pub ehlo: Option<Ehlo>,
    /// Capability lines of the reply to it, verbatim, without code and separator.
    pub capabilities: Vec<String>,
    /// SASL mechanisms among them, each once for AUTH and once for X-EXPS.
    pub auth_mechanisms: Vec<Mechanism>,
    /// What asked for TLS: `STARTTLS`, `X-ANONYMOUSTLS`, `implicit`; `None` = nothing did.
    pub tls_verb: Option<String>,
    /// Where the server offered STARTTLS or X-ANONYMOUSTLS.
    pub offered: Option<At>,
    /// The request that was granted, else the last one.
    pub requested: Option<At>,
    /// The reply to that request.
    pub reply: Option<Reply>,
    /// Every reply that refused TLS, in order; the last one is `reply` unless one was granted.
    pub refused: Vec<Reply>,
    /// What the client sent after asking for TLS and before the reply.
    pub after_starttls: Option<AfterStarttls>,
    /// Plain text after TLS was granted, or, where nobody asked in words, after it was begun.
    pub plaintext_after_grant: Vec<PlainText>,
    /// Both sides went on in plain text after TLS was granted, and no TLS was ever seen: a
    /// decrypting device shows sessions so, and two peers that both break the protocol do, too.
    /// The frame is that of the reply that proves it.
    pub decrypted: Option<At>,
    /// The dialogue that can be read although TLS was granted.
    pub after_tls: Option<AfterTls>,
    /// The server demands TLS before it goes on (RFC 3207 section 4).
    pub tls_required: Option<Reply>,
    /// The server sends the client away, which has nothing to do with TLS.
    pub rejected: Option<Rejected>,
    /// The first XCLIENT.
    pub xclient: Option<Attributes>,
    /// The first XFORWARD.
    pub xforward: Option<Attributes>,
    /// Lines that a device in between has overwritten, as seen.
    pub masked: Vec<Masked>,
    /// AUTH in clear, the first, or the first that shows its secret: the mechanism, never the
    /// secret.
    pub cleartext_auth: Option<Auth>,
    /// MAIL FROM in clear.
    pub cleartext_mail: Option<Mail>,
    /// QUIT in clear.
    pub quit: Option<At>,
}

/// What mail is handed over with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Protocol {
    /// LHLO was said (RFC 2033).
    Lmtp,
    /// EHLO or HELO was said (RFC 5321).
    Smtp,
}

/// The header of the PROXY protocol (HAProxy's specification, versions 1 and 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Proxy {
    /// Frame that completes the header.
    pub frame: u64,
    /// 1 (text) or 2 (binary).
    pub version: u8,
    /// The client as the proxy states it; `None` where it states none (`UNKNOWN`, `LOCAL`).
    pub source: Option<Endpoint>,
    /// Whom that client called, as the proxy states it.
    pub destination: Option<Endpoint>,
}

/// The server's greeting (RFC 5321 section 4.2).
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Banner {
    /// Frame that completes the last line.
    pub frame: u64,
    /// Frame that completes the first line.
    pub first_frame: u64,
    /// The text after the code, of the last line.
    pub text: String,
    /// The text after the code of all lines.
    pub lines: Vec<String>,
    /// The last line was seen: `220` and a space, not `220-`.
    pub complete: bool,
    /// The host name it starts with, where it looks like one.
    pub host: Option<String>,
    /// Seconds from the server's SYN+ACK (the SYN, where it was not captured) to the first line;
    /// `None` where the capture begins later.
    pub first_seconds: Option<f64>,
    /// Seconds from there to the last line.
    pub seconds: Option<f64>,
}

/// The client's introduction (RFC 5321 section 4.1.1.1).
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Ehlo {
    /// Frame that completes the line.
    pub frame: u64,
    /// EHLO, HELO or LHLO.
    pub verb: &'static str,
    /// The name the client gives itself.
    pub name: String,
}

/// A SASL mechanism that the server offers (RFC 4954 section 3).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Mechanism {
    /// Frame that completes the line.
    pub frame: u64,
    /// AUTH or X-EXPS.
    pub verb: &'static str,
    /// Its name, upper case.
    pub mechanism: String,
}

/// A reply of the server; to the request for TLS, those of RFC 3207 section 4.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Reply {
    /// Frame that completes the reply.
    pub frame: u64,
    /// Reply code.
    pub code: u16,
    /// Text of the last line; empty where it could repeat a secret.
    pub text: String,
}

/// The code of a reply whose text does not matter or could repeat a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Code {
    /// Frame that completes the reply.
    pub frame: u64,
    /// Reply code.
    pub code: u16,
}

/// What came from the client between its request for TLS and the reply.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AfterStarttls {
    /// Frame of the first such byte.
    pub frame: u64,
    /// How many bytes.
    pub bytes: u64,
    /// What the first of them are.
    pub kind: Early,
    /// Verb of the first command, where it is one of SMTP.
    pub command: Option<&'static str>,
}

/// What a client sends too early.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Early {
    /// Text: the shape of command injection (CVE-2011-0411), or a client that pipelines too much.
    Commands,
    /// A TLS record or an SSL 2.0 hello: a client that does not wait.
    Tls,
}

/// A line in clear where TLS was granted or begun.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct PlainText {
    /// Frame that completes the line.
    pub frame: u64,
    /// Whose line it is.
    pub from: Peer,
    /// Of a client: the verb, where it is one of SMTP.
    pub verb: Option<&'static str>,
    /// Of a server: the first line of the reply, of which only the code is left where the rest
    /// could repeat a secret.
    pub text: Option<String>,
    /// No hello of this side has come before.
    pub before_hello: bool,
}

/// What is readable of a dialogue that should be encrypted.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct AfterTls {
    /// The last EHLO.
    pub ehlo: Option<Ehlo>,
    /// Capability lines of the reply to it.
    pub capabilities: Vec<String>,
    /// SASL mechanisms among them.
    pub auth_mechanisms: Vec<Mechanism>,
    /// The first AUTH, or the first that shows its secret. Where TLS did not come about it is a `cleartext_auth`, too.
    pub auth: Option<Auth>,
    /// The first MAIL FROM. Where TLS did not come about it is a `cleartext_mail`, too.
    pub mail: Option<Mail>,
}

/// A reply that ends the matter before TLS is spoken of.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Rejected {
    /// Frame that completes the reply.
    pub frame: u64,
    /// Reply code.
    pub code: u16,
    /// Text of the last line; empty where it could repeat a secret.
    pub text: String,
    /// How far the dialogue was; `None` where its beginning was not captured.
    pub phase: Option<Stage>,
}

/// How far a dialogue was when the server ended it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// The reply stands in place of the greeting.
    Banner,
    /// EHLO was not answered with 250.
    Ehlo,
    /// EHLO was answered.
    Mail,
}

/// What XCLIENT or XFORWARD states about the original client: the names, never the values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Attributes {
    /// Frame that completes the command.
    pub frame: u64,
    /// Names of the attributes, upper case.
    pub attributes: Vec<String>,
}

/// A line overwritten on its way, as seen.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Masked {
    /// Whose line it was.
    pub from: Peer,
    /// Frame that completes the line.
    pub frame: u64,
    /// The whole line of a server; of a client the verb alone, for the rest may be a secret.
    pub text: String,
}

/// AUTH in clear (RFC 4954).
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Auth {
    /// Frame that completes the command.
    pub frame: u64,
    /// AUTH or X-EXPS.
    pub verb: &'static str,
    /// The mechanism, upper case.
    pub mechanism: String,
    /// Where the client sent its password or token as it is; `None` where the mechanism does not
    /// show it, and where the exchange ended before.
    pub exposed: Option<At>,
    /// The reply that ends the exchange: 235, 535 or another.
    pub reply: Option<Code>,
}

/// Whether a mechanism sends a password or a token as it is: PLAIN (RFC 4616), LOGIN, XOAUTH2 and
/// OAUTHBEARER (RFC 7628). SCRAM, CRAM-MD5, NTLM and GSSAPI prove it and do not show it.
pub fn shows_secret(mechanism: &str) -> bool {
    ["PLAIN", "LOGIN", "XOAUTH2", "OAUTHBEARER"].contains(&mechanism)
}

/// MAIL FROM in clear (RFC 5321 section 4.1.1.2).
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Mail {
    /// Frame that completes the command.
    pub frame: u64,
    /// What had become of TLS by then; `None` = it was not even offered, as far as was seen.
    pub after: Option<Before>,
    /// Where the first whole message of the session ends: its lone dot or its last chunk.
    pub message: Option<At>,
    /// The reply to that message, the first of several in LMTP.
    pub message_reply: Option<Code>,
}

/// What had become of TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Before {
    /// It was granted or begun and did not come about.
    Failed,
    /// The server offered it and the client did not ask.
    Offered,
    /// The server refused it.
    Refused,
}
