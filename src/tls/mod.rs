//! The TLS handshake as far as it is in clear.

pub mod alerts;
pub mod certs;
mod dn;
pub mod extensions;
pub mod fingerprint;
pub mod handshake;
mod hello;
pub mod keyex;
pub mod message;
pub mod parse;
mod reader;
pub mod record;
pub mod registry;
mod side;
pub mod sniff;
pub mod spans;
pub mod ssl2_record;
pub mod sslv2;
