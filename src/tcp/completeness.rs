//! What of a connection a capture holds: the bits of Wireshark's `tcp.completeness`.

use crate::decode::Flags;
use crate::flow::table::Arrival;

/// The connection began with a SYN.
pub const SYN: u8 = 0x01;
/// SYN/ACK seen.
pub const SYN_ACK: u8 = 0x02;
/// An ACK without data seen.
pub const ACK: u8 = 0x04;
/// Data seen.
pub const DATA: u8 = 0x08;
/// A FIN with ACK seen.
pub const FIN: u8 = 0x10;
/// A RST seen.
pub const RST: u8 = 0x20;

/// The bits a segment adds.
///
/// The first segment on its endpoints counts as a SYN or not at all, so a capture that starts
/// mid-stream begins with nothing. A SYN that takes endpoints over counts as a SYN, and its data
/// does not count.
pub(super) fn of(flags: Flags, len: u32, arrival: Arrival) -> u8 {
    let data = if len > 0 { DATA } else { 0 };
    if arrival == Arrival::First {
        let is_bare_syn = flags.syn() && !flags.ack();
        return if is_bare_syn { SYN | data } else { 0 };
    }
    let mut bits = match (flags.syn(), flags.ack()) {
        _ if arrival == Arrival::PortReuse => SYN,
        (true, true) => SYN_ACK,
        (false, true) if data != 0 => DATA,
        (false, true) => ACK,
        (_, false) => 0,
    };
    if flags.fin() && flags.ack() {
        bits |= FIN;
    }
    if flags.rst() {
        bits |= RST;
    }
    bits
}
