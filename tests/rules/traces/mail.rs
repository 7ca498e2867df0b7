//! Dialogues in clear.

use super::Named;
use crate::trace::{CLIENT, Trace};

pub const TRACES: &[Named] = &[("keywords-with-x", keywords_with_x)];

/// Keywords that begin with X are private ones (RFC 5321 section 4.1.5), and a banner may hold
/// asterisks.
fn keywords_with_x() -> Trace {
    let mut trace = Trace::new();
    trace.connect().server("220 mail.example.com *** ESMTP ***");
    trace.client("EHLO hub.example.net");
    trace.server("250-mail.example.com\r\n250-XXX\r\n250-X-EXPS GSSAPI NTLM\r\n250 XEXCH50");
    trace.client("QUIT").server("221 bye").close(CLIENT);
    trace
}
