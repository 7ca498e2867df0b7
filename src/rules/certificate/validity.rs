//! Certificates before and after their time, as of the capture.

use super::refusal::{BAD, EXPIRED as ALERT, Fit, UNKNOWN};
use super::{Fault, either};
use crate::model::{Confidence, Session, Severity};
use crate::rules::{Observation, Rule};
use crate::time::Timestamp;

pub const EXPIRED: Rule = Rule {
    id: "C01",
    title: "A certificate had expired",
    severity: Severity::High,
    meaning: "Its time was over when it was presented. Senders that verify refuse it; those that \
              take what they get go on.",
    evidence: "notAfter of the certificate, or of an issuer sent with it, lies before the time of \
               its packet; the cause of a failure where alert 45, 42 or 46 answers it.",
    trap: "The time is that of the capture, not of today: a wrong clock of the recording host makes \
           valid certificates look expired. An issuer that has expired does no harm to clients that \
           know another path.",
    advice: "Renew the certificate, give it to every server that presents it, restart what keeps \
             the old one, and look why nobody was warned.",
    references: &["RFC 5280 section 4.1.2.5", "RFC 8460 section 4.3"],
    tls_rpt: Some("certificate-expired"),
    check: expired,
};

pub const NOT_YET_VALID: Rule = Rule {
    id: "C02",
    title: "A certificate was not valid yet",
    severity: Severity::High,
    meaning: "It was presented before its time: it was put to use too early, or a clock is wrong.",
    evidence: "notBefore of the certificate, or of an issuer sent with it, lies after the time of \
               its packet; the cause of a failure where alert 42, 45 or 46 answers it.",
    trap: "A wrong clock of the recording host makes it look so: compare the date in the server's \
           banner with the time of its packet.",
    advice: "Set the clocks of both hosts by NTP; if they are right, put the old certificate back \
             until the new one is valid.",
    references: &["RFC 5280 section 4.1.2.5"],
    tls_rpt: Some("validation-failure"),
    check: not_yet_valid,
};

/// JSSE and OpenSSL have an alert of its own for it, GnuTLS has 42 for everything; where a peer
/// says 46 it may mean an issuer it does not know.
const IS_OVER: Fit = Fit {
    alerts: &[
        (ALERT, Confidence::High),
        (BAD, Confidence::High),
        (UNKNOWN, Confidence::Medium),
    ],
    closed: Some(Confidence::Medium),
};

/// Schannel has one error for both ends of the validity.
const IS_TO_COME: Fit = Fit {
    alerts: &[
        (BAD, Confidence::High),
        (ALERT, Confidence::Medium),
        (UNKNOWN, Confidence::Medium),
    ],
    closed: Some(Confidence::Medium),
};

fn expired(session: &Session) -> Option<Observation> {
    either(session, |presented| {
        let then = presented.then();
        let (at, certificate) = presented
            .path()
            .find(|(_, certificate)| certificate.expired_at(then))?;
        let end = certificate.not_after?;
        let what = format!(
            "{}, which had expired on {}, {} before it was captured on {}.",
            presented.words(at),
            end.day(),
            span(end.seconds_until(then)),
            day(then)
        );
        Some(presented.observe(&fault(at, what, &IS_OVER)))
    })
}

fn not_yet_valid(session: &Session) -> Option<Observation> {
    either(session, |presented| {
        let then = presented.then();
        let (at, certificate) = presented
            .path()
            .find(|(_, certificate)| certificate.not_yet_valid_at(then))?;
        let start = certificate.not_before?;
        let what = format!(
            "{}, which becomes valid only on {}, {} after it was captured on {}.",
            presented.words(at),
            start.day(),
            span(start.seconds_until(then)),
            day(then)
        );
        Some(presented.observe(&fault(at, what, &IS_TO_COME)))
    })
}

fn fault<'a>(at: usize, what: String, fit: &'a Fit) -> Fault<'a> {
    Fault {
        at,
        what,
        severity: Severity::Medium,
        otherwise: "This connection works all the same; a peer that verifies refuses.",
        fit,
        // Another path may lead around an issuer.
        surest: match at {
            0 => Confidence::High,
            _ => Confidence::Medium,
        },
        frames: &[],
    }
}

/// The day in UTC: `2026-11-22`.
fn day(time: Timestamp) -> String {
    time.to_string().chars().take(10).collect()
}

/// Whole days, or hours below one day.
fn span(seconds: i64) -> String {
    let seconds = seconds.unsigned_abs();
    let (count, unit) = match seconds {
        0..3_600 => return "less than an hour".to_owned(),
        3_600..86_400 => (seconds / 3_600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {unit}{plural}")
}
