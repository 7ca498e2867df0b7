//! What is kept of a dialogue, within bounds.

use super::auth;
use super::command::MASKED;
use crate::limits::Limits;
use crate::model::smtp::{
    AfterTls, Auth, Banner, Before, Code, Mail, Masked, Mechanism, PlainText, Proxy, Smtp,
};
use crate::model::{At, Peer};

/// Lines in clear that are kept where TLS was granted or begun: they show that it went wrong and
/// how, and of a decrypted session they are no more than its beginning.
const MAX_PLAIN_TEXT: usize = 16;

/// Refusals that are kept: a client that asks on and on is told by its first attempts.
const MAX_REFUSED: usize = 16;

/// The facts so far.
#[derive(Debug, Default)]
pub(super) struct Facts {
    /// Whatever belongs to neither section.
    pub smtp: Smtp,
    /// The dialogue before TLS was granted, and after.
    sections: [AfterTls; 2],
    /// Where TLS was granted.
    pub granted: Option<u64>,
    /// TLS was seen, of either side.
    pub tls_seen: bool,
    /// What hands the first whole message over: frame of the last BDAT, or of the lone dot.
    message: Option<u64>,
    /// The last AUTH, and how many responses the client has sent to it.
    attempt: Option<(Auth, usize)>,
    /// Bytes of lines that were overwritten, kept or not.
    masked_bytes: usize,
    /// Facts that found no room.
    pub dropped: u64,
}

impl Facts {
    /// The part of the dialogue that is going on.
    pub fn section(&mut self) -> &mut AfterTls {
        &mut self.sections[usize::from(self.granted.is_some())]
    }

    /// The part of the dialogue that is going on, to look at.
    pub fn current(&self) -> &AfterTls {
        &self.sections[usize::from(self.granted.is_some())]
    }

    /// MAIL FROM was seen.
    pub fn mail_seen(&self) -> bool {
        self.sections.iter().any(|section| section.mail.is_some())
    }

    /// The lines of a reply to EHLO after the first, each with its frame.
    pub fn capabilities(&mut self, lines: Vec<(String, u64)>) {
        let mut mechanisms: Vec<Mechanism> = Vec::new();
        for (line, frame) in &lines {
            let Some((verb, names)) = auth::offered(line) else {
                continue;
            };
            for name in names {
                let mechanism = auth::mechanism(name.as_bytes());
                let is = |it: &Mechanism| it.verb == verb && it.mechanism == mechanism;
                if mechanism != auth::UNKNOWN && !mechanisms.iter().any(is) {
                    mechanisms.push(Mechanism {
                        frame: *frame,
                        verb,
                        mechanism,
                    });
                }
            }
        }
        let section = self.section();
        section.capabilities = lines.into_iter().map(|(text, _)| text).collect();
        section.auth_mechanisms = mechanisms;
    }

    /// AUTH.
    pub fn auth(&mut self, auth: Auth) {
        self.attempt = Some((auth.clone(), 0));
        self.section().auth.get_or_insert(auth);
    }

    /// The client sent a response to the last AUTH.
    pub fn auth_response(&mut self, frame: u64) {
        let Some((mut auth, responses)) = self.attempt.take() else {
            return;
        };
        let responses = responses + 1;
        if auth::telling_response(&auth.mechanism) != Some(responses) {
            self.attempt = Some((auth, responses));
            return;
        }
        auth.exposed = Some(At { frame });
        // A login that was refused before its secret was sent matters less than this one.
        let kept = &mut self.section().auth;
        if kept.as_ref().is_none_or(|kept| kept.exposed.is_none()) {
            *kept = Some(auth);
        }
    }

    /// The AUTH of this frame came to its end.
    pub fn auth_reply(&mut self, command: u64, reply: Code) {
        for auth in self.sections.iter_mut().filter_map(|it| it.auth.as_mut()) {
            if auth.frame == command {
                auth.reply = Some(reply);
            }
        }
    }

    /// MAIL FROM.
    pub fn mail(&mut self, frame: u64) {
        let after = if self.granted.is_some() || self.tls_seen {
            Some(Before::Failed)
        } else if !self.smtp.refused.is_empty() {
            Some(Before::Refused)
        } else {
            let asked = self.smtp.requested.is_some();
            self.smtp
                .offered
                .filter(|_| !asked)
                .map(|_| Before::Offered)
        };
        self.section().mail.get_or_insert(Mail {
            frame,
            after,
            message: None,
            message_reply: None,
        });
    }

    /// A whole message was sent; what hands it over, and where it ends.
    pub fn message(&mut self, command: u64, end: u64) {
        if let Some(mail) = &mut self.section().mail
            && mail.message.is_none()
        {
            mail.message = Some(At { frame: end });
            self.message = Some(command);
        }
    }

    /// A message was answered.
    pub fn message_reply(&mut self, command: u64, reply: Code) {
        if self.message != Some(command) {
            return;
        }
        for mail in self.sections.iter_mut().filter_map(|it| it.mail.as_mut()) {
            if mail.message.is_some() {
                mail.message_reply.get_or_insert(reply);
            }
        }
    }

    /// The server refused TLS.
    pub fn refused(&mut self) {
        let Some(reply) = &self.smtp.reply else {
            return;
        };
        match self.smtp.refused.len() < MAX_REFUSED {
            true => self.smtp.refused.push(reply.clone()),
            false => self.dropped += 1,
        }
    }

    /// A line that was overwritten.
    pub fn masked(&mut self, from: Peer, line: &[u8], frame: u64, limits: &Limits) {
        self.masked_bytes += line.len();
        let room = self.masked_bytes <= limits.fact_bytes;
        if !room || self.smtp.masked.len() >= limits.facts {
            self.dropped += 1;
            return;
        }
        let text = lossy(line);
        self.smtp.masked.push(Masked { from, frame, text });
    }

    /// A line in clear where TLS was granted or begun.
    pub fn plain_text(&mut self, line: PlainText) {
        let kept = &mut self.smtp.plaintext_after_grant;
        let of_this_side = kept.iter().filter(|it| it.from == line.from).count();
        match of_this_side < MAX_PLAIN_TEXT {
            true => kept.push(line),
            false => self.dropped += 1,
        }
    }

    /// What a proxy states.
    pub fn proxy(&mut self, proxy: Proxy) {
        self.smtp.proxy = Some(proxy);
    }

    /// The banner, as far as it came.
    pub fn banner(&mut self, banner: Banner) {
        self.smtp.banner = Some(banner);
    }

    /// All of it.
    pub fn finish(self) -> Smtp {
        let mut smtp = self.smtp;
        if self.tls_seen {
            smtp.decrypted = None;
        }
        let [before, after] = self.sections;
        smtp.ehlo = before.ehlo;
        smtp.capabilities = before.capabilities;
        smtp.auth_mechanisms = before.auth_mechanisms;
        smtp.cleartext_auth = before.auth;
        smtp.cleartext_mail = before.mail;
        // What a decrypting device shows was not in clear on the wire.
        if smtp.decrypted.is_none() {
            smtp.cleartext_auth = smtp.cleartext_auth.or_else(|| after.auth.clone());
            smtp.cleartext_mail = smtp.cleartext_mail.or_else(|| after.mail.clone());
        }
        smtp.after_tls = (after != AfterTls::default()).then_some(after);
        smtp
    }
}

/// Whether a reply demands TLS (RFC 3207 section 4: 530; others in use: 451, 454, 538, 550, 554).
pub(super) fn demands_tls(code: u16, text: &str) -> bool {
    /// Encryption required for the requested mechanism (RFC 4954 section 6).
    const ENCRYPTION_REQUIRED: u16 = 538;
    let text = text.to_ascii_uppercase();
    let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
    let about_tls = has(&["TLS", "ENCRYPT", "SSL"]);
    let demands = has(&["REQUIR", "MUST", "FIRST", "NEED"]);
    code == ENCRYPTION_REQUIRED || (400..600).contains(&code) && about_tls && demands
}

/// The part of a reply's text that repeats nothing the client said: its enhanced status code
/// (RFC 2034).
pub(super) fn status_only(text: &str) -> String {
    let word = text.split_ascii_whitespace().next().unwrap_or_default();
    let is_number =
        |it: &str| (1..=3).contains(&it.len()) && it.bytes().all(|b| b.is_ascii_digit());
    let is_status = word.split('.').count() == 3 && word.split('.').all(is_number);
    match is_status {
        true => word.to_owned(),
        false => String::new(),
    }
}

/// The verb to tell of a client's line; nothing else of it.
pub(super) fn told(verb: Option<&'static str>) -> Option<&'static str> {
    verb.filter(|&verb| verb != MASKED)
}

pub(super) fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn demands() {
        for (code, text) in [
            (530, "5.7.0 Must issue a STARTTLS command first"),
            (451, "5.7.3 STARTTLS is required to send mail"),
            (550, "5.7.10 Encryption needed to use mechanism"),
            (538, ""),
        ] {
            assert!(demands_tls(code, text), "{text}");
        }
        for (code, text) in [
            (530, "5.7.0 Authentication required"),
            (454, "4.7.0 TLS not available due to local problem"),
            (250, "STARTTLS required"),
        ] {
            assert!(!demands_tls(code, text), "{text}");
        }
    }

    #[test]
    fn status_codes_repeat_nothing() {
        assert_eq!(status_only("5.5.2 AGFsaWNlAHM= unrecognized"), "5.5.2");
        assert_eq!(status_only("AGFsaWNlAHM="), "");
        assert_eq!(status_only("5.5.secret no"), "");
        assert_eq!(status_only("5..2 no"), "");
    }
}
