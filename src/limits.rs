//! Every bound in one place, each with its reason.
//!
//! Bytes from the wire are chosen by strangers: nothing may grow without a limit. What did not fit
//! is counted ([`LeftOut`](crate::model::LeftOut)) and shows in the report.

use std::time::Duration;

/// Tunnel headers peeled off one packet. Real captures nest two or three (a mirror port's ERSPAN
/// around VXLAN around IP-in-IP); more is a packet made to keep us busy.
pub const TUNNEL_DEPTH: u8 = 8;

/// Datagrams that one frame may complete inside one another: a fragmented packet in a fragmented
/// tunnel, with room to spare. Each costs a buffer of up to 64 KiB for the life of the decoder.
pub const NESTED_REASSEMBLIES: usize = 3;

/// Messages noted between two looks at a connection, for `starttap frames`. A full segmentation
/// offload packet of pipelined commands holds a few thousand; more end in a `…`.
pub const MESSAGES_AT_ONCE: usize = 4096;

/// Sessions kept to be compared with others at the end of a run, at a few hundred bytes each.
pub const COMPARED_SESSIONS: usize = 200_000;

/// Entries of a list of an offer (suites, groups, signature algorithms) that are compared with those
/// of other sessions: OpenSSL's longest list of suites has 160, and made-up hellos with more must
/// neither fill the memory nor take long to compare.
pub const COMPARED_ENTRIES: usize = 200;

/// Bytes of capability lines that are compared with those of other sessions; real replies to EHLO
/// have some hundred.
pub const COMPARED_TEXT: usize = 4096;

/// The bounds of one run.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Bytes the read window starts with: a few hundred packets a system call.
    pub read_window: usize,
    /// Largest record or block of a capture file. libpcap writes at most 256 KiB a packet;
    /// pcapng blocks with many options can be larger; anything above is damage.
    pub block: usize,
    /// Interfaces of one capture, over all sections. Real captures hold a few hundred; a file of
    /// nothing but 20-byte interface blocks must not fill the memory.
    pub interfaces: usize,
    /// IP datagrams whose fragments are held at the same time.
    pub fragmented_datagrams: usize,
    /// Bytes of fragments held in all.
    pub fragment_bytes: usize,
    /// Capture time a fragment waits for the rest (RFC 791 suggests 15 s, Linux waits 30 s).
    pub fragment_wait: Duration,
    /// Connections of other ports that are remembered to number streams as Wireshark does; just
    /// below the 7/8 of 2^22 at which a hash table doubles. 0 = streams have no numbers, because
    /// other connections are not seen.
    pub other_connections: usize,
    /// Mail connections open at the same time.
    pub sessions: usize,
    /// Out-of-order bytes held per direction: one large window of an unscaled sender, four times.
    pub pending_bytes: usize,
    /// Out-of-order segments held per direction: one-byte segments must not cost a kilobyte each.
    pub pending_segments: usize,
    /// Memory for out-of-order bytes over all connections, what their bookkeeping takes included:
    /// a segment of one byte takes more than a hundred.
    pub pending_bytes_total: usize,
    /// Longest SMTP line kept (RFC 5321 allows 512 bytes, extensions and real servers more).
    pub smtp_line: usize,
    /// Largest TLS record body (RFC 5246 section 6.2.3: 2^14 + 2048).
    pub tls_record: usize,
    /// Largest handshake message read whole; certificate chains above 64 KiB exist. Of larger ones
    /// the beginning is read, and the record lists them.
    pub handshake_message: usize,
    /// Lines, alerts, certificates and other facts kept per session; counters go on.
    pub facts: usize,
    /// Bytes of text kept per session.
    pub fact_bytes: usize,
    /// Bytes that an evidence file may show of each direction of a session, with what is needed to
    /// find them; the rest is overwritten. Dialogue and handshake take a few kilobytes, the headers
    /// of a message of 10 MB some forty; with encrypted data it is the message.
    pub shown_bytes: usize,
    /// Bytes of all sessions that evidence files may show, at a time.
    pub shown_bytes_total: usize,
    /// Analysis labels kept per session as evidence; counters go on.
    pub labels: usize,
    /// Connections whose completeness `starttap frames` carries from its first pass over a file to
    /// its second, at a byte each; 15 times what the table of connections holds, because ports are
    /// used again.
    pub completeness: usize,
    /// Messages that `starttap frames` carries from its first pass to its second: those that
    /// complete in an earlier frame than the one that shows it. Seldom any.
    pub late_messages: usize,
    /// Capture time a connection stays open after both FINs or a RST, so that trailing
    /// resets and copies belong to it.
    pub linger: Duration,
    /// Idle capture time after which a connection is given up. RFC 5321 section 4.5.3.2 allows ten
    /// minutes for the reply to the end of the message.
    pub idle: Duration,
    /// Capture time a hole may stay open although the peer has acknowledged its bytes: captures of
    /// several interfaces hold packets slightly out of order.
    pub hole_wait: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            read_window: 1 << 18,
            block: 16 << 20,
            interfaces: 1 << 16,
            fragmented_datagrams: 256,
            fragment_bytes: 4 << 20,
            fragment_wait: Duration::from_secs(30),
            other_connections: 3_500_000,
            sessions: 1_000_000,
            pending_bytes: 256 << 10,
            pending_segments: 1024,
            pending_bytes_total: 64 << 20,
            smtp_line: 8 << 10,
            tls_record: (1 << 14) + 2048,
            handshake_message: 256 << 10,
            facts: 512,
            fact_bytes: 64 << 10,
            shown_bytes: 32 << 20,
            shown_bytes_total: 512 << 20,
            labels: 256,
            completeness: 64 << 20,
            late_messages: 1 << 20,
            linger: Duration::from_secs(5),
            idle: Duration::from_secs(15 * 60),
            hole_wait: Duration::from_millis(200),
        }
    }
}
