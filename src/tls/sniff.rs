//! Do these bytes start TLS? Asked at the start of lines, where SMTP text could stand as well.

use crate::model::Peer;

/// An answer that may need more bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sniff {
    /// They do.
    Yes,
    /// More bytes will tell.
    Maybe,
    /// They do not.
    No,
}

/// A record header: content type 20 to 24, version 3.x (RFC 8446 section 5.1, RFC 6520).
///
/// No SMTP line starts with such a byte.
pub fn record(bytes: &[u8]) -> Sniff {
    match *bytes {
        [] => Sniff::Maybe,
        [first, ..] if !(0x14..=0x18).contains(&first) => Sniff::No,
        [_, 0x03, minor, ..] if minor <= 0x04 => Sniff::Yes,
        [_] | [_, 0x03] => Sniff::Maybe,
        _ => Sniff::No,
    }
}

/// A ClientHello in SSL 2.0 format: two-byte length with the high bit set, message type 1, version
/// (RFC 5246 appendix E.2). Asked only where the client's first TLS byte is expected.
pub fn sslv2_client_hello(bytes: &[u8]) -> Sniff {
    match *bytes {
        [] => Sniff::Maybe,
        [first, ..] if first & 0x80 == 0 => Sniff::No,
        [_, _, 0x01, 0x03 | 0x00, minor, ..] if minor <= 0x04 => Sniff::Yes,
        [_] | [_, _] | [_, _, 0x01] | [_, _, 0x01, 0x03 | 0x00] => Sniff::Maybe,
        _ => Sniff::No,
    }
}

/// The same where anything may stand, as in a capture that begins late: the lengths of its parts
/// (RFC 5246 appendix E.2) must add up as well.
pub fn sslv2_client_hello_anywhere(bytes: &[u8]) -> Sniff {
    let sniff = sslv2_client_hello(bytes);
    let Some((head, _)) = bytes.split_first_chunk::<11>() else {
        return match sniff {
            Sniff::Yes => Sniff::Maybe,
            other => other,
        };
    };
    let number = |at: usize| u32::from(u16::from_be_bytes([head[at], head[at + 1]]));
    let (suites, session_id, challenge) = (number(5), number(7), number(9));
    let adds_up = number(0) & 0x7FFF == 9 + suites + session_id + challenge;
    match sniff {
        Sniff::Yes if !adds_up || suites % 3 != 0 => Sniff::No,
        other => other,
    }
}

/// A SERVER-HELLO of SSL 2.0, message type 4, or its ERROR, type 0, in three bytes. Asked only
/// after a hello in SSL 2.0 format.
pub fn sslv2_server_hello(bytes: &[u8]) -> Sniff {
    match *bytes {
        [] => Sniff::Maybe,
        [first, ..] if first & 0x80 == 0 => Sniff::No,
        [_, _, 0x04, ..] | [0x80, 0x03, 0x00, ..] => Sniff::Yes,
        [_] | [_, _] => Sniff::Maybe,
        _ => Sniff::No,
    }
}

/// A line of text after TLS: a reply code, or the four letters of a command (RFC 5321 section 4.1).
/// Asked where a record was expected: bytes that merely are none are no text yet.
pub fn text(from: Peer, bytes: &[u8]) -> Sniff {
    let is_text = |(at, &byte): (usize, &u8)| match (from, at) {
        (Peer::Client, _) => byte.is_ascii_alphabetic(),
        (Peer::Server, 0..3) => byte.is_ascii_digit(),
        (Peer::Server, _) => matches!(byte, b' ' | b'-' | b'\r' | b'\n'),
    };
    let head = bytes.iter().take(4);
    match head.enumerate().all(is_text) {
        true if bytes.len() < 4 => Sniff::Maybe,
        true => Sniff::Yes,
        false => Sniff::No,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_and_text() {
        assert_eq!(record(b"\x16\x03\x01\x02\x00"), Sniff::Yes);
        assert_eq!(record(b"\x15\x03\x00"), Sniff::Yes);
        assert_eq!(record(b"\x16"), Sniff::Maybe);
        assert_eq!(record(b"\x16\x03"), Sniff::Maybe);
        for text in [
            &b"220 "[..],
            b"EHLO",
            b"\x16\x02\x01",
            b"\x16\x03\x7F",
            b"\x80",
        ] {
            assert_eq!(record(text), Sniff::No);
        }
    }

    #[test]
    fn hellos_of_ssl2() {
        assert_eq!(sslv2_client_hello(b"\x80\x2E\x01\x03\x01\x00"), Sniff::Yes);
        assert_eq!(sslv2_client_hello(b"\x80\x2E\x01\x00\x02\x00"), Sniff::Yes);
        assert_eq!(sslv2_client_hello(b"\x80\x2E"), Sniff::Maybe);
        assert_eq!(sslv2_client_hello(b"\x80\x2E\x02\x03\x01"), Sniff::No);
        assert_eq!(sslv2_client_hello(b"QUIT\r\n"), Sniff::No);
        assert_eq!(sslv2_server_hello(b"\x84\x35\x04\x00\x01"), Sniff::Yes);
    }

    #[test]
    fn text_after_tls() {
        use Peer::{Client, Server};
        assert_eq!(text(Server, b"454 TLS"), Sniff::Yes);
        assert_eq!(text(Server, b"250-"), Sniff::Yes);
        assert_eq!(text(Server, b"454"), Sniff::Maybe);
        assert_eq!(text(Client, b"QUIT\r\n"), Sniff::Yes);
        assert_eq!(text(Client, b"QU"), Sniff::Maybe);
        for bytes in [&b"454x"[..], b"45\x9A", b"\xFF", b"QUIT"] {
            assert_eq!(text(Server, bytes), Sniff::No);
        }
        for bytes in [&b"454 "[..], b"Q\x01", b"QUI \0"] {
            assert_eq!(text(Client, bytes), Sniff::No);
        }
    }

    #[test]
    fn a_hello_of_ssl2_anywhere() {
        let hello = b"\x80\x1C\x01\x03\x01\x00\x03\x00\x00\x00\x10";
        for cut in 0..hello.len() {
            assert_eq!(sslv2_client_hello_anywhere(&hello[..cut]), Sniff::Maybe);
        }
        assert_eq!(sslv2_client_hello_anywhere(hello), Sniff::Yes);
        let mut longer = *hello;
        longer[1] += 1;
        assert_eq!(sslv2_client_hello_anywhere(&longer), Sniff::No);
        assert_eq!(sslv2_client_hello_anywhere(b"\x9A\x9A\x9A"), Sniff::No);
    }
}
