//! Dialogues in clear.

use super::Named;
use crate::trace::tls::{
    ClientHello, ServerHello, alert, client_finished, encrypted, server_done, server_finished,
};
use crate::trace::{ACK, CLIENT, FIN, SERVER, Trace};

pub const TRACES: &[Named] = &[
    ("keywords-with-x", keywords_with_x),
    ("not-offered-then-mail", || without_starttls("EHLO")),
    ("helo-then-mail", || without_starttls("HELO")),
    ("starttls-overwritten", starttls_overwritten),
    ("454-for-a-limit", limited),
    ("server-tires-after-220", server_tires_after_220),
    ("quit-after-220", quit_after_220),
    ("submission-given-up", submission_given_up),
    ("quit-after-ten-seconds", quit_after_ten_seconds),
    ("login-refused-at-once", login_refused_at_once),
    ("login-refused-then-another", login_refused_then_another),
    ("login-over-loopback", login_over_loopback),
    ("demand-then-starttls", demand_then_starttls),
    ("greeting-without-end", greeting_without_end),
    ("greeting-after-the-client", greeting_after_the_client),
    ("ehlo-unknown", ehlo_unknown),
    ("old-tls-to-the-cloud", || to_the_cloud(0x0301, 3)),
    ("old-tls-delivers-to-the-cloud", || to_the_cloud(0x0301, 9)),
    ("tls12-to-the-cloud", || to_the_cloud(0x0303, 3)),
    ("454-without-a-reason", || {
        answered("454 4.3.0 Try again later")
    }),
    ("500-without-the-offer", unknown_without_the_offer),
    ("text-long-after-the-hello", text_long_after_the_hello),
    ("text-for-a-client-that-said-more", text_for_more),
    ("text-after-grant-unanswered", text_after_grant_unanswered),
    ("implicit-tls-and-454", implicit_tls_and_454),
    ("login-captured-late", login_captured_late),
    ("login-after-a-grant", login_after_a_grant),
    ("login-to-own-address", || login_within([192, 0, 2, 25])),
    ("greeting-that-demands-tls", greeting_that_demands_tls),
    ("421-after-silence", sent_away_after_silence),
    ("message-about-encryption", message_about_encryption),
    ("overwritten-before-the-offer", overwritten_before_the_offer),
];

/// Keywords that begin with X are private ones (RFC 5321 section 4.1.5), and a banner may hold
/// asterisks.
fn keywords_with_x() -> Trace {
    let mut trace = Trace::new();
    trace.connect().server("220 mail.example.com *** ESMTP ***");
    trace.client("EHLO hub.example.net");
    trace.server("250-mail.example.com\r\n250-XXX\r\n250-X-EXPS GSSAPI NTLM\r\n250 XEXCH50");
    trace.client("QUIT").server("221 bye").close(CLIENT);
    trace
}

/// A message, as far as the envelope.
fn without_starttls(verb: &str) -> Trace {
    let mut trace = Trace::new();
    trace.connect().server("220 mail.example.com ESMTP");
    trace.client(&format!("{verb} hub.example.net"));
    trace.server("250-mail.example.com\r\n250 8BITMIME");
    trace
        .client("MAIL FROM:<alice@example.net>")
        .server("250 ok");
    trace.client("QUIT").server("221 bye").close(CLIENT);
    trace
}

/// Beyond the firewall: the offer leaves whole, the command arrives overwritten.
fn starttls_overwritten() -> Trace {
    let mut trace = Trace::new();
    trace.greeted().client("XXXXXXXX");
    trace.server("500 5.5.1 Command unrecognized");
    trace.client("QUIT").server("221 bye").close(CLIENT);
    trace
}

fn limited() -> Trace {
    answered("454 4.7.0 Too many TLS connections from your host")
}

/// This is what STARTTLS brings.
fn answered(reply: &str) -> Trace {
    let mut trace = Trace::new();
    trace.greeted().client("STARTTLS").server(reply);
    trace.client("QUIT").server("221 bye").close(CLIENT);
    trace
}

/// The capture begins behind the offer, if there was one.
fn unknown_without_the_offer() -> Trace {
    let mut trace = Trace::new();
    trace
        .client("STARTTLS")
        .server("500 5.5.2 Error: command not recognized");
    trace.client("QUIT").server("221 bye").close(CLIENT);
    trace
}

/// The server may have tired of a hello of which it wants more.
fn text_long_after_the_hello() -> Trace {
    let mut trace = Trace::new();
    trace.granted().client_tls(&ClientHello::tls12().record());
    trace
        .wait(60_000.0)
        .server("451 4.4.2 Timeout")
        .close(SERVER);
    trace
}

/// What the server says may answer RSET.
fn text_for_more() -> Trace {
    let mut trace = Trace::new();
    trace.greeted().client("STARTTLS\r\nRSET");
    trace.server("220 ready");
    trace.client_tls(&ClientHello::tls12().record());
    trace.server("503 5.5.1 Bad sequence").close(SERVER);
    trace
}

/// The server's answer would tell whether a device decrypts.
fn text_after_grant_unanswered() -> Trace {
    let mut trace = Trace::new();
    trace.granted().client("EHLO hub.example.net");
    trace
}

/// The server has TLS from the first byte, and says 454 behind its alert.
fn implicit_tls_and_454() -> Trace {
    let mut trace = Trace::new();
    trace.connect();
    trace.client_tls(&ClientHello::tls12().record());
    trace.server_tls(&alert(2, 40));
    trace.server("454 4.7.0 TLS not available").close(SERVER);
    trace
}

/// Behind a device that decrypts it looks like this, too.
fn login_captured_late() -> Trace {
    let mut trace = Trace::new();
    trace.client("EHLO hub.example.net");
    trace.server("250-mail.example.com\r\n250 AUTH PLAIN");
    trace.client("AUTH PLAIN AGFsaWNlAG5vdC1yZWFs");
    trace.server("235 2.7.0 ok");
    trace.client("QUIT").server("221 bye").close(CLIENT);
    trace
}

/// TLS was granted and never seen, the reply to EHLO neither.
fn login_after_a_grant() -> Trace {
    let mut trace = Trace::new();
    trace.granted().client("AUTH PLAIN AGFsaWNlAG5vdC1yZWFs");
    trace.server("235 2.7.0 ok");
    trace.client("QUIT").server("221 bye").close(CLIENT);
    trace
}

fn greeting_that_demands_tls() -> Trace {
    let mut trace = Trace::new();
    trace
        .connect()
        .server("554 5.7.1 This port is for TLS only");
    trace.close(SERVER);
    trace
}

/// The client has fallen silent, so the server says goodbye.
fn sent_away_after_silence() -> Trace {
    let mut trace = Trace::new();
    trace.greeted().wait(300_000.0);
    trace.server("421 4.4.2 timeout exceeded").close(SERVER);
    trace
}

/// The server objects to what is in the message, not to how it came.
fn message_about_encryption() -> Trace {
    let mut trace = Trace::new();
    trace.greeted().client("MAIL FROM:<alice@example.net>");
    trace.server("250 ok").client("RCPT TO:<bob@example.com>");
    trace.server("250 ok").client("DATA").server("354 go on");
    trace.client("Subject: invoice\r\n\r\nsee the archive\r\n.");
    trace.server("554 5.7.1 Encrypted attachments need a release first");
    trace.client("QUIT").server("221 bye").close(CLIENT);
    trace
}

/// Eight letters before there is an offer cannot have been STARTTLS.
fn overwritten_before_the_offer() -> Trace {
    let mut trace = Trace::new();
    trace.connect().server("220 mail.example.com ESMTP");
    trace
        .client("XXXXXXXX")
        .server("500 5.5.1 Command unrecognized");
    trace.client("EHLO hub.example.net");
    trace.server("250-mail.example.com\r\n250 STARTTLS");
    trace.client("QUIT").server("221 bye").close(CLIENT);
    trace
}

/// The client is silent, and the server does not wait any longer.
fn server_tires_after_220() -> Trace {
    let mut trace = Trace::new();
    trace.granted().wait(60_000.0).close(SERVER);
    trace
}

/// A client without TLS finds no login on the port where it wants to submit mail.
fn submission_given_up() -> Trace {
    let mut trace = Trace::new();
    trace.hosts[SERVER].port = 587;
    trace
        .greeted()
        .client("QUIT")
        .server("221 bye")
        .close(CLIENT);
    trace
}

fn quit_after_220() -> Trace {
    let mut trace = Trace::new();
    trace.granted().client("QUIT").close(CLIENT);
    trace
}

/// Whoever thinks about it for so long is no health check.
fn quit_after_ten_seconds() -> Trace {
    let mut trace = Trace::new();
    trace.greeted().wait(10_000.0).client("QUIT");
    trace.server("221 bye").close(CLIENT);
    trace
}

/// The password is never sent.
fn login_refused_at_once() -> Trace {
    let mut trace = Trace::new();
    trace.greeted().client("AUTH LOGIN");
    trace.server("334 VXNlcm5hbWU6").client("YWxpY2U=");
    trace.server("538 5.7.11 Encryption required");
    trace.client("QUIT").server("221 bye").close(CLIENT);
    trace
}

fn login_refused_then_another() -> Trace {
    let mut trace = Trace::new();
    trace.greeted().client("AUTH CRAM-MD5");
    trace.server("504 5.5.4 Unrecognized mechanism");
    trace.client("AUTH PLAIN AGFsaWNlAG5vdC1yZWFs");
    trace.server("235 2.7.0 ok");
    trace.client("QUIT").server("221 bye").close(CLIENT);
    trace
}

fn login_over_loopback() -> Trace {
    login_within([127, 0, 0, 1])
}

/// Both ends have this address.
fn login_within(ip: [u8; 4]) -> Trace {
    let mut trace = Trace::new();
    trace.hosts[CLIENT].ip = ip;
    trace.hosts[SERVER].ip = ip;
    trace.connect().server("220 mail.example.com ESMTP");
    trace.client("EHLO hub.example.net");
    trace.server("250-mail.example.com\r\n250 AUTH PLAIN");
    trace.client("AUTH PLAIN AGFsaWNlAG5vdC1yZWFs");
    trace.server("235 2.7.0 ok");
    trace.client("QUIT").server("221 bye").close(CLIENT);
    trace
}

fn demand_then_starttls() -> Trace {
    let mut trace = Trace::new();
    trace.greeted().client("MAIL FROM:<alice@example.net>");
    trace.server("530 5.7.0 Must issue a STARTTLS command first");
    trace.client("STARTTLS").server("220 ready");
    established(&mut trace, 0x0303, 5);
    trace.close(CLIENT);
    trace
}

fn greeting_without_end() -> Trace {
    let mut trace = Trace::new();
    trace.connect().server("220-mail.example.com ESMTP");
    trace.wait(40_000.0).close(CLIENT);
    trace
}

/// The client does not wait for the end of the greeting, which comes.
fn greeting_after_the_client() -> Trace {
    let mut trace = Trace::new();
    trace.connect().wait(10_000.0).bare(CLIENT, FIN | ACK);
    trace.server("220 mail.example.com ESMTP");
    trace.bare(SERVER, FIN | ACK);
    trace
}

fn ehlo_unknown() -> Trace {
    let mut trace = Trace::new();
    trace.connect().server("220 mail.example.com");
    trace.client("EHLO hub.example.net");
    trace.server("500 Command unrecognized");
    trace.client("QUIT").server("221 bye").close(CLIENT);
    trace
}

/// A submission to Microsoft 365 that the server ends after so many records of the client.
fn to_the_cloud(version: u16, records: usize) -> Trace {
    let mut trace = Trace::new();
    trace.hosts[SERVER].port = 587;
    trace.connect();
    trace.server("220 AM0PR02CA0001.outlook.office365.com Microsoft ESMTP MAIL Service ready");
    trace.client("EHLO printer.example.net");
    trace.server("250-AM0PR02CA0001.outlook.office365.com Hello\r\n250 STARTTLS");
    trace
        .client("STARTTLS")
        .server("220 2.0.0 SMTP server ready");
    established(&mut trace, version, records);
    trace.close(SERVER);
    trace
}

fn established(trace: &mut Trace, version: u16, records: usize) {
    let mut hello = ClientHello::tls12().suites(&[0x002F]);
    hello.version = version;
    trace.client_tls(&hello.record());
    let mut server = ServerHello::tls12(0x002F);
    server.version = version;
    trace.server_tls(&[server.record(), server_done()].concat());
    trace.client_tls(&client_finished());
    trace.server_tls(&server_finished());
    for _ in 0..records {
        trace.client_tls(&encrypted(60)).server_tls(&encrypted(80));
    }
}
