"""Rewrites a little-endian Ethernet pcap as one of link type NULL (BSD loopback).

Windows' capture driver records its loopback interface that way: four bytes that hold the address
family in the machine's byte order, then the IP packet. Everything from IP upward, the time stamps
and the order are kept.

Usage: to_null.py IN.pcap OUT.pcap
"""

import struct
import sys

LINKTYPE_NULL, LINKTYPE_ETHERNET = 0, 1
ETHERNET_HEADER = 14
# IPv6 has three numbers in use, none of them Windows' AF_INET6 (23); 24 is the oldest.
FAMILY = {0x0800: 2, 0x86DD: 24}

with open(sys.argv[1], "rb") as source, open(sys.argv[2], "wb") as target:
    header = struct.unpack("<IHHiIII", source.read(24))
    assert header[0] == 0xA1B2C3D4 and header[-1] == LINKTYPE_ETHERNET, "not the expected pcap"
    target.write(struct.pack("<IHHiIII", *header[:-1], LINKTYPE_NULL))
    while record := source.read(16):
        seconds, micros, captured, original = struct.unpack("<IIII", record)
        frame = source.read(captured)
        (ethertype,) = struct.unpack_from("!H", frame, 12)
        packet = struct.pack("<I", FAMILY[ethertype]) + frame[ETHERNET_HEADER:]
        shorter = ETHERNET_HEADER - 4
        target.write(struct.pack("<IIII", seconds, micros, captured - shorter, original - shorter))
        target.write(packet)
