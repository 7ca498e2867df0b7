//! Rules across sessions: each has something on which it fires and a near miss on which it must
//! not.

use serde_json::Value;
use starttap::rules::CROSS_RULES;

use crate::support::{recorded, starttap};
use crate::trace::tls::{
    ClientHello, ServerHello, alert, client_finished, encrypted, server_done, server_finished,
};
use crate::trace::{CLIENT, SERVER, Trace};

/// Where a rule fires, or must not.
enum Place {
    /// Recorded captures, read together.
    Captures(&'static [&'static str]),
    /// Made-up connections, each a file of its own.
    Made(fn() -> Vec<Trace>),
}
use Place::{Captures, Made};

const FIRES: &[(&str, Place)] = &[
    ("C15", Captures(&["cert-ecdsa.pcap"])),
    ("X01", Captures(&["fallback-dance.pcap"])),
    ("X02", Captures(&["fallback-dance.pcap"])),
    // The handshake came about, and the client left over what stood before it.
    ("X02", Captures(&["response-injection.pcap"])),
    ("X03", Captures(&["story3-two-backends.pcap"])),
    ("X04", Captures(&["story2-rc4-queue.pcap"])),
    (
        "X05",
        Made(|| outcomes(&[true, true, true, false, false, false])),
    ),
    ("X05", Captures(&["certificate-replaced.pcap"])),
    ("X06", Captures(&["offers-by-source.pcap"])),
    ("X07", Captures(&["queue-drained.pcap"])),
    ("X08", Captures(&["gateway-scanner.pcap"])),
    ("X09", Captures(&["copies-near.pcap", "copies-far.pcap"])),
    (
        "X10",
        Captures(&["nat-stripped-inside.pcap", "nat-stripped-outside.pcap"]),
    ),
    ("X10", Made(|| vec![drawn(0, 4), drawn(0x0F0F_0F0F, 4)])),
];

const NEAR: &[(&str, Place)] = &[
    // Another server without a suite in common, with an RSA certificate.
    ("C15", Captures(&["no-common-cipher.pcap"])),
    // The same offer again is a retry.
    ("X01", Captures(&["downgrade-to-clear.pcap"])),
    // An older version, and a curve that the attempt before did not offer: another client.
    ("X01", Captures(&["group-mismatch.pcap"])),
    // TLS 1.3 only, then TLS 1.1 only: nothing of the first offer is in the second.
    ("X01", Captures(&["sigalg-mismatch.pcap"])),
    // Nobody had tried TLS before.
    ("X02", Captures(&["cleartext-mail.pcap"])),
    // Four sessions, one certificate.
    ("X03", Captures(&["story2-rc4-queue.pcap"])),
    // All fail alike.
    ("X04", Captures(&["story2-rc4-leaves.pcap"])),
    // It changes back.
    (
        "X05",
        Made(|| outcomes(&[true, true, true, false, false, false, true])),
    ),
    // HELO is never answered with an offer.
    (
        "X06",
        Made(|| vec![offering(10, "EHLO", true), offering(11, "HELO", false)]),
    ),
    // At two points the same connection.
    (
        "X06",
        Captures(&["nat-stripped-inside.pcap", "nat-stripped-outside.pcap"]),
    ),
    ("X07", Made(|| failing_at(&[0.0, 900.0, 1_000.0, 4_000.0]))),
    // Many programs behind one address.
    ("X08", Captures(&["gateway-clients.pcap"])),
    // Two connections of the same program.
    (
        "X09",
        Captures(&["story1-failing.pcap", "story1-failing-alert.pcap"]),
    ),
    // Another client, and a random that everybody draws.
    ("X10", Made(|| vec![drawn(0, 4), drawn(0x0F0F_0F0F, 5)])),
    (
        "X10",
        Made(|| vec![drawn(0, 4), drawn(0x0F0F_0F0F, 4), drawn(0x0A0A_0A0A, 4)]),
    ),
    // Seen twice, and nothing was changed.
    (
        "X10",
        Captures(&["pmtu-blackhole-sender.pcap", "pmtu-blackhole-receiver.pcap"]),
    ),
];

#[test]
fn every_rule_fires_and_has_a_near_miss() {
    let mut wrong = Vec::new();
    for (number, (rule, place)) in FIRES.iter().enumerate() {
        if !found(place, &format!("fires-{number}")).contains(&(*rule).to_owned()) {
            wrong.push(format!("{rule} does not fire"));
        }
    }
    for (number, (rule, place)) in NEAR.iter().enumerate() {
        if found(place, &format!("near-{number}")).contains(&(*rule).to_owned()) {
            wrong.push(format!("{rule} fires on its near miss"));
        }
    }
    for rule in CROSS_RULES {
        for (kind, table) in [("fires", FIRES), ("near", NEAR)] {
            if table.iter().all(|(id, _)| *id != rule.id) {
                wrong.push(format!("{}: nothing on which it {kind}", rule.id));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Ids of the findings across sessions.
fn found(place: &Place, name: &str) -> Vec<String> {
    let paths: Vec<String> = match place {
        Captures(files) => files
            .iter()
            .map(|file| format!("captures/{file}"))
            .collect(),
        Made(make) => {
            let traces = make().into_iter().enumerate();
            traces
                .map(|(number, trace)| trace.write(&format!("across-{name}-{number}")))
                .collect()
        }
    };
    let mut arguments = vec!["read", "-q", "--format", "json"];
    arguments.extend(paths.iter().map(String::as_str));
    let report: Value = serde_json::from_slice(&starttap(&arguments).stdout).expect("JSON");
    let findings = report["findings"].as_array().expect("findings");
    let ids = findings.iter().filter_map(|finding| finding["id"].as_str());
    ids.map(str::to_owned).collect()
}

/// A connection of this client, begun so many seconds after the first.
fn from(client: u8, seconds: f64) -> Trace {
    let mut trace = Trace::new();
    trace.hosts[CLIENT].ip[3] = client;
    trace.wait(seconds * 1_000.0);
    trace
}

fn works(client: u8, seconds: f64, suite: u16, records: usize) -> Trace {
    let mut trace = from(client, seconds);
    trace.granted();
    trace.client_tls(&ClientHello::tls12().suites(&[suite]).record());
    trace.server_tls(&[ServerHello::tls12(suite).record(), server_done()].concat());
    trace.client_tls(&client_finished());
    trace.server_tls(&server_finished());
    for _ in 0..records {
        trace.client_tls(&encrypted(60));
        trace.server_tls(&encrypted(90));
    }
    trace.close(CLIENT);
    trace
}

fn fails(client: u8, seconds: f64, suites: &[u16]) -> Trace {
    let mut trace = from(client, seconds);
    trace.granted();
    trace.client_tls(&ClientHello::tls12().suites(suites).record());
    trace.server_tls(&alert(2, 40));
    trace.close(SERVER);
    trace
}

/// Sessions a minute apart that work, or do not.
fn outcomes(outcomes: &[bool]) -> Vec<Trace> {
    let minutes = outcomes.iter().zip(0u32..);
    minutes
        .map(|(works_so, minute)| {
            let second = f64::from(minute * 60);
            match works_so {
                true => works(10, second, 0x002F, 6),
                false => fails(10, second, &[0x002F]),
            }
        })
        .collect()
}

fn failing_at(seconds: &[f64]) -> Vec<Trace> {
    let seconds = seconds.iter();
    seconds.map(|&at| fails(10, at, &[0x002F])).collect()
}

/// A session whose sequence numbers are shifted so far, with the random that this seed gives.
fn drawn(shift: u32, seed: u8) -> Trace {
    let mut trace = from(10, 1.0);
    trace.hosts[CLIENT].next = 0x1234_5678 ^ shift;
    trace.hosts[SERVER].next = 0x2345_6789 ^ shift;
    trace.granted();
    let mut hello = ClientHello::tls12().suites(&[0x002F]);
    hello.random = std::array::from_fn(|at| (at as u8).wrapping_mul(37) ^ seed);
    trace.client_tls(&hello.record());
    trace.server_tls(&[ServerHello::tls12(0x002F).record(), server_done()].concat());
    trace.client_tls(&client_finished());
    trace.server_tls(&server_finished());
    trace.close(CLIENT);
    trace
}

fn offering(client: u8, hello: &str, offered: bool) -> Trace {
    let mut trace = from(client, f64::from(client));
    trace.connect().server("220 mail.example.com ESMTP");
    trace.client(&format!("{hello} hub.example.net"));
    match offered {
        true => trace.server("250-mail.example.com\r\n250 STARTTLS"),
        false => trace.server("250-mail.example.com\r\n250 SIZE 1000"),
    };
    trace.client("QUIT").server("221 bye").close(SERVER);
    trace
}

/// The sender offers TLS 1.3 elsewhere in the capture: it has not stepped down from TLS 1.2.
#[test]
fn x01_is_not_sure_of_a_run_that_begins_below_the_best() {
    let confidence = |file: &str| {
        let report = recorded(file);
        let mut findings = report["findings"].as_array().expect("findings").iter();
        let dance = findings.find(|it| it["id"] == "X01").expect("X01");
        dance["confidence"].clone()
    };
    assert_eq!(confidence("fallback-dance.pcap"), "high");
    assert_eq!(confidence("tls11-only.pcap"), "medium");
}
