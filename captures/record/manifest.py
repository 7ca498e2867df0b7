#!/usr/bin/env python3
"""Refreshes ../manifest.json from the captures themselves, with tshark as the witness.

Written by hand and kept, for each capture: file, shows, made_by, stack, note, decode_as (what
tshark must be told to see the TLS in it), ports (mail ports that starttap must be told, in place of
its own), copies (why packets are in it twice, by the id of the capture artefact), and for each of
its connections outcome, tls_verb, verdict (what happened, in the words of the recording, with the
ids of the rules that should hold) and findings, the exact list of what starttap is to report.
Everything else is derived anew: sha256, link_type, frames, and for each connection the facts by
frame number; also the findings that follow from these facts without judgement (P21, T37 to T40).

The ids of a verdict are the findings any one of which explains how the connection ended, the most
telling first; there are none where nothing failed, or where no row of the table fits. They are
written from what the recording did, not from what starttap says of it.

Where packets are in a capture twice, the facts are those of a copy of it that holds the first
sighting of each packet only, by the frame numbers of the original; capture_copies counts what was
left out, and retransmissions what tshark then still calls one. Two frames are sightings of one
packet when all of IP id or flow label, TCP header and payload is the same. What one vantage point
(K01, K03) sees again nevertheless is another packet.

`readings` is all by hand: files read together, or one of them where that matters, what happened
across their connections, and the exact list of findings across sessions, each with the connections
that it names (file#stream) and with words that its cause must contain.

Facts that tshark cannot see, or sees otherwise than starttap should, are set by hand; the
connection names them in `by_hand`. They must be looked at again after a re-recording, and the
script says so. A new capture needs only the four texts; its expectations are null until written.

  manifest.py [FILE...]    these captures, or all of them; tshark 4.0.17
"""

import hashlib
import json
import os
import struct
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent
FIELDS = """frame.number tcp.stream tcp.srcport tcp.dstport tcp.flags icmp.type
    tls.handshake.type tls.handshake.version tls.handshake.extensions.supported_version
    tls.handshake.random tls.handshake.ciphersuite tls.handshake.cipherspec
    tls.handshake.certificate tls.alert_message.level tls.alert_message.desc
    tcp.analysis.retransmission""".split()
# What makes two frames sightings of the same packet: all but link layer, TTL and checksums.
IDENTITY = """ip.src ipv6.src ip.id ipv6.flow tcp.srcport tcp.dstport tcp.seq_raw tcp.ack_raw
    tcp.flags tcp.window_size_value tcp.options tcp.payload""".split()
# What tells apart the points where a packet is seen, within one direction of a connection.
VANTAGE = "frame.interface_id sll.ifindex eth.src vlan.id ip.ttl ipv6.hlim".split()
MAIL_PORTS = [25, 465, 587]

FIN, SYN, RST, ACK = 0x01, 0x02, 0x04, 0x10
CLIENT_HELLO, SERVER_HELLO, CERTIFICATE = 1, 2, 11
# The random of a ServerHello that is a HelloRetryRequest (RFC 8446 section 4.1.3).
RETRY = "cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c"
VERSIONS = {0x0002: "SSL 2.0", 0x0300: "SSL 3.0", 0x0301: "TLS 1.0", 0x0302: "TLS 1.1",
            0x0303: "TLS 1.2", 0x0304: "TLS 1.3"}
OLD = {"SSL 2.0", "SSL 3.0", "TLS 1.0", "TLS 1.1"}
LEVELS = {1: "warning", 2: "fatal"}
LINKTYPES = {0: "LINKTYPE_NULL", 1: "LINKTYPE_ETHERNET", 276: "LINKTYPE_LINUX_SLL2"}
FOLLOWING = {"P21", "T37", "T38", "T39", "T40"}

# An empty profile, so that nobody's preferences change the results.
PROFILE = tempfile.TemporaryDirectory()
ENVIRONMENT = dict(os.environ, WIRESHARK_CONFIG_DIR=PROFILE.name)


def tshark(*arguments):
    run = subprocess.run(["tshark", *arguments], capture_output=True, text=True,
                         env=ENVIRONMENT, check=False)
    return run.stdout.split("\n")[:-1]


def suite_names():
    words = [line.split("\t") for line in tshark("-G", "values")]
    fields = "tls.handshake.cipherspec", "tls.handshake.ciphersuite"  # the former in SSL 2.0
    return {int(w[2], 0): w[3] for field in fields for w in words if w[:2] == ["V", field]}


SUITES = suite_names()


def rows(capture, fields, *options):
    extract = [argument for field in fields for argument in ("-e", field)]
    lines = tshark("-n", "-r", str(capture), "-o", "tcp.reassemble_out_of_order:TRUE", *options,
                   "-T", "fields", "-E", "separator=/t", "-E", "occurrence=a", "-E", "aggregator=,",
                   *extract)
    return [dict(zip(fields, line.split("\t"))) for line in lines]


def numbers(text):
    return [int(part, 0) for part in text.split(",") if part]


def is_grease(code):
    return code & 0x0F0F == 0x0A0A and code >> 8 == code & 0xFF


class Connection:
    """What tshark shows of one connection."""

    def __init__(self, first, mail_ports):
        ports = first["tcp.dstport"], first["tcp.srcport"]
        self.port = next(port for port in ports if int(port) in mail_ports)
        self.facts = {
            "tcp_stream": int(first["tcp.stream"]),
            "server_port": int(self.port),
            "client_hello": None,
            "server_hello": None,
            "alerts": [],
            "certificates": {"server": [], "client": []},
            "ended": {"by": "unknown", "how": "capture-end", "frame": None},
        }
        self.offered = []
        self.was_reset = False
        self.retransmissions = {"client": 0, "server": 0}

    def read(self, row):
        frame = int(row["frame.number"])
        side = "client" if row["tcp.dstport"] == self.port else "server"
        self.read_ending(row, frame, side)
        self.retransmissions[side] += bool(row["tcp.analysis.retransmission"])
        types = numbers(row["tls.handshake.type"])
        if CLIENT_HELLO in types:
            self.read_client_hello(row, frame)
        # Type 2 of SSL 2.0 is the client's master key, which has no version.
        if SERVER_HELLO in types and row["tls.handshake.version"]:
            self.read_server_hello(row, frame)
        if CERTIFICATE in types:
            for der in filter(None, row["tls.handshake.certificate"].split(",")):
                thumbprint = hashlib.sha256(bytes.fromhex(der.replace(":", ""))).hexdigest().upper()
                self.facts["certificates"][side].append(thumbprint)
        for level, code in zip(numbers(row["tls.alert_message.level"]),
                               numbers(row["tls.alert_message.desc"])):
            self.facts["alerts"].append(
                {"frame": frame, "from": side, "level": LEVELS[level], "code": code})

    def read_ending(self, row, frame, side):
        flags = int(row["tcp.flags"], 16)
        self.was_reset |= bool(flags & RST)
        if flags & (FIN | RST) and self.facts["ended"]["frame"] is None:
            how = "rst" if flags & RST else "fin"
            self.facts["ended"] = {"by": side, "how": how, "frame": frame}

    def read_client_hello(self, row, frame):
        if self.facts["client_hello"]:
            self.facts.setdefault("second_client_hello", {"frame": frame})
            return
        listed = numbers(row["tls.handshake.extensions.supported_version"])
        best = max((v for v in listed if not is_grease(v)),
                   default=numbers(row["tls.handshake.version"])[0])
        self.facts["client_hello"] = {"frame": frame, "max_version": VERSIONS[best]}
        self.offered = (numbers(row["tls.handshake.ciphersuite"])
                        + numbers(row["tls.handshake.cipherspec"]))

    def read_server_hello(self, row, frame):
        chosen = (numbers(row["tls.handshake.extensions.supported_version"])
                  or numbers(row["tls.handshake.version"]))
        hello = {"frame": frame, "version": VERSIONS[chosen[0]],
                 "cipher_suite": SUITES[numbers(row["tls.handshake.ciphersuite"])[0]]}
        is_retry = row["tls.handshake.random"].replace(":", "").startswith(RETRY)
        name = "hello_retry_request" if is_retry else "server_hello"
        self.facts[name] = self.facts.get(name) or hello

    def renumber(self, originals):
        """From frame numbers of an excerpt to those of the file it was taken from."""
        for fact in [*self.facts.values(), *self.facts["alerts"]]:
            if isinstance(fact, dict) and fact.get("frame"):
                fact["frame"] = int(originals[fact["frame"] - 1])

    def following_findings(self):
        hello, answer = self.facts["client_hello"], self.facts["server_hello"]
        shown = {
            "P21": self.was_reset,
            "T37": hello and hello["max_version"] in OLD,
            "T38": answer and answer["version"] in OLD,
            "T39": any("RC4" in SUITES.get(code, "") for code in self.offered),
            "T40": answer and "RC4" in (answer["cipher_suite"] or ""),
        }
        return {finding for finding, is_shown in shown.items() if is_shown}


def connections(capture, entry):
    """The connections, without segments that an ICMP error quotes: nobody sent those."""
    told = ["-d", entry["decode_as"]] if "decode_as" in entry else []
    ports = entry.get("ports", MAIL_PORTS)
    found = {}
    for row in rows(capture, FIELDS, *told):
        if row["tcp.stream"] and not row["icmp.type"]:
            found.setdefault(int(row["tcp.stream"]), Connection(row, ports)).read(row)
    return [found[stream] for stream in sorted(found)]


def connections_seen_once(capture, entry):
    """The same from the first sighting of each packet; and how often each was seen again."""
    seen, sightings, first, again = set(), Counter(), [], Counter()
    for number, row in enumerate(rows(capture, [*IDENTITY, *VANTAGE, "tcp.stream"]), start=1):
        packet = tuple(row[field] for field in IDENTITY)
        if entry["copies"] in ("K01", "K03"):
            here = packet, tuple(row[field] for field in VANTAGE)
            sightings[here] += 1
            packet = packet, sightings[here]
        if row["tcp.stream"] and packet in seen:
            again[int(row["tcp.stream"])] += 1
        else:
            first.append(str(number))
        seen.add(packet)
    with tempfile.TemporaryDirectory() as folder:
        once = Path(folder) / capture.name
        subprocess.run(["editcap", "-r", capture, once, *first], check=True)
        found = connections(once, entry)
    for connection in found:
        connection.renumber(first)
        connection.facts["capture_copies"] = again[connection.facts["tcp_stream"]]
        connection.facts["retransmissions"] = connection.retransmissions
    return found


def described(connection, kept):
    """The facts of a connection joined with what was written by hand about it."""
    facts = connection.facts
    by_hand = kept.get("by_hand", [])
    facts.update({name: kept[name] for name in by_hand})
    written = set(kept.get("findings") or []) - FOLLOWING
    session = {
        "tcp_stream": facts.pop("tcp_stream"),
        "server_port": facts.pop("server_port"),
        "outcome": kept.get("outcome"),
        "tls_verb": kept.get("tls_verb"),
        **facts,
        "findings": sorted(written | connection.following_findings()),
    }
    if "verdict" in kept:
        session["verdict"] = kept["verdict"]
    if by_hand:
        session["by_hand"] = by_hand
    if "verdict" in kept:
        session["verdict"] = kept["verdict"]
    if session["outcome"] == "tls-established" and not (
            session["client_hello"] and session["server_hello"]):
        raise SystemExit("said to be tls-established, but tshark does not see both hellos")
    return session


def link_types(data):
    if data[:4] == b"\xd4\xc3\xb2\xa1":
        return [LINKTYPES[struct.unpack_from("<I", data, 20)[0]]]
    found, offset = [], 0
    while offset < len(data):  # pcapng, little-endian as everything recorded here
        kind, length = struct.unpack_from("<II", data, offset)
        if kind == 1:
            found.append(LINKTYPES[struct.unpack_from("<H", data, offset + 8)[0]])
        offset += length
    return found


def refreshed(entry):
    capture = FOLDER / entry["file"]
    data = capture.read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    kept = {session["tcp_stream"]: session for session in entry.get("sessions", [])}
    if digest != entry.get("sha256"):
        by_hand = sorted({name for session in kept.values() for name in session.get("by_hand", [])})
        print(f"{entry['file']} is new; look at: findings", *by_hand, *(["note"] * ("note" in entry)))
    fresh = {name: entry[name] for name in ("file", "shows", "made_by", "stack")}
    fresh["sha256"] = digest
    fresh["link_type"] = ", ".join(dict.fromkeys(link_types(data)))
    fresh["frames"] = len(tshark("-n", "-r", str(capture), "-T", "fields", "-e", "frame.number"))
    given = ("note", "decode_as", "ports", "copies")
    fresh.update({name: entry[name] for name in given if name in entry})
    look = connections_seen_once if "copies" in entry else connections
    fresh["sessions"] = [
        described(connection, kept.get(connection.facts["tcp_stream"], {}))
        for connection in look(capture, entry)]
    return fresh


def main():
    path, wanted = FOLDER / "manifest.json", set(sys.argv[1:])
    manifest = json.loads(path.read_text())
    captures = manifest["captures"]
    captures = [refreshed(entry) if entry["file"] in wanted or not wanted else entry
                for entry in sorted(captures, key=lambda entry: entry["file"])]
    unnamed = {p.name for p in FOLDER.glob("*.pcap*")} - {entry["file"] for entry in captures}
    if unnamed:
        print("not in the manifest:", *sorted(unnamed))
    manifest["captures"] = captures
    path.write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
