//! starttap says why a STARTTLS handshake failed, from a packet capture alone.
//!
//! Data flows one way: [`capture`] lends frames, [`decode`] finds the TCP segments in them,
//! [`flow`] sorts them into connections, [`tcp`] labels what the wire did while [`stream`] puts
//! the bytes in order for [`smtp`] and [`tls`]; [`engine`] joins both strands into a
//! [`model::Session`], from which [`redact`] takes the names where that is asked for; [`rules`]
//! judge it and [`report`] prints it.

pub mod capture;
pub mod cli;
pub mod decode;
pub mod engine;
pub mod error;
pub mod escape;
pub mod flow;
pub mod limits;
pub mod model;
pub mod redact;
pub mod report;
pub mod rules;
pub mod smtp;
pub mod stream;
pub mod tcp;
pub mod time;
pub mod tls;
