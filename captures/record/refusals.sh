#!/bin/bash
# Sessions that never get as far as a ServerHello.
#
#   starttls-454.pcap       Postfix without a usable certificate: 454, the client leaves
#   syn-unanswered.pcap     a packet filter swallows the SYNs
#   syn-refused.pcap        nobody listens: RST
#   reset-after-hello.pcap  a packet filter answers the ClientHello by a RST in the server's name;
#                           the server, which saw neither, repeats its 220 and is reset in turn
#
# Needs: iptables swaks and what lib.sh and mta.sh name.
# Usage: record/refusals.sh [OUTDIR]
. "$(dirname "$0")/lib.sh"
. "$REC_DIR/mta.sh"
rec_begin "$@"
need iptables swaks

# attempt FILE [OPTION...]: a delivery that fails, seen by the client.
attempt() {
    local file=$1
    shift
    start_capture "$CLIENT" eth0 "$OUT/$file" tcp
    if send --tls "$@"; then rec_die "$file: the mail went out"; fi
    stop_capture
}

firewall() { ip netns exec "$SERVER" iptables "$@"; }

make_certs
make_link 192.0.2.10/24 192.0.2.25/24

attempt syn-refused.pcap

firewall -A INPUT -p tcp --dport 25 -j DROP
attempt syn-unanswered.pcap --timeout 8
firewall -F

make_postfix keyless mail.example.com "smtpd_tls_key_file = $WORK/no-such.key" \
    "smtpd_tls_cert_file = $WORK/mail.pem" "smtpd_tls_chain_files ="
start_postfix keyless "$SERVER"
attempt starttls-454.pcap
stop "$STARTED"

# Bytes 0x16 0x03 at the start of the payload: the first record of a handshake.
make_postfix server mail.example.com
start_postfix server "$SERVER"
firewall -A INPUT -p tcp --dport 25 -m u32 --u32 '0>>22&0x3C@12>>26&0x3C@0>>16=0x1603' \
    -j REJECT --reject-with tcp-reset
attempt reset-after-hello.pcap
