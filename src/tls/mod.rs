//! The TLS handshake as far as it is in clear.

pub mod certs;
mod dn;
pub mod extensions;
pub mod fingerprint;
mod hello;
pub mod keyex;
pub mod parse;
mod reader;
pub mod registry;
pub mod sslv2;
