//! Rows of `tshark -T fields` become facts.
//!
//! tshark joins the values of all messages in a frame, so two hellos of one side in one frame could
//! not be told apart; no capture has such a frame.

use std::collections::HashMap;

use sha2::{Digest, Sha256};
use starttap::tls::registry;

use super::facts::{Facts, Hello, Streams};

/// One frame: its values by field name.
pub struct Row<'a>(HashMap<&'a str, &'a str>);

/// The rows of a table with a header line.
pub fn read(text: &str) -> impl Iterator<Item = Row<'_>> {
    let mut lines = text.lines();
    let header = lines.next().unwrap_or_default();
    lines.map(move |line| Row(header.split('\t').zip(line.split('\t')).collect()))
}

impl<'a> Row<'a> {
    /// A value; empty when there is no such column or nothing in it.
    pub fn value(&self, name: &str) -> &'a str {
        self.0.get(name).copied().unwrap_or_default()
    }

    /// The values of a field that occurs several times.
    pub fn list(&self, name: &str) -> Vec<&'a str> {
        let values = self.value(name).split(',');
        values.filter(|value| !value.is_empty()).collect()
    }

    /// A number; of several TCP layers the last one counts.
    pub fn number<T: std::str::FromStr>(&self, name: &str) -> Option<T> {
        self.list(name).last()?.parse().ok()
    }

    /// Adds what this frame shows to its stream.
    pub fn add_to(&self, streams: &mut Streams) {
        let Some(stream) = self.number("tcp.stream") else {
            return;
        };
        let facts = streams.entry(stream).or_default();
        let frame = self.number("frame.number").expect("a frame number");
        self.hellos(facts, frame);
        let port: u16 = self.number("tcp.srcport").expect("a port");
        let levels = self.list("tls.alert_message.level");
        for (level, code) in levels.iter().zip(self.list("tls.alert_message.desc")) {
            facts.alerts.push(format!("{frame}:{port}:{level}/{code}"));
        }
        for hex in self.list("tls.handshake.certificate") {
            facts.certificates.push(format!("{frame}:{}", sha256(hex)));
        }
    }

    fn hellos(&self, facts: &mut Facts, frame: u64) {
        let is_ssl2 = self.list("tls.record.version").contains(&"0x0002");
        for kind in self.list("tls.handshake.type") {
            match (kind, is_ssl2) {
                ("1", _) => facts.client_hellos.push(self.client_hello(frame, is_ssl2)),
                // SSL 2.0 has numbers of its own: 2 is the client's master key.
                ("2", false) | ("4", true) => facts.server_hellos.push(self.server_hello(frame)),
                _ => {}
            }
        }
    }

    fn client_hello(&self, frame: u64, is_ssl2: bool) -> Hello {
        let legacy = self.first("tls.handshake.version");
        let mut versions = self.list("tls.handshake.extensions.supported_version");
        versions.retain(|version| !registry::is_grease(number(version)));
        if versions.is_empty() {
            versions.push(legacy);
        }
        let suites: Vec<_> = match is_ssl2 {
            // A leading zero byte makes it a TLS suite.
            true => self
                .list("tls.handshake.cipherspec")
                .into_iter()
                .map(|it| {
                    let tls = it.strip_prefix("0x00").map(|number| format!("0x{number}"));
                    tls.unwrap_or_else(|| it.to_owned())
                })
                .collect(),
            false => self
                .list("tls.handshake.ciphersuite")
                .into_iter()
                .map(str::to_owned)
                .collect(),
        };
        let mut details = vec![
            ("record_version", self.record_version().to_owned()),
            ("legacy_version", legacy.to_owned()),
            ("versions", versions.join(",")),
            ("suites", suites.join(",")),
            (
                "sni",
                self.value("tls.handshake.extensions_server_name")
                    .to_owned(),
            ),
        ];
        self.detail(&mut details, "ja3", "tls.handshake.ja3", Self::value_of);
        self.detail(
            &mut details,
            "session_id",
            "tls.handshake.session_id",
            Self::value_of,
        );
        self.detail(
            &mut details,
            "compression",
            "tls.handshake.comp_method",
            Self::compression,
        );
        self.detail(
            &mut details,
            "extensions",
            "tls.handshake.extension.type",
            Self::value_of,
        );
        let groups = "tls.handshake.extensions_supported_group";
        self.detail(&mut details, "groups", groups, Self::groups);
        let formats = "tls.handshake.extensions_ec_point_format";
        self.detail(&mut details, "point_formats", formats, Self::point_formats);
        let signatures = "tls.handshake.sig_hash_alg";
        self.detail(
            &mut details,
            "signature_algorithms",
            signatures,
            Self::signatures,
        );
        let alpn = "tls.handshake.extensions_alpn_str";
        self.detail(&mut details, "alpn", alpn, Self::value_of);
        let shares = "tls.handshake.extensions_key_share_group";
        self.detail(&mut details, "key_shares", shares, Self::key_shares);
        let psk = "tls.handshake.extensions.psk.identity.identity_length";
        self.detail(&mut details, "psk", psk, Self::count);
        let fragment = "tls.handshake.max_fragment_length";
        self.detail(
            &mut details,
            "max_fragment_length",
            fragment,
            Self::fragment,
        );
        Hello { frame, details }
    }

    fn server_hello(&self, frame: u64) -> Hello {
        let selected = self.list("tls.handshake.extensions.supported_version");
        let legacy = self.first("tls.handshake.version");
        let version = selected.last().copied().unwrap_or(legacy);
        let mut details = vec![
            ("record_version", self.record_version().to_owned()),
            ("version", version.to_owned()),
            ("suite", self.first("tls.handshake.ciphersuite").to_owned()),
        ];
        self.detail(&mut details, "ja3s", "tls.handshake.ja3s", Self::value_of);
        details.push(("legacy_version", legacy.to_owned()));
        self.detail(
            &mut details,
            "session_id",
            "tls.handshake.session_id",
            Self::value_of,
        );
        self.detail(
            &mut details,
            "compression",
            "tls.handshake.comp_method",
            Self::compression,
        );
        self.detail(
            &mut details,
            "extensions",
            "tls.handshake.extension.type",
            Self::value_of,
        );
        let alpn = "tls.handshake.extensions_alpn_str";
        self.detail(&mut details, "alpn", alpn, Self::value_of);
        let shares = "tls.handshake.extensions_key_share_group";
        self.detail(&mut details, "key_share", shares, Self::key_shares);
        let group = "tls.handshake.extensions_key_share_selected_group";
        self.detail(&mut details, "retry_group", group, Self::groups);
        let psk = "tls.handshake.extensions.psk.identity.selected";
        self.detail(&mut details, "psk_selected", psk, Self::value_of);
        let fragment = "tls.handshake.max_fragment_length";
        self.detail(
            &mut details,
            "max_fragment_length",
            fragment,
            Self::fragment,
        );
        Hello { frame, details }
    }

    /// Many fields are not part of the recorded answers.
    fn detail(
        &self,
        details: &mut Vec<(&'static str, String)>,
        name: &'static str,
        field: &str,
        read: impl Fn(&Self, &str) -> String,
    ) {
        if self.0.contains_key(field) {
            details.push((name, read(self, field)));
        }
    }

    fn value_of(&self, field: &str) -> String {
        self.value(field).to_owned()
    }

    fn count(&self, field: &str) -> String {
        self.list(field).len().to_string()
    }

    /// The same numbers with our names, without GREASE.
    fn groups(&self, field: &str) -> String {
        joined(self.plain(field).map(registry::group_name))
    }

    fn signatures(&self, field: &str) -> String {
        joined(self.plain(field).map(registry::signature_algorithm_name))
    }

    fn point_formats(&self, field: &str) -> String {
        joined(self.bytes(field).map(registry::point_format_name))
    }

    fn compression(&self, field: &str) -> String {
        joined(self.bytes(field).map(registry::compression_name))
    }

    fn fragment(&self, field: &str) -> String {
        joined(self.bytes(field).map(|power| (256 << power).to_string()))
    }

    fn plain(&self, field: &str) -> impl Iterator<Item = u16> {
        let numbers = self.list(field).into_iter().map(number);
        numbers.filter(|&it| !registry::is_grease(it))
    }

    fn bytes(&self, field: &str) -> impl Iterator<Item = u8> {
        let numbers: Vec<_> = self.list(field).into_iter().map(number).collect();
        numbers
            .into_iter()
            .map(|it| u8::try_from(it).expect("a byte"))
    }

    fn key_shares(&self, field: &str) -> String {
        let sizes = self.list("tls.handshake.extensions_key_share_key_exchange_length");
        let groups = self.list(field).into_iter().map(number);
        let plain = groups
            .zip(sizes)
            .filter(|&(group, _)| !registry::is_grease(group));
        joined(plain.map(|(group, size)| format!("{} {size}", registry::group_name(group))))
    }

    fn first(&self, name: &str) -> &'a str {
        self.list(name).first().copied().unwrap_or_default()
    }

    /// Of the first handshake record in the frame.
    fn record_version(&self) -> &'a str {
        let versions = self.list("tls.record.version");
        let types = self.list("tls.record.content_type");
        let at = types.iter().position(|it| *it == "22").unwrap_or(0);
        versions.get(at).copied().unwrap_or_default()
    }
}

fn joined(items: impl Iterator<Item = String>) -> String {
    items.collect::<Vec<_>>().join(",")
}

/// Hexadecimal or decimal, as tshark likes.
fn number(text: &str) -> u16 {
    let number = match text.strip_prefix("0x") {
        Some(digits) => u16::from_str_radix(digits, 16),
        None => text.parse(),
    };
    number.expect("a number")
}

fn sha256(hex: &str) -> String {
    let digits: Vec<u8> = hex.bytes().filter(u8::is_ascii_hexdigit).collect();
    let bytes: Vec<u8> = digits
        .chunks(2)
        .map(|pair| {
            let pair = std::str::from_utf8(pair).expect("digits");
            u8::from_str_radix(pair, 16).expect("two digits")
        })
        .collect();
    let digest = Sha256::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
