//! What the wire did, without looking at a single payload byte.
//!
//! Labels are those of Wireshark 4.0.17's sequence analysis, frame by frame, quirks included:
//! somebody who looks up a frame we cite must see there what we say. That is why this room and the
//! reassembler know nothing of each other: labels must not decide which bytes are seen.

pub mod analysis;
pub mod completeness;
mod delivery;
pub mod ending;
pub mod health;
mod hole;
pub mod labels;
pub mod opening;
mod options;
mod outstanding;
pub mod path;
mod profile;
pub mod reset;
mod rtt;
pub mod seq;
mod stall;
mod stuck;
#[cfg(test)]
mod tests;

pub use analysis::Connection;
pub use labels::{Label, Labels};
