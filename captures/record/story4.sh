#!/bin/bash
# Story 4: a firewall with ESMTP inspection between two mail servers.
#
# The firewall is cable.py, which overwrites at equal length what a Cisco ASA overwrites: banner
# text by asterisks, keywords it does not know by X's and a running letter.
#
#   story4-masked-inside.pcap   one delivery seen by the client: no STARTTLS, mail goes in clear
#   story4-masked-outside.pcap  the same delivery seen by the server: nothing is wrong here
#   story4-stripped.pcap        only the keyword is masked; the client insists on TLS and quits
#   story4-refused.pcap         the keyword arrives, but the client's command is overwritten
#
# Needs: exim4-daemon-light swaks and what lib.sh and mta.sh name.
# Usage: record/story4.sh [OUTDIR]
. "$(dirname "$0")/lib.sh"
. "$REC_DIR/mta.sh"
rec_begin "$@"
need exim4 swaks

make_certs
make_cable_link 192.0.2.10/24 192.0.2.25/24
make_postfix server mail.example.com
start_postfix server "$SERVER"
# A Postfix client would take the asterisks for a PIX and say HELO; Exim says EHLO and sees the X's.
make_exim client hub.example.net

KEYWORDS=("down replace STARTTLS XXXXXXXA" "down replace SMTPUTF8 XXXXXXXB" "down replace CHUNKING XXXXXXXC")

run_cable "down stars (?<=^220 )[^\r]+" "${KEYWORDS[@]}"
start_capture "$CLIENT" eth0 "$OUT/story4-masked-inside.pcap" tcp
inside=$CAPTURE inside_log=$CAPTURE_LOG
start_capture "$SERVER" eth0 "$OUT/story4-masked-outside.pcap" tcp
exim_mail client
stop_capture "$inside" "$inside_log"
stop_capture
stop "$CABLE"

run_cable "${KEYWORDS[0]}"
start_capture "$CLIENT" eth0 "$OUT/story4-stripped.pcap" tcp
send --tls || [ $? = 29 ]
stop_capture
stop "$CABLE"

run_cable "up replace STARTTLS XXXXXXXX"
start_capture "$CLIENT" eth0 "$OUT/story4-refused.pcap" tcp
send --tls || [ $? = 29 ]
stop_capture
