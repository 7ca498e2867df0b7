//! Headers around payloads.

pub(super) const PAYLOAD: &[u8] = b"EHLO client.example\r\n";
pub(super) const SEQ: u32 = 0x0102_0304;
pub(super) const ACK: u32 = 0xfffe_fdfc;
/// Two no-operations and a timestamp option.
pub(super) const OPTIONS: &[u8] = &[1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2];

pub(super) const MACS: [u8; 12] = [0x02, 0, 0, 0, 0, 2, 0x02, 0, 0, 0, 0, 1];
pub(super) const V4_SOURCE: [u8; 4] = [192, 0, 2, 7];
pub(super) const V4_DESTINATION: [u8; 4] = [192, 0, 2, 25];
pub(super) const TTL: u8 = 63;
pub(super) const IP_ID: u16 = 0xbeef;
pub(super) const FLOW_LABEL: u32 = 0x000a_bcde;

pub(super) const ETHERNET: u16 = 1;
pub(super) const RAW: u16 = 101;

/// The segment every test looks for.
pub(super) fn tcp() -> Vec<u8> {
    join(&[
        &49_152u16.to_be_bytes(),
        &25u16.to_be_bytes(),
        &SEQ.to_be_bytes(),
        &ACK.to_be_bytes(),
        &[0x80, 0x18, 0x12, 0x34, 0, 0, 0, 0x42],
        OPTIONS,
        PAYLOAD,
    ])
}

pub(super) fn join(parts: &[&[u8]]) -> Vec<u8> {
    parts.concat()
}

pub(super) fn ipv4(protocol: u8, payload: &[u8]) -> Vec<u8> {
    ipv4_part(IP_ID, 0, false, protocol, payload)
}

/// A fragment of an IPv4 datagram; `offset` in bytes.
pub(super) fn ipv4_part(id: u16, offset: u16, more: bool, protocol: u8, payload: &[u8]) -> Vec<u8> {
    let total = u16::try_from(20 + payload.len()).unwrap();
    let field = (offset / 8) | if more { 0x2000 } else { 0 };
    join(&[
        &[0x45, 0],
        &total.to_be_bytes(),
        &id.to_be_bytes(),
        &field.to_be_bytes(),
        &[TTL, protocol, 0, 0],
        &V4_SOURCE,
        &V4_DESTINATION,
        payload,
    ])
}

pub(super) fn v6(last: u8) -> [u8; 16] {
    let mut address = [0; 16];
    address[..4].copy_from_slice(&[0x20, 0x01, 0x0d, 0xb8]);
    address[15] = last;
    address
}

pub(super) fn ipv6(next_header: u8, payload: &[u8]) -> Vec<u8> {
    let [_, a, b, c] = FLOW_LABEL.to_be_bytes();
    join(&[
        &[0x60, a, b, c],
        &u16::try_from(payload.len()).unwrap().to_be_bytes(),
        &[next_header, TTL],
        &v6(7),
        &v6(25),
        payload,
    ])
}

/// An IPv6 fragment header before `payload`; `offset` in bytes.
pub(super) fn ipv6_part(
    id: u32,
    offset: u16,
    more: bool,
    next_header: u8,
    payload: &[u8],
) -> Vec<u8> {
    let field = offset | u16::from(more);
    let part = join(&[
        &[next_header, 0],
        &field.to_be_bytes(),
        &id.to_be_bytes(),
        payload,
    ]);
    ipv6(44, &part)
}

pub(super) fn ethernet(ether_type: u16, payload: &[u8]) -> Vec<u8> {
    join(&[&MACS, &ether_type.to_be_bytes(), payload])
}

pub(super) fn udp(port: u16, payload: &[u8]) -> Vec<u8> {
    let len = u16::try_from(8 + payload.len()).unwrap();
    join(&[
        &40_000u16.to_be_bytes(),
        &port.to_be_bytes(),
        &len.to_be_bytes(),
        &[0, 0],
        payload,
    ])
}

/// The segment in IPv4.
pub(super) fn packet() -> Vec<u8> {
    ipv4(6, &tcp())
}

/// The segment in IPv6.
pub(super) fn packet6() -> Vec<u8> {
    ipv6(6, &tcp())
}

/// The segment in IPv4 in Ethernet.
pub(super) fn whole() -> Vec<u8> {
    ethernet(0x0800, &packet())
}
