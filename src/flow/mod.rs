//! Which connection a segment belongs to.
//!
//! Wireshark's `tcp.stream` numbers are the names people know connections by, so identity follows
//! its rules exactly, over *all* ports: a table that counts mail connections only could not print
//! the numbers a reader needs to find the same connection in Wireshark.

pub mod community;
pub mod copies;
pub mod key;
pub mod table;
pub mod vantage;
