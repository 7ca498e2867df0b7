//! The mail dialogue in clear.

use super::{Observation, Rule, words};
use crate::model::{Confidence, Session, Severity};

pub const MASKED: Rule = Rule {
    id: "S02",
    title: "A device in between overwrites the mail dialogue",
    severity: Severity::High,
    meaning: "A firewall inspects the dialogue and overwrites what it does not know, STARTTLS \
              among it. The client does not learn that TLS is on offer: it sends in clear, or \
              gives up.",
    evidence: "A banner of asterisks, or keywords in the reply to EHLO that became a row of X and \
               one letter (XXXXXXXA).",
    trap: "Only the far side of the device shows it; towards the server the dialogue is whole. A \
           single odd keyword may be the server's own.",
    advice: "Switch the mail inspection of the firewall off, or let it pass TLS (Cisco ASA: \
             no inspect esmtp, or allow-tls).",
    references: &["RFC 3207 section 6"],
    tls_rpt: Some("starttls-not-supported"),
    check: masked,
};

fn masked(session: &Session) -> Option<Observation> {
    let masked = &session.smtp.as_ref()?.masked;
    let first = masked.first()?;
    let lines: Vec<String> = masked
        .iter()
        .take(3)
        .map(|line| format!("{} (frame {})", words::quoted(&line.text), line.frame))
        .collect();
    let cause = format!(
        "Between {} and {} a device overwrites what the peers say: {}.",
        session.client.ip,
        session.server.ip,
        lines.join(", ")
    );
    // One line alone could be somebody's odd keyword.
    let confidence = match masked.len() > 1 || first.text.contains("XXXXXX") {
        true => Confidence::High,
        false => Confidence::Medium,
    };
    Some(Observation {
        explains: false,
        severity: Severity::High,
        confidence,
        cause,
        frames: masked.iter().map(|line| line.frame).collect(),
    })
}
