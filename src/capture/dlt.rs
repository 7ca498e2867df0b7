//! libpcap's link types (DLT) and those of files (LINKTYPE).
//!
//! They differ where systems had numbered differently before LINKTYPE values were registered;
//! everything but libpcap itself uses LINKTYPE.

use pcap::Linktype;

use super::LinkType;

/// DLT on Linux, LINKTYPE.
const DIFFERENT: [(i32, u16); 5] = [
    // ATM_RFC1483
    (11, 100),
    // RAW
    (12, 101),
    // SLIP_BSDOS
    (15, 102),
    // PPP_BSDOS
    (16, 103),
    // ATM_CLIP
    (19, 106),
];

/// libpcap's number for a LINKTYPE.
pub fn to_dlt(link_type: LinkType) -> Linktype {
    let number = match link_type.0 {
        // DLT_RAW, written to files by systems that used their own number.
        14 => 12,
        number => DIFFERENT
            .iter()
            .find(|&&(_, link_type)| link_type == number)
            .map_or(i32::from(number), |&(dlt, _)| dlt),
    };
    Linktype(number)
}

/// The LINKTYPE of libpcap's number. `None` for numbers that cannot be one.
pub fn from_dlt(dlt: Linktype) -> Option<LinkType> {
    match DIFFERENT.iter().find(|&&(number, _)| number == dlt.0) {
        Some(&(_, link_type)) => Some(LinkType(link_type)),
        None => u16::try_from(dlt.0).ok().map(LinkType),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn raw_ip_has_two_numbers() {
        assert_eq!(from_dlt(Linktype(12)), Some(LinkType(101)));
        for raw in [12, 14, 101] {
            assert_eq!(to_dlt(LinkType(raw)), Linktype(12));
        }
    }

    #[test]
    fn there_and_back() {
        for number in [
            0, 1, 9, 100, 101, 104, 105, 106, 108, 113, 127, 228, 239, 276,
        ] {
            let link_type = LinkType(number);
            assert_eq!(from_dlt(to_dlt(link_type)), Some(link_type));
        }
        assert_eq!(from_dlt(Linktype(-1)), None);
    }
}
