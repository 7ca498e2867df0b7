#!/bin/bash
# A switch's monitoring port that gets every packet twice.
#
#   span-twice.pcap       both directions of both ports are mirrored: each frame twice, the same to
#                         the last byte, TTL included
#   span-vlan-twins.pcap  a port and the trunk behind it are mirrored: each frame untagged and then
#                         tagged 802.1Q, VLAN 100
#
# The cable copies every frame to a third device, where it is recorded. The server's first segment
# of the handshake is lost before that, so there is a genuine retransmission, twice.
#
# Needs: swaks and what lib.sh and mta.sh name.
# Usage: record/span.sh [OUTDIR]
. "$(dirname "$0")/lib.sh"
. "$REC_DIR/mta.sh"
rec_begin "$@"
need swaks

make_certs
make_cable_link 192.0.2.10/24 192.0.2.25/24
make_ns MONITOR
make_tap "$MONITOR" span
# Nothing is filtered, since a filter would not look behind the tag; without IPv6 only ARP is there
# beside the session.
for end in "$CLIENT" "$SERVER" "$MONITOR"; do
    ip netns exec "$end" sysctl -qw net.ipv6.conf.all.disable_ipv6=1
done
make_postfix server mail.example.com
start_postfix server "$SERVER"

for recording in span-twice.pcap:none,none span-vlan-twins.pcap:none,100; do
    run_cable --delay 5 --mirror "$MONITOR:span:${recording#*:}" "down drop tls1"
    start_capture "$MONITOR" span "$OUT/${recording%:*}"
    send --tls --tls-protocol tlsv1_2
    stop_capture
    stop "$CABLE"
done
