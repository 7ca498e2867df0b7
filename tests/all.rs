//! One integration-test binary: it links once.

mod capture;
mod cli;
mod decode;
mod golden;
mod labels;
mod layers;
#[cfg(feature = "live")]
mod live;
mod support;
