//! Lists of certificates that do not lead from the leaf to a root.

use super::refusal::{BAD, Fit, UNKNOWN, UNKNOWN_CA};
use super::{Fault, either};
use crate::model::certificate::{Certificate, Chain, ChainEnd, Order};
use crate::model::tls::Version;
use crate::model::{Confidence, Session, Severity};
use crate::rules::{Observation, Rule, words};

pub const MISSING_INTERMEDIATE: Rule = Rule {
    id: "C06",
    title: "The issuing certificate was not sent",
    severity: Severity::High,
    meaning: "The certificate came alone. Who does not have its issuer from elsewhere cannot connect \
              it to a root; Windows fetches it, OpenSSL, Java and Postfix do not.",
    evidence: "One certificate, issued by another one that was not sent; the cause of a failure \
               where alert 48, 46 or 42 answers it.",
    trap: "A certificate issued directly by a root is complete so. Only where it names an address to \
           fetch its issuer from is the issuer surely none, and not even there if that is a \
           directory or the issuer calls itself a root; else the verdict stays unsure.",
    advice: "Install the intermediate certificates that came with it; in Windows in the Intermediate \
             store, elsewhere in the same file behind the certificate.",
    references: &["RFC 5246 section 7.4.2", "RFC 8446 section 4.4.2"],
    tls_rpt: Some("certificate-not-trusted"),
    check: missing_intermediate,
};

pub const ORDER: Rule = Rule {
    id: "C07",
    title: "The certificate list is untidy",
    severity: Severity::Low,
    meaning: "Certificates are out of order, there twice, or do not belong there. Most programs sort \
              them out, strict ones fail, and the handshake grows.",
    evidence: "A certificate that is not followed by its issuer, one that is no issuer of the first, \
               the same one twice, or the root at the end.",
    trap: "TLS 1.3 allows any order behind the first, and the root may be sent; both are only a \
           waste. Issuers are told by name and key identifier, signatures are not verified.",
    advice: "Send the server's own certificate, then each issuer in order, without the root.",
    references: &["RFC 5246 section 7.4.2", "RFC 8446 section 4.4.2"],
    tls_rpt: None,
    check: order,
};

/// A root that the peer does not know looks the same.
const NO_PATH: Fit = Fit {
    alerts: &[
        (UNKNOWN_CA, Confidence::High),
        (UNKNOWN, Confidence::Medium),
        (BAD, Confidence::Medium),
    ],
    closed: Some(Confidence::Low),
};

fn missing_intermediate(session: &Session) -> Option<Observation> {
    either(session, |presented| {
        let chain = presented.chain.filter(|chain| chain.whole)?;
        let issuer = chain.missing_issuer.as_deref()?;
        let alone = chain.path.len() == 1 && chain.ends == Some(ChainEnd::IssuerNotSent);
        if !alone || presented.is_anonymous() || is_ssl2(session) {
            return None;
        }
        let what = format!(
            "{} without its issuer {}.",
            presented.words(0),
            words::quoted(issuer)
        );
        let is_fetched = names_intermediate(presented.leaf, issuer);
        Some(presented.observe(&Fault {
            at: 0,
            what,
            severity: Severity::Low,
            otherwise: "This peer does not mind, or has it from elsewhere.",
            fit: &NO_PATH,
            surest: match is_fetched {
                true => Confidence::High,
                false => Confidence::Medium,
            },
            frames: &[],
        }))
    })
}

/// The certificate says where its issuer can be fetched, which is of use for an intermediate only.
/// Authorities of Windows name themselves so even where they are the root: in the directory.
fn names_intermediate(leaf: &Certificate, issuer: &str) -> bool {
    let in_directory = |place: &String| place.starts_with("ldap:");
    let is_root = issuer.to_ascii_lowercase().contains("root");
    !leaf.ca_issuers.is_empty() && !leaf.ca_issuers.iter().any(in_directory) && !is_root
}

/// SSL 2.0 has room for one certificate only.
fn is_ssl2(session: &Session) -> bool {
    let answer = session.tls.as_ref().and_then(|it| it.server_hello.as_ref());
    answer.and_then(|answer| answer.version) == Some(Version::SSL2)
}

fn order(session: &Session) -> Option<Observation> {
    either(session, |presented| {
        let chain = presented.chain.filter(|chain| chain.whole)?;
        let faults = faults(chain, presented.list);
        if faults.is_empty() {
            return None;
        }
        let is_root_alone = faults.len() == 1 && root(chain, presented.list).is_some();
        let cause = format!(
            "The {} sent {} certificates (frame {}): {}.",
            presented.by,
            presented.list.len(),
            presented.leaf.frame,
            faults.join("; ")
        );
        Some(Observation {
            severity: match is_root_alone {
                true => Severity::Info,
                false => Severity::Low,
            },
            confidence: Confidence::High,
            cause,
            frames: vec![presented.leaf.frame],
            explains: false,
        })
    })
}

fn faults(chain: &Chain, list: &[Certificate]) -> Vec<String> {
    let mut faults = Vec::new();
    match chain.order {
        Order::LeafFirst => {}
        Order::OutOfOrder => {
            let path: Vec<String> = chain.path.iter().map(|at| number(*at)).collect();
            let path = path.join(", ");
            faults.push(format!(
                "each is followed by its issuer in the order {path}"
            ));
        }
        Order::LeafNotFirst => faults.push("the first is an issuer of another one".to_owned()),
    }
    if !chain.strangers.is_empty() {
        let strangers: Vec<String> = chain.strangers.iter().map(|at| number(*at)).collect();
        let strangers = strangers.join(", ");
        faults.push(format!("no issuer of the first is number {strangers}"));
    }
    if let Some([first, again]) = chain.duplicates.first() {
        let (first, again) = (number(*first), number(*again));
        faults.push(format!("number {again} is number {first} again"));
    }
    if let Some(at) = root(chain, list) {
        let at = number(at);
        faults.push(format!("number {at} is the root, which need not be sent"));
    }
    faults
}

/// People count from 1.
fn number(at: usize) -> String {
    (at + 1).to_string()
}

/// A self-signed certificate at the end of the path, behind others.
fn root(chain: &Chain, list: &[Certificate]) -> Option<usize> {
    let last = *chain.path.last().filter(|_| chain.path.len() > 1)?;
    (list.get(last)?.self_signed == Some(true)).then_some(last)
}
