//! Which TCP ports carry mail, and how it begins there.
//!
//! Where nobody has named ports, sessions on others are found by their first lines as well
//! (`undecided`); ports that were named are the only ones to look at.

use std::collections::BTreeMap;
use std::str::FromStr;

/// How a conversation on a port begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// In clear, with a greeting (RFC 5321, RFC 6409).
    Smtp,
    /// With TLS from the first byte (RFC 8314).
    Smtps,
}

/// The chosen ports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ports {
    /// Ascending.
    chosen: Vec<(u16, Role)>,
    /// Somebody has named them: no others are looked at.
    named: bool,
}

/// One `PORT[=smtp|smtps]` of the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PortSpec {
    /// TCP port.
    pub port: u16,
    /// What it carries.
    pub role: Role,
}

impl FromStr for PortSpec {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (port, role) = match text.split_once('=') {
            None => (text, Role::Smtp),
            Some((port, "smtp")) => (port, Role::Smtp),
            Some((port, "smtps")) => (port, Role::Smtps),
            Some((_, other)) => {
                return Err(format!("{other:?} is neither smtp nor smtps"));
            }
        };
        let port = port
            .parse()
            .ok()
            .filter(|&port| port != 0)
            .ok_or_else(|| format!("{port:?} is not a port from 1 to 65535"))?;
        // A bare 465 means what everybody means by it.
        let role = match (text, port) {
            ("465", 465) => Role::Smtps,
            _ => role,
        };
        Ok(Self { port, role })
    }
}

impl Default for Ports {
    /// 25 and 587 in clear, 465 with TLS from the first byte.
    fn default() -> Self {
        Self {
            chosen: vec![(25, Role::Smtp), (465, Role::Smtps), (587, Role::Smtp)],
            named: false,
        }
    }
}

impl Ports {
    /// The given ports instead of the defaults; the defaults when none are given.
    pub fn new(specs: &[PortSpec]) -> Self {
        if specs.is_empty() {
            return Self::default();
        }
        let ports: BTreeMap<_, _> = specs.iter().map(|spec| (spec.port, spec.role)).collect();
        Self {
            chosen: ports.into_iter().collect(),
            named: true,
        }
    }

    /// Somebody has named the ports.
    pub fn are_named(&self) -> bool {
        self.named
    }

    /// What a port carries; `None` for other ports.
    pub fn role(&self, port: u16) -> Option<Role> {
        // Three ports as a rule: faster than any hash, and this is asked for every packet.
        let found = self.chosen.iter().find(|(chosen, _)| *chosen == port);
        found.map(|(_, role)| *role)
    }

    /// The ports, ascending.
    pub fn iter(&self) -> impl Iterator<Item = u16> + '_ {
        self.chosen.iter().map(|(port, _)| *port)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_and_roles() {
        let spec: PortSpec = "2525".parse().expect("a port");
        assert_eq!((spec.port, spec.role), (2525, Role::Smtp));
        let spec: PortSpec = "465".parse().expect("a port");
        assert_eq!(spec.role, Role::Smtps);
        let spec: PortSpec = "465=smtp".parse().expect("a port");
        assert_eq!(spec.role, Role::Smtp);
        for wrong in ["0", "65536", "x", "25=pop3", ""] {
            assert!(wrong.parse::<PortSpec>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn given_ports_replace_the_defaults() {
        let spec: PortSpec = "993=smtps".parse().expect("a port");
        let ports = Ports::new(&[spec]);
        assert_eq!(ports.role(993), Some(Role::Smtps));
        assert_eq!(ports.role(25), None);
        assert_eq!(Ports::default().iter().collect::<Vec<_>>(), [25, 465, 587]);
    }
}
