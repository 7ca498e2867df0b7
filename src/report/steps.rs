//! The course of a session as rows: frame, who, what.

use crate::escape::shown;
use crate::model::smtp::Smtp;
use crate::model::tls::{ClientHello, HelloFormat, ServerHello, Tls, named};
use crate::model::{Confidence, EndedBy, How, Peer, Session};
use crate::rules::words;
use crate::smtp::command::asks_for_tls;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The frame that proves it.
    pub frame: u64,
    /// Who acted; `None` = a device in between, or not known.
    pub who: Option<Peer>,
    /// What happened, safe to print.
    pub what: String,
}

/// Rows of a session in frame order.
pub fn steps(session: &Session) -> Vec<Step> {
    let mut steps = Vec::new();
    if let Some(smtp) = &session.smtp {
        dialogue(smtp, &mut steps);
    }
    if let Some(tls) = &session.tls {
        handshake(tls, &mut steps);
    }
    ending(session, &mut steps);
    steps.sort_by_key(|step| step.frame);
    steps
}

fn add(steps: &mut Vec<Step>, frame: u64, who: impl Into<Option<Peer>>, what: String) {
    let who = who.into();
    steps.push(Step { frame, who, what });
}

fn dialogue(smtp: &Smtp, steps: &mut Vec<Step>) {
    use Peer::{Client, Server};
    if let Some(banner) = &smtp.banner {
        add(
            steps,
            banner.frame,
            Server,
            format!("220 {}", shown(&banner.text)),
        );
    }
    if let Some(ehlo) = &smtp.ehlo {
        add(
            steps,
            ehlo.frame,
            Client,
            format!("{} {}", ehlo.verb, shown(&ehlo.name)),
        );
    }
    if let Some(offered) = smtp.offered {
        let is_tls = |line: &&String| {
            let keyword = line.split_ascii_whitespace().next().unwrap_or_default();
            asks_for_tls(keyword.as_bytes())
        };
        let offers: Vec<String> = smtp
            .capabilities
            .iter()
            .filter(is_tls)
            .map(|line| shown(line))
            .collect();
        add(
            steps,
            offered.frame,
            Server,
            format!("offers {}", offers.join(" and ")),
        );
    }
    let is_banner = |frame: u64| {
        smtp.banner
            .as_ref()
            .is_some_and(|banner| banner.frame == frame)
    };
    for line in smtp.masked.iter().filter(|line| !is_banner(line.frame)) {
        let what = format!("{}   <- overwritten on its way", shown(&line.text));
        add(steps, line.frame, None, what);
    }
    if let Some(requested) = smtp.requested {
        let verb = smtp.tls_verb.as_deref().unwrap_or("STARTTLS");
        add(steps, requested.frame, Client, shown(verb));
    }
    if let Some(reply) = &smtp.reply {
        let what = format!("{} {}", reply.code, shown(&reply.text));
        add(steps, reply.frame, Server, what);
    }
    if let Some(auth) = &smtp.cleartext_auth {
        let what = format!(
            "AUTH {} in clear (the secret is not shown)",
            shown(&auth.mechanism)
        );
        add(steps, auth.frame, Client, what);
    }
    if let Some(mail) = smtp.cleartext_mail {
        add(steps, mail.frame, Client, "MAIL FROM in clear".to_owned());
    }
    if let Some(quit) = smtp.quit {
        add(steps, quit.frame, Client, "QUIT".to_owned());
    }
}

fn handshake(tls: &Tls, steps: &mut Vec<Step>) {
    use Peer::{Client, Server};
    // Only a HelloRetryRequest asks for another hello.
    let again_word = match tls.hello_retry_request {
        Some(_) => "second ",
        None => "another ",
    };
    for (hello, again) in [
        (&tls.client_hello, ""),
        (&tls.second_client_hello, again_word),
    ] {
        if let Some(hello) = hello {
            add(steps, hello.frame, Client, client_hello(hello, again));
        }
    }
    if let Some(retry) = &tls.hello_retry_request {
        let group = retry
            .group
            .as_deref()
            .map_or_else(String::new, |group| format!(", asks for {group}"));
        add(
            steps,
            retry.frame,
            Server,
            format!("HelloRetryRequest: {}{group}", named(retry.version)),
        );
    }
    if let Some(hello) = &tls.server_hello {
        add(steps, hello.frame, Server, server_hello(hello));
    }
    let certificates = &tls.certificates;
    for (chain, who) in [
        (&certificates.server, Server),
        (&certificates.client, Client),
    ] {
        if let Some(leaf) = chain.first() {
            let subject = shown(leaf.subject.as_deref().unwrap_or("unreadable"));
            let own = if leaf.self_signed == Some(true) {
                ", self-signed"
            } else {
                ""
            };
            let count = match chain.len() {
                1 => "Certificate".to_owned(),
                more => format!("Certificate chain of {more}"),
            };
            add(steps, leaf.frame, who, format!("{count}: {subject}{own}"));
        }
    }
    if let Some(request) = tls.certificate_request {
        add(
            steps,
            request.frame,
            Server,
            "asks for a client certificate".to_owned(),
        );
    }
    if let Some(none) = tls.no_client_certificate {
        add(
            steps,
            none.frame,
            Client,
            "presents no certificate".to_owned(),
        );
    }
    for alert in &tls.alerts {
        let what = match (alert.code, &alert.level, &alert.name) {
            (Some(code), Some(level), Some(name)) => format!("{level} alert {name} ({code})"),
            (Some(code), Some(level), None) => format!("{level} alert {code}"),
            _ => "encrypted alert".to_owned(),
        };
        add(steps, alert.frame, alert.from, what);
    }
    if let Some(established) = tls.established {
        add(
            steps,
            established.frame,
            None,
            "TLS established: both sides encrypted".to_owned(),
        );
    }
}

fn client_hello(hello: &ClientHello, again: &str) -> String {
    let format = match hello.format {
        HelloFormat::Tls => "",
        HelloFormat::Sslv2 => " in SSL 2.0 format",
    };
    let partial = if hello.partial { ", cut" } else { "" };
    let sni = hello
        .sni
        .as_deref()
        .map_or_else(String::new, |name| format!(", for {}", shown(name)));
    let best = match hello.max_version {
        Some(best) => format!("at most {best}"),
        None => "best version unknown".to_owned(),
    };
    let suites = match hello.cipher_suites.len() {
        0 => String::new(),
        1 => ", 1 cipher suite".to_owned(),
        many => format!(", {many} cipher suites"),
    };
    format!("{again}ClientHello{format}: {best}{suites}{sni}{partial}")
}

fn server_hello(hello: &ServerHello) -> String {
    let suite = hello
        .cipher_suite
        .map_or_else(String::new, |suite| format!(", {suite}"));
    let group = hello
        .group
        .as_deref()
        .map_or_else(String::new, |group| format!(", {group}"));
    let bits = hello
        .dh_bits
        .map_or_else(String::new, |bits| format!(", DH {bits} bit"));
    let resumed = if hello.resumed == Some(true) {
        ", resumed"
    } else {
        ""
    };
    let partial = if hello.partial { ", cut" } else { "" };
    format!(
        "ServerHello: {}{suite}{group}{bits}{resumed}{partial}",
        named(hello.version)
    )
}

fn ending(session: &Session, steps: &mut Vec<Step>) {
    let who = match session.ended.by {
        EndedBy::Client => Some(Peer::Client),
        EndedBy::Server => Some(Peer::Server),
        _ => None,
    };
    let what = match session.ended.how {
        How::Rst if session.ended.by == EndedBy::ThirdParty => "RST by a device in between",
        How::Fin => "FIN",
        How::Rst => "RST",
        How::Timeout => "nothing more until the session was given up",
        How::CaptureEnd if session.evidence.taken_over => "the ports were used anew",
        How::CaptureEnd => "the capture ends",
    };
    let frame = session.ended.frame.unwrap_or(session.capture.last_frame);
    let after = match session.ended.after {
        Some(after) if after.frame != frame => {
            let later = words::nanos((after.seconds * 1e9) as i64);
            format!(
                ", {later} after the {}'s last data (frame {})",
                after.from, after.frame
            )
        }
        _ => String::new(),
    };
    add(steps, frame, who, format!("{what}{after}"));
    for reset in &session.evidence.resets {
        if Some(reset.frame) == session.ended.frame {
            continue;
        }
        match reset.foreign {
            Some(Confidence::High | Confidence::Medium) => {
                let what = "RST by a device in between".to_owned();
                add(steps, reset.frame, None, what);
            }
            _ => add(steps, reset.frame, reset.from, "RST".to_owned()),
        }
    }
    if let Some((frame, text)) = &session.evidence.text_after_grant {
        let what = format!("plain text after TLS was granted: {}", shown(text));
        add(steps, *frame, Peer::Server, what);
    }
}
