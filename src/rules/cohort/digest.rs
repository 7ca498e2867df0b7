//! What is kept of a session to compare it with others: a few hundred bytes, equal texts shared.

use std::collections::HashSet;
use std::hash::Hash;
use std::net::IpAddr;
use std::rc::Rc;

use crate::limits::{COMPARED_ENTRIES, COMPARED_TEXT};
use crate::model::path::{Opening, Seen};
use crate::model::smtp::Smtp;
use crate::model::tls::{Certificate, ClientHello, SuiteCode, Version};
use crate::model::{EndedBy, Endpoint, Outcome, Peer, Session};
use crate::rules::certificate::{DEFAULT, connector, host};
use crate::rules::seen::whole;
use crate::time::Timestamp;
use crate::tls::registry::is_grease;

/// A session among others.
#[derive(Clone, Debug)]
pub struct Digest {
    /// The input as given on the command line.
    pub input: Rc<str>,
    /// First frame.
    pub first_frame: u64,
    /// Who called.
    pub client: Endpoint,
    /// Who was called.
    pub server: Endpoint,
    /// When it began.
    pub started: Timestamp,
    /// When it ended.
    pub ended: Timestamp,
    /// When the last frame of its verdict was captured: who gave up knew it then.
    pub decided: Timestamp,
    /// What became of it, as far as sessions are compared by it.
    pub fate: Fate,
    /// Frames of its verdict.
    pub frames: Rc<[u64]>,
    /// Greeting, introduction and capabilities.
    pub dialogue: Rc<Dialogue>,
    /// What the client offered, and the frame of its hello.
    pub offer: Option<(Rc<Offer>, u64)>,
    /// What the server chose, and the frame of its hello.
    pub chosen: Option<(Chosen, u64)>,
    /// The server's own certificate, and the frame that completes it.
    pub leaf: Option<(Rc<Leaf>, u64)>,
    /// The server presents the certificate that it made for itself (C05).
    pub is_default: bool,
    /// The server's certificate is not its own and bears the host name in the greeting.
    pub fits_banner: bool,
    /// The client's own certificate, and the frame that completes it.
    pub client_leaf: Option<(Rc<Leaf>, u64)>,
    /// Patterns of connectors that take it.
    pub takers: Vec<Rc<str>>,
    /// MAIL FROM in clear.
    pub clear_mail: Option<u64>,
    /// The frame in which STARTTLS was offered; `Some(None)` when the whole reply did not offer it.
    pub offered: Option<Option<u64>>,
    /// Application data records of the client after both sides had gone encrypted.
    pub client_records: u64,
    /// SYN and SYN+ACK.
    pub openings: [Option<Opening>; 2],
    /// When the ClientHello was complete.
    pub hello_at: Option<Timestamp>,
    /// The first reset in the name of client and server.
    pub resets: [Option<Seen>; 2],
    /// Both directions were captured, and nothing is missing in them.
    pub whole: bool,
    /// The server name that the client asked for.
    pub asked: Option<Rc<str>>,
    /// The random of the ClientHello, where it looks like one.
    pub random: Option<[u8; 32]>,
    /// The dialogue was captured whole up to its end, or to that of the handshake: what is not in it
    /// was not said.
    pub whole_dialogue: bool,
}

/// What became of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fate {
    /// TLS was established and used.
    Works,
    /// TLS was established and a side left at once, without sending anything.
    Left,
    /// The handshake failed, for a reason that is not the path's.
    Failed,
    /// TLS was asked for and refused.
    Refused,
    /// Mail went in clear.
    Clear,
    /// Anything that says nothing about TLS.
    Other,
}

impl Fate {
    /// Whether the session was lost at TLS.
    pub const fn is_failure(self) -> bool {
        matches!(self, Self::Left | Self::Failed)
    }
}

/// The dialogue in clear.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Dialogue {
    /// The greeting.
    pub banner: Option<String>,
    /// The host it names.
    pub host: Option<String>,
    /// The name the client gives itself.
    pub ehlo: Option<String>,
    /// Capability lines.
    pub capabilities: Vec<String>,
}

/// What a client offers.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Offer {
    /// The highest version.
    pub max_version: Option<Version>,
    /// Cipher suites in the client's order.
    pub suites: Vec<SuiteCode>,
    /// Groups.
    pub groups: Vec<String>,
    /// Signature algorithms.
    pub signature_algorithms: Vec<String>,
    /// A server name is sent.
    pub sni: bool,
    /// ALPN is sent.
    pub alpn: bool,
    /// The extended master secret is offered; `None` where that is not known.
    pub master_secret: Option<bool>,
    /// JA4 fingerprint.
    pub ja4: Option<String>,
    /// Size of the hello in bytes, rounded up to a hundred: names and tickets vary.
    pub size: u32,
}

/// What a server chose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Chosen {
    /// The version.
    pub version: Option<Version>,
    /// The suite.
    pub suite: Option<SuiteCode>,
    /// The extended master secret is agreed; `None` where that is not known.
    pub master_secret: Option<bool>,
}

/// A peer's own certificate.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Leaf {
    /// Thumbprint.
    pub sha256: String,
    /// Subject.
    pub subject: String,
    /// Issuer.
    pub issuer: String,
    /// Serial number.
    pub serial: String,
    /// Key type: `RSA`, `EC`.
    pub key: Option<String>,
    /// What Exchange's `-TlsCertificateName` takes.
    pub connector_name: Option<String>,
}

/// Texts that many sessions have in common.
#[derive(Debug, Default)]
pub struct Shared {
    texts: HashSet<Rc<str>>,
    dialogues: HashSet<Rc<Dialogue>>,
    offers: HashSet<Rc<Offer>>,
    leaves: HashSet<Rc<Leaf>>,
}

impl Shared {
    /// The digest of a judged session.
    pub fn digest(&mut self, session: &Session, patterns: &[Rc<str>]) -> Digest {
        let tls = session.tls.as_ref();
        let hello = tls.and_then(|tls| tls.client_hello.as_ref());
        let answer = tls.and_then(|tls| tls.server_hello.as_ref());
        let leaf = tls.and_then(|tls| tls.certificates.server.first());
        let client_leaf = tls.and_then(|tls| tls.certificates.client.first());
        let takers = patterns.iter();
        let takers = takers.filter(|pattern| connector::takes(session, pattern));
        let smtp = session.smtp.as_ref();
        let offered = smtp.and_then(|smtp| match smtp.offered {
            Some(at) => Some(Some(at.frame)),
            None if answered_whole(session, smtp) => Some(None),
            None => None,
        });
        Digest {
            input: self.text(&session.capture.input),
            first_frame: session.capture.first_frame,
            client: session.client,
            server: session.server,
            started: session.started,
            ended: session.ended_at,
            decided: decided(session),
            fate: fate(session),
            frames: session.verdict.frames.as_slice().into(),
            dialogue: share(&mut self.dialogues, dialogue(session)),
            offer: hello
                .filter(|hello| !hello.partial)
                .map(|hello| (share(&mut self.offers, offer(hello)), hello.frame)),
            chosen: answer.map(|answer| {
                let chosen = Chosen {
                    version: answer.version,
                    suite: answer.cipher_suite.map(|suite| suite.code),
                    master_secret: answer.extended_master_secret,
                };
                (chosen, answer.frame)
            }),
            leaf: leaf.map(|it| (share(&mut self.leaves, facts(it)), it.frame)),
            is_default: session.findings.iter().any(|it| it.id == DEFAULT.id),
            fits_banner: leaf.is_some_and(|leaf| leaf.self_signed == Some(false))
                && host::fits_banner(session),
            client_leaf: client_leaf.map(|it| (share(&mut self.leaves, facts(it)), it.frame)),
            takers: takers.cloned().collect(),
            clear_mail: smtp
                .and_then(|smtp| smtp.cleartext_mail.as_ref())
                .map(|mail| mail.frame),
            offered,
            client_records: session.evidence.data_records[0],
            openings: session.evidence.openings,
            hello_at: session.evidence.client_hello_at,
            resets: [Peer::Client, Peer::Server].map(|peer| first_reset(session, peer)),
            whole: whole(session),
            asked: hello
                .and_then(|hello| hello.sni.as_deref())
                .map(|name| self.text(name)),
            random: hello.and_then(|hello| hello.random).filter(is_random),
            whole_dialogue: whole(session)
                && session.evidence.hello_answered
                && (session.ended.frame.is_some()
                    || tls.is_some_and(|it| it.established.is_some())),
        }
    }

    fn text(&mut self, text: &str) -> Rc<str> {
        if let Some(known) = self.texts.get(text) {
            return Rc::clone(known);
        }
        let text: Rc<str> = text.into();
        self.texts.insert(Rc::clone(&text));
        text
    }
}

/// Made-up hellos repeat a byte or count; of 32 random ones hardly ever fewer than 20 differ.
fn is_random(random: &[u8; 32]) -> bool {
    const DIFFERENT: usize = 16;
    let different: HashSet<u8> = random.iter().copied().collect();
    let counts = random
        .windows(2)
        .all(|pair| pair[1].wrapping_sub(pair[0]) == 1);
    different.len() >= DIFFERENT && !counts
}

fn decided(session: &Session) -> Timestamp {
    let frames = session.verdict.frames.iter();
    let times = frames.filter_map(|&frame| session.evidence.time_of(frame));
    times.max().unwrap_or(session.ended_at)
}

fn share<T: Eq + Hash>(known: &mut HashSet<Rc<T>>, value: T) -> Rc<T> {
    match known.get(&value) {
        Some(same) => Rc::clone(same),
        None => {
            let value = Rc::new(value);
            known.insert(Rc::clone(&value));
            value
        }
    }
}

/// The server answered EHLO with all it offers; HELO asks for nothing.
fn answered_whole(session: &Session, smtp: &Smtp) -> bool {
    let ehlo = smtp.ehlo.as_ref();
    session.evidence.hello_answered
        && smtp.masked.is_empty()
        && ehlo.is_some_and(|ehlo| ehlo.verb == "EHLO")
}

fn facts(leaf: &Certificate) -> Leaf {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    Leaf {
        sha256: leaf.sha256.clone(),
        subject: text(&leaf.subject),
        issuer: text(&leaf.issuer),
        serial: text(&leaf.serial),
        key: leaf.key_algorithm.clone(),
        connector_name: leaf.tls_certificate_name.clone(),
    }
}

fn fate(session: &Session) -> Fate {
    let tls = session.tls.as_ref();
    let path = session
        .verdict
        .finding
        .is_some_and(|id| id.starts_with('P'));
    match session.outcome {
        Outcome::TlsEstablished if left_at_once(session) => Fate::Left,
        Outcome::TlsEstablished => Fate::Works,
        Outcome::Cleartext => Fate::Clear,
        Outcome::TlsFailed if path || session.is_probe() => Fate::Other,
        Outcome::TlsFailed if tls.is_some_and(|tls| tls.client_hello.is_some()) => Fate::Failed,
        Outcome::TlsFailed => Fate::Refused,
        _ => Fate::Other,
    }
}

/// Up to TLS 1.2 it shows that nothing followed the handshake; in TLS 1.3 tickets and the client's
/// Finished look like data.
fn left_at_once(session: &Session) -> bool {
    let hello = session
        .tls
        .as_ref()
        .and_then(|tls| tls.server_hello.as_ref());
    let version = hello.and_then(|hello| hello.version);
    let silent = session.evidence.data_records == [0, 0];
    let by_peer = matches!(session.ended.by, EndedBy::Client | EndedBy::Server);
    version.is_some_and(|version| version <= Version::TLS12) && silent && whole(session) && by_peer
}

fn first_reset(session: &Session, from: Peer) -> Option<Seen> {
    let mut resets = session.evidence.resets.iter();
    let reset = resets.find(|reset| reset.from == from)?;
    Some(Seen {
        frame: reset.frame,
        time: reset.time,
    })
}

fn dialogue(session: &Session) -> Dialogue {
    let Some(smtp) = &session.smtp else {
        return Dialogue::default();
    };
    let banner = smtp.banner.as_ref();
    Dialogue {
        banner: banner.map(|banner| banner.text.clone()),
        host: banner.and_then(|banner| banner.host.clone()),
        ehlo: smtp.ehlo.as_ref().map(|ehlo| ehlo.name.clone()),
        capabilities: bounded(&smtp.capabilities),
    }
}

/// The first lines, up to a bound.
fn bounded(lines: &[String]) -> Vec<String> {
    let mut room = COMPARED_TEXT;
    let fits = |line: &&String| {
        let left = room.checked_sub(line.len());
        room = left.unwrap_or_default();
        left.is_some()
    };
    lines.iter().take_while(fits).cloned().collect()
}

/// What some clients draw anew for each hello (RFC 8701) is left out: the same client offers the
/// same.
fn offer(hello: &ClientHello) -> Offer {
    let suites = hello.cipher_suites.iter().map(|suite| suite.code);
    let suites = suites.filter(|code| !matches!(code, SuiteCode::Tls(code) if is_grease(*code)));
    Offer {
        max_version: hello.max_version,
        suites: suites.take(COMPARED_ENTRIES).collect(),
        groups: listed(&hello.groups),
        signature_algorithms: listed(&hello.signature_algorithms),
        sni: hello.sni.is_some(),
        alpn: !hello.alpn.is_empty(),
        master_secret: hello.extended_master_secret,
        ja4: hello.ja4.clone(),
        size: hello.size.div_ceil(100).saturating_mul(100),
    }
}

fn listed(names: &[String]) -> Vec<String> {
    names.iter().take(COMPARED_ENTRIES).cloned().collect()
}

impl Digest {
    /// The host and the name it gives itself.
    pub fn sender_name(&self) -> (IpAddr, Option<String>) {
        (self.client.ip, self.dialogue.ehlo.clone())
    }

    /// The pair of hosts and the name the client gives itself: the same sender, as far as this can
    /// be told behind an address translator.
    pub fn sender(&self) -> (IpAddr, Endpoint, Option<&str>) {
        (self.client.ip, self.server, self.dialogue.ehlo.as_deref())
    }
}
