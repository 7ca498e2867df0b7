//! Mail and logins in clear.

use super::seen::{is_local, may_be_decrypted, sure_if_whole};
use super::{Observation, Rule, words};
use crate::model::smtp::{Auth, Before, Mechanism, Smtp, shows_secret};
use crate::model::{Confidence, Session, Severity};

pub const EXPOSED: Rule = Rule {
    id: "S15",
    title: "A password or token was sent in clear",
    severity: Severity::Critical,
    meaning: "Everybody on the way could read the login. The password or token has to be taken as \
              known to others.",
    evidence: "AUTH by PLAIN, LOGIN, XOAUTH2 or OAUTHBEARER without TLS, and the response that \
               holds the secret. starttap keeps its frame and never its content.",
    trap: "CRAM-MD5, SCRAM, NTLM and GSSAPI do not show the password, and a login that is refused \
           before the secret is sent exposes nothing. On the host itself nobody else listens; a \
           capture that begins late may come from behind a device that decrypts.",
    advice: "Change the password or revoke the token. Let the client log in over TLS only, and the \
             server offer AUTH only inside TLS.",
    references: &["RFC 8314 section 3", "RFC 4954 section 9"],
    tls_rpt: None,
    check: exposed,
};

pub const AUTH_OFFERED: Rule = Rule {
    id: "S16",
    title: "The server offers logins by password before TLS",
    severity: Severity::Low,
    meaning: "The server would take a password in clear: a client that is set up carelessly, or \
              whose STARTTLS is taken away, hands it over.",
    evidence: "PLAIN, LOGIN, XOAUTH2 or OAUTHBEARER in the reply to the EHLO before TLS.",
    trap: "Mechanisms that do not show the password (NTLM, GSSAPI, CRAM-MD5, SCRAM) may be offered; \
           over loopback anything may. Some servers offer AUTH and refuse it without TLS.",
    advice: "Offer AUTH only inside TLS (Postfix: smtpd_tls_auth_only = yes; Exim: \
             auth_advertise_hosts; Exchange: BasicAuthRequireTLS).",
    references: &["RFC 8314 section 3", "RFC 4954 section 4"],
    tls_rpt: None,
    check: auth_offered,
};

pub const TLS_IGNORED: Rule = Rule {
    id: "S17",
    title: "Mail in clear although STARTTLS was offered",
    severity: Severity::Critical,
    meaning: "The client could have used TLS and did not: it is set to ignore it, has no TLS, or \
              fell back after a failure on an earlier connection.",
    evidence: "STARTTLS in the reply to EHLO, and MAIL FROM without it.",
    trap: "An earlier attempt with TLS may have failed: X02 names it where it is in the capture. A \
           firewall may hide the offer behind this place. Over loopback nobody else listens.",
    advice: "Switch TLS on at the client (Postfix: smtp_tls_security_level = may; Exchange: \
             IgnoreSTARTTLS = false), and look for a handshake that failed before.",
    references: &["RFC 3207 section 4", "RFC 7435 section 3"],
    tls_rpt: None,
    check: tls_ignored,
};

fn exposed(session: &Session) -> Option<Observation> {
    let smtp = session.smtp.as_ref()?;
    let auth = smtp.cleartext_auth.as_ref()?;
    let exposed = auth.exposed?;
    let what = match auth.mechanism.starts_with(['P', 'L']) {
        true => "password",
        false => "token",
    };
    let mail = smtp.cleartext_mail.as_ref().map(|mail| mail.frame);
    let mail = mail.filter(|mail| *mail > auth.frame);
    let then = mail.map_or_else(String::new, |frame| {
        format!(" Mail followed in clear (frame {frame}).")
    });
    let answer = auth.reply.map(|reply| reply.frame);
    let cause = format!(
        "The client at {} sent its {what} in clear to {} ({} {}, frame {}{}){}.{}{then}{}",
        session.client.ip,
        session.server,
        auth.verb,
        words::quoted(&auth.mechanism),
        auth.frame,
        match exposed.frame == auth.frame {
            true => String::new(),
            false => format!("; the {what} is in frame {}", exposed.frame),
        },
        although(smtp),
        accepted(auth),
        match is_local(session) {
            true => " It did not leave the host.",
            false => "",
        }
    );
    Some(Observation {
        severity: match is_local(session) {
            true => Severity::Medium,
            false => Severity::Critical,
        },
        confidence: match may_be_decrypted(session) || is_not_heard(auth) {
            true => Confidence::Medium,
            false => sure_if_whole(session),
        },
        cause,
        frames: [auth.frame, exposed.frame]
            .into_iter()
            .chain(answer)
            .chain(smtp.offered.map(|at| at.frame))
            .chain(smtp.reply.as_ref().map(|reply| reply.frame))
            .chain(mail)
            .collect(),
        explains: true,
    })
}

/// What became of TLS before.
fn although(smtp: &Smtp) -> String {
    match (smtp.offered, &smtp.reply) {
        (_, Some(reply)) if reply.code != 220 => {
            format!(" after the server had refused TLS (frame {})", reply.frame)
        }
        (_, Some(reply)) => format!(" although TLS had been granted (frame {})", reply.frame),
        (Some(offer), None) => {
            format!(
                " although the server had offered STARTTLS (frame {})",
                offer.frame
            )
        }
        (None, None) => String::new(),
    }
}

/// The server objects to the login as such: what came before its reply may be another command, in a
/// capture that is out of order. Encryption required, mechanism too weak or unknown (RFC 4954
/// section 6, RFC 3207 section 4).
fn is_not_heard(auth: &Auth) -> bool {
    const OBJECTIONS: [u16; 4] = [504, 530, 534, 538];
    auth.reply
        .is_some_and(|reply| OBJECTIONS.contains(&reply.code))
}

fn accepted(auth: &Auth) -> String {
    match auth.reply {
        Some(reply) if reply.code == 235 => {
            format!(" The server accepted it (frame {}).", reply.frame)
        }
        Some(reply) => {
            format!(
                " The server answered {} (frame {}).",
                reply.code, reply.frame
            )
        }
        None => String::new(),
    }
}

fn auth_offered(session: &Session) -> Option<Observation> {
    let smtp = session.smtp.as_ref()?;
    let open = |it: &&Mechanism| shows_secret(&it.mechanism);
    let offered: Vec<&Mechanism> = smtp.auth_mechanisms.iter().filter(open).collect();
    let first = offered.first()?;
    if is_local(session) {
        return None;
    }
    let names: Vec<String> = offered
        .iter()
        .map(|it| format!("{} {}", it.verb, it.mechanism))
        .collect();
    let (severity, but) = match smtp.offered {
        Some(_) => (Severity::Low, String::new()),
        None => (
            Severity::Medium,
            ", and no STARTTLS to protect them".to_owned(),
        ),
    };
    let mut frames: Vec<u64> = offered.iter().map(|it| it.frame).collect();
    frames.dedup();
    Some(Observation {
        severity,
        confidence: Confidence::Medium,
        cause: format!(
            "The server at {} offers {} before TLS (frame {}){but}.",
            session.server.ip,
            names.join(", "),
            first.frame
        ),
        frames,
        explains: false,
    })
}

fn tls_ignored(session: &Session) -> Option<Observation> {
    let smtp = session.smtp.as_ref()?;
    let mail = smtp.cleartext_mail.as_ref()?;
    let offer = smtp.offered?;
    // Where the server insists on TLS, S18 tells it.
    if mail.after != Some(Before::Offered) || smtp.tls_required.is_some() {
        return None;
    }
    let message = session.evidence.message_seen;
    let what = match message {
        true => "mail",
        false => "the envelope of a mail",
    };
    let login = smtp
        .cleartext_auth
        .as_ref()
        .map_or_else(String::new, |auth| {
            let mechanism = words::quoted(&auth.mechanism);
            match auth.exposed {
                Some(_) => format!(" It had logged in in clear (frame {}).", auth.frame),
                None => format!(
                    " It had logged in by {mechanism} (frame {}), which shows no password.",
                    auth.frame
                ),
            }
        });
    let local = is_local(session);
    let cause = format!(
        "The client at {} sent {what} in clear (frame {}) although the server at {} had offered \
         STARTTLS (frame {}).{login} Why it did not ask for TLS is not in this connection.{}",
        session.client.ip,
        mail.frame,
        session.server.ip,
        offer.frame,
        match local {
            true => " It did not leave the host.",
            false => "",
        }
    );
    Some(Observation {
        severity: match (local, message) {
            (true, _) => Severity::Low,
            (false, true) => Severity::Critical,
            (false, false) => Severity::High,
        },
        // That it went in clear is certain; why the client did not ask is not in this connection.
        confidence: Confidence::Medium,
        cause,
        frames: [offer.frame, mail.frame]
            .into_iter()
            .chain(smtp.cleartext_auth.as_ref().map(|auth| auth.frame))
            .collect(),
        explains: true,
    })
}
