//! Unencrypted IEEE 802.11 data frames, for captures of an open wireless network.

use super::Nothing;
use super::link::{Header, Layer, Link, Step};
use super::view::View;

/// An 802.11 frame behind a radiotap header (<https://www.radiotap.org>).
pub(super) fn radiotap<'a>(view: View<'a>, link: &mut Link<'a>) -> Step<'a> {
    let header: &[u8; 4] = view.first()?;
    let length = usize::from(u16::from_le_bytes([header[2], header[3]]));
    if header[0] != 0 || length < 8 {
        return Err(Nothing::Malformed);
    }
    ieee80211(view.skip(length)?, link)
}

/// An 802.11 MAC frame (IEEE 802.11-2020 section 9.3.2.1).
pub(super) fn ieee80211<'a>(view: View<'a>, link: &mut Link<'a>) -> Step<'a> {
    let header: &[u8; 24] = view.first()?;
    let [control, flags, ..] = *header;
    // Version 0, type 2 = data; subtype bit 0x40 = no data in it; flag 0x40 = encrypted.
    if control & 0x0f != 0x08 || control & 0x40 != 0 || flags & 0x40 != 0 {
        return Err(Nothing::NotIp);
    }
    let (to_system, from_system) = (flags & 0x01 != 0, flags & 0x02 != 0);
    let mut length = header.len();
    // Between access points a fourth address follows.
    if to_system && from_system {
        length += 6;
    }
    // Quality of service: two more bytes, and four more when the order flag is set.
    if control & 0x80 != 0 {
        // Bit 0x80 of it: several frames aggregated, each with a header of its own.
        if view.u8(length)? & 0x80 != 0 {
            return Err(Nothing::NotIp);
        }
        length += if flags & 0x80 != 0 { 6 } else { 2 };
    }
    let (destination, source) = match (to_system, from_system) {
        (false, false) => (4, 10),
        (false, true) => (4, 16),
        (true, false) => (16, 10),
        (true, true) => (16, 24),
    };
    link.header = Header::Wireless(
        view.skip(destination)?.first()?,
        view.skip(source)?.first()?,
    );
    Ok((Layer::Llc, view.skip(length)?))
}
