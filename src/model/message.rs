//! What completes in a frame, for `starttap frames`: names and numbers of the protocols only.
//!
//! Nothing here can hold text from the wire: a password or a line of somebody's mail cannot get
//! into the output by way of a [`Message`].

use std::fmt;

use crate::limits::MESSAGES_AT_ONCE;

/// A message of TLS, SMTP or ICMP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Message {
    /// A TLS alert in clear.
    Alert {
        /// Level as sent; 1 = warning, 2 = fatal.
        level: u8,
        /// Description.
        code: u8,
    },
    /// A TLS handshake message without a name of its own.
    Handshake(u8),
    /// An ICMP error: type and code.
    Icmp(u8, u8),
    /// Everything that has a name.
    Named(&'static str),
    /// An SMTP reply, named by its code; of several lines the last counts.
    Reply(u16),
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Alert { level: 1, code } => write!(f, "Alert(warning,{code})"),
            Self::Alert { level: 2, code } => write!(f, "Alert(fatal,{code})"),
            Self::Alert { level, code } => write!(f, "Alert({level},{code})"),
            Self::Handshake(kind) => write!(f, "Handshake({kind})"),
            Self::Icmp(kind, code) => write!(f, "ICMP({kind},{code})"),
            Self::Named(name) => f.write_str(name),
            Self::Reply(code) => write!(f, "{code}"),
        }
    }
}

/// Which messages completed in which frames, since the last look. Switched off it costs a branch.
#[derive(Debug, Default)]
pub struct MessageLog {
    noted: Vec<(u64, Message)>,
    on: bool,
}

impl MessageLog {
    /// Notes messages from now on.
    pub fn switch_on(&mut self) {
        self.on = true;
    }

    /// A message is complete; `frame` completed it.
    pub fn note(&mut self, frame: u64, message: Message) {
        if !self.on {
            return;
        }
        match self.noted.len() {
            MESSAGES_AT_ONCE => {}
            len if len + 1 == MESSAGES_AT_ONCE => self.noted.push((frame, Message::Named("…"))),
            _ => self.noted.push((frame, message)),
        }
    }

    /// Appends what another log noted.
    pub fn append(&mut self, other: &mut Self) {
        for (frame, message) in other.take() {
            self.note(frame, message);
        }
    }

    /// What was noted since the last call.
    pub fn take(&mut self) -> Vec<(u64, Message)> {
        std::mem::take(&mut self.noted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_print_as_the_contract_says() {
        let fatal = Message::Alert { level: 2, code: 70 };
        assert_eq!(fatal.to_string(), "Alert(fatal,70)");
        assert_eq!(
            Message::Alert { level: 7, code: 1 }.to_string(),
            "Alert(7,1)"
        );
        assert_eq!(Message::Reply(220).to_string(), "220");
        assert_eq!(Message::Icmp(3, 1).to_string(), "ICMP(3,1)");
    }

    #[test]
    fn a_log_is_off_and_bounded() {
        let mut log = MessageLog::default();
        log.note(1, Message::Reply(220));
        assert!(log.take().is_empty());
        log.switch_on();
        for frame in 0..10_000 {
            log.note(frame, Message::Reply(250));
        }
        let noted = log.take();
        assert_eq!(noted.len(), MESSAGES_AT_ONCE);
        assert_eq!(noted[MESSAGES_AT_ONCE - 1].1, Message::Named("…"));
        log.note(7, Message::Reply(250));
        assert_eq!(log.take(), [(7, Message::Reply(250))]);
    }
}
