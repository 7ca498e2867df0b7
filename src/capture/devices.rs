//! The interfaces of this machine: which can be sniffed and, where one cannot, why not.

use pcap::{Capture, Device};

use super::LinkType;
use super::dlt::from_dlt;
use crate::error::Error;

/// One interface, as `starttap interfaces` lists it.
#[derive(Debug)]
pub struct Listed {
    /// Name, as `-i` takes it.
    pub name: String,
    /// Addresses of the interface.
    pub addresses: Vec<String>,
    /// Link type of its frames, or why it cannot be sniffed.
    pub link_type: Result<LinkType, Error>,
}

/// All interfaces; each is opened for a moment to see whether it can be.
///
/// # Errors
///
/// [`Error::Interface`] when the system does not give the list.
pub fn list() -> Result<Vec<Listed>, Error> {
    let devices = Device::list().map_err(|error| Error::Interface {
        interface: "interfaces".to_owned(),
        reason: message(error),
        remedy: "name one with -i".to_owned(),
    })?;
    let names: Vec<String> = devices.iter().map(|device| device.name.clone()).collect();
    let listed = devices.into_iter().map(|device| Listed {
        addresses: device
            .addresses
            .iter()
            .map(|address| address.addr.to_string())
            .collect(),
        link_type: refuse(&device.name).and_then(|()| probe(&device.name, &names)),
        name: device.name,
    });
    Ok(listed.collect())
}

/// Names of what libpcap lists, where it does.
pub(super) fn names() -> Vec<String> {
    let devices = Device::list().unwrap_or_default();
    devices.into_iter().map(|device| device.name).collect()
}

/// Refuses what is no network interface, by name: opening one can do more than listen.
pub(super) fn refuse(name: &str) -> Result<(), Error> {
    let why = match name {
        name if name.starts_with("nfqueue") => {
            "packets queued there wait for a verdict, and starttap only listens"
        }
        name if ["bluetooth", "dbus-", "usbmon"]
            .iter()
            .any(|other| name.starts_with(other)) =>
        {
            "no network interface"
        }
        _ => return Ok(()),
    };
    Err(Error::Interface {
        interface: name.to_owned(),
        reason: why.to_owned(),
        remedy: SEE_LIST.to_owned(),
    })
}

/// The error for an interface that libpcap does not open: its words alone do not help, for it
/// misses a permission even on interfaces that do not exist.
pub(super) fn explain(name: &str, error: pcap::Error, known: &[String]) -> Error {
    let said = message(error);
    let missing = !known.is_empty() && !known.iter().any(|other| other == name);
    let lower = said.to_ascii_lowercase();
    let (reason, remedy) = if missing {
        let there: Vec<&str> = known
            .iter()
            .map(String::as_str)
            .filter(|other| refuse(other).is_ok())
            .collect();
        let remedy = format!("there are {}; {SEE_LIST}", there.join(", "));
        ("no such interface".to_owned(), remedy)
    } else if ["permission", "not permitted", "cap_net_raw"]
        .iter()
        .any(|words| lower.contains(words))
    {
        let reason = "sniffing needs the capability CAP_NET_RAW".to_owned();
        (reason, GRANT.to_owned())
    } else if lower.contains("not up") || lower.contains("network is down") {
        let reason = "the interface is down".to_owned();
        (reason, format!("sudo ip link set {name} up"))
    } else {
        (said, SEE_LIST.to_owned())
    };
    Error::Interface {
        interface: name.to_owned(),
        reason,
        remedy,
    }
}

/// What libpcap said, without the crate's own words around it.
pub(super) fn message(error: pcap::Error) -> String {
    match error {
        pcap::Error::PcapError(message) => message,
        other => other.to_string(),
    }
}

/// Opens an interface for a moment.
fn probe(name: &str, known: &[String]) -> Result<LinkType, Error> {
    let capture = Capture::from_device(name)
        .and_then(pcap::Capture::open)
        .map_err(|error| explain(name, error, known))?;
    from_dlt(capture.get_datalink()).ok_or_else(|| Error::Interface {
        interface: name.to_owned(),
        reason: "unknown link type".to_owned(),
        remedy: SEE_LIST.to_owned(),
    })
}

const GRANT: &str = "run `sudo setcap cap_net_raw+ep $(command -v starttap)` once, \
                     or start it with sudo";

/// Points to the list.
pub const SEE_LIST: &str = "see `starttap interfaces`";

#[cfg(test)]
mod tests {
    use super::*;

    fn explained(name: &str, said: &str) -> String {
        let known = ["lo".to_owned(), "eth0".to_owned()];
        explain(name, pcap::Error::PcapError(said.to_owned()), &known).to_string()
    }

    #[test]
    fn libpcaps_words_become_remedies() {
        let permission = "You don't have permission to perform this capture on that device";
        assert_eq!(
            explained("eth0", permission),
            "eth0: sniffing needs the capability CAP_NET_RAW; run `sudo setcap cap_net_raw+ep \
             $(command -v starttap)` once, or start it with sudo"
        );
        assert_eq!(
            explained("eth7", permission),
            "eth7: no such interface; there are lo, eth0; see `starttap interfaces`"
        );
        assert_eq!(
            explained("eth0", "That device is not up"),
            "eth0: the interface is down; sudo ip link set eth0 up"
        );
    }

    #[test]
    fn what_is_no_network_is_not_opened() {
        for name in [
            "nfqueue",
            "nfqueue:3",
            "usbmon0",
            "dbus-system",
            "bluetooth0",
        ] {
            assert!(refuse(name).is_err(), "{name}");
        }
        assert!(refuse("nflog").is_ok());
    }
}
