//! What a file is that is no capture we read, and what to do with it.
//!
//! People hand over what they have: a zipped capture, a Windows trace, a log. Naming it saves them
//! a search; reading it is the job of other programs.

/// What the first bytes look like, and the remedy.
pub(super) struct Foreign {
    pub(super) looks_like: String,
    pub(super) remedy: String,
}

/// Names the format of a file from its first bytes.
pub(super) fn identify(start: &[u8]) -> Foreign {
    if start.is_empty() {
        return foreign("an empty file", "record or copy it again");
    }
    let known = FORMATS
        .iter()
        .find(|(at, magic, ..)| start.get(*at..).is_some_and(|rest| rest.starts_with(magic)));
    if let Some((_, _, looks_like, remedy)) = known {
        return foreign(looks_like, remedy);
    }
    if is_event_trace(start) {
        return foreign("a Windows event trace (ETL)", ETL);
    }
    if let Some(looks_like) = text(start) {
        return foreign(looks_like, TEXT);
    }
    let head: Vec<String> = start.iter().take(8).map(|b| format!("{b:02x}")).collect();
    Foreign {
        looks_like: format!("unknown data, beginning with {}", head.join(" ")),
        remedy: format!("if Wireshark can open it, {EDITCAP}"),
    }
}

/// How many bytes [`identify`] wants to see.
pub(super) const ENOUGH: usize = 512;

fn foreign(looks_like: &str, remedy: &str) -> Foreign {
    Foreign {
        looks_like: looks_like.to_owned(),
        remedy: remedy.to_owned(),
    }
}

/// ETL files have no magic number: behind the 72 bytes of `WMI_BUFFER_HEADER` the first record
/// begins with version 2, header type 1 or 2 (32 or 64 bit) and the flags 0xc0.
fn is_event_trace(start: &[u8]) -> bool {
    matches!(start.get(72..76), Some([0x02, 0x00, 0x01 | 0x02, 0xc0]))
}

/// The kind of text, when it is text.
fn text(start: &[u8]) -> Option<&'static str> {
    if start.starts_with(&[0xff, 0xfe]) || start.starts_with(&[0xfe, 0xff]) {
        return Some("a text file in UTF-16");
    }
    let start = start.strip_prefix(&[0xef, 0xbb, 0xbf]).unwrap_or(start);
    // Bytes above 0x7f are letters in UTF-8 and in the code pages of old logs, but not most of them.
    let control = |byte: &u8| matches!(byte, 0..=0x1f | 0x7f) && !b"\t\n\r\x1b".contains(byte);
    let ascii = start.iter().filter(|byte| byte.is_ascii()).count();
    if start.iter().any(control) || ascii < start.len().div_ceil(2) {
        return None;
    }
    let start = start.trim_ascii_start();
    let begins = |word: &str| {
        start
            .get(..word.len())
            .is_some_and(|head| head.eq_ignore_ascii_case(word.as_bytes()))
    };
    let inside = start.get(1..).unwrap_or_default().trim_ascii_start();
    Some(if begins("<!doctype html") || begins("<html") {
        "an HTML page (a failed download?)"
    } else if begins("<?xml") || begins("<pdml") || begins("<psml") {
        "an XML file"
    } else if matches!(
        (start.first(), inside.first()),
        (Some(b'{'), Some(b'"' | b'}'))
    ) || matches!(
        (start.first(), inside.first()),
        (Some(b'['), Some(b'{' | b'"'))
    ) {
        "a JSON file"
    } else if begins("-----BEGIN ") {
        "a PEM file (certificate or key)"
    } else {
        "a text or log file"
    })
}

const EDITCAP: &str = "convert it with Wireshark's editcap: editcap -F pcapng IN OUT";
const ETL: &str = "convert it: pktmon etl2pcap IN --out OUT, or etl2pcapng IN OUT";
const RECORD: &str = "a packet capture is recorded with tcpdump -w FILE, dumpcap or Wireshark";
const TEXT: &str = "the packets themselves are needed: tcpdump -w FILE, or save from Wireshark";
const UNPACK: &str = "unpack it and name the captures inside";

/// Offset, magic bytes, what it is, what to do.
#[rustfmt::skip]
static FORMATS: &[(usize, &[u8], &str, &str)] = &[
    // Captures in formats that editcap converts.
    (0, b"snoop\0\0\0", "a Solaris snoop capture", EDITCAP),
    (0, b"GMBU", "a Microsoft Network Monitor 2 capture", EDITCAP),
    (0, b"RTSS", "a Microsoft Network Monitor 1 capture", EDITCAP),
    (0, b"TRSNIFF data    \x1a", "a Network General Sniffer capture", EDITCAP),
    (0, b"XCP\0", "a NetXRay or Windows Sniffer capture", EDITCAP),
    (0, b"ObserverPktBuffer", "a Network Instruments Observer capture", EDITCAP),
    (0, b"iptrace ", "an AIX iptrace capture", EDITCAP),
    (0, b"\x7fver", "an EtherPeek or OmniPeek capture", EDITCAP),
    (0, b"\x05VNF", "a Visual Networks capture", EDITCAP),
    (0, b"\x54\x52\x00\x64\x00", "an HP-UX nettl trace", EDITCAP),
    (0, b"btsnoop\0", "a Bluetooth btsnoop capture", EDITCAP),
    (0, b"\x1c\x00\x01\xab", "an Ixia capture", EDITCAP),
    (0, b"\x1c\x00\x01\xac", "an Ixia capture", EDITCAP),
    (0, b"\xab\x01\x00\x1c", "an Ixia capture", EDITCAP),
    (0, b"\xac\x01\x00\x1c", "an Ixia capture", EDITCAP),
    (0, b"\xa1\x2b\x3c\x4d", "a Navtel capture", EDITCAP),
    (0, b"\xa1\xe2\xcb\x12", "an old libpcap variant", EDITCAP),
    (0, b"\x12\xcb\xe2\xa1", "an old libpcap variant", EDITCAP),
    // Compressed files and archives.
    (0, b"\xfd7zXZ\0", "an xz-compressed file", "unpack it: xz -dk FILE"),
    (0, b"BZh", "a bzip2-compressed file", "unpack it: bzip2 -dk FILE"),
    (0, b"\x28\xb5\x2f\xfd", "a zstd-compressed file", "unpack it: zstd -d FILE"),
    (0, b"\x04\x22\x4d\x18", "an lz4-compressed file", "unpack it: lz4 -d FILE"),
    (0, b"\x1f\x9d", "a file of the compress program (.Z)", "unpack it: uncompress FILE"),
    (0, b"\x1f\x8b", "a gzip-compressed file", "unpack it: gzip -dk FILE"),
    (0, b"PK\x03\x04", "a ZIP archive (or an Office document)", UNPACK),
    (0, b"PK\x05\x06", "an empty ZIP archive", UNPACK),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", UNPACK),
    (0, b"Rar!\x1a\x07", "a RAR archive", UNPACK),
    (0, b"MSCF", "a Windows cabinet archive", UNPACK),
    (257, b"ustar", "a tar archive", UNPACK),
    // Other things that end up on the command line.
    (0, b"\x7fELF", "a Linux program (ELF)", RECORD),
    (0, b"MZ", "a Windows program", RECORD),
    (0, b"%PDF-", "a PDF document", RECORD),
    (0, b"\x89PNG", "a picture (PNG)", RECORD),
    (0, b"\xff\xd8\xff", "a picture (JPEG)", RECORD),
    (0, b"ElfFile\0", "a Windows event log (EVTX)", RECORD),
    (0, b"SQLite format 3\0", "an SQLite database", RECORD),
    (0, b"!BDN", "an Outlook data file", RECORD),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_what_people_hand_over() {
        let mut etl = vec![0; 100];
        etl[72..76].copy_from_slice(&[2, 0, 2, 0xc0]);
        let mut tar = vec![b'a'; 300];
        tar[257..262].copy_from_slice(b"ustar");
        let cases: &[(&[u8], &str, &str)] = &[
            (b"", "empty", "again"),
            (b"snoop\0\0\0\0\0\0\x02", "snoop", "editcap"),
            (b"GMBU\0\x02\x01\0", "Network Monitor 2", "editcap"),
            (b"\xfd7zXZ\0\0\x04", "xz", "xz -d"),
            (b"BZh91AY", "bzip2", "bzip2 -d"),
            (b"\x28\xb5\x2f\xfd\0", "zstd", "zstd -d"),
            (b"PK\x03\x04\x14\0", "ZIP", "unpack"),
            (&tar, "tar", "unpack"),
            (&etl, "ETL", "etl2pcapng"),
            (b"\x7fELF\x02\x01", "ELF", "tcpdump -w"),
            (b"\r\n<!DOCTYPE html>\n<html>", "HTML", "packets"),
            (b"<html lang=en>", "HTML", "packets"),
            (b"[\n  {\n", "JSON", "packets"),
            (b"{\"a\": 1}", "JSON", "packets"),
            (b"-----BEGIN CERTIFICATE-----\n", "PEM", "packets"),
            (b"[2024-01-01] started", "text or log", "packets"),
            ("12:00:01 Größe\n".as_bytes(), "text or log", "packets"),
            (b"\xef\xbb\xbf#Software: Mail\r\n", "text or log", "packets"),
            (b"\xff\xfeT\0e\0x\0t\0", "UTF-16", "packets"),
            (b"\x01\x02\x03\0", "beginning with 01 02 03 00", "editcap"),
        ];
        for (bytes, looks_like, remedy) in cases {
            let found = identify(bytes);
            assert!(
                found.looks_like.contains(looks_like),
                "{}",
                found.looks_like
            );
            assert!(
                found.remedy.contains(remedy),
                "{}: {}",
                looks_like,
                found.remedy
            );
        }
    }
}
