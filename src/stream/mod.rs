//! What the peers said: the bytes of each direction in order, each with the frame that made it
//! available.
//!
//! The labels of [`crate::tcp`] never decide which bytes are seen here: that is what hides
//! handshakes in Wireshark's default mode (semantics page, section 3.1).

pub mod assembler;
mod waiting;

pub use assembler::{Assembler, Chunk, Piece};
