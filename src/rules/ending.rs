//! How a handshake ended: what the rules about TLS share.

use super::seen::whole;
use super::silence::WAITED;
use super::words;
use crate::model::tls::{Alert, CipherSuite, ClientHello, ServerHello, SuiteCode, Tls};
use crate::model::{EndedBy, How, Outcome, Peer, Session};
use crate::time::Timestamp;
use crate::tls::registry::{Profile, profile};

/// The first word that a handshake is over.
#[derive(Clone, Copy)]
pub(super) struct Ending<'a> {
    /// Whose.
    pub from: Peer,
    /// The fatal alert in clear; without one the connection was closed or reset.
    pub alert: Option<&'a Alert>,
    pub frame: u64,
    pub time: Timestamp,
    how: How,
}

impl Ending<'_> {
    /// Description number of the alert.
    pub fn code(&self) -> Option<u8> {
        self.alert?.code
    }

    /// `sent fatal alert … in frame 9, 3 ms later`, counted from that time.
    pub fn words(&self, since: Timestamp) -> String {
        format!("{}, {} later", self.what(), words::span(since, self.time))
    }

    fn what(&self) -> String {
        let what = match self.alert {
            Some(alert) => format!("sent {}", words::alert(alert)),
            None => words::how(self.how).to_owned(),
        };
        format!("{what} in frame {}", self.frame)
    }
}

/// Who gave up first, and how. A FIN of one side may be followed by an alert of the other, which is
/// then a consequence.
pub(super) fn ending(session: &Session) -> Option<Ending<'_>> {
    let alerts = session.tls.iter().flat_map(|tls| &tls.alerts);
    let mut fatal = alerts.filter(|alert| alert.level.as_deref() == Some("fatal"));
    let how = session.ended.how;
    // Of very many frames not all times are kept; then it came at the end, as alerts do.
    let said = fatal.next().map(|alert| Ending {
        from: alert.from,
        alert: Some(alert),
        frame: alert.frame,
        time: session
            .evidence
            .time_of(alert.frame)
            .unwrap_or(session.ended.time),
        how,
    });
    let from = match session.ended.by {
        EndedBy::Client => Some(Peer::Client),
        EndedBy::Server => Some(Peer::Server),
        EndedBy::ThirdParty | EndedBy::Unknown => None,
    };
    let left = from.zip(session.ended.frame).map(|(from, frame)| Ending {
        from,
        alert: None,
        frame,
        time: session.ended.time,
        how,
    });
    match (said, left) {
        // An alert behind the FIN of the same side was captured out of order.
        (Some(said), Some(left)) if left.time < said.time && left.from != said.from => Some(left),
        (said, left) => said.or(left),
    }
}

/// A ClientHello that the server answered by leaving.
pub(super) struct Refused<'a> {
    pub hello: &'a ClientHello,
    pub ending: Ending<'a>,
    /// When the hello was complete.
    pub asked: Timestamp,
    /// The server is known to have had the whole hello when it left.
    pub heard: bool,
}

impl Refused<'_> {
    /// The hello and what ended it.
    pub fn frames(&self) -> Vec<u64> {
        vec![self.hello.frame, self.ending.frame]
    }

    /// `sent fatal alert … in frame 9, 3 ms after the ClientHello`.
    pub fn words(&self) -> String {
        let span = words::span(self.asked, self.ending.time);
        format!("{}, {span} after the ClientHello", self.ending.what())
    }

    /// The server did not wait: the hello was the reason.
    pub fn is_prompt(&self) -> bool {
        self.ending.time.seconds_since(self.asked) < WAITED
    }

    /// Suites that are suites: no signals, no GREASE.
    pub fn suites(&self) -> Vec<(SuiteCode, Profile)> {
        let codes = self.hello.cipher_suites.iter().map(|suite| suite.code);
        codes
            .filter_map(|code| Some((code, profile(code)?)))
            .collect()
    }
}

/// The whole hello, and a server that ended the handshake without a ServerHello and without a word
/// in plain text.
pub(super) fn refused(session: &Session) -> Option<Refused<'_>> {
    let tls = session.tls.as_ref()?;
    let hello = tls.client_hello.as_ref()?;
    let asked = session.evidence.client_hello_at?;
    let unanswered = tls.server_hello.is_none() && tls.hello_retry_request.is_none();
    let readable = !hello.partial && hello.malformed == Some(false);
    if !unanswered || !readable || session.outcome != Outcome::TlsFailed || !whole(session) {
        return None;
    }
    let ending = ending(session).filter(|it| it.from == Peer::Server && it.time >= asked)?;
    let wrote = server_wrote_text(session) || ending.alert.is_none() && answered(session);
    if wrote || !granted_before(session, hello.frame) {
        return None;
    }
    let heard = ending.alert.is_some() || heard(session, ending.frame);
    // A FIN acknowledges what has come: one that does not was on its way before the hello.
    if !heard && ending.how == How::Fin {
        return None;
    }
    Some(Refused {
        hello,
        ending,
        asked,
        heard,
    })
}

/// The server had acknowledged the whole hello by this frame.
fn heard(session: &Session, by: u64) -> bool {
    let hello = session.evidence.path.hello.as_ref();
    let acked = hello.and_then(|hello| hello.acked);
    acked.is_some_and(|acked| acked.frame <= by)
}

/// Nobody asked in words, or the server had agreed before the hello came.
fn granted_before(session: &Session, hello: u64) -> bool {
    let reply = session.smtp.as_ref().and_then(|smtp| smtp.reply.as_ref());
    reply.is_none_or(|reply| reply.code == 220 && reply.frame < hello)
}

/// The server sent something after the hello, whatever it was.
fn answered(session: &Session) -> bool {
    let hello = session.evidence.path.hello.as_ref();
    hello.is_some_and(|hello| hello.answer.is_some())
}

/// The server spoke SMTP where TLS was expected: then that is the reason.
fn server_wrote_text(session: &Session) -> bool {
    session.smtp.as_ref().is_some_and(|smtp| {
        let mut text = smtp.plaintext_after_grant.iter();
        let implicit = smtp.tls_verb.as_deref() == Some("implicit");
        text.any(|text| text.from == Peer::Server) || implicit && smtp.banner.is_some()
    })
}

/// A ServerHello after which the handshake was not completed.
pub(super) struct Aborted<'a> {
    pub tls: &'a Tls,
    pub hello: &'a ServerHello,
    pub ending: Ending<'a>,
    /// When the ServerHello was complete.
    answered: Timestamp,
}

impl Aborted<'_> {
    /// `sent fatal alert … in frame 9, 3 ms later`, counted from the ServerHello.
    pub fn words(&self) -> String {
        self.ending.words(self.answered)
    }

    /// Both hellos and the end.
    pub fn frames(&self, offer: &ClientHello) -> Vec<u64> {
        vec![offer.frame, self.hello.frame, self.ending.frame]
    }
}

/// The whole ServerHello, and this side left before both were encrypted.
pub(super) fn aborted(session: &Session, by: Peer) -> Option<Aborted<'_>> {
    let tls = session.tls.as_ref()?;
    let hello = tls.server_hello.as_ref().filter(|hello| !hello.partial)?;
    let answered = session.evidence.time_of(hello.frame)?;
    if session.outcome != Outcome::TlsFailed || !whole(session) {
        return None;
    }
    let ending = ending(session).filter(|it| it.from == by && it.time >= answered)?;
    Some(Aborted {
        tls,
        hello,
        ending,
        answered,
    })
}

/// The suite in use; in SSL 2.0 the client names it.
pub(super) fn chosen(tls: &Tls) -> Option<(CipherSuite, u64)> {
    let master = tls.ssl2.as_ref().and_then(|ssl2| ssl2.client_master_key);
    if let Some(master) = master {
        return Some((master.cipher_suite, master.frame));
    }
    let hello = tls.server_hello.as_ref()?;
    Some((hello.cipher_suite?, hello.frame))
}

/// The client left as soon as the handshake was over, without sending anything in it.
pub(super) fn left_at_once(session: &Session) -> Option<Ending<'_>> {
    /// Who has something to send begins sooner, in seconds.
    const AT_ONCE: f64 = 5.0;
    let done = session.evidence.established_at?;
    let ending = ending(session)?;
    let mute = session.evidence.data_records[Peer::Client.index()] == 0;
    let soon = ending.time >= done && ending.time.seconds_since(done) < AT_ONCE;
    let left = ending.from == Peer::Client && ending.alert.is_none();
    (left && mute && soon && whole(session)).then_some(ending)
}
