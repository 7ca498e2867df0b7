//! Every text of certificates.

use super::{Pseudonyms, each, some};
use crate::model::certificate::{Certificate, Certificates, Chain, Chains, Name, NameKind};

impl Pseudonyms {
    pub(super) fn certificates(&mut self, certificates: &mut Certificates) {
        let Certificates {
            server,
            client,
            chain,
        } = certificates;
        server
            .iter_mut()
            .chain(client)
            .for_each(|it| self.certificate(it));
        let Chains { server, client } = chain;
        server
            .iter_mut()
            .chain(client)
            .for_each(|it| self.chain(it));
    }

    fn chain(&mut self, chain: &mut Chain) {
        let Chain {
            whole: _,
            path: _,
            order: _,
            strangers: _,
            duplicates: _,
            other_keys: _,
            ends: _,
            missing_issuer,
        } = chain;
        some(missing_issuer, |name| self.distinguished(name));
    }

    fn certificate(&mut self, certificate: &mut Certificate) {
        let Certificate {
            frame: _,
            version: _,
            subject,
            common_name,
            issuer,
            serial,
            sha1,
            sha256,
            not_before: _,
            not_after: _,
            sans,
            names,
            name_count: _,
            key,
            key_algorithm,
            key_bits: _,
            curve,
            rsa_exponent,
            spki_sha256,
            signature,
            signature_hash: _,
            self_signed: _,
            key_usage: _,
            extended_key_usage,
            basic_constraints: _,
            subject_key_id,
            authority_key_id,
            must_staple: _,
            ocsp,
            ca_issuers,
            crl,
            issued_by: _,
            tlsa,
            tls_certificate_name,
            malformed,
        } = certificate;
        let digests = [serial, spki_sha256, subject_key_id, authority_key_id];
        digests
            .into_iter()
            .for_each(|it| some(it, |hex| self.digest(hex)));
        [sha1, sha256]
            .into_iter()
            .chain(tlsa.values_mut())
            .for_each(|it| *it = self.digest(it));
        [subject, issuer]
            .into_iter()
            .for_each(|it| some(it, |name| self.distinguished(name)));
        some(common_name, |name| self.name(name));
        some(tls_certificate_name, |name| self.issuer_and_subject(name));
        self.names(sans, names);
        for registered in [key, key_algorithm, curve, signature] {
            some(registered, |name| self.registered(name));
        }
        each(extended_key_usage, |name| self.registered(name));
        each(malformed, |field| self.field(field));
        some(rsa_exponent, |number| self.exponent(number));
        for urls in [ocsp, ca_issuers, crl] {
            each(urls, |url| self.url(url));
        }
    }

    /// Redacts `<I>issuer<S>subject`.
    fn issuer_and_subject(&mut self, text: &str) -> String {
        let parts = text.strip_prefix("<I>").and_then(|it| it.split_once("<S>"));
        match parts {
            Some((issuer, subject)) => {
                let issuer = self.distinguished(issuer);
                format!("<I>{issuer}<S>{}", self.distinguished(subject))
            }
            None => self.distinguished(text),
        }
    }

    /// Redacts the alternative names: the texts end in the values of the names.
    fn names(&mut self, texts: &mut [String], names: &mut [Name]) {
        for (text, name) in texts.iter_mut().zip(names) {
            let Name { kind, value } = name;
            let redacted = match kind {
                NameKind::Directory => self.distinguished(value),
                NameKind::Uri => self.url(value),
                NameKind::Other => self.other_name(value),
                NameKind::Dns
                | NameKind::Email
                | NameKind::Ip
                | NameKind::RegisteredId
                | NameKind::Upn => self.name(value),
            };
            *text = match text.strip_suffix(value.as_str()) {
                Some(kind) => format!("{kind}{redacted}"),
                None => self.name(text),
            };
            *value = redacted;
        }
    }

    /// Redacts `1.2.3=text`, `X400:0A0B` and `[9]:0A0B`.
    fn other_name(&mut self, value: &str) -> String {
        match value.split_once(':') {
            Some((kind, hex)) if kind.starts_with('[') || ["EDI", "X400"].contains(&kind) => {
                format!("{kind}:{}", self.name(hex))
            }
            _ => self.name(value),
        }
    }

    /// Redacts the name of a field that is out of order: its last word may be a number.
    fn field(&mut self, field: &str) -> String {
        match field.rsplit_once(' ') {
            Some((before, last)) => format!("{before} {}", self.registered(last)),
            None => self.registered(field),
        }
    }

    /// Redacts an exponent; small ones are what is worth knowing, large ones are somebody's.
    fn exponent(&mut self, number: &str) -> String {
        /// 3, 17 and the like.
        const SMALL: usize = 5;
        match number.strip_prefix("0x") {
            Some(hex) => format!("0x{}", self.digest(hex)),
            None if number.len() <= SMALL => number.to_owned(),
            None => self.name(number),
        }
    }
}
