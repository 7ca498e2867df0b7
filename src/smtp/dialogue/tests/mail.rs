//! Greetings, logins, messages, and what ends a dialogue early.

use super::*;
use crate::model::smtp::{Before, Protocol, Stage};

#[test]
fn a_greeting_of_several_lines() {
    let smtp = facts(true, &["S220-mx.example.org", "S220-wait", "S220 ESMTP"]);
    let banner = smtp.banner.unwrap();
    assert_eq!((banner.first_frame, banner.frame), (1, 3));
    assert_eq!(banner.lines, ["mx.example.org", "wait", "ESMTP"]);
    assert_eq!(banner.host.as_deref(), Some("mx.example.org"));
    assert!(banner.complete);
    // The last line is still to come.
    let banner = facts(true, &["S220-mx.example.org", "S220-wait"])
        .banner
        .unwrap();
    assert_eq!(
        (banner.complete, banner.frame, banner.text.as_str()),
        (false, 2, "wait")
    );
}

#[test]
fn clients_sent_away() {
    let stage = |smtp: Smtp| smtp.rejected.map(|it| (it.code, it.phase));
    let smtp = facts(true, &["S554 5.7.1 blocked"]);
    assert_eq!(smtp.banner, None);
    assert_eq!(stage(smtp), Some((554, Some(Stage::Banner))));
    let smtp = facts(true, &["S220 mx", "CEHLO a", "S550 5.7.1 bad name"]);
    assert_eq!(stage(smtp), Some((550, Some(Stage::Ehlo))));
    assert_eq!(
        stage(opened(&["S421 4.3.2 closing"])),
        Some((421, Some(Stage::Mail)))
    );
    // An old server that knows HELO only sends nobody away, nor is a refused message a rejection.
    assert_eq!(
        stage(facts(
            true,
            &["S220 mx", "CEHLO a", "S500 what", "CHELO a", "S250 mx"]
        )),
        None
    );
    assert_eq!(stage(opened(&["CMAIL FROM:<a@b>", "S550 no"])), None);
    // A reply to the request for TLS is a refusal.
    let smtp = opened(&["CSTARTTLS", "S421 4.7.0 try again"]);
    assert_eq!((smtp.refused.len(), stage(smtp)), (1, None));
}

#[test]
fn mechanisms_offered() {
    let smtp = facts(
        true,
        &[
            "S220 mx",
            "CEHLO a",
            "S250-mx",
            "S250-AUTH LOGIN plain",
            "S250-AUTH=LOGIN PLAIN",
            "S250 X-EXPS GSSAPI LOGIN",
        ],
    );
    let offered: Vec<_> = smtp
        .auth_mechanisms
        .iter()
        .map(|it| (it.frame, it.verb, it.mechanism.as_str()))
        .collect();
    assert_eq!(
        offered,
        [
            (4, "AUTH", "LOGIN"),
            (4, "AUTH", "PLAIN"),
            (6, "X-EXPS", "GSSAPI"),
            (6, "X-EXPS", "LOGIN")
        ]
    );
}

#[test]
fn the_reply_to_a_login() {
    let reply = |script: &[&str]| {
        let auth = opened(script).cleartext_auth.unwrap();
        (
            auth.verb,
            auth.mechanism,
            auth.reply.map(|it| (it.frame, it.code)),
        )
    };
    assert_eq!(
        reply(&["CX-EXPS GSSAPI", "S334 x", "Cx", "S235 ok"]),
        ("X-EXPS", "GSSAPI".to_owned(), Some((8, 235)))
    );
    assert_eq!(
        reply(&[
            "CAUTH LOGIN",
            "S334 x",
            "C*",
            "S501 cancelled",
            "CAUTH GSSAPI x",
            "S235 ok"
        ]),
        ("AUTH", "LOGIN".to_owned(), Some((8, 501)))
    );
    // The reply of the second is not that of the first.
    assert_eq!(
        reply(&["CAUTH LOGIN", "s", "CQUIT", "CAUTH GSSAPI x", "S235 ok"]).2,
        None
    );
}

/// The first login that shows its secret stands for all, and only what was sent was shown.
#[test]
fn where_a_secret_was_shown() {
    let exposed = |script: &[&str]| {
        let auth = opened(script).cleartext_auth.unwrap();
        (auth.mechanism, auth.exposed.map(|it| it.frame))
    };
    let login = |frame| ("LOGIN".to_owned(), frame);
    let plain = |frame| ("PLAIN".to_owned(), frame);
    for (script, shown) in [
        (&["CAUTH PLAIN x"][..], plain(Some(5))),
        (&["CAUTH PLAIN", "S334 ", "Cx"], plain(Some(7))),
        (&["CAUTH PLAIN =", "S538 no"], plain(None)),
        (&["CAUTH PLAIN", "S334 ", "C*"], plain(None)),
        (&["CAUTH PLAIN", "S538 no", "CQUIT"], plain(None)),
        (
            &["CAUTH LOGIN", "S334 ", "Cx", "S334 ", "Cy"],
            login(Some(9)),
        ),
        (&["CAUTH LOGIN x", "S334 ", "Cy"], login(Some(7))),
        (&["CAUTH LOGIN", "S334 ", "Cx", "S535 no"], login(None)),
        (
            &["CAUTH CRAM-MD5", "S504 no", "CAUTH PLAIN x"],
            plain(Some(7)),
        ),
        (
            &["CAUTH PLAIN x", "S535 no", "CAUTH LOGIN x"],
            plain(Some(5)),
        ),
    ] {
        assert_eq!(exposed(script), shown, "{script:?}");
    }
}

#[test]
fn a_message_and_its_reply() {
    let smtp = opened(&[
        "CMAIL FROM:<a@b>",
        "S550 no",
        "CMAIL FROM:<a@b>",
        "S250 ok",
        "CRCPT TO:<a@b>",
        "S250 ok",
        "CDATA",
        "S354 go",
        "C250 ok",
        "C.",
        "S451 later",
    ]);
    let mail = smtp.cleartext_mail.unwrap();
    assert_eq!((mail.frame, mail.after), (5, Some(Before::Offered)));
    assert_eq!(mail.message, Some(At { frame: 14 }));
    assert_eq!(mail.message_reply.map(|it| it.code), Some(451));
    // Only an envelope.
    let mail = opened(&[
        "CSTARTTLS",
        "S454 no",
        "CMAIL FROM:<a@b>",
        "S250 ok",
        "CDATA",
        "S554 no",
    ]);
    let mail = mail.cleartext_mail.unwrap();
    assert_eq!((mail.after, mail.message), (Some(Before::Refused), None));
}

#[test]
fn chunks_are_counted_to_the_byte() {
    let chunk = "MAIL\r\n.\r\nQUIT";
    let mut bytes = format!(
        "MAIL FROM:<a@b>\r\nBDAT 5\r\nEHLO BDAT {} LAST\r\n{chunk}",
        chunk.len()
    );
    bytes.push_str("STARTTLS\r\n");
    let limits = Limits::default();
    for cut in [1, 3, 1000] {
        let mut dialogue = dialogue(true, &["S220 mx", "CEHLO a", "S250 mx"]);
        for (piece, frame) in bytes.as_bytes().chunks(cut).zip(4..) {
            let mut rest = piece;
            while !rest.is_empty() {
                rest = &rest[dialogue.push(Peer::Client, rest, frame, &limits)..];
            }
        }
        for line in ["250 ok", "250 ok", "250 queued", "220 go"] {
            dialogue.push(Peer::Server, format!("{line}\r\n").as_bytes(), 900, &limits);
        }
        let smtp = dialogue.into_facts().unwrap();
        assert_eq!(smtp.quit, None);
        assert_eq!(smtp.reply.map(|it| it.code), Some(220), "{cut}");
        let mail = smtp.cleartext_mail.unwrap();
        let end = bytes.len() - 11;
        assert_eq!(
            mail.message,
            Some(At {
                frame: 4 + (end / cut) as u64
            })
        );
        assert_eq!(mail.message_reply.map(|it| it.code), Some(250));
    }
}

#[test]
fn lmtp_answers_for_each_recipient() {
    let smtp = facts(
        true,
        &[
            "S220 mx LMTP",
            "CLHLO a",
            "S250 mx",
            "CMAIL FROM:<a@b>",
            "CRCPT TO:<a@b>",
            "CRCPT TO:<b@b>",
            "CRCPT TO:<c@b>",
            "CDATA",
            "S250 ok",
            "S250 ok",
            "S550 unknown",
            "S250 ok",
            "S354 go",
            "C.",
            "CSTARTTLS",
            "S250 taken for a",
            "S452 full, for c",
            "S454 not now",
        ],
    );
    assert_eq!(smtp.protocol, Some(Protocol::Lmtp));
    assert_eq!(smtp.reply.map(|it| it.code), Some(454));
    let mail = smtp.cleartext_mail.unwrap();
    assert_eq!(mail.message_reply.map(|it| it.code), Some(250));
}

#[test]
fn a_proxy_states_the_client_and_is_greeted_anew() {
    let smtp = facts(
        true,
        &[
            "S220 mx.example.org",
            "CEHLO proxy",
            "S250 XCLIENT NAME ADDR",
            "CXCLIENT ADDR=203.0.113.9 LOGIN=alice",
            "S220 mx.example.org again",
            "CEHLO client",
            "S250-mx",
            "S250 STARTTLS",
            "CSTARTTLS",
            "S220 go",
        ],
    );
    let original = smtp.xclient.unwrap();
    assert_eq!((original.frame, original.attributes.len()), (4, 2));
    assert_eq!(smtp.banner.map(|it| it.frame), Some(1));
    assert_eq!(smtp.requested, Some(At { frame: 9 }));
    assert_eq!(smtp.reply.map(|it| it.frame), Some(10));
    assert!(smtp.plaintext_after_grant.is_empty());
}

#[test]
fn long_lines_outside_of_messages_are_counted() {
    let long = format!("CNOOP {}", "x".repeat(10_000));
    let body = format!("C{}", "x".repeat(10_000));
    let dialogue = dialogue(
        true,
        &["S220 mx", &long, "S250 ok", "CDATA", "S354 go", &body, "C."],
    );
    let left_out = dialogue.left_out();
    assert_eq!((left_out.long_lines, left_out.lines), (1, 0));
}
