//! The Elastic Common Schema as NDJSON, a document per session and one per finding across sessions.
//!
//! Fields that ECS has are named and typed as there; everything else stands under `starttap`.

use std::io::{self, Write};

use super::Output;
use super::fields::Fields;
use super::name::{Attribute, attributes};
use crate::model::certificate::Certificate;
use crate::model::tls::{Tls, Version};
use crate::model::{CrossFinding, Outcome, Report, Session};
use crate::time::Timestamp;

/// The version of ECS whose fields these are.
const ECS_VERSION: &str = "9.3.0";

/// Documents, written when a session ends.
pub struct Ecs<W> {
    out: W,
    latest: Option<Timestamp>,
}

impl<W: Write> Ecs<W> {
    /// Writes to `out`.
    pub fn new(out: W) -> Self {
        Self { out, latest: None }
    }
}

impl<W: Write> Output for Ecs<W> {
    fn session(&mut self, session: &Session) -> io::Result<()> {
        self.latest = self.latest.max(Some(session.ended_at));
        document(session).nested().line(&mut self.out)?;
        self.out.flush()
    }

    fn finish(&mut self, report: &Report) -> io::Result<()> {
        // Only sessions have findings, so there is a time.
        for (finding, at) in report.findings.iter().zip(self.latest.into_iter().cycle()) {
            across(finding, at).nested().line(&mut self.out)?;
        }
        self.out.flush()
    }
}

fn event(at: Timestamp, kind: &str) -> Fields {
    let mut fields = Fields::default();
    fields.set("@timestamp", at);
    fields.set("ecs.version", ECS_VERSION);
    fields.set("event.kind", kind);
    fields.set("event.category", ["network"]);
    fields.set("event.module", "starttap");
    fields
}

fn document(session: &Session) -> Fields {
    let mut fields = event(session.started, "event");
    fields.set("event.dataset", "starttap.session");
    fields.set("event.type", ["connection", "protocol"]);
    let outcome = match session.outcome {
        Outcome::TlsEstablished => "success",
        Outcome::TlsFailed => "failure",
        _ => "unknown",
    };
    fields.set("event.outcome", outcome);
    fields.set("event.code", session.verdict.finding);
    fields.set("event.reason", &session.verdict.text);
    fields.set("event.start", session.started);
    fields.set("event.end", session.ended_at);
    let nanos = session.ended_at.nanos_since(session.started);
    fields.set("event.duration", nanos.max(0));
    network(session, &mut fields);
    if let Some(tls) = &session.tls {
        handshake(tls, &mut fields);
    }
    own(session, &mut fields);
    fields
}

fn network(session: &Session, fields: &mut Fields) {
    let tcp = &session.tcp;
    for (side, end, counters) in [
        ("source", session.client, &tcp.client),
        ("destination", session.server, &tcp.server),
    ] {
        fields.set(format!("{side}.address"), end.ip);
        fields.set(format!("{side}.ip"), end.ip);
        fields.set(format!("{side}.port"), end.port);
        fields.set(format!("{side}.packets"), counters.packets);
        fields.set(format!("{side}.bytes"), counters.bytes);
    }
    fields.set("related.ip", [session.client.ip, session.server.ip]);
    let version = if session.client.ip.is_ipv4() {
        "ipv4"
    } else {
        "ipv6"
    };
    fields.set("network.type", version);
    fields.set("network.transport", "tcp");
    fields.set("network.protocol", session.smtp.as_ref().map(|_| "smtp"));
    fields.set("network.community_id", &session.community_id);
    fields.set("network.packets", tcp.client.packets + tcp.server.packets);
    fields.set("network.bytes", tcp.client.bytes + tcp.server.bytes);
}

fn handshake(tls: &Tls, fields: &mut Fields) {
    let hello = tls.client_hello.as_ref();
    let answer = tls.server_hello.as_ref();
    let version = answer.and_then(|it| it.version).and_then(numbers);
    fields.set("tls.version", version.map(|(_, numbers)| numbers));
    fields.set(
        "tls.version_protocol",
        version.map(|(protocol, _)| protocol),
    );
    let suite = answer.and_then(|it| it.cipher_suite);
    fields.set("tls.cipher", suite.map(|suite| suite.to_string()));
    fields.set("tls.curve", answer.and_then(|it| it.group.as_ref()));
    fields.set("tls.resumed", answer.and_then(|it| it.resumed));
    fields.set("tls.established", tls.established.is_some());
    let protocol = answer.and_then(|it| it.alpn.as_ref());
    fields.set("tls.next_protocol", protocol.map(|it| it.to_lowercase()));
    if let Some(hello) = hello {
        fields.set("tls.client.ja3", &hello.ja3);
        fields.set("tls.client.server_name", &hello.sni);
        fields.set("destination.domain", &hello.sni);
        let suites = hello.cipher_suites.iter();
        fields.list(
            "tls.client.supported_ciphers",
            suites.map(|suite| suite.to_string()),
        );
    }
    fields.set("tls.server.ja3s", answer.and_then(|it| it.ja3s.as_ref()));
    let lists = &tls.certificates;
    for (side, list) in [("client", &lists.client), ("server", &lists.server)] {
        if let Some(certificate) = list.first() {
            presented(&format!("tls.{side}"), certificate, fields);
        }
    }
}

/// Protocol and numbers of a version.
fn numbers(version: Version) -> Option<(&'static str, &'static str)> {
    Some(match version {
        Version::SSL2 => ("ssl", "2.0"),
        Version::SSL3 => ("ssl", "3.0"),
        Version::TLS10 => ("tls", "1.0"),
        Version::TLS11 => ("tls", "1.1"),
        Version::TLS12 => ("tls", "1.2"),
        other if other.is_tls13() => ("tls", "1.3"),
        _ => return None,
    })
}

fn presented(side: &str, certificate: &Certificate, fields: &mut Fields) {
    fields.set(format!("{side}.hash.sha1"), &certificate.sha1);
    fields.set(format!("{side}.hash.sha256"), &certificate.sha256);
    fields.set(format!("{side}.subject"), &certificate.subject);
    fields.set(format!("{side}.issuer"), &certificate.issuer);
    fields.set(format!("{side}.not_before"), certificate.not_before);
    fields.set(format!("{side}.not_after"), certificate.not_after);
    let x509 = format!("{side}.x509");
    let version = certificate.version.map(|version| version.to_string());
    fields.set(format!("{x509}.version_number"), version);
    fields.set(format!("{x509}.serial_number"), &certificate.serial);
    fields.set(format!("{x509}.not_before"), certificate.not_before);
    fields.set(format!("{x509}.not_after"), certificate.not_after);
    fields.set(
        format!("{x509}.signature_algorithm"),
        &certificate.signature,
    );
    fields.set(
        format!("{x509}.public_key_algorithm"),
        &certificate.key_algorithm,
    );
    fields.set(format!("{x509}.public_key_size"), certificate.key_bits);
    fields.set(format!("{x509}.public_key_curve"), &certificate.curve);
    fields.list(format!("{x509}.alternative_names"), &certificate.sans);
    name(
        &format!("{x509}.subject"),
        certificate.subject.as_deref(),
        fields,
    );
    name(
        &format!("{x509}.issuer"),
        certificate.issuer.as_deref(),
        fields,
    );
}

fn name(prefix: &str, name: Option<&str>, fields: &mut Fields) {
    let Some(name) = name else { return };
    fields.set(format!("{prefix}.distinguished_name"), name);
    let all = attributes(name);
    for (field, key) in [
        ("common_name", "CN"),
        ("country", "C"),
        ("locality", "L"),
        ("organization", "O"),
        ("organizational_unit", "OU"),
        ("state_or_province", "S"),
    ] {
        let of_key = |attribute: &&Attribute| attribute.key == key;
        let values = all.iter().filter(of_key).map(|attribute| &attribute.value);
        fields.list(format!("{prefix}.{field}"), values);
    }
}

/// What ECS has no place for.
fn own(session: &Session, fields: &mut Fields) {
    let capture = &session.capture;
    fields.set("starttap.input", &capture.input);
    fields.set("starttap.first_frame", capture.first_frame);
    fields.set("starttap.last_frame", capture.last_frame);
    fields.set("starttap.outcome", session.outcome);
    fields.set("starttap.verdict.confidence", session.verdict.confidence);
    fields.set("starttap.verdict.frames", &session.verdict.frames);
    let findings = session.findings.iter();
    fields.set(
        "starttap.findings",
        findings.map(|it| it.id).collect::<Vec<_>>(),
    );
    let worst = session.findings.first().map(|finding| finding.severity);
    fields.set("starttap.severity", worst);
    fields.set("starttap.ended.by", session.ended.by);
    fields.set("starttap.ended.how", session.ended.how);
    fields.set("starttap.ended.phase", session.ended.phase);
    let counters = [&session.tcp.client, &session.tcp.server];
    let again: u64 = counters.iter().map(|side| side.retransmissions).sum();
    fields.set("starttap.retransmissions", again);
    if let Some(smtp) = &session.smtp {
        let banner = smtp.banner.as_ref();
        fields.set("starttap.smtp.host", banner.and_then(|it| it.host.as_ref()));
        fields.set(
            "starttap.smtp.ehlo",
            smtp.ehlo.as_ref().map(|ehlo| &ehlo.name),
        );
        fields.set("starttap.smtp.starttls_offered", smtp.offered.is_some());
        fields.set("starttap.smtp.tls_verb", &smtp.tls_verb);
        let code = smtp.reply.as_ref().map(|reply| reply.code);
        fields.set("starttap.smtp.reply_code", code);
    }
    if let Some(tls) = &session.tls {
        let hello = tls.client_hello.as_ref();
        let offered = hello.and_then(|hello| hello.max_version);
        fields.set("starttap.tls.offered_version", offered);
        fields.set(
            "starttap.tls.ja4",
            hello.and_then(|hello| hello.ja4.as_ref()),
        );
        let alerts = tls.alerts.iter().filter(|alert| !alert.encrypted);
        fields.list("starttap.tls.alerts", alerts);
    }
}

fn across(finding: &CrossFinding, at: Timestamp) -> Fields {
    let mut fields = event(at, "alert");
    fields.set("event.dataset", "starttap.finding");
    fields.set("event.type", ["info"]);
    fields.set("event.code", finding.id);
    fields.set("event.reason", &finding.cause);
    fields.set("rule.id", finding.id);
    fields.set("rule.name", finding.title);
    fields.set("starttap.severity", finding.severity);
    fields.set("starttap.confidence", finding.confidence);
    fields.set("starttap.advice", finding.advice);
    fields.set("starttap.count", finding.count);
    fields.set("starttap.sessions", &finding.sessions);
    fields
}
