#!/usr/bin/env python3
"""A cable between two network namespaces that can be told to misbehave.

Not every kernel has netem and 8021q, and neither of them can lose "the second
segment of the server's TLS flight". This joins two existing TAP devices, looks
at every frame and applies the rules given to it until it is terminated.

  cable.py [--delay MS] [--mirror NS:TAP:TAGS[,TAGS]] CLIENT_NS:TAP SERVER_NS:TAP [RULE...]

A rule is one argument, `DIRECTION ACTION ...`; up is from client to server:

  down drop N         lose the n-th TCP segment with payload
  down stop N         lose it and all that follow it, for good
  down swap N         let the next one overtake it
  down twice N        deliver it twice
  up split N AT       cut it at byte AT and deliver the second part first
  up reset N TTL      deliver it and reset both ends, each in the name of the other, as a
                      device does that watches connections; the resets have that TTL
  down replace A B    overwrite the bytes A by B wherever they occur
  down stars REGEX    overwrite what the regex matches by asterisks
  down cut REGEX      take out what the regex matches
  up isn N            move the sender's sequence numbers by N, as a firewall does that draws
                      initial ones of its own

N counts from 1; `tlsN` counts from the first segment that opens with a TLS
handshake record. Retransmissions count like any other segment, so a rule that
names one segment hits once. Overwritten text keeps its length. Where text is
taken out or sequence numbers are moved, those of the other direction's
acknowledgments follow, from the last SYN on, so one connection at a time; the
numbers of selective acknowledgments do not. Checksums are mended.

--delay holds every frame back, in both directions. --mirror copies every frame
to a third device, as a switch's monitoring port would, once for each TAGS: a
VLAN id, two with a dot (the outer tag is 802.1ad), or `none`.
"""

import argparse
import ctypes
import fcntl
import heapq
import itertools
import os
import re
import select
import socket
import struct
import time

SYN, ACK, RST_ACK = 0x02, 0x10, 0x14

TUNSETIFF = 0x400454CA
IFF_TAP, IFF_NO_PI = 0x0002, 0x1000
CLONE_NEWNET = 0x40000000

LIBC = ctypes.CDLL(None, use_errno=True)


class Segment:
    """The TCP segment inside an Ethernet frame, and how to change it."""

    def __init__(self, frame):
        self.frame = frame
        ethertype = int.from_bytes(frame[12:14], "big")
        if ethertype == 0x0800:
            header_len = (frame[14] & 0x0F) * 4
            protocol, self.end = frame[23], 14 + int.from_bytes(frame[16:18], "big")
        elif ethertype == 0x86DD:
            header_len = 40
            protocol, self.end = frame[20], 54 + int.from_bytes(frame[18:20], "big")
        else:
            raise ValueError("neither IPv4 nor IPv6")
        if protocol != socket.IPPROTO_TCP:
            raise ValueError("not TCP")
        self.ipv4 = ethertype == 0x0800
        self.tcp = 14 + header_len
        self.data = self.tcp + (frame[self.tcp + 12] >> 4) * 4

    @property
    def payload(self):
        return self.frame[self.data : self.end]

    @property
    def flags(self):
        return self.frame[self.tcp + 13]

    def rebuilt(self, payload, seq_offset=0, ack_offset=0):
        """The same frame with another payload, further along in the streams."""
        frame = bytearray(self.frame[: self.data]) + payload
        seq, ack = struct.unpack_from(">II", frame, self.tcp + 4)
        if self.flags & ACK:
            ack += ack_offset
        seq += seq_offset
        struct.pack_into(">II", frame, self.tcp + 4, seq & 0xFFFFFFFF, ack & 0xFFFFFFFF)
        if self.ipv4:
            addresses = frame[26:34]
            struct.pack_into(">H", frame, 16, len(frame) - 14)
            struct.pack_into(">H", frame, 24, 0)
            struct.pack_into(">H", frame, 24, checksum(frame[14 : self.tcp]))
        else:
            addresses = frame[22:54]
            struct.pack_into(">H", frame, 18, len(frame) - 54)
        struct.pack_into(">H", frame, self.tcp + 16, 0)
        pseudo = addresses + struct.pack(">IHBB", len(frame) - self.tcp, 0, 0, 6)
        struct.pack_into(">H", frame, self.tcp + 16, checksum(pseudo + frame[self.tcp :]))
        return bytes(frame)

    def reset(self, back, ttl, identification):
        """A reset that fits behind this segment (IPv4), or the same back to its sender."""
        ethernet, addresses = self.frame[:14], self.frame[26:34]
        ports, seq, ack = struct.unpack_from(">4sII", self.frame, self.tcp)
        seq = (seq + len(self.payload)) & 0xFFFFFFFF
        if back:
            ethernet = ethernet[6:12] + ethernet[:6] + ethernet[12:]
            addresses = addresses[4:] + addresses[:4]
            ports, seq, ack = ports[2:] + ports[:2], ack, seq
        ip = struct.pack(">BBHHHBBH", 0x45, 0, 40, identification, 0, ttl, 6, 0)
        tcp = ports + struct.pack(">IIBBHHH", seq, ack, 0x50, RST_ACK, 0, 0, 0)
        blank = Segment(ethernet + ip + addresses + tcp)
        return blank.rebuilt(b"")


class Direction:
    """One direction of the cable: its rules and what they have to remember."""

    def __init__(self, rules):
        self.edits = [rule for rule in rules if rule[0] in ("replace", "stars", "cut")]
        self.first_shift = sum(int(rule[1]) for rule in rules if rule[0] == "isn")
        tricks = [rule for rule in rules if rule not in self.edits and rule[0] != "isn"]
        self.tricks = {rule[1]: rule for rule in tricks}
        self.shift = self.first_shift  # by how much sequence numbers are moved
        self.opposite = self
        self.segments = 0
        self.tls_segments = 0
        self.stopped = False
        self.held = None
        self.answers = []  # what goes back to the sender

    def carry(self, frame):
        """The frames to deliver for one that came in; `answers` fills up beside."""
        try:
            segment = Segment(frame)
        except ValueError:
            return [frame]
        segment = self.translated(segment)
        if not segment.payload:
            return [segment.frame]

        edited = self.edit(segment.payload)
        if edited != segment.payload:
            self.shift += len(edited) - len(segment.payload)
            segment = Segment(segment.rebuilt(edited))

        trick = self.trick_for(segment)
        if trick and trick[0] == "stop":
            self.stopped = True
        if self.stopped:
            return []
        if trick and trick[0] == "swap":
            self.held = segment.frame
            return []
        held, self.held = self.held, None
        return self.apply(trick, segment) + ([held] if held else [])

    def translated(self, segment):
        if segment.flags & SYN:
            self.shift = self.first_shift
        if not self.shift and not self.opposite.shift:
            return segment
        return Segment(segment.rebuilt(segment.payload, self.shift, -self.opposite.shift))

    def edit(self, payload):
        for action, *words in self.edits:
            if action == "replace":
                payload = payload.replace(words[0].encode(), words[1].encode())
            elif action == "cut":
                payload = re.sub(words[0].encode(), b"", payload)
            else:
                payload = re.sub(words[0].encode(), lambda m: b"*" * len(m[0]), payload)
        return payload

    def trick_for(self, segment):
        self.segments += 1
        if self.tls_segments or segment.payload[:2] == b"\x16\x03":
            self.tls_segments += 1
        return self.tricks.get(f"tls{self.tls_segments}") or self.tricks.get(str(self.segments))

    def apply(self, trick, segment):
        if trick is None:
            return [segment.frame]
        action, _, *words = trick
        if action == "drop":
            return []
        if action == "twice":
            return [segment.frame, segment.frame]
        if action == "reset":
            ttl = int(words[0])
            self.answers.append(segment.reset(True, ttl, identification=0x5A01))
            return [segment.frame, segment.reset(False, ttl, identification=0x5A02)]
        at, payload = int(words[0]), segment.payload
        return [segment.rebuilt(payload[at:], seq_offset=at), segment.rebuilt(payload[:at])]


def checksum(data):
    if len(data) % 2:
        data = bytes(data) + b"\0"
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def tagged(frame, vids):
    """The frame with its VLAN tags; of two, the outer one is a service tag."""
    tpids = [0x88A8, 0x8100] if len(vids) == 2 else [0x8100]
    tags = b"".join(struct.pack(">HH", tpid, vid) for tpid, vid in zip(tpids, vids))
    return frame[:12] + tags + frame[12:]


def attach(namespace, device):
    """Attach to a TAP device of a namespace; the descriptor outlives the visit."""
    with open(f"/run/netns/{namespace}") as entrance:
        if LIBC.setns(entrance.fileno(), CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), f"cannot enter namespace {namespace}")
    descriptor = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(descriptor, TUNSETIFF, struct.pack("16sH22x", device.encode(), IFF_TAP | IFF_NO_PI))
    return descriptor


def parse_rules(texts):
    rules = {"up": [], "down": []}
    for text in texts:
        direction, action, rest = text.split(" ", 2)
        words = [rest] if action in ("stars", "cut") else rest.split()
        if action == "replace" and len(words[0]) != len(words[1]):
            raise SystemExit(f"not of equal length: {text}")
        rules[direction].append((action, *words))
    return rules


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--delay", type=float, default=0, metavar="MS")
    parser.add_argument("--mirror", metavar="NS:TAP:TAGS[,TAGS]")
    parser.add_argument("client", metavar="CLIENT_NS:TAP")
    parser.add_argument("server", metavar="SERVER_NS:TAP")
    parser.add_argument("rules", nargs="*", metavar="RULE")
    args = parser.parse_args()

    rules = parse_rules(args.rules)
    client, server = attach(*args.client.split(":")), attach(*args.server.split(":"))
    up, down = Direction(rules["up"]), Direction(rules["down"])
    up.opposite, down.opposite = down, up
    way = {client: (server, up), server: (client, down)}
    mirror, sights = None, []
    if args.mirror:
        namespace, device, tags = args.mirror.split(":")
        mirror = attach(namespace, device)
        sights = [[] if t == "none" else [int(vid) for vid in t.split(".")] for t in tags.split(",")]

    order, under_way = itertools.count(), []
    while True:
        wait = max(0, under_way[0][0] - time.monotonic()) if under_way else None
        for source in select.select(list(way), [], [], wait)[0]:
            target, direction = way[source]
            onward = direction.carry(os.read(source, 65536))
            back, direction.answers = direction.answers, []
            due = time.monotonic() + args.delay / 1000
            for goal, frames in ((target, onward), (source, back)):
                for frame in frames:
                    heapq.heappush(under_way, (due, next(order), goal, frame))
        arrived, now = [], time.monotonic()
        while under_way and under_way[0][0] <= now:
            arrived.append(heapq.heappop(under_way)[2:])
        for _, frame in arrived:
            for vids in sights:
                os.write(mirror, tagged(frame, vids))
        for target, frame in arrived:
            os.write(target, frame)


if __name__ == "__main__":
    main()
