//! BPF filter expressions, compiled by libpcap.
//!
//! An expression means other byte offsets on every link type, and one pcapng file can hold
//! several, so it is compiled for a link type when its first frame comes by.
//!
//! What libpcap does not do, this does not either: `port 25` matches no VLAN-tagged frame (that
//! takes `vlan and port 25`), and `len` is the captured length.

#[cfg(feature = "live")]
pub use with_libpcap::Filter;
#[cfg(not(feature = "live"))]
pub use without_libpcap::Filter;

#[cfg(feature = "live")]
mod with_libpcap {
    use pcap::{BpfProgram, Capture};

    use crate::capture::dlt::to_dlt;
    use crate::capture::{Frame, LinkType};
    use crate::error::Error;

    /// A capture filter.
    pub struct Filter {
        expression: String,
        programs: Vec<(LinkType, BpfProgram)>,
    }

    impl Filter {
        /// Checks the expression before any frame is read.
        ///
        /// # Errors
        ///
        /// [`Error::Filter`] with libpcap's reason when it is valid for no common link type;
        /// [`Error::Feature`] when starttap was built without the `live` feature.
        pub fn new(expression: &str) -> Result<Self, Error> {
            let mut filter = Self {
                expression: expression.to_owned(),
                programs: Vec::new(),
            };
            // `type mgt` is an error on Ethernet and `ether host` one on raw IP, but every mistake of
            // grammar is one everywhere: the first reason is as good as any.
            let [ethernet, others @ ..] = COMMON;
            let program = others
                .iter()
                .fold(
                    filter.compile(ethernet).map(|p| (ethernet, p)),
                    |found, link_type| {
                        found.or_else(|reason| match filter.compile(*link_type) {
                            Ok(program) => Ok((*link_type, program)),
                            Err(_) => Err(reason),
                        })
                    },
                )
                .map_err(|reason| Error::Filter {
                    filter: expression.to_owned(),
                    reason,
                })?;
            filter.programs.push(program);
            Ok(filter)
        }

        /// Whether the frame passes the filter.
        ///
        /// # Errors
        ///
        /// [`Error::Filter`] when the expression has no meaning on the link type of this frame.
        pub fn matches(&mut self, frame: &Frame<'_>) -> Result<bool, Error> {
            let known = |(link_type, _): &(LinkType, BpfProgram)| *link_type == frame.link_type;
            let at = match self.programs.iter().position(known) {
                Some(at) => at,
                None => {
                    let program =
                        self.compile(frame.link_type)
                            .map_err(|reason| Error::Filter {
                                filter: self.expression.clone(),
                                reason: format!(
                                    "on link type {} of frame {}: {reason}",
                                    frame.link_type.0, frame.id.number
                                ),
                            })?;
                    self.programs.push((frame.link_type, program));
                    self.programs.len() - 1
                }
            };
            Ok(self.programs[at].1.filter(frame.bytes))
        }

        fn compile(&self, link_type: LinkType) -> Result<BpfProgram, String> {
            Capture::dead(to_dlt(link_type))
                .and_then(|capture| capture.compile(&self.expression, true))
                .map_err(|error| match error {
                    pcap::Error::PcapError(reason) => reason,
                    other => other.to_string(),
                })
        }
    }

    /// LINKTYPE_ETHERNET, LINKTYPE_RAW, LINKTYPE_IEEE802_11, LINKTYPE_LINUX_SLL2.
    const COMMON: [LinkType; 4] = [LinkType(1), LinkType(101), LinkType(105), LinkType(276)];
}

#[cfg(not(feature = "live"))]
mod without_libpcap {
    use crate::capture::Frame;
    use crate::error::Error;

    /// A capture filter; this build has no libpcap to compile one.
    pub struct Filter(std::convert::Infallible);

    impl Filter {
        /// Always fails.
        ///
        /// # Errors
        ///
        /// [`Error::Feature`], which names the build that can filter.
        pub fn new(_: &str) -> Result<Self, Error> {
            Err(Error::Feature {
                what: "a capture filter",
                feature: "live",
            })
        }

        /// Never called: this build has no filters.
        ///
        /// # Errors
        ///
        /// None.
        pub fn matches(&mut self, _: &Frame<'_>) -> Result<bool, Error> {
            match self.0 {}
        }
    }

    #[cfg(test)]
    #[test]
    fn the_build_is_named() {
        let error = Filter::new("port 25").err().map(|error| error.to_string());
        assert!(error.unwrap_or_default().contains("--features live"));
    }
}

#[cfg(all(test, feature = "live"))]
mod tests {
    use super::*;
    use crate::capture::{Frame, FrameId, LinkType};
    use crate::error::Error;
    use crate::time::Timestamp;

    /// An IPv4 packet with the first bytes of TCP to this port.
    fn ip_to(port: u16) -> Vec<u8> {
        let mut packet = vec![
            0x45, 0, 0, 40, 0, 0, 0, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2,
        ];
        packet.extend([0xc0, 0x00]);
        packet.extend(port.to_be_bytes());
        packet.resize(40, 0);
        packet
    }

    fn passes(filter: &mut Filter, link_type: u16, bytes: &[u8]) -> Result<bool, Error> {
        filter.matches(&Frame {
            id: FrameId::default(),
            time: Timestamp::default(),
            interface: 0,
            link_type: LinkType(link_type),
            bytes,
            wire_len: bytes.len() as u32,
        })
    }

    #[test]
    fn each_link_type_gets_its_own_program() {
        let mut filter = Filter::new("tcp dst port 25").expect("a valid filter");
        let ethernet = |port| [&[0; 12][..], &[0x08, 0x00], &ip_to(port)].concat();
        let cooked = |port| [&[0; 14][..], &[0x08, 0x00], &ip_to(port)].concat();
        for (port, expected) in [(25, true), (587, false)] {
            for (link_type, bytes) in [
                (1, ethernet(port)),
                (12, ip_to(port)),
                (101, ip_to(port)),
                (228, ip_to(port)),
                (113, cooked(port)),
                (1, ethernet(port)),
            ] {
                let passed = passes(&mut filter, link_type, &bytes).expect("compiles");
                assert_eq!(passed, expected, "{link_type} {port}");
            }
        }
    }

    #[test]
    fn mistakes_are_found_before_the_first_frame() {
        let error = Filter::new("prot 25").err().map(|error| error.to_string());
        let error = error.unwrap_or_default();
        assert!(error.starts_with("filter \"prot 25\": "), "{error}");
        assert!(Filter::new("nul\0byte").is_err());
        assert!(Filter::new("").is_ok());
    }

    #[test]
    fn a_filter_for_other_link_types_fails_at_its_frame() {
        let mut filter = Filter::new("type mgt").expect("valid on 802.11");
        let error = passes(&mut filter, 1, &[0; 60]).err();
        let error = error.map(|error| error.to_string()).unwrap_or_default();
        assert!(error.contains("link type 1 of frame 0"), "{error}");
        assert!(passes(&mut filter, 105, &[0x80; 60]).is_ok());
    }
}
