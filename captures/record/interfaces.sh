#!/bin/bash
# Two interfaces of one server in one file, as when a capture is started on loopback and Ethernet.
#
#   two-interfaces.pcapng  interface 0 Ethernet: a client delivers over TLS 1.3; interface 1 Linux
#                          cooked capture v2, the "any" device held to loopback: a local program
#                          delivers over TLS 1.2. Nanoseconds.
#
# Needs: swaks wireshark-common (dumpcap) and what lib.sh and mta.sh name.
# Usage: record/interfaces.sh [OUTDIR]
. "$(dirname "$0")/lib.sh"
. "$REC_DIR/mta.sh"
rec_begin "$@"
need swaks dumpcap

make_certs
make_link 192.0.2.10/24 192.0.2.25/24
make_postfix server mail.example.com
start_postfix server "$SERVER"

start_dumpcap "$SERVER" "$OUT/two-interfaces.pcapng" \
    -i eth0 -f tcp -i any -y LINUX_SLL2 -f "tcp and ifindex 1"
send --tls --tls-protocol tlsv1_3
CLIENT=$SERVER send --server 127.0.0.1 --tls --tls-protocol tlsv1_2
stop_dumpcap
