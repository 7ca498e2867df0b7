//! One integration-test binary: it links once.

mod capture;
mod cli;
mod copies;
mod decode;
mod golden;
mod labels;
mod layers;
mod support;
