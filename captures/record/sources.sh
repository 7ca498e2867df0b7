#!/bin/bash
# Who asks: clients that are treated differently, and one that only tries things out. All are
# seen at the server.
#
#   offers-by-source.pcap   a Postfix hides STARTTLS from one of two clients
#   scanner.pcap            sslscan beside two clients that deliver
#   gateway-clients.pcap    eight mail programs behind one address, each with a hello of its own;
#                           all deliver
#   gateway-scanner.pcap    sslscan behind the address of a client that delivers
#
# Behind one address means behind a router that translates addresses (iptables MASQUERADE). sslscan
# is unpacked from its package when it is not installed.
#
# Needs: exim4-daemon-light iptables swaks and what lib.sh and mta.sh name.
# Usage: record/sources.sh [OUTDIR]
export REC_LIMIT=170
. "$(dirname "$0")/lib.sh"
. "$REC_DIR/mta.sh"
rec_begin "$@"
need exim4 iptables swaks

sslscan=$(command -v sslscan) || {
    (cd "$WORK" && apt-get -qq download sslscan 2>/dev/null && dpkg -x sslscan_*.deb sslscan) ||
        rec_die "could not fetch the sslscan package"
    sslscan=$WORK/sslscan/usr/bin/sslscan
}

# scan ADDRESS: what sslscan asks for without trying every suite.
scan() {
    in_ns "$CLIENT" "$sslscan" --starttls-smtp --no-cipher-details --no-groups --no-ciphersuites \
        --no-heartbleed "$1:25" >"$WORK/sslscan.log"
}

from() { send --local-interface "$1" --tls "${@:2}"; }

make_certs
make_postfix server mail.example.com

make_link 192.0.2.10/24 192.0.2.25/24
add_addr "$CLIENT" eth0 192.0.2.20/24

echo "192.0.2.20/32 starttls" >"$WORK/discard"
make_postfix choosy mail.example.com \
    "smtpd_discard_ehlo_keyword_address_maps = cidr:$WORK/discard"
start_postfix choosy "$SERVER"
start_capture "$SERVER" eth0 "$OUT/offers-by-source.pcap" tcp
for _ in 1 2; do
    from 192.0.2.10 --tls-protocol tlsv1_2
    from 192.0.2.20 --ehlo gateway.example.net || [ $? = 29 ]
done
stop_capture
stop "$STARTED"

start_postfix server "$SERVER"
add_addr "$CLIENT" eth0 192.0.2.66/24
ip -n "$CLIENT" route change 192.0.2.0/24 dev eth0 src 192.0.2.66
start_capture "$SERVER" eth0 "$OUT/scanner.pcap" tcp
from 192.0.2.10 --tls-protocol tlsv1_2
scan 192.0.2.25
from 192.0.2.20 --ehlo gateway.example.net --tls-protocol tlsv1_3
from 192.0.2.10 --tls-protocol tlsv1_2
stop_capture
stop "$STARTED"

make_chain 1
ip netns exec "${HOPS[0]}" iptables -t nat -A POSTROUTING -o far -j MASQUERADE
start_postfix server "$SERVER"
from() { send --server 203.0.113.25 --tls "$@"; }
start_capture "$SERVER" eth0 "$OUT/gateway-scanner.pcap" tcp
from --tls-protocol tlsv1_2
scan 203.0.113.25
from --tls-protocol tlsv1_2
stop_capture

make_exim firm exim.example.net
sed -i 's/192\.0\.2\.25/203.0.113.25/' "$WORK/firm.conf"
start_capture "$SERVER" eth0 "$OUT/gateway-clients.pcap" tcp
from --ehlo a.example.net --tls-protocol tlsv1_2
from --ehlo b.example.net --tls-protocol tlsv1_3
from --ehlo c.example.net --tls-protocol tlsv1_2 --tls-cipher ECDHE+AESGCM
from --ehlo d.example.net --tls-protocol tlsv1_2 --tls-sni mail.example.com
from --ehlo e.example.net --tls-protocol tlsv1_2 --tls-cipher DHE:ECDHE
exim_mail firm
in_ns "$CLIENT" python3 - <<'PYTHON'
import smtplib

with smtplib.SMTP("203.0.113.25", local_hostname="python.example.net") as smtp:
    smtp.starttls()
    smtp.sendmail("alice@example.net", "bob@example.com", "Subject: Quarterly figures\n\nA line.\n")
PYTHON
from --ehlo f.example.net
stop_capture

for file in offers-by-source scanner gateway-clients gateway-scanner; do
    assert_whole "$OUT/$file.pcap"
done
expect 2 "$OUT/offers-by-source.pcap" 'smtp contains "STARTTLS" && tcp.srcport == 25'
expect 8 "$OUT/gateway-clients.pcap" 'tls.handshake.type == 2'
