#!/bin/bash
# A ClientHello with a post-quantum key share (X25519MLKEM768), too large for one segment.
#
#   hello-pq.pcap          Postfix with OpenSSL 3.0 does not know the group and chooses X25519
#   hello-pq-dropped.pcap  a device on the way passes the first segment only; the client repeats
#                          the second one until it gives up
#
# The client is pyOpenSSL, whose wheels bring an OpenSSL of their own (3.5 or newer).
#
# Needs: python3-venv, network access for pip, and what lib.sh and mta.sh name.
# Usage: record/hello-pq.sh [OUTDIR]
. "$(dirname "$0")/lib.sh"
. "$REC_DIR/mta.sh"
rec_begin "$@"

python3 -m venv "$WORK/venv"
"$WORK/venv/bin/pip" -q --disable-pip-version-check install "pyopenssl>=25.1" "cryptography>=45"

cat >"$WORK/client.py" <<'PYTHON'
import socket

from OpenSSL import SSL

peer = socket.create_connection(("192.0.2.25", 25), timeout=10)
lines = peer.makefile("rb", buffering=0)
lines.readline()
peer.sendall(b"EHLO hub.example.net\r\n")
while lines.readline()[3:4] == b"-":
    pass
peer.sendall(b"STARTTLS\r\n")
lines.readline()
peer.settimeout(None)  # pyOpenSSL wants a blocking socket
tls = SSL.Connection(SSL.Context(SSL.TLS_CLIENT_METHOD), peer)
tls.set_tlsext_host_name(b"mail.example.com")
tls.set_connect_state()
tls.do_handshake()
tls.sendall(b"EHLO hub.example.net\r\n")
tls.recv(4096)
tls.sendall(b"QUIT\r\n")
tls.recv(4096)
tls.shutdown()
peer.close()
PYTHON

make_certs
make_cable_link 192.0.2.10/24 192.0.2.25/24
make_postfix server mail.example.com
start_postfix server "$SERVER"

run_cable
start_capture "$CLIENT" eth0 "$OUT/hello-pq.pcap" tcp
in_ns "$CLIENT" "$WORK/venv/bin/python" "$WORK/client.py"
stop_capture
stop "$CABLE"

# Killed after seven seconds, the client closes, but its FIN waits behind the lost segment.
run_cable "up stop tls2"
start_capture "$CLIENT" eth0 "$OUT/hello-pq-dropped.pcap" tcp
if REC_STEP=7 in_ns "$CLIENT" "$WORK/venv/bin/python" "$WORK/client.py"; then
    rec_die "the hello got through"
fi
stop_capture
