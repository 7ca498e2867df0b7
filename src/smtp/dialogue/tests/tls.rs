//! The request for TLS, its reply, and text around them.

use super::*;
use crate::model::smtp::{Before, Early};

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
    let left_out = dialogue.left_out();
    assert_eq!((left_out.long_lines, left_out.lines), (0, 84));
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
    // In place of a greeting as well, where the client did not wait for it.
    let smtp = facts(
        true,
        &["CAUTH PLAIN c2VjcmV0", "S554 5.5.0 c2VjcmV0 is unknown"],
    );
    assert_eq!(smtp.rejected.map(|it| it.text).as_deref(), Some("5.5.0"));
    // What it answers was said before the capture began, whatever came in between.
    let smtp = facts(
        false,
        &[
            "CMAIL FROM:<a@b>",
            "S530 5.7.0 Must issue STARTTLS before c2VjcmV0",
        ],
    );
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
