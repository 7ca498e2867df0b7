//! The mail dialogue in clear: commands, replies, and where TLS was asked for and granted.
//!
//! AUTH payloads and message bodies are passed over; they never leave this room.

pub mod command;
pub mod dialogue;
mod expected;
pub mod line;
pub mod reply;

pub use dialogue::Dialogue;
