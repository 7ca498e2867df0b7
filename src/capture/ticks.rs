//! From the 64-bit tick counts of pcapng to nanoseconds.
//!
//! `pcap-parser` computes whole seconds in 32 bits, rejects every binary resolution and reads
//! `if_tsoffset` as little-endian always, so the arithmetic is done here: exact, and saturating
//! where a hostile file leaves the range.

use crate::time::Timestamp;

/// How one interface counts time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ticks {
    unit: Unit,
    /// `if_tsoffset` in nanoseconds.
    offset: i64,
}

/// What one tick is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    /// So many nanoseconds.
    Nanos(u64),
    /// So many ticks make a nanosecond.
    PerNano(u64),
    /// 2^-n seconds.
    Binary(u32),
    /// Less than the 64-bit count can ever bring to a nanosecond.
    Nothing,
}

impl Ticks {
    /// From `if_tsresol` (10^-n seconds; with the upper bit 2^-n) and `if_tsoffset` in seconds.
    pub(super) fn new(resolution: u8, offset_seconds: i64) -> Self {
        let exponent = u32::from(resolution & 0x7f);
        let unit = if resolution & 0x80 != 0 {
            Unit::Binary(exponent)
        } else if exponent <= 9 {
            Unit::Nanos(10_u64.pow(9 - exponent))
        } else {
            10_u64
                .checked_pow(exponent - 9)
                .map_or(Unit::Nothing, Unit::PerNano)
        };
        Self {
            unit,
            offset: offset_seconds.saturating_mul(1_000_000_000),
        }
    }

    /// The time that `count` ticks mean.
    #[inline]
    pub(super) fn time(self, count: u64) -> Timestamp {
        let nanos = match self.unit {
            Unit::Nanos(each) => count.saturating_mul(each),
            Unit::PerNano(ticks) => count / ticks,
            // Below 2^94, and the exponent is below 128.
            Unit::Binary(exponent) => {
                let nanos = (u128::from(count) * 1_000_000_000) >> exponent;
                u64::try_from(nanos).unwrap_or(u64::MAX)
            }
            Unit::Nothing => 0,
        };
        Timestamp::from_nanos(self.offset.saturating_add_unsigned(nanos))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimal_and_binary_units_are_exact() {
        for (resolution, count, nanos) in [
            (0, 1_700_000_000, 1_700_000_000_000_000_000),
            (3, 1_700_000_000_123, 1_700_000_000_123_000_000),
            (6, 1_700_000_000_123_456, 1_700_000_000_123_456_000),
            (9, 1_700_000_000_123_456_789, 1_700_000_000_123_456_789),
            (12, 15_000_000_000_999, 15_000_000_000),
            (19, 15_000_000_000_000_000_000, 1_500_000_000),
            (0x80, 1_700_000_000, 1_700_000_000_000_000_000),
            (
                0x94,
                (1_700_000_000 << 20) | (1 << 19),
                1_700_000_000_500_000_000,
            ),
            (0xbf, 1 << 63, 1_000_000_000),
            (0xc0, 1 << 63, 500_000_000),
        ] {
            let time = Ticks::new(resolution, 0).time(count);
            assert_eq!(time.as_nanos(), nanos, "resolution {resolution:#x}");
        }
    }

    #[test]
    fn every_resolution_survives_every_extreme() {
        for resolution in 0..=u8::MAX {
            for offset in [i64::MIN, -1, 0, 1, i64::MAX] {
                let ticks = Ticks::new(resolution, offset);
                let times = [0, 1, 1 << 63, u64::MAX].map(|count| ticks.time(count));
                assert!(times.is_sorted());
            }
        }
    }

    #[test]
    fn the_offset_is_in_seconds() {
        let time = Ticks::new(6, -3600).time(3_600_000_001);
        assert_eq!(time.as_nanos(), 1_000);
    }
}
