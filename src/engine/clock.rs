//! A clock that never runs backwards, driven by capture times that may.
//!
//! Captures of several interfaces hold packets slightly out of order, clocks are set back, files are
//! joined in the wrong order, and a damaged record may claim any time. Whatever the frames say, a
//! session must not be taken for idle because *another* frame was stamped with the future.

use std::time::Duration;

use crate::time::Timestamp;

/// Capture time without its steps back.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    now: Timestamp,
    /// What the steps back come to, in nanoseconds.
    ahead: i64,
    /// A leap that no second frame has confirmed yet.
    leap: Option<Timestamp>,
}

impl Default for Clock {
    fn default() -> Self {
        Self {
            now: Timestamp::from_nanos(i64::MIN),
            ahead: 0,
            leap: None,
        }
    }
}

impl Clock {
    /// The time so far.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// A frame says this time. One that lags by less than `tolerance` is late; by more, and the
    /// clock was set back: time goes on from here without the step. One that leaps ahead by more
    /// than `leap` may be damaged: time follows once a second frame says so.
    pub fn advance(&mut self, time: Timestamp, tolerance: Duration, leap: Duration) -> Timestamp {
        let shifted = Timestamp::from_nanos(time.as_nanos().saturating_add(self.ahead));
        if self.now.is_after(shifted, tolerance) {
            let step = self.now.nanos_since(shifted);
            self.ahead = self.ahead.saturating_add(step);
        } else if self.leaps(shifted, tolerance, leap) {
            self.leap = Some(shifted);
        } else {
            self.leap = None;
            self.now = self.now.max(shifted);
        }
        self.now
    }

    /// The capture itself says that it went on until this time: no other frame has to confirm it.
    pub fn listened_until(&mut self, time: Timestamp) -> Timestamp {
        let shifted = Timestamp::from_nanos(time.as_nanos().saturating_add(self.ahead));
        if self.now.as_nanos() != i64::MIN {
            self.now = self.now.max(shifted);
        }
        self.now
    }

    /// Whether the time leaps ahead and no frame before has said so.
    fn leaps(&self, shifted: Timestamp, tolerance: Duration, leap: Duration) -> bool {
        let begun = self.now.as_nanos() != i64::MIN;
        let confirmed = self
            .leap
            .is_some_and(|before| !before.is_after(shifted, tolerance));
        begun && shifted.is_after(self.now, leap) && !confirmed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(times: &[i64]) -> Vec<i64> {
        let mut clock = Clock::default();
        let tolerance = Duration::from_secs(5);
        let mut advance = |&seconds: &i64| {
            let now = clock.advance(
                Timestamp::from_parts(seconds, 0),
                tolerance,
                Duration::from_secs(900),
            );
            now.as_nanos() / 1_000_000_000
        };
        times.iter().map(&mut advance).collect()
    }

    #[test]
    fn late_frames_do_not_move_it() {
        assert_eq!(run(&[10, 12, 11, 8, 13]), [10, 12, 12, 12, 13]);
    }

    #[test]
    fn a_step_back_takes_no_time() {
        assert_eq!(run(&[10_000, 10, 11, 13]), [10_000, 10_000, 10_001, 10_003]);
    }

    #[test]
    fn a_single_frame_from_the_future_is_not_believed() {
        assert_eq!(run(&[10, 9_000, 11, 12]), [10, 10, 11, 12]);
        assert_eq!(run(&[10, 9_000, 9_001]), [10, 10, 9_001]);
    }

    #[test]
    fn extremes_do_not_overflow() {
        let mut clock = Clock::default();
        for nanos in [0, i64::MAX, i64::MIN, i64::MAX, 0, -1, i64::MIN] {
            let before = clock.now();
            let now = clock.advance(
                Timestamp::from_nanos(nanos),
                Duration::from_secs(5),
                Duration::MAX,
            );
            assert!(now >= before);
        }
    }
}
