//! Capture time: nanoseconds since the Unix epoch, as the capture file says it.
//!
//! The library never asks a clock; every time comes in with a frame.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};

/// A point in capture time, in nanoseconds since 1970-01-01 UTC.
///
/// Times outside the range of `i64` nanoseconds (years 1677 to 2262) saturate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// From nanoseconds since the epoch.
    pub const fn from_nanos(nanos: i64) -> Self {
        Self(nanos)
    }

    /// From whole seconds and nanoseconds since the epoch; saturates.
    pub const fn from_parts(seconds: i64, nanos: i64) -> Self {
        Self(seconds.saturating_mul(1_000_000_000).saturating_add(nanos))
    }

    /// Nanoseconds since the epoch.
    pub const fn as_nanos(self) -> i64 {
        self.0
    }

    /// Nanoseconds since `earlier`; negative when time ran backwards.
    pub const fn nanos_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// Seconds since `earlier`; negative when time ran backwards.
    pub fn seconds_since(self, earlier: Self) -> f64 {
        self.nanos_since(earlier) as f64 / 1e9
    }

    /// Whether at least `span` has passed since `earlier`; false when time ran backwards.
    pub fn is_after(self, earlier: Self, span: Duration) -> bool {
        u64::try_from(self.nanos_since(earlier))
            .is_ok_and(|passed| u128::from(passed) >= span.as_nanos())
    }
}

/// RFC 3339 in UTC with nine decimals.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_nanosecond(i128::from(self.0)) {
            Ok(time) => write!(f, "{time:.9}"),
            Err(_) => write!(f, "{}", self.0),
        }
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl JsonSchema for Timestamp {
    fn schema_name() -> Cow<'static, str> {
        "Timestamp".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A point in capture time: RFC 3339 in UTC with nine decimals.",
            "type": "string",
            "format": "date-time",
            "pattern": RFC3339_NANOS,
        })
    }
}

/// What every time of the record looks like.
pub const RFC3339_NANOS: &str =
    r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{9}Z$";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_rfc3339_with_nanoseconds() {
        let time = Timestamp::from_parts(1_605_558_723, 42);
        assert_eq!(time.to_string(), "2020-11-16T20:32:03.000000042Z");
    }

    #[test]
    fn extremes_saturate_and_print() {
        assert!(
            Timestamp::from_parts(i64::MAX, 0)
                .to_string()
                .starts_with("2262-")
        );
        assert_eq!(
            Timestamp::from_nanos(i64::MIN).nanos_since(Timestamp::from_nanos(1)),
            i64::MIN
        );
    }

    #[test]
    fn backwards_time_has_not_passed_a_span() {
        let early = Timestamp::from_nanos(5);
        let late = Timestamp::from_nanos(1_000_000_005);
        assert!(late.is_after(early, Duration::from_secs(1)));
        assert!(!early.is_after(late, Duration::ZERO));
    }
}
