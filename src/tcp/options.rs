//! The one TCP option the analysis needs.

/// End of option list (RFC 9293 section 3.2).
const END: u8 = 0x00;
/// No-operation (RFC 9293 section 3.2).
const NOP: u8 = 0x01;
/// Window scale (RFC 7323 section 2.2).
const WINDOW_SCALE: u8 = 0x03;
/// RFC 7323 section 2.3: larger shifts are taken as 14.
const MAX_SHIFT: u8 = 14;

/// The window scale shift in raw TCP options; the last one when there are several.
pub(super) fn window_scale(mut options: &[u8]) -> Option<u8> {
    let mut shift = None;
    loop {
        match *options {
            [] | [END, ..] => return shift,
            [NOP, ref rest @ ..] => options = rest,
            [_, length, ..] => {
                let length = usize::from(length);
                let Some((option, rest)) = options.split_at_checked(length) else {
                    return shift;
                };
                if length < 2 {
                    return shift;
                }
                if let [WINDOW_SCALE, 3, value] = *option {
                    shift = Some(value.min(MAX_SHIFT));
                }
                options = rest;
            }
            [_] => return shift,
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
