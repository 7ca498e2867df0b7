//! The few TCP options that matter here.

/// End of option list (RFC 9293 section 3.2).
const END: u8 = 0x00;
/// No-operation (RFC 9293 section 3.2).
const NOP: u8 = 0x01;
/// Window scale (RFC 7323 section 2.2).
const WINDOW_SCALE: u8 = 0x03;
/// RFC 7323 section 2.3: larger shifts are taken as 14.
const MAX_SHIFT: u8 = 14;

/// Maximum segment size (RFC 9293 section 3.7.1).
const MAXIMUM_SEGMENT: u8 = 0x02;

/// The window scale shift in raw TCP options; the last one when there are several.
pub(super) fn window_scale(options: &[u8]) -> Option<u8> {
    let mut shift = None;
    each(options, |option| {
        if let [WINDOW_SCALE, 3, value] = *option {
            shift = Some(value.min(MAX_SHIFT));
        }
    });
    shift
}

/// The maximum segment size in raw TCP options, in bytes.
pub(super) fn maximum_segment(options: &[u8]) -> Option<u16> {
    let mut size = None;
    each(options, |option| {
        if let [MAXIMUM_SEGMENT, 4, high, low] = *option {
            size = Some(u16::from_be_bytes([high, low]));
        }
    });
    size
}

/// The sender's time stamp in raw TCP options.
pub(super) fn timestamp(options: &[u8]) -> Option<u32> {
    let mut value = None;
    each(options, |option| {
        if let [TIMESTAMPS, 10, a, b, c, d, ..] = *option {
            value = Some(u32::from_be_bytes([a, b, c, d]));
        }
    });
    value
}

/// Selective acknowledgment (RFC 2018 section 3).
const SACK: u8 = 0x05;

/// SACK permitted (RFC 2018 section 2).
pub(super) const SACK_PERMITTED: u8 = 0x04;
/// Timestamps (RFC 7323 section 3).
const TIMESTAMPS: u8 = 0x08;

/// Whether raw TCP options hold one of this kind.
pub(super) fn has(options: &[u8], kind: u8) -> bool {
    let mut found = false;
    each(options, |option| found |= option.first() == Some(&kind));
    found
}

/// Whether raw TCP options acknowledge bytes behind a hole.
pub(super) fn sacks(options: &[u8]) -> bool {
    let mut found = false;
    each(options, |option| {
        found |= option.len() >= 10 && option.first() == Some(&SACK);
    });
    found
}

/// Hands out whole options, kind and length included, until the list ends or is damaged.
fn each(mut options: &[u8], mut take: impl FnMut(&[u8])) {
    loop {
        match *options {
            [] | [END, ..] => return,
            [NOP, ref rest @ ..] => options = rest,
            [_, length, ..] if length >= 2 => {
                let Some((option, rest)) = options.split_at_checked(usize::from(length)) else {
                    return;
                };
                take(option);
                options = rest;
            }
            _ => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn found_behind_other_options() {
        let linux = [
            2, 4, 5, 0xB4, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0, 1, 3, 3, 7,
        ];
        assert_eq!(window_scale(&linux), Some(7));
        assert_eq!(window_scale(&[3, 3, 99]), Some(14));
        assert_eq!(maximum_segment(&linux), Some(1460));
        assert_eq!(maximum_segment(&[1, 2, 4, 5]), None);
        assert!(has(&linux, SACK_PERMITTED));
        assert_eq!(timestamp(&linux), Some(1));
        assert!(!has(&linux[..4], SACK_PERMITTED));
    }

    #[test]
    fn damage_ends_the_search() {
        for options in [
            &[3][..],
            &[3, 3],
            &[3, 0, 7],
            &[2, 1, 3, 3, 7],
            &[9, 200, 3, 3, 7],
        ] {
            assert_eq!(window_scale(options), None);
        }
        assert_eq!(window_scale(&[0, 3, 3, 7]), None);
        assert_eq!(window_scale(&[3, 2, 3, 3, 5]), Some(5));
    }
}
