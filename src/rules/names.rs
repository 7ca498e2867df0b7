//! Host names compared: what a certificate presents against what is expected (RFC 9525), and
//! certificates against the pattern of a connector.

/// How a presented name fits an expected one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// Letter for letter, case aside.
    Exact,
    /// A wildcard in place of the left-most label (RFC 9525 section 6.3).
    Wildcard,
}

/// Whether the name of a certificate fits the expected host name: case does not matter, a final dot
/// neither; a wildcard stands for one whole left-most label and nothing else.
pub fn fit(presented: &str, expected: &str) -> Option<Fit> {
    let [presented, expected] = [presented, expected].map(normal);
    if presented == expected {
        let plain = !presented.contains('*') && !presented.is_empty();
        return plain.then_some(Fit::Exact);
    }
    let domain = presented.strip_prefix("*.")?;
    let (label, rest) = expected.split_once('.')?;
    let covers = rest == domain && domain.contains('.') && !domain.contains('*');
    (covers && !label.is_empty()).then_some(Fit::Wildcard)
}

/// How the name of a certificate fits the pattern of a connector.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Caught {
    /// The pattern is this name.
    ByName,
    /// The wildcard stands for one label of it.
    ByWildcard,
    /// The wildcard would have to stand for several labels: whether it does depends on the
    /// receiver.
    Deeper,
}

/// Whether a connector with this pattern takes a certificate with this name: what matters is the
/// text after `*.`, so a wildcard catches every host of the domain. A certificate that is a
/// wildcard itself is caught by the same text.
pub fn caught(pattern: &str, name: &str) -> Option<Caught> {
    let [pattern, name] = [pattern, name].map(normal);
    if pattern == name && !name.is_empty() {
        return Some(Caught::ByName);
    }
    let domain = pattern.strip_prefix("*.").filter(|it| !it.is_empty())?;
    let host = name.strip_suffix(domain)?.strip_suffix('.')?;
    match host.is_empty() {
        true => None,
        false if host.contains('.') => Some(Caught::Deeper),
        false => Some(Caught::ByWildcard),
    }
}

/// A host name as it is given on a command line.
pub fn host_name(text: &str) -> Result<String, String> {
    if !text.is_ascii() {
        return Err("write it as certificates do, with xn--".to_owned());
    }
    let labels = text.strip_suffix('.').unwrap_or(text).split('.');
    let is_label = |label: &str| {
        let mut chars = label.chars();
        !label.is_empty() && chars.all(|char| char.is_ascii_alphanumeric() || "-_".contains(char))
    };
    let is_number = |label: &str| label.chars().all(|char| char.is_ascii_digit());
    // Certificates bear addresses as addresses.
    let is_address = labels.clone().next_back().is_some_and(is_number);
    match labels.clone().all(is_label) && !is_address {
        true => Ok(text.to_owned()),
        false => Err("expected a host name".to_owned()),
    }
}

/// A host name, or `*.` and a domain, as it is given on a command line.
pub fn pattern(text: &str) -> Result<String, String> {
    let domain = text.strip_prefix("*.").unwrap_or(text);
    match domain.contains('*') {
        true => Err("expected a host name, or *. and a domain".to_owned()),
        false => host_name(domain).map(|_| text.to_owned()),
    }
}

fn normal(name: &str) -> String {
    name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_certificates() {
        assert_eq!(
            fit("MAIL.example.com", "mail.example.com."),
            Some(Fit::Exact)
        );
        assert_eq!(
            fit("*.example.com", "mail.example.com"),
            Some(Fit::Wildcard)
        );
        for (presented, expected) in [
            ("*.example.com", "example.com"),
            ("*.example.com", "a.mail.example.com"),
            ("*.com", "example.com"),
            ("m*.example.com", "mail.example.com"),
            ("mail.*.com", "mail.example.com"),
            ("*.*.com", "mail.example.com"),
            ("*", "localhost"),
            ("*.example.com", ".example.com"),
            ("*.example.com", "*.example.com"),
            ("mail.example.com.evil.test", "mail.example.com"),
            ("", ""),
        ] {
            assert_eq!(fit(presented, expected), None, "{presented} {expected}");
        }
    }

    #[test]
    fn names_of_command_lines() {
        for name in [
            "mail.example.com",
            "mail.example.com.",
            "EX2016",
            "_dmarc.a",
            "xn--kln-sna.de",
        ] {
            assert_eq!(host_name(name), Ok(name.to_owned()));
            assert_eq!(pattern(name), Ok(name.to_owned()));
        }
        for wrong in [
            "",
            ".",
            "a..b",
            "köln.de",
            "192.0.2.1",
            "2001:db8::1",
            "a b",
            "*.a.de",
            "a/b",
        ] {
            assert!(host_name(wrong).is_err(), "{wrong}");
        }
        assert_eq!(pattern("*.example.com"), Ok("*.example.com".to_owned()));
        for wrong in ["*", "*.", "**.a", "*.*.a", "a.*.b", "m*.a", "*.192.0.2.1"] {
            assert!(pattern(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn patterns_of_connectors() {
        let pattern = "*.varunagroup.de";
        assert_eq!(
            caught(pattern, "mx01.VARUNAGROUP.de"),
            Some(Caught::ByWildcard)
        );
        assert_eq!(caught(pattern, "*.varunagroup.de"), Some(Caught::ByName));
        assert_eq!(caught(pattern, "a.b.varunagroup.de"), Some(Caught::Deeper));
        assert_eq!(caught(pattern, "varunagroup.de"), None);
        assert_eq!(caught(pattern, "mx.notvarunagroup.de"), None);
        assert_eq!(caught("mx01.varunagroup.de", "mx02.varunagroup.de"), None);
        assert_eq!(caught("*.", "a."), None);
    }
}
