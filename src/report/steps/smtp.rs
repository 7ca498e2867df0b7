//! Rows of the dialogue in clear.

use super::{Step, add};
use crate::escape::shown;
use crate::model::Peer;
use crate::model::smtp::Smtp;
use crate::smtp::command::asks_for_tls;

pub(super) fn dialogue(smtp: &Smtp, steps: &mut Vec<Step>) {
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
    if let Some(mail) = &smtp.cleartext_mail {
        add(steps, mail.frame, Client, "MAIL FROM in clear".to_owned());
    }
    if let Some(quit) = smtp.quit {
        add(steps, quit.frame, Client, "QUIT".to_owned());
    }
}
