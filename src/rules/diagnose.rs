//! The verdict: the one cause that explains the ending, in a sentence.
//!
//! The earliest sufficient cause wins; what follows from it is listed as a consequence. Where the
//! deciding bytes are not in the capture the verdict says so.

use super::ending::chosen;
use super::failure;
use super::seen::may_be_decrypted;
use super::words;
use crate::model::tcp::Handshake;
use crate::model::tls::{Version, named};
use crate::model::{
    Confidence, EndedBy, Finding, Outcome, Peer, Session, Starts, Verdict, Visibility,
};

/// Findings that only report how an ending looked.
const CONSEQUENCES: [&str; 10] = [
    "S06", "S08", "S25", "P03", "P09", "P10", "P11", "P13", "P21", "P22",
];

/// Judges a session whose findings are known; `cause` is the one that explains its ending.
pub fn verdict(session: &Session, cause: Option<Finding>) -> Verdict {
    let cause = cause.map(|finding| {
        let Finding {
            id,
            cause,
            confidence,
            frames,
            ..
        } = finding;
        because(id, says(cause, confidence, frames))
    });
    let mut verdict = match (session.outcome, cause) {
        (Outcome::TlsEstablished, cause) => {
            afterwards_below(established(session, cause.as_ref()), cause)
        }
        // What is no matter of the path says itself what went in clear.
        (Outcome::Cleartext, cause) => match cause {
            Some(cause) if !is_path(&cause) => cause,
            cause => afterwards_below(in_clear(session), cause),
        },
        (_, Some(cause)) => cause,
        (outcome, None) => above(session, outcome),
    };
    if let Some(id) = verdict.finding {
        let others = session.findings.iter().map(|finding| finding.id);
        verdict.consequences = others
            .filter(|other| *other != id && CONSEQUENCES.contains(other))
            .collect();
    }
    verdict.frames.sort_unstable();
    verdict.frames.dedup();
    verdict
}

/// A cause in mail or TLS.
fn above(session: &Session, outcome: Outcome) -> Verdict {
    match outcome {
        Outcome::TlsEstablished => established(session, None),
        Outcome::Cleartext => in_clear(session),
        Outcome::TlsFailed => failure::failed(session),
        Outcome::NoMail => no_mail(session),
        Outcome::NoSmtp => no_dialogue(session),
        Outcome::NotObservable => not_observable(session),
    }
}

fn is_path(verdict: &Verdict) -> bool {
    verdict.finding.is_some_and(|id| id.starts_with('P'))
}

/// What went well stands first, then what happened to it below.
fn afterwards_below(verdict: Verdict, below: Option<Verdict>) -> Verdict {
    let Some(below) = below else {
        return verdict;
    };
    Verdict {
        finding: verdict.finding.or(below.finding),
        text: format!("{} {}", verdict.text, below.text),
        confidence: verdict.confidence.max(below.confidence),
        frames: [verdict.frames, below.frames].concat(),
        consequences: Vec::new(),
    }
}

pub(super) fn says(text: String, confidence: Confidence, frames: Vec<u64>) -> Verdict {
    Verdict {
        finding: None,
        text,
        confidence,
        frames,
        consequences: Vec::new(),
    }
}

pub(super) fn because(id: &'static str, verdict: Verdict) -> Verdict {
    Verdict {
        finding: Some(id),
        ..verdict
    }
}

pub(super) fn has(session: &Session, id: &str) -> bool {
    session.findings.iter().any(|finding| finding.id == id)
}

/// What was agreed on, and what came then unless a cause in TLS tells it.
fn established(session: &Session, cause: Option<&Verdict>) -> Verdict {
    let tls = session.tls.as_ref();
    let hello = tls.and_then(|tls| tls.server_hello.as_ref());
    let frame = tls.and_then(|tls| tls.established);
    let frames = hello.map(|hello| hello.frame).into_iter();
    let mut frames: Vec<u64> = frames.chain(frame.map(|at| at.frame)).collect();
    let Some(hello) = hello else {
        let text = "TLS was established; what was negotiated is not in the capture.";
        return says(text.to_owned(), Confidence::Medium, frames);
    };
    let (suite, chosen_in) = tls.and_then(chosen).unzip();
    let suite = suite.map_or_else(|| "an unknown suite".to_owned(), |suite| suite.to_string());
    frames.extend(chosen_in);
    let warning = match (has(session, "T38"), has(session, "T40")) {
        (true, true) => " Both the version and RC4 are prohibited today: other peers will refuse.",
        (true, false) => " The version is prohibited today: other peers will refuse.",
        (false, true) => " RC4 is prohibited today: other peers will refuse.",
        (false, false) => "",
    };
    let version = named(hello.version);
    let told = cause
        .and_then(|cause| cause.finding)
        .is_some_and(|id| id.starts_with('T'));
    let then = afterwards(session).filter(|_| !told);
    let (then, end) = then.unzip();
    frames.extend(end);
    let then = then.unwrap_or_default();
    let text = format!("TLS was established: {version}, {suite}.{then}{warning}");
    says(text, Confidence::High, frames)
}

/// What happened after the handshake, when it looks like nothing did, and the frame that shows it.
fn afterwards(session: &Session) -> Option<(String, u64)> {
    let evidence = &session.evidence;
    let (Some(at), EndedBy::Client | EndedBy::Server) = (evidence.established_at, session.ended.by)
    else {
        return None;
    };
    // In TLS 1.3 tickets and the end of the handshake look like data, so little can be said.
    let version = session
        .tls
        .as_ref()
        .and_then(|tls| tls.server_hello.as_ref()?.version);
    if version.is_some_and(Version::is_tls13) || session.ended.time < at {
        return None;
    }
    if let Some((frame, text)) = text_after_handshake(session) {
        let text = words::quoted(text);
        let text = format!(
            " Later the server wrote plain text into the connection: {text} (frame {frame})."
        );
        return Some((text, frame));
    }
    let frame = session.ended.frame.unwrap_or_default();
    let how = words::how(session.ended.how);
    let by = match session.ended.by {
        EndedBy::Client => "client",
        _ => "server",
    };
    let after = words::span(at, session.ended.time);
    let text = match evidence.data_records {
        [0, 0] => format!(
            " Then the {by} {how} {after} later (frame {frame}); nothing was sent in between."
        ),
        [0, _] => format!(
            " Then the {by} {how} {after} later (frame {frame}); the client had sent nothing."
        ),
        [_, 0] => {
            format!(" The server sent nothing more; the {by} {how} {after} later (frame {frame}).")
        }
        _ => return None,
    };
    Some((text, frame))
}

/// What the server said in clear after its hello.
fn text_after_handshake(session: &Session) -> Option<(u64, &str)> {
    let mut lines = session.smtp.as_ref()?.plaintext_after_grant.iter();
    let line = lines.find(|line| line.from == Peer::Server && !line.before_hello)?;
    Some((line.frame, line.text.as_deref()?))
}

fn in_clear(session: &Session) -> Verdict {
    let Some(smtp) = session.smtp.as_ref() else {
        return says(String::new(), Confidence::Low, Vec::new());
    };
    let mut what = Vec::new();
    let mut frames = Vec::new();
    if let Some(auth) = &smtp.cleartext_auth {
        let login = match auth.exposed {
            Some(_) => "credentials",
            None => "a login that shows no password",
        };
        let mechanism = words::quoted(&auth.mechanism);
        what.push(format!("{login} (AUTH {mechanism}, frame {})", auth.frame));
        frames.push(auth.frame);
    }
    if let Some(mail) = &smtp.cleartext_mail {
        let mail_words = match session.evidence.message_seen {
            true => "mail",
            false => "the envelope of a mail",
        };
        what.push(format!("{mail_words} (frame {})", mail.frame));
        frames.push(mail.frame);
    }
    let sent = format!(
        "The client at {} sent {} in clear",
        session.client.ip,
        what.join(" and ")
    );
    let why = match (&smtp.offered, &smtp.requested, &smtp.ehlo) {
        (_, Some(_), _) => ", after TLS was asked for and did not come about".to_owned(),
        (Some(offer), None, _) => {
            frames.push(offer.frame);
            format!(
                ", although the server offered STARTTLS (frame {})",
                offer.frame
            )
        }
        (None, None, Some(ehlo)) if ehlo.verb == "HELO" => {
            ": it said HELO, and only EHLO shows whether the server offers STARTTLS".to_owned()
        }
        (None, None, Some(_)) if session.evidence.hello_answered => {
            ": the server did not offer STARTTLS".to_owned()
        }
        (None, None, _) => ": whether STARTTLS was offered is not in the capture".to_owned(),
    };
    let confidence = match may_be_decrypted(session) {
        true => Confidence::Medium,
        false => Confidence::High,
    };
    says(format!("{sent}{why}."), confidence, frames)
}

fn no_mail(session: &Session) -> Verdict {
    let quit = session.smtp.as_ref().and_then(|smtp| smtp.quit);
    let text = match has(session, "S01") {
        true => {
            "The client left after a reply to EHLO that offers no STARTTLS; whether because of \
             that is not in the capture."
        }
        false => "A dialogue without a request for TLS and without mail.",
    };
    let frames = quit.map(|at| at.frame).into_iter().collect();
    says(text.to_owned(), Confidence::Medium, frames)
}

fn no_dialogue(session: &Session) -> Verdict {
    let (text, confidence) = match session.tcp.handshake {
        Handshake::Refused => (
            format!(
                "{} refused the connection on port {}.",
                session.server.ip, session.server.port
            ),
            Confidence::High,
        ),
        Handshake::SynOnly if session.capture.visibility == Visibility::ClientOnly => (
            format!(
                "No answer from {} to {} SYN: filtered, or the answers are not in the capture.",
                session.server, session.tcp.client.packets
            ),
            Confidence::Medium,
        ),
        _ => (
            "The connection carried no dialogue.".to_owned(),
            Confidence::Medium,
        ),
    };
    says(text, confidence, vec![session.capture.first_frame])
}

fn not_observable(session: &Session) -> Verdict {
    let mut why = Vec::new();
    match session.capture.visibility {
        Visibility::ClientOnly => why.push("only what the client sent was captured"),
        Visibility::ServerOnly => why.push("only what the server sent was captured"),
        Visibility::Both => {}
    }
    if session.capture.starts == Starts::Midstream {
        why.push("the capture begins in the middle of the connection");
    }
    if session.capture.snaplen_cut {
        why.push("the snap length cut the frames");
    } else if session.capture.visibility == Visibility::Both
        && session.tcp.client.missing_bytes + session.tcp.server.missing_bytes > 0
    {
        why.push("bytes are missing in the capture");
    }
    if why.is_empty() {
        why.push(match session.evidence.taken_over {
            true => "the same ports were used anew before an end was seen",
            false => "the capture ends first",
        });
    }
    let (seen, frames) = hellos_seen(session);
    let text = format!(
        "What became of the session is not observable: {}.{seen}",
        why.join(", ")
    );
    says(text, Confidence::High, frames)
}

/// What the hellos said, where the rest is not known.
fn hellos_seen(session: &Session) -> (String, Vec<u64>) {
    let Some(tls) = &session.tls else {
        return (String::new(), Vec::new());
    };
    let mut seen = String::new();
    let mut frames = Vec::new();
    if let Some(hello) = &tls.client_hello {
        seen = match hello.max_version {
            Some(best) => format!(
                " The client offered at most {best} (frame {}).",
                hello.frame
            ),
            None => format!(" The client's hello (frame {}) is cut.", hello.frame),
        };
        frames.push(hello.frame);
    }
    if let Some(hello) = &tls.server_hello {
        let chosen = [
            hello.version.map(|version| version.to_string()),
            hello.cipher_suite.map(|suite| suite.to_string()),
        ];
        let chosen: Vec<String> = chosen.into_iter().flatten().collect();
        seen += &match chosen.is_empty() {
            true => format!(" The server's hello (frame {}) is cut.", hello.frame),
            false => format!(
                " The server chose {} (frame {}).",
                chosen.join(", "),
                hello.frame
            ),
        };
        frames.push(hello.frame);
    }
    (seen, frames)
}
