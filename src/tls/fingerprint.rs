//! JA3, JA3S and JA4: digests that tell TLS implementations apart.
//!
//! JA3 and JA3S as Wireshark 4.0 computes them (`tls.handshake.ja3`, `ja3s`): the description of
//! 2017 with GREASE left out. JA4 after its public description (the licence of its siblings JA4S,
//! JA4X and JA4T forbids them here; JA4 itself is under BSD-3-Clause).

use std::fmt::{self, Write as _};

use md5::Md5;
use sha2::{Digest, Sha256};

use super::extensions::{Extensions, kind};
use super::registry::is_grease;

/// The numbers of a ClientHello that the fingerprints look at.
#[derive(Clone, Copy, Debug)]
pub struct Offer<'a> {
    /// `client_version` / `legacy_version`.
    pub legacy_version: u16,
    /// Cipher suites in order, GREASE included.
    pub suites: &'a [u16],
    /// Its extensions.
    pub extensions: &'a Extensions,
}

/// JA3: MD5 of [`ja3_text`].
pub fn ja3(offer: Offer<'_>) -> String {
    hex(&Md5::digest(ja3_text(offer)))
}

/// Legacy version, suites, extensions, groups and point formats, decimal, in the client's order.
pub fn ja3_text(offer: Offer<'_>) -> String {
    let extensions = offer.extensions;
    format!(
        "{},{},{},{},{}",
        offer.legacy_version,
        decimals(offer.suites),
        decimals(&extensions.kinds),
        decimals(&extensions.groups),
        join(&extensions.point_formats, '-', |text, it| write!(
            text,
            "{it}"
        )),
    )
}

/// JA3S: MD5 of legacy version, chosen suite and extensions of a ServerHello.
pub fn ja3s(legacy_version: u16, suite: u16, extensions: &[u16]) -> String {
    hex(&Md5::digest(ja3s_text(legacy_version, suite, extensions)))
}

/// What JA3S digests.
pub fn ja3s_text(legacy_version: u16, suite: u16, extensions: &[u16]) -> String {
    format!("{legacy_version},{suite},{}", decimals(extensions))
}

/// JA4 of a ClientHello over TCP.
pub fn ja4(offer: Offer<'_>) -> String {
    let (head, suites, rest) = ja4_parts(offer);
    format!("{head}_{}_{}", short_digest(&suites), short_digest(&rest))
}

/// JA4 with its lists written out (`JA4_r`).
pub fn ja4_raw(offer: Offer<'_>) -> String {
    let (head, suites, rest) = ja4_parts(offer);
    format!("{head}_{suites}_{rest}")
}

fn ja4_parts(offer: Offer<'_>) -> (String, String, String) {
    let extensions = offer.extensions;
    let mut suites = without_grease(offer.suites);
    let mut kinds = without_grease(&extensions.kinds);
    let head = format!(
        "t{}{}{:02}{:02}{}",
        ja4_version(offer),
        // The extension decides, whatever it names.
        if extensions.has(kind::SERVER_NAME) {
            'd'
        } else {
            'i'
        },
        suites.len().min(99),
        kinds.len().min(99),
        ja4_alpn(extensions.alpn.first().map_or(&[], Vec::as_slice)),
    );
    suites.sort_unstable();
    kinds.retain(|&it| it != kind::SERVER_NAME && it != kind::ALPN);
    kinds.sort_unstable();
    let mut rest = hexes(&kinds);
    let signatures = without_grease(&extensions.signature_algorithms);
    if !signatures.is_empty() {
        rest = format!("{rest}_{}", hexes(&signatures));
    }
    (head, hexes(&suites), rest)
}

/// Two characters for the highest version offered; numbers the description does not name, drafts
/// included, are `00`.
fn ja4_version(offer: Offer<'_>) -> &'static str {
    let highest = without_grease(&offer.extensions.versions)
        .into_iter()
        .max()
        .unwrap_or(offer.legacy_version);
    match highest {
        0x0304 => "13",
        0x0303 => "12",
        0x0302 => "11",
        0x0301 => "10",
        0x0300 => "s3",
        0x0002 => "s2",
        _ => "00",
    }
}

/// First and last character of the first protocol; of its hexadecimal form when one of them is not
/// alphanumeric; `00` without a protocol.
fn ja4_alpn(first: &[u8]) -> String {
    let (Some(&head), Some(&tail)) = (first.first(), first.last()) else {
        return "00".to_owned();
    };
    if head.is_ascii_alphanumeric() && tail.is_ascii_alphanumeric() {
        return [char::from(head), char::from(tail)].iter().collect();
    }
    let head = format!("{head:02x}");
    let tail = format!("{tail:02x}");
    format!("{}{}", &head[..1], &tail[1..])
}

/// First twelve digits of the SHA-256; zeros for an empty list.
fn short_digest(text: &str) -> String {
    if text.is_empty() {
        return "000000000000".to_owned();
    }
    let mut digest = hex(&Sha256::digest(text));
    digest.truncate(12);
    digest
}

fn without_grease(numbers: &[u16]) -> Vec<u16> {
    numbers
        .iter()
        .copied()
        .filter(|&it| !is_grease(it))
        .collect()
}

fn decimals(numbers: &[u16]) -> String {
    join(&without_grease(numbers), '-', |text, it| {
        write!(text, "{it}")
    })
}

fn hexes(numbers: &[u16]) -> String {
    join(numbers, ',', |text, it| write!(text, "{it:04x}"))
}

/// One string for the whole list: hellos are long, and mail servers say many.
fn join<T: Copy>(
    items: &[T],
    between: char,
    write: impl Fn(&mut String, T) -> fmt::Result,
) -> String {
    let mut text = String::with_capacity(items.len() * 6);
    for (number, &item) in items.iter().enumerate() {
        if number > 0 {
            text.push(between);
        }
        // Writing to a String cannot fail.
        let _ = write(&mut text, item);
    }
    text
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of JA4's description: a Chrome of 2023.
    fn chrome() -> (Vec<u16>, Extensions) {
        let suites = vec![
            0x3A3A, 0x1301, 0x1302, 0x1303, 0xC02B, 0xC02F, 0xC02C, 0xC030, 0xCCA9, 0xCCA8, 0xC013,
            0xC014, 0x009C, 0x009D, 0x002F, 0x0035,
        ];
        let extensions = Extensions {
            kinds: vec![
                0x4A4A, 0x001B, 0x0000, 0x0033, 0x0010, 0x4469, 0x0017, 0x002D, 0x000D, 0x0005,
                0x0023, 0x0012, 0x002B, 0xFF01, 0x000B, 0x000A, 0x0015, 0x8A8A,
            ],
            alpn: vec![b"h2".to_vec(), b"http/1.1".to_vec()],
            versions: vec![0x6A6A, 0x0304, 0x0303],
            signature_algorithms: vec![
                0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601,
            ],
            ..Extensions::default()
        };
        (suites, extensions)
    }

    #[test]
    fn ja4_of_the_published_example() {
        let (suites, extensions) = chrome();
        let offer = Offer {
            legacy_version: 0x0303,
            suites: &suites,
            extensions: &extensions,
        };
        assert_eq!(ja4(offer), "t13d1516h2_8daaf6152771_e5627efa2ab1");
        assert_eq!(
            ja4_raw(offer),
            "t13d1516h2_002f,0035,009c,009d,1301,1302,1303,c013,c014,c02b,c02c,c02f,c030,cca8,cca9\
             _0005,000a,000b,000d,0012,0015,0017,001b,0023,002b,002d,0033,4469,ff01\
             _0403,0804,0401,0503,0805,0501,0806,0601"
        );
    }

    /// Offers as the sites of fingerprints write them out, with the digests that stand there: Safari
    /// 17 of browserleaks.com (2024), Chrome 143 of tls.peet.ws (2025), and the Chrome of 2020 in
    /// Arkime's `badcurveball.pcap` as the authors of JA4 have it in their own tests.
    #[test]
    fn ja4_of_published_browsers() {
        for (ja4_expected, raw) in [
            (
                "t13d2014h2_a09f3c656075_14788d8d241b",
                "t13d2014h2_000a,002f,0035,009c,009d,1301,1302,1303,c008,c009,c00a,c012,c013,c014,\
                 c02b,c02c,c02f,c030,cca8,cca9_0005,000a,000b,000d,0012,0015,0017,001b,002b,002d,\
                 0033,ff01_0403,0804,0401,0503,0203,0805,0805,0501,0806,0601,0201",
            ),
            (
                "t13d1516h2_8daaf6152771_d8a2da3f94cd",
                "t13d1516h2_002f,0035,009c,009d,1301,1302,1303,c013,c014,c02b,c02c,c02f,c030,cca8,\
                 cca9_0005,000a,000b,000d,0012,0017,001b,0023,002b,002d,0033,44cd,fe0d,ff01_0403,\
                 0804,0401,0503,0805,0501,0806,0601",
            ),
            (
                "t13d1615h2_46e7e9700bed_45f260be83e2",
                "t13d1615h2_000a,002f,0035,009c,009d,1301,1302,1303,c013,c014,c02b,c02c,c02f,c030,\
                 cca8,cca9_0005,000a,000b,000d,0012,0015,0017,001b,0023,002b,002d,0033,ff01_0403,\
                 0804,0401,0503,0805,0501,0806,0601,0201",
            ),
        ] {
            let lists: Vec<Vec<u16>> = raw.split('_').skip(1).map(numbers).collect();
            let extensions = Extensions {
                // The two that are counted and not listed.
                kinds: [&lists[1][..], &[0x0000, 0x0010]].concat(),
                alpn: vec![b"h2".to_vec()],
                versions: vec![0x0304, 0x0303],
                signature_algorithms: lists[2].clone(),
                ..Extensions::default()
            };
            let offer = Offer {
                legacy_version: 0x0303,
                suites: &lists[0],
                extensions: &extensions,
            };
            assert_eq!(ja4_raw(offer), raw);
            assert_eq!(ja4(offer), ja4_expected);
        }
    }

    fn numbers(list: &str) -> Vec<u16> {
        let numbers = list.split(',');
        numbers
            .map(|it| u16::from_str_radix(it, 16).expect("hex"))
            .collect()
    }

    #[test]
    fn ja4_of_an_empty_offer() {
        let offer = Offer {
            legacy_version: 0x0301,
            suites: &[0x0A0A],
            extensions: &Extensions::default(),
        };
        assert_eq!(ja4(offer), "t10i000000_000000000000_000000000000");
    }

    /// The examples of the description.
    #[test]
    fn ja4_alpn_characters() {
        assert_eq!(ja4_alpn(b"http/1.1"), "h1");
        assert_eq!(ja4_alpn(b"h"), "hh");
        assert_eq!(ja4_alpn(&[]), "00");
        assert_eq!(ja4_alpn(&[0xAB]), "ab");
        assert_eq!(ja4_alpn(&[0xAB, 0xCD]), "ad");
        assert_eq!(ja4_alpn(&[0x30, 0xAB]), "3b");
        assert_eq!(ja4_alpn(&[0x30, 0x31, 0xAB, 0xCD]), "3d");
        assert_eq!(ja4_alpn(&[0x30, 0xAB, 0xCD, 0x31]), "01");
    }

    /// The example of JA3's description.
    #[test]
    fn ja3_of_the_published_example() {
        let extensions = Extensions {
            kinds: vec![0, 10, 11],
            groups: vec![23, 24, 25],
            point_formats: vec![0],
            ..Extensions::default()
        };
        let offer = Offer {
            legacy_version: 769,
            suites: &[47, 53, 5, 10, 49161, 49162, 49171, 49172, 50, 56, 19, 4],
            extensions: &extensions,
        };
        assert_eq!(
            ja3_text(offer),
            "769,47-53-5-10-49161-49162-49171-49172-50-56-19-4,0-10-11,23-24-25,0"
        );
        assert_eq!(ja3(offer), "ada70206e40642a3e4461f35503241d5");
        let bare = Offer {
            suites: &[4, 5, 10, 9, 100, 98, 3, 6, 19, 18, 99],
            extensions: &Extensions::default(),
            ..offer
        };
        assert_eq!(ja3_text(bare), "769,4-5-10-9-100-98-3-6-19-18-99,,,");
        assert_eq!(ja3(bare), "de350869b8c85de67a350c8d186f11e6");
    }
}
