#!/bin/bash
# Sessions that work, with the mail servers and clients people really run.
#
#   tls13-openssl.pcap     587, TLS 1.3: openssl s_client to Postfix
#   tls12-postfix.pcap     25, TLS 1.2: Postfix that verifies the certificate to Postfix
#   tls12-anonymous.pcap   25, TLS 1.2: Postfix as it is out of the box to Postfix, no certificate
#   tls12-exim.pcap        25, TLS 1.2: Exim to Exim, GnuTLS at both ends
#   ipv6.pcap              25 over IPv6: one session of TLS 1.2, one of TLS 1.3
#   implicit-tls-465.pcap  465, TLS from the first byte
#
# Needs: exim4-daemon-light swaks and what lib.sh and mta.sh name.
# Usage: record/tls.sh [OUTDIR]
. "$(dirname "$0")/lib.sh"
. "$REC_DIR/mta.sh"
rec_begin "$@"
need exim4 swaks

make_certs
make_link 192.0.2.10/24 192.0.2.25/24
add_addr "$CLIENT" eth0 2001:db8::10/64
add_addr "$SERVER" eth0 2001:db8::25/64

make_postfix server mail.example.com
start_postfix server "$SERVER"
postfix=$STARTED

# s_client takes lines for commands of its own unless it is quiet, and does not wait for answers.
start_capture "$CLIENT" eth0 "$OUT/tls13-openssl.pcap" tcp
for line in "EHLO hub.example.net" "NOOP" "QUIT"; do sleep 0.3; echo "$line"; done |
    in_ns "$CLIENT" openssl s_client -connect 192.0.2.25:587 -starttls smtp -name hub.example.net \
        -servername mail.example.com -crlf -quiet -CAfile "$WORK/root.crt" >/dev/null 2>&1
stop_capture

start_capture "$CLIENT" eth0 "$OUT/ipv6.pcap" tcp
send --server "[2001:db8::25]" --tls --tls-protocol tlsv1_2
send --server "[2001:db8::25]" --tls --tls-protocol tlsv1_3
stop_capture

start_capture "$CLIENT" eth0 "$OUT/implicit-tls-465.pcap" tcp
send --server 192.0.2.25:465 --tls-on-connect --tls-protocol tlsv1_2 --tls-sni mail.example.com
stop_capture

make_postfix client hub.example.net "relayhost = [192.0.2.25]" \
    "smtp_tls_mandatory_protocols = TLSv1.2" "smtp_tls_CAfile = $WORK/root.crt" \
    "smtp_tls_security_level = verify" "smtp_tls_verify_cert_match = mail.example.com"
start_postfix client "$CLIENT"
start_capture "$CLIENT" eth0 "$OUT/tls12-postfix.pcap" tcp
postfix_mail
wait_for 10 grep -q "status=sent" "$WORK/client/log"
stop_capture
stop "$STARTED"

# "may" is the usual setting, and then Postfix prefers suites without a certificate.
make_postfix opportunist hub.example.net "relayhost = [192.0.2.25]" \
    "smtp_tls_protocols = TLSv1.2" "smtp_tls_security_level = may"
start_postfix opportunist "$CLIENT"
start_capture "$CLIENT" eth0 "$OUT/tls12-anonymous.pcap" tcp
postfix_mail
wait_for 10 grep -q "status=sent" "$WORK/opportunist/log"
stop_capture
stop "$STARTED"
stop "$postfix"

make_exim gnutls-server mail.example.com "tls_require_ciphers = NORMAL:-VERS-TLS1.3"
make_exim gnutls-client hub.example.net
start_exim gnutls-server "$SERVER"
start_capture "$CLIENT" eth0 "$OUT/tls12-exim.pcap" tcp
exim_mail gnutls-client
stop_capture
