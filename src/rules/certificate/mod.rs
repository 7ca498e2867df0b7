//! Certificates: what is wrong with those that were presented, and whether the peer said so.
//!
//! Every fault has a rule of its own. A fault is the cause of a failure only where the peer that got
//! the certificate left over it: with an alert that fits the fault, or, up to TLS 1.2, by closing
//! right after it. Where the session goes on the fault is told and nothing more. Who trusts whom is
//! never on the wire.

mod chain;
pub mod connector;
pub mod host;
mod objection;
mod purpose;
pub mod refusal;
mod strength;
mod trust;
mod validity;

pub use chain::{MISSING_INTERMEDIATE, ORDER};
pub use objection::{UNUSABLE, WITHDRAWN};
pub use purpose::{NO_CLIENT_AUTH, NO_STAPLE};
pub use refusal::REJECTED;
pub use strength::{SMALL_KEY, WEAK_SIGNATURE};
pub use trust::{DEFAULT, SELF_SIGNED};
pub use validity::{EXPIRED, NOT_YET_VALID};

use self::refusal::{Fit, refusal};
use super::{Observation, words};
use crate::model::certificate::{Certificate, Chain};
use crate::model::{Confidence, Outcome, Peer, Session, Severity};
use crate::time::Timestamp;

/// The certificates that one side presented.
#[derive(Clone, Copy)]
struct Presented<'a> {
    session: &'a Session,
    /// Who presented them.
    by: Peer,
    /// The sender's own certificate (RFC 5246 section 7.4.2).
    leaf: &'a Certificate,
    list: &'a [Certificate],
    chain: Option<&'a Chain>,
}

impl<'a> Presented<'a> {
    fn of(session: &'a Session, by: Peer) -> Option<Self> {
        let certificates = &session.tls.as_ref()?.certificates;
        let (list, chain) = match by {
            Peer::Server => (&certificates.server, &certificates.chain.server),
            Peer::Client => (&certificates.client, &certificates.chain.client),
        };
        Some(Self {
            session,
            by,
            leaf: list.first()?,
            list,
            chain: chain.as_ref(),
        })
    }

    /// The leaf and the issuers that were sent with it, with their places in the list.
    fn path(self) -> impl Iterator<Item = (usize, &'a Certificate)> {
        let leaf_alone: &'a [usize] = &[0];
        let path = self.chain.map_or(leaf_alone, |chain| &chain.path);
        path.iter()
            .filter_map(move |&at| Some((at, self.list.get(at)?)))
    }

    /// When they were captured.
    fn then(self) -> Timestamp {
        let time = self.session.evidence.time_of(self.leaf.frame);
        time.unwrap_or(self.session.started)
    }

    /// Between Exchange servers, where certificates are made by the servers themselves and nobody
    /// looks at them (signature S21).
    fn is_anonymous(self) -> bool {
        let smtp = self.session.smtp.as_ref();
        let verb = smtp.and_then(|smtp| smtp.tls_verb.as_deref());
        verb == Some("X-ANONYMOUSTLS")
    }

    /// What asked for TLS is not in the capture: it may have been X-ANONYMOUSTLS, which stands for
    /// port 25 only.
    fn may_be_anonymous(self) -> bool {
        /// Where Exchange servers talk to each other.
        const SMTP: u16 = 25;
        let smtp = self.session.smtp.as_ref();
        let verb = smtp.and_then(|smtp| smtp.tls_verb.as_deref());
        verb.is_none() && self.session.server.port == SMTP
    }

    /// `The server at 192.0.2.25 presented “CN=mail” (frame 12)`, or a certificate behind it.
    fn words(self, at: usize) -> String {
        let certificate = self.list.get(at).unwrap_or(self.leaf);
        let which = match at {
            0 => String::new(),
            _ => "the issuer ".to_owned(),
        };
        format!(
            "{} presented {which}{} (frame {})",
            who(self.session, self.by),
            subject(certificate),
            certificate.frame
        )
    }

    /// What a fault comes to: the cause of the failure where the receiver's refusal fits it.
    fn observe(self, fault: &Fault<'_>) -> Observation {
        let refused = refusal(self.session, self.by).and_then(|refusal| {
            let confidence = fault.fit.confidence(&refusal)?;
            Some((refusal, confidence))
        });
        let (severity, confidence, end, frame) = match &refused {
            Some((refusal, confidence)) => {
                let end = format!(" {}.", refusal.words(self.session));
                (Severity::High, *confidence, end, Some(refusal.frame()))
            }
            None if self.session.outcome == Outcome::TlsEstablished => {
                let end = format!(" {}", fault.otherwise);
                (fault.severity, Confidence::High, end, None)
            }
            None => (fault.severity, Confidence::High, String::new(), None),
        };
        Observation {
            severity,
            confidence: confidence.max(fault.surest),
            cause: format!("{}{}", fault.what, end.trim_end()),
            frames: [self.list.get(fault.at).unwrap_or(self.leaf).frame]
                .into_iter()
                .chain(fault.frames.iter().copied())
                .chain(frame)
                .collect(),
            explains: refused.is_some(),
        }
    }
}

/// What is wrong on the server's side or the client's; where it is on both, what explains the ending.
fn either(
    session: &Session,
    check: impl Fn(Presented<'_>) -> Option<Observation>,
) -> Option<Observation> {
    let sides = [Peer::Server, Peer::Client];
    let presented = sides.map(|by| Presented::of(session, by));
    let mut found = presented.into_iter().flatten().filter_map(check);
    let first = found.next()?;
    match found.next() {
        Some(second) if second.explains && !first.explains => Some(second),
        _ => Some(first),
    }
}

/// Something that is wrong with a certificate.
struct Fault<'a> {
    /// Place of the certificate in its list.
    at: usize,
    /// What is wrong, in a sentence.
    what: String,
    /// How bad it is while nobody refuses it.
    severity: Severity,
    /// What to add where the session works all the same; a sentence, or nothing.
    otherwise: &'a str,
    /// Which refusals it explains.
    fit: &'a Fit,
    /// No claim about it is surer than this.
    surest: Confidence,
    /// Frames beside that of the certificate.
    frames: &'a [u64],
}

/// `The server at 192.0.2.25`.
fn who(session: &Session, peer: Peer) -> String {
    let ip = match peer {
        Peer::Client => session.client.ip,
        Peer::Server => session.server.ip,
    };
    format!("The {peer} at {ip}")
}

/// The subject in quotation marks.
fn subject(certificate: &Certificate) -> String {
    match certificate.subject.as_deref() {
        Some("") => "a certificate without a subject".to_owned(),
        Some(subject) => words::quoted(subject),
        None => "a certificate whose subject cannot be read".to_owned(),
    }
}

/// Names for a sentence, of many the first ones.
fn listed<'a>(names: impl ExactSizeIterator<Item = &'a str>) -> String {
    /// Named in a sentence; the record has them all.
    const NAMED: usize = 6;
    let more = names.len().saturating_sub(NAMED);
    let mut listed: Vec<String> = names.take(NAMED).map(crate::escape::shown).collect();
    if more > 0 {
        listed.push(format!("{more} more"));
    }
    listed.join(", ")
}
