#!/bin/bash
# The same kind of session as seen on a switch's monitoring port, where frames carry tags.
#
#   vlan.pcap  802.1Q, VLAN 100
#   qinq.pcap  802.1ad service tag 200 around 802.1Q VLAN 100
#
# The cable copies every frame, tagged, to a third device, where it is recorded.
#
# Needs: swaks and what lib.sh and mta.sh name.
# Usage: record/tags.sh [OUTDIR]
. "$(dirname "$0")/lib.sh"
. "$REC_DIR/mta.sh"
rec_begin "$@"
need swaks

make_certs
make_cable_link 192.0.2.10/24 192.0.2.25/24
make_ns MONITOR
make_tap "$MONITOR" span
# Nothing is filtered, since a filter would not look behind two tags; without IPv6 nobody looks
# for neighbours unasked, and only ARP remains.
for end in "$CLIENT" "$SERVER" "$MONITOR"; do
    ip netns exec "$end" sysctl -qw net.ipv6.conf.all.disable_ipv6=1
done
make_postfix server mail.example.com
start_postfix server "$SERVER"

for recording in vlan.pcap:100 qinq.pcap:200.100; do
    run_cable --mirror "$MONITOR:span:${recording#*:}"
    start_capture "$MONITOR" span "$OUT/${recording%:*}"
    send --tls --tls-protocol tlsv1_2
    stop_capture
    stop "$CABLE"
done
