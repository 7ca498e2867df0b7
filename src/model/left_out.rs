//! What was left out because a bound was reached.

/// Counts of what did not fit into the bounds of one session, or of many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// Handshake messages of which only the beginning was read.
    pub large_messages: u64,
    /// Handshake messages missing in lists of remarkable ones.
    pub odd_messages: u64,
    /// Certificates missing in chains.
    pub certificates: u64,
    /// Alternative names missing in certificates.
    pub names: u64,
    /// Alerts missing in lists.
    pub alerts: u64,
    /// SMTP lines of which only the beginning was read.
    pub long_lines: u64,
    /// SMTP lines missing in lists.
    pub lines: u64,
    /// Frames missing in lists of retransmissions and resets.
    pub labels: u64,
    /// Holes given up because too many bytes waited behind them.
    pub holes: u64,
}

impl LeftOut {
    /// Adds what another session left out.
    pub fn add(&mut self, other: &Self) {
        let Self {
            large_messages,
            odd_messages,
            certificates,
            names,
            alerts,
            long_lines,
            lines,
            labels,
            holes,
        } = other;
        self.large_messages += large_messages;
        self.odd_messages += odd_messages;
        self.certificates += certificates;
        self.names += names;
        self.alerts += alerts;
        self.long_lines += long_lines;
        self.lines += lines;
        self.labels += labels;
        self.holes += holes;
    }

    /// Each count that is not zero, in words.
    pub fn words(&self) -> Vec<String> {
        [
            (
                self.large_messages,
                "TLS handshake messages beyond the bound, read in part",
            ),
            (
                self.odd_messages,
                "remarkable TLS handshake messages not listed",
            ),
            (self.certificates, "certificates of long chains not listed"),
            (self.names, "names of certificates not listed"),
            (self.alerts, "TLS alerts not listed"),
            (self.long_lines, "SMTP lines beyond the bound, read in part"),
            (self.lines, "SMTP lines not listed"),
            (
                self.labels,
                "retransmissions and resets counted, not listed",
            ),
            (
                self.holes,
                "holes given up early, because too many bytes waited behind them",
            ),
        ]
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{what}: {count}"))
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_left_out_is_said() {
        let mut all = LeftOut::default();
        assert!(all.words().is_empty());
        let one = LeftOut {
            alerts: 2,
            ..LeftOut::default()
        };
        all.add(&one);
        all.add(&one);
        assert_eq!(all.words(), ["TLS alerts not listed: 4"]);
    }
}
