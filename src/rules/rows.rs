//! Rows of the signature table that are no rules, and what answers instead.

use serde::Serialize;

/// A signature that no rule looks for.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Row {
    /// Stable id.
    pub id: &'static str,
    /// What it is about, in a few words.
    pub title: &'static str,
    /// Why no rule looks for it, and where its answer stands.
    pub instead: &'static str,
}

/// No fault, but a list.
const INVENTORY: &str = "No fault but a list: `starttap read --inventory` prints it.";
/// What differs between two sightings of a connection.
const TWO_POINTS: &str = "Shows only between two captures of the connection: X10 names it there.";
/// How copies are dealt with, whatever made them.
const COPIES: &str = "A fact of the recording: the copies are set aside before anything is counted, \
                      tcp.capture_copies counts them, and capture.point says what made them.";

/// All of them, in the order of the signature table.
pub static ROWS: &[Row] = &[
    row(
        "S21",
        "X-ANONYMOUSTLS between Exchange servers",
        "No fault: smtp.tls_verb names it and the TLS behind it is judged like any other; \
         self-signed certificates are normal there.",
    ),
    row(
        "T32",
        "Handshake messages in many small records",
        "Legal (RFC 8446 section 5.1): messages are put together before anything is judged.",
    ),
    row(
        "T33",
        "Warning alerts",
        "No fault by themselves: tls.alerts lists them with their frames.",
    ),
    row(
        "C10",
        "Two certificates of the same name alternate",
        "Shows only beside other connections: X03 names it there.",
    ),
    row(
        "C13",
        "One client certificate for several organisations",
        "Whose mail it is stands inside TLS: tls.certificates.client shows what was presented.",
    ),
    row(
        "C16",
        "An RSA key that cannot be used for key transport",
        "A policy that bans key transport looks the same: T13 names the offer, X04 compares it with \
         those that work.",
    ),
    row(
        "C17",
        "Digests to compare with TLSA records",
        "Needs DNS, and starttap sends nothing: tlsa in tls.certificates has the digests to compare.",
    ),
    row(
        "C19",
        "The certificate differs between two captures",
        INVENTORY,
    ),
    row(
        "P14",
        "The MSS differs between two capture points",
        TWO_POINTS,
    ),
    row(
        "P15",
        "TCP options or sequence numbers rewritten on the way",
        TWO_POINTS,
    ),
    row(
        "P16",
        "A genuine retransmission",
        "The same as P22, which counts what is left when capture copies are set aside.",
    ),
    row(
        "P19",
        "The same ports used again",
        "No fault: connections are told apart by their initial sequence numbers, each is a session.",
    ),
    row(
        "P20",
        "Time from ClientHello to ServerHello",
        "A measure and no fault: waits of more than five seconds are P10.",
    ),
    row(
        "X11",
        "Who would break at a higher version floor",
        INVENTORY,
    ),
    row(
        "X12",
        "Which servers still present the old certificate",
        INVENTORY,
    ),
    row("K01", "A router records every packet twice", COPIES),
    row("K02", "A mirror port records every packet twice", COPIES),
    row(
        "K03",
        "Every packet recorded with and without a tag",
        COPIES,
    ),
    row(
        "K04",
        "One direction is missing",
        "A fact of the recording: capture.visibility tells it, and rules that need both are silent.",
    ),
    row(
        "K05",
        "The recording began in the middle",
        "A fact of the recording: capture.starts tells it.",
    ),
    row(
        "K06",
        "Frames are cut by the snap length",
        "A fact of the recording: capture.snaplen_cut tells it.",
    ),
    row(
        "K07",
        "Packets are missing in the recording",
        "A fact of the recording: missing_bytes tells it for each direction.",
    ),
    row(
        "K08",
        "Frames larger than the link carries",
        "The work of the sender's network card: P06 does not take their size for that on the wire.",
    ),
    row(
        "K09",
        "Time runs backwards",
        "A fact of the recording: frames are taken in the order of the file, and spans that would \
         be negative are not given.",
    ),
    row(
        "K10",
        "Wrong checksums of what the recording host sends",
        "The work of its network card: checksums are not judged.",
    ),
    row(
        "K12",
        "An unknown link type",
        "A fact of the recording: inputs names the link types and counts the frames skipped.",
    ),
    row(
        "K13",
        "A file cut short or put together from others",
        "A fact of the recording: inputs says whether it is complete, and what stopped the reading.",
    ),
];

const fn row(id: &'static str, title: &'static str, instead: &'static str) -> Row {
    Row { id, title, instead }
}
