//! Tables for spreadsheets: one row per session, finding, or line of the inventory.

use std::io::{self, Write};

use csv::Writer;

use super::Output;
use crate::escape::terminal;
use crate::model::inventory::{Inventory, Negotiated, Seen};
use crate::model::tls::Version;
use crate::model::{Finding, Report, Session};

/// Which table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Table {
    /// One row per session.
    Sessions,
    /// One row per finding.
    Findings,
    /// One row per client, server, certificate and floor.
    Inventory,
}

/// One table, written as sessions end.
pub struct Csv<W: Write> {
    out: Writer<W>,
    table: Table,
    begun: bool,
}

impl<W: Write> Csv<W> {
    /// Writes to `out`.
    pub fn new(out: W, table: Table) -> Self {
        Self {
            out: Writer::from_writer(out),
            table,
            begun: false,
        }
    }

    fn row<const N: usize>(&mut self, names: &[&str; N], fields: [String; N]) -> io::Result<()> {
        if !self.begun {
            self.begun = true;
            self.out.write_record(names)?;
        }
        self.out.write_record(fields.map(cell))?;
        Ok(())
    }
}

impl<W: Write> Output for Csv<W> {
    fn session(&mut self, session: &Session) -> io::Result<()> {
        match self.table {
            Table::Sessions => self.row(&SESSION, session_row(session))?,
            Table::Findings => {
                for finding in &session.findings {
                    self.row(&FINDING, finding_row(session, finding))?;
                }
            }
            Table::Inventory => {}
        }
        self.out.flush()
    }

    fn finish(&mut self, report: &Report) -> io::Result<()> {
        match self.table {
            Table::Findings => {
                for finding in &report.findings {
                    let cited = finding.sessions.iter();
                    let frames = cited.flat_map(|cited| &cited.frames);
                    let first = finding.sessions.first();
                    let row = [
                        first.map(|cited| cited.input.clone()).unwrap_or_default(),
                        first
                            .map(|cited| cited.first_frame.to_string())
                            .unwrap_or_default(),
                        String::new(),
                        String::new(),
                        finding.id.to_owned(),
                        finding.severity.to_string(),
                        finding.confidence.to_string(),
                        finding.title.to_owned(),
                        finding.cause.clone(),
                        finding.advice.to_owned(),
                        join(frames),
                        finding.filter.clone(),
                        finding.references.join("; "),
                        optional(finding.tls_rpt),
                    ];
                    self.row(&FINDING, row)?;
                }
            }
            Table::Inventory => {
                for row in report.inventory.iter().flat_map(inventory_rows) {
                    self.row(&INVENTORY, row)?;
                }
            }
            Table::Sessions => {}
        }
        // A table without rows still says what it would hold.
        if !self.begun {
            match self.table {
                Table::Sessions => self.out.write_record(SESSION)?,
                Table::Findings => self.out.write_record(FINDING)?,
                Table::Inventory => self.out.write_record(INVENTORY)?,
            }
        }
        self.out.flush()
    }
}

/// Tables go to terminals too, which obey control characters. Spreadsheets run what begins like a
/// formula; a quotation mark in front makes it text.
fn cell(text: String) -> String {
    let text = terminal(&text);
    match text.starts_with(['=', '+', '-', '@']) {
        true => format!("'{text}"),
        false => text.into_owned(),
    }
}

fn optional<T: ToString>(value: Option<T>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

fn join<T: ToString>(values: impl IntoIterator<Item = T>) -> String {
    let values: Vec<String> = values.into_iter().map(|value| value.to_string()).collect();
    values.join(" ")
}

/// The name that serde gives a plain enum.
fn word(value: impl serde::Serialize) -> String {
    let value = serde_json::to_value(value).unwrap_or_default();
    value.as_str().unwrap_or_default().to_owned()
}

const SESSION: [&str; 38] = [
    "input",
    "tcp_stream",
    "first_frame",
    "last_frame",
    "started",
    "ended_at",
    "client_ip",
    "client_port",
    "server_ip",
    "server_port",
    "community_id",
    "banner_host",
    "ehlo",
    "starttls_offered",
    "tls_verb",
    "reply_code",
    "offered_max",
    "sni",
    "version",
    "cipher_suite",
    "group",
    "resumed",
    "certificate_subject",
    "certificate_sha256",
    "certificate_not_after",
    "alert_from",
    "alert_code",
    "alert_name",
    "outcome",
    "ended_by",
    "ended_how",
    "ended_phase",
    "verdict_finding",
    "verdict_confidence",
    "verdict",
    "findings",
    "retransmissions",
    "capture_copies",
];

fn session_row(session: &Session) -> [String; 38] {
    let smtp = session.smtp.as_ref();
    let tls = session.tls.as_ref();
    let hello = tls.and_then(|tls| tls.client_hello.as_ref());
    let answer = tls.and_then(|tls| tls.server_hello.as_ref());
    let leaf = tls.and_then(|tls| tls.certificates.server.first());
    let alert = tls.and_then(|tls| tls.alerts.first());
    let capture = &session.capture;
    let reply = smtp.and_then(|smtp| smtp.reply.as_ref());
    let banner = smtp.and_then(|smtp| smtp.banner.as_ref());
    let ehlo = smtp.and_then(|smtp| smtp.ehlo.as_ref());
    let counters = [&session.tcp.client, &session.tcp.server];
    [
        capture.input.clone(),
        optional(capture.tcp_stream),
        capture.first_frame.to_string(),
        capture.last_frame.to_string(),
        session.started.to_string(),
        session.ended_at.to_string(),
        session.client.ip.to_string(),
        session.client.port.to_string(),
        session.server.ip.to_string(),
        session.server.port.to_string(),
        session.community_id.clone(),
        optional(banner.and_then(|banner| banner.host.as_deref())),
        optional(ehlo.map(|ehlo| ehlo.name.as_str())),
        optional(smtp.map(|smtp| smtp.offered.is_some())),
        optional(smtp.and_then(|smtp| smtp.tls_verb.as_deref())),
        optional(reply.map(|reply| reply.code)),
        optional(hello.and_then(|hello| hello.max_version)),
        optional(hello.and_then(|hello| hello.sni.as_deref())),
        optional(answer.and_then(|answer| answer.version)),
        optional(answer.and_then(|answer| answer.cipher_suite)),
        optional(answer.and_then(|answer| answer.group.as_deref())),
        optional(answer.and_then(|answer| answer.resumed)),
        optional(leaf.and_then(|leaf| leaf.subject.as_deref())),
        optional(leaf.map(|leaf| leaf.sha256.as_str())),
        optional(leaf.and_then(|leaf| leaf.not_after)),
        optional(alert.map(|alert| alert.from)),
        optional(alert.and_then(|alert| alert.code)),
        optional(alert.and_then(|alert| alert.name.as_deref())),
        word(session.outcome),
        word(session.ended.by),
        word(session.ended.how),
        word(session.ended.phase),
        optional(session.verdict.finding),
        session.verdict.confidence.to_string(),
        session.verdict.text.clone(),
        join(session.findings.iter().map(|finding| finding.id)),
        counters
            .map(|side| side.retransmissions)
            .iter()
            .sum::<u64>()
            .to_string(),
        session.tcp.capture_copies.to_string(),
    ]
}

const FINDING: [&str; 14] = [
    "input",
    "first_frame",
    "client",
    "server",
    "id",
    "severity",
    "confidence",
    "title",
    "cause",
    "advice",
    "frames",
    "filter",
    "references",
    "tls_rpt",
];

fn finding_row(session: &Session, finding: &Finding) -> [String; 14] {
    [
        session.capture.input.clone(),
        session.capture.first_frame.to_string(),
        session.client.to_string(),
        session.server.to_string(),
        finding.id.to_owned(),
        finding.severity.to_string(),
        finding.confidence.to_string(),
        finding.title.to_owned(),
        finding.cause.clone(),
        finding.advice.to_string(),
        join(&finding.frames),
        finding.filter.clone(),
        finding.references.join("; "),
        optional(finding.tls_rpt),
    ]
}

const INVENTORY: [&str; 14] = [
    "kind",
    "address",
    "port",
    "name",
    "ja4",
    "best_version",
    "sessions",
    "established",
    "failed",
    "in_clear",
    "first",
    "last",
    "negotiated",
    "breaks",
];

fn inventory_rows(inventory: &Inventory) -> Vec<[String; 14]> {
    let mut rows = Vec::new();
    for client in &inventory.clients {
        let name = optional(client.ehlo.as_deref());
        let best = optional(client.best_version);
        let head = [
            "client".to_owned(),
            client.ip.to_string(),
            String::new(),
            name,
        ];
        let ja4 = optional(client.ja4.as_deref());
        let tail = (client.negotiated.as_slice(), client.breaks.as_slice());
        rows.push(peer_row(head, ja4, best, &client.seen, tail));
    }
    for server in &inventory.servers {
        let name = optional(server.host.as_deref());
        let best = optional(server.best_version);
        let address = server.endpoint.ip.to_string();
        let port = server.endpoint.port.to_string();
        let head = ["server".to_owned(), address, port, name];
        let tail = (server.negotiated.as_slice(), server.breaks.as_slice());
        rows.push(peer_row(head, String::new(), best, &server.seen, tail));
    }
    for certificate in &inventory.certificates {
        let mut row: [String; 14] = Default::default();
        row[0] = "certificate".to_owned();
        row[1] = join(&certificate.servers);
        row[3] = format!("{}, serial {}", certificate.subject, certificate.serial);
        row[6] = certificate.sessions.to_string();
        row[10] = certificate.first.to_string();
        row[11] = certificate.last.to_string();
        rows.push(row);
    }
    for floor in &inventory.floors {
        let mut row: [String; 14] = Default::default();
        row[0] = "floor".to_owned();
        row[3] = floor.title.to_owned();
        row[6] = floor.sessions.to_string();
        row[13] = format!("{} clients, {} servers", floor.clients, floor.servers);
        rows.push(row);
    }
    rows
}

fn peer_row(
    [kind, address, port, name]: [String; 4],
    ja4: String,
    best: String,
    seen: &Seen,
    (negotiated, breaks): (&[Negotiated], &[&str]),
) -> [String; 14] {
    let negotiated: Vec<String> = negotiated
        .iter()
        .map(|row| {
            let version = row.version.as_ref().map(Version::to_string);
            let parts = [version, row.cipher_suite.clone()];
            let parts: Vec<String> = parts.into_iter().flatten().collect();
            format!("{} ({})", parts.join(" "), row.sessions)
        })
        .collect();
    [
        kind,
        address,
        port,
        name,
        ja4,
        best,
        seen.sessions.to_string(),
        seen.established.to_string(),
        seen.failed.to_string(),
        seen.in_clear.to_string(),
        seen.first.to_string(),
        seen.last.to_string(),
        negotiated.join("; "),
        breaks.join(" "),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_neither_move_a_cursor_nor_compute() {
        assert_eq!(
            cell("CN=mx\0.example.org".to_owned()),
            "CN=mx\\u{0}.example.org"
        );
        assert_eq!(cell("\x1b[2Ja\r\nb".to_owned()), "\\u{1B}[2Ja\\u{D}\\u{A}b");
        assert_eq!(cell("=1+1".to_owned()), "'=1+1");
        assert_eq!(cell("\t=1+1".to_owned()), "\\u{9}=1+1");
    }
}
