#!/bin/bash
# Connections that neither end wanted to end: somebody between them sends resets in their names.
#
# A device that watches (the cable) lets the ClientHello pass and resets both ends at one instant,
# with a TTL of 128 and IP ids of its own:
#   injected-reset.pcap         seen where the device is: both resets
#   injected-reset-client.pcap  the same connection seen by the client: one reset
#
#   idle-reset.pcap  a packet filter four hops from the server forgets the connection after five
#                    idle seconds and answers the next segment by a reset; TLS 1.2 is established,
#                    and the client has been silent for nine seconds
#
# Needs: iptables swaks and what lib.sh and mta.sh name.
# Usage: record/resets.sh [OUTDIR]
. "$(dirname "$0")/lib.sh"
. "$REC_DIR/mta.sh"
rec_begin "$@"
need iptables swaks

make_certs
make_postfix server mail.example.com

make_cable_link 192.0.2.10/24 192.0.2.25/24
make_ns MONITOR
make_tap "$MONITOR" span
start_postfix server "$SERVER"
run_cable --delay 5 --mirror "$MONITOR:span:none" "up reset tls1 128"
start_capture "$MONITOR" span "$OUT/injected-reset.pcap" tcp
device=$CAPTURE device_log=$CAPTURE_LOG
start_capture "$CLIENT" eth0 "$OUT/injected-reset-client.pcap" tcp
if send --tls --tls-protocol tlsv1_2; then rec_die "the mail went out"; fi
stop_capture
stop_capture "$device" "$device_log"
stop "$CABLE"
stop "$STARTED"

make_chain 4
firewall() { ip netns exec "${HOPS[0]}" "$@"; }
firewall iptables -A FORWARD -p tcp -m conntrack --ctstate INVALID -j REJECT --reject-with tcp-reset
firewall sysctl -qw net.netfilter.nf_conntrack_tcp_loose=0 \
    net.netfilter.nf_conntrack_tcp_timeout_established=5
start_postfix server "$SERVER"
start_capture "$CLIENT" eth0 "$OUT/idle-reset.pcap" tcp
{ sleep 0.5; echo "EHLO hub.example.net"; sleep 9; echo "MAIL FROM:<alice@example.net>"; sleep 1; } |
    in_ns "$CLIENT" openssl s_client -connect 203.0.113.25:25 -starttls smtp -name hub.example.net \
        -tls1_2 -crlf -quiet -CAfile "$WORK/root.crt" >/dev/null 2>&1 || true
stop_capture

for file in injected-reset injected-reset-client idle-reset; do assert_whole "$OUT/$file.pcap"; done
expect 2 "$OUT/injected-reset.pcap" 'tcp.flags.reset == 1 && ip.ttl == 128'
expect 1 "$OUT/injected-reset-client.pcap" 'tcp.flags.reset == 1 && ip.ttl == 128'
expect 1 "$OUT/idle-reset.pcap" 'tcp.flags.reset == 1 && tcp.srcport == 25 && ip.ttl > 60'
