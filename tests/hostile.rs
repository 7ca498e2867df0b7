//! Bytes chosen by strangers: cut and damaged captures, floods, and secrets in clear. Nothing
//! panics, nothing grows without a bound, nothing that must not be told is told.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod damage;
mod floods;
mod secrets;

use starttap::limits::Limits;
use starttap::model::{Input, Report, Session};
use starttap::report::Output;
use starttap::report::html::Html;
use starttap::report::json::{Json, Ndjson};
use starttap::report::text::Text;

/// Every report of these sessions, one after the other, and their Debug form.
fn reports(sessions: &[Session]) -> String {
    let mut report = Report {
        inputs: vec![Input::default()],
        ..Report::default()
    };
    let sessions_of = sessions.iter();
    sessions_of.for_each(|session| report.summary.add(session));
    let mut all = Vec::new();
    let mut text = Vec::new();
    let mut json = Vec::new();
    let mut ndjson = Vec::new();
    let mut html = Vec::new();
    write(&mut Text::new(&mut text, true), sessions, &report);
    write(&mut Json::new(&mut json), sessions, &report);
    write(&mut Ndjson(&mut ndjson), sessions, &report);
    write(&mut Html::new(&mut html), sessions, &report);
    serde_json::from_slice::<serde_json::Value>(&json).unwrap();
    all.extend(text);
    all.extend(json);
    all.extend(ndjson);
    all.extend(html);
    let mut all = String::from_utf8(all).unwrap();
    all.push_str(&format!("{sessions:?}"));
    all
}

fn write(output: &mut dyn Output, sessions: &[Session], report: &Report) {
    for session in sessions {
        output.session(session).unwrap();
    }
    output.finish(report).unwrap();
}

/// What a session keeps is within the limits.
fn assert_bounded(session: &Session, limits: &Limits) {
    let evidence = &session.evidence;
    assert!(evidence.resets.len() <= limits.labels);
    assert!(evidence.retransmissions.len() <= limits.labels);
    assert!(evidence.handshake_retransmissions.len() <= limits.labels);
    if let Some(smtp) = &session.smtp {
        let capabilities: usize = smtp.capabilities.iter().map(String::len).sum();
        let masked: usize = smtp.masked.iter().map(|line| line.text.len()).sum();
        // A byte that is no text becomes a character of three bytes.
        assert!(smtp.capabilities.len() <= limits.facts && smtp.masked.len() <= limits.facts);
        assert!(capabilities <= 3 * limits.fact_bytes && masked <= 3 * limits.fact_bytes);
        let ehlo = smtp.ehlo.as_ref().map_or(0, |ehlo| ehlo.name.len());
        let banner = smtp.banner.as_ref().map_or(0, |banner| banner.text.len());
        assert!(ehlo <= 3 * limits.smtp_line && banner <= 3 * limits.smtp_line);
    }
    if let Some(tls) = &session.tls {
        assert!(tls.alerts.len() <= limits.facts);
        assert!(tls.certificates.server.len() <= limits.facts);
        assert!(tls.certificates.client.len() <= limits.facts);
    }
    let size = serde_json::to_vec(session).unwrap().len();
    assert!(size <= 8 << 20, "a record of {size} bytes");
}
