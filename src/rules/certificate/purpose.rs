//! What certificates are for, and what they demand.

use super::refusal::{ACCESS_DENIED, BAD, BAD_STATUS, Fit, UNKNOWN, UNSUPPORTED};
use super::{Fault, Presented, listed};
use crate::model::{Confidence, Peer, Session, Severity};
use crate::rules::{Observation, Rule};

pub const NO_CLIENT_AUTH: Rule = Rule {
    id: "C11",
    title: "The client's certificate is not for clients",
    severity: Severity::High,
    meaning: "Its extended key usage leaves clientAuth out, as public CAs do for all new certificates \
              from 2026 on. A server that looks at it refuses the sender.",
    evidence: "The client's certificate lists extended key usages and neither clientAuth nor any; \
               the cause of a failure where alert 43, 42 or 46 answers it.",
    trap: "Many servers do not look at it; then the certificate works. One without the extension is \
           for everything.",
    advice: "Receiver: accept serverAuth certificates from mail senders. Sender: take a certificate \
             of a private CA that the partner trusts, or ask the CA how long it still issues \
             clientAuth.",
    references: &[
        "RFC 5280 section 4.2.1.12",
        "Chrome Root Program Policy 1.6",
    ],
    tls_rpt: Some("validation-failure"),
    check: no_client_auth,
};

pub const NO_STAPLE: Rule = Rule {
    id: "C18",
    title: "The certificate demands an OCSP response that was not sent",
    severity: Severity::Medium,
    meaning: "The certificate says that it comes with a stapled proof of not being revoked, and the \
              server sends none. Clients that obey refuse it.",
    evidence: "The certificate has the TLS feature status_request (must-staple), the ClientHello \
               asks for the response, and the server's whole flight has none; the cause of a \
               failure where alert 113, 42 or 46 answers it.",
    trap: "A client that does not ask must not get one. In TLS 1.3 the response is encrypted: \
           nothing is said there.",
    advice: "Switch OCSP stapling on in the server and let it reach the CA's responder, or have the \
             certificate issued without must-staple.",
    references: &["RFC 7633 section 4", "RFC 6066 section 8"],
    tls_rpt: Some("validation-failure"),
    check: no_staple,
};

const WRONG_PURPOSE: Fit = Fit {
    alerts: &[
        (UNSUPPORTED, Confidence::High),
        (BAD, Confidence::Medium),
        (UNKNOWN, Confidence::Medium),
        (ACCESS_DENIED, Confidence::Medium),
    ],
    closed: Some(Confidence::Medium),
};

const NO_STATUS: Fit = Fit {
    alerts: &[
        (BAD_STATUS, Confidence::High),
        (BAD, Confidence::Medium),
        (UNKNOWN, Confidence::Medium),
    ],
    closed: None,
};

fn no_client_auth(session: &Session) -> Option<Observation> {
    let presented = Presented::of(session, Peer::Client)?;
    let usage = &presented.leaf.extended_key_usage;
    // More usages may stand where not all of it can be read.
    let allowed = |name: &String| ["clientAuth", "anyExtendedKeyUsage"].contains(&name.as_str());
    if usage.is_empty() || usage.iter().any(allowed) || !presented.leaf.malformed.is_empty() {
        return None;
    }
    let what = format!(
        "{}, whose extended key usage is {} without clientAuth.",
        presented.words(0),
        listed(usage.iter().map(String::as_str))
    );
    Some(presented.observe(&Fault {
        at: 0,
        what,
        severity: Severity::Medium,
        otherwise: "This server does not mind; others refuse it.",
        fit: &WRONG_PURPOSE,
        surest: Confidence::High,
        frames: &[],
    }))
}

fn no_staple(session: &Session) -> Option<Observation> {
    let presented = Presented::of(session, Peer::Server)?;
    let tls = session.tls.as_ref()?;
    let hello = tls.client_hello.as_ref()?;
    let asked = hello.status_request == Some(true) || hello.status_request_v2 == Some(true);
    let demands = presented.leaf.must_staple == Some(true);
    // The response would stand between the certificate and the end of the flight.
    let done = tls.server_hello_done?;
    let whole = session.tcp.server.missing_bytes == 0;
    if !demands || !asked || tls.certificate_status.is_some() || !whole {
        return None;
    }
    let what = format!(
        "{}, which demands a stapled OCSP response; the client asked for one (frame {}) and none \
         was sent.",
        presented.words(0),
        hello.frame
    );
    Some(presented.observe(&Fault {
        at: 0,
        what,
        severity: Severity::Medium,
        otherwise: "This client does not mind.",
        fit: &NO_STATUS,
        surest: Confidence::High,
        frames: &[hello.frame, done.frame],
    }))
}
