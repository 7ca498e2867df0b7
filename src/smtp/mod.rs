//! The mail dialogue in clear: commands, replies, and where TLS was asked for and granted.
//!
//! AUTH payloads and message bodies are passed over; they never leave this room.

pub mod auth;
pub mod command;
pub mod dialogue;
mod early;
mod expected;
mod facts;
pub mod line;
pub mod proxy;
pub mod reply;

pub use dialogue::{Dialogue, Shown};
