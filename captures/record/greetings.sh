#!/bin/bash
# Servers that greet late, in pieces, or not at all.
#
#   teaser-220.pcap   Postfix's postscreen begins its banner with `220-` and ends it two seconds
#                     later; then a scripted server that grants STARTTLS in two lines
#   late-banner.pcap  an Exim told to greet after seven seconds
#   early-421.pcap    refused before EHLO: Exim 550, Postfix 554, Postfix 421, Exim 421
#
# Needs: exim4-daemon-light swaks and what lib.sh and mta.sh name.
# Usage: record/greetings.sh [OUTDIR]
. "$(dirname "$0")/lib.sh"
. "$REC_DIR/mta.sh"
. "$REC_DIR/talk.sh"
rec_begin "$@"
need exim4 swaks

record() { start_capture "$CLIENT" eth0 "$OUT/$1.pcap" tcp; }
tls=(--tls --tls-protocol tlsv1_2)

make_certs
make_link 192.0.2.10/24 192.0.2.25/24

make_postfix postscreen mail.example.com "postscreen_greet_wait = 2s" \
    "postscreen_greet_action = enforce"
sed -i 's/^smtp *inet .*/smtp inet n - n - 1 postscreen/' "$WORK/postscreen/conf/master.cf"
printf '%s\n' "smtpd pass - - n - - smtpd" "dnsblog unix - - n - 0 dnsblog" \
    "tlsproxy unix - - n - 0 tlsproxy" >>"$WORK/postscreen/conf/master.cf"
script server <<PYTHON
context = server_context("$WORK")


def in_two_lines(peer):
    peer.send("220-2.0.0 Ready", "220 2.0.0 to start TLS")
    peer.handshake(context, server=True)


def greeted(peer):
    peer.send("220 mail.example.com ESMTP")
    peer.dialogue("PIPELINING", "STARTTLS", grant=in_two_lines)


serve(greeted)
PYTHON
start_postfix postscreen "$SERVER"
running=$STARTED
record teaser-220
send "${tls[@]}"
stop "$running"
host "$SERVER" 25 server
send "${tls[@]}"
stop_capture
stop "$STARTED"

make_exim slow mail.example.com "acl_smtp_connect = accept delay = 7s"
start_exim slow "$SERVER"
record late-banner
send "${tls[@]}"
stop_capture
stop "$STARTED"

record early-421
make_exim refusing mail.example.com "acl_smtp_connect = deny message = your address is on our list"
start_exim refusing "$SERVER"
send || true
stop "$STARTED"
make_postfix refusing-postfix mail.example.com "smtpd_delay_reject = no" \
    "smtpd_client_restrictions = reject"
start_postfix refusing-postfix "$SERVER"
send || true
stop "$STARTED"
make_postfix busy-postfix mail.example.com "smtpd_client_connection_count_limit = 1" \
    "smtpd_client_event_limit_exceptions ="
# One client holds the only connection that another may not have; it ends in the same capture.
script holding <<'PYTHON'
first = dial()
first.reply()
second = dial()
second.reply()
second.leave()
first.quit()
PYTHON
start_postfix busy-postfix "$SERVER"
play "$CLIENT" holding
stop "$STARTED"
make_exim busy mail.example.com "smtp_accept_max_per_host = 1"
start_exim busy "$SERVER"
play "$CLIENT" holding
stop_capture
expect 2 "$OUT/early-421.pcap" 'smtp.response.code == 421'
