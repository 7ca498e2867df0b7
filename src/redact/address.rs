//! Pseudonyms of addresses.
//!
//! A part of an address is shuffled among those that are written with as many digits, so that the
//! pseudonym fits where the address stood in a text, and by a shuffling of the prefix before it:
//! addresses of one network stay together. What says what kind of address it is stays: private,
//! link-local, documentation.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::key::Key;
use super::permutation::Permutation;

/// The pseudonym of an address.
pub fn ip(key: &Key, address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(address) => v4(key, address).into(),
        IpAddr::V6(address) => v6(key, address).into(),
    }
}

/// The pseudonym of an IPv4 address.
pub fn v4(key: &Key, address: Ipv4Addr) -> Ipv4Addr {
    let octets = address.octets();
    let shuffled: [u8; 4] = std::array::from_fn(|at| octet(key, &octets[..at], octets[at]));
    shuffled.into()
}

fn octet(key: &Key, before: &[u8], octet: u8) -> u8 {
    let (least, most) = match octet {
        0..=9 => (0, 9),
        10..=99 => (10, 99),
        100.. => (100, 255),
    };
    let shuffle = |octet: u8| shuffled(key, &[b"v4", before].concat(), octet, least..=most);
    walked(octet, |octet| is_kept(before, octet), shuffle)
}

/// Whether an octet tells a special-purpose block (RFC 6890), or stands in one without networks.
fn is_kept(before: &[u8], octet: u8) -> bool {
    match before {
        [] => matches!(
            octet,
            0 | 10 | 100 | 127 | 169 | 172 | 192 | 198 | 203 | 224..
        ),
        [0 | 127 | 224..=255, ..] => true,
        [100] => matches!(octet, 64..=127),
        [169] => octet == 254,
        [172] => matches!(octet, 16..=31),
        [192] => matches!(octet, 0 | 168),
        [198] => matches!(octet, 18 | 19 | 51),
        [203] => octet == 0,
        _ => false,
    }
}

/// The pseudonym of an IPv6 address.
pub fn v6(key: &Key, address: Ipv6Addr) -> Ipv6Addr {
    if let Some(mapped) = address.to_ipv4_mapped() {
        return v4(key, mapped).to_ipv6_mapped();
    }
    let groups = address.segments();
    let shuffled: [u16; 8] = std::array::from_fn(|at| group(key, &groups[..at], groups[at]));
    shuffled.into()
}

fn group(key: &Key, before: &[u16], group: u16) -> u16 {
    let (least, most) = match (before, group) {
        // Zeros are written as `::`; what begins with them is `::1` or of no network, and
        // multicast groups are nobody's.
        (_, 0) | ([0xFF00..=0xFFFF, ..], _) | ([], 0xFE00..) => return group,
        ([first, rest @ ..], _) if *first == 0 && rest.iter().all(|&it| it == 0) => return group,
        ([], 0xFC00..) => (0xFC00, 0xFDFF),
        ([], 0x2000..=0x3FFF) => (0x2000, 0x3FFF),
        ([], 0x1000..=0x1FFF) => (0x1000, 0x1FFF),
        ([], 0x4000..) => (0x4000, 0xFBFF),
        (_, 0x1000..) => (0x1000, 0xFFFF),
        (_, 0x100..) => (0x100, 0xFFF),
        (_, 0x10..) => (0x10, 0xFF),
        (_, _) => (1, 0xF),
    };
    // Documentation (RFC 3849), 6to4 and Teredo.
    let is_kept = |it: u16| before.is_empty() && matches!(it, 0x2001 | 0x2002);
    let mut tweak = b"v6".to_vec();
    tweak.extend(before.iter().flat_map(|it| it.to_be_bytes()));
    let shuffle = |group: u16| shuffled(key, &tweak, group, least..=most);
    walked(group, is_kept, shuffle)
}

/// The pseudonym of a MAC address: manufacturer and device apart, the two bits that say whether
/// the address is a group's and whether it was made up stay.
pub fn mac(key: &Key, address: [u8; 6]) -> [u8; 6] {
    let [a, b, c, d, e, f] = address;
    let is_nobodys = address == [0; 6] || a & 1 == 1;
    if is_nobodys {
        return address;
    }
    let maker = u32::from_be_bytes([0, a >> 2, b, c]);
    let device = u32::from_be_bytes([0, d, e, f]);
    let [_, high, g, h] = below(key, b"maker", 1 << 22, maker).to_be_bytes();
    let tweak = [&b"device"[..], &[a, b, c]].concat();
    let [_, i, j, k] = below(key, &tweak, 1 << 24, device).to_be_bytes();
    [high << 2 | a & 3, g, h, i, j, k]
}

fn below(key: &Key, tweak: &[u8], size: u32, number: u32) -> u32 {
    let shuffled = Permutation::new(key, tweak, size.into()).of(number.into());
    u32::try_from(shuffled).unwrap_or_default()
}

fn shuffled<T>(key: &Key, tweak: &[u8], it: T, range: std::ops::RangeInclusive<T>) -> T
where
    T: Copy + TryFrom<u128> + Into<u128>,
{
    let least: u128 = (*range.start()).into();
    let most: u128 = (*range.end()).into();
    let shuffled = Permutation::new(key, tweak, most - least + 1).of(it.into() - least);
    T::try_from(least + shuffled).unwrap_or(it)
}

/// What is kept stays, and nothing else becomes it.
fn walked<T: Copy>(it: T, is_kept: impl Fn(T) -> bool, shuffle: impl Fn(T) -> T) -> T {
    if is_kept(it) {
        return it;
    }
    let mut walked = shuffle(it);
    while is_kept(walked) {
        walked = shuffle(walked);
    }
    walked
}

/// The pseudonym of an address in a text, of the same length; `None` where it is no address.
pub fn in_text(key: &Key, text: &str) -> Option<String> {
    if let Ok(address) = text.parse() {
        return Some(v4(key, address).to_string());
    }
    let address: Ipv6Addr = text.parse().ok()?;
    let pseudonym = v6(key, address);
    if address.to_string() == text {
        return Some(pseudonym.to_string());
    }
    // Written in another way than usual: group by group.
    let groups = pseudonym.segments();
    let (head, tail) = text.split_once("::").unwrap_or((text, ""));
    let count = |part: &str| part.split(':').filter(|it| !it.is_empty()).count();
    let (first, last) = (count(head), count(tail));
    let head = written(head, groups.get(..first)?);
    let tail = written(tail, groups.get(groups.len().checked_sub(last)?..)?);
    let middle = if text.contains("::") { "::" } else { "" };
    Some(format!("{head}{middle}{tail}")).filter(|it| it.len() == text.len())
}

/// Groups as wide, and in the case, as those of a text.
fn written(like: &str, groups: &[u16]) -> String {
    let upper = like.bytes().any(|byte| byte.is_ascii_uppercase());
    let widths = like.split(':').map(str::len);
    let words = groups.iter().zip(widths).map(|(group, width)| match upper {
        true => format!("{group:0width$X}"),
        false => format!("{group:0width$x}"),
    });
    words.collect::<Vec<_>>().join(":")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn key() -> Key {
        Key::new(b"a secret of tests")
    }

    fn text(address: &str) -> String {
        in_text(&key(), address).expect(address)
    }

    #[test]
    fn networks_stay_together_and_texts_as_long() {
        for (a, b, shared) in [
            ("93.184.216.34", "93.184.216.199", 3),
            ("93.184.216.34", "93.184.7.34", 2),
            ("10.1.2.3", "10.1.77.3", 2),
            ("192.168.1.5", "192.168.1.6", 3),
        ] {
            let [new_a, new_b] = [a, b].map(text);
            assert!(
                new_a != a && new_b != b && new_a != new_b,
                "{new_a} {new_b}"
            );
            assert_eq!((new_a.len(), new_b.len()), (a.len(), b.len()));
            let same = new_a.split('.').zip(new_b.split('.'));
            assert_eq!(same.take_while(|(a, b)| a == b).count(), shared);
        }
    }

    #[test]
    fn kinds_of_addresses_stay() {
        for same in [
            "127.0.0.1",
            "0.0.0.0",
            "255.255.255.255",
            "::1",
            "::",
            "ff02::1",
        ] {
            assert_eq!(text(same), same);
        }
        for (address, prefix) in [
            ("10.1.2.3", "10."),
            ("172.20.1.1", "172."),
            ("192.168.7.7", "192.168."),
            ("169.254.3.4", "169.254."),
            ("192.0.2.1", "192.0."),
            ("fe80::1:2", "fe80::"),
            ("2001:db8::7", "2001:"),
            ("::ffff:10.1.2.3", "::ffff:10."),
        ] {
            let new = text(address);
            assert!(new.starts_with(prefix) && new != address, "{address} {new}");
            assert_eq!(new.len(), address.len());
        }
        let private: Ipv4Addr = text("172.20.1.1").parse().expect("an address");
        assert!(private.is_private());
    }

    #[test]
    fn no_two_become_the_same() {
        let key = key();
        for before in [&[][..], &[93], &[192], &[172], &[93, 184, 216]] {
            let all: BTreeSet<u8> = (0..=255).map(|it| octet(&key, before, it)).collect();
            assert_eq!(all.len(), 256, "{before:?}");
        }
        for before in [&[][..], &[0x2001], &[0xFE80, 0]] {
            let few = (0..=0xFFFF).step_by(13);
            let all: BTreeSet<u16> = few.clone().map(|it| group(&key, before, it)).collect();
            assert_eq!(all.len(), few.count(), "{before:?}");
        }
        let macs = (0..=255).map(|last| mac(&key, [0, 0x50, 0x56, 1, 2, last]));
        let macs: BTreeSet<_> = macs.collect();
        assert_eq!(macs.len(), 256);
        assert!(macs.iter().all(|mac| mac[0] & 3 == 0));
        assert_eq!(mac(&key, [0xFF; 6]), [0xFF; 6]);
    }

    #[test]
    fn other_ways_to_write_an_address() {
        for address in [
            "2001:DB8::7",
            "2001:0db8:0000:0000:0000:0000:0000:0007",
            "2001:db8:0:0:1:0:0:7",
            "fe80::0204",
        ] {
            let new = text(address);
            let [old, new_address] = [address, &new].map(|it| it.parse::<Ipv6Addr>());
            assert_eq!(new_address, Ok(v6(&key(), old.expect("an address"))));
            assert_eq!(new.len(), address.len());
        }
        assert_eq!(in_text(&key(), "mail"), None);
        assert_eq!(in_text(&key(), "6.0.3790.4675"), None);
    }
}
