#!/bin/bash
# Clients that do not wait their turn.
#
#   pipelined-early.pcap  one sends a command in the segment of its STARTTLS, the shape of
#                         CVE-2011-0411, and one its ClientHello; Postfix throws away what came
#                         before its 220, so the first session goes on and the second gets stuck
#
# Needs: what lib.sh and mta.sh name.
# Usage: record/eager.sh [OUTDIR]
. "$(dirname "$0")/lib.sh"
. "$REC_DIR/mta.sh"
rec_begin "$@"

make_certs
make_link 192.0.2.10/24 192.0.2.25/24
make_postfix server mail.example.com
start_postfix server "$SERVER"

cat >"$WORK/client.py" <<'PYTHON'
import socket
import ssl
import sys

context = ssl.create_default_context(cafile=sys.argv[1])
context.check_hostname = False
context.maximum_version = ssl.TLSVersion.TLSv1_2


def greeted():
    peer = socket.create_connection(("192.0.2.25", 25), timeout=3)
    lines = peer.makefile("rb", buffering=0)
    lines.readline()
    peer.sendall(b"EHLO hub.example.net\r\n")
    while lines.readline()[3:4] == b"-":
        pass
    return peer, lines


peer, lines = greeted()
peer.sendall(b"STARTTLS\r\nMAIL FROM:<mallory@example.net>\r\n")
lines.readline()
tls = context.wrap_socket(peer)
tls.sendall(b"QUIT\r\n")
tls.recv(1000)
tls.close()

peer, lines = greeted()
incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
tls = context.wrap_bio(incoming, outgoing)
try:
    tls.do_handshake()
except ssl.SSLWantReadError:
    peer.sendall(b"STARTTLS\r\n" + outgoing.read())
lines.readline()
try:
    print("unexpected:", peer.recv(1000))
except TimeoutError:
    pass
peer.close()
PYTHON
start_capture "$CLIENT" eth0 "$OUT/pipelined-early.pcap" tcp
in_ns "$CLIENT" python3 "$WORK/client.py" "$WORK/root.crt"
stop_capture
