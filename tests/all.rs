//! One integration-test binary: it links once.

mod capture;
mod decode;
mod hostile;
mod invariance;
mod labels;
mod seeds;
mod wire;
