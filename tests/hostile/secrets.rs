//! What must never be told: AUTH secrets and message bodies, however the session is captured.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use starttap::model::Session;

use super::reports;
use crate::evidence::made::capture;
use crate::fuzz::evidence;
use crate::invariance::seed;
use crate::labels::packet::Random;
use crate::wire::{ACK, CLIENT, PSH, Packet, SERVER, Talk, sessions};

const USER: &str = "wanda.whitlock@secret.example";
const PASSWORD: &str = "Tr0ub4dor&3-is-my-pass";
const BODY: &str = "the-merger-is-on-friday";

fn base64(text: &str) -> String {
    STANDARD.encode(text)
}

/// Everything secret, plain and as sent.
fn secrets() -> Vec<String> {
    let user = base64(USER);
    let password = base64(PASSWORD);
    let all = [
        USER.to_owned(),
        PASSWORD.to_owned(),
        BODY.to_owned(),
        user,
        password,
        plain(),
        xoauth2(),
    ];
    all.into_iter().map(|it| it.to_lowercase()).collect()
}

fn plain() -> String {
    base64(&format!("\0{USER}\0{PASSWORD}"))
}

fn xoauth2() -> String {
    base64(&format!("user={USER}\x01auth=Bearer {PASSWORD}\x01\x01"))
}

/// Who says what, a line each.
type Script = Vec<(usize, String)>;

fn script(lines: &[(usize, &str)]) -> Script {
    lines
        .iter()
        .map(|&(from, line)| {
            let line = line
                .replace("{user}", &base64(USER))
                .replace("{password}", &base64(PASSWORD))
                .replace("{plain}", &plain())
                .replace("{xoauth2}", &xoauth2())
                .replace("{body}", BODY);
            (from, format!("{line}\r\n"))
        })
        .collect()
}

const START: [(usize, &str); 4] = [
    (SERVER, "220 mx.example.org ESMTP"),
    (CLIENT, "EHLO hub.example.net"),
    (SERVER, "250-mx.example.org"),
    (SERVER, "250 AUTH LOGIN PLAIN XOAUTH2"),
];

const MAIL: [(usize, &str); 14] = [
    (CLIENT, "MAIL FROM:<>"),
    (SERVER, "250 ok"),
    (CLIENT, "RCPT TO:<a@example.org>"),
    (SERVER, "250 ok"),
    (CLIENT, "DATA"),
    (SERVER, "354 go ahead"),
    (CLIENT, "Subject: {body}"),
    (CLIENT, ""),
    (CLIENT, "Dear all, {body}."),
    (CLIENT, "..{body}"),
    (CLIENT, "."),
    (SERVER, "250 queued"),
    (CLIENT, "QUIT"),
    (SERVER, "221 bye"),
];

fn conversations() -> Vec<Script> {
    let auths: &[&[(usize, &str)]] = &[
        &[
            (CLIENT, "AUTH LOGIN"),
            (SERVER, "334 VXNlcm5hbWU6"),
            (CLIENT, "{user}"),
            (SERVER, "334 UGFzc3dvcmQ6"),
            (CLIENT, "{password}"),
            (SERVER, "235 2.7.0 accepted"),
        ],
        &[
            (CLIENT, "auth login {user}"),
            (SERVER, "334 UGFzc3dvcmQ6"),
            (CLIENT, "{password}"),
            (SERVER, "535 5.7.8 failed"),
            (CLIENT, "AUTH LOGIN"),
            (SERVER, "334 VXNlcm5hbWU6"),
            (CLIENT, "{user}"),
            (SERVER, "334 UGFzc3dvcmQ6"),
            (CLIENT, "{password}"),
            (SERVER, "235 2.7.0 accepted"),
        ],
        &[(CLIENT, "AUTH PLAIN {plain}"), (SERVER, "235 ok")],
        &[
            (CLIENT, "AUTH PLAIN"),
            (SERVER, "334 "),
            (CLIENT, "{plain}"),
            (SERVER, "235 ok"),
        ],
        &[
            (CLIENT, "AUTH XOAUTH2 {xoauth2}"),
            (SERVER, "334 eyJzdGF0dXMiOiI0MDAifQ=="),
            (CLIENT, ""),
            (SERVER, "535 5.7.8 failed"),
            (CLIENT, "AUTH XOAUTH2"),
            (SERVER, "334 "),
            (CLIENT, "{xoauth2}"),
            (SERVER, "235 ok"),
        ],
        // Clients that make mistakes: no mechanism, an answer after the end, an answer too many.
        &[
            (CLIENT, "AUTH {plain}"),
            (SERVER, "504 5.5.4 unrecognized"),
            (CLIENT, "{plain}"),
            (SERVER, "502 5.5.2 command not recognized: {plain}"),
            (CLIENT, "X-EXPS LOGIN"),
            (SERVER, "334 VXNlcm5hbWU6"),
            (CLIENT, "{user}"),
            (SERVER, "334 UGFzc3dvcmQ6"),
            (CLIENT, "{password}"),
            (CLIENT, "{password}"),
            (SERVER, "535 no"),
        ],
    ];
    auths
        .iter()
        .map(|auth| {
            let mut all = script(&START);
            all.extend(script(auth));
            all.extend(script(&MAIL));
            all
        })
        .collect()
}

/// A message that looks like commands, and one in chunks.
fn nasty() -> Vec<Script> {
    let mut message = script(&START);
    message.extend(script(&MAIL[..6]));
    message.extend(script(&[
        (CLIENT, "EHLO {body}"),
        (CLIENT, "HELO {body}"),
        (CLIENT, "XXXXXXXX {body}"),
        (CLIENT, "AUTH {body}"),
        (CLIENT, "STARTTLS"),
        (CLIENT, "DATA"),
        (CLIENT, "LHLO {body}"),
    ]));
    message.extend(script(&MAIL[10..]));
    let chunk = format!("EHLO {BODY}\r\nXXXXXXXX {BODY}\r\n.\r\nEHLO {BODY}\r\n");
    let mut chunks = script(&START);
    chunks.extend(script(&MAIL[..4]));
    chunks.push((CLIENT, format!("BDAT {}\r\n", chunk.len())));
    chunks.push((CLIENT, chunk.clone()));
    chunks.push((SERVER, "250 ok\r\n".to_owned()));
    chunks.push((CLIENT, format!("BDAT {} LAST\r\n{chunk}", chunk.len())));
    chunks.extend(script(&MAIL[11..]));
    vec![message, chunks]
}

/// The script in segments: a line each, or cut at random.
fn talk(script: &Script, cut: Option<&mut Random>) -> Vec<Packet> {
    let mut talk = Talk::new().open();
    let mut cut = cut;
    for (from, line) in script {
        let mut rest = line.as_bytes();
        while !rest.is_empty() {
            let len = match &mut cut {
                Some(random) => 1 + random.below(rest.len().min(9) as u64) as usize,
                None => rest.len(),
            };
            let (segment, tail) = rest.split_at(len);
            talk.send(*from, PSH | ACK, segment);
            rest = tail;
        }
    }
    talk.close().packets
}

fn assert_discreet(packets: &[Packet], what: &str) -> Vec<Session> {
    let sessions = sessions(packets);
    let shown = evidence::text(&evidence::cut(&capture(packets), true));
    let told = (reports(&sessions) + &shown).to_lowercase();
    for secret in secrets() {
        // No part of it either.
        for part in secret.as_bytes().windows(12) {
            let part = std::str::from_utf8(part).unwrap();
            assert!(
                !told.contains(part),
                "{what}: {part:?} of {secret:?} in {told}"
            );
        }
    }
    sessions
}

/// Only what one peer sent.
fn half(packets: &[Packet], client: bool) -> Vec<Packet> {
    let mut half = packets.to_vec();
    half.retain(|packet| (packet.to.port() == 25) == client);
    half
}

#[test]
fn whole_sessions_and_halves() {
    for (script, number) in conversations().iter().chain(&nasty()).zip(0..) {
        let packets = talk(script, None);
        let whole = assert_discreet(&packets, &format!("session {number}"));
        let smtp = whole[0].smtp.as_ref().unwrap();
        assert!(smtp.cleartext_mail.is_some(), "session {number}");
        assert!(smtp.quit.is_some(), "session {number}");
        assert_eq!(
            smtp.cleartext_auth.is_some(),
            number < 6,
            "session {number}"
        );
        let ehlo = smtp.ehlo.as_ref().map(|ehlo| ehlo.name.as_str());
        assert_eq!(ehlo, Some("hub.example.net"), "session {number}");
        assert_discreet(&half(&packets, true), &format!("client half {number}"));
        assert_discreet(&half(&packets, false), &format!("server half {number}"));
    }
}

#[test]
fn captures_that_begin_late_or_lack_a_segment() {
    for (script, number) in conversations().iter().zip(0..) {
        let packets = talk(script, None);
        for at in 0..packets.len() {
            let late = &packets[at..];
            assert_discreet(late, &format!("session {number} from {at}"));
            assert_discreet(&half(late, true), &format!("client {number} from {at}"));
            assert_discreet(&half(late, false), &format!("server {number} from {at}"));
            let mut holed = packets.clone();
            holed.remove(at);
            assert_discreet(&holed, &format!("session {number} without {at}"));
        }
    }
}

#[test]
fn segments_of_any_size() {
    let mut random = Random::new(seed());
    for round in 0..30 {
        for script in conversations().iter().chain(&nasty()) {
            let mut packets = talk(script, Some(&mut random));
            assert_discreet(&packets, "cut");
            // Neighbours change places, some are lost.
            for at in 1..packets.len() {
                let same = packets[at].from == packets[at - 1].from;
                if same && random.chance(20) {
                    packets.swap(at, at - 1);
                }
            }
            assert_discreet(&packets, "swapped");
            if round % 4 == 0 {
                continue;
            }
            // What looks like commands cannot be told from commands when DATA itself is lost.
            if script
                .iter()
                .any(|(_, line)| line.starts_with("LHLO") || line.starts_with("BDAT"))
            {
                continue;
            }
            packets.retain(|_| !random.chance(8));
            assert_discreet(&packets, "lost");
        }
    }
}
