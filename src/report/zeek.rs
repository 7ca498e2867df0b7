//! Zeek's logs as NDJSON, for programs that read those: `conn`, `smtp`, `ssl`, `x509` and `notice`,
//! told apart by `_path`.
//!
//! Names, types and words are those of Zeek 8; what Zeek has no name for begins with `starttap.`.
//! A field is left out where the record does not hold what Zeek would say: `ssl_history` (not every
//! message is kept), and most connection states (only the first FIN or RST is).

use std::io::{self, Write};
use std::net::IpAddr;

use sha1::{Digest, Sha1};

use super::Output;
use super::fields::Fields;
use super::name::rfc2253;
use crate::model::certificate::{Certificate, Date, NameKind};
use crate::model::smtp::{Protocol, Smtp};
use crate::model::tcp::Handshake;
use crate::model::tls::{Alert, CipherSuite, SuiteCode, Tls, Version};
use crate::model::{CrossFinding, Report, Session};
use crate::time::Timestamp;

/// Lines of several logs, written when a session ends.
pub struct Zeek<W> {
    out: W,
    latest: Option<Timestamp>,
}

impl<W: Write> Zeek<W> {
    /// Writes to `out`.
    pub fn new(out: W) -> Self {
        Self { out, latest: None }
    }
}

impl<W: Write> Output for Zeek<W> {
    fn session(&mut self, session: &Session) -> io::Result<()> {
        self.latest = self.latest.max(Some(session.ended_at));
        conn(session).line(&mut self.out)?;
        if let Some(smtp) = session.smtp.as_ref().filter(|smtp| is_spoken(smtp)) {
            dialogue(session, smtp).line(&mut self.out)?;
        }
        if let Some(tls) = &session.tls {
            ssl(session, tls).line(&mut self.out)?;
            let certificates = &tls.certificates;
            for (list, of_client) in [(&certificates.server, false), (&certificates.client, true)] {
                for (at, certificate) in list.iter().enumerate() {
                    x509(session, certificate, at == 0, of_client).line(&mut self.out)?;
                }
            }
        }
        self.out.flush()
    }

    fn finish(&mut self, report: &Report) -> io::Result<()> {
        // Only sessions have findings, so there is a time.
        for (finding, at) in report.findings.iter().zip(self.latest.into_iter().cycle()) {
            notice(finding, at).line(&mut self.out)?;
        }
        self.out.flush()
    }
}

fn log(path: &str, at: Timestamp) -> Fields {
    let mut fields = Fields::default();
    fields.set("_path", path);
    fields.set("ts", seconds(at.as_nanos()));
    fields
}

/// Zeek's times are seconds as floating point, with six decimals.
fn seconds(nanos: i64) -> f64 {
    nanos.div_euclid(1_000) as f64 / 1e6
}

/// Zeek's times of certificates.
fn date(date: Date) -> i64 {
    -date.seconds_until(Timestamp::from_nanos(0))
}

fn of_session(path: &str, session: &Session, frame: Option<u64>) -> Fields {
    let time = frame.and_then(|frame| session.evidence.time_of(frame));
    let mut fields = log(path, time.unwrap_or(session.started));
    fields.set("uid", uid(session));
    fields.set("id.orig_h", session.client.ip);
    fields.set("id.orig_p", session.client.port);
    fields.set("id.resp_h", session.server.ip);
    fields.set("id.resp_p", session.server.port);
    fields.set("starttap.outcome", session.outcome);
    fields.set("starttap.verdict", session.verdict.finding);
    fields
}

/// The same for every run: Zeek's are `C` and 96 random bits in base 62.
fn uid(session: &Session) -> String {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let digest = Sha1::new()
        .chain_update(session.community_id.as_bytes())
        .chain_update(session.started.as_nanos().to_be_bytes())
        .finalize();
    let mut bits = digest
        .iter()
        .take(12)
        .fold(0_u128, |bits, byte| bits << 8 | u128::from(*byte));
    let mut uid = String::from("C");
    while bits > 0 {
        uid.push(char::from(DIGITS[(bits % 62) as usize]));
        bits /= 62;
    }
    uid
}

fn conn(session: &Session) -> Fields {
    let mut fields = of_session("conn", session, None);
    let tcp = &session.tcp;
    fields.set("proto", "tcp");
    let smtp = session.smtp.as_ref().is_some_and(is_spoken);
    let services = [
        smtp.then_some("smtp"),
        session.tls.is_some().then_some("ssl"),
    ];
    let services: Vec<&str> = services.into_iter().flatten().collect();
    fields.set(
        "service",
        Some(services.join(",")).filter(|it| !it.is_empty()),
    );
    let nanos = session.ended_at.nanos_since(session.started);
    fields.set("duration", (nanos > 0).then(|| seconds(nanos)));
    fields.set(
        "conn_state",
        match tcp.handshake {
            Handshake::SynOnly => Some("S0"),
            Handshake::Refused => Some("REJ"),
            _ => None,
        },
    );
    fields.set(
        "missed_bytes",
        tcp.client.missing_bytes + tcp.server.missing_bytes,
    );
    fields.set("orig_pkts", tcp.client.packets);
    fields.set("resp_pkts", tcp.server.packets);
    fields.set("community_id", &session.community_id);
    fields.set("starttap.input", &session.capture.input);
    fields.set("starttap.first_frame", session.capture.first_frame);
    fields.set("starttap.last_frame", session.capture.last_frame);
    fields.set("starttap.ended_by", session.ended.by);
    fields.set("starttap.ended_how", session.ended.how);
    fields.set("starttap.ended_phase", session.ended.phase);
    fields.set("starttap.confidence", session.verdict.confidence);
    fields.set("starttap.reason", &session.verdict.text);
    let findings = session.findings.iter().map(|finding| finding.id);
    fields.set("starttap.findings", findings.collect::<Vec<_>>());
    fields
}

/// A proxy's header, or TLS from the first byte, is no dialogue.
fn is_spoken(smtp: &Smtp) -> bool {
    smtp.banner.is_some() || smtp.protocol.is_some() || smtp.rejected.is_some()
}

fn dialogue(session: &Session, smtp: &Smtp) -> Fields {
    let banner = smtp.banner.as_ref().map(|banner| banner.first_frame);
    let mut fields = of_session("smtp", session, banner);
    // Of a connection that is encrypted half way, the first transaction at most is seen.
    fields.set("trans_depth", 1);
    let ehlo = smtp.ehlo.as_ref();
    fields.set("helo", ehlo.map(|ehlo| &ehlo.name));
    fields.set("path", [session.server.ip, session.client.ip]);
    let granted = smtp
        .reply
        .as_ref()
        .filter(|it| it.code == 220 && smtp.requested.is_some());
    fields.set("tls", granted.is_some());
    // Of other dialogues the record does not say which reply was the last one.
    let last = granted.map(|reply| (reply.code, &reply.text));
    let last = last.or(smtp
        .rejected
        .as_ref()
        .map(|reply| (reply.code, &reply.text)));
    let last = last.map(|(code, text)| format!("{code} {text}"));
    fields.set("last_reply", last.as_deref().map(str::trim_end));
    fields.set(
        "starttap.protocol",
        smtp.protocol.filter(|it| *it == Protocol::Lmtp),
    );
    fields.set("starttap.offered", smtp.offered.is_some());
    fields.set("starttap.tls_verb", &smtp.tls_verb);
    fields.set(
        "starttap.reply_code",
        smtp.reply.as_ref().map(|reply| reply.code),
    );
    fields
}

fn ssl(session: &Session, tls: &Tls) -> Fields {
    let hello = tls.client_hello.as_ref();
    let answer = tls.server_hello.as_ref();
    let retry = tls.hello_retry_request.as_ref();
    let mut fields = of_session("ssl", session, hello.map(|hello| hello.frame));
    fields.set("version", answer.and_then(|it| it.version).map(version));
    let in_ssl2 = tls.ssl2.as_ref().and_then(|ssl2| ssl2.client_master_key);
    let suite = answer.and_then(|it| it.cipher_suite);
    let suite = suite.or(in_ssl2.map(|key| key.cipher_suite));
    fields.set("cipher", suite.map(cipher));
    let group = answer.or(retry).and_then(|it| it.group.as_ref());
    fields.set("curve", group);
    fields.set("server_name", hello.and_then(|hello| hello.sni.as_ref()));
    fields.set("resumed", answer.and_then(|it| it.resumed));
    let mut in_clear = tls.alerts.iter().filter(|alert| !alert.encrypted);
    let last = in_clear.next_back();
    fields.set("last_alert", last.and_then(alert));
    fields.set("next_protocol", answer.and_then(|it| it.alpn.as_ref()));
    fields.set("established", tls.established.is_some());
    let (server, client) = (&tls.certificates.server, &tls.certificates.client);
    if !server.is_empty() || !client.is_empty() {
        fields.set("cert_chain_fps", fingerprints(server));
        fields.set("client_cert_chain_fps", fingerprints(client));
    }
    for (prefix, list) in [("", server), ("client_", client)] {
        let own = list.first();
        let [subject, issuer] = own.map_or([&None, &None], |it| [&it.subject, &it.issuer]);
        fields.set(format!("{prefix}subject"), subject.as_deref().map(rfc2253));
        fields.set(format!("{prefix}issuer"), issuer.as_deref().map(rfc2253));
    }
    fields.set("ja3", hello.and_then(|hello| hello.ja3.as_ref()));
    fields.set("ja3s", answer.and_then(|it| it.ja3s.as_ref()));
    fields.set("ja4", hello.and_then(|hello| hello.ja4.as_ref()));
    let offered = hello.and_then(|hello| hello.max_version);
    fields.set("starttap.offered_version", offered.map(version));
    fields.set("starttap.last_alert_from", last.map(|alert| alert.from));
    fields
}

fn fingerprints(list: &[Certificate]) -> Vec<String> {
    list.iter().map(fingerprint).collect()
}

fn fingerprint(certificate: &Certificate) -> String {
    certificate.sha256.to_ascii_lowercase()
}

fn version(version: Version) -> String {
    match version {
        Version::SSL2 => "SSLv2".to_owned(),
        Version::SSL3 => "SSLv3".to_owned(),
        Version::TLS10 => "TLSv10".to_owned(),
        Version::TLS11 => "TLSv11".to_owned(),
        Version::TLS12 => "TLSv12".to_owned(),
        Version::TLS13 => "TLSv13".to_owned(),
        Version(other) => match version.draft() {
            Some(draft) => format!("TLSv13-draft{draft}"),
            None => format!("unknown-{other}"),
        },
    }
}

fn cipher(suite: CipherSuite) -> String {
    let code = match suite.code {
        SuiteCode::Tls(code) => u32::from(code),
        SuiteCode::Ssl2(code) => code,
    };
    match suite.name {
        Some(name) => name.replacen("SSL2_", "SSLv20_CK_", 1),
        None => format!("unknown-{code}"),
    }
}

fn alert(alert: &Alert) -> Option<String> {
    let code = alert.code?;
    let name = alert.name.clone();
    Some(name.unwrap_or_else(|| format!("unknown-{code}")))
}

fn x509(session: &Session, certificate: &Certificate, own: bool, of_client: bool) -> Fields {
    let time = session.evidence.time_of(certificate.frame);
    let mut fields = log("x509", time.unwrap_or(session.started));
    fields.set("fingerprint", fingerprint(certificate));
    fields.set("certificate.version", certificate.version);
    // The record has the byte that says positive, as Windows has; OpenSSL has not.
    let serial = certificate.serial.as_deref();
    let short = serial.and_then(|it| it.strip_prefix("00").filter(|rest| !rest.is_empty()));
    fields.set("certificate.serial", short.or(serial));
    let [subject, issuer] = [&certificate.subject, &certificate.issuer];
    fields.set("certificate.subject", subject.as_deref().map(rfc2253));
    fields.set("certificate.issuer", issuer.as_deref().map(rfc2253));
    fields.set(
        "certificate.not_valid_before",
        certificate.not_before.map(date),
    );
    fields.set(
        "certificate.not_valid_after",
        certificate.not_after.map(date),
    );
    let kind = match certificate.key_algorithm.as_deref() {
        Some("RSA") => Some("rsa"),
        Some("DSA") => Some("dsa"),
        Some("EC") => Some("ecdsa"),
        _ => None,
    };
    fields.set("certificate.key_type", kind);
    fields.set("certificate.key_length", certificate.key_bits);
    // OpenSSL's names; those with a space are our own.
    let signature = certificate.signature.as_ref();
    fields.set(
        "certificate.sig_alg",
        signature.filter(|name| !name.contains(' ')),
    );
    for (name, kind) in [
        ("san.dns", NameKind::Dns),
        ("san.uri", NameKind::Uri),
        ("san.email", NameKind::Email),
        ("san.ip", NameKind::Ip),
    ] {
        let names = certificate.names.iter().filter(|name| name.kind == kind);
        // Of addresses of a wrong length the record has the bytes.
        let names = names.filter(|it| kind != NameKind::Ip || it.value.parse::<IpAddr>().is_ok());
        fields.list(name, names.map(|name| &name.value));
    }
    let basic = certificate.basic_constraints;
    fields.set("basic_constraints.ca", basic.map(|it| it.ca));
    fields.set(
        "basic_constraints.path_len",
        basic.and_then(|it| it.path_len),
    );
    fields.set("host_cert", own);
    fields.set("client_cert", of_client);
    fields
}

/// A finding about several sessions, as a notice at the time of the last session.
fn notice(finding: &CrossFinding, at: Timestamp) -> Fields {
    let mut fields = log("notice", at);
    fields.set("note", format!("Starttap::{}", finding.id));
    fields.set("msg", &finding.cause);
    fields.set("sub", finding.title);
    fields.set("n", finding.count);
    fields.set("starttap.severity", finding.severity);
    fields.set("starttap.confidence", finding.confidence);
    fields.set("starttap.advice", finding.advice);
    fields
}
