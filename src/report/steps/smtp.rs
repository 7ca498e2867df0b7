//! Rows of the dialogue in clear.

use super::{Kind, Step, add, add_kind};
use crate::escape::shown;
use crate::model::Peer::{Client, Server};
use crate::model::smtp::{Auth, Early, Ehlo, Mail, Smtp};
use crate::smtp::command::asks_for_tls;

pub(super) fn dialogue(smtp: &Smtp, steps: &mut Vec<Step>) {
    opening(smtp, steps);
    request(smtp, steps);
    around_tls(smtp, steps);
    complaints(smtp, steps);
    if let Some(auth) = &smtp.cleartext_auth {
        add_auth(auth, "in clear", steps);
    }
    if let Some(mail) = &smtp.cleartext_mail {
        add_mail(mail, "in clear", steps);
    }
    if let Some(quit) = smtp.quit {
        add(steps, quit.frame, Client, "QUIT".to_owned());
    }
}

/// From the first byte to the capabilities.
fn opening(smtp: &Smtp, steps: &mut Vec<Step>) {
    if let Some(proxy) = &smtp.proxy {
        let of = match proxy.source {
            Some(source) => format!("of {source}"),
            None => "without an address".to_owned(),
        };
        let what = format!("PROXY header, version {}, {of}", proxy.version);
        add(steps, proxy.frame, None, what);
    }
    if let Some(banner) = &smtp.banner {
        let more = if banner.complete { ' ' } else { '-' };
        let unfinished = if banner.complete {
            ""
        } else {
            "   <- its last line never came"
        };
        let what = format!("220{more}{}{unfinished}", shown(&banner.text));
        add(steps, banner.frame, Server, what);
        if banner.first_frame != banner.frame {
            let first = banner.lines.first().map_or("", String::as_str);
            let what = format!("220-{}", shown(first));
            add(steps, banner.first_frame, Server, what);
        }
    }
    if let Some(ehlo) = &smtp.ehlo {
        add_ehlo(ehlo, "", steps);
    }
    for stated in [(&smtp.xclient, "XCLIENT"), (&smtp.xforward, "XFORWARD")] {
        if let (Some(original), verb) = stated {
            let names = original.attributes.join(", ");
            let what = format!("{verb} {names} (the values are not shown)");
            add(steps, original.frame, Client, what);
        }
    }
    if let Some(offered) = smtp.offered {
        let what = format!("offers {}", tls_offers(&smtp.capabilities).join(" and "));
        add(steps, offered.frame, Server, what);
    }
    let is_banner = |frame: u64| {
        smtp.banner
            .as_ref()
            .is_some_and(|banner| banner.frame == frame)
    };
    for line in smtp.masked.iter().filter(|line| !is_banner(line.frame)) {
        let what = format!("{}   <- overwritten on its way", shown(&line.text));
        let kind = Kind::Overwritten(line.from);
        add_kind(steps, line.frame, None, kind, what);
    }
}

/// The request for TLS and what became of it.
fn request(smtp: &Smtp, steps: &mut Vec<Step>) {
    if let Some(requested) = smtp.requested {
        let verb = smtp.tls_verb.as_deref().unwrap_or("STARTTLS");
        add(steps, requested.frame, Client, shown(verb));
    }
    let granted = smtp.reply.iter().filter(|reply| reply.code == 220);
    for reply in granted.chain(&smtp.refused) {
        let what = format!("{} {}", reply.code, shown(&reply.text));
        add(steps, reply.frame, Server, what);
    }
    if let Some(early) = &smtp.after_starttls {
        let bytes = early.bytes;
        let what = match (early.kind, early.command) {
            (Early::Tls, _) => format!("TLS before the server has agreed, {bytes} bytes"),
            (_, Some(verb)) => format!("{verb} right behind the request for TLS, {bytes} bytes"),
            _ => format!("{bytes} bytes right behind the request for TLS"),
        };
        add(steps, early.frame, Client, what);
    }
}

/// Text where TLS was granted or begun.
fn around_tls(smtp: &Smtp, steps: &mut Vec<Step>) {
    let readable = smtp.decrypted.is_some();
    // A decrypted session goes on as if there were no TLS: its beginning tells enough.
    let lines = smtp.plaintext_after_grant.iter();
    let granted = smtp.reply.as_ref().is_some_and(|reply| reply.code == 220);
    let after = match granted {
        true => "after TLS was granted",
        false => "after TLS was begun",
    };
    for line in lines.take(if readable { 1 } else { usize::MAX }) {
        let said = match (&line.text, line.verb) {
            (Some(text), _) => shown(text),
            (None, Some(verb)) => verb.to_owned(),
            (None, None) => "no command".to_owned(),
        };
        add(
            steps,
            line.frame,
            line.from,
            format!("plain text {after}: {said}"),
        );
    }
    if let Some(decrypted) = smtp.decrypted {
        let what = "both sides go on in plain text although TLS was granted".to_owned();
        add(steps, decrypted.frame, None, what);
    }
    let Some(after) = smtp.after_tls.as_ref().filter(|_| readable) else {
        return;
    };
    let how = "after TLS was granted, readable here";
    if let Some(ehlo) = &after.ehlo {
        add_ehlo(ehlo, ", readable here", steps);
    }
    if let Some(auth) = &after.auth {
        add_auth(auth, how, steps);
    }
    if let Some(mail) = &after.mail {
        add_mail(mail, how, steps);
    }
}

/// What the server does not put up with.
fn complaints(smtp: &Smtp, steps: &mut Vec<Step>) {
    let required = smtp.tls_required.iter();
    let required = required.map(|it| (it.frame, it.code, &it.text, "TLS is demanded"));
    let rejected = smtp.rejected.iter();
    let rejected = rejected.map(|it| (it.frame, it.code, &it.text, "sent away"));
    for (frame, code, text, why) in required.chain(rejected) {
        let said = format!("{code} {}", shown(text));
        add(
            steps,
            frame,
            Server,
            format!("{}   <- {why}", said.trim_end()),
        );
    }
}

fn add_ehlo(ehlo: &Ehlo, how: &str, steps: &mut Vec<Step>) {
    let what = format!("{} {}{how}", ehlo.verb, shown(&ehlo.name));
    add(steps, ehlo.frame, Client, what);
}

fn add_auth(auth: &Auth, how: &str, steps: &mut Vec<Step>) {
    let what = format!(
        "{} {} {how} (the secret is not shown)",
        auth.verb,
        shown(&auth.mechanism)
    );
    add(steps, auth.frame, Client, what);
    if let Some(reply) = auth.reply {
        let what = match reply.code {
            235 => "235: the login succeeded".to_owned(),
            code => format!("{code}: the login failed"),
        };
        add(steps, reply.frame, Server, what);
    }
}

fn add_mail(mail: &Mail, how: &str, steps: &mut Vec<Step>) {
    add(steps, mail.frame, Client, format!("MAIL FROM {how}"));
    if let Some(end) = mail.message {
        add(steps, end.frame, Client, "end of the message".to_owned());
    }
    if let Some(reply) = mail.message_reply {
        let what = match reply.code {
            200..300 => format!("{}: the message was taken", reply.code),
            code => format!("{code}: the message was not taken"),
        };
        add(steps, reply.frame, Server, what);
    }
}

/// Capability lines that offer TLS.
fn tls_offers(capabilities: &[String]) -> Vec<String> {
    let is_tls = |line: &&String| {
        let keyword = line.split_ascii_whitespace().next().unwrap_or_default();
        asks_for_tls(keyword.as_bytes())
    };
    capabilities
        .iter()
        .filter(is_tls)
        .map(|line| shown(line))
        .collect()
}
