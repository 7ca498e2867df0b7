//! Order, holes and bounds of the dialogue.

mod mail;
mod tls;

use super::*;
use crate::model::At;

/// Lines of the client start with `C`, of the server with `S`; `c` and `s` are holes.
fn dialogue(from_start: bool, script: &[&str]) -> Dialogue {
    let limits = Limits::default();
    let mut dialogue = Dialogue::new(from_start);
    for (line, frame) in script.iter().zip(1..) {
        let (who, text) = line.split_at(1);
        let from = match who {
            "C" | "c" => Peer::Client,
            _ => Peer::Server,
        };
        match who {
            "c" | "s" => dialogue.gap(from, 10),
            _ => {
                let bytes = format!("{text}\r\n").into_bytes();
                assert_eq!(dialogue.push(from, &bytes, frame, &limits), bytes.len());
            }
        }
    }
    dialogue
}

fn facts(from_start: bool, script: &[&str]) -> Smtp {
    dialogue(from_start, script)
        .into_facts()
        .unwrap_or_default()
}

#[test]
fn late_replies_do_not_refuse_the_message() {
    // The capture begins after RCPT, whose replies are still to come.
    let smtp = facts(
        false,
        &[
            "CDATA",
            "S250 2.1.0 Ok",
            "S250 2.1.5 Ok",
            "S354 go ahead",
            "CHELO secret of the body",
            "CMAIL is a word",
            "C.",
            "CQUIT",
        ],
    );
    assert_eq!(smtp.ehlo, None);
    assert!(smtp.cleartext_mail.is_none());
    assert_eq!(smtp.quit, Some(At { frame: 8 }));
}

#[test]
fn a_message_whose_data_is_missing_is_no_dialogue() {
    let smtp = facts(
        true,
        &[
            "S220 mx",
            "CMAIL FROM:<a@b>",
            "S250 ok",
            "c",
            "Cx",
            "S354 go",
            "CHELO secret",
            "C.",
        ],
    );
    assert_eq!(smtp.ehlo, None);
}

#[test]
fn a_late_354_does_not_swallow_what_follows_the_message() {
    let smtp = facts(
        true,
        &[
            "S220 mx",
            "CDATA",
            "Cbody",
            "C.",
            "s",
            "Sx",
            "S354 go",
            "S250 ok",
            "CEHLO again",
        ],
    );
    assert_eq!(smtp.ehlo.map(|ehlo| ehlo.name).as_deref(), Some("again"));
}

#[test]
fn replies_after_hundreds_of_lines_are_still_matched() {
    let mut script = vec!["S220 mx", "CEHLO a", "S250-mx", "S250 STARTTLS"];
    for _ in 0..600 {
        script.extend(["CNOOP", "S250 2.0.0 nothing was done"]);
    }
    script.extend(["CSTARTTLS", "S454 4.7.0 not now", "CSTARTTLS", "S220 go"]);
    let dialogue = dialogue(true, &script);
    assert!(dialogue.awaits_tls());
    let smtp = dialogue.into_facts().unwrap_or_default();
    assert_eq!(smtp.reply.map(|reply| reply.code), Some(220));
}

#[test]
fn hundreds_of_pipelined_recipients_stay_in_step() {
    let mut script = vec!["S220 mx"];
    script.extend(["CRCPT TO:<a@b>"; 700]);
    script.extend(["CDATA"]);
    script.extend(["S250 2.1.5 Ok"; 700]);
    script.extend(["S554 5.5.1 no", "CSTARTTLS", "S220 go"]);
    let smtp = facts(true, &script);
    assert_eq!(smtp.requested, Some(At { frame: 1404 }));
    assert_eq!(smtp.reply.map(|reply| reply.code), Some(220));
}

#[test]
fn an_authentication_with_a_hole_ends_with_its_reply() {
    let smtp = facts(
        true,
        &[
            "S220 mx",
            "CAUTH LOGIN",
            "S334 VXNlcm5hbWU6",
            "s",
            "Sx",
            "S535 no",
            "CEHLO again",
        ],
    );
    assert_eq!(smtp.ehlo.map(|ehlo| ehlo.name).as_deref(), Some("again"));
}

#[test]
fn kept_text_is_bounded() {
    let limits = Limits::default();
    let long = format!("S250-XXXXXXXX {}", "x".repeat(4000));
    let mut script = vec!["S220 mx", "CEHLO a"];
    script.extend(vec![long.as_str(); 1000]);
    script.extend(["S250 STARTTLS"]);
    let smtp = facts(true, &script);
    let capabilities: usize = smtp.capabilities.iter().map(String::len).sum();
    let masked: usize = smtp.masked.iter().map(|line| line.text.len()).sum();
    assert!(capabilities <= limits.fact_bytes && masked <= limits.fact_bytes);
    assert!(smtp.masked.len() <= limits.facts);
}

#[test]
fn what_follows_an_overwritten_verb_is_dropped() {
    let smtp = facts(
        true,
        &[
            "S220 mx",
            "CEHLO a",
            "S250 mx",
            "CXXXX PLAIN AGFsaWNlAHNlY3JldA==",
        ],
    );
    assert_eq!(smtp.masked.len(), 1);
    assert_eq!(
        (smtp.masked[0].from, smtp.masked[0].text.as_str()),
        (Peer::Client, "XXXX")
    );
}

#[test]
fn an_offer_behind_many_capabilities_is_an_offer() {
    let many: Vec<String> = (0..600).map(|n| format!("S250-X{n}")).collect();
    let mut script = vec!["S220 mx", "CEHLO a", "S250-mx"];
    script.extend(many.iter().map(String::as_str));
    script.push("S250 STARTTLS");
    assert_eq!(facts(true, &script).offered, Some(At { frame: 604 }));
}

#[test]
fn only_a_whole_reply_says_what_is_not_offered() {
    assert!(dialogue(true, &["S220 mx", "CEHLO a", "S250 mx"]).hello_answered());
    assert!(!dialogue(true, &["S220 mx", "CEHLO a", "s"]).hello_answered());
    assert!(!dialogue(true, &["CEHLO a", "CMAIL FROM:<a@b>"]).hello_answered());
}

#[test]
fn a_lost_reply_to_auth_does_not_silence_the_client() {
    let smtp = facts(
        true,
        &[
            "S220 mx",
            "CEHLO a",
            "S250 mx",
            "CAUTH LOGIN",
            "S334 x",
            "CYQ==",
            "s",
            "S250 ok",
            "S250 ok",
            "CMAIL FROM:<a@b>",
        ],
    );
    assert_eq!(smtp.cleartext_mail.map(|it| it.frame), Some(10));
}

const OPEN: [&str; 4] = ["S220 mx.example.org", "CEHLO a", "S250-mx", "S250 STARTTLS"];

/// The facts of a dialogue that goes on after [`OPEN`], whose lines are frames 1 to 4.
fn opened(script: &[&str]) -> Smtp {
    facts(true, &[&OPEN, script].concat())
}
