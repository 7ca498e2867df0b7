#!/bin/bash
# A network that loses, swaps, doubles and cuts segments of the handshake, seen by the client.
#
#   loss-in-handshake.pcap       the second segment of the server's flight is lost and repeated
#   lost-clienthello.pcap        the ClientHello is lost and repeated
#   reorder-in-handshake.pcap    the first two segments of the server's flight change places
#   reorder-clienthello.pcap     a ClientHello in two segments, the second one first (seen by the
#                                server, where it arrives)
#   duplicate-in-handshake.pcap  the first segment of the server's flight arrives twice
#
# The cable takes 20 ms each way: without a round-trip time worth the name, nobody can tell a
# late segment from a repeated one. The MTU of 1000, as behind a tunnel, makes the server's flight
# three segments long, so that a lost one leaves a gap.
#
# Needs: swaks and what lib.sh and mta.sh name.
# Usage: record/faults.sh [OUTDIR]
. "$(dirname "$0")/lib.sh"
. "$REC_DIR/mta.sh"
rec_begin "$@"
need swaks

# record FILE END RULE: one delivery over TLS 1.2, watched at that end.
record() {
    run_cable --delay 20 "$3"
    start_capture "$2" eth0 "$OUT/$1" tcp
    send --tls --tls-protocol tlsv1_2
    stop_capture
    stop "$CABLE"
}

make_certs
make_cable_link 192.0.2.10/24 192.0.2.25/24
for end in "$CLIENT" "$SERVER"; do ip -n "$end" link set eth0 mtu 1000; done
make_postfix server mail.example.com
start_postfix server "$SERVER"

record loss-in-handshake.pcap "$CLIENT" "down drop tls2"
record lost-clienthello.pcap "$CLIENT" "up drop tls1"
record reorder-in-handshake.pcap "$CLIENT" "down swap tls1"
record reorder-clienthello.pcap "$SERVER" "up split tls1 100"
record duplicate-in-handshake.pcap "$CLIENT" "down twice tls1"
