//! Which frame each fact must carry: the one that makes its stream contiguous up to the end of the
//! line, or of the TLS record, that completes the fact (semantics page, sections 3.2 and 3.3).
//!
//! Lines and records are found here by searching the whole streams: no state, no segments.

use std::ops::Range;

use starttap::model::smtp::Smtp;
use starttap::model::tls::{Alert, SuiteCode, Version};
use starttap::model::{Confidence, Peer, Session};

/// A line: its text and the position of its last byte.
type Line = (String, usize);

/// A stream taken apart.
struct Parts {
    lines: Vec<Line>,
    records: Vec<Record>,
}

struct Record {
    kind: u8,
    body: Range<usize>,
}

impl Record {
    fn last(&self) -> usize {
        self.body.end - 1
    }
}

/// Facts of `session` that carry another frame than they must.
pub fn misplaced(
    session: &Session,
    streams: &[Vec<u8>; 2],
    available: &[Vec<u64>; 2],
) -> Vec<String> {
    let ssl2 = session
        .tls
        .as_ref()
        .and_then(|tls| tls.client_hello.as_ref())
        .is_some_and(|hello| hello.record_version == Version::SSL2 || hello.ja3.is_none());
    let parts = [0, 1].map(|side: usize| take_apart(&streams[side], ssl2 && side == 0));
    let mut check = Check {
        wrong: Vec::new(),
        available,
    };
    dialogue(session, &parts, &mut check);
    // Records of SSL 2.0 behind the client's hello are not taken apart here.
    let tls = session.tls.as_ref();
    let hello = tls.and_then(|tls| tls.server_hello.as_ref());
    if hello.is_none_or(|hello| hello.version != Some(Version::SSL2)) {
        handshake(session, streams, &parts, &mut check);
    }
    check.wrong
}

struct Check<'a> {
    wrong: Vec<String>,
    available: &'a [Vec<u64>; 2],
}

impl Check<'_> {
    /// `at` = position of the last byte of what completes the fact.
    fn is(&mut self, what: &str, from: Peer, frame: Option<u64>, at: Option<usize>) {
        let expected = at.map(|at| self.available[from.index()][at]);
        if frame != expected {
            self.wrong
                .push(format!("{what}: frame {frame:?}, must be {expected:?}"));
        }
    }
}

fn take_apart(stream: &[u8], ssl2: bool) -> Parts {
    let mut parts = Parts {
        lines: Vec::new(),
        records: Vec::new(),
    };
    let mut at = 0;
    let mut in_ssl2 = ssl2;
    let mut in_message = false;
    while at < stream.len() {
        let next = match in_message {
            true => &[],
            false => &stream[at..],
        };
        match *next {
            [kind @ 0x14..=0x18, 3, 0..=4, high, low, ..] => {
                let body = at + 5..at + 5 + usize::from(u16::from_be_bytes([high, low]));
                at = body.end;
                if body.end <= stream.len() {
                    parts.records.push(Record { kind, body });
                }
            }
            [high @ 0x80..=0xFF, low, 1, ..] if std::mem::take(&mut in_ssl2) => {
                let len = usize::from(u16::from_be_bytes([high & 0x7F, low]));
                let body = at + 2..at + 2 + len;
                at = body.end;
                parts.records.push(Record { kind: 0, body });
            }
            _ => {
                let rest = &stream[at..];
                let Some(len) = rest.iter().position(|&byte| byte == b'\n') else {
                    return parts;
                };
                let text = String::from_utf8_lossy(&rest[..len]).trim_end().to_owned();
                let end = at + len;
                at = end + 1;
                if in_message {
                    in_message = text != ".";
                    continue;
                }
                // Bodies hold lines like commands; every DATA of the captures is granted.
                in_message = text == "DATA";
                if let Some(size) = text.strip_prefix("BDAT ") {
                    let size = size.split(' ').next().unwrap().parse::<usize>();
                    at += size.unwrap_or(0);
                }
                parts.lines.push((text, end));
            }
        }
    }
    parts
}

fn dialogue(session: &Session, [client, server]: &[Parts; 2], check: &mut Check<'_>) {
    // What is said in clear after TLS was granted stands elsewhere, and a proxy's header is no line.
    let plain = |smtp: &&Smtp| {
        let said = smtp.plaintext_after_grant.iter();
        let said = said.filter(|it| it.from == Peer::Client).count();
        smtp.decrypted.is_none() && smtp.proxy.is_none() && said == 0
    };
    let Some(smtp) = session.smtp.as_ref().filter(plain) else {
        return;
    };
    let first = |parts: &Parts, is: &dyn Fn(&str) -> bool| {
        let mut lines = parts.lines.iter();
        lines.find(|(text, _)| is(text)).map(|&(_, at)| at)
    };
    let last = |parts: &Parts, is: &dyn Fn(&str) -> bool| {
        let mut lines = parts.lines.iter().rev();
        lines.find(|(text, _)| is(text)).map(|&(_, at)| at)
    };
    let has_verb = |text: &str, verb: &str| {
        let word = text.split_ascii_whitespace().next();
        word.is_some_and(|word| word.eq_ignore_ascii_case(verb))
    };
    if let Some(banner) = &smtp.banner {
        let ends = |text: &str| text.starts_with("220 ") || text == "220";
        let at = first(server, &|text| {
            ends(text) && text.get(4..).unwrap_or_default() == banner.text
        });
        check.is("banner", Peer::Server, Some(banner.frame), at);
    }
    if let Some(ehlo) = &smtp.ehlo {
        let is = |text: &str| {
            ["EHLO", "HELO", "LHLO"]
                .iter()
                .any(|verb| has_verb(text, verb))
                && text.split_once(' ').map_or("", |(_, name)| name) == ehlo.name
        };
        check.is("ehlo", Peer::Client, Some(ehlo.frame), last(client, &is));
    }
    if let Some(offered) = smtp.offered {
        let is = |text: &str| matches!(text.get(4..), Some("STARTTLS" | "X-ANONYMOUSTLS"));
        let lines = &server.lines;
        // The first one of the last reply that has it.
        let end = lines.iter().rposition(|(text, _)| is(text)).unwrap();
        let start = lines[..end]
            .iter()
            .rposition(|(text, _)| !text.starts_with("250-"))
            .map_or(0, |at| at + 1);
        let at = lines[start..].iter().find(|(text, _)| is(text));
        check.is(
            "offered",
            Peer::Server,
            Some(offered.frame),
            at.map(|it| it.1),
        );
    }
    if let (Some(requested), Some(verb)) = (smtp.requested, &smtp.tls_verb) {
        let at = last(client, &|text| has_verb(text, verb));
        check.is("requested", Peer::Client, Some(requested.frame), at);
    }
    if let Some(reply) = &smtp.reply {
        let line = format!("{} {}", reply.code, reply.text);
        let at = last(server, &|text| text == line.trim_end());
        check.is("reply", Peer::Server, Some(reply.frame), at);
    }
    let auth = smtp.cleartext_auth.as_ref().map(|it| it.frame);
    check.is(
        "auth",
        Peer::Client,
        auth,
        first(client, &|it| has_verb(it, "AUTH") || has_verb(it, "X-EXPS")),
    );
    if let Some(mail) = &smtp.cleartext_mail {
        let at = first(client, &|it| has_verb(it, "MAIL"));
        check.is("mail", Peer::Client, Some(mail.frame), at);
    }
    let quit = smtp.quit.map(|it| it.frame);
    check.is(
        "quit",
        Peer::Client,
        quit,
        last(client, &|it| has_verb(it, "QUIT")),
    );
    for masked in &smtp.masked {
        let in_place = [(Peer::Client, client), (Peer::Server, server)]
            .into_iter()
            .any(|(from, parts)| {
                parts.lines.iter().any(|(text, at)| {
                    *text == masked.text && check.available[from.index()][*at] == masked.frame
                })
            });
        if !in_place {
            check
                .wrong
                .push(format!("masked line in frame {}", masked.frame));
        }
    }
}

/// Handshake messages in clear of one side: type, body, and last byte of the completing record.
fn messages(stream: &[u8], records: &[Record]) -> Vec<(u8, Vec<u8>, usize)> {
    let mut messages = Vec::new();
    let mut bytes: Vec<u8> = Vec::new();
    for record in records
        .iter()
        .take_while(|it| it.kind != 20 && it.kind != 23)
    {
        if record.kind != 22 {
            continue;
        }
        bytes.extend(&stream[record.body.clone()]);
        while let [kind, a, b, c, rest @ ..] = bytes.as_slice() {
            let len = usize::from(*a) << 16 | usize::from(*b) << 8 | usize::from(*c);
            if rest.len() < len {
                break;
            }
            messages.push((*kind, rest[..len].to_vec(), record.last()));
            bytes.drain(..4 + len);
        }
    }
    messages
}

fn handshake(session: &Session, streams: &[Vec<u8>; 2], parts: &[Parts; 2], check: &mut Check<'_>) {
    let Some(tls) = &session.tls else {
        let all = parts.iter().flat_map(|parts| &parts.records);
        assert_eq!(all.count(), 0, "records, but no TLS");
        return;
    };
    let is_retry = |body: &[u8]| body.get(2..4) == Some(&[0xCF, 0x21]);
    let [client, server] = [0, 1].map(|side: usize| messages(&streams[side], &parts[side].records));
    let version = tls.server_hello.as_ref().and_then(|hello| hello.version);
    let is_13 = version.is_some_and(Version::is_tls13);
    // A second hello after a HelloRetryRequest may stand behind a ChangeCipherSpec.
    let mut hellos = parts[0].records.iter().filter(|record| {
        record.kind == 0 || record.kind == 22 && streams[0][record.body.start] == 1
    });
    let ends: Vec<usize> = match client.first() {
        Some((1, _, at)) if tls.second_client_hello.is_none() => vec![*at],
        _ => hellos.by_ref().map(Record::last).collect(),
    };
    let first = tls.client_hello.as_ref().map(|it| it.frame);
    check.is("client hello", Peer::Client, first, ends.first().copied());
    let second = tls.second_client_hello.as_ref().map(|it| it.frame);
    if second.is_some() {
        check.is("second hello", Peer::Client, second, ends.get(1).copied());
    }
    let retry = tls.hello_retry_request.as_ref().map(|it| it.frame);
    let at = server.iter().find(|it| it.0 == 2 && is_retry(&it.1));
    check.is("retry", Peer::Server, retry, at.map(|it| it.2));
    if retry.is_none() {
        let hello = tls.server_hello.as_ref().map(|it| it.frame);
        let at = server.iter().find(|it| it.0 == 2);
        check.is("server hello", Peer::Server, hello, at.map(|it| it.2));
    }
    if !is_13 {
        let chains = [
            (Peer::Client, &client, &tls.certificates.client),
            (Peer::Server, &server, &tls.certificates.server),
        ];
        for (from, messages, chain) in chains {
            let at = messages.iter().find(|it| it.0 == 11).map(|it| it.2);
            for certificate in chain {
                check.is("certificate", from, Some(certificate.frame), at);
            }
        }
        let request = tls.certificate_request.as_ref().map(|it| it.frame);
        let at = server.iter().find(|it| it.0 == 13).map(|it| it.2);
        check.is("certificate request", Peer::Server, request, at);
    }
    for from in [Peer::Client, Peer::Server] {
        let frames: Vec<u64> = tls
            .alerts
            .iter()
            // Those that only their length and place hint at have no record of their own.
            .filter(|alert| alert.from == from && !is_inferred(alert))
            .map(|alert| alert.frame)
            .collect();
        let records = parts[from.index()].records.iter();
        let expected: Vec<u64> = records
            .filter(|record| record.kind == 21)
            .map(|record| check.available[from.index()][record.last()])
            .collect();
        if frames != expected {
            let line = format!("alerts of the {from}: {frames:?}, must be {expected:?}");
            check.wrong.push(line);
        }
    }
    let expected = match is_13 {
        true => established_13(parts, check.available),
        false => established_12(parts, check.available),
    };
    let is_ssl2 = tls.server_hello.as_ref().is_some_and(|hello| {
        let code = hello.cipher_suite.map(|suite| suite.code);
        hello.version == Some(Version::SSL2) || matches!(code, Some(SuiteCode::Ssl2(_)))
    });
    let frame = tls.established.map(|at| at.frame);
    if !is_ssl2 && frame != expected {
        check.wrong.push(format!(
            "established: frame {frame:?}, must be {expected:?}"
        ));
    }
}

fn is_inferred(alert: &Alert) -> bool {
    matches!(alert.confidence, Some(Confidence::Medium | Confidence::Low))
}

/// Up to TLS 1.2: each side has sent a record after its ChangeCipherSpec.
fn established_12(parts: &[Parts; 2], available: &[Vec<u64>; 2]) -> Option<u64> {
    let encrypted = [0, 1].map(|side: usize| {
        let records = &parts[side].records;
        let changed = records.iter().position(|record| record.kind == 20)?;
        let record = records[changed..].iter().find(|record| record.kind != 20)?;
        Some(available[side][record.last()])
    });
    Some(encrypted[0]?.max(encrypted[1]?))
}

/// TLS 1.3: the server's first application data after a client record that is no lone alert,
/// unless it is all the server answers and as short as an alert itself, padded or not.
fn established_13(parts: &[Parts; 2], available: &[Vec<u64>; 2]) -> Option<u64> {
    let data = |side: usize| {
        parts[side]
            .records
            .iter()
            .filter(|record| record.kind == 23)
    };
    // Data before the server's hello is early data.
    let hello = parts[1].records.iter().find(|record| record.kind == 22)?;
    let begun = available[1][hello.last()];
    let late = |side: usize, record: &&Record| side == 1 || available[0][record.last()] > begun;
    let data = |side: usize| data(side).filter(move |record| late(side, record));
    let is_alert = |record: &&Record| matches!(record.body.len(), 19 | 35);
    let first = data(0).next().filter(|first| !is_alert(first));
    let client = first.or_else(|| data(0).find(|record| record.body.len() != 19))?;
    let after = available[0][client.last()];
    let answers: Vec<&Record> = data(1)
        .filter(|record| available[1][record.last()] > after)
        .collect();
    match answers[..] {
        [only] if is_alert(&only) => None,
        _ => Some(available[1][answers.first()?.last()]),
    }
}
