//! One integration-test binary: it links once.

mod capture;
mod cli;
mod decode;
mod endings;
mod golden;
mod labels;
mod layers;
mod support;
