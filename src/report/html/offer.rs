//! What the client offered beside what the server chose.
//!
//! What a cut hello leaves open, and what is encrypted, is in no row.

use crate::escape::shown;
use crate::model::Session;
use crate::model::tls::{ClientHello, Renegotiation, ServerHello, Tls};
use crate::report::phrases::hellos::{
    compressing, key_share, psk, resumed, suite, ticket, version,
};

/// Items of a list; a ClientHello has room for tens of thousands of suites.
const ITEMS: usize = 100;

/// Both sides of a handshake.
pub struct Offer {
    /// Frame of the ClientHello.
    pub client_frame: u64,
    /// Frame of the ServerHello; `None` when none was seen.
    pub server_frame: Option<u64>,
    /// What is offered, and what became of it.
    pub rows: Vec<Row>,
    /// What is to be said of the hellos themselves.
    pub notes: Vec<String>,
}

/// One matter.
pub struct Row {
    /// What it is about.
    pub name: &'static str,
    /// What the client offered, in its order.
    pub offered: Vec<Item>,
    /// How much more it offered.
    pub left_out: usize,
    /// What the server chose; empty where that is not known.
    pub chosen: String,
}

/// One thing offered.
pub struct Item {
    /// In words.
    pub text: String,
    /// The server chose it.
    pub chosen: bool,
    /// Something is wrong with it whoever uses it.
    pub weak: bool,
}

impl Offer {
    /// Of a session in which a ClientHello was seen.
    pub fn new(session: &Session) -> Option<Self> {
        let tls = session.tls.as_ref()?;
        let second = tls.second_client_hello.as_ref();
        let retried = tls.hello_retry_request.as_ref().and(second);
        let hello = retried.or(tls.client_hello.as_ref())?;
        let server = tls.server_hello.as_ref();
        let mut rows = negotiated(tls, hello, server);
        rows.extend(answered(hello, server));
        rows.retain(|row| !row.offered.is_empty() || !row.chosen.is_empty());
        Some(Self {
            client_frame: hello.frame,
            server_frame: server.map(|server| server.frame),
            rows,
            notes: notes(tls, hello, server),
        })
    }
}

/// What both sides have to agree on.
fn negotiated(tls: &Tls, hello: &ClientHello, server: Option<&ServerHello>) -> Vec<Row> {
    let chosen = server.and_then(|server| server.version);
    let versions = hello.versions.iter().map(|&offered| Item {
        text: version(offered),
        chosen: Some(offered) == chosen,
        weak: false,
    });
    let versions = row("version", versions, chosen.map(version));
    let chosen = server.and_then(|server| server.cipher_suite);
    let suites = hello.cipher_suites.iter().map(|offered| Item {
        text: suite(offered),
        chosen: chosen.is_some_and(|chosen| chosen.code == offered.code),
        weak: offered.weakness.is_some(),
    });
    let suites = row("cipher suite", suites, chosen.as_ref().map(suite));
    let group = server.and_then(|server| server.group.clone());
    let bits = server.and_then(|server| server.dh_bits);
    let prime = bits.map(|bits| format!("Diffie-Hellman, {bits} bit"));
    let groups = texts(&hello.groups, group.as_deref());
    let groups = row("group", groups, group.clone().or(prime));
    let share = server.and_then(|server| server.key_share.as_ref());
    let shares = hello.key_shares.iter().map(|offered| Item {
        text: key_share(offered),
        chosen: share.is_some_and(|share| share.group == offered.group),
        weak: false,
    });
    let shares = row("key share", shares, share.map(key_share));
    let exchange = tls.server_key_exchange.as_ref();
    let signature = exchange.and_then(|exchange| exchange.signature_algorithm.clone());
    let signatures = texts(&hello.signature_algorithms, signature.as_deref());
    let signatures = row("signature", signatures, signature.clone());
    let alpn = server.and_then(|server| server.alpn.clone());
    let protocols = texts(&hello.alpn, alpn.as_deref());
    let protocols = row("ALPN", protocols, alpn.as_deref().map(shown));
    let method = server.and_then(|server| server.compression_method.as_ref());
    let methods = compressing(&hello.compression_methods);
    let methods = texts(&methods, method.map(String::as_str));
    let method = method.filter(|method| *method != "null");
    let methods = row("compression", methods, method.cloned());
    vec![
        versions, suites, groups, shares, signatures, protocols, methods,
    ]
}

/// What the client asks for and the server may answer.
fn answered(hello: &ClientHello, server: Option<&ServerHello>) -> Vec<Row> {
    let name = hello.sni.as_deref().map(shown);
    let used = server.and_then(|server| server.sni_acknowledged);
    let used = used.filter(|_| name.is_some());
    let promised = server.and_then(|server| server.session_ticket);
    let asked = Some(ticket(hello.session_ticket)).filter(|text| !text.is_empty());
    let keys = Some(psk(hello.psk)).filter(|text| !text.is_empty());
    let key = server.and_then(|server| server.psk_selected);
    let again = server.map(resumed).filter(|text| !text.is_empty());
    let mut rows = vec![
        one("server name", name, word(used, "used", "not acknowledged")),
        one("session ticket", asked, word(promised, "promised", "no")),
        one(
            "pre-shared keys",
            keys,
            key.map(|at| format!("number {at}")),
        ),
        one("resumed", None, again),
    ];
    let renegotiation = hello.renegotiation_info.map(|it| it != Renegotiation::None);
    let of = |field: fn(&ServerHello) -> Option<bool>| server.and_then(field);
    for (name, offered, answer) in [
        (
            "extended master secret",
            hello.extended_master_secret,
            of(|it| it.extended_master_secret),
        ),
        (
            "encrypt-then-MAC",
            hello.encrypt_then_mac,
            of(|it| it.encrypt_then_mac),
        ),
        (
            "secure renegotiation",
            renegotiation,
            of(|it| it.renegotiation_info),
        ),
        (
            "OCSP stapling",
            hello.status_request,
            of(|it| it.status_request),
        ),
    ] {
        let answer = word(answer, "yes", "no");
        rows.push(one(name, word(offered, "yes", "no"), answer));
    }
    rows
}

fn notes(tls: &Tls, hello: &ClientHello, server: Option<&ServerHello>) -> Vec<String> {
    let mut notes = Vec::new();
    if let Some(retry) = &tls.hello_retry_request {
        let group = retry.group.as_deref().unwrap_or("another group");
        notes.push(format!(
            "A HelloRetryRequest (frame {}) asked for {group}; the hello after it is shown.",
            retry.frame
        ));
    }
    if hello.partial {
        notes.push("The ClientHello is cut: what stood behind the cut is not known.".to_owned());
    }
    match server {
        None => notes.push("No ServerHello was seen.".to_owned()),
        Some(server) if server.partial => {
            notes
                .push("The ServerHello is cut: what stood behind the cut is not known.".to_owned());
        }
        Some(server) if server.version.is_some_and(|version| version.is_tls13()) => {
            notes.push("Most of the server's answers are encrypted in TLS 1.3.".to_owned());
        }
        Some(_) => {}
    }
    notes
}

fn row(name: &'static str, items: impl Iterator<Item = Item>, chosen: Option<String>) -> Row {
    let mut offered: Vec<Item> = items.collect();
    let left_out = offered.len().saturating_sub(ITEMS);
    offered.truncate(ITEMS);
    Row {
        name,
        offered,
        left_out,
        chosen: chosen.unwrap_or_default(),
    }
}

/// A row with at most one thing offered.
fn one(name: &'static str, offered: Option<String>, chosen: Option<String>) -> Row {
    let item = offered.map(|text| Item {
        text,
        chosen: false,
        weak: false,
    });
    row(name, item.into_iter(), chosen)
}

fn texts<'a>(values: &'a [String], chosen: Option<&'a str>) -> impl Iterator<Item = Item> + 'a {
    values.iter().map(move |value| Item {
        text: shown(value),
        chosen: Some(value.as_str()) == chosen,
        weak: false,
    })
}

fn word(is: Option<bool>, yes: &str, no: &str) -> Option<String> {
    is.map(|is| if is { yes } else { no }.to_owned())
}
