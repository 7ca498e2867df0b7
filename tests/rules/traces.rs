//! Made-up connections for what no recorded capture shows, by the names that fixtures use.
//!
//! How a connection is written down: the module documentation of [`crate::trace`].

mod certificates;
mod doubt;
mod mail;
mod negotiation;
mod path;
mod tls;

use crate::trace::Trace;

/// A name and the connection it stands for.
type Named = (&'static str, fn() -> Trace);

fn all() -> impl Iterator<Item = &'static Named> {
    [
        certificates::TRACES,
        doubt::TRACES,
        mail::TRACES,
        negotiation::TRACES,
        path::TRACES,
        tls::TRACES,
    ]
    .into_iter()
    .flatten()
}

pub fn names() -> impl Iterator<Item = &'static str> {
    all().map(|(name, _)| *name)
}

/// The connection of this name.
pub fn make(name: &str) -> Trace {
    let named = all().find(|(known, _)| *known == name);
    let (_, make) = named.unwrap_or_else(|| panic!("no made-up connection is named {name}"));
    make()
}
