//! Every text of a mail dialogue.

use super::{Pseudonyms, each, some};
use crate::model::smtp::{
    AfterTls, Attributes, Auth, Banner, Ehlo, Masked, Mechanism, PlainText, Proxy, Rejected, Reply,
    Smtp,
};

impl Pseudonyms {
    pub(super) fn smtp(&mut self, smtp: &mut Smtp) {
        let Smtp {
            protocol: _,
            proxy,
            banner,
            ehlo,
            capabilities,
            auth_mechanisms,
            // One of three.
            tls_verb: _,
            offered: _,
            requested: _,
            reply,
            refused,
            after_starttls: _,
            plaintext_after_grant,
            decrypted: _,
            after_tls,
            tls_required,
            rejected,
            xclient,
            xforward,
            masked,
            cleartext_auth,
            cleartext_mail: _,
            quit: _,
        } = smtp;
        proxy.iter_mut().for_each(|it| self.proxy(it));
        banner.iter_mut().for_each(|it| self.banner(it));
        ehlo.iter_mut().for_each(|it| self.ehlo(it));
        each(capabilities, |text| self.free_text(text));
        auth_mechanisms.iter_mut().for_each(|it| self.mechanism(it));
        let replies = reply.iter_mut().chain(refused).chain(tls_required);
        replies.for_each(|it| self.reply(it));
        plaintext_after_grant
            .iter_mut()
            .for_each(|it| self.plain_text(it));
        after_tls.iter_mut().for_each(|it| self.after_tls(it));
        rejected.iter_mut().for_each(|it| self.rejected(it));
        xclient
            .iter_mut()
            .chain(xforward)
            .for_each(|it| self.attributes(it));
        masked.iter_mut().for_each(|it| self.masked(it));
        cleartext_auth.iter_mut().for_each(|it| self.auth(it));
    }

    fn proxy(&mut self, proxy: &mut Proxy) {
        let Proxy {
            frame: _,
            version: _,
            source,
            destination,
        } = proxy;
        source
            .iter_mut()
            .chain(destination)
            .for_each(|it| self.endpoint(it));
    }

    fn banner(&mut self, banner: &mut Banner) {
        let Banner {
            frame: _,
            first_frame: _,
            text,
            lines,
            complete: _,
            host,
            first_seconds: _,
            seconds: _,
        } = banner;
        *text = self.greeting(text);
        each(lines, |text| self.greeting(text));
        some(host, |name| self.name(name));
    }

    /// Redacts what begins with a name. It is a name for the rules, too, so the vocabulary has no
    /// say in it.
    pub(super) fn greeting(&mut self, text: &str) -> String {
        match crate::smtp::reply::host(text) {
            Some(host) => {
                let start = text.find(&host).unwrap_or_default();
                let (before, rest) = text.split_at(start);
                let rest = &rest[host.len()..];
                format!("{before}{}{}", self.name(&host), self.free_text(rest))
            }
            None => self.free_text(text),
        }
    }

    fn ehlo(&mut self, ehlo: &mut Ehlo) {
        let Ehlo {
            frame: _,
            verb: _,
            name,
        } = ehlo;
        *name = self.name(name);
    }

    fn mechanism(&mut self, mechanism: &mut Mechanism) {
        let Mechanism {
            frame: _,
            verb: _,
            mechanism,
        } = mechanism;
        *mechanism = self.free_text(mechanism);
    }

    fn reply(&mut self, reply: &mut Reply) {
        let Reply {
            frame: _,
            code: _,
            text,
        } = reply;
        *text = self.free_text(text);
    }

    fn plain_text(&mut self, line: &mut PlainText) {
        let PlainText {
            frame: _,
            from: _,
            verb: _,
            text,
            before_hello: _,
        } = line;
        some(text, |text| self.line(text));
    }

    /// Redacts a line of a server, whose code stays.
    fn line(&mut self, text: &str) -> String {
        let digits = text.bytes().take(4).take_while(u8::is_ascii_digit).count();
        match digits {
            3 => format!("{}{}", &text[..3], self.free_text(&text[3..])),
            _ => self.free_text(text),
        }
    }

    fn after_tls(&mut self, after: &mut AfterTls) {
        let AfterTls {
            ehlo,
            capabilities,
            auth_mechanisms,
            auth,
            mail: _,
        } = after;
        ehlo.iter_mut().for_each(|it| self.ehlo(it));
        each(capabilities, |text| self.free_text(text));
        auth_mechanisms.iter_mut().for_each(|it| self.mechanism(it));
        auth.iter_mut().for_each(|it| self.auth(it));
    }

    fn rejected(&mut self, rejected: &mut Rejected) {
        let Rejected {
            frame: _,
            code: _,
            text,
            phase: _,
        } = rejected;
        *text = self.free_text(text);
    }

    fn attributes(&mut self, stated: &mut Attributes) {
        let Attributes {
            frame: _,
            attributes,
        } = stated;
        each(attributes, |name| self.free_text(name));
    }

    fn masked(&mut self, masked: &mut Masked) {
        let Masked {
            from: _,
            frame: _,
            text,
        } = masked;
        *text = self.line(text);
    }

    fn auth(&mut self, auth: &mut Auth) {
        let Auth {
            frame: _,
            verb: _,
            mechanism,
            exposed: _,
            reply: _,
        } = auth;
        *mechanism = self.free_text(mechanism);
    }
}
