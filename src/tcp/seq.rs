//! Sequence number comparison modulo 2^32 (RFC 9293 section 3.4).
//!
//! Plain functions on the raw numbers: half of the rules of the analysis compare for equality or
//! add lengths, which a newtype would only wrap and unwrap. Two numbers exactly 2^31 apart are
//! before *and* after each other, as in the signed-difference comparison Wireshark uses.

/// `a` comes before `b`.
pub const fn before(a: u32, b: u32) -> bool {
    a.wrapping_sub(b).cast_signed() < 0
}

/// `a` comes after `b`.
pub const fn after(a: u32, b: u32) -> bool {
    before(b, a)
}

/// `a` is `b` or comes before it.
pub const fn at_or_before(a: u32, b: u32) -> bool {
    a.wrapping_sub(b).cast_signed() <= 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_survives_the_wrap() {
        assert!(before(u32::MAX, 0) && after(0, u32::MAX));
        assert!(before(0x7FFF_FFFF, 0x8000_0000));
        assert!(!before(7, 7) && !after(7, 7) && at_or_before(7, 7));
        assert!(!at_or_before(8, 7));
    }

    #[test]
    fn half_the_circle_apart_is_both() {
        assert!(before(0, 0x8000_0000) && after(0, 0x8000_0000));
        assert!(at_or_before(0x8000_0000, 0));
    }
}
