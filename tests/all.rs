//! One integration-test binary: it links once.

/// Says what was compared, or why nothing was, also when the test passes.
macro_rules! say {
    ($($message:tt)*) => { crate::support::say(&format!($($message)*)) };
}

mod across;
mod capture;
mod certificates;
mod cli;
mod copies;
mod decode;
mod dialogue;
mod endings;
mod evidence;
mod formats;
mod frames;
mod frames_in;
#[path = "fuzz/src/lib.rs"]
mod fuzz;
mod golden;
mod halves;
mod hostile;
mod html;
mod incomplete;
mod invariance;
mod labels;
mod layers;
#[cfg(feature = "live")]
mod live;
mod messages;
mod names;
mod oracle;
mod outputs;
mod policy;
mod readings;
mod redact;
mod rules;
mod schema;
mod seeds;
mod starttls;
mod support;
mod trace;
mod verdicts;
mod wire;
