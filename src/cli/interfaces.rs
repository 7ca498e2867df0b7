//! `starttap interfaces`: what can be sniffed, and why something else cannot.

use std::io::{self, Write};

use super::printed;
use crate::capture::devices::{self, Listed, SEE_LIST};
use crate::capture::{Frame, FrameId, LinkType};
use crate::decode::{Decoded, Decoder, Nothing};
use crate::error::Error;
use crate::escape::terminal;
use crate::limits::Limits;
use crate::time::Timestamp;

/// Prints the interfaces; gives the exit status.
pub fn run() -> Result<u8, Error> {
    printed(print(&devices::list()?))
}

fn print(interfaces: &[Listed]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let width = interfaces.iter().map(|listed| listed.name.len()).max();
    let width = width.unwrap_or_default();
    let mut refused = Vec::new();
    let mut remedies: Vec<&str> = Vec::new();
    for listed in interfaces {
        let name = terminal(&listed.name);
        match &listed.link_type {
            Ok(link_type) if is_understood(*link_type) => {
                let addresses = listed.addresses.join(", ");
                let line = format!("{name:width$}  {:18}  {addresses}", link_type.to_string());
                writeln!(out, "{}", line.trim_end())?;
            }
            Ok(link_type) => refused.push((name, format!("{link_type} carries no mail"))),
            Err(Error::Interface { reason, remedy, .. }) => {
                refused.push((name, reason.clone()));
                if remedy != SEE_LIST && !remedies.contains(&remedy.as_str()) {
                    remedies.push(remedy);
                }
            }
            Err(error) => refused.push((name, error.to_string())),
        }
    }
    if !refused.is_empty() {
        writeln!(out, "\nCannot be sniffed:")?;
    }
    for (name, why) in refused {
        writeln!(out, "{name:width$}  {}", terminal(&why))?;
    }
    for remedy in remedies {
        writeln!(out, "-> {}", terminal(remedy))?;
    }
    out.flush()
}

/// Whether the decoder finds IP in frames of this link type.
pub fn is_understood(link_type: LinkType) -> bool {
    let empty = Frame {
        id: FrameId::default(),
        time: Timestamp::default(),
        interface: 0,
        link_type,
        bytes: &[],
        wire_len: 0,
    };
    !matches!(
        Decoder::new(&Limits::default()).decode(&empty),
        Decoded::Nothing(Nothing::UnknownLinkType)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_decoder_says_what_it_understands() {
        assert!(is_understood(LinkType(1)));
        assert!(is_understood(LinkType(101)));
        // USB, Bluetooth.
        assert!(!is_understood(LinkType(189)));
        assert!(!is_understood(LinkType(201)));
    }
}
