//! One integration-test binary: it links once.

/// Says what was compared, or why nothing was, also when the test passes.
macro_rules! say {
    ($($message:tt)*) => { crate::support::say(&format!($($message)*)) };
}

mod capture;
mod cli;
mod copies;
mod decode;
mod endings;
mod frames;
mod frames_in;
mod golden;
mod halves;
mod hostile;
mod invariance;
mod labels;
mod layers;
#[cfg(feature = "live")]
mod live;
mod oracle;
mod policy;
mod seeds;
mod support;
mod wire;
