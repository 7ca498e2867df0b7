use super::*;
use crate::model::smtp::{Before, Stage};

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

#[test]
fn requests_as_clients_write_them() {
    for request in ["STARTTLS", "sTaRtTlS ", "starttls\t"] {
        let smtp = opened(&[&format!("C{request}"), "S220 go"]);
        assert_eq!(smtp.requested, Some(At { frame: 5 }), "{request:?}");
        assert_eq!(smtp.reply.map(|it| it.code), Some(220), "{request:?}");
    }
    let smtp = opened(&[
        "CSTARTTLS foo",
        "S501 5.5.4 no parameters",
        "CSTARTTLS",
        "S220 go",
    ]);
    assert_eq!(smtp.requested, Some(At { frame: 7 }));
    let refused: Vec<_> = smtp.refused.iter().map(|it| (it.frame, it.code)).collect();
    assert_eq!(refused, [(6, 501)]);
}

#[test]
fn requests_and_replies_split_at_every_byte() {
    let limits = Limits::default();
    let turns = [
        (Peer::Server, "220 mx\r\n"),
        (Peer::Client, "EHLO a\nSTARTTLS\r\n"),
        (Peer::Server, "250-mx\r\n250 STARTTLS\r\n220 go\r\n"),
    ];
    for cut in 1..10 {
        let mut dialogue = Dialogue::new(true);
        for (from, text) in turns {
            for piece in text.as_bytes().chunks(cut) {
                let mut rest = piece;
                while !rest.is_empty() {
                    rest = &rest[dialogue.push(from, rest, 1, &limits)..];
                }
            }
        }
        let smtp = dialogue.into_facts().unwrap();
        assert_eq!(smtp.reply.map(|it| it.code), Some(220), "{cut}");
        assert!(smtp.offered.is_some() && smtp.after_starttls.is_none());
    }
}

#[test]
fn every_refusal_is_kept_up_to_a_bound() {
    let mut script = Vec::new();
    for _ in 0..100 {
        script.extend(["CSTARTTLS", "S454 4.7.0 not now"]);
    }
    let dialogue = dialogue(true, &[&OPEN[..], &script].concat());
    assert_eq!(dialogue.limits_hit(), (0, 84));
    let smtp = dialogue.into_facts().unwrap();
    assert_eq!(smtp.refused.len(), 16);
    assert_eq!(smtp.reply.map(|it| it.frame), Some(204));
}

#[test]
fn commands_behind_starttls() {
    let smtp = opened(&["CSTARTTLS", "CMAIL FROM:<secret@b>", "CRSET", "S220 go"]);
    let early = smtp.after_starttls.unwrap();
    assert_eq!((early.frame, early.bytes), (6, 28));
    assert_eq!((early.kind, early.command), (Early::Commands, Some("MAIL")));
    // What is no verb is not told.
    let smtp = opened(&["CSTARTTLS", "CAGFsaWNlAHNlY3JldA==", "S454 no"]);
    let early = smtp.after_starttls.unwrap();
    assert_eq!((early.bytes, early.command), (22, None));
    // Text after the reply is no such thing, nor is what follows a reply that was not captured.
    assert_eq!(
        opened(&["CSTARTTLS", "S220 go", "CEHLO a"]).after_starttls,
        None
    );
    assert_eq!(opened(&["CSTARTTLS", "CEHLO a"]).after_starttls, None);
    assert_eq!(
        opened(&["CSTARTTLS", "s", "CEHLO a", "S220 go"]).after_starttls,
        None
    );
}

#[test]
fn a_request_and_more_in_one_frame_needs_no_reply() {
    let limits = Limits::default();
    let mut dialogue = Dialogue::new(true);
    let mut rest = &b"STARTTLS\r\nRSET\r\n"[..];
    while !rest.is_empty() {
        rest = &rest[dialogue.push(Peer::Client, rest, 7, &limits)..];
    }
    let early = dialogue.into_facts().unwrap().after_starttls.unwrap();
    assert_eq!((early.frame, early.command), (7, Some("RSET")));
}

#[test]
fn a_capture_out_of_order_is_no_impatience() {
    let limits = Limits::default();
    let mut dialogue = dialogue(true, &[&OPEN[..], &["CSTARTTLS"]].concat());
    // The segment acknowledges the reply, which is captured after it.
    dialogue.reads_ahead(Peer::Client, true);
    dialogue.tls(Peer::Client, 200, 6, true);
    dialogue.push(Peer::Server, b"220 go\r\n", 7, &limits);
    let smtp = dialogue.into_facts().unwrap();
    assert_eq!(smtp.after_starttls, None);
    assert_eq!(smtp.reply.map(|it| it.frame), Some(7));
}

#[test]
fn replies_captured_before_their_commands() {
    let limits = Limits::default();
    let mut dialogue = dialogue(true, &["S220 mx", "CNOOP", "S250 ok"]);
    dialogue.reads_ahead(Peer::Server, true);
    for (line, frame) in [
        (&b"250-mx\r\n"[..], 4),
        (b"250 STARTTLS\r\n", 4),
        (b"220 go\r\n", 5),
    ] {
        dialogue.push(Peer::Server, line, frame, &limits);
    }
    for (line, frame) in [(&b"EHLO a\r\n"[..], 6), (b"STARTTLS\r\n", 7)] {
        dialogue.push(Peer::Client, line, frame, &limits);
    }
    let smtp = dialogue.into_facts().unwrap();
    assert_eq!(smtp.offered, Some(At { frame: 4 }));
    assert_eq!(smtp.requested, Some(At { frame: 7 }));
    assert_eq!(smtp.reply.map(|it| (it.frame, it.code)), Some((5, 220)));
    assert_eq!(smtp.after_starttls, None);
}

#[test]
fn text_where_tls_was_granted() {
    // The lines of the grant itself are no such text.
    let smtp = opened(&[
        "CSTARTTLS",
        "S220-ready",
        "S220 go",
        "S250 injected",
        "CQUIT",
    ]);
    let told: Vec<_> = smtp
        .plaintext_after_grant
        .iter()
        .map(|it| (it.frame, it.from, it.verb, it.text.as_deref()))
        .collect();
    assert_eq!(
        told,
        [
            (8, Peer::Server, None, Some("250 injected")),
            (9, Peer::Client, Some("QUIT"), None)
        ]
    );
    assert!(smtp.plaintext_after_grant.iter().all(|it| it.before_hello));
    assert_eq!(smtp.decrypted, None);
}

#[test]
fn text_after_a_grant_repeats_no_secret() {
    for script in [
        &[
            "CAUTH PLAIN c2VjcmV0",
            "S502 5.5.2 AUTH PLAIN c2VjcmV0 unknown",
        ][..],
        &[
            "CAUTH LOGIN",
            "S334 c2VjcmV0",
            "Cc2VjcmV0",
            "S500 what is c2VjcmV0",
        ],
        &["Cc2VjcmV0", "S500 what is c2VjcmV0", "Sc2VjcmV0 is unknown"],
        &["CXXXX PLAIN c2VjcmV0", "S421 4.7.0 c2VjcmV0"],
    ] {
        let smtp = opened(&[&["CSTARTTLS", "S220 go"], script].concat());
        let told = format!("{smtp:?}");
        assert!(!told.contains("c2Vj"), "{told}");
        assert!(!smtp.plaintext_after_grant.is_empty());
    }
}

#[test]
fn both_sides_go_on_in_clear() {
    let script = [
        "CSTARTTLS",
        "S220 go",
        "CEHLO a",
        "S250-mx",
        "S250 AUTH LOGIN",
        "CAUTH LOGIN c2VjcmV0",
        "S235 ok",
        "CMAIL FROM:<a@b>",
        "S250 ok",
    ];
    let smtp = opened(&script);
    assert_eq!(smtp.decrypted, Some(At { frame: 9 }));
    assert!(smtp.cleartext_auth.is_none() && smtp.cleartext_mail.is_none());
    assert_eq!(smtp.capabilities, ["STARTTLS"]);
    assert_eq!(smtp.offered, Some(At { frame: 4 }));
    let after = smtp.after_tls.unwrap();
    assert_eq!(after.capabilities, ["AUTH LOGIN"]);
    assert_eq!(
        after.auth.and_then(|it| it.reply).map(|it| it.code),
        Some(235)
    );
    assert_eq!(after.mail.map(|it| it.after), Some(Some(Before::Failed)));
    // Where TLS was seen it was a fallback, and where the server does not answer EHLO the client
    // alone is in clear: its credentials are exposed.
    let mut fallback = dialogue(true, &[&OPEN[..], &script].concat());
    fallback.tls(Peer::Client, 200, 20, true);
    for smtp in [
        fallback.into_facts().unwrap(),
        opened(&["CSTARTTLS", "S220 go", "CEHLO a", "CAUTH LOGIN c2VjcmV0"]),
    ] {
        assert_eq!(smtp.decrypted, None);
        assert!(smtp.cleartext_auth.is_some());
    }
}

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
fn demands_for_tls() {
    let smtp = opened(&[
        "CMAIL FROM:<a@b>",
        "S451 5.7.3 STARTTLS is required to send mail",
    ]);
    let required = smtp.tls_required.unwrap();
    assert_eq!((required.frame, required.code), (6, 451));
    assert_eq!(required.text, "5.7.3 STARTTLS is required to send mail");
    // An AUTH whose line held the secret may be repeated.
    let smtp = opened(&[
        "CAUTH PLAIN c2VjcmV0",
        "S530 5.7.0 Must issue STARTTLS before c2VjcmV0",
    ]);
    assert_eq!(
        smtp.tls_required.map(|it| it.text).as_deref(),
        Some("5.7.0")
    );
    // A refusal of TLS demands none, and neither does a demand for a login.
    assert_eq!(
        opened(&["CSTARTTLS", "S503 5.5.1 EHLO must come first"]).tls_required,
        None
    );
    assert_eq!(
        opened(&["CMAIL FROM:<a@b>", "S530 5.7.0 Authentication required"]).tls_required,
        None
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
            "CAUTH PLAIN x",
            "S235 ok"
        ]),
        ("AUTH", "LOGIN".to_owned(), Some((8, 501)))
    );
    // The reply of the second is not that of the first.
    assert_eq!(
        reply(&["CAUTH LOGIN", "s", "CQUIT", "CAUTH PLAIN x", "S235 ok"]).2,
        None
    );
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
    assert_eq!(dialogue.limits_hit(), (1, 0));
}
