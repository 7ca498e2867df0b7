//! Alerts: what they answer, and where only their place hints at them.

use super::Handshake;
use crate::model::handshake::Answered;
use crate::model::{Confidence, Peer};
use crate::tls::alerts;
use crate::tls::record::Record;
use crate::tls::registry;

impl Handshake {
    pub(super) fn alert(&mut self, from: Peer, record: &Record, side_encrypted: bool) {
        let authenticated = match side_encrypted && self.is_null_cipher() {
            true => alerts::authenticated(record),
            false => None,
        };
        let is_encrypted = authenticated.is_none()
            && (side_encrypted || !alerts::is_readable(&record.body, record.len));
        if is_encrypted || authenticated.is_some() {
            // Before both sides are encrypted it is more likely a complaint.
            self.close_notify_seen |=
                self.tls.established.is_some() || self.tls.client_hello.is_none();
        }
        let mut found = if let Some(record) = authenticated {
            alerts::read(from, &record, &mut None)
        } else if is_encrypted {
            vec![alerts::encrypted(from, record.at.frame, Confidence::High)]
        } else {
            alerts::read(from, record, &mut self.sides[from.index()].half_alert)
        };
        for alert in &mut found {
            self.messages.note(alert.frame, alerts::message(alert));
            if !is_encrypted {
                alert.answers = self.last_message(from.other());
            }
        }
        let room = alerts::MAX_ALERTS.saturating_sub(self.tls.alerts.len());
        self.left_out.alerts += found.len().saturating_sub(room) as u64;
        if is_encrypted && room > 0 {
            self.sides[from.index()].ends_in_alert = Some(self.tls.alerts.len());
        }
        self.tls.alerts.extend(found.into_iter().take(room));
    }

    /// The suite chosen protects records against change only (RFC 5246 section 6.2.3.1).
    fn is_null_cipher(&self) -> bool {
        let hello = self.tls.server_hello.as_ref();
        let suite = hello.and_then(|hello| hello.cipher_suite);
        suite.is_some_and(|suite| registry::is_null(suite.code))
    }

    /// The last handshake message of this side in clear, while the handshake lasts; later ones may
    /// be among missing bytes.
    fn last_message(&self, from: Peer) -> Option<Answered> {
        let side = &self.sides[from.index()];
        let (frame, message) = side.last_message?;
        let message = message.to_string();
        let is_known = self.tls.established.is_none() && !side.holed;
        is_known.then_some(Answered { frame, message })
    }

    /// What the end of the connection says about encrypted records before it.
    pub(super) fn infer_alerts(&mut self) {
        self.guess_close_notify();
        self.infer_alert_13(Peer::Client);
        // A server that answers the client's Finished with nothing but an alert refused it, most
        // likely for the certificate it had asked for.
        if self.infer_alert_13(Peer::Server) {
            self.tls.established = None;
            self.established_at = None;
        }
    }

    /// Up to TLS 1.2 an encrypted alert shows by its type. As the last record of a side, after
    /// data, it is most likely the goodbye (RFC 5246 section 7.2.1).
    fn guess_close_notify(&mut self) {
        let data_seen = self.sides.iter().any(|side| side.data_records > 0);
        for side in self.sides.iter().filter(|_| data_seen) {
            let place = side.ends_in_alert;
            if let Some(alert) = place.and_then(|place| self.tls.alerts.get_mut(place)) {
                alert.guess = Some("close_notify");
            }
        }
    }

    /// In TLS 1.3 alerts look like data. One that is all a side sends, the client instead of its
    /// Finished, the server after that of the client, has the length of an alert: so it probably
    /// is one (semantics page, section 5.4; signature T30). After data it would be a goodbye.
    /// Whether it is there.
    fn infer_alert_13(&mut self, from: Peer) -> bool {
        let side = &self.sides[from.index()];
        let Some(at) = side
            .data_13
            .lone_alert
            .filter(|_| side.data_13.records == 1)
        else {
            return false;
        };
        let is_holed = self.sides.iter().any(|side| side.holed);
        // The last record of the client may be its own goodbye, or early data.
        let client = &self.sides[Peer::Client.index()].data_13;
        let unclear = match from {
            Peer::Client => self.tls.early_data.is_some(),
            Peer::Server => client.said_goodbye,
        };
        if is_holed || unclear {
            return false;
        }
        let alert = alerts::encrypted(from, at.frame, Confidence::Medium);
        if self.tls.alerts.len() < alerts::MAX_ALERTS {
            let place = self.tls.alerts.iter().position(|it| it.frame > at.frame);
            let end = self.tls.alerts.len();
            self.tls.alerts.insert(place.unwrap_or(end), alert);
        }
        true
    }
}
