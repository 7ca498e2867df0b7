#!/bin/bash
# Queues that try again and again, seen at the server, which has TLS 1.2 at most while the sender
# insists on TLS 1.3. Waiting times are shortened from minutes to seconds.
#
#   queue-postfix.pcap   a Postfix with one message, tried every five seconds
#   queue-exim.pcap      an Exim with one message, whose queue is run every five seconds
#   queue-drained.pcap   a Postfix with three messages, each tried every eight seconds; another client
#                        delivers meanwhile; then the server gets TLS 1.3 and the queue drains
#   queue-patience.pcap  a Postfix with one message, tried after twice the time each time
#
# Needs: exim4-daemon-light swaks and what lib.sh and mta.sh name.
# Usage: record/queues.sh [OUTDIR]
export REC_LIMIT=290
. "$(dirname "$0")/lib.sh"
. "$REC_DIR/mta.sh"
rec_begin "$@"
need exim4 swaks

make_certs
make_link 192.0.2.10/24 192.0.2.25/24
add_addr "$CLIENT" eth0 192.0.2.20/24

record() { start_capture "$SERVER" eth0 "$OUT/$1.pcap" tcp; }

# make_queue NAME LEAST MOST RUN: a Postfix that retries after so many seconds, when the next run
# of its queue comes round.
make_queue() {
    make_postfix "$1" hub.example.net "relayhost = [192.0.2.25]" "smtp_bind_address = 192.0.2.10" \
        "smtp_tls_security_level = encrypt" "smtp_tls_mandatory_protocols = >=TLSv1.3" \
        "minimal_backoff_time = $2s" "maximal_backoff_time = $3s" "queue_run_delay = $4s"
}

make_postfix old mail.example.com "smtpd_tls_protocols = <=TLSv1.2"
make_postfix mended mail.example.com
start_postfix old "$SERVER"
server=$STARTED

make_queue steady 4 4 5
start_postfix steady "$CLIENT"
record queue-postfix
postfix_mail
sleep 33
stop_capture
stop "$STARTED"

# Exim insists on TLS towards these hosts; its daemon runs the queue.
EXIM_AUTH=$'\nbegin retry\n* * F,1h,4s' make_exim queue hub.example.net
sed -i 's/hosts_try_fastopen =.*/&\n  hosts_require_tls = *\n  tls_require_ciphers = NORMAL:-VERS-ALL:+VERS-TLS1.3/' \
    "$WORK/queue.conf"
record queue-exim
message | in_ns "$CLIENT" exim4 -C "$WORK/queue.conf" -odq -f alice@example.net bob@example.com
start_in "$CLIENT" exim4 -C "$WORK/queue.conf" -bdf -q5s
sleep 28
stop_capture
stop "$STARTED"

make_queue doubling 3 100 1
start_postfix doubling "$CLIENT"
record queue-patience
postfix_mail
sleep 62
stop_capture
stop "$STARTED"

make_queue crowd 5 5 8
start_postfix crowd "$CLIENT"
record queue-drained
for _ in 1 2 3; do postfix_mail; done
drained() { [ "$(grep -c status=sent "$WORK/crowd/log")" = 3 ]; }
other() { send --local-interface 192.0.2.20 --ehlo other.example.org --tls --tls-protocol tlsv1_2; }
for _ in 1 2 3 4; do
    sleep 7
    other
done
sleep 5
stop "$server"
start_postfix mended "$SERVER"
wait_for 30 drained
other
stop_capture

for file in postfix exim patience drained; do assert_whole "$OUT/queue-$file.pcap"; done
expect 3 "$OUT/queue-drained.pcap" 'tls.handshake.type == 2 && tls.handshake.extensions.supported_version == 0x0304'
