"""Puts the Ethernet frames of a pcap file on the wire again.

replay.py CAPTURE TAG INTERFACE [INTERFACE]

TAG is a VLAN to tag the frames with, 0 for none. With two interfaces each peer sends on its own.
"""

import socket
import struct
import sys
import time

capture, tag, interfaces = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
wires = []
for interface in interfaces:
    wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    wire.bind((interface, 0))
    wires.append(wire)

data = open(capture, "rb").read()
assert data[:4] == b"\xd4\xc3\xb2\xa1", "a pcap file of a little-endian machine"
at, first = 24, None
while at < len(data):
    length = struct.unpack_from("<I", data, at + 8)[0]
    frame = data[at + 16 : at + 16 + length]
    at += 16 + length
    sender = frame[6:12]
    first = first or sender
    if tag:
        frame = frame[:12] + struct.pack("!HH", 0x8100, tag) + frame[12:]
    wires[0 if sender == first else -1].send(frame)
    time.sleep(0.002)
