#!/bin/bash
# TLS from the first byte where it is not usual, and clear text where TLS is.
#
#   implicit-tls-587.pcap         an Exim that was told to expect TLS at once on 587
#   implicit-tls-wrong-port.pcap  a client of implicit TLS on 25 of Exim, of Postfix, and of an Exim
#                                 that takes its time, so that the hello comes before the banner,
#                                 and has PIPECONNECT off, else it would not mind
#   plaintext-465.pcap            an Exim that speaks plain SMTP on 465: with and without STARTTLS
#   silent-465.pcap               a client that waits for the banner on a port of implicit TLS
#   port-2525.pcap                submission with STARTTLS on 2525
#
# Needs: exim4-daemon-light swaks and what lib.sh and mta.sh name.
# Usage: record/ports.sh [OUTDIR]
. "$(dirname "$0")/lib.sh"
. "$REC_DIR/mta.sh"
. "$REC_DIR/talk.sh"
rec_begin "$@"
need exim4 swaks

record() { start_capture "$CLIENT" eth0 "$OUT/$1.pcap" tcp; }
auth=(--auth PLAIN --auth-user fake-user --auth-password not-a-real-password)

make_certs
make_link 192.0.2.10/24 192.0.2.25/24
make_exim implicit mail.example.com "tls_on_connect_ports = 587"
EXIM_PORTS="25 : 465 : 587 : 2525" make_exim server mail.example.com

start_exim implicit "$SERVER"
running=$STARTED
record implicit-tls-587
send --server 192.0.2.25:587 --tls-on-connect --tls-protocol tlsv1_2 --tls-sni mail.example.com \
    "${auth[@]}"
stop_capture
stop "$running"

start_exim server "$SERVER"
running=$STARTED
record plaintext-465
send --server 192.0.2.25:465
send --server 192.0.2.25:465 --tls --tls-protocol tlsv1_2
stop_capture
record port-2525
send --server 192.0.2.25:2525 --tls --tls-protocol tlsv1_2 "${auth[@]}"
stop_capture
record implicit-tls-wrong-port
send --server 192.0.2.25:25 --tls-on-connect || true
stop "$running"
make_postfix server-postfix mail.example.com
start_postfix server-postfix "$SERVER"
running=$STARTED
send --server 192.0.2.25:25 --tls-on-connect || true
stop "$running"
make_exim slow mail.example.com "acl_smtp_connect = accept delay = 1s" \
    "pipelining_connect_advertise_hosts ="
start_exim slow "$SERVER"
send --server 192.0.2.25:25 --tls-on-connect || true
stop_capture
expect 1 "$OUT/implicit-tls-wrong-port.pcap" 'smtp.response.code == 554'
stop "$STARTED"

script waiting <<'PYTHON'
import smtplib

try:
    smtplib.SMTP(SERVER, 465, timeout=8)
except smtplib.SMTPServerDisconnected:
    pass
PYTHON
start_postfix server-postfix "$SERVER"
record silent-465
play "$CLIENT" waiting
stop_capture
