#!/bin/bash
# Mail that comes through a proxy which says so first.
#
#   proxy-preamble.pcap  a PROXY header before everything: version 1, a line, and version 2, binary
#   xclient.pcap         XCLIENT, which begins the dialogue anew, then STARTTLS
#
# Needs: swaks and what lib.sh and mta.sh name.
# Usage: record/proxies.sh [OUTDIR]
. "$(dirname "$0")/lib.sh"
. "$REC_DIR/mta.sh"
rec_begin "$@"
need swaks

tls=(--tls --tls-protocol tlsv1_2)

make_certs
make_link 192.0.2.10/24 192.0.2.25/24
make_postfix behind-proxy mail.example.com "smtpd_upstream_proxy_protocol = haproxy"
make_postfix xclient mail.example.com "smtpd_authorized_xclient_hosts = 192.0.2.10"

start_postfix behind-proxy "$SERVER"
proxied=(--proxy-source 198.51.100.7 --proxy-source-port 41234
    --proxy-dest 203.0.113.25 --proxy-dest-port 25)
start_capture "$CLIENT" eth0 "$OUT/proxy-preamble.pcap" tcp
send "${tls[@]}" --proxy-version 1 --proxy-family TCP4 "${proxied[@]}"
send "${tls[@]}" --proxy-version 2 --proxy-family AF_INET "${proxied[@]}"
stop_capture
expect 1 "$OUT/proxy-preamble.pcap" 'frame contains "PROXY TCP4 "'
stop "$STARTED"

start_postfix xclient "$SERVER"
start_capture "$CLIENT" eth0 "$OUT/xclient.pcap" tcp
send "${tls[@]}" --xclient-before-starttls --xclient-name gateway.example.org \
    --xclient-addr 198.51.100.7
stop_capture
expect 1 "$OUT/xclient.pcap" 'tcp.dstport == 25 && frame contains "XCLIENT "'
