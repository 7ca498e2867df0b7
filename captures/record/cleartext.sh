#!/bin/bash
# Mail and credentials in clear although the server offers STARTTLS.
#
#   cleartext-mail.pcap  25: a client that does not care for TLS delivers a message
#   cleartext-auth.pcap  587: AUTH LOGIN, then AUTH PLAIN with an initial response, with
#                        credentials made up for this recording
#
# Needs: exim4-daemon-light swaks and what lib.sh and mta.sh name.
# Usage: record/cleartext.sh [OUTDIR]
. "$(dirname "$0")/lib.sh"
. "$REC_DIR/mta.sh"
rec_begin "$@"
need exim4 swaks

make_certs
make_link 192.0.2.10/24 192.0.2.25/24
make_exim server mail.example.com
start_exim server "$SERVER"

start_capture "$CLIENT" eth0 "$OUT/cleartext-mail.pcap" tcp
send
stop_capture

start_capture "$CLIENT" eth0 "$OUT/cleartext-auth.pcap" tcp
send --server 192.0.2.25:587 --auth LOGIN --auth-user fake-user --auth-password not-a-real-password
send --server 192.0.2.25:587 --auth PLAIN --auth-user fake-user --auth-password not-a-real-password
stop_capture
