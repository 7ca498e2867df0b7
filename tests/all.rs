//! One integration-test binary: it links once.

mod capture;
mod cli;
mod decode;
mod frames;
mod golden;
mod labels;
mod layers;
mod support;
