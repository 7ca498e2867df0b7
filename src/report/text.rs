//! The report for people: the answer first, then one block per session, worst first.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};

use super::Output;
use super::steps::{Step, steps};
use crate::escape::{shown, terminal};
use crate::model::tls::Certificate;
use crate::model::{Finding, Input, Outcome, Peer, Session, Severity, Starts, Summary, Visibility};
use crate::time::Timestamp;

/// Steps shown of one session; the record has them all.
const STEPS: usize = 60;

/// Writes the report at the end, worst session first.
pub struct Text<W> {
    out: W,
    sessions: Vec<Session>,
}

impl<W: Write> Text<W> {
    /// Writes to `out`, with colours: who does not want them strips them.
    pub fn new(out: W) -> Self {
        Self {
            out,
            sessions: Vec::new(),
        }
    }
}

impl<W: Write> Output for Text<W> {
    fn session(&mut self, session: &Session) -> io::Result<()> {
        self.sessions.push(session.clone());
        Ok(())
    }

    fn finish(&mut self, inputs: &[Input], summary: &Summary) -> io::Result<()> {
        head(&mut self.out, inputs, summary)?;
        self.sessions.sort_by_key(badness);
        for (number, session) in self.sessions.iter().enumerate() {
            block(&mut self.out, number + 1, session)?;
        }
        self.out.flush()
    }
}

/// Prints each session as it ends, and the totals at the end: for live captures.
pub struct Running<W> {
    out: W,
    count: usize,
}

impl<W: Write> Running<W> {
    /// Writes to `out`.
    pub fn new(out: W) -> Self {
        Self { out, count: 0 }
    }
}

impl<W: Write> Output for Running<W> {
    fn session(&mut self, session: &Session) -> io::Result<()> {
        self.count += 1;
        block(&mut self.out, self.count, session)?;
        self.out.flush()
    }

    fn finish(&mut self, inputs: &[Input], summary: &Summary) -> io::Result<()> {
        writeln!(self.out)?;
        head(&mut self.out, inputs, summary)?;
        self.out.flush()
    }
}

/// Worst first: what failed, then what is dangerous, then the rest, each in capture order.
fn badness(session: &Session) -> (bool, Severity, Outcome, u64) {
    let worst = session.findings.first();
    (
        session.outcome != Outcome::TlsFailed,
        worst.map_or(Severity::Info, |finding| finding.severity),
        session.outcome,
        session.capture.first_frame,
    )
}

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();

fn colour(severity: Severity) -> Style {
    match severity {
        Severity::Critical | Severity::High => AnsiColor::Red.on_default().bold(),
        Severity::Medium => AnsiColor::Yellow.on_default(),
        Severity::Low => AnsiColor::Cyan.on_default(),
        Severity::Info => DIM,
    }
}

fn colour_of(outcome: Outcome) -> Style {
    match outcome {
        Outcome::TlsFailed => AnsiColor::Red.on_default().bold(),
        Outcome::Cleartext => AnsiColor::Yellow.on_default().bold(),
        Outcome::TlsEstablished => AnsiColor::Green.on_default().bold(),
        _ => BOLD,
    }
}

fn plural(count: u64, word: &str) -> String {
    let s = if count == 1 { "" } else { "s" };
    format!("{count} {word}{s}")
}

fn head(out: &mut impl Write, inputs: &[Input], summary: &Summary) -> io::Result<()> {
    for input in inputs {
        let links = match input.link_types.is_empty() {
            true => String::new(),
            false => format!(", {}", input.link_types.join(" + ")),
        };
        let frames = plural(input.frames, "frame");
        let path = terminal(&input.path);
        writeln!(
            out,
            "{BOLD}{path}{BOLD:#}: {}{links}, {frames}",
            input.format
        )?;
        if let Some(error) = &input.error {
            let red = colour(Severity::High);
            writeln!(out, "  {red}incomplete{red:#}: {}", terminal(error))?;
        }
        if let Some(point) = &input.capture_point {
            writeln!(out, "  capture point: {point}")?;
        }
        skipped(out, input)?;
    }
    let outcomes: Vec<String> = summary
        .outcomes
        .iter()
        .map(|(&outcome, count)| {
            let style = colour_of(outcome);
            format!("{style}{count} {outcome}{style:#}")
        })
        .collect();
    match outcomes.is_empty() {
        true => writeln!(out, "No mail connections.")?,
        false => {
            let sessions = plural(summary.sessions, "mail connection");
            writeln!(out, "{BOLD}{sessions}{BOLD:#}: {}", outcomes.join(", "))?;
        }
    }
    for hit in &summary.limits_hit {
        writeln!(out, "  limit reached: {hit}")?;
    }
    Ok(())
}

fn skipped(out: &mut impl Write, input: &Input) -> io::Result<()> {
    let skipped = &input.skipped;
    for (count, why) in [
        (
            skipped.fragments,
            "fragments of IP datagrams, counted until the datagram is whole",
        ),
        (skipped.malformed, "contradictory headers"),
        (skipped.snap_length, "headers cut by the snap length"),
        (
            skipped.unknown_link_type,
            "a link type that is not understood",
        ),
        (skipped.filtered, "dropped by the filter"),
    ] {
        if count > 0 {
            writeln!(out, "  {} not analysed: {why}", plural(count, "frame"))?;
        }
    }
    match input.dropped {
        Some(dropped) if dropped > 0 => {
            let packets = plural(dropped, "packet");
            writeln!(
                out,
                "  {packets} lost by the capture itself: holes are likely"
            )
        }
        _ => Ok(()),
    }
}

fn block(out: &mut impl Write, number: usize, session: &Session) -> io::Result<()> {
    let capture = &session.capture;
    let style = colour_of(session.outcome);
    let stream = capture
        .tcp_stream
        .map_or_else(String::new, |stream| format!(", tcp.stream {stream}"));
    writeln!(out)?;
    writeln!(
        out,
        "{BOLD}{number}. {} -> {}{BOLD:#}  {style}{}{style:#}",
        session.client, session.server, session.outcome
    )?;
    writeln!(
        out,
        "{DIM}   {}, frames {} to {}{stream}, {}{}{DIM:#}",
        terminal(&capture.input),
        capture.first_frame,
        capture.last_frame,
        session.started,
        notes(session)
    )?;
    copies(out, session)?;
    let verdict = &session.verdict;
    wrapped(out, "   ", &verdict.text, BOLD)?;
    writeln!(out, "{DIM}   confidence: {}{DIM:#}", verdict.confidence)?;
    writeln!(out)?;
    let steps = steps(session);
    // Of very long sessions the beginning, and whatever the verdict rests on.
    let is_shown = |(at, step): &(usize, &Step)| {
        *at < STEPS || *at + 1 == steps.len() || verdict.frames.contains(&step.frame)
    };
    let rows: Vec<&Step> = steps
        .iter()
        .enumerate()
        .filter(is_shown)
        .map(|(_, step)| step)
        .collect();
    for step in &rows {
        row(out, step, &verdict.frames)?;
    }
    if rows.len() < steps.len() {
        writeln!(
            out,
            "           {} more rows are left out here",
            steps.len() - rows.len()
        )?;
    }
    if let Some(tls) = &session.tls {
        chain(out, "server", &tls.certificates.server, session.started)?;
        chain(out, "client", &tls.certificates.client, session.started)?;
        certificates_hidden(out, session)?;
    }
    for finding in &session.findings {
        detail(out, finding)?;
    }
    Ok(())
}

/// What copies say about the capture point, and what they leave open.
fn copies(out: &mut impl Write, session: &Session) -> io::Result<()> {
    let tcp = &session.tcp;
    if let Some(point) = &session.capture.point {
        let copies = plural(tcp.capture_copies, "capture copy").replace("copys", "copies");
        writeln!(out, "{DIM}   {point}; {copies} set aside{DIM:#}")?;
    }
    if tcp.possible_copies > 0 {
        let frames = plural(tcp.possible_copies, "frame");
        writeln!(
            out,
            "{DIM}   {frames} may be capture copies too and count as packets{DIM:#}"
        )?;
    }
    if !tcp.lost_between.is_empty() {
        let frames: Vec<String> = tcp.lost_between.iter().map(u64::to_string).collect();
        let frames = frames.join(", ");
        writeln!(
            out,
            "   seen at the first capture point only, lost on the way to the second: {frames}"
        )?;
    }
    Ok(())
}

fn notes(session: &Session) -> String {
    let mut notes = String::new();
    match session.capture.visibility {
        Visibility::Both => {}
        Visibility::ClientOnly => notes.push_str(", only the client's side captured"),
        Visibility::ServerOnly => notes.push_str(", only the server's side captured"),
    }
    if session.capture.starts == Starts::Midstream {
        notes.push_str(", begins in the middle");
    }
    if session.capture.snaplen_cut {
        notes.push_str(", cut by the snap length");
    }
    notes
}

fn row(out: &mut impl Write, step: &Step, decisive: &[u64]) -> io::Result<()> {
    let who = match step.who {
        Some(Peer::Client) => "client ->",
        Some(Peer::Server) => "<- server",
        None => "         ",
    };
    let mark = if decisive.contains(&step.frame) {
        '*'
    } else {
        ' '
    };
    writeln!(out, "  {mark}{:>7}  {who}  {}", step.frame, step.what)
}

fn chain(
    out: &mut impl Write,
    whose: &str,
    chain: &[Certificate],
    seen: Timestamp,
) -> io::Result<()> {
    for (position, certificate) in chain.iter().enumerate() {
        let number = position + 1;
        let total = chain.len();
        let own = match certificate.self_signed {
            Some(true) => " (self-signed)",
            _ => "",
        };
        writeln!(out)?;
        writeln!(
            out,
            "   {BOLD}{whose} certificate{BOLD:#} {number} of {total}, frame {}{own}",
            certificate.frame
        )?;
        let text = |value: &Option<String>| value.as_deref().map(shown);
        let validity = match (certificate.not_before, certificate.not_after) {
            (Some(from), Some(to)) => {
                let then = match (seen < from, seen > to) {
                    (true, _) => ", not yet valid at capture time",
                    (_, true) => ", expired at capture time",
                    _ => "",
                };
                Some(format!("{} to {}{then}", day(from), day(to)))
            }
            _ => None,
        };
        let names = (!certificate.sans.is_empty()).then(|| {
            let names: Vec<String> = certificate
                .sans
                .iter()
                .take(12)
                .map(|name| shown(name))
                .collect();
            match certificate.sans.len() > names.len() {
                true => format!(
                    "{} and {} more",
                    names.join(", "),
                    certificate.sans.len() - names.len()
                ),
                false => names.join(", "),
            }
        });
        let key = match (&certificate.key, &certificate.signature) {
            (Some(key), Some(signature)) => {
                Some(format!("{}, signed with {}", shown(key), shown(signature)))
            }
            _ => text(&certificate.key),
        };
        for (label, value) in [
            ("subject", text(&certificate.subject)),
            ("issuer", text(&certificate.issuer)),
            ("names", names),
            ("valid", validity),
            ("serial", text(&certificate.serial)),
            ("key", key),
            ("SHA-1", Some(certificate.sha1.clone())),
            ("SHA-256", Some(certificate.sha256.clone())),
        ] {
            if let Some(value) = value {
                writeln!(out, "      {label:<8} {value}")?;
            }
        }
    }
    Ok(())
}

/// In TLS 1.3 certificates are encrypted: say so rather than show nothing.
fn certificates_hidden(out: &mut impl Write, session: &Session) -> io::Result<()> {
    let hello = session
        .tls
        .as_ref()
        .and_then(|tls| tls.server_hello.as_ref());
    match hello.and_then(|hello| hello.version) {
        Some(version) if version.is_tls13() => writeln!(
            out,
            "\n   certificates: not observable, {version} encrypts them"
        ),
        _ => Ok(()),
    }
}

fn day(time: Timestamp) -> String {
    time.to_string().chars().take(10).collect()
}

fn detail(out: &mut impl Write, finding: &Finding) -> io::Result<()> {
    let style = colour(finding.severity);
    writeln!(out)?;
    writeln!(
        out,
        "   {style}{:<8}{style:#} {BOLD}{} {}{BOLD:#} (confidence {})",
        finding.severity.to_string(),
        finding.id,
        finding.title,
        finding.confidence
    )?;
    wrapped(out, "      ", &finding.cause, Style::new())?;
    wrapped(
        out,
        "      ",
        &format!("-> {}", finding.advice),
        Style::new(),
    )?;
    writeln!(out, "{DIM}      {}{DIM:#}", finding.references.join(", "))?;
    writeln!(out, "{DIM}      {}{DIM:#}", terminal(&finding.filter))
}

/// Columns of running text.
const WIDTH: usize = 96;

fn wrapped(out: &mut impl Write, indent: &str, text: &str, style: Style) -> io::Result<()> {
    let mut line = String::new();
    let mut column = 0;
    for word in text.split_whitespace() {
        let word = terminal(word);
        let width = word.chars().count();
        if column > 0 && indent.len() + column + 1 + width > WIDTH {
            writeln!(out, "{indent}{style}{line}{style:#}")?;
            line.clear();
            column = 0;
        }
        if column > 0 {
            line.push(' ');
            column += 1;
        }
        line.push_str(&word);
        column += width;
    }
    writeln!(out, "{indent}{style}{line}{style:#}")
}
