//! Alerts (RFC 8446 section 6): in clear what they say, encrypted only that they are there.

use super::record::Record;
use super::registry;
use crate::model::tls::Alert;
use crate::model::{Confidence, Message, Peer};

/// More alerts than any handshake has; the rest say nothing new.
pub const MAX_ALERTS: usize = 16;

/// Whether an alert record is in clear: one alert, one half of it, or a few whose levels exist.
/// Anything else is encrypted, also where the capture began too late to see the keys change.
pub fn is_readable(body: &[u8], len: usize) -> bool {
    /// Alerts in one record; more are no alerts.
    const MANY: usize = 8;
    len <= 2
        || len <= MANY && body.len() == len && body.chunks(2).all(|pair| matches!(pair, [1 | 2, _]))
}

/// The alert in a record that carries a MAC behind its contents and is not encrypted.
pub fn authenticated(record: &Record) -> Option<Record> {
    let alert = record
        .body
        .get(..2)
        .filter(|pair| matches!(pair, [1 | 2, _]))?;
    Some(Record {
        body: alert.to_vec(),
        ..record.clone()
    })
}

/// The alerts of a record in clear. `half` carries the first byte of an alert that is split over
/// two records.
pub fn read(from: Peer, record: &Record, half: &mut Option<u8>) -> Vec<Alert> {
    let bytes: Vec<u8> = half
        .take()
        .into_iter()
        .chain(record.body.iter().copied())
        .collect();
    let pairs = bytes.chunks_exact(2);
    *half = pairs.remainder().first().copied();
    pairs
        .map(|pair| Alert {
            frame: record.at.frame,
            from,
            level: Some(match pair[0] {
                1 => "warning".to_owned(),
                2 => "fatal".to_owned(),
                other => other.to_string(),
            }),
            code: Some(pair[1]),
            name: registry::alert_name(pair[1]).map(str::to_owned),
            encrypted: false,
            confidence: None,
            guess: None,
            answers: None,
        })
        .collect()
}

/// An alert of which only the presence shows; `confidence` that it is one.
pub fn encrypted(from: Peer, frame: u64, confidence: Confidence) -> Alert {
    Alert {
        frame,
        from,
        level: None,
        code: None,
        name: None,
        encrypted: true,
        confidence: Some(confidence),
        guess: None,
        answers: None,
    }
}

/// How an alert is listed among the messages of its frame.
pub fn message(alert: &Alert) -> Message {
    match (alert.level.as_deref(), alert.code) {
        (Some("warning"), Some(code)) => Message::Alert { level: 1, code },
        (Some("fatal"), Some(code)) => Message::Alert { level: 2, code },
        (Some(level), Some(code)) => Message::Alert {
            // Other levels are kept as their number.
            level: level.parse().unwrap_or(0),
            code,
        },
        _ => Message::Named("EncryptedAlert"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::record::{ALERT, Moment};
    use super::*;
    use crate::model::tls::Version;

    fn record(body: &[u8]) -> Record {
        Record {
            content_type: ALERT,
            version: Version::TLS12,
            len: body.len(),
            body: body.to_vec(),
            complete: true,
            at: Moment::default(),
        }
    }

    fn codes(alerts: &[Alert]) -> Vec<u8> {
        alerts.iter().filter_map(|alert| alert.code).collect()
    }

    #[test]
    fn alerts_whole_split_and_several() {
        let mut half = None;
        let one = read(Peer::Server, &record(&[2, 70]), &mut half);
        assert_eq!(one[0].name.as_deref(), Some("protocol_version"));
        assert_eq!(one[0].level.as_deref(), Some("fatal"));
        assert!(read(Peer::Server, &record(&[2]), &mut half).is_empty());
        assert_eq!(codes(&read(Peer::Server, &record(&[40]), &mut half)), [40]);
        assert_eq!(
            codes(&read(Peer::Server, &record(&[1, 112, 2, 40]), &mut half)),
            [112, 40]
        );
    }

    #[test]
    fn what_has_no_level_is_encrypted() {
        assert!(is_readable(&[2, 153], 2));
        assert!(is_readable(&[1, 0, 2, 40], 4));
        assert!(!is_readable(&[0x51, 0x28, 2, 40], 4));
        assert!(!is_readable(&[1; 26], 26));
    }
}
